"""What a user gets who installs a wheel: the command, every module, the recipes; and that setup.py lists what is used, no more."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "medpretrain"
IMPORT_NAMES = {"pyyaml": "yaml", "fhir.resources": "fhir", "fhir-resources": "fhir"}  # where a distribution is imported by another name

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from a copy so that nothing is left in the working tree."""
    place = tmp_path_factory.mktemp("wheel")
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(REPOSITORY / name, place)
    shutil.copytree(PACKAGE, place / "medpretrain", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", "."]
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    (path,) = (place / "dist").iterdir()
    return zipfile.ZipFile(path)


def test_every_module_and_data_file_is_in_the_wheel_and_no_test(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(REPOSITORY))
        for pattern in (
            *("*.py", "recipes/*.yaml", "report/page.css"),
            *("lexicons/*.gz", "lexicons/README.md", "lexicons/licenses/*", "templates/**/*.txt"),
        )
        for path in PACKAGE.rglob(pattern)
    }
    assert packed == wanted
    assert any(name.endswith("tiny-cpu.yaml") for name in packed)


def test_the_installed_command_lists_and_shows_the_recipes(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    command = re.search(r"^medpretrain = (.+):(.+)$", wheel.read(entry_points).decode(), re.MULTILINE)
    assert command
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from {command[1]} import {command[2]}; sys.exit({command[2]}())"
    child = subprocess.run(
        [sys.executable, "-I", "-c", script, "recipe", "list"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (child.returncode, child.stderr) == (0, "")
    assert "tiny-cpu" in child.stdout


def test_requirements_are_what_the_package_imports(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    required = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist", [])
    extras = ('extra == "corpus"', 'extra == "report"', 'extra == "track"')
    direct = [line for line in required if "extra ==" not in line or line.endswith(extras)]
    names = {re.split(r"[<>=!~; ]", line, maxsplit=1)[0].lower() for line in direct} - {"tensorboard"}  # which torch imports for us
    imported = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    assert {IMPORT_NAMES.get(name, name) for name in names} == imported - sys.stdlib_module_names - {"medpretrain"}
