"""What FHIR resources say of persons: names, identifiers, addresses, telecoms, by the datatypes that hold them wherever these stand.

Resources of administration (a Patient, an Encounter, an Account, ...) are read as a whole; of those that a text is made of, only the keys
that name who, where and under which number. Persons who are not patients count for all documents of a bundle about one patient; where a
bundle has several, for those that name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from medpretrain.corpus.sources.fhir_json import Resource, Resources, WrongTypeError, item, type_of
from medpretrain.corpus.sources.gathered import Gathered, united
from medpretrain.deidentify.identity import Identity

MAX_EARLIER = 50_000  # persons and places of earlier lines: some 50 MB
MAX_DEPTH = 30  # of what is looked at: the parser takes more, Python's stack does not

_STAFF = frozenset({"Practitioner", "PractitionerRole", "Organization", "Location", "CareTeam", "HealthcareService", "Person"})
_OF_PATIENT = frozenset(  # belong to the patient whom they name
    {"RelatedPerson", "Account", "Coverage", "EpisodeOfCare", "Device", "DeviceUseStatement", "ServiceRequest", "Appointment"}
)
_OF_PATIENT |= {"ImagingStudy", "Specimen", "FamilyMemberHistory", "Flag", "NutritionOrder", "ReferralRequest", "ProcedureRequest"}
_NAMED_PLACES = frozenset({"Organization", "Location", "HealthcareService", "CareTeam"})  # whose name is a string
_WHO = frozenset(  # keys of a resource that a text is made of
    {"identifier", "masterIdentifier", "contained", "subject", "patient", "author", "authenticator", "attester", "custodian", "performer"}
)
_WHO |= {"recorder", "asserter", "requester", "informationSource", "resultsInterpreter", "participant", "location", "device", "note"}
_WHO |= {"context", "basedOn", "specimen", "extension", "addresses", "contributor", "careTeam", "prescriber", "source", "reporter"}
_PERSON_TYPES = frozenset({"Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Person"})
_PERSON_KEYS = frozenset(  # of References, where these do not say what type they are of
    {"subject", "patient", "individual", "actor", "performer", "author", "authorReference", "authenticator", "practitioner", "requester"}
)
_PERSON_KEYS |= {"recorder", "asserter", "participant", "party", "generalPractitioner", "careProvider", "informationSource", "provider"}
_PERSON_KEYS |= {"resultsInterpreter", "member", "agent", "who", "reporter", "prescriber", "enterer", "recipient", "beneficiary", "owner"}
_PERSON_KEYS |= {"subscriber", "policyHolder", "attester", "collector", "source", "referrer", "interpreter", "other"}
_PLACE_KEYS = frozenset({"serviceProvider", "managingOrganization", "organization", "custodian", "location", "healthcareService"})
_DATES = frozenset({"birthDate", "deceasedDateTime", "start", "end"})
_NUMBERS = frozenset({"subscriberId", "serialNumber", "carrierHRF", "deviceIdentifier", "policyNumber"})
_CONTACT_SYSTEMS = frozenset({"phone", "fax", "email", "pager", "url", "sms"})
_PAYERS = frozenset({"pay", "ins"})  # what insurers are called names nobody


class Earlier:
    """Persons and places of earlier lines of a bulk export, by reference ("Patient/7"): the last MAX_EARLIER of them."""

    def __init__(self) -> None:
        self._identities: dict[str, Identity] = {}

    def remember(self, reference: str, identity: Identity) -> None:
        if len(self._identities) >= MAX_EARLIER:
            del self._identities[next(iter(self._identities))]
        self._identities[reference] = identity

    def find(self, reference: str) -> Identity | None:
        """By a reference, also one that begins with a server's address."""
        return self._identities.get(plain_reference(reference))


class Elsewhere(Protocol):
    """What other files tell."""

    def find(self, references: Iterable[str]) -> list[Identity]:
        """Of persons and places, by references to them."""

    def consent(self, patient: str) -> str:
        """Of the use of a patient's records, by id: "deny", "permit" or ""."""


