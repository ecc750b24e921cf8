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
        # two numbers that are seldom anything else need nothing beside them
        "Cast «8/23» in the ED; wound vac «07/04» and boot «12/9». Sutures out «4/30», staples «3/16».",
        "| 12B | Okoye | «9/24» | sepsis |",
        "hooked up «6/2», sprayed «3/8», will resume «2/6», lapses «5/8»",
        "extubated «3/1», trach «3/8», off pressors «3/4»; interview «10/12»",
        "«5/6» 88.1 120/80\n«5/7» 87.9 118/76",
        "Date    Wt     BP\n«5/6»     88.1   120/80",
        "| MRN | Adm |\n|---|---|\n| none | «5/6» |",
        "Warfarin 5 mg daily, last INR 2.4 on «5/30»; DD: «5/6» DT: «5/7»",
        "Seen by the GP «17/9», bloods «25/12», A&E «23/11»: chest pain",  # the day first
        "last dose «2/3» and next dose «2/10»; will round «1/9».",
        "admitted «1/13», home «1/22»; vanc («1/2»-«1/6»), R IJ «1/2», UCx «1/4» neg",  # of a month of which more is told
        "SW: dtr to call «1/10» re SNF; POD#2 «3/9»; seen «6/1», «6/5» x2",
        "Between «5/10» and «5/7» she skipped two",
        "stress test «5/6» neg; Wt «8/3»: 71.2 kg, «8/10»: 70.4 kg; quit «1/1» this year; LAST DOSE OF ANTICOAGULANT: «2/6», evening",
        "LAST TETANUS SHOT GIVEN: «4/6», deltoid\nRhogam «3/8»; C2 «4/5»; cardiology «1/6».",
        "Since «2/28» the patient; window «10/20» to «June 2»; offered «7/10» 0930",
        "no flank pain, LMP «1/1». Last dose verified «07/20» with nurse",
        # with a dash: the second number is the smaller one, or one at which ranges seldom end
        "Flu A positive «6-5», negative again «10-21». Cultures of «9-2» grew yeast; shunt tap «11-4» clear.",
        "Hgb 8.4 («11-11») then 9.9; portal closes «3-29». Recs faxed «4-12».",
        "«5-30 - 1st Jun», between «10-3» and «Aug 22», «2-11» 5 pm\nADM | DX\n«4-9» | COPD",
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
        "Pupils 4/2 decreasing to 3/1. Apgars 8/9 and 9/9. Upper extremities: 5/4. 8/23, 34.8%, (7/27, 26%), 6/25 (24%), 4/25(16%)",
        "a 10/11 mm trocar, a 10/12 Visiport, the 10/20 system, pressure 10/7 mmHg, 2 3/16 inches, 39 6/7 weeks, 6/12 and 6/9 in metres",
        "ABG on BiPAP 12/5, SVE 6/80/-1, named 11/20 pictures, MoCA 11/30, histamine 6/22, Lotrel 10/20, in 8/9 study participants",
        "the 7-3 shift, works 9-5, ages 6-17, 3-0 silk, suture 4-2, levels 5-4, scored 12-7, pp. 3-29, grade 2-1, 1-13 items, 7-14 days",
        "attended 4/12 sessions, 12/15 correct, 11/14 tender points, 8/10 trials, 5/6 meals",
        "11-7 nurse, 7-3, works 9-5, 3-11 aide; one third of a tray 1/3 eaten",
        "refilled in May, 3/5 refills left; 5/5 deltoid\n4/5 biceps",
        "open 24/7, clexane 28/7, for 18/12, fasts 16/8, 20/10, RV 26/5 mmHg, right ventricle 31/9",
        "page 2/5, Pg 1/3, day 3/7, bottle 1/2, week 2/6, #12/24",
        "in 6/52 and for 1/52; SIMV 12/8, PS 10/5; pain 6/10 at noon, 3/10 on arrival",
        "category 1-2 was noted, norethindrone fe 1/20, Suboxone 8-2",
        "in 2019-WT mice; 123456ZABC19",
    ],
)
def test_a_range_or_a_score_is_left(text: str) -> None:
    assert found_in(text) == []


def test_scores_are_none_in_a_text_with_dates_of_their_month() -> None:
    text = "seen 4/19 and 4/22: strength 4/5, grip 4/5, 4/4 patellae, 4/6 tabs, page 4/8, bcx 4/4, | 4/5 | 4/5 |, 4/10 pain, 4/4%"
    assert found_in(text) == ["4/19", "4/22"]


@pytest.mark.parametrize("part", ["1-2 ", "1/2-", "3-4-", "on 1-2 and ", "the third of ", "May May ", "12.", "1/2 - "])
def test_hostile_text_is_read_in_linear_time(part: str) -> None:
    """Where time grew with more than its length, this would not end."""
    text = part * (40_000 // len(part))
    assert all(0 <= one.start < one.end <= len(text) for one in find_dates(text))
