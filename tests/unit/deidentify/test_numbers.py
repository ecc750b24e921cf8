"""Numbers and codes are found by shape, label and column; what names no person is left alone. «» stand around what is to be found."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from medpretrain.deidentify.finding import Finding, united
from medpretrain.deidentify.numbers import find_numbers

PHI = Path(__file__).parents[4] / "shared" / "data" / "phi"
OURS = {
    "clinical_phi": ("ID", "PHONE", "EMAIL", "URL", "SSN", "DEVICE_ID"),
    "presidio_pii": (
        *("CREDIT_CARD", "PHONE_NUMBER", "EMAIL_ADDRESS", "DOMAIN_NAME", "IBAN_CODE", "US_SSN", "IP_ADDRESS", "US_DRIVER_LICENSE"),
    ),
}


def marked(text: str) -> tuple[str, list[str]]:
    """The text without marks, and what stands between them."""
    return re.sub("[«»]", "", text), re.findall("«(.*?)»", text)


def found_in(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in united(find_numbers(text))]


FOUND = {
    "SSN": [
        "SSN: «916-23-3880»",
        "SSN «916 23 3880»",
        "Social Security Number: «916233880»",
        "soc sec # «078-05-1120»",
        "Her social security no. is «916-23-3880».",
        "SSN: «xxx-xx-1120»",
        "SS# «***-**-1120»",
        "the last four of SSN «1120»",
        "SSN (last 4): «1120»",
        "SSN ending in «1120»",
        "identified by «916-23-3880», seen today",
    ],
    "MRN": [
        "MRN: «1234567»",
        "MRN#«1234567»",
        "MRN «12-34-56»",
        "MR# «00123456»",
        "MR No. «H474016686»",
        "Med Rec No: «408-3221»",
        "medical record number «1234567»",
        "Medical Record #: «12 34 56»",
        "Chart #«88213»",
        "seen before as MR «55-20-71»",
        "DFN «220338»",
        "Enterprise ID: «2210338»",
        "case sheet no «22103/18»",
        "U#: «C00220338»",
        "pt id/«0081725»/M/CHEST PA",
        "EPI «Z1180442»",
        "MRN / Acct: «88120457»",
        "Patient: Bell, Ann   ID: «0320426»",
        "PID|1||«90114472»^^^MRN||BELL^ANN||19600102|F||2106-3|",
        "chart number is «A-88213»",
        "Hospital No. «K123456»",
        "Patient ID: «PX-009812»",
        "Pt ID «4471920»",
        "Unit No: «5512345»",
        "Unit number\n«5512345»",
        "URN: «998812»",
        "MRN\n«1234567»",
        "«1234567» (MRN)",
        "MRNs «1234567», «2345678» and «3456789»",
        "medical record number for Pamela is «123546»",
        "MRN    DOB\n«1234567»    unknown",
        "| Name | MRN | Ward |\n| X | «7654321» | 3 |\n| Y | «7654322» | 4 |",
        "uh, «mrn4928272», a 57 year old",
    ],
    "HEALTH_PLAN": [
        "Member ID: «XYZ123456789»",
        "vision: VSP ID «K2210338»",
        "TennCare # «ZEC22103388»",
        "Regence group no. «G2210338»",
        "RAMQ «BELA 6104 2233»",
        "PCN ADV, ID «KZ2210338»",
        "Cigna, Grp «2210338»",
        "Member ID: «XYZ 123 456 789»",
        "Subscriber # «W123456789»",
        "Policy number «AB-1234567»",
        "Group No. «0012345»",
        "Medicare «1EG4-TE5-MK73»",
        "insured under «1EG4TE5MK73» since then",
        "Medicaid ID «12345678A»",
        "HICN «916-23-3880A»",
        "Insurance ID «QWE5512345»",
        "Blue Cross ID: «XEA123456789»",
    ],
    "ACCOUNT": [
        "Acct: «12345678»",
        "PCN «AB2210338» (control)",
        "Admit no. «A2210338»",
        "ACCT# «ACC-59143858»",
        "account number «4471-22»",
        "Encounter # «100234567»",
        "Visit number: «8812345»",
        "CSN: «200123456»",
        "FIN «30012345»",
        "Invoice no. «INV-2019-0044»",
        "send the bill to «ACC-7400003».",
        "paid by card «4111 1111 1111 1111» today",
        "card «4111-1111-1111-1111»",
        "«378282246310005» was charged",
        "transfer from «GB82 WEST 1234 5698 7654 32» received",
        "Routing number «021000021»",
    ],
    "LICENSE": [
        "DEA: «AB1234563»",
        "XDEA «XB2211340»",
        "firearm permit «PL220338»",
        "Board of Nursing # «RN 220338»",
        "Dr. Bell, MD, Reg. No. «22.103384»",
        "paramedic «P22033»",
        "RPh «022103»",
        "GMC reg «2210338»",
        "D.L. «B2210-3381-0714» seen",
        "prescribed under «AB1234563»",
        "State license number «ME0098765»",
        "Medical Lic. # «G55123»",
        "driver's license «S530-4601-2345»",
        "DL# «D1234567»",
        "Driver’s license no. is «D1234567»",
        "Passport No. «C01234567»",
        "Passport: «X1234567»",
        "Certificate number «CRT-88123»",
    ],
    "VEHICLE": [
        "VIN «1M8GDM9AXKP042788»",
        "handicap permit «D220338»",
        "VIN last 8 «XK220338»",
        "her Ford F150 on FM 1960, tags «CX4 2201»",
        "parking placard «P338107»",
        "the car (1989 coach, «1M8GDM9AXKP042788») was towed",
        "license plate «ABC-1234»",
        "Licence plate no. «7ABC123»",
        "license plate: «ABC 1234»",
        "Plate#: «7ABC123»",
        "arrived in her car, plate reads «AB12 CDE»",
    ],
    "DEVICE": [
        "serial number «SN-C70803179»",
        "S/N «12A34567»",
        "pacemaker (Medtronic) «RNB123456H»",
        "Serial #: «PJN123456H»",
        "implanted device serial no. «PJN 123456»",
        "wheelchair ser. no. «0388214» hrs 900",
        "glucose meter lot/serial «KTR5V8»",
        "lens «22103384.071»",
        "concentrator unit # «220338»",
        "Libre sensor «7QK31Z» applied",
        "pacemaker serial# «CWD 330981 T»",
        "implanted lens SN «20553318 047»",
        "Medtronic lead 4074-58 s/n «BBL220914»",
        "stimulator gen. «77310» checked",
        "lead, lot # «45X881»",
        "UDI «(01)00643169007222(17)240331(21)BLC200461H»",
        "MAC «00:1B:44:11:3A:B7»",
        "IMEI «490154203237518»",
        "Dexcom transmitter: «8GX4TR»",
    ],
    "BIOMETRIC": ["Fingerprint ID: «FP-88213»", "retinal scan code «RS77123456»", "Voice print # «VP-2231»"],
    "PHOTO": ["see «IMG_1234.jpg»", "photograph «wound-left-heel.png» attached", "Photo #«55123»"],
    "ID": [
        "red cells «W1044 18 220338 00», platelets «G044 118 220 338»",
        "crossmatch band «BXD 2203»",
        "IWRS «220338», subject «S-0221»",
        "NPI: «1234567893»",
        "Claim # «CL99812345»",
        "JOB: «AB1234563» of today",
        "Confirmation: «QX7T9P», record locator # «B4KZ7M»",
        "NPI# «1245319599»",
        "Accession «RAD25087809»",
        "Accession #: «ACC-86497981»",
        "acc no. «19-0012345»",
        "specimen «S19-12345» received",
        "Specimen #: «S-19-4432»",
        "Job #: «A26152547»",
        "Document ID: «DOC-441233»",
        "order number «77123456»",
        "Study ID «CT-55123»",
        "Case number «2019-04432»",
        "Subject No. «0112»",
        "the slides «S19-12345» and «C19-4432» were read",
        "Ref: «AB/55123»",
        "Accession: «CT.19.004432»",
        "Accession «CT 19 004432»",
        "Specimen no. «SP19:4432»",
        "Employee ID «E55123»",
        "requisition «Q5512345»",
        "Rx# «7712345»",
        "seen with RAD report «RAD25087809» on file",
        "file H474016686: «H474016687» too".replace("H474016686", "«H474016686»"),
        "token «123e4567-e89b-12d3-a456-426614174000»",
        "123456 | «90871234» | SAH",
        "Twitter @«jdoe_1960»",
        "username: «jdoe1960»",
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_a_number_is_found_as_its_kind(kind: str, text: str) -> None:
    plain, expected = marked(text)
    assert found_in(plain) == [(kind, value) for value in expected]


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80, HR 72, RR 16, T 98.6, SpO2 98%, glucose 223, WBC 12,500, platelets 322,000.",
        "GCS 15, APACHE 23, MMSE 28/30, Apgars 8 and 9, ASA 3, NIHSS 14.",
        "L4-L5 and C5-6 discectomy, T12-L1 kyphosis, 22-gauge needle, 5-0 Prolene, ratio 1:100,000.",
        "Lisinopril 20 mg, heparin 5000 units, vitamin D 50,000 IU, Vicodin 5/500, 1000 mL of saline.",
        "ICD-10 E11.65 and 250.00; CPT 99213, CPT codes: 64640, 63075; DSM-IV 296.32.",
        "ClinicalTrials.gov NCT01234567, ISRCTN82341588, ACTRN12612001184864, EudraCT 2005-001234-12.",
        "PMID: 12345678, doi:10.1016/j.jacc.2010.12345678, PMC1234567, J Biol Chem 273, 22068-22074.",
        "BRCA1, TP53, rs1234567, CYP2D6, HLA-B27, NM_000492, HEK293, MCF-7, CD4, C57BL/6, OCT4, HER2.",
        "BMS-986165, GSK1234567, LY2835219, PF-04950615, MK-3475, AZD9291.",
        "Supported by grant R01HL123456 and award number 81672264 of the foundation.",
        "In 2010, 1234 patients and 5678 controls; platelet count 152000; 2500000 copies.",
        "Medicare in 2010 covered 1500 of them. History: 2012 appendectomy. Plan: 2000 calorie diet.",
        "procedure code 77470, ZIP 07018, image #255, series #102, tooth #17, French 16.",
        "The account of 1500 mL blood loss. A chart review of 2594 patients. Visit 3. Room 312.",
        "version 2.10.4.1 of the software; section 3.2.1.4; EC 3.4.21.4.",
        "p < 0.0001 (n = 329), 534 (54.4%), 95% CI 1.2-3.4, IQR 67–150, 114,208,200 bp, 1.5 × 10^6.",
        "Interval 120-140 ms; 0.12345678 mmol; 100 200 300 400; Foley 18 Fr; Stryker 4545.",
        "HR128, BP160/90, RR18, WBC25, T4N0M0, FEV1 2.34, 25OHD 1234.",
        "loci D11S4082, DXS255 and D17S776; MTHFR A1298C, prothrombin G20210A; I-131 therapy of the patient; RBC18550",
        "pacemaker model A2DR01; stem REF 81220417, size 9; cup, cat. no. 5511-B-300, 52 mm; lead 4074-58; machine 4008S and pump",
        "Glucose  88  mg/dL\nthe form VA Form 10-2850 is sent; Form no. 10-9012",
        "trach ref 100/800/070, cuffed; NDC 0338-6102-04; specimen pT2N1M0",
        "the plate (22846) and leads; hospital of 1200 beds; study 301; patient 12 of 340; run 4",
        "Transmitter was paired. Order: HBA1C and T4FREE1 and CYP3A4X; case: T2N1MX",
        "order of 1000 items, case of 1234 bottles, group 2 (n=4567), study of 4500 women",
    ],
)
def test_what_names_no_person_is_left(text: str) -> None:
    assert found_in(text) == []


def test_a_value_is_found_again_without_its_label() -> None:
    text = "MRN: ABX-4412.\nLetter about ABX-4412, not about ABX-4412b."
    assert found_in(text) == [("MRN", "ABX-4412"), ("MRN", "ABX-4412")]


def test_a_date_in_a_field_of_a_number_is_no_number() -> None:
    assert found_in("Visit number / date: 12/03/2019. Encounter: 2019-12-03. Accession date 12-03-2019.") == []


@pytest.mark.parametrize("part", ["a ", "1", "12 34 ", "Dr. ", "MRN ", "A1-", ".", "1.2/", "MRN 12 ", "a@"])
def test_hostile_text_is_read_to_its_end(part: str) -> None:
    """Where time grew with more than its length, this would not end."""
    text = part * (40_000 // len(part))
    assert all(0 <= one.start < one.end <= len(text) for one in find_numbers(text))


@pytest.mark.parametrize("name", OURS)
def test_recall_on_gold(name: str) -> None:
    file = PHI / f"{name}.jsonl.gz"
    if not file.exists():
        pytest.skip(f"needs shared/data/phi/{name}.jsonl.gz, which is no part of the repository")
    num_found = num_gold = 0
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            gold = [(span["start"], span["end"]) for span in record["spans"] if span["label"] in OURS[name]]
            found: list[Finding] = united(find_numbers(record["text"])) if gold else []
            num_gold += len(gold)
            num_found += sum(any(one.start <= start and end <= one.end for one in found) for start, end in gold)
    assert num_found >= 0.99 * num_gold > 0


def test_three_pairs_of_digits_are_a_record_where_they_are_no_date_and_no_doses() -> None:
    for text in ("Tamsin Orchard   84-37-96   ward 4", "| 71-42-88 |", "Day 4   Quill 36-90-27\nIndication"):
        assert [found.kind for found in find_numbers(text)] == ["MRN"], text
    for text in ("prednisone 60-40-20 over nine days", "seen 12-31-97", "97-12-31", "rows 71-42-88 12 14", "A1c 7-8-9"):
        assert not list(find_numbers(text)), text


@pytest.mark.parametrize(
    "plate",
    ["AB12 CDE", "AB 12 CD 3456", "AB-1234", "ABC 123", "12 ABC 34", "123-ABC", "AB12-CDE", "A1B234", "A12 BC", "AB-12-CD", "A123 4BC"],
)
def test_a_plate_of_each_form_is_found_behind_a_car(plate: str) -> None:
    assert ("VEHICLE", plate) in found_in(f"her blue van {plate} left")


def test_shapes_far_apart_in_a_long_text_are_found() -> None:
    filling = ". He rests and feels well." * 40 + " "
    shapes = ("card ending in 4471", "plate no. 7ABC123", "Twitter @jdoe_1960", "scan IMG_0412.jpg", "SSN, last four: 4432")
    values = [value for _, value in found_in(filling.join(["", *shapes, ""]))]
    assert sorted(values) == sorted(["4471", "7ABC123", "jdoe_1960", "IMG_0412.jpg", "4432"])


@pytest.mark.parametrize("link", [":", "#", "=", " is", ", no.", ", no"])
def test_a_label_is_found_though_words_stand_between(link: str) -> None:
    assert found_in(f"serial number, right atrial lead{link} 55012345") == [("DEVICE", "55012345")]