class People:
    """Who is in the resources that belong together. Ids of resources are none of their numbers: a text does not say them."""

    def __init__(self, resources: Resources, earlier: Earlier | None = None, elsewhere: Elsewhere | None = None) -> None:
        """`earlier`: takes up those who are here, and knows others."""
        self._resources = resources
        self._earlier = earlier
        self._elsewhere = elsewhere
        self._patients: dict[str, Resource] = {}
        self._encounters: dict[str, Resource] = {}
        self._staff: list[Resource] = []
        self._of_patient: dict[str, list[Resource]] = {}
        for entry in resources.entries:
            resource, kind = entry.resource, type_of(entry.resource)
            if kind == "Patient":
                self._patients[resources.name(resource)] = resource
            elif kind == "Encounter":
                self._encounters[resources.name(resource)] = resource
            elif kind in _STAFF:
                self._staff.append(resource)
            elif kind in _OF_PATIENT:
                self._of_patient.setdefault(self._patient_of(resource), []).append(resource)
        self._known: dict[str, Gathered] = {}  # by patient
        if earlier is not None:
            for resource in [*self._patients.values(), *self._staff]:
                earlier.remember(f"{type_of(resource)}/{resources.name(resource)}", told_by(resource)[0])

    def identity(self, patient: str, encounter: str, about: Iterable[Resource], date: str) -> Identity:
        """What a document of that date must not say, about a patient at an encounter (by id, "" where that is not known), whose text is
        made of the resources `about`."""
        gathered, referred = Gathered(), set[str]()
        gathered.add(self._known_of(patient))
        look = _Look(gathered, referred)
        for resource in about:
            look.at_who(resource)
        look.at(self._encounters.get(encounter), "")
        gathered.date(date)
        if len(self._patients) > 1:
            self._follow(referred, look)
        references = [f"Patient/{patient}", f"Encounter/{encounter}", *sorted(referred)]
        elsewhere = [] if self._elsewhere is None else self._elsewhere.find(references)
        return united([gathered.identity(patient), *self._from_before(references), *elsewhere])

    def _from_before(self, references: Iterable[str]) -> list[Identity]:
        if self._earlier is None:
            return []
        return [identity for reference in references if (identity := self._earlier.find(reference)) is not None]

    def _known_of(self, patient: str) -> Gathered:
        """Of the patient, or of all where it is not one of those who are here; with the staff where there is one patient at most."""
        if patient not in self._known:
            gathered = Gathered()
            look = _Look(gathered, set())
            is_here = patient in self._patients
            for name, resource in self._patients.items():
                if name == patient or not is_here:
                    look.at(resource, "")
            for name, resources in self._of_patient.items():
                if name in (patient, "") or not is_here:
                    for resource in resources:
                        look.at(resource, "")
            if len(self._patients) <= 1:
                for resource in self._staff:
                    look.at(resource, "")
            self._known[patient] = gathered
        return self._known[patient]

    def _follow(self, referred: set[str], look: _Look) -> None:
        """Look at the staff that was referred to, and at those whom they refer to."""
        followed: set[str] = set()
        while pending := referred - followed:
            followed |= pending
            for reference in sorted(pending):
                found = self._resources.find(reference, {})
                if found is not None and type_of(found) in _STAFF:
                    look.at(found, "")

    def _patient_of(self, resource: Resource) -> str:
        for key in ("patient", "subject", "beneficiary"):
            try:
                if name := self._resources.name_of(item(resource, key)):
                    return name
            except WrongTypeError:
                continue
        return ""


def told_by(resource: Resource) -> tuple[Identity, set[str]]:
    """What a resource that is there for administration says of persons, and to what it refers."""
    gathered, referred = Gathered(), set[str]()
    _Look(gathered, referred).at(resource, "")
    return gathered.identity(), referred


def plain_reference(reference: str) -> str:
    """ "Patient/7", where a reference begins with a server's address or ends in a version."""
    return "/".join(reference.partition("/_history/")[0].split("/")[-2:])


