"""Nothing of what was found is left, what stays stays as it was, and a person is one person."""

from __future__ import annotations

import datetime
import re
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medpretrain.deidentify.finding import KINDS, Finding
from medpretrain.deidentify.keyed import date_offset
from medpretrain.deidentify.lexicons import folded
from medpretrain.deidentify.replace import Replaced, Replacer, hash_of_identifier
from medpretrain.deidentify.secret import Secret
from medpretrain.deidentify.settings import DeidentifySettings
from medpretrain.deidentify.shift import date_of
from medpretrain.deidentify.surrogate_names import FEMALE, LAST_NAMES, MALE
from medpretrain.deidentify.surrogate_people import WORD
from medpretrain.deidentify.surrogates import YEAR_OF_NONE
from medpretrain.errors import InputError

CONTENT = b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c"
SECRET = Secret(CONTENT)
OTHER = Secret(CONTENT[::-1])
TAGS = DeidentifySettings()
SURROGATES = DeidentifySettings(mode="surrogate", secret_file="elsewhere")

Item = tuple[str, str]  # kind ("" of what was not found), and what is written


def text_of(items: Sequence[Item]) -> tuple[str, list[Finding]]:
    text, findings = "", []
    for kind, written in items:
        if kind:
            findings.append(Finding(len(text), len(text) + len(written), kind, "test"))
        text += written
    return text, findings


def replaced(items: Sequence[Item], scope: str = "p1", secret: Secret = SECRET, chosen: DeidentifySettings = SURROGATES) -> Replaced:
    text, findings = text_of(items)
    return Replacer(chosen, secret).replace(text, findings, scope)


def surrogates(kind: str, *written: str, scope: str = "p1", secret: Secret = SECRET, chosen: DeidentifySettings = SURROGATES) -> list[str]:
    """What stands for each in one text."""
    done = replaced([item for one in written for item in ((kind, one), ("", " | "))], scope, secret, chosen)
    return [done.text[one.new_start : one.new_end] for one in done.replacements]


def surrogate(kind: str, written: str, scope: str = "p1", secret: Secret = SECRET, chosen: DeidentifySettings = SURROGATES) -> str:
    return surrogates(kind, written, scope=scope, secret=secret, chosen=chosen)[0]


# Replacing


def test_tags_and_what_is_told_of_them() -> None:
    items = [("", "Seen by "), ("NAME", "Notburga  Regalado"), ("", ", "), ("PHONE", "555-0123"), ("", ".")]
    done = replaced(items, chosen=TAGS)
    assert done.text == "Seen by [NAME], [PHONE]."
    name, phone = done.replacements
    assert (name.kind, name.start, name.end, name.new_start, name.new_end) == ("NAME", 8, 26, 8, 14)
    assert (phone.kind, phone.start, phone.end, phone.new_start, phone.new_end) == ("PHONE", 28, 36, 16, 23)
    assert name.hash == hash_of_identifier(SECRET, "NOTBURGA REGALADO") != phone.hash
    assert len(name.hash) == 16
    assert hash_of_identifier(OTHER, "Notburga Regalado") != name.hash


def test_without_a_secret_there_is_no_hash_and_no_surrogate() -> None:
    text, findings = text_of([("NAME", "Notburga")])
    assert [one.hash for one in Replacer(TAGS, None).replace(text, findings, "p").replacements] == [""]
    with pytest.raises(InputError, match="no secret"):
        Replacer(SURROGATES, None)


def test_no_repr_shows_a_text() -> None:
    done = replaced([("", "Ottoline met "), ("NAME", "Notburga")])
    assert "Ottoline" not in repr(done)
    assert done.text.split()[-1] not in repr(done)


@pytest.mark.parametrize("chosen", [TAGS, SURROGATES])
@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([("NAME", "[NAME]")], "[NAME]"),
        ([("", "["), ("NAME", "NAME"), ("", "] was seen")], "[NAME] was seen"),
        ([("HOSPITAL", "[NAME], [HOSPITAL]")], "[NAME], [HOSPITAL]"),
        ([("AGE", "90"), ("", "+ years")], "90+ years"),
        ([("AGE", "90+ year old")], "90+ year old"),
        ([("", "[NAME] [NAM"), ("ID", "E] "), ("", "x")], "[NAME] [NAME] x"),
    ],
)
def test_what_an_earlier_run_put_there_stays(chosen: DeidentifySettings, items: list[Item], expected: str) -> None:
    done = replaced(items, chosen=chosen)
    assert (done.text, done.replacements) == (expected, ())


