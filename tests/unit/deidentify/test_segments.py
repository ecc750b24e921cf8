"""The kind of a code in an HL7 segment comes from the field that it fills."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.segments import kind_of_a_field

PID = "PID|1|77|78|79|BELL^ANN||19800101|F||||||||||{}|{}|"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (PID.format("745949150799", "900555177"), "745949150799", "ACCOUNT"),
        (PID.format("745949150799", "900555177"), "900555177", "SSN"),
        ("x\nNK1|1|BELL^ANN|SON||5550177|", "5550177", "PHONE"),
        ("a|745949150799|b", "745949150799", "ID"),
    ],
)
def test_kind_of_a_field(text: str, value: str, kind: str) -> None:
    assert kind_of_a_field(text, text.index(value)) == kind
