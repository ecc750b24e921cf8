"""Names in rows of lists, in small letters, before families and beds; initials of who did the work; words that are no part of a name."""

from __future__ import annotations

import pytest

from medpretrain.deidentify.finding import united
from medpretrain.deidentify.names import find_names


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in united(find_names(text))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Rivers 412-2 - awaiting bed\nvan Dyken 9. Stable", ["Rivers", "van Dyken"]),
        ("2204 Barnes - Iveta RN", ["Barnes", "Iveta"]),
        ("[ ] Shaw cbc at 4\n[x] vanc level Moody", ["Shaw", "Moody"]),
        ("05:10 Nyland / refill / 555-0142", ["Nyland"]),
        ("| 4C | Barlett | CHF |", ["Barlett"]),
        ("NK1|1|NORTH^TYRONE|SPO\nPV1|1|I|2S^12^A||||77^DAY^ANNA^^^DR", ["NORTH", "TYRONE", "DAY", "ANNA"]),
    ],
)
def test_in_rows(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Seen today. Hubby ivan petrov drove her home.", ["ivan petrov"]),
        ("Conf # 227. /timotej holmlund", ["timotej holmlund"]),
        ("seen today. wound ok. niece maria hayes in town. rn nkechi barnes on.", ["maria hayes", "nkechi barnes"]),
        ("kavita moreno: will call after rounds", ["kavita moreno"]),
        ("Refilled. signed miguel santos md, May 2020", ["miguel santos"]),
        ("Read by rashid van den heuvel md today.", ["rashid van den heuvel"]),
    ],
)
def test_in_small_letters(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The Snow family agreed. Not Brooks in bed 4.", ["Snow", "Brooks"]),
        ("I offered to have Mateo from social work call", ["Mateo"]),
        ("ECG read by M. Do, and Dr. March agrees. Seen by Dr. Monday.", ["M. Do", "March", "Monday"]),
        ("PI Kokott available. SpR Hale and FY1 Moss. CG Xiu taught.", ["Kokott", "Hale", "Moss", "Xiu"]),
        ("Hepatologist: Rastelli. Chaperone Joy. RN Joyce\nScope clean", ["Rastelli", "Joy", "Joyce"]),
        ("Declined by the PI, Thibaud. Letter to Z. Le Marec. CRA Hodan monitoring.", ["Thibaud", "Z. Le Marec", "Hodan"]),
        (
            "She left Noreen (nanny). Father Pa Houa here. On-call (Black-van den Heuvel) paged.",
            ["Noreen", "Pa Houa", "Black-van den Heuvel"],
        ),
        ("vascular Warren on line; Sarah saw the stent", ["Warren", "Sarah"]),
    ],
)
def test_beside_people(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("printed 03/04/19 09:16 by QDV\nReg clerk: QBR", ["QDV", "QBR"]),
        ("dictated but not read; QWV/QFK", ["QWV", "QFK"]),
        ("Insulin 4 u      0900 QPD     2100 QKV\n", ["QPD", "QKV"]),
        ("Meds 1130 4u QLA given. QLA = Quentin Lamar RN", ["QLA", "QLA", "Quentin Lamar"]),
        ("MMC/QLC\nJOB 7712", ["MMC/QLC"]),
        ("d/c tomorrow. QFG pgy2", ["QFG"]),
        ("Unit of blood checked by QMH/QLT", ["QMH", "QLT"]),
        ("Client Q.B. withdrew", ["Q.B."]),
    ],
)
def test_whose_work_initials_sign(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Last: Penhallow  First: Agnes", ["Penhallow", "Agnes"]),
        ("Partner A Katherine Stoltz", ["Katherine Stoltz"]),
        ("Infant: Baby Ojeda. Per B. Bennett: hold.", ["Ojeda", "B. Bennett"]),
        ("DR. GREEN CONSULTED 2011. Marta Ruiz HHA here.", ["GREEN", "Marta Ruiz"]),
    ],
)
def test_titles_and_what_follows_are_no_part(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Will see again. Will follow. Will need labs.",
        "Travel: Kenya, 16 d. Safari, then home. Payer: Medicare. Handout in Tagalog.",
        "AHI 42, AHl 47, PVCs and IVs noted. Sensing 2.8 mV.",
        "20 MIN PTA. POSSIBLE DUCT STONE. MRCP IN THE MORNING. TRANSPORT VAN BACK AT NOON.",
        "Board under. BVM\nOncotype requested. Read back. Come back for pain.",
        "9. Terazosin 5 mg daily\n10. Elavil 3 mg\n1. Foley out\n[ ] Foley out",
        "Lund-Browder chart. The surgery team came.",
        "Skin test and IgE of 0.4. Last: 3 days ago. First: Rest. Checked CBC/BMP. Given vitamin D.",
        "the patient sat with her, mark the site, and grant the request md",
        "OBX|1|CE|ENGLISH^Text||GLUCOSE^Serum",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", ["\n12 " * 9_000, "[ ] a Bell " * 6_000, "PID|A^" * 9_000, "maria de la " * 6_000, "ABC = A" * 5_000])
def test_hostile_texts_end(text: str) -> None:
    find_names(text)
