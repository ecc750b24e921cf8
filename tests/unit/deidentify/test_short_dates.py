"""Month and day with a slash or a dash, days in words, Roman months: found where they are dates. «» stand around what is to be found."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify.dates import find_dates
from medpretrain.deidentify.finding import united


def found_in(text: str) -> list[str]:
    return [text[one.start : one.end] for one in united(find_dates(text))]


@pytest.mark.parametrize(
    "text",
    [
        "last seen «Friday 4-2». Cover «Saturday 4-24»? moved to «Tue 3-4», and",
        "turned 93 on «7-29» and still gardens; RTC «3-14». D/c «4-17».",
        "to work by «9/15». Dispo: floor tomorrow, «9-13».",
        "VM left «2-16» for her; VM left «3/3» for him",
        "On hospital day 3 («9-13») her cultures; day 4 («10/12») they",
        "Night shift «1/23»-«1-23»: slept",
        "Night shift «15th Oct».-«10/18»: slept",
        "Next «6/3/18»-«July 24th 2018».",
        "Seen «8/5» and «9-12».",
        "«8/5» - seen in clinic\n«12/30»: stable",
        "date of service «Fri 4/18» the patient",
        "(«2/25»).",
        "post-op «3/12»: doing well",
        "«7-16-55» in for recall\n«05.22.04» in for recall",
        "«the third of December», «the twenty-first of May», «May twenty-first, 2019»; «December third»",
        "«12.XII.2019» and «3/IV/19»",
        "at «031430ZDEC19» and in «2019-W07»",
        "on «5 November 09:12»",  # the time of day belongs to the stamp, and is no year
        "read «2012-Nov-12», 09:25",
        "Weeks 3 and 6: «8/24», «August 24». Falls («2/10», «March 12»)",
        "Warfarin | 5 mg daily | «01/27» PM | Ellis\nTimolol | 1 gtt OU | «3/26» | Mejia",
        "kiosk failed «8/16». AE resolved «12/25». Next remote «8/23».\nLab draw «6/7», results",
        "obturate «12/25» w/ Dr. Bell; «5/6 Mon»; Zosyn «3/5» -> «3/9»; Vanc («3/15» - )",
        "wk of «5/6», LKW «5/8» 2100, s/p CABG «3/5», MRI brain «3/4», transferred from OSH «3/10»",
        "Spoke with her daughter Ann «6/10». Paged Dr. Bell «9/15» re labs",
        "s/p CABG x3 «2/12», doing well; appendectomy at OSH «4/20».",
        "Pain control until «3/15», then oral",
        "seen in the note of «5/16», and sent «3/5».",
        "Plt 45 («5/20») -> 60 («5/22»)",
        "«4/10»: afebrile overnight",
        "Falls x2 («7/16», «8/20») no injury; at 3 weeks: «1/5», «3/26»",
        "DRUG | LAST TAKEN\nTimolol | «9/10»\nWarfarin | «1/3» AM",
    ],
)
def test_a_date_is_found_in_its_place(text: str) -> None:
    assert found_in(re.sub("[«»]", "", text)) == re.findall("«(.*?)»", text)


@pytest.mark.parametrize(
    "text",
    [
        "1-2 tablets for 2-3 days, 3-4 times, on 2-3 occasions, by 1-2 cm, grade 2-3, range 4-9",
        "1/2 AM, 1/2 PM; strength 3/5 -> 4/5; grip 4/5 with Dr. Bell; | 5/5 | 4/5 |; left 2/5, then sat",
        "strength 3/5-4/5, 1/2-3/4 of the dose, reduced by 1/3.",
        "L4-5, C6-7, T12-1; PERRL 4-3 mm; 20/40; 2/6 murmur",
        "the third of five doses; a second look in May",
        "May second-line therapy help?",
        "blood cultures 2/2 positive, bcx 1/4; told that strength is 4/5. 4/5: full strength of the arm",
        "MUSCLE | LEFT\nDeltoid | 4/5\nBiceps | 3/5",
        "called with a pain of 6/10 today",
        "stage IV/II, 3.V.B, group 2-III",
        "in 2019-WT mice; 123456ZABC19",
    ],
)
def test_a_range_or_a_score_is_left(text: str) -> None:
    assert found_in(text) == []


@pytest.mark.parametrize("part", ["1-2 ", "1/2-", "3-4-", "on 1-2 and ", "the third of ", "May May ", "12.", "1/2 - "])
def test_hostile_text_is_read_in_linear_time(part: str) -> None:
    """Where time grew with more than its length, this would not end."""
    text = part * (40_000 // len(part))
    assert all(0 <= one.start < one.end <= len(text) for one in find_dates(text))
