"""What medpretrain is made of when it is installed: its packages, its command, and the libraries it was tested with."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / "medpretrain/__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
assert VERSION, "medpretrain/__init__.py says no __version__"

S3 = ["s3fs>=2026.9,<2027"]  # second copies of checkpoints in an object store
TRACK = ["wandb>=0.31,<0.32", "tensorboard>=2.21,<3"]  # a run's numbers where people look at them
CORPUS = [  # what hospitals and publishers have, and what their texts are judged by
    "fhir.resources>=8.3,<9",
    "ftfy>=6.3,<7",
    "hl7>=0.4.5,<0.5",
    "lxml>=6.1,<7",
    "py3langid>=0.4,<0.5",
    "pyarrow>=26,<27",
    "pydicom>=3.0.2,<4",
]
REPORT = ["matplotlib>=3.10,<3.12"]  # a run in pictures

setup(
    name="medpretrain",
    version=VERSION.group(1),
    description="Distributed pretraining of medical language models: raw text to a released model, on one laptop or on 256 GPUs",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.10",
    packages=find_packages(include=["medpretrain", "medpretrain.*"]),
    package_data={
        "medpretrain": [
            "recipes/*.yaml",
            "report/page.css",
            "deidentify/lexicons/*.gz",
            "deidentify/lexicons/README.md",
            "deidentify/lexicons/licenses/*.txt",
            "deidentify/templates/*/*.txt",
            "deidentify/templates/*/*/*.txt",
        ]
    },
    entry_points={"console_scripts": ["medpretrain = medpretrain.__main__:main"]},
    install_requires=[
        "torch>=2.13,<2.14",
        "deepspeed==0.19.8",  # pinned: train/engine.py leans on how this version behaves
        "blake3>=1.0.11,<2",
        "fsspec>=2026.9,<2027",
        "gigatoken>=0.10,<0.11",
        "numpy>=2.2,<2.5",
        "orjson>=3.11,<4",
        "pydantic>=2.14,<3",
        "pyyaml>=6,<7",
        "rich>=15,<16",
        "safetensors>=0.8,<0.9",
        "tokenizers>=0.23.3,<0.24",
        "transformers>=5.23,<6",
        "zstandard>=0.25,<0.26",
    ],
    extras_require={
        "corpus": CORPUS,
        "report": REPORT,
        "s3": S3,
        "track": TRACK,
        "dev": [
            *CORPUS,
            *REPORT,
            *S3,
            *TRACK,
            "flask>=3.1,<4",  # moto's server needs both, and does not ask for them
            "flask-cors>=6,<7",
            "hypothesis>=6.170,<7",
            "kubernetes-validate>=1.37,<1.38",  # carries Kubernetes' own schemas: rendered manifests are checked without a cluster
            "moto[s3]>=5.2.5,<6",  # a real S3 server, on loopback
            "mypy>=2.4,<2.5",
            "psutil>=7,<8",
            "pytest>=9.2,<10",
            "pytest-timeout>=2.4,<3",
            "pytest-xdist>=3.8,<4",
            "ruff==0.17.6",  # pinned: another version formats otherwise
            "types-PyYAML>=6.0.12",
        ],
    },
)
