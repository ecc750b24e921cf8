"""FHIR as JSON: typed access to a resource's keys, and the resources of a bundle with the references between them. No text is made here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Resource = dict[str, Any]

SHOWN_COMPLAINT_CHARACTERS = 200


class WrongTypeError(ValueError):
    """A key that is needed has a value of another type than FHIR gives it."""

    def __init__(self, key: str, expected: str, value: Any) -> None:
        super().__init__(f"{key}: expected {expected}, found {type(value).__name__}")


def string(of: Resource, key: str) -> str:
    """A string, "" where the key is missing."""
    value = of.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongTypeError(key, "a string", value)
    return value


def item(of: Resource, key: str) -> Resource:
    """An object, {} where the key is missing."""
    value = of.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WrongTypeError(key, "an object", value)
    return value


def items(of: Resource, key: str) -> list[Resource]:
    """A list of objects. A lone object counts as a list of one: STU3 has one where R4 has several (`category`, `context.encounter`)."""
    value = of.get(key)
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise WrongTypeError(key, "a list", value)
    for entry in value:
        if not isinstance(entry, dict):
            raise WrongTypeError(key, "a list of objects", entry)
    return value


def number(of: Resource, key: str) -> int | float | None:
    """A number, also one that is written as a string; None where the key is missing."""
    value = of.get(key)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise WrongTypeError(key, "a number", value) from None
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    raise WrongTypeError(key, "a number", value)


def type_of(resource: Resource) -> str:
    """Its resourceType, "" for what has none."""
    name = resource.get("resourceType")
    return name if isinstance(name, str) else ""


def first_complaint(resource: Resource, error: WrongTypeError) -> str:
    """What FHIR's model (R4B) says first about a resource that could not be read, as "key.path: complaint"; else what we found.

    R4B is not R4, and valid R4 that it does not take must be read all the same. So a resource is read with the types above, which every
    valid one passes, and the model is asked only about one that did not.
    """
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    try:
        get_fhir_model_class(type_of(resource)).model_validate(resource)
    except ValidationError as complaints:
        first = complaints.errors(include_url=False, include_context=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        return f"{path}: {first['msg']}"[:SHOWN_COMPLAINT_CHARACTERS]
    except Exception:  # the library's own: no model of that name, too deep, a value that its validators did not think of
        pass
    return str(error)


class Entry(NamedTuple):
    """A resource with where it stands in its file."""

    place: str
    resource: Resource


class Resources:
    """Resources that may refer to each other: those of a bundle, or a single one."""

    def __init__(self, entries: list[tuple[str, Entry]]) -> None:
        """`entries`: the fullUrl of each ("" where it has none)."""
        self.entries = [entry for _, entry in entries]
        self._by_reference: dict[str, Resource] = {}
        self._names: dict[int, str] = {}  # of resources without an id
        for url, entry in entries:
            resource, identifier = entry.resource, entry.resource.get("id")
            if url:
                self._by_reference.setdefault(url, resource)
                self._names[id(resource)] = _last_part(url)
            if isinstance(identifier, str) and identifier:
                self._by_reference.setdefault(f"{type_of(resource)}/{identifier}", resource)
                self._by_reference.setdefault(f"urn:uuid:{identifier}", resource)
                self._names[id(resource)] = identifier

    def find(self, reference: str, within: Resource) -> Resource | None:
        """What `reference` in the resource `within` names: a contained resource, or one of these by fullUrl, urn:uuid or Type/id."""
        if reference.startswith("#"):
            return next((entry for entry in items(within, "contained") if entry.get("id") == reference[1:]), None)
        return self._by_reference.get(reference) or self._by_reference.get(reference.partition("/_history/")[0])

    def name(self, resource: Resource) -> str:
        """The id of one of these resources, or the last part of its fullUrl, or ""."""
        return self._names.get(id(resource), "")

    def name_of(self, reference: Resource) -> str:
        """The id of what a Reference names, whichever way it names it and whether it is here or not."""
        target = string(reference, "reference")
        found = self._by_reference.get(target)
        if found is not None and self.name(found):
            return self.name(found)
        return _last_part(target.partition("/_history/")[0]) or string(item(reference, "identifier"), "value")

    def patient_of(self, resource: Resource) -> str:
        """The id of the patient whom a resource is about; "" where it does not say so."""
        return self.name_of(item(resource, "subject")) or self.name_of(item(resource, "patient"))


def resources_of(parsed: Resource, place: str) -> Resources:
    """Those of a Bundle, or the resource itself. Entries that hold no resource (deletions, outcomes) are left out."""
    if type_of(parsed) != "Bundle":
        return Resources([("", Entry(place, parsed))])
    return Resources(list(_entries(parsed, f"{place}, " if place else "")))


def _entries(bundle: Resource, prefix: str) -> Iterator[tuple[str, Entry]]:
    for index, entry in enumerate(items(bundle, "entry"), 1):
        resource, url = entry.get("resource"), entry.get("fullUrl")
        if resource is not None:
            whole = resource if isinstance(resource, dict) else {"resource": resource}  # which has no resourceType, and is refused
            yield url if isinstance(url, str) else "", Entry(f"{prefix}entry {index}", whole)


def _last_part(url: str) -> str:
    return url.removeprefix("urn:uuid:").removeprefix("urn:oid:").removeprefix("#").rsplit("/", 1)[-1]
