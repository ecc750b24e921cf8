"""A generic, strict settings loader: YAML and `key.path=value` words -> frozen pydantic settings, with every mistake told at once.

Knows no particular settings. `Settings` is the base class that all settings of the project share (unknown keys refused, frozen).
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from medpretrain.errors import InputError, InputErrors


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, values do not change after loading, defaults are checked too."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


SettingsT = TypeVar("SettingsT", bound=Settings)


def load_settings(cls: type[SettingsT], source: Path | dict[str, Any], overrides: Sequence[str] = ()) -> SettingsT:
    """Read settings from a YAML file (or a plain dict), apply `key.path=value` overrides, validate.

    Raises InputErrors that lists every mistake: where (file and key, or the override word), what was found, what was expected, the fix.
    """
    if isinstance(source, dict):
        name, values = "settings", source
    else:
        name, values = str(source), read_yaml(source)
    errors: list[InputError] = []
    origins: dict[str, str] = {}
    for word in overrides:
        key, separator, text = word.partition("=")
        if not separator or not key:
            errors.append(InputError(f"`{word}`", "is not an override", "key.path=value", "write it like `parallel.tensor=2`"))
            continue
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):  # `seed=2024-99-99` looks like a date to YAML and is none
            value = text
        values, conflict = _with_value(values, key.split("."), value)
        if conflict:
            errors.append(InputError(f"`{word}`", f"`{conflict}` is no group of settings", "a group there", "check the key's path"))
        origins[key] = word
    try:
        settings = cls.model_validate(values)
    except ValidationError as failure:
        for item in failure.errors(include_url=False):
            errors.append(_explain(cls, name, origins, item))
    if errors:
        raise InputErrors(errors)
    return settings


def dump_settings(settings: Settings) -> str:
    """The resolved settings as YAML, every key written out."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top level is a mapping; InputError with file and line otherwise."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(str(path), "there is no such file", "a YAML settings file", "check the path") from error
    except IsADirectoryError as error:
        raise InputError(str(path), "is a directory", "a YAML settings file", "name the file in it") from error
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"is not UTF-8 (byte {error.start})", "a UTF-8 YAML file", "save it as UTF-8") from error
    try:
        loader = _StrictLoader(text)
        loader.name = str(path)
        values = loader.get_single_data()
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise InputError(f"{path} line {line}", f"is not YAML ({error.reason})", "printable text", "remove the character") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path} line {line}", f"is not YAML ({error.problem})", "`key: value` lines", "mend the line") from error
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # what looks like a date and is none; brackets without end
        raise InputError(str(path), f"is not YAML ({error})", "`key: value` lines", "mend the value, or put it in quotes") from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(str(path), f"holds a {type(values).__name__}", "`key: value` lines", "write settings as a mapping")
    return values


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                where = f"{key.start_mark.name} line {key.start_mark.line + 1}"
                raise InputError(where, f"the key `{key.value}` stands twice", "each key once", "remove one of them")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _with_value(values: dict[str, Any], path: list[str], value: Any) -> tuple[dict[str, Any], str]:
    """A copy of `values` with `value` at `path`; also the key that stands in the way, or ''."""
    result = dict(values)
    node = result
    for depth, key in enumerate(path[:-1]):
        child = node.get(key, {})
        if not isinstance(child, dict):
            return values, ".".join(path[: depth + 1])
        node[key] = dict(child)
        node = node[key]
    node[path[-1]] = value
    return result, ""


def _explain(cls: type[BaseModel], name: str, origins: dict[str, str], item: Any) -> InputError:
    key = ".".join(str(part) for part in item["loc"]) or "(whole file)"
    origin = next(
        (word for given, word in origins.items() if key == given or key.startswith(given + ".") or given.startswith(key + ".")), None
    )
    where = f"`{origin}`" if origin else f"{name}, key `{key}`"
    if item["type"] == "extra_forbidden":
        known = _keys_at(cls, item["loc"][:-1])
        close = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
        remedy = f"did you mean `{close[0]}`?" if close else "remove it"
        return InputError(where, "is not a known key", f"one of {', '.join(sorted(known))}" if known else "no such key", remedy)
    if item["type"] == "missing":
        return InputError(where, "is missing", "a value", f"add `{key}`")
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "value_error":  # our own validators say "found; expected ...; remedy" themselves
        found, _, rest = message.partition("; expected ")
        expected, _, remedy = rest.partition("; ")
        if expected:
            return InputError(where, found, expected, remedy or "change it")
        return InputError(where, message, "settings that agree", "change one of them")
    expected = message.removeprefix("Input should be ")
    return InputError(where, f"is {reprlib.repr(item['input'])}", expected[0].lower() + expected[1:], "change the value")


def _keys_at(cls: type[BaseModel], path: Sequence[Any]) -> list[str]:
    """The keys that the settings class has below `path` (following nested models, optionals, lists and dicts)."""
    current: Any = cls
    for part in path:
        info = current.model_fields.get(str(part)) if isinstance(current, type) and issubclass(current, BaseModel) else None
        if info is not None:  # else `part` is a list index or a dict key, and `current` already is the class inside
            current = _model_in(info.annotation)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """The settings class inside Optional[X], list[X], dict[str, X], or the annotation itself."""
    if get_origin(annotation) is None:
        return annotation
    for argument in get_args(annotation):
        inner = _model_in(argument)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return None