def test_a_finding_that_goes_beyond_a_tag_takes_in_all_of_it() -> None:
    items = [("", "Mr. [NA"), ("NAME", "ME] Regalado"), ("", " and [DATE], "), ("AGE", "90"), ("", " or 190+")]
    assert replaced(items, chosen=TAGS).text == "Mr. [NAME] and [DATE], [AGE] or 190+"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("", *KINDS)),
            st.text(st.sampled_from("abZé 1234-/.@[NAME]90+\n'"), min_size=1, max_size=12) | st.text(min_size=1),
        ),
        max_size=12,
    ),
    st.sampled_from([TAGS, SURROGATES]),
)
def test_what_was_not_found_is_left_and_the_record_fits(items: list[Item], chosen: DeidentifySettings) -> None:
    text, findings = text_of(items)
    done = Replacer(chosen, SECRET).replace(text, findings, "p")
    back, place = "", 0
    for one in done.replacements:
        back += done.text[place : one.new_start] + text[one.start : one.end]
        place = one.new_end
        assert done.text[one.new_start : one.new_end] != text[one.start : one.end]
    assert back + done.text[place:] == text
    assert Replacer(chosen, SECRET).replace(text, findings, "p") == done


def test_tags_are_stable() -> None:
    items = [("", "Of "), *((kind, f"x{kind}1") for kind in KINDS)]
    once = replaced(items, chosen=TAGS)
    found_again = [Finding(one.new_start + 1, one.new_end - 1, one.kind, "test") for one in once.replacements]
    assert Replacer(TAGS, None).replace(once.text, found_again, "p").text == once.text


# Statelessness

ALL_KINDS: list[Item] = [
    ("NAME", "Notburga R. Regalado"),
    ("EMAIL", "nregalado@example.net"),
    ("DATE", "03/04/2010"),
    ("PHONE", "(611) 555-0119"),
    ("SSN", "078-05-1120"),
    ("MRN", "A8699145"),
    ("LOCATION", "75987 Wilson Fork, New Frederick, NC 82584"),
    ("HOSPITAL", "St. Jorge Medical Center"),
    ("URL", "https://portal.example.net/pt/451488"),
    ("IP", "198.51.100.7"),
    ("AGE", "93"),
]


def test_texts_do_not_depend_on_each_other() -> None:
    one, two = Replacer(SURROGATES, SECRET), Replacer(SURROGATES, Secret(CONTENT))
    texts = [(*text_of(items), f"p{number % 3}") for number, items in enumerate([ALL_KINDS, ALL_KINDS[:4], ALL_KINDS[::-1]] * 2)]
    assert [one.replace(*text) for text in texts] == [two.replace(*text) for text in reversed(texts)][::-1]


