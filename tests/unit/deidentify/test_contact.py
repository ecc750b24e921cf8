"""E-mail, URL, IP and telephone are found however they are written; doses, ratios, versions and sections are none."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify.contact import find_contacts
from medpretrain.deidentify.finding import united

FOUND = {
    "EMAIL": [
        "mail to «adent AT example DOT com» please",
        "«jane.doe@example.org»",
        "mail: «J_DOE+ward3@mail.example.org».",
        "<«doe@example.org»>",
        "«jane [at] example [dot] org»",
        "E-mail:«o'hara@example.org»",
        "write to «doe@example.org».Thank you",
        "«DOE@EXAMPLE.ORG»",
    ],
    "URL": [
        "«https://portal.example.org/pt/722971».",
        "(«www.example.org/jane»)",
        "see «mychart.example.org/doe?id=12», then",
        "«ftp://192.0.2.4/scan»",
        "her blog «janedoe.example.com»",
    ],
    "IP": [
        "from «192.0.2.17»",
        "portal on «10.0.0.12» again",
        "IP 10.0.0.1".replace("10.0.0.1", "«10.0.0.1»"),
        "«192.0.2.17:8080»",
        "«2001:db8:85a3::8a2e:370:7334»",
        "«192.0.2.0/24»",
    ],
    "DEVICE": ["«00:1B:44:11:3A:B7»", "«00-1b-44-11-3a-b7»"],
    "PHONE": [
        "«(212) 555-0100»",
        "«(212)555-0100»",
        "«212-555-0100»",
        "«212.555.0100»",
        "«212/555-0100»",
        "call «212 555 0100»",
        "«+1 212 555 0100»",
        "«+1-212-555-0100»",
        "«1-212-555-0100»",
        "«1 (212) 555-0100»",
        "«(212) 555-0100 ext. 1234»",
        "«212-555-0100 x12»",
        "phone 555-0100".replace("555-0100", "«555-0100»"),
        "call us at «555-0100» if",
        "Cell: «2125550100»",
        "pager «12345»",
        "beeper #«4321»",
        "Pager: «917-555-0100»",
        "«555-0100» (cell)",
        "«+44 20 7946 0958»",
        "«+46 (0)179 459 33»",
        "«0431 35 06 90»",
        "Tel. «030 12345678»",
        "extension «4567»",
        "«1-800-555-HELP»",
        "reached on «04 78 00 01 00»",
        "Billing questions «555-0121», ask for Ruth",
        "stepfather Ann Bell «555-0106». Then; the bill, «555-0105»; next",
        "the oxygen never came. «555-0155», after 5 use «555-0145».",
        "«555-0123» (daughter)",
        "his number «98765 43210», «06 12 34 56 78»",
        "Tel «212-555-0100»____",
        "Caller ID «555-0140». Mother",
        "Ana «555-0117» (c) / «555-0118» (w)",
        "clinic line «5-0117», later x«5-0118»",
        "voicemail full at «2125550142», so I tried «555-0163» and reached Ann",
        "17:29 Bell / «555-0103» / refill",
        "Provider: Mercy Clinic, «555-0198»\n8. DOB",
        "VP number «555-0146». Confirmed",
        "«207 5550117» is hers",
        "Dent,4412207,3/11/51,«207-555-0117»",
        "Ph «207-555-0133»/«207-555-0144»",
        "mobile/«2075550133»",
        "o-«207-555-0133», p«207-555-0134»",
        "Ph«(02) 5550 0133»",
        "Teléfono «020/5550133»",
        "she texts: «207 - 555 - 0133»",
        "landline «555 01 33», dect «60133», page her at «6013»",
        "cell «207–555–0133» and «207•555•0134»",
        "her cell «207-555-0l33»",
        "Vocera «6-0133», charge desk: «60133»",
        "Bell, PT x«60133», at x 5000 magnification",
        "name,seen,phone,age\nBell,y,«2075550133»,44",
        "lvm «555 0133», will retry",
        "his «( 2 0 7 ) 5 5 5 - 0 1 3 3», daughter",
        "Call Dr. Bell at «2075550133» (consent given)",
        "surrogate is Ann Bell, «2075550133»; the other",
        "Next of kin Ann Bell «555-0133» - driving",
        "The number for the clinic is «555-0133»",
    ],
    "FAX": [
        "Fax: «(212) 555-0101»",
        "faxed to «555-0101»",
        "F: «212.555.0101»",
        "«212-555-0101» (fax)",
        "facsimile number is «+1 212 555 0101»",
        "FROM:«2075550133»  P.03/07",
        "fax records to «555-0133» attn Bell",
        "RightFax  «2075550133»  Page 3 of 7",
        "who will fax it to the school nurse at «212-555-0101». Later",
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FOUND.items() for text in texts])
def test_a_contact_is_found_as_its_kind(kind: str, text: str) -> None:
    plain = re.sub("[«»]", "", text)
    found = [(one.kind, plain[one.start : one.end]) for one in united(find_contacts(plain))]
    assert found == [(kind, value) for value in re.findall("«(.*?)»", text)]


@pytest.mark.parametrize(
    "text",
    [
        *(f"{word} «4471»" for word in ("pager #", "BEEPER:", "bleep", "pgr no.", "Pager number:", "PAGER ID", "pager is")),
        *(
            f"{word} «50148»"
            for word in ("extension", "Ext.", "extn", "ascom", "vocera or", "Voalte:", "zone phone", "DECT", "spectra link")
        ),
        *(f"{word} «50148»" for word in ("paged at", "page me on", "nursing station", "charge desk", "call x", "Office x", "RN station")),
        *(f"{word} «5-0148»" for word in ("x", "line", "desk:", "nurse", "clinic #", "office", "spectralink")),
    ],
)
def test_a_number_of_a_house_is_found_behind_each_of_its_words(text: str) -> None:
    plain = f"Seen 3/4. {re.sub('[«»]', '', text)}, then 120 of 300."
    assert re.findall("«(.*?)»", text)[0] in [plain[one.start : one.end] for one in find_contacts(plain) if one.kind == "PHONE"]


def test_phone_and_fax_beside_each_other() -> None:
    text = "Phone: 212-555-0100  Fax: (212) 555-0101\n212-555-0102 office\n212-555-0103 fax\n"
    assert [one.kind for one in united(find_contacts(text))] == ["PHONE", "FAX", "PHONE", "FAX"]


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80, 110/70; 5-325 mg; 100 200 3000; call on 12/03/2019 or 12-03-19; home 2019-12-03",
        "flexion 0-120, extension 120 degrees; oriented x3; x48 hours; at x 250 magnification",
        "version 2.10.4.1, section 3.2.1.4, EC 3.4.21.4, 1.2.3.4 Methods",
        "Drains: 2 @ 30 mL. e.g. this, i.e. that. www. Patient comes home.In bed.Comfortable",
        "pages 555-1234. J Med 998-1003; 200-1500, and 300-1998. Cat. no. 555-1234, lot 555-1234; 250-1250 mg. range 555-1234.",
        "ratio 4:4:4:4:1:1:1:1, time 10:30:00, std::vector, 12:00::",
        "registered at ClinicalTrials.gov (https://clinicaltrials.gov/ct2/show/NCT01234567), www.ncbi.nlm.nih.gov/pubmed",
        "n=450-555-1000000; 1234-5678-90; 10.1016/j.2010.123.4567; 3.5-4.5; 250000 cells",
        "NDC 0002-8215-01; implant ref 00-5901-032-04; ratio of 40/207-55-0117",
        "looked at the dot on the chart; closed the line with 5-0 silk",
        "informed by phone 202103150945; 1 2 3 4 5 6 7 on the pain scale; 5 5 5 / 5 5 5 5 strength",
        "grant PB-PG-0614-34009, Natick, MA, 07160-2098, protocol 03-2011/13523",
    ],
)
def test_what_is_no_contact_is_left(text: str) -> None:
    assert [text[one.start : one.end] for one in find_contacts(text)] == []
