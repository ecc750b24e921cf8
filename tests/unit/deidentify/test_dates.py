"""Dates are found in all the ways clinicians write them; what only looks so is left. «» stand around what is to be found."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from medpretrain.deidentify.dates import find_dates
from medpretrain.deidentify.finding import united

PHI = Path(__file__).parents[4] / "shared" / "data" / "phi" / "clinical_phi.jsonl.gz"


def found_in(text: str) -> list[str]:
    return [text[one.start : one.end] for one in united(find_dates(text))]


@pytest.mark.parametrize(
    "text",
    [
        "«12/3/19» «12-03-2019» «12.3.2019» «2019-12-03» «2019/12/03» «2019.12.03»",
        "at «2019-12-03T10:30:00+01:00», «2019-12-03 10:30:00» and «2019-12-03T10:30Z»",
        "«20191203», then «20191203103000» and «20191203103000.123+0100»",
        "on «3 Dec», «the 3rd of December», «Dec. 3», «December 3rd, 2019», «03DEC2019», «3-Dec-19», «3.Dec.2019»",
        "in «Dec 2019», «Dec. 2019», «Dec '19», «Dec ’19», «December of 2019», «Dec, 2019», «Dec-2019», «12/2019», «Dec-19»",
        "«December 3, 2019» and «December 3 2019» and «Dec 3, 19» and «DECEMBER 3, 2019» and «december 3rd, 2019»",
        "DOB:«02-17-1959» D«02/17/1959» on«12/3/19»",
        "born «25/12/1959», «25.12.59», «25-12-1959»",
        "«12 / 03 / 2019» and «12/ 03/2019»",
        "seen on «12/3» and since «12/5»; labs «12/3»: normal",
        "from «12/3»-«12/5», «12/3/19»-«12/5/19», «12/03/2019» to «12/05/2019», on «12/3-5»",
        "«Dec 3-5», «December 3 - 5, 2019», «3-5 December 2019», «December 30 - January 2», «Dec 3 and 4, 2019»",
        "«January to March 2007», «June–December 2010», «3rd to 5th of May 2011»",
        "«Monday, December 3», «Mon 12/3», «Tuesday 12/3/19», «Wed. Dec 3, 2019», «12/03/2019 (Monday»)",
        "discharged on «the 12th», by «the 3rd» of the month.",
        "between «the 12th and the 14th».",
        "until «the 12th of May», on «the 4th».",
        "Rash began «the 15th», peaked on «the 17th» and went. Monitor coming «the 16th». Our clinic day, «the 29th».",
        "held til «the 4th» and then; out by «the 5th» please; th is  «21st»  of  the  month; on «the 28th» of each month",
        "signed ann bell md «October 11, 2008» cc carl dent; Epilepsy, «02-NOV-04»\ncc Bell; «March 1» cc dent",
        "cert «7-21-62»-«4/20/17»",
        "in «Jan/Feb 2023», over «Labor day»",
        "over «Christmas», on «Christmas Day 2018», «Thanksgiving», «New Year's Eve», «the 4th of July», «Labor Day, 2019», on «July 4th»",
        "DOB «021759», DOB: «02171959», date of birth: «02 17 1959», date of birth , «3 , 6 , 1949»",
        "admitted «10/96», in «9/94», since «4/84», on «10/99»",
        "PMH: pacemaker placement, «4/84».",
        "Hgb 8.4 («12/3»), 7.9 («12/5»)",
        "«2019 Dec 3»; «2019-Dec-03»; «2019, December 3»",
        "D: «11/19/2022»\nT: «2022-11-19»\nJob",
        "[«12/03/2019 10:30 AM»] «12/3/19@14:00» «Dec 3, 2019@14:03:22»",
        "MAY: «May 3, 2019», on «May 3», «3 May», in «March 2019», «MAR 3, 2019», on «Sept 5th», «Sep 5»",
        "«12/03/2019».Next «12/04/2019»,then",
        "week of «12/3», morning of «3/14», s/p fall «11/28/18»",
        "born «March  1 ,  2014»____, DOB____«03/04/60»____",
        "«13.10.17» Telephone encounter",
        "«Nov 27», «11/27»",
        "DOS «12-3-19» and dated «1-2-19»",
        "follow up «12/3/2019-12/10/2019»".replace("«12/3/2019-12/10/2019»", "«12/3/2019»-«12/10/2019»"),
    ],
)
def test_a_date_is_found(text: str) -> None:
    assert found_in(re.sub("[«»]", "", text)) == re.findall("«(.*?)»", text)


@pytest.mark.parametrize(
    "text",
    [
        "In 2019 and 2020, in the 1990s, since 2004. Class of 2011-12, 2010/11.",
        "It may help. March on. She may 2 times. On Monday and Friday. In spring 2019, in winter. May, June and July were hot.",
        "At 10:30 AM, 14:00, 10.30 h. For 3 days, 2 weeks ago, 12-month follow-up, 3-5 days, age 12.",
        "Strength 5/5 in all extremities, 4/5 on the left, improved from 3/5 to 4/5, motor 4+/5.",
        "2/6 systolic murmur, 3/6 holosystolic murmur, grade 3/4, pain 7/10, 1/2 tablet, 1-1/2 inches.",
        "BP 120/80, 12/80, visual acuity 20/40, 6/12, GCS 11/15, MMSE 12/30, Apgars 8/9, D5 1/2 NS at 75.",
        "Vicodin 5/500, 5/325 mg, PPD 1/2 pack, 3/4 of the way, 1/3 of patients, from 1/3 to 2/3.",
        "3/12 nodes positive, 2/9 (22%), 29.6% (8/27), 11/62 patients.",
        "weight at the 75th centile, length at the 90th. She is the 3rd of 4, the 5th in line.",
        "the 12th rib, on the 5th toe, the 12th cranial nerve, the 12th week, on the 4th and 5th metatarsals, of the 3rd ventricle.",
        "C5-6, L4-5, T12-L1, 5-0 Prolene, 10-12 mg, 2-3-1 ratio, 1.2.3 Methods, 3.4.5 and 1-2-3.",
        "Oct-4 and OCT4, MARCH1, SEPT9, DEC1, JUN 5 fold, Oct3/4, dec 5 mg.",
        "Christmas disease, Christmas tree pattern, easter egg, labor day and night.",
        "decreased 3 points, marked 2 areas, augmented 4 times, novel 12 gene, 5 mar, octal 3, 3 decompressions",
        "MRN 12345678, 99999999, 20191399, ACTRN20191203, 0.20191203, 1.2019",
        "April, a 30-year-old; June 5 mg; in May 12 patients; May 30% rise",
        "100/60/40, 1/2/3/4/5, 12/3/4567, 45/45/2019, 2019-13-03, 2/30/2019",
        "ratio of 1/20, scale of 1/10, score 12/15, on 2/3 of the surface, on 1/2 tablet daily",
    ],
)
def test_what_is_no_date_is_left(text: str) -> None:
    assert found_in(text) == []


@pytest.mark.parametrize("part", ["12/", "1 ", "Dec ", "Dec 3 ", "12/3 ", "the 12th ", "1", "3-", "3 of "])
def test_hostile_text_is_read_to_its_end(part: str) -> None:
    """Where time grew with more than its length, this would not end."""
    text = part * (40_000 // len(part))
    assert all(0 <= one.start < one.end <= len(text) for one in find_dates(text))


def test_recall_on_gold() -> None:
    if not PHI.exists():
        pytest.skip("needs shared/data/phi/clinical_phi.jsonl.gz, which is no part of the repository")
    num_found = num_gold = 0
    with gzip.open(PHI, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            found = united(find_dates(record["text"]))
            gold = [(span["start"], span["end"]) for span in record["spans"] if span["label"] == "DATE"]
            num_gold += len(gold)
            num_found += sum(any(one.start <= start and end <= one.end for one in found) for start, end in gold)
    assert num_found >= 0.98 * num_gold > 0


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("biopsy performed 3 - 4 -08 , benign", "3 - 4 -08"),
        ("D: 5 / 6 / 11     T: 5 - 7 -11", "5 - 7 -11"),
        ("D.O.B. Oct . 29 , 1961", "Oct . 29 , 1961"),
        ("4.27.15 QRS  called the payer", "4.27.15"),
        ("8.3.12   Telephone encounter", "8.3.12"),
        ("Her brother is flying in 26th.", "26th"),
        ("She is away until 22nd but reads mail.", "22nd"),
    ],
)
def test_dates_of_scans_ledgers_and_messages(text: str, date: str) -> None:
    assert date in [text[found.start : found.end] for found in find_dates(text)]


@pytest.mark.parametrize(
    "text", ["3.14.15 Adverse events of any grade", "sets, 8 - 10 -12", "until 8th grade.", "seen in 4th intercostal space."]
)
def test_numbers_of_sections_sets_and_grades_are_no_dates(text: str) -> None:
    assert not list(find_dates(text))


@pytest.mark.parametrize(
    "between",
    [
        *(" ", "", "\n", "\u2009", "th ", "rd of ", " day of ", "st day of ", " to 12 ", " through 12 ", " and 12 ", " until 12 "),
        *(" till 12 ", " & 12 ", "–12 ", " – 12 "),
    ],
)
@pytest.mark.parametrize("month", ["jan", "FEB", "Mar", "april", "May", "June", "july", "Aug", "Sept", "OCT", "nov", "Dec"])
def test_a_day_before_its_month_is_found_whatever_stands_between(between: str, month: str) -> None:
    assert found_in(f"She was seen here 11{between}{month} 2019 again") == [f"11{between}{month} 2019"]


@pytest.mark.parametrize(
    "date", ["the third of May", "THE THIRD OF MAY", "Twenty-first day of June, 2019", "Labor Day 2019", "Mother's Day"]
)
def test_days_in_words_and_holidays(date: str) -> None:
    assert found_in(f"seen ({date})") == [date]
    assert found_in("a pre-Labor Day and prelabor day visit") == []
