"""What the segments of an HL7 v2 message say of persons: which field holds which datatype, in one table."""

from __future__ import annotations

from collections.abc import Callable

from medpretrain.corpus.sources.gathered import Gathered
from medpretrain.corpus.sources.hl7v2_message import Message
from medpretrain.deidentify.identity import Identity

_FIELDS: dict[str, dict[str, tuple[int, ...]]] = {  # segment -> datatype -> fields
    "MSH": {"HD": (4, 6), "XON": (22, 23)},
    "EVN": {"XCN": (5,), "HD": (7,)},
    "PID": {"CX": (2, 3, 4, 18, 19, 20, 21), "XPN": (5, 6, 9), "DTM": (7, 29), "XAD": (11,), "XTN": (13, 14, 40), "PLACE": (12, 23)},
    "PD1": {"XON": (3, 14), "XCN": (4,)},
    "NK1": {"XPN": (2, 26, 30), "XAD": (4, 32), "XTN": (5, 6, 31, 40, 41), "CX": (12, 33, 37), "XON": (13,), "DTM": (16,)},
    "MRG": {"CX": (1, 2, 3, 4, 5, 6), "XPN": (7,)},
    "PV1": {"PL": (3, 6, 11, 42, 43), "CX": (5, 19, 50), "XCN": (7, 8, 9, 17, 52), "DTM": (44, 45), "PLACE": (39,)},
    "PV2": {"PL": (1,), "XCN": (13,), "XON": (23,)},
    "GT1": {
        "CX": (2, 12, 19, 29),
        "XPN": (3, 4, 42, 45),
        "XAD": (5, 17),
        "XTN": (6, 7, 18, 46),
        "DTM": (8,),
        "XON": (16, 21, 51),
    },
    "IN1": {"XPN": (6, 16), "CX": (8, 10, 14, 36, 49), "XON": (11,), "DTM": (18,), "XAD": (19, 44), "XTN": (7,)},
    "IN2": {
        "CX": (1, 2, 6, 8, 10, 26, 61),
        "XCN": (3,),
        "XPN": (7, 9, 22, 40, 49, 52),
        "XTN": (50, 53, 63, 64),
        "XON": (69, 70),
    },
    "IN3": {"CX": (2,), "XCN": (3, 8, 14, 25), "XTN": (16, 19)},
    "ORC": {"EI": (2, 3, 4, 8, 33), "XCN": (10, 11, 12, 19), "PL": (13,), "XTN": (14, 23), "XON": (21,), "XAD": (22, 24)},
    "OBR": {"EI": (2, 3, 18, 19, 20, 21, 53), "XCN": (10, 16, 28), "XTN": (17,), "NDL": (32, 33, 34, 35), "CX": (29,)},
    "OBX": {"XCN": (16, 25), "EI": (18,), "XON": (15, 23), "XAD": (24,)},
    "NTE": {"XCN": (5,)},
    "TXA": {"XCN": (5, 9, 10, 11, 22, 23), "EI": (12, 13, 14, 15, 16)},
    "DG1": {"XCN": (16,), "EI": (20,)},
    "PR1": {"XCN": (8, 11, 12), "EI": (19,)},
    "ROL": {"XCN": (4,), "XAD": (11,), "XTN": (12,), "PL": (13,), "XON": (14,)},
    "PRT": {"XCN": (5,), "XON": (8,), "PL": (9,), "EI": (10, 16, 20, 21), "XAD": (14,), "XTN": (15,)},
    "PRD": {"XPN": (2,), "XAD": (3,), "PL": (4,), "XTN": (5,), "CX": (7,)},
    "CTD": {"XPN": (2,), "XAD": (3,), "PL": (4,), "XTN": (5,), "CX": (7,)},
    "SCH": {
        "EI": (1, 2, 26, 27),
        "XCN": (12, 16, 20),
        "XTN": (13, 17, 21),
        "XAD": (14, 18),
        "PL": (15, 19, 22),
    },
    "AIL": {"PL": (3,)},
    "AIP": {"XCN": (3,)},
    "RXO": {"XCN": (14,), "XAD": (33,), "XTN": (35,)},
    "RXE": {"XCN": (13, 14), "CX": (15,), "XAD": (41,)},
    "RXD": {"CX": (7,), "XCN": (10, 13), "XAD": (28,)},
    "RXG": {"XCN": (13,)},
    "RXA": {"XCN": (10,), "PL": (11, 27), "XAD": (28,)},
    "ACC": {"PLACE": (3,), "XCN": (7,), "XAD": (11,)},
    "PDA": {"PL": (2,), "XCN": (5, 8)},
    "CON": {"XPN": (24,)},
    "IAM": {"XPN": (14,), "XCN": (18,), "XON": (13,)},
    "FT1": {"CX": (2,), "XCN": (20, 21), "EI": (23,), "PL": (16,)},
    "RF1": {"EI": (6, 11)},
    "SPM": {"EI": (2, 3, 30, 31)},
    "SAC": {"EI": (2, 3, 4, 5)},
    "BLG": {"CX": (3,)},
    "DB1": {"CX": (3,)},
    "STF": {"CX": (2,), "XPN": (3,), "DTM": (6,), "XTN": (10,), "XAD": (11,), "EI": (22,)},
    "UB2": {"CX": (1,)},
    "CSR": {"EI": (1, 2), "CX": (4, 5)},
}
_OF_DATATYPE = {"CN": "XCN", "PN": "XPN", "AD": "XAD", "TN": "XTN", "PPN": "XCN", "CNN": "XCN", "DT": "DTM", "TS": "DTM"}  # older, or alike


