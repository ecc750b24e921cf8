"""How a person would write FHIR resources down: a line for each, under the heading of its section. No ids, names or addresses get in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from medpretrain.corpus.sources.clinical import INTERPRETATIONS, plain_name, readable_unit, sex_and_age
from medpretrain.corpus.sources.fhir_json import Resource, item, items, number, string, type_of

SECTIONS = (  # in the order of a note
    "Problems",
    "Allergies",
    "Medications",
    "Procedures",
    "Immunizations",
    "Vital signs",
    "Laboratory results",
    "Imaging",
    "Social history",
    "Assessments",
    "Observations",
    "Care plan",
    "Goals",
)
_OBSERVATION_SECTIONS = {
    "vital-signs": "Vital signs",
    "laboratory": "Laboratory results",
    "imaging": "Imaging",
    "social-history": "Social history",
    "survey": "Assessments",
}
_ENCOUNTER_CLASSES = {"AMB": "outpatient", "EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "HH": "home visit"}
_ENCOUNTER_CLASSES |= {"NONAC": "inpatient", "OBSENC": "observation", "PRENC": "pre-admission", "SS": "short stay", "VR": "virtual"}
_TELLING_NOTHING = frozenset({"final", "amended", "corrected", "completed", "finished", "confirmed", "order", "unknown", ""})

Find = Callable[[Resource, Resource], Resource | None]  # (reference, within) -> what it names; one that is missing is counted by the caller


class Line(NamedTuple):
    """An item of a note."""

    section: str
    date: str
    text: str


def concept(of: Resource, key: str) -> str:
    """What a CodeableConcept says to a person: its text, else the display of a coding; "" for a bare code."""
    return _said(item(of, key))


def concepts(of: Resource, key: str) -> str:
    """As `concept`, for several."""
    return _joined(*(_said(entry) for entry in items(of, key)))


def codes(of: Resource, key: str) -> set[str]:
    """The bare codes of one or several CodeableConcepts; of a plain code (STU3) that one."""
    value = of.get(key)
    if isinstance(value, str):
        return {value}
    return {code for entry in items(of, key) for coding in items(entry, "coding") if (code := string(coding, "code"))}


def left_out(resource: Resource) -> bool:
    """Whether it says that it was entered in error."""
    return "entered-in-error" in codes(resource, "verificationStatus") | {resource.get("status") if _is_text(resource, "status") else ""}


def date_of(resource: Resource) -> str:
    """When it happened or began, else when it was written; "" where it does not say."""
    for key in ("effective", "performed", "occurrence", "onset"):
        found = string(resource, f"{key}DateTime") or string(item(resource, f"{key}Period"), "start")
        if found or (found := string(resource, f"{key}Instant")):
            return found
    period = string(item(resource, "period"), "start")
    written = ("date", "authoredOn", "recordedDate", "assertedDate", "created", "startDate", "issued")
    return period or next((found for key in written if _is_text(resource, key) and (found := string(resource, key))), "")


def line_of(resource: Resource, find: Find) -> Line | None:
    """The line of a resource, None where it says nothing to a person, or is of a type that has no line. Raises WrongTypeError."""
    if type_of(resource) not in _WRITERS:
        return None
    section, write = _WRITERS[type_of(resource)]
    text = write(resource, find)
    notes = " ".join(" ".join(string(note, "text").split()) for note in _notes(resource))
    if not text and not notes:
        return None
    if section == "Observations":
        section = next((_OBSERVATION_SECTIONS[code] for code in codes(resource, "category") if code in _OBSERVATION_SECTIONS), section)
    return Line(section, date_of(resource), _sentences(text, notes))


def result_lines(resource: Resource, find: Find) -> list[str]:
    """An Observation of a report with the members that it groups, a line each. Raises WrongTypeError."""
    if left_out(resource):
        return []
    line = line_of(resource, find)
    members = [found for reference in items(resource, "hasMember") if (found := find(reference, resource)) is not None]
    below = [line.text for member in members if member is not resource and not left_out(member) and (line := line_of(member, find))]
    return [*([line.text] if line and (_has_value(resource) or not below) else []), *below]


def note_text(encounter: Resource, patient: Resource, lines: list[Line], find: Find) -> str:
    """The note of an encounter ({} where there is none): what it was about, and its items by section, oldest first.

    A date stands with each item that was on another day than the encounter. "" where nothing is left to say.
    """
    day = date_of(encounter)[:10]
    reason = _joined(concepts(encounter, "reasonCode") or concepts(encounter, "reason"), _referenced(encounter, "reasonReference", find))
    diagnoses = _joined(*(_named(item(entry, "condition"), encounter, find) for entry in items(encounter, "diagnosis")))
    if not lines and not reason and not diagnoses:
        return ""
    heads = [_encounter(encounter, day), _patient(patient, day), f"Reason: {reason}" if reason else ""]
    heads.append(f"Diagnoses: {diagnoses}" if diagnoses and diagnoses != reason else "")
    discharge = concept(item(encounter, "hospitalization"), "dischargeDisposition")
    heads.append(f"Discharge: {discharge}" if discharge else "")
    parts = ["\n".join(head for head in heads if head)]
    for section in SECTIONS:
        written: dict[str, None] = {}  # in order; a line that is there already says nothing new
        for line in sorted((line for line in lines if line.section == section), key=lambda line: line.date):
            written.setdefault(line.text if not line.date or line.date[:10] == day else f"{line.text} ({line.date[:10]})")
        if written:
            parts.append("\n".join([section, *written]))
    return "\n\n".join(part for part in parts if part)


def rounded(value: int | float) -> str:
    """A number as a person would write it: four digits, and all those before the point. 168.80253 -> "168.8", 105600 -> "105600"."""
    if isinstance(value, int) or value != value or abs(value) >= 1e15:
        return str(value)
    if abs(value) >= 1000:
        return str(round(value))
    text = f"{value:.4g}"
    return text if "e" in text else text.rstrip("0").rstrip(".") if "." in text else text


def _encounter(encounter: Resource, day: str) -> str:
    kind = encounter.get("class")
    kind = kind if isinstance(kind, dict) else {}
    code = string(kind, "code")
    words = _joined(concepts(encounter, "type"), _ENCOUNTER_CLASSES.get(code, string(kind, "display")), _status(encounter, "status"), day)
    return words if not words or words.lower().startswith("encounter") else f"Encounter: {words}"


def _patient(patient: Resource, day: str) -> str:
    gender = string(patient, "gender")
    words = sex_and_age(gender if gender in {"male", "female", "other"} else "", string(patient, "birthDate"), day)
    return f"Patient: {words}" if words else ""


def _condition(of: Resource, find: Find) -> str:
    began = string(of, "onsetString") or _quantity(item(of, "onsetAge"))
    ended = string(of, "abatementDateTime")[:10] or string(of, "abatementString")
    return _joined(
        concept(of, "code"),
        concepts(of, "bodySite"),
        concept(of, "severity"),
        _status(of, "clinicalStatus"),
        _status(of, "verificationStatus"),
        f"since {began}" if began else "",
        f"until {ended}" if ended else "",
    )


def _allergy(of: Resource, find: Find) -> str:
    reactions = []
    for reaction in items(of, "reaction"):
        seen = _joined(concepts(reaction, "manifestation"), string(reaction, "severity"), string(reaction, "description"))
        reactions.append(seen)
    known = _joined(*reactions)
    criticality = string(of, "criticality")
    risk = f"{criticality} risk" if criticality in {"low", "high"} else ""
    text = _joined(concept(of, "code"), risk, _status(of, "clinicalStatus"), _status(of, "verificationStatus"))
    return f"{text}: {known}" if text and known else text or known


def _medication(of: Resource, find: Find) -> str:
    reference = item(of, "medicationReference")
    target = find(reference, of) if reference else None
    name = concept(of, "medicationCodeableConcept") or (concept(target, "code") if target else string(reference, "display"))
    if not name:
        return ""
    reason = _joined(concepts(of, "reasonCode"), _referenced(of, "reasonReference", find))
    doses = _joined(*(_dosage(dosage) for key in ("dosageInstruction", "dosage") for dosage in items(of, key)), between="; then ")
    intent = _status(of, "intent")
    return _joined(
        f"not to be given: {name}" if of.get("doNotPerform") is True or of.get("notGiven") is True else name,
        doses,
        f"for {reason}" if reason else "",
        intent if intent in {"proposal", "plan"} else "",
        _status(of, "status"),
    )


def _dosage(of: Resource) -> str:
    if told := string(of, "text"):
        return " ".join(told.split())
    rates = items(of, "doseAndRate") or [of]  # STU3 has them in the dosage itself
    repeat = item(item(of, "timing"), "repeat")
    count, period, unit = (number(repeat, "frequency"), number(repeat, "period"), string(repeat, "periodUnit"))
    unit = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}.get(unit, "")
    often = f"{rounded(count or 1)} time{'s' * ((count or 1) != 1)} every " if unit and period else ""
    often += f"{rounded(period)} {unit}s" if often and period and period != 1 else unit
    return _joined(
        *(_quantity(item(rate, "doseQuantity")) or _range(item(rate, "doseRange")) for rate in rates),
        concept(of, "route"),
        concept(item(of, "timing"), "code") or often,
        "as needed" if of.get("asNeededBoolean") is True else "",
        concept(of, "asNeededCodeableConcept"),
        concepts(of, "additionalInstruction"),
        string(of, "patientInstruction"),
    )


def _procedure(of: Resource, find: Find) -> str:
    reason = _joined(concepts(of, "reasonCode"), _referenced(of, "reasonReference", find))
    not_done = concept(of, "statusReason")
    return _joined(
        concept(of, "code"),
        concepts(of, "bodySite"),
        f"for {reason}" if reason else "",
        "not done" if of.get("notDone") is True else _status(of, "status"),
        f"because {not_done}" if not_done else "",
        concept(of, "outcome"),
        concepts(of, "complication"),
    )


def _immunization(of: Resource, find: Find) -> str:
    not_given = of.get("status") == "not-done" or of.get("notGiven") is True
    why = _joined(concept(of, "statusReason"), concepts(of, "reasonCode"))
    dose = _quantity(item(of, "doseQuantity"))
    name = concept(of, "vaccineCode")
    if not name:
        return ""
    words = ("not given" if not_given else _status(of, "status"), dose, concept(of, "site"), concept(of, "route"))
    return _joined(name, *words, f"because {why}" if why and not_given else "")


def _observation(of: Resource, find: Find) -> str:
    name, value = concept(of, "code"), _value(of)
    # Systolic before diastolic, whichever the source has first.
    components = sorted(items(of, "component"), key=lambda part: "8480-6" not in codes(part, "code"))
    value = _joined(value, *(f"{concept(part, 'code')} {said}".strip() for part in components if (said := _value(part))))
    if not value:
        absent = concept(of, "dataAbsentReason")
        value = f"not known ({absent})" if absent else ""
    text = f"{name}: {value}" if name and value else value
    return _joined(text, concepts(of, "bodySite"), _status(of, "status")) if text else ""


def _care_plan(of: Resource, find: Find) -> str:
    details = [item(activity, "detail") for activity in items(of, "activity")]
    told = _joined(*(_joined(concept(detail, "code"), string(detail, "description"), between=": ") for detail in details), between="; ")
    name = string(of, "title") or concepts(of, "category")
    text = _joined(name, string(of, "description"), _status(of, "status"))
    return f"{text}: {told}" if text and told else text or told


def _goal(of: Resource, find: Find) -> str:
    text = concept(of, "description")
    return _joined(text, _status(of, "achievementStatus"), _status(of, "lifecycleStatus")) if text else ""


_WRITERS: dict[str, tuple[str, Callable[[Resource, Find], str]]] = {
    "Condition": ("Problems", _condition),
    "AllergyIntolerance": ("Allergies", _allergy),
    "MedicationRequest": ("Medications", _medication),
    "MedicationStatement": ("Medications", _medication),
    "MedicationAdministration": ("Medications", _medication),
    "Procedure": ("Procedures", _procedure),
    "Immunization": ("Immunizations", _immunization),
    "Observation": ("Observations", _observation),
    "CarePlan": ("Care plan", _care_plan),
    "Goal": ("Goals", _goal),
}
NOTED_TYPES = frozenset(_WRITERS)


def _has_value(of: Resource) -> bool:
    return bool(_value(of) or items(of, "component"))


def _value(of: Resource) -> str:
    """The value of an Observation or of a part of one, with what it is compared to."""
    value = _quantity(item(of, "valueQuantity")) or concept(of, "valueCodeableConcept") or string(of, "valueString").strip()
    if not value:
        value = _range(item(of, "valueRange")) or string(of, "valueDateTime") or string(of, "valueTime")
    if not value and isinstance(of.get("valueBoolean"), bool):
        value = "yes" if of["valueBoolean"] else "no"
    if not value and (counted := number(of, "valueInteger")) is not None:
        value = rounded(counted)
    if not value and (ratio := item(of, "valueRatio")):
        value = _joined(_quantity(item(ratio, "numerator")), _quantity(item(ratio, "denominator")), between=" : ")
    if not value:
        return ""
    flags = _joined(*(_flag(entry) for entry in items(of, "interpretation")))
    reference = _joined(*(string(limits, "text") or _range(limits) for limits in items(of, "referenceRange")))
    behind = _joined(flags, f"reference {reference}" if reference else "")
    return f"{value} ({behind})" if behind else value


def _flag(interpretation: Resource) -> str:
    for coding in items(interpretation, "coding"):
        if (code := string(coding, "code")) in INTERPRETATIONS:
            return INTERPRETATIONS[code]
    return _said(interpretation).lower()


def _quantity(of: Resource) -> str:
    value = number(of, "value")
    if value is None:
        return ""
    unit = readable_unit(string(of, "unit") or string(of, "code"))
    comparator = string(of, "comparator")
    return f"{comparator}{' ' if comparator else ''}{rounded(value)}{'' if unit in {'%', ''} else ' '}{unit}"


def _range(of: Resource) -> str:
    low, high = _quantity(item(of, "low")), _quantity(item(of, "high"))
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"up to {high}" if high else ""


def _status(of: Resource, key: str) -> str:
    """A status in words where it tells something: not that all is as one would expect."""
    value = of.get(key)
    word = value if isinstance(value, str) else next(iter(sorted(codes(of, key))), "") or concept(of, key)
    return "" if word in _TELLING_NOTHING else word.replace("-", " ")


def _referenced(of: Resource, key: str, find: Find) -> str:
    return _joined(*(_named(reference, of, find) for reference in items(of, key)))


def _named(reference: Resource, within: Resource, find: Find) -> str:
    """What a referenced condition, observation or the like is called; its display where it is not here."""
    found = find(reference, within) if reference else None
    return (concept(found, "code") if found else "") or string(reference, "display")


def _said(of: Resource) -> str:
    codings = items(of, "coding")
    text = string(of, "text") or next((display for coding in codings if (display := string(coding, "display"))), "")
    return plain_name(text)


def _notes(of: Resource) -> list[Resource]:
    """Annotations; STU3 has a plain string in their place (`comment` of an Observation)."""
    comment: Any = of.get("comment")
    return [*items(of, "note"), *([{"text": comment}] if isinstance(comment, str) else [])]


def _is_text(of: Resource, key: str) -> bool:
    return isinstance(of.get(key), str)


def _joined(*words: str, between: str = ", ") -> str:
    return between.join(dict.fromkeys(word for word in words if word))


def _sentences(text: str, notes: str) -> str:
    return f"{text}. {notes}" if text and notes else text or notes
