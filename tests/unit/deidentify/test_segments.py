"""The kind of a code in an HL7 segment comes from the field that it fills."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.segments import is_nobodys, kind_of_a_field

PID = "PID|1|77|78|79|BELL^ANN||19800101|F||||||||||{}|{}|"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (PID.format("745949150799", "900555177"), "745949150799", "ACCOUNT"),
        (PID.format("745949150799", "900555177"), "900555177", "SSN"),
        ("x\nNK1|1|BELL^ANN|SON||5550177|", "5550177", "PHONE"),
        ("a|745949150799|b", "745949150799", "ID"),
        ("IN1|1|PLAN||||||||||||XQ7745949|", "XQ7745949", "HEALTH_PLAN"),
    ],
)
def test_kind_of_a_field(text: str, value: str, kind: str) -> None:
    assert kind_of_a_field(text, text.index(value)) == kind


@pytest.mark.parametrize(
    ("text", "value", "is_one"),
    [
        (PID.format("745949150799", "900555177"), "19800101", True),
        ("PID|1||78||BELL^ANN|||F||2106-3|", "2106-3", True),
        ("PID|1||78||BELL^ANN|||||||||||745949150799|", "745949150799", False),
        ("DOB|19800101|", "19800101", False),
        ("a line|19800101|", "19800101", False),
    ],
)
def test_dates_and_codes_of_races_are_nobodys_but_long_codes_may_be_in_the_wrong_field(text: str, value: str, is_one: bool) -> None:
    start = text.index(value)
    assert is_nobodys(text, start, start + len(value)) == is_one