def identity_of_message(message: Message, subject: str) -> Identity:
    """All that the fields of the message say, of whichever person they say it."""
    gathered = Gathered()
    taken: set[tuple[_Take, str]] = set()
    for segment in message.segments:
        for field, take in _TAKEN.get(segment.name, ()):
            raw = segment.raw(field)
            if raw and (take, raw) not in taken:
                taken.add((take, raw))
                for components in segment.repetitions(field):
                    take(gathered, components, message)
        if segment.name == "OBX" and (take_value := _TAKES.get(_OF_DATATYPE.get(kind := segment.value(2), kind))):
            for components in segment.repetitions(5):
                take_value(gathered, components, message)
    return gathered.identity(subject)


def _number(gathered: Gathered, components: list[str], message: Message) -> None:
    """CX, EI, SSNs and the like. What stands for the whole field in HL7's older versions is the first component, too."""
    gathered.number(components[0])


def _filler(gathered: Gathered, components: list[str], message: Message) -> None:
    """EI, and EIP, whose first component is an EI itself: each of its parts that is no name of a system."""
    for component in components[:2]:
        gathered.number(component.split(message.subcomponent)[0])


def _name(gathered: Gathered, components: list[str], message: Message) -> None:
    """XPN: family, given, middle. Of several family names (own, partner's) each is one of the person's."""
    family, given, middle = _whole(components, 1, message), _whole(components, 2, message), _whole(components, 3, message)
    if given or middle:
        gathered.name(given, middle, family)
    else:
        gathered.name(family)


def _staff(gathered: Gathered, components: list[str], message: Message) -> None:
    """XCN: a number, then a name; some senders write the name in the number's place."""
    number = components[0]
    if any(map(str.isdigit, number)):
        gathered.number(number)
    elif len(components) == 1:
        gathered.name(number)
    _name(gathered, components[1:], message)


def _performer(gathered: Gathered, components: list[str], message: Message) -> None:
    """NDL: the person's number and name in the subcomponents of the first component; where, behind it."""
    _staff(gathered, components[0].split(message.subcomponent), message)
    _location(gathered, components[3:], message)


def _address(gathered: Gathered, components: list[str], message: Message) -> None:
    """XAD: street (house and street apart in some), other designation, city, postal code, county. Not the state."""
    for number in (1, 2, 3, 5, 9):
        if place := _whole(components, number, message):
            gathered.place(place)


def _telecom(gathered: Gathered, components: list[str], message: Message) -> None:
    """XTN: the number as a whole, an e-mail address, the parts of a number, the number without form."""
    for number in (1, 4, 12):
        if contact := _component(components, number):
            gathered.contact(contact)
    gathered.contact(f"{_component(components, 6)} {_component(components, 7)}".strip())


def _organisation(gathered: Gathered, components: list[str], message: Message) -> None:
    gathered.place(components[0])


def _location(gathered: Gathered, components: list[str], message: Message) -> None:
    """PL: not the room and the bed, but the facility, the building, the description."""
    for number in (4, 7, 9):
        if place := _component(components, number).partition(message.subcomponent)[0]:
            gathered.place(place)


def _date(gathered: Gathered, components: list[str], message: Message) -> None:
    gathered.date(components[0])


def _component(components: list[str], number: int) -> str:
    return components[number - 1].strip() if number <= len(components) else ""


def _whole(components: list[str], number: int, message: Message) -> str:
    """A component with its subcomponents as words."""
    return _component(components, number).replace(message.subcomponent, " ")


_Take = Callable[[Gathered, list[str], Message], None]
_TAKES: dict[str, _Take] = {
    "CX": _number,
    "EI": _filler,
    "XPN": _name,
    "XCN": _staff,
    "NDL": _performer,
    "XAD": _address,
    "XTN": _telecom,
    "XON": _organisation,
    "HD": _organisation,
    "PLACE": _organisation,
    "PL": _location,
    "DTM": _date,
}
_TAKEN: dict[str, tuple[tuple[int, _Take], ...]] = {
    name: tuple((field, _TAKES[datatype]) for datatype, fields in by_type.items() for field in fields) for name, by_type in _FIELDS.items()
}
