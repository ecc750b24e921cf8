"""Codes are found whole: by a label in any position, a cell, an acronym or a car before them. «» stand around what is to be found."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify.fields import is_label, label_of
from medpretrain.deidentify.finding import united
from medpretrain.deidentify.numbers import find_numbers


def found_in(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in united(find_numbers(text))]


FOUND = {
    "MRN": [
        "NHS No: «9434765919»",
        "NHS No: «943 476 5919»",
        "HRN «90-55-96», seen today",
        "Health record no. «H-55 21 903» was merged.",
        "The chart (no. «88-1-203») is missing.",
        "MRN (old system): «00451123»",
        "Hospital number ........... «K 55 1234»",
        "Case notes no. «B 120 334»",
        "his MRN, «4471902», was",
        "MRN\t«4471902»",
        "Bell, Ann   UR   «042977»\n12 Acacia Ave",
        "OPD/UHID: «5561-9903»   IP No: 1",
        "| Name | Chart |\n|---|---|\n| Bell | «441220» |",
        "chart,last,first,a1c,ldl,bp\n«41-07-55»,Bell,Ann,6.9,77,124/70",
        "NHS «999 4455661»  DOB",
        "the chart of Ann Bell (MRN ending «4412») was merged",
    ],
    "HEALTH_PLAN": [
        "Insurance: «XXP 316 592 687». Speaks Tagalog",
        "Insurance: «60300497298-01»",
        "Member ID (Aetna): «W1388 16580»",
        "Prior auth no. is «A1120092»",
        "writing for Mr Bell (member «QXV 088 701 533»), who",
        "subscriber Ann Bell, no. «162500966A»",
        "HI Claim No. «U3390001346»",
        "Part D: BIN «004336» PCN ADV",
        "HCN «1234 567 890»",
        "IHI «8003 6012 3456 7890»",
        "DVA no. «NX044127»",
        "Insured by Aetna   Grp: «H37900024-01»",
        "3rd party benefit «U46500055 06»; dated",
    ],
    "ACCOUNT": [
        "acct «6643 5707 70»",
        "Invoice «INV-2019-00417» is unpaid",
        "Statement no.: «ST 4410 221»",
        "CSN «400123998»",
        "paid from checking «925-8250-446».",
    ],
    "LICENSE": [
        "DL#: «77.271303»",
        "RN license number «RN 556123»",
        "Board certification no. «B-22019»",
        "Ann Bell, MD, QME «036-655444»",
        "IMC «MD669011»",
        "tech Ann cert «MD782500»",
    ],
    "DEVICE": [
        "Mesh ref «NC6-7044-MC».",
        "Sensor «LM604417» on the arm",
        "on our monitor («CH604418»)",
        "CPAP unit ser. «93328/27»; DME rep",
        "transmission from ICD «3X44747F» (remote)",
        "serial number, atrial lead: «PJN203341»",
        "Rhogam today, lot «ES110999». Desires",
        "Batch «22925/76», BUD 2/16/13",
        "dialysis machine «PJN236700S». Later",
        "Telemetry box «97G90-5900» was lost",
        "Scope CF-190 «46255/50»\nFindings",
    ],
    "ID": [
        "badge «WJ5449 27W», injured",
        "Acc#: «SP:14:69061» Ordered",
        "Specimen: «20:SK797805» drawn",
        "UNOS «16322-813». Listed",
        "PCR «S42-85950» / Unit M7",
        "Registry id «79491-274».",
        "Booking number «2019-0044123»",
        "PAN «ABCPE1234F»",
        "«A-55120» (badge)",
        "Incident «46-0477»  Unit",
        "cyto «NG24-1127» pending; path",
        "ticket of the remote «5512-998».",
        "subj «014-0092».",
        "MLC no. «0412/24»",
        "Centrelink CRN «204412207A»",
        "RUT «12.345.678-5»",
        "CPF «123.456.789-09»",
        "Personnummer «510311-1234»",
        "tracking «1Z999AA10123451234»",
        "writes as @«adent_poet», her page",
        "found @«adentpoet» on insta",
        "on skype «ann.dent.77» daily",
        "IG: @«anndent»",
        "transport voucher «88127».",
        "OSHA log «13-07999».",
        "AUTOPSY «76429/23»   Prosector",
        "sent under «83-819399»; baby well",
        "Refill «502850-78» was picked up",
        "Operator «21771-988» ran it",
        "called again through interpreter, Luis no. «AA6062 19Z».",
        "please verify.]\nABC/DEF/«MV-68787900»",
        "please verify.]\nABC/de/«KG0857 61K»",
        "drew kit «LDK-97-77390» today",
        "printed 10:57 by «FR7882611»\n",
        "Auth. «204904235300». Ref",
        "npi «1234567893» (Bell)",
        "then «6643 5707 70»\nNext",
    ],
    "VEHICLE": [
        "Drove a blue Honda, plate «7ABC123», into a tree.",
        "Veh 2: «RY7 0WS», insured",
        "keys to a car with plates «CS7 6GC».",
        "Toyota Corolla, reg. «AB12 CDE»",
        "vehicle registration «MH 12 AB 1234»",
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_a_code_is_found_whole_and_of_its_kind(kind: str, text: str) -> None:
    assert found_in(re.sub("[«»]", "", text)) == [(kind, re.findall("«(.*?)»", text)[0])]


@pytest.mark.parametrize(
    "text",
    [
        "After a car accident with C5 C6 fracture, GCS 15, HR 102 and T12-L1 fusion.",
        "The correlate 530 KJ, chocolate AB 1234, thymidylate CB 3717.",
        "I/O 2400/1150; G3P2002; DOS 03MAR2011; PSG 18DEC1998; ICD I2510.",
        "Trial registration number NCT01783418; Trial registration: ISRCTN35027323; Registry: 15q24 deletion.",
        "call #911 or go to the emergency room",
        "counts 4321 5678 90 12 and 1234 5678 9012 3456",
        "ICD-10-PCS 041L20A and 0DTJ4ZZ done; visit billed as 66984-55; seat of code K0005; Ro 40-5967 given",
        "OBR|1||9|80053^CMP^CPT\nOBX|1|NM|2951-2^Sodium^LN||140|mmol/L|136-145|\nAL1|1|DA|70618^Penicillin^RXN",
        "doses of 50-1000 mg or 10-2500 units, since 08-2019 and 12-1998; DOS 2014/15; values of 3150-4500",
        "taxonomy code 207Q00000X; come @ bedside, @home",
        "  -  consent at screening\n\n  -  viral load 4105 by assay\n  -  prior BAY43-9006, Ro 40-5967",
        "Acct of Bell\n     0700-1459   1500-2259   2300-0659\nAcct | 0700-1459 | 1500-2259",
        "Medical records fax: none. Secondary insurance, date: 2019",
    ],
)
def test_what_names_no_person_is_left_alone(text: str) -> None:
    assert found_in(text) == []


def test_a_label_is_no_part_of_its_value() -> None:
    assert is_label("HRN")
    assert not is_label("XXP")
    assert found_in("HRN 387156 and ID XXP 387157") == [("MRN", "387156"), ("ID", "XXP 387157")]


@pytest.mark.parametrize("between", [" " * 50, "." * 50, " ." * 25, "( " * 25, "a " * 25, "for the " * 8, "no " * 20])
def test_a_label_is_sought_in_time_that_does_not_explode(between: str) -> None:
    """Where a run could be divided in many ways among the words between, this would not end."""
    text = f"policy no{between}zz9"
    for _ in range(200):
        label_of(text, len(text) - 1, len(text))
    assert text.endswith("zz9")