def test_the_same_in_every_process() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_replace import ALL_KINDS, replaced;"
        "sys.stdout.buffer.write(replaced(ALL_KINDS).text.encode())"
    )
    here = __file__.rsplit("/", 1)[0]
    outputs = {
        subprocess.run([sys.executable, "-c", program, here], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout.decode()
        for seed in ("1", "2")
    }
    assert outputs == {replaced(ALL_KINDS).text}


@pytest.mark.parametrize("item", [item for item in ALL_KINDS if item[0] != "AGE"])
def test_another_secret_or_scope_gives_others(item: Item) -> None:
    kind, written = item
    drawn = {surrogate(kind, written, scope, secret) for scope in ("p1", "p2", "p3") for secret in (SECRET, OTHER)}
    assert len(drawn) > 3
    assert written not in drawn


# Names


def test_one_person_in_every_way_of_writing() -> None:
    full, titled, turned, initial, first, first_initial, possessive, both = surrogates(
        "NAME",
        *("Notburga R. Regalado", "Ms. Regalado", "REGALADO, NOTBURGA", "N. Regalado", "notburga", "Notburga R", "Regalado's", "NR"),
    )
    first_name, middle, last_name = full.split()
    assert titled == f"Ms. {last_name}"
    assert turned == f"{last_name.upper()}, {first_name.upper()}"
    assert initial == f"{first_name[0]}. {last_name}"
    assert first == first_name.lower()
    assert first_initial == f"{first_name} {middle[0]}"
    assert possessive == f"{last_name}'s"
    assert both == first_name[0] + middle[0]
    assert {folded(word) for word in (first_name, last_name)}.isdisjoint({"notburga", "regalado"})


def test_one_person_in_every_document_of_a_patient() -> None:
    assert surrogate("NAME", "Regalado") == surrogates("NAME", "Regalado", "Ottoline Wimmer", "Bartholomew")[0]
    assert surrogate("NAME", "Muñoz") == "".join(surrogates("NAME", "MUÑOZ")).capitalize()
    assert folded(surrogate("NAME", "Muñoz")) == folded(surrogate("NAME", "Munoz"))
    assert surrogate("NAME", "O'Brien") == surrogate("NAME", "O’Brien") == surrogate("NAME", "Obrien")


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ("Dr. Hans-Herbert Gorlitz, M.D., Ph.D.", r"Dr\. X-X X, M\.D\., Ph\.D\."),
        ("van der Berg, Jan Jr.", r"van der X, X Jr\."),
        ("Maria de la Cruz", "X de la X"),
        ("JOHN OBI III", "Y Y III"),
        ("McDonald", "X"),
        ("mary-ann o'shea", "z-z z"),
        ("Smith and Jones", "X and X"),
        ("Mr. and Mrs. Regalado", "Mr. and Mrs. X"),
        ("J.R. Tolkien RN", r"[A-Z]\.[A-Z]\. X RN"),
        ("Nurse", "X"),
        ("M.D.", r"[A-Z]\.[A-Z]\."),
        ("THANH DO", "Y Y"),
        ("Thanh Nguyen DO", "X X DO"),
        ("Le, Thanh", "X, X"),
        ("NG, WEI", "Y, Y"),
        ("Regalado\n  Notburga", "X\n  X"),
        ("jsmith12", r"z\d\d"),
        ("李伟", "X"),
        ("Иванов", "X"),
        ("Ame\u0301lie", "X"),
    ],
)
def test_the_shape_of_a_name_is_kept(written: str, shape: str) -> None:
    words = {"X": r"[^\W\d_a-z][^\W\d_A-Z]+", "Y": r"[^\W\d_a-z]{2,}", "z": r"[^\W\d_A-Z]{2,}"}
    pattern = re.sub(r"(?<!\[A-)[XYz](?!\])", lambda one: words[one.group()], shape)
    assert re.fullmatch(pattern, surrogate("NAME", written))


NAME = st.lists(st.sampled_from([*MALE[::40], *FEMALE[::40], *LAST_NAMES[::40], "Notburga", "O'Brien"]), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.lists(NAME, min_size=1, max_size=6), st.integers(0, 1000))
def test_no_word_of_a_name_is_left(names: list[list[str]], scope: int) -> None:
    written = [" ".join(name) for name in names]
    drawn = surrogates("NAME", *written, scope=str(scope))
    words = {folded(word) for one in written for word in WORD.findall(one)}
    assert words.isdisjoint(folded(word) for one in drawn for word in WORD.findall(one))


def test_names_are_of_the_sex_and_the_place_of_those_they_stand_for() -> None:
    male, female, last = ({folded(name) for name in names} for names in (MALE, FEMALE, LAST_NAMES))
    assert len(male | female | last) == len(male) + len(female) + len(last)
    for number in range(30):
        man, woman, family = surrogates("NAME", "George", "Susan", "Regalado", scope=str(number))
        assert (folded(man) in male, folded(woman) in female, folded(family) in last) == (True, True, True)


def test_no_name_of_a_text_stands_for_another() -> None:
    for number in range(10):
        alone = surrogate("NAME", "Regalado", scope=str(number))
        beside, other = surrogates("NAME", "Regalado", f"Ottoline {alone}", scope=str(number))
        assert alone not in (beside, *other.split())


