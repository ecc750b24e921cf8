"""Which texts are not worth reading, and why. Pure: a measure is a number of a text, which is dropped at the first beyond its limit.

A text exactly at a limit is kept. Measures are taken in the order of `RULES`, the cheapest first, then perplexity, and none after a text
was dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from medpretrain.corpus.language import MAX_OTHER_SHARE, other_language_share
from medpretrain.corpus.reference import ReferenceModel
from medpretrain.corpus.settings import FilterSettings
from medpretrain.corpus.words import Hashes, hash_runs, num_tokens_in

REPEATED_RUN_WORDS = 10
TOP_RUN_WORDS = 4
PERPLEXITY = "perplexity"
_ASCII_SPACES = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "


@dataclass(frozen=True)
class Drop:
    """Why a text was dropped."""

    reason: str  # one of REASONS, to count by
    detail: str  # the measure and its limit


@dataclass(frozen=True, slots=True)
class Subject:
    """A text to be judged, with what is known of it."""

    text: str
    words: list[str]  # words_of(text)
    word_hashes: Hashes  # hash_words(words)
    settings: FilterSettings


@dataclass(frozen=True)
class Rule:
    """One measure, and what it may be. `measure` gives None where a text cannot be judged by it, `limit` where the settings say so."""

    name: str
    reason: str
    measure: Callable[[Subject], float | None]
    limit: Callable[[FilterSettings], float | None]
    is_least: bool  # the limit is the least that is kept; else the most
    detail: str  # of the measure {0} and the limit {1}


def judge(subjects: Sequence[Subject], reference: ReferenceModel | None = None) -> list[Drop | None]:
    """For each text the first rule that it breaks.

    Perplexity, the last of them, is computed of all texts together that break no other: three times as fast as of one after the other.
    """
    drops = [_first_broken(subject) for subject in subjects]
    if reference is None:
        return drops
    left = [
        place
        for place, (subject, drop) in enumerate(zip(subjects, drops, strict=True))
        if drop is None and subject.words and subject.settings.max_perplexity is not None
    ]
    for place, value in zip(left, reference.perplexities([subjects[place].words for place in left]), strict=True):
        limit = subjects[place].settings.max_perplexity
        if limit is not None and value > limit:
            drops[place] = Drop(PERPLEXITY, f"{value:.1f} a token, at most {limit:.1f}")
    return drops


def _first_broken(subject: Subject) -> Drop | None:
    for rule in RULES:
        limit = rule.limit(subject.settings)
        if limit is None:
            continue
        value = rule.measure(subject)
        if value is not None and (value < limit if rule.is_least else value > limit):
            return Drop(rule.reason, rule.detail.format(value, limit))
    return None


def num_tokens(text: str, words: list[str], at_least: int) -> int:
    """Words and punctuation marks, as `num_tokens_in` counts them; the number of words where these are enough already."""
    # "İ" alone gets longer in lower case, by a mark that parts words.
    return len(words) if len(words) >= at_least and "İ" not in text else num_tokens_in(text)


def non_alphanumeric_share(text: str, words: list[str]) -> float:
    """Of the characters that are no white space, those that are neither letters nor digits (in any script). 0.0 of an empty text."""
    num_chars = num_visible(text)
    num_alphanumeric = sum(map(len, words)) - text.count("_")  # words are runs of \\w: letters, digits, underscores
    return max(0.0, 1.0 - num_alphanumeric / num_chars) if num_chars else 0.0


def num_visible(text: str) -> int:
    """Characters that are no white space."""
    data = text.encode(errors="surrogatepass")
    num_chars = len(text) - len(data) + len(data.translate(None, _ASCII_SPACES))
    if len(data) != len(text):
        num_chars -= sum(map(str.isspace, data.translate(None, bytes(range(128))).decode(errors="surrogatepass")))
    return num_chars


def repeated_line_share(text: str) -> float:
    """Of the characters in lines (without blanks at their ends), those in lines that stood before. 0.0 of an empty text.

    By characters, so that names of speakers and headings of sections, which stand often but are short, weigh little.
    """
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    if len(lines) < 2:
        return 0.0
    num_chars = sum(map(len, lines))
    num_first = sum(map(len, set(lines)))
    return 1.0 - num_first / num_chars


def repeated_run_share(word_hashes: Hashes) -> float:
    """Of the words, those in runs of 10 that stood before in the text (each word once). 0.0 of a text of 10 words or fewer."""
    if len(word_hashes) <= REPEATED_RUN_WORDS:
        return 0.0
    runs = hash_runs(word_hashes, REPEATED_RUN_WORDS)
    in_order = np.sort(runs)
    if not (in_order[1:] == in_order[:-1]).any():
        return 0.0
    order = np.argsort(runs, kind="stable")
    stood_before = np.zeros(len(runs), np.bool_)
    stood_before[order[1:]] = runs[order[1:]] == runs[order[:-1]]
    starts = np.zeros(len(word_hashes) + 1, np.int64)
    starts[:-1][: len(runs)] += stood_before
    starts[REPEATED_RUN_WORDS:] -= stood_before
    return float(np.count_nonzero(np.cumsum(starts)[:-1])) / len(word_hashes)


def top_run_share(word_hashes: Hashes) -> float:
    """Of the words, those in the most frequent run of 4: times it stands * 4 / words, at most 1.

    0.0 where none stands three times."""
    if len(word_hashes) <= TOP_RUN_WORDS:
        return 0.0
    runs = np.sort(hash_runs(word_hashes, TOP_RUN_WORDS))
    changes = np.flatnonzero(runs[1:] != runs[:-1])
    ends = np.concatenate(([-1], changes, [len(runs) - 1]))
    most = int(np.diff(ends).max())
    return min(1.0, most * TOP_RUN_WORDS / len(word_hashes)) if most >= 3 else 0.0


# Without one of these words, or of these characters, no line is boilerplate.
_BOILERPLATE_WORDS = frozenset(
    [
        "cookie",
        "cookies",
        "copyright",
        "copyrighted",
        "rights",
        "reserved",
        "click",
        "lorem",
        "ipsum",
        "javascript",
        "privacy",
        "disclaimer",
        "login",
        "logout",
        "subscribe",
        "newsletter",
        "menu",
        "sitemap",
        "unsubscribe",
        "browser",
        "password",
        "username",
        "homepage",
        "advertisement",
        "sponsored",
        "permalink",
        "rss",
        "facebook",
        "twitter",
        "instagram",
        "linkedin",
        "whatsapp",
        "pinterest",
        "youtube",
        "skip",
        "breadcrumb",
        "terms",
        "trademark",
        "trademarks",
    ]
)
_BOILERPLATE_MARKS = ("__", "....", ". . . .", "©", "……", " | ", " » ", " › ", "(c)", "(C)")
_MAX_BOILERPLATE_CHARS = 600  # a longer line is prose
_BOILERPLATE = re.compile(
    r"""
    (?:we|this\ (?:web)?site|our\ (?:web)?site|by\ (?:using|continuing)).{0,60}\bcookies?\b.*            # cookie notices
    |.{0,40}\b(?:accept|reject|manage|allow|decline|enable)\ (?:all\ |your\ )?(?:cookies?|cookie\ \w+)\b.*
    |(?:cookie|privacy)\ (?:policy|settings?|notice|preferences|statement)\b.{0,80}
    |(?:copyright|©|\(c\)).{0,30}\b(?:19|20)\d\d\b.*|copyright\ ©.*|.{0,80}©\s*(?:19|20)\d\d\b.{0,120}    # copyright
    |.{0,200}\ball\ rights\ (?:are\ )?reserved\b.*
    |(?:(?:please\ )?click|tap|press)\ (?:here|on|the|below|to)\b.*|.{0,60}\bclick\ here\b.{0,100}        # navigation
    |(?:skip|jump|back|return|go)\ (?:to|back\ to)\ (?:the\ )?(?:main|content|navigation|top|home|homepage|menu|search|footer)\b.{0,40}
    |(?:home|menu|main\ menu|sitemap|site\ map|log\ ?in|log\ ?out|sign\ (?:in|up|out)|register|subscribe|unsubscribe
       |share|print|e-?mail|search
       |contact(?:\ us)?|about(?:\ us)?|help|faqs?|rss|permalink|advertisement|sponsored(?:\ content)?|toggle\ navigation|breadcrumb)
    |(?:subscribe|sign\ up)\ (?:to|for|now)\b.{0,80}|unsubscribe\b.{0,60}
    |(?:share|follow|like|find|join)\ (?:this|us|me)?\ ?(?:page\ |article\ )?(?:on|via|with)
       \ (?:facebook|twitter|x|instagram|linkedin|whatsapp|pinterest|youtube)\b.*
    |(?:please\ )?(?:enable|turn\ on|activate)\ javascript\b.*
    |.{0,60}\bjavascript\b.{0,40}\b(?:enabled?|disabled|required|supported|browser)\b.*
    |(?:your|this)\ browser\b.{0,120}
    |(?:terms|conditions)\ (?:of|and|&)\ (?:use|service|conditions|sale)\b.{0,80}                         # legal
    |(?:legal\ )?disclaimer:?|(?:all\ )?(?:other\ )?trademarks?\b.{0,60}\b(?:property|owners?)\b.*
    |lorem\ ipsum\b.*|.{0,80}\bdolor\ sit\ amet\b.*
    |.{0,60}\b(?:forgot\ (?:your\ )?password|user\ ?name|password)\b:?\s*\??
    |(?:[\w&'/ -]{2,28}\s*[|»›]\s*){2,}[\w&'/ -]{0,28}                                                   # menus: Home | About | Contact
    |[^_]{0,60}(?:_{3,}[\s,;:()/|-]*(?:[\w#.,/()' -]{0,30}:?\s*(?=_))?)+[\w .()%/]{0,15}                   # Name: ______  Date: ____
    |.{2,120}?\s*(?:\.{4,}|(?:\ \.){4,}|…{2,})\s*(?:\d{1,4}|[ivxlc]{1,6})?                                # contents ........ 12
    |[_.\s…-]*(?:__|\.\.\.)[_.\s…-]*
    """,
    re.IGNORECASE | re.VERBOSE,
)


def boilerplate_share(text: str, words: list[str]) -> float:
    """Of the characters in lines (without blanks at their ends), those in lines that are no prose: cookie notices, copyright, navigation,
    legal notices, lorem ipsum, empty fields of forms, tables of contents. The whole line must be one. 0.0 of an empty text."""
    if _BOILERPLATE_WORDS.isdisjoint(words) and not any(mark in text for mark in _BOILERPLATE_MARKS):
        return 0.0
    num_chars = num_boilerplate = 0
    for line in text.split("\n"):
        stripped = line.strip()
        num_chars += len(stripped)
        if 0 < len(stripped) <= _MAX_BOILERPLATE_CHARS and _BOILERPLATE.fullmatch(stripped):
            num_boilerplate += len(stripped)
    return num_boilerplate / num_chars if num_chars else 0.0


def _other_language_share(subject: Subject) -> float | None:
    if len(subject.words) < subject.settings.min_language_tokens and (num_tokens_in(subject.text) < subject.settings.min_language_tokens):
        return None
    return other_language_share(subject.text, subject.words, subject.settings.languages)


def _below_one(limit: float) -> float | None:
    return limit if limit < 1.0 else None


RULES: tuple[Rule, ...] = (
    Rule(
        "tokens",
        "too short",
        lambda it: num_tokens(it.text, it.words, it.settings.min_tokens),
        lambda settings: settings.min_tokens or None,
        True,
        "{0} tokens, at least {1}",
    ),
    Rule(
        "non_alphanumeric_share",
        "not text",
        lambda it: non_alphanumeric_share(it.text, it.words),
        lambda settings: _below_one(settings.max_non_alphanumeric),
        False,
        "{0:.1%} of the characters are neither letters nor digits, at most {1:.1%}",
    ),
    Rule(
        "repeated_line_share",
        "repeated lines",
        lambda it: repeated_line_share(it.text),
        lambda settings: _below_one(settings.max_repeated_line_share),
        False,
        "{0:.1%} of the characters in lines that stood before, at most {1:.1%}",
    ),
    Rule(
        "boilerplate_share",
        "boilerplate",
        lambda it: boilerplate_share(it.text, it.words),
        lambda settings: _below_one(settings.max_boilerplate_share),
        False,
        "{0:.1%} of the characters in lines that are no prose, at most {1:.1%}",
    ),
    Rule(
        "repeated_run_share",
        "repeated runs",
        lambda it: repeated_run_share(it.word_hashes),
        lambda settings: _below_one(settings.max_repeated_run_share),
        False,
        "{0:.1%} of the words in runs of 10 that stood before, at most {1:.1%}",
    ),
    Rule(
        "top_run_share",
        "repeated runs",
        lambda it: top_run_share(it.word_hashes),
        lambda settings: _below_one(settings.max_top_run_share),
        False,
        "{0:.1%} of the words in the most frequent run of 4, at most {1:.1%}",
    ),
    Rule(
        "other_language_share",
        "language",
        _other_language_share,
        lambda settings: MAX_OTHER_SHARE if settings.languages else None,
        False,
        "{0:.1%} of the samples in another language, at most {1:.1%}",
    ),
)
REASONS = (*dict.fromkeys(rule.reason for rule in RULES), PERPLEXITY)
