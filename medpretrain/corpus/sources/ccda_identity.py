"""What a C-CDA document says of persons: its header as a whole, and in its entries those who did or were asked something."""

from __future__ import annotations

import re

from medpretrain.corpus.sources.gathered import Gathered
from medpretrain.corpus.sources.xml import Element, children, local_name, words
from medpretrain.deidentify.identity import Identity

_PERSONS = frozenset(  # elements whose name is that of a person
    {"patient", "assignedPerson", "guardianPerson", "relatedPerson", "associatedPerson", "informationRecipient", "subject"}
)
_PERSONS |= {"maintainingPerson", "representedPerson", "guardedPerson", "scopingPerson", "person"}
_PLACES = frozenset({"place", "location", "scopingEntity"})  # and every "...Organization" but a manufacturer's
_NUMBERED = frozenset(  # elements of entries whose id may stand in a text; those of observations and acts do not
    {"assignedEntity", "assignedAuthor", "associatedEntity", "relatedEntity", "relatedSubject", "intendedRecipient", "participantRole"}
)
_NUMBERED |= {"encounter", "specimenRole", "externalDocument", "patient", "order"}
_PERSON_CLASSES = frozenset({"PSN", "LIV"})  # of playingEntity, which may be a drug or a place as well
_PARTS_OF_NAME = ("given", "family")
_PARTS_OF_ADDRESS = frozenset(
    {"streetAddressLine", "city", "postalCode", "county", "precinct", "additionalLocator", "deliveryAddressLine", "streetName"}
)
_DATES_OF_HEADER = ("birthTime", "deceasedTime", "effectiveTime", "time", "low", "high")
_TAGS = [f"{{*}}{tag}" for tag in ("name", "addr", "telecom", "id", "birthTime", "deceasedTime")]
_TAGS_OF_HEADER = [*_TAGS, *(f"{{*}}{tag}" for tag in _DATES_OF_HEADER if tag not in ("birthTime", "deceasedTime"))]
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def identity_of_document(document: Element, subject: str) -> Identity:
    """All that the document says of any person outside of its narrative."""
    gathered = Gathered()
    for child in document:
        in_body = local_name(child.tag) == "component"
        if local_name(child.tag) == "id":
            _take_id(gathered, child)
        for element in child.iter(*(_TAGS if in_body else _TAGS_OF_HEADER)):
            _take(gathered, element, in_body)
    return gathered.identity(subject)


def _take(gathered: Gathered, element: Element, in_body: bool) -> None:
    tag = local_name(element.tag)
    if element.get("nullFlavor"):
        return
    if tag == "name":
        _take_name(gathered, element)
    elif tag == "addr":
        _take_address(gathered, element)
    elif tag == "telecom":
        gathered.contact(element.get("value") or "")
    elif tag == "id":
        if not in_body or local_name(element.getparent().tag) in _NUMBERED:
            _take_id(gathered, element)
    else:
        gathered.date(element.get("value") or "")


def _take_name(gathered: Gathered, name: Element) -> None:
    holder = name.getparent()
    kind = local_name(holder.tag)
    parts = [words(part) for tag in _PARTS_OF_NAME for part in children(name, tag)]
    if kind == "playingEntity":
        kind = "person" if parts or holder.get("classCode") in _PERSON_CLASSES else "place" if holder.get("classCode") == "PLC" else ""
    if kind in _PLACES or (kind.endswith("Organization") and kind != "manufacturerOrganization"):
        gathered.place(words(name))
    elif kind in _PERSONS:
        gathered.name(*(parts or [words(name)]))


def _take_address(gathered: Gathered, address: Element) -> None:
    for part in address:
        if local_name(part.tag) in _PARTS_OF_ADDRESS:
            gathered.place(words(part))
    if len(address) == 0:
        gathered.place(address.text or "")


def _take_id(gathered: Gathered, element: Element) -> None:
    """Its extension; a root alone is a number of its own only where it is an UUID, else that of a system."""
    root = element.get("root") or ""
    gathered.number(element.get("extension") or (root if _UUID.fullmatch(root) else ""))