def test_few_people_become_the_same() -> None:
    written = LAST_NAMES[::8]
    drawn = [surrogate("NAME", one) for one in written]
    assert len(set(drawn)) > 0.8 * len(written)
    assert max(Counter(drawn).values()) < 5


def test_ascii_stays_ascii() -> None:
    assert all(surrogate("NAME", "Regalado", scope=str(number)).isascii() for number in range(200))
    assert not all(surrogate("NAME", "Regaládo", scope=str(number)).isascii() for number in range(200))


# Contact


@pytest.mark.parametrize(
    ("local", "shape"),
    [
        ("notburga.regalado", "{first}.{last}"),
        ("nregalado", "{first[0]}{last}"),
        ("regaladon", "{last}{first[0]}"),
        ("notburgaregalado", "{first}{last}"),
        ("N_Regalado", "{first[0]}_{last}"),
    ],
)
def test_an_address_is_that_of_the_surrogate(local: str, shape: str) -> None:
    done = replaced([("NAME", "Notburga Regalado"), ("", " "), ("EMAIL", f"{local}@clinic.example.net")])
    first, last, address = folded(done.text).split()
    assert address == shape.format(first=first, last=last) + "@example.org"


@pytest.mark.parametrize("written", ["frontdesk@example.com", "x@y", "wimmer72@example.net", "wimmer at example dot net"])
def test_other_addresses(written: str) -> None:
    address = surrogate("EMAIL", written)
    assert re.fullmatch(r"[a-z0-9._-]+@example\.org", address)
    assert "wimmer" not in address


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ("(611) 555-0199", r"\(\d{3}\) 555-01\d\d"),
        ("+1 611 555 0199", r"\+1 \d{3} 555 01\d\d"),
        ("611.555.0199 x45", r"\d{3}\.555\.01\d\d x\d\d"),
        ("6115550199", r"\d{3}55501\d\d"),
        ("1-800-FLOWERS", r"1-\d{3}-55501\d\d"),
        ("+44 20 7946 0123", r"\+44 \d\d \d555 01\d\d"),
        ("Tel 555-0199", r"Tel 555-01\d\d"),
        ("0123", r"\d{4}"),
    ],
)
def test_telephones_are_nobodys(written: str, shape: str) -> None:
    number = surrogate("PHONE", written)
    assert re.fullmatch(shape, number)
    assert number != written


def test_a_telephone_is_one_in_every_format() -> None:
    drawn = surrogates("PHONE", "(611) 555-0199", "+1 611 555 0199", "611.555.0199", "6115550199")
    assert len({"".join(filter(str.isdigit, one))[-10:] for one in drawn}) == 1
    assert drawn[0].endswith(surrogate("FAX", "555-0199"))


@pytest.mark.parametrize("written", ["078-05-1120", "078 05 1120", "078051120"])
def test_social_security_numbers_are_of_nobody(written: str) -> None:
    assert re.fullmatch(r"9\d\d[0-4]\d{5}", re.sub(r"\D", "", surrogate("SSN", written)))
    assert re.sub(r"\d", "0", written) == re.sub(r"\d", "0", surrogate("SSN", written))


def test_a_part_of_a_social_security_number_stays_a_part() -> None:
    assert re.fullmatch(r"XXX-XX-\d{4}", surrogate("SSN", "XXX-XX-1120"))


@pytest.mark.parametrize(
    ("kind", "written", "shape"),
    [
        ("IP", "192.0.2.9", r"192\.0\.2\.\d+"),
        ("IP", "203.0.113.7:8080", r"192\.0\.2\.\d+:8080"),
        ("IP", "fe80::1ff:fe23:4567:890a", r"2001:db8::[0-9a-f]+:[0-9a-f]+"),
        ("URL", "https://portal.example.net/pt/451488?a=b", r"https://[a-z]{4}\.example\.org/[a-z]{2}/\d{6}\?[a-z]=[a-z]"),
        ("URL", "www.example.com/scan.jpg", r"www\.[a-z]{4}\.example\.org/[a-z]{4}\.jpg"),
        ("URL", "https://nobody:word@example.org:80/", r"https://[a-z]{4}\.example\.org:80/"),
        ("MRN", "a-8699145", r"[a-z]-[1-9]\d{6}"),
        ("VEHICLE", "1HGCM82633A004352", r"[1-9][A-Z]{4}[1-9]\d{4}[A-Z]\d{6}"),
        ("PHOTO", "IMG_2001.JPG", r"[A-Z]{3}_[1-9]\d{3}\.JPG"),
        ("DEVICE", "SN-Z66406880", r"[A-Z]{2}-[A-Z][1-9]\d{7}"),
        ("ID", "٣٤٥", r"[0-9]{3}"),
    ],
)
def test_formats_are_kept(kind: str, written: str, shape: str) -> None:
    for scope in range(20):
        drawn = surrogate(kind, written, scope=str(scope))
        assert re.fullmatch(shape, drawn)
        assert drawn != written


