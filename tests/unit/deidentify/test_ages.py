"""Ages over 89 are found in every phrasing, the number alone; younger ones, measures and limits are left."""

from __future__ import annotations

import re

import pytest

from medpretrain.deidentify.ages import find_ages


def found_in(text: str) -> list[str]:
    return [text[one.start : one.end] for one in sorted(find_ages(text))]


@pytest.mark.parametrize(
    "text",
    [
        "a «94»-year-old, «94» year old, «94» years old, «94» y/o, «94»yo, «94» yr old, «94»-yr-old, «94» y.o., «94»-year old, «94»yoF",
        "92yoF".replace("92", "«92»"),
        "aged «94», age: «94», Age «94» years, age of «101», AGE:«90», age is «91», died at age «92» of",
        "her father died at «93».",
        "mother died at the age of «97» of a stroke; father alive at «95»; aunt deceased, «99», of old age",
        "Mother, «94», is well. Father lived to «101».",
        "«ninety-four»-year-old, «Ninety four» years old, «one hundred and two» year old, a «hundred»-year-old".replace(
            "a «hundred»", "«a hundred»"
        ),
        "in her «nineties», in his early «90s», her late «90's»",
        "a «centenarian», «nonagenarian»",
        "«94» M with chest pain",
        "HPI: «92»F who fell. Pt is a «95» F with CHF, a «91» WF, a «94» male",
        "Age/Sex: «94»/F, Age: «103»\nSex: M",
        "her «94»th birthday, turned «95», will be «100», I'll turn «91».",
        "«94.5»-year-old".replace("«94.5»", "«94».5"),
        "«94» and a half years old",
        "he is «95» years and frail",
        "Age    Sex\n«94»    M",
        "a «90» to 95 year old".replace("95", "«95»"),
        "«102» years of age",
        "Pt Ann Bell, «96», lives with her son. John Smith («94») was seen. Mr. Bell, «99», presents",
        "F/«94»\nM «95»\n«93»M",
        "at «91», she still drives; a woman of «93»; age at death «98»; onset at age «91»; age ~«95»; pt «94» yrs",
        "Age: «ninety»",
        "Resident is «95», admitted from home; the caller, «93», reports",
        "lives with brother Jamal, «97», in a house; her neighbor Rosa («98») helps; spouse («93»)",
        "Rosa, «96», lives alone. Mrs. Bell was «94» when she fell.",
        "Deceased: Ann Bell, «95» years. No. 14\nRoom 4 Bell «92»F. Room 93.",
        "Age: 0«94»Y, 0«95»Y M, «94»y3m, «94» years and 3 months old",
        "«94»Yrs/F, «95» Years / Female, PT IS A «98» YR OLD, «98» Y.O.",
        "Bell, Ann («94»F)\n«92», female\nFemale, «93»",
        "Age (at death): «98»; age today «92»; Patient reports age as «93»; Age on admission, «94»",
        "BELL, ANN «93»F  LOS 6; Dent, Carl Q. «101»M tele; «Ninety-one»F LOS 3, «ninety-six» y.o. male",
        "reached «90» without a stay; great aunt, colon ca at «97»; uncle with dementia at age «92»; lived to «ninety-two».",
        "husb died @ «95»; MGM «98» alive; bro died at «91»",
        "he's «ninety-one»; she'll be «one hundred» in May; he is «ninety».",
        "Mat aunt «92» w/ AD; brother «91» A&W; dad passed «98».",
        "Elderly («95») woman from SNF; Ms. Dent, «95», fell.",
        "celebrated her «95»th birthday; made it to «101»",
        "Father d. «98» MI. MGM: «96», stroke. wife, Ann, «92»",
    ],
)
def test_an_age_over_89_is_found(text: str) -> None:
    assert found_in(re.sub("[«»]", "", text)) == re.findall("«(.*?)»", text)


@pytest.mark.parametrize(
    "text",
    [
        "95%, 95 mg, pulse 94, heart rate 98, sats at 93, O2 in the 90s, BP 94/60, glucose 99, 99 F, temperature of 101 F with",
        "90 days old, 95 days, age 45, age 89, 89-year-old, aged 65, 19-year-old, 190-year-old, 1990",
        "patients over 90 years of age, >90 years old, older than 90 years, 90+ year old",
        "93 patients, 94 women, 101 males, 94 female patients, 100 year old house",
        "100 years ago, 94-year history, 95 year survival, weight 92 kg, aged cheese 94",
        "in the 90s, the nineties, ninety days, one hundred percent, ninety mg",
        "ages 20 to 30; 95 M solution; 94 m walk; No. 93.",
        "Glucose, 95, was normal. Room 94 F. Weight (94) was. Sat is 95 and falling. Patient was 95 on room air",
        "It is ninety percent; she is ninety pounds; dose (95) of women; Mr. Bell, 95 mg",
        "at or above 110 degrees, reaching 108 by noon",
        "HR reached 101 on the treadmill, glucose reached 95 by noon, flexion reached 110. Her mother, whose weight was 95.",
        "age group 94, 1,094 Y, code 0094Y2, temp, 99, female",
    ],
)
def test_what_is_no_age_over_89_is_left(text: str) -> None:
    assert found_in(text) == []


@pytest.mark.parametrize("part", ["94 ", "94-", "died at ", "a ", "ninety "])
def test_hostile_text_is_read_to_its_end(part: str) -> None:
    """Where time grew with more than its length, this would not end."""
    text = part * (40_000 // len(part))
    assert all(0 <= one.start < one.end <= len(text) for one in find_ages(text))
