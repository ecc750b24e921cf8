"""config.py: settings from a file and words, every mistake told at once with its place and its fix."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, ValidationError, model_validator

from medpretrain.config import Settings, dump_settings, load_settings, read_yaml
from medpretrain.errors import InputError, InputErrors


class Model(Settings):
    num_heads: Annotated[int, Field(gt=0)]
    hidden_size: int = 64

    @model_validator(mode="after")
    def _divides(self) -> Model:
        if self.hidden_size % self.num_heads:
            raise ValueError(f"{self.num_heads} heads do not divide hidden_size {self.hidden_size}; expected a divisor; change num_heads")
        return self


class Source(Settings):
    path: Path
    weight: float = 1.0


class Everything(Settings):
    model: Model
    name: str = "run"
    rate: Annotated[float, Field(gt=0)] = 1e-3
    sources: list[Source] = Field(default_factory=list)
    options: dict[str, Source] = Field(default_factory=dict)
    extra: Model | None = None


def write(directory: Path, text: str) -> Path:
    path = directory / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def errors_of(source: Path | dict[str, object], *overrides: str) -> tuple[InputError, ...]:
    with pytest.raises(InputErrors) as caught:
        load_settings(Everything, source, overrides)
    return caught.value.errors


def parts(error: InputError) -> tuple[str, str, str, str]:
    return error.where, error.found, error.expected, error.remedy


def test_file_then_overrides_then_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "model: {num_heads: 4, hidden_size: 128}\nname: trial\nsources: [{path: a.jsonl}]\n")
    settings = load_settings(Everything, path, ["model.num_heads=8", "rate=3e-4", "extra.num_heads=2", "rate=6e-4"])
    assert settings.model == Model(num_heads=8, hidden_size=128)  # its sibling in the file stays
    assert (settings.name, settings.rate) == ("trial", 6e-4)  # the last word holds
    assert settings.sources == [Source(path=Path("a.jsonl"), weight=1.0)]
    assert settings.extra == Model(num_heads=2)


def test_overrides_take_lists_texts_with_equal_signs_and_null(tmp_path: Path) -> None:
    path = write(tmp_path, "model: {num_heads: 4}\nextra: {num_heads: 2}\n")
    settings = load_settings(Everything, path, ["sources=[{path: a}, {path: b, weight: 2}]", "name=a=b", "extra=null"])
    assert [(str(source.path), source.weight) for source in settings.sources] == [("a", 1.0), ("b", 2.0)]
    assert (settings.name, settings.extra) == ("a=b", None)


def test_an_override_leaves_the_dict_that_was_given_alone() -> None:
    given = {"model": {"num_heads": 4}}
    assert load_settings(Everything, given, ["model.num_heads=8"]).model.num_heads == 8
    assert given == {"model": {"num_heads": 4}}


def test_settings_are_frozen() -> None:
    settings = load_settings(Everything, {"model": {"num_heads": 4}})
    with pytest.raises(ValidationError, match="frozen"):
        settings.name = "other"


def test_what_is_dumped_loads_to_the_same(tmp_path: Path) -> None:
    settings = load_settings(Everything, {"model": {"num_heads": 4}, "name": "Ödem", "sources": [{"path": "a"}], "rate": 1e-5})
    dumped = dump_settings(settings)
    assert "name: Ödem" in dumped
    assert "hidden_size: 64" in dumped  # defaults are written out
    assert load_settings(Everything, write(tmp_path, dumped)) == settings


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "model: {num_head: 4}\nrate: fast\nnames: x\n")
    found = {error.where: parts(error)[1:] for error in errors_of(path, "rate", "options.a.weight=high", "options.a.path=x")}
    assert found == {
        "`rate`": ("is not an override", "key.path=value", "write it like `parallel.tensor=2`"),
        f"{path}, key `model.num_heads`": ("is missing", "a value", "add `model.num_heads`"),
        f"{path}, key `model.num_head`": ("is not a known key", "one of hidden_size, num_heads", "did you mean `num_heads`?"),
        f"{path}, key `rate`": ("is 'fast'", "a valid number, unable to parse string as a number", "change the value"),
        f"{path}, key `names`": ("is not a known key", "one of extra, model, name, options, rate, sources", "did you mean `name`?"),
        "`options.a.weight=high`": ("is 'high'", "a valid number, unable to parse string as a number", "change the value"),
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"model": {"num_heads": 0}},
            ("settings, key `model.num_heads`", "is 0", "greater than 0", "change the value"),
        ),
        (
            {"model": {"num_heads": 5}},
            ("settings, key `model`", "5 heads do not divide hidden_size 64", "a divisor", "change num_heads"),
        ),
        (
            {"model": {"num_heads": 4}, "qzx": 1},
            ("settings, key `qzx`", "is not a known key", "one of extra, model, name, options, rate, sources", "remove it"),
        ),
        (
            {"model": {"num_heads": 4}, "sources": [{"path": "a"}, {"path": "b", "wight": 2}]},
            ("settings, key `sources.1.wight`", "is not a known key", "one of path, weight", "did you mean `weight`?"),
        ),
        (
            {"model": {"num_heads": 4}, "options": {"first": {"paths": "a", "path": "b"}}},
            ("settings, key `options.first.paths`", "is not a known key", "one of path, weight", "did you mean `path`?"),
        ),
        (
            {"model": {"num_heads": 4}, "extra": {"num_heads": 4, "hiden_size": 64}},
            ("settings, key `extra.hiden_size`", "is not a known key", "one of hidden_size, num_heads", "did you mean `hidden_size`?"),
        ),
        (
            {"model": {"num_heads": 4}, "sources": 3},
            ("settings, key `sources`", "is 3", "a valid list", "change the value"),
        ),
    ],
    ids=["range", "disagree", "unknown", "in a list", "in a dict", "in an optional", "wrong kind"],
)
def test_each_mistake_names_key_find_expectation_and_fix(values: dict[str, object], expected: tuple[str, str, str, str]) -> None:
    assert [parts(error) for error in errors_of(values)] == [expected]


def test_a_wrong_override_is_named_as_it_was_typed(tmp_path: Path) -> None:
    path = write(tmp_path, "model: {num_heads: 4}\n")
    assert [parts(error) for error in errors_of(path, "model.num_heads=four", "model.hidden=3")] == [
        ("`model.num_heads=four`", "is 'four'", "a valid integer, unable to parse string as an integer", "change the value"),
        ("`model.hidden=3`", "is not a known key", "one of hidden_size, num_heads", "did you mean `hidden_size`?"),
    ]


@pytest.mark.parametrize("word", ["model", "=3", "--rate"])
def test_a_word_that_is_no_override(word: str) -> None:
    (error,) = errors_of({"model": {"num_heads": 4}}, word)
    assert parts(error) == (f"`{word}`", "is not an override", "key.path=value", "write it like `parallel.tensor=2`")


def test_an_override_below_a_single_value() -> None:
    (error,) = errors_of({"model": {"num_heads": 4}, "name": "x"}, "name.first=y")
    assert parts(error) == ("`name.first=y`", "`name` is no group of settings", "a group there", "check the key's path")


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "rate: 0.1\nmodel:\n  num_heads: 4\n  hidden_size: 64\n  num_heads: 8\n")
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert parts(caught.value) == (f"{path} line 5", "the key `num_heads` stands twice", "each key once", "remove one of them")


def test_files_that_cannot_be_settings(tmp_path: Path) -> None:
    cases: list[tuple[bytes, str, str, str, str]] = [
        (b"a: 1\nb: [1\nc: 2\n", " line 3", "is not YAML (", "`key: value` lines", "mend the line"),
        (b"a: 1\nb: \x07\n", " line 2", "is not YAML (special characters are not allowed)", "printable text", "remove the character"),
        (b"a: caf\xe9\n", "", "is not UTF-8 (byte 6)", "a UTF-8 YAML file", "save it as UTF-8"),
        (b"- a\n- b\n", "", "holds a list", "`key: value` lines", "write settings as a mapping"),
        (b"just text", "", "holds a str", "`key: value` lines", "write settings as a mapping"),
    ]
    path = tmp_path / "recipe.yaml"
    for content, line, found, expected, remedy in cases:
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_yaml(path)
        assert caught.value.where == f"{path}{line}"
        assert caught.value.found.startswith(found)
        assert (caught.value.expected, caught.value.remedy) == (expected, remedy)


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_yaml(tmp_path / "nowhere.yaml")
    assert parts(caught.value) == (str(tmp_path / "nowhere.yaml"), "there is no such file", "a YAML settings file", "check the path")
    with pytest.raises(InputError) as caught:
        read_yaml(tmp_path)
    assert parts(caught.value) == (str(tmp_path), "is a directory", "a YAML settings file", "name the file in it")


def test_an_empty_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(Source, write(tmp_path, "# nothing yet\n"), ["path=a"]) == Source(path=Path("a"))