def test_the_shortest_code_has_another_too() -> None:
    drawn = {surrogate("MRN", "7", scope=str(scope)) for scope in range(60)}
    assert drawn == set("12345689")


def test_a_code_is_one_in_every_kind_and_format() -> None:
    first, second = surrogate("MRN", "A-8699145"), surrogate("ID", "a8699145")
    assert first.replace("-", "").lower() == second


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([kind for kind in KINDS if kind not in ("DATE", "AGE", "NAME", "EMAIL")]),
    st.text(st.sampled_from(string.ascii_letters + string.digits + " -./:"), min_size=3, max_size=20),
)
def test_nothing_comes_back_as_it_was(kind: str, written: str) -> None:
    assert surrogate(kind, written) != written


# Places


@pytest.mark.parametrize(
    ("kind", "written", "shape"),
    [
        ("LOCATION", "75987 Wilson Fork, New Frederick, NC 82584", r"[1-9]\d{4} X X, New X, NC \d{5}"),
        ("LOCATION", "107 Rachel Street\nPort Ronaldshire, Illinois", r"\d{3} X Street\nPort X, Illinois"),
        ("LOCATION", "500 42nd Street Apt. 4B", r"\d{3} \d\d(?:st|nd|rd|th) Street Apt\. \d[A-Z]"),
        ("LOCATION", "P.O. Box 12, Portland OR 97201-1234", r"P\.O\. Box \d\d, X OR \d{5}-\d{4}"),
        ("LOCATION", "New York", "New X"),
        ("LOCATION", "Lake City", "X X"),
        ("LOCATION", "ROCHESTER", "Y"),
        ("LOCATION", "NYC", r"[A-Z]{3}"),
        ("LOCATION", "Stratford-upon-Avon", "X-upon-X"),
        ("HOSPITAL", "St. Jorge Medical Center", r"St\. X Medical Center"),
        ("HOSPITAL", "BRIGHAM AND WOMEN'S HOSPITAL", "Y AND WOMEN'S HOSPITAL"),
        ("HOSPITAL", "Massachusetts General Hospital", "X General Hospital"),
        ("HOSPITAL", "Children's Hospital", "X Children's Hospital"),
        ("HOSPITAL", "St. Mary's", r"St\. X's"),
        ("HOSPITAL", "MGH", r"[A-Z]{3}"),
        ("HOSPITAL", "University of Kansas Health System", "University of X Health System"),
    ],
)
def test_places_keep_their_kind(kind: str, written: str, shape: str) -> None:
    pattern = re.sub(r"\b[XY]\b", lambda one: {"X": "[A-Z][a-z]+", "Y": "[A-Z]+"}[one.group()], shape)
    drawn = surrogate(kind, written)
    assert re.fullmatch(pattern, drawn)
    assert drawn != written


def test_ordinals_are_spelt_as_they_should_be() -> None:
    drawn = {surrogate("LOCATION", "42nd Street", scope=str(scope)).split()[0] for scope in range(200)}
    endings = {one[-3:] for one in drawn if one[0] != "1"}
    assert endings <= {"0th", "1st", "2nd", "3rd", *(f"{digit}th" for digit in "456789")}
    assert {one for one in drawn if one[0] == "1"} <= {f"{number}th" for number in range(10, 20)}


def test_no_place_of_a_text_stands_for_another() -> None:
    for number in range(10):
        alone = surrogate("LOCATION", "Rochester", scope=str(number))
        beside, other = surrogates("LOCATION", "Rochester", alone, scope=str(number))
        assert alone not in (beside, other)


