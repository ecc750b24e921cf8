"""What a record's own fields say of the person it is about. It travels with a document, and is written nowhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of the one patient that a text is about.

    Attributes:
        names: of the patient, of relatives, of staff; in any order ("Last, First M.").
        numbers: record numbers, account numbers and the like.
        places: addresses, whole or in parts.
        dates: of birth and the like, as YYYY-MM-DD.
        contacts: telephone numbers, e-mail addresses.
        subject: the patient's own id, which gives surrogates one scope; it is not looked for.
    """

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    subject: str = ""

    def __repr__(self) -> str:
        return "Identity(...)"  # what it holds names a person
