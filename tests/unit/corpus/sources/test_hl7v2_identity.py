"""HL7 v2: what each field says of persons, by its datatype."""

from __future__ import annotations

import io

import pytest

from medpretrain.corpus.document import Document
from medpretrain.corpus.sources import hl7v2
from medpretrain.deidentify.identity import Identity

HEADER = "MSH|^~\\&|APP|MERCY GENERAL|X|Y|20190203||ORU^R01|M1|P|2.5"
PID = (
    "PID|1|EXT-1|4711-A^^^MERCY^MR~078-05-1120^^^SSA^SS|ALT-2|OKONKWO&VAN DER&&BELLO^ADA^CHIDI^III^DR||19510304|F|BELLO^ADDIE||"
    "12&Elm Street^Apt 4^SPRINGFIELD^MA^02139^USA^H^^Norfolk~9 Quay Lane^^Lowell||(617)555-0142^PRN^PH~^NET^Internet^ada@example.org|"
    "^WPN^PH^^1^617^5550143||||ACC-5521||LIC-88001"
)
REPORT = "OBR|1|PLACER-1|FILLER-2|CXR^Chest X-ray|||20190203||||||||D77^VANDERMEER^JOOST\rOBX|1|TX|IMP||Clear."


def identity(*segments: str, identities: bool = True) -> Identity:
    message = "\r".join([HEADER, *segments])
    (document,) = (record for record in hl7v2.read(io.BytesIO(message.encode()), "file.hl7", identities) if isinstance(record, Document))
    return document.identity


def test_the_patient() -> None:
    known = identity(PID, REPORT)
    assert known.names[:2] == ("ADA CHIDI OKONKWO VAN DER BELLO", "ADDIE BELLO")
    assert {"EXT-1", "4711-A", "078-05-1120", "ALT-2", "ACC-5521", "LIC-88001", "PLACER-1", "FILLER-2"} <= set(known.numbers)
    expected = {"MERCY GENERAL", "12 Elm Street", "SPRINGFIELD", "02139", "Norfolk", "9 Quay Lane", "Lowell"}
    assert set(known.places) == expected
    assert known.dates == ("1951-03-04",)
    assert known.contacts == ("(617)555-0142", "ada@example.org", "617 5550143")
    assert known.subject == "4711-A"


@pytest.mark.parametrize(
    ("segment", "field", "value", "kind", "expected"),
    [
        ("PV1", 3, "W4^12^B^CEDAR RIDGE HOSPITAL", "places", "CEDAR RIDGE HOSPITAL"),
        ("PV1", 7, "D1^LINDQVIST^FRIDA", "names", "FRIDA LINDQVIST"),
        ("PV1", 17, "D2^OKAFOR^INES", "names", "INES OKAFOR"),
        ("PV1", 19, "VN-30303^^^X", "numbers", "VN-30303"),
        ("PV1", 44, "201902030800", "dates", "2019-02-03"),
        ("PD1", 4, "D3^PRIMARY^PAULA", "names", "PAULA PRIMARY"),
        ("NK1", 2, "OKONKWO^EMEKA", "names", "EMEKA OKONKWO"),
        ("NK1", 4, "9 Mill Road^^Salem", "places", "Salem"),
        ("NK1", 5, "6175550144", "contacts", "6175550144"),
        ("NK1", 13, "Acme Foundry", "places", "Acme Foundry"),
        ("GT1", 3, "OKONKWO^UCHE", "names", "UCHE OKONKWO"),
        ("GT1", 8, "19500102", "dates", "1950-01-02"),
        ("GT1", 12, "078-05-1121", "numbers", "078-05-1121"),
        ("IN1", 8, "GRP-7788", "numbers", "GRP-7788"),
        ("IN1", 16, "OKONKWO^UCHE", "names", "UCHE OKONKWO"),
        ("IN1", 36, "POL-99001", "numbers", "POL-99001"),
        ("IN2", 6, "MED-12345", "numbers", "MED-12345"),
        ("MRG", 1, "OLD-4700^^^MERCY", "numbers", "OLD-4700"),
        ("MRG", 7, "SMITHSON^ADA", "names", "ADA SMITHSON"),
        ("ROL", 4, "R12^HALVORSEN^KARI", "names", "KARI HALVORSEN"),
        ("ORC", 2, "ORD-1^APP", "numbers", "ORD-1"),
        ("ORC", 12, "E1^ENTERER^ERIK", "names", "ERIK ENTERER"),
        ("ORC", 14, "6175550145", "contacts", "6175550145"),
        ("OBR", 16, "E1^ORDERER^OLGA", "names", "OLGA ORDERER"),
        ("OBR", 32, "R7&READER&ROSA^201902031000^^RAD^1^^CEDAR RIDGE", "names", "ROSA READER"),
        ("OBX", 16, "R7^REVIEWER^RUTH", "names", "RUTH REVIEWER"),
        ("NTE", 5, "N1^NOTER^NORA", "names", "NORA NOTER"),
        ("PRT", 21, "SN-77123", "numbers", "SN-77123"),
    ],
)
def test_fields_of_other_segments(segment: str, field: int, value: str, kind: str, expected: str) -> None:
    assert expected in getattr(identity(PID, REPORT, f"{segment}{'|' * field}{value}"), kind)


@pytest.mark.parametrize(
    ("datatype", "value", "kind", "expected"),
    [
        ("XPN", "CASTELLANOS^BRUNO", "names", "BRUNO CASTELLANOS"),
        ("PN", "CASTELLANOS^BRUNO", "names", "BRUNO CASTELLANOS"),
        ("CX", "OLD-5150^^^MERCY", "numbers", "OLD-5150"),
        ("XAD", "9 Mill Road^^Salem", "places", "9 Mill Road"),
        ("XTN", "6175550144", "contacts", "6175550144"),
    ],
)
def test_observations_that_are_identifiers(datatype: str, value: str, kind: str, expected: str) -> None:
    assert expected in getattr(identity(PID, REPORT, f"OBX|2|{datatype}|ABC||{value}"), kind)


def test_a_document_of_mdm_names_its_authors() -> None:
    header = HEADER.replace("ORU^R01", "MDM^T02")
    message = f"{header}\r{PID}\rTXA|1|DS|TX|20190203|A1^AUTHOR^ANNA||||IvanDoctorovich|||DOC-1.2.3^APP\rOBX|1|TX|T||Well."
    (document,) = (record for record in hl7v2.read(io.BytesIO(message.encode()), "f") if isinstance(record, Document))
    assert {"ANNA AUTHOR", "IvanDoctorovich"} <= set(document.identity.names)
    assert "DOC-1.2.3" in document.identity.numbers


def test_rooms_beds_and_codes_say_nothing() -> None:
    known = identity(PID, "PV1|1|I|4 East^136^B", REPORT)
    assert not {"4 East", "136", "B"} & {*known.places, *known.numbers}
    assert "MR" not in {*known.numbers, *known.names}


def test_other_separators_and_escapes() -> None:
    message = "MSH$%~\\&$APP$MERCY GENERAL$X$Y$20190203$$ORU%R01$M1$P$2.5\rPID$1$$4711-A$$O\\S\\HARA%ADA\rOBX$1$TX$IMP$$Clear."
    (document,) = (record for record in hl7v2.read(io.BytesIO(message.encode()), "f") if isinstance(record, Document))
    assert document.identity.names == ("ADA O%HARA",)


def test_identities_can_be_left_out() -> None:
    assert identity(PID, REPORT, identities=False) == Identity()