def test_states_go_where_that_is_wanted() -> None:
    without_states = DeidentifySettings(mode="surrogate", secret_file="elsewhere", states=True)
    kept, gone = (surrogate("LOCATION", "New Frederick, NC 82584", chosen=chosen) for chosen in (SURROGATES, without_states))
    assert ", NC " in kept
    assert re.search(r", (?!NC)[A-Z]{2} ", gone)
    assert "Vermont" not in surrogate("LOCATION", "Barnesside, Vermont", chosen=without_states)


# Dates and ages


def test_intervals_and_days_of_the_week_are_kept() -> None:
    written = ["03/04/2010", "03/11/2010", "12/30/2010", "02/29/2012"]
    dates = [date_of(one, None) for one in written]
    for scope in range(10):
        moved = [date_of(one, None) for one in surrogates("DATE", *written, scope=str(scope))]
        offsets = {(after - before).days for before, after in zip(dates, moved, strict=True) if before and after}
        assert offsets == {date_offset(SECRET, str(scope), SURROGATES.max_shift_weeks)}


@pytest.mark.parametrize(
    ("written", "place", "year"),
    [
        (["02/01/2011", "03/05", "03/12/2013"], 1, 2011),
        (["03/05", "03/12/2013", "03/12/2015"], 0, 2013),
        (["02/01/2011", "02/01/2012", "03/05"], 2, 2012),
        (["03/05"], 0, YEAR_OF_NONE),
    ],
)
def test_a_date_without_a_year_has_that_of_the_one_before_or_behind(written: list[str], place: int, year: int) -> None:
    for scope in range(10):
        days = date_offset(SECRET, str(scope), SURROGATES.max_shift_weeks)
        moved = datetime.date(year, 3, 5) + datetime.timedelta(days)
        assert surrogates("DATE", *written, scope=str(scope))[place] == moved.strftime("%m/%d")


def test_what_is_no_date_becomes_a_tag() -> None:
    assert surrogate("DATE", "the day before yesterday") == "[DATE]"


@pytest.mark.parametrize("max_weeks", [1, 2, 52, 520])
def test_offsets_are_whole_weeks_of_either_sign_and_even(max_weeks: int) -> None:
    offsets = Counter(date_offset(SECRET, str(scope), max_weeks) for scope in range(4000))
    assert all(offset % 7 == 0 and 0 < abs(offset) <= 7 * max_weeks for offset in offsets)
    if max_weeks <= 52:
        expected = 4000 / (2 * max_weeks)
        assert len(offsets) == 2 * max_weeks
        assert sum((count - expected) ** 2 / expected for count in offsets.values()) < 2 * (2 * max_weeks) + 20


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("93", "90+"),
        ("90", "90+"),
        ("101yo", "90+yo"),
        ("93-year-old", "90+-year-old"),
        ("aged 97.5 years", "aged 90+ years"),
        ("in her 90s", "in her 90+"),
        ("ninety-three years", "90+ years"),
        ("one hundred and two", "90+"),
        ("a nonagenarian", "90+"),
    ],
)
def test_ages_over_89(written: str, expected: str) -> None:
    assert surrogate("AGE", written) == expected
    assert surrogate("AGE", written, chosen=TAGS) == "[AGE]"


# Hostile text


@pytest.mark.parametrize(
    "piece",
    ["a ", "1", "Dr. ", "Dr. Dr. ", "St. ", "a.a@", "A-", "'", "1.", ":", "[NAME", "x, MD", "/", "\u0301", "1st ", "tel ", " ", "a" * 999],
)
@pytest.mark.parametrize("kind", ["NAME", "EMAIL", "PHONE", "URL", "IP", "LOCATION", "HOSPITAL", "SSN", "ID", "AGE"])
def test_long_findings_come_to_an_end(kind: str, piece: str) -> None:
    assert surrogate(kind, piece * (50_000 // len(piece)))


def test_many_findings_beside_many_tags() -> None:
    items: list[Item] = [("", "[NAME] "), ("NAME", "Regalado"), ("", " [DATE] ")] * 4000
    done = replaced(items)
    assert len(done.replacements) == 4000
    assert "Regalado" not in done.text
    assert all(before.end <= after.start for before, after in pairwise(done.replacements))
