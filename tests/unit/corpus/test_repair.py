"""What is certainly wrong in a text is put right, once and for all; medical signs, headings and words are left alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medpretrain.corpus.repair import KINDS, repair, repair_encoding, repair_unicode
from medpretrain.corpus.settings import RepairSettings
from medpretrain.corpus.words import words_of

ALL = RepairSettings()
NONE = RepairSettings(encoding=False, unicode=False, white_space=False, page_furniture=False, pdf_lines=False)

MEDICAL = (
    "1½ tablets, 5 µg/m² at ≥ 37 °C (±0.5), α-fetoprotein ⅓ of 10³/µL; naïve β-blocker, Sjögren’s “sicca” — Ménière × 2, "
    "ﬁbrosis, café-au-lait"
)

# Characters that the stages look for, so that hypothesis finds more than it does in all of Unicode.
ODD_TEXT = st.lists(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from(["\n", "\f", "\r", " ", "\t", "\x0b", "\x85", "\u2028", "\xad", "\u200b", "\u200d", "\xa0", "-", "-\n", "\xad\n"]),
        st.sampled_from(["Ã©", "â€™", "Â ", "Ã ", "&amp;", "&lt;", "&#177;", "\u0301", "e", "Page 1 of 3\n", "Page 2\n", "(continued)\n"]),
        st.sampled_from(
            ["hyperten-\nsion ", "the patient was seen in the clinic and", "\n- ", "FINDINGS:\n", "Printed by A on 3/4/2020\n"]
        ),
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("settings", [ALL, RepairSettings(unicode=False), RepairSettings(page_furniture=False, white_space=False)])
@given(text=ODD_TEXT)
def test_what_was_repaired_is_not_changed_again(settings: RepairSettings, text: str) -> None:
    once, kinds = repair(text, settings)
    assert repair(once, settings) == (once, ())
    assert (once == text) or kinds
    assert set(kinds) <= set(KINDS)


@given(st.text(alphabet=st.sampled_from("ab cé\n.-,µ2\t"), max_size=300))
def test_no_word_is_lost_but_to_a_hyphen_at_a_line_end(text: str) -> None:
    after, _ = repair(text, ALL)
    assert "".join(words_of(after)) == "".join(words_of(text))


def test_what_is_left_out_changes_nothing() -> None:
    text = "FranÃ§ois\u200b \n\n\n\nPage 1 of 3\x0c \r\n"
    assert repair(text, NONE) == (text, ())
    assert repair(text, ALL) == ("François", ("encoding", "unicode", "white space", "page furniture"))


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252"])
@pytest.mark.parametrize("text", ["Sjögren syndrome at 37 °C ± 0.5", "François’ “sicca” — 5 µg", "Patient naïve ≥ 3 months"])
def test_utf8_read_as_another_encoding_is_mended(text: str, encoding: str) -> None:
    try:
        wrong = text.encode().decode(encoding)
    except UnicodeDecodeError:
        pytest.skip("has a byte that this encoding has no character for")
    assert repair_encoding(f"First line, right: é µ ½.\n{wrong}") == f"First line, right: é µ ½.\n{text}"


@pytest.mark.parametrize("text", [MEDICAL, "SD 2×² and 5×½", "<p>a &amp; b</p>", "AT&T; Johnson&Johnson", "Å ngström, Ãlvaro"])
def test_what_may_be_right_is_left(text: str) -> None:
    assert repair(text, ALL) == (text, ())


def test_entities_are_read_where_there_are_no_tags() -> None:
    assert repair_encoding("p &lt; 0.05 &amp;amp; 3 &plusmn; 1 &#956;g") == "p < 0.05 &amp; 3 ± 1 μg"
    assert repair("p &amp;lt; 0.05", ALL)[0] == "p < 0.05"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301tat, 1½ m²", "état, 1½ m²"),
        ("a\r\nb\rc\x0bd\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("5\xa0mg\u202f/\u2009L\u3000x", "5 mg / L x"),
        ("\ufeffhyper\xadten\u200bsion\x00\u2060", "hypertension"),
        ("multi\u2010centre non\u2011small", "multi-centre non-small"),
        ("\uf0b7 age \uf0b3 18", "• age ≥ 18"),
        ("\ud83d\ude00 and \ud83d alone", "😀 and \ufffd alone"),
        ("می\u200cخواهم, a\u200cb", "می\u200cخواهم, ab"),
    ],
)
def test_unicode(text: str, expected: str) -> None:
    assert repair_unicode(text) == expected


def test_white_space() -> None:
    text = "\n \n  - indented  \n\ttable\tcell\t\n\n \n\nend \n"
    assert repair(text, ALL) == ("  - indented\n\ttable\tcell\n\nend", ("white space",))


def test_real_texts_keep_their_words(shared_data: Path) -> None:
    changed = 0
    with gzip.open(shared_data / "pretrain" / "mini.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            after, kinds = repair(text, ALL)
            changed += bool(kinds)
            assert words_of(after) == words_of(text)
            assert repair(after, ALL) == (after, ())
    assert changed > 10