class _Look:
    """Looks at parts of resources, and gathers what they say; of values that have another type than FHIR gives them, nothing."""

    def __init__(self, gathered: Gathered, referred: set[str]) -> None:
        self._gathered = gathered
        self._referred = referred

    def at_who(self, resource: Resource) -> None:
        for key, value in resource.items():
            if key in _WHO:
                self.at(value, key)

    def at(self, value: Any, key: str, depth: int = 0) -> None:
        """At a value that stands under that key."""
        if depth > MAX_DEPTH:
            return
        if isinstance(value, list):
            for entry in value:
                self.at(entry, key, depth + 1)
        elif isinstance(value, dict):
            self._at_object(value, key, depth)
        elif isinstance(value, str):
            self._at_string(value, key)

    def _at_object(self, value: Resource, key: str, depth: int) -> None:
        if len(value) == 1 and "reference" in value:  # most are
            self._referred.add(_text(value, "reference"))
            return
        if (take := _datatype_of(value, key)) is not None:
            take(self._gathered, value)
            return
        if "reference" in value or ("display" in value and "code" not in value):
            self._at_reference(value, key)
        kind = type_of(value)
        is_payer = kind == "Organization" and bool(_PAYERS & _codes(value.get("type")))
        for inner, part in value.items():
            if inner in _NAME_KEYS and kind in _NAMED_PLACES:
                if not is_payer:
                    _each(self._gathered.place, part)
            elif inner not in _LEFT_OUT:
                self.at(part, inner, depth + 1)

    def _at_reference(self, value: Resource, key: str) -> None:
        target, display = _text(value, "reference"), _text(value, "display")
        if target:
            self._referred.add(target)
        kind = target.rpartition("/")[0].rpartition("/")[2] or _text(value, "type")
        if kind in _PERSON_TYPES:
            self._gathered.name(display)
        elif kind in _NAMED_PLACES or key in _PLACE_KEYS:
            self._gathered.place(display)
        elif not kind and key in _PERSON_KEYS:
            self._gathered.person_or_place(display)

    def _at_string(self, value: str, key: str) -> None:
        if key in _DATES:
            self._gathered.date(value)
        elif key in _NUMBERS:
            self._gathered.number(value)
        elif key == "authorString":
            self._gathered.person_or_place(value)


_NAME_KEYS = frozenset({"name", "alias"})
_LEFT_OUT = frozenset({"text", "resourceType", "meta", "photo", "coding", "type", "code", "category"})  # with no person in it


def _take_name(gathered: Gathered, name: Resource) -> None:
    given = name.get("given")
    family = name.get("family")
    families = family if isinstance(family, list) else [family]  # DSTU2 has several
    parts = [part for part in [*(given if isinstance(given, list) else [given]), *families] if isinstance(part, str)]
    gathered.name(*parts)
    gathered.name(_text(name, "text"))


def _take_address(gathered: Gathered, address: Resource) -> None:
    for key in ("line", "city", "district", "postalCode", "text"):
        _each(gathered.place, address.get(key))


def _take_identifier(gathered: Gathered, identifier: Resource) -> None:
    gathered.number(_text(identifier, "value"))
    if isinstance(assigner := identifier.get("assigner"), dict):
        gathered.place(_text(assigner, "display"))


def _take_contact(gathered: Gathered, contact: Resource) -> None:
    gathered.contact(_text(contact, "value"))


def _take_extension(gathered: Gathered, extension: Resource) -> None:
    if "mothersMaidenName" in _text(extension, "url"):
        gathered.name(_text(extension, "valueString"))
    elif "birthTime" in _text(extension, "url"):
        gathered.date(_text(extension, "valueDateTime"))


def _datatype_of(value: Resource, key: str) -> Callable[[Gathered, Resource], None] | None:
    """What takes a value of the datatype that it is of, as its keys and the one that it stands under tell."""
    if "family" in value or "given" in value or (key == "name" and "text" in value):
        return _take_name
    if "line" in value or "postalCode" in value or "city" in value or key == "address":
        return _take_address
    if "value" in value and _text(value, "system") in _CONTACT_SYSTEMS:
        return _take_contact
    if key.endswith("dentifier"):
        return _take_identifier
    return _take_extension if "valueString" in value or "valueDateTime" in value else None


def _each(take: Callable[[str], None], value: Any) -> None:
    """Of a string or a list of them."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, str):
            take(entry)


def _text(of: Resource, key: str) -> str:
    value = of.get(key)
    return value if isinstance(value, str) else ""


def _codes(concepts: Any) -> set[str]:
    """Codes of one or several CodeableConcepts."""
    found: set[str] = set()
    for concept in concepts if isinstance(concepts, list) else [concepts]:
        codings = concept.get("coding") if isinstance(concept, dict) else None
        found.update(_text(coding, "code") for coding in (codings if isinstance(codings, list) else []) if isinstance(coding, dict))
    return found
