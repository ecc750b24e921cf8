"""Which module may import which: the table of the project's architecture, held by walking every syntax tree (imports inside functions too).

Also: nothing below the entry points reads the environment or the command line, except parallel/mesh.py. cluster/ holds such entry points
(programs that `medpretrain doctor` starts on other hosts); torch is for those two of them that compute, and imported when they do.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "medpretrain"

EVERYWHERE = {"errors", "manifest", "log"}  # importable by all but each other's own row below

# A place (a package, or one file of it) -> what of medpretrain it may import besides itself. The longest name that fits holds.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "readable": set(),
    "log": {"errors"},
    "manifest": {"errors"},
    "config": {"errors"},
    "recipes": set(),
    "deidentify": {"corpus.document", "corpus.lines", "corpus.reader", *EVERYWHERE},
    "deidentify.settings": {"config"},
    "deidentify.finding": set(),
    "deidentify.identity": set(),
    "corpus": {"deidentify", *EVERYWHERE},
    "corpus.settings": {"config", "deidentify.settings"},
    "corpus.document": {"deidentify.identity", "corpus.lines", *EVERYWHERE},
    "corpus.sources": {"deidentify.identity", *EVERYWHERE},  # says what a record knows of its patient
    "tokenizer": {"corpus.document", "corpus.reader", *EVERYWHERE},
    "tokenizer.terms": {"corpus.document", "corpus.lines", *EVERYWHERE},  # a list of terms is a file of lines
    "tokenizer.measured_text": {"corpus.reader", "corpus.words", *EVERYWHERE},  # looks for terms as the corpus looks for words
    "tokenizer.bits": {"corpus.reference", *EVERYWHERE},  # the n-gram model of the corpus, of tokens
    "shards": {"corpus.document", "corpus.reader", *EVERYWHERE},
    "shards.pack": {"corpus.document", "corpus.reader", "tokenizer", *EVERYWHERE},
    "parallel": {"errors"},
    "model": {"parallel", "errors"},
    "checkpoint": {"model.layout", "parallel.mesh", *EVERYWHERE},
    "train": {"shards", "parallel", "model", "checkpoint", *EVERYWHERE},
    "train.run": {"tokenizer", "release.source", "config", "shards", "parallel", "model", "checkpoint", *EVERYWHERE},  # composes everything
    "train.run_directory": {"config", *EVERYWHERE},  # writes the resolved settings
    "train.recipes": {"config", "recipes", "model", *EVERYWHERE},
    "eval": {"checkpoint", "model", "parallel.mesh", "tokenizer", "shards", "train.validate", "release.weights", *EVERYWHERE},
    "eval.prompts": {"corpus.lines", "corpus.report", *EVERYWHERE},  # the form that the synthetic reports have
    "release": {"checkpoint", "model", "parallel.mesh", "tokenizer", "shards", "train.validate", "eval.load", *EVERYWHERE},
    "plan": {"model", "parallel", "train", *EVERYWHERE},
    "report": {"cluster.ledger", "train.run_directory", "shards.format", "config", *EVERYWHERE},  # reads what runs write
    "report.corpus_page": {"corpus.lines", "corpus.reader", "corpus.flow", "corpus.build", *EVERYWHERE},  # reads what corpus build writes
    "cluster": EVERYWHERE,  # runs on machines that are not known to be whole: it leans on as little as can be
    "cluster.settings": {"config"},
    "cluster.doctor": {"train.recipes", *EVERYWHERE},  # what a recipe needs of the machines
    "cluster.restart": {"train.run_directory", *EVERYWHERE},
    "cluster.launch_command": {"train.recipes", "train.settings", *EVERYWHERE},  # which has a recipe among its words
    "cluster.supervisor": {"checkpoint.paths", "train.run_directory", *EVERYWHERE},  # watches runs
    "cluster.ledger": {"train.run_directory", *EVERYWHERE},  # reads what runs write
    "cluster.render": {"train.recipes", *EVERYWHERE},  # refuses what the recipe would refuse on the cluster
    "cluster.link_probe": {"parallel.mesh", *EVERYWHERE},  # a process of a job, by any launcher
}

# Heavy libraries -> the places that may import them.
LIBRARIES: dict[str, set[str]] = {
    "deepspeed": {"train.engine"},
    "torch": {
        "parallel",
        "model",
        "checkpoint",
        "train",
        "eval",
        "release",
        "plan",
        "shards.torch_dataset",
        "cluster.link_probe",
        "cluster.matrix_check",
        "deidentify.ner",
        "deidentify.train_ner",
    },
    "transformers": {"release", "eval", "deidentify.ner", "deidentify.train_ner"},
    "safetensors": {"checkpoint", "release"},
    "tokenizers": {"tokenizer", "release", "deidentify.train_ner"},
    "gigatoken": {"tokenizer"},
    "wandb": {"train.tracking"},
    "tensorboard": {"train.tracking"},
    "matplotlib": {"report.figures"},
    "fhir": {"corpus.sources.fhir_json"},
    "ftfy": {"corpus.repair"},
    "hl7": {"corpus.sources.hl7v2_message"},
    "lxml": {"corpus.sources"},
    "py3langid": {"corpus.language"},
    "pyarrow": {"corpus.sources.tables"},
    "pydicom": {"corpus.sources.dicom", "corpus.sources.dicom_identity"},
    "numpy": {
        "corpus",
        "deidentify",
        "tokenizer",
        "shards",
        "parallel",
        "model",
        "checkpoint",
        "train",
        "eval",
        "release",
        "plan",
        "report",
    },
    "pydantic": {
        "config",
        "settings",
        "release.config_json",
        "corpus.sources.fhir_json",
    },  # the last two tell its complaints in others' keys
    "yaml": {"config", "cluster.render"},
}

READS_OF_OUTSIDE = {"os": {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}, "sys": {"argv", "orig_argv"}}
# ssh starts the last two on other hosts
MAY_READ_OUTSIDE = {"__main__", "verbs.verb", "verbs.cluster", "parallel.mesh", "cluster.host_report", "cluster.orphans"}


def fits(name: str, places: set[str]) -> bool:
    """Is module `name` one of `places`, or inside one?"""
    return any(name == place or name.startswith(place + ".") for place in places)


def imports(tree: ast.Module, module: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported anywhere in the tree. `from a import b` gives `a.b`: b may be a module or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = module.split(".")[: -node.level] if node.level else []
            base = ".".join(["medpretrain", *parent, *([node.module] if node.module else [])]) if node.level else str(node.module)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def outside_reads(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in READS_OF_OUTSIDE.get(node.value.id, ()):
            yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (
                (node.lineno, f"{node.module}.{a.name}") for a in node.names if a.name in READS_OF_OUTSIDE.get(str(node.module), ())
            )


def is_of_the_command_line(module: str) -> bool:
    """Such a module may import all of medpretrain, but only when a verb is called."""
    return fits(module, {"__main__", "verbs"})


def violations(module: str, source: str) -> list[str]:
    """What in the source of `module` ("shards.pack") breaks the table, one line each."""
    tree = ast.parse(source)
    found = []
    is_settings = module.rsplit(".", 1)[-1] == "settings"
    own_package = module.partition(".")[0]
    row = max((place for place in MAY_IMPORT if fits(module, {place})), key=len, default=None)
    for line, name in imports(tree, module):
        library, _, inside = name.partition(".")
        if library == "medpretrain":
            if not inside or inside == "__version__" or is_of_the_command_line(module):
                continue
            if is_settings:
                allowed = inside.split(".")[0] in ("config", "errors") or "settings" in inside.split(".")[:2]
            else:
                assert row is not None, f"the table has no row for {module}"
                allowed = fits(inside, MAY_IMPORT[row]) or ("." in module and fits(inside, {own_package}))
        elif is_settings:
            allowed = library in sys.stdlib_module_names or library == "pydantic"
        else:
            allowed = library not in LIBRARIES or fits(module, LIBRARIES[library])
        if not allowed:
            found.append(f"{module} line {line} imports {name}")
    if module not in MAY_READ_OUTSIDE:
        found += [f"{module} line {line} reads {name}" for line, name in outside_reads(tree)]
        found += [
            f"{module} line {line} imports {name}: it reads the command line" for line, name in imports(tree, module) if name == "argparse"
        ]
    if is_of_the_command_line(module):
        at_import = imports(ast.Module([node for node in tree.body if not is_type_checking(node)], []), module)
        inside_functions = {id(part) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for part in ast.walk(node)}
        late = {part.lineno for part in ast.walk(tree) if id(part) in inside_functions and isinstance(part, ast.Import | ast.ImportFrom)}
        light = {f"medpretrain.{name}" for name in ("__version__", "errors", "log", "readable", "verbs")}
        found += [
            f"{module} line {line} imports {name} at its start"
            for line, name in at_import
            if line not in late and name.split(".")[0] not in sys.stdlib_module_names and not fits(name, light)
        ]
    return found


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_keep_to_the_table(path: Path) -> None:
    if name_of(path) == "__init__":
        assert not list(imports(ast.parse(path.read_text()), "")), "importing medpretrain does nothing"
        return
    assert violations(name_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "told"),
    [
        ("corpus.build", "def f():\n    import torch", "corpus.build line 2 imports torch"),
        ("corpus.build", "from medpretrain.shards import pack", "corpus.build line 1 imports medpretrain.shards.pack"),
        ("corpus.build", "from medpretrain import train", "corpus.build line 1 imports medpretrain.train"),
        ("corpus.build", "from ..model.decoder import MedicalLM", "corpus.build line 1 imports medpretrain.model.decoder.MedicalLM"),
        ("tokenizer.train", "from medpretrain.corpus.build import x", "tokenizer.train line 1 imports medpretrain.corpus.build.x"),
        ("shards.loader", "from medpretrain.tokenizer.train import x", "shards.loader line 1 imports medpretrain.tokenizer.train.x"),
        ("shards.loader", "import torch.nn", "shards.loader line 1 imports torch.nn"),
        ("model.decoder", "from medpretrain.train import rng", "model.decoder line 1 imports medpretrain.train.rng"),
        ("checkpoint.reader", "import medpretrain.model.decoder", "checkpoint.reader line 1 imports medpretrain.model.decoder"),
        ("train.trainer", "import deepspeed", "train.trainer line 1 imports deepspeed"),
        ("train.settings", "import numpy", "train.settings line 1 imports numpy"),
        ("train.settings", "from medpretrain.model.decoder import D", "train.settings line 1 imports medpretrain.model.decoder.D"),
        ("manifest", "from medpretrain.config import Settings", "manifest line 1 imports medpretrain.config.Settings"),
        ("train.trainer", "import os\nos.environ['X'] = '1'", "train.trainer line 2 reads os.environ"),
        ("train.trainer", "from os import getenv", "train.trainer line 1 reads os.getenv"),
        ("train.trainer", "import sys\nsys.argv", "train.trainer line 2 reads sys.argv"),
        ("train.trainer", "import argparse", "train.trainer line 1 imports argparse: it reads the command line"),
        ("cluster.doctor", "def f():\n    import torch", "cluster.doctor line 2 imports torch"),
        ("cluster.host_report", "from medpretrain.train import run", "cluster.host_report line 1 imports medpretrain.train.run"),
        ("__main__", "from medpretrain.corpus.build import x", "__main__ line 1 imports medpretrain.corpus.build.x at its start"),
        ("verbs.data", "import torch\ndef f(): pass", "verbs.data line 1 imports torch"),
    ],
)
def test_a_planted_import_is_found(module: str, source: str, told: str) -> None:
    assert told in violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("train.engine", "import deepspeed"),
        (
            "train.settings",
            "from medpretrain.model.settings import ModelSettings\nfrom medpretrain.config import Settings\nimport pydantic",
        ),
        ("shards.pack", "from medpretrain.tokenizer.vocabulary import Tokenizer"),
        ("shards.torch_dataset", "import torch"),
        ("corpus.build", "from medpretrain.corpus.settings import CorpusSettings\nfrom medpretrain import __version__"),
        ("parallel.mesh", "import os\nos.environ['RANK']"),
        ("__main__", "import sys\ndef f():\n    from medpretrain.corpus.build import x\n    print(sys.argv)"),
    ],
)
def test_what_the_table_allows_is_allowed(module: str, source: str) -> None:
    assert violations(module, source) == []
