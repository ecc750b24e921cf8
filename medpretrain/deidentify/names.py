"""Names of people: patients, relatives, staff.

First what surely names somebody (a title, a form's field, a credential, a relation, a first and a last name side by side), then every other
place where one of those names stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import compress, count

from medpretrain.deidentify.finding import Finding
from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded, kinds_of_place
from medpretrain.deidentify.name_contexts import NameContexts, beside
from medpretrain.deidentify.name_cues import (
    AUXILIARIES,
    FUNCTION_WORDS,
    LANDS,
    NEVER_FIRST_NAMES,
    OFFICES,
    PLAIN_WORDS,
    VERBS_BEHIND,
)
from medpretrain.deidentify.name_layouts import find_in_capitals, find_last_first
from medpretrain.deidentify.name_likeness import candidates_in
from medpretrain.deidentify.name_mentions import Mentions
from medpretrain.deidentify.name_reader import NameReader, is_name_part, name_score
from medpretrain.deidentify.name_rows import find_in_rows
from medpretrain.deidentify.name_signatures import find_signatures
from medpretrain.deidentify.name_small_letters import find_in_small_letters
from medpretrain.deidentify.name_words import (
    ABBREVIATED_TITLES,
    ARTICLES,
    CONTACTS,
    CREDENTIALS,
    DOUBTFUL_CREDENTIALS,
    DOUBTFUL_TITLES,
    EPONYMS,
    NAME_LABELS,
    NAMED,
    NAMES_TOO,
    NO_NAME,
    NO_PERSONS_NAME,
    PART_LABELS,
    PARTICLES,
    PLACE_OPENINGS,
    PLACE_PREPOSITIONS,
    RELATIONS,
    ROLES,
    SUFFIXES,
    TITLES,
)
from medpretrain.deidentify.words import WORD_PATTERN, bare, kinds_of, words_in

_NAME = FIRST | LAST
_BEHIND_TITLE = re.compile(r"\.?[ \t\xa0]{0,3}(?:\n[ \t]*)?")
_LABEL_END = re.compile(r"(?:\(s\))?[ \t]*[:#=?][ \t]*(?:\n[ \t]*)?|[ \t]{2,}|\t+|[ \t]*\|[ \t]*")
_BEHIND_RELATION = re.compile(r",? |: ?| \(| [-–] |, \"?")
_BEFORE_CREDENTIAL = re.compile(r",? |,|\.,? | [-–] ")
_SMALL_SENTENCE = re.compile(r"[.!?]\s+[a-z]{2}")
_CAPITAL_SENTENCE = re.compile(r"[.!?]\s+[A-Z]")
MIN_SMALL_SENTENCES = 3
_AGED = re.compile(
    r"(?:'s)?(?:,? aged?|,| is| was|, who is| \()?(?: an?)? ?\(?\d{1,3}[- ]?(?:y|month|mo\b|week|day|F\b|M\b)|,? aged? \d{1,3}\b"
)
_IS_AGED = re.compile(r" is an? \d{1,3}[- ]?(?:y|month|mo\b|week|day)")


def find_names(text: str) -> list[Finding]:
    """Where people are named, without titles and credentials."""
    if not text:
        return []
    search = _Search(with_capitals(text) if text.islower() or _is_casual(text) else text)
    search.find()
    search.find_again()
    return [*search.findings(), *find_signatures(search.reader)]


def _is_casual(text: str) -> bool:
    """Whether most sentences begin with a small letter, so that names may too."""
    num_small = len(_SMALL_SENTENCE.findall(text))
    return num_small >= MIN_SMALL_SENTENCES and num_small > 2 * len(_CAPITAL_SENTENCE.findall(text))


def with_capitals(text: str) -> str:
    """A text in lower case, with capitals where its words are names and nothing else, or follow a first name and are no words."""
    behind_first_name = -1

    def capitalised(match: re.Match[str]) -> str:
        nonlocal behind_first_name
        word = match.group()
        kinds = kinds_of(word)
        is_behind = behind_first_name == match.start() - 1
        is_name = len(word) > 2 and not kinds & WORD and bool(kinds & (KNOWN_FIRST | KNOWN_LAST) or is_behind)
        is_name = is_name or (is_behind and bool(kinds & KNOWN_LAST) and word not in _NO_LAST_NAMES)
        behind_first_name = match.end() if is_name and kinds & FIRST else -1
        return word[0].upper() + word[1:] if is_name and len(word[0].upper()) == 1 else word

    return WORD_PATTERN.sub(capitalised, text)


def _folded_bare(word: str) -> str:
    """`folded(bare(word))`: of most words, which have neither accents nor marks, at a quarter of the cost."""
    return word.lower() if word.isascii() and word.isalpha() else folded(bare(word))


class _Search:
    """The names of one text, word by word. A rule marks words; `findings` makes stretches of them."""

    def __init__(self, text: str):
        self.words = words_in(text)
        self.reader = NameReader(self.words)
        self.rules: dict[int, str] = {}  # word -> what found it
        self.names: dict[str, bool] = {}  # folded -> whether it is a name and nothing else
        self.spans: list[tuple[int, int, str]] = []

    def find(self) -> None:
        """Marks all names that somebody could tell by their surroundings or by themselves."""
        reader, words = self.reader, self.words.words
        cues = list(compress(count(), map(_CUES.__contains__, reader.lower)))
        for place in cues:
            for rule in _CUES[reader.lower[place]]:
                rule(self, place)
        for place in sorted(reader.credentials):
            self._credential_at(place, is_doubtful=words[place][0] in "DON")
        behind = 0
        for place in reader.capitals:
            if place >= behind and place not in self.rules and (is_name_part(words[place]) or reader.lower[place] in NAMES_TOO):
                behind = self._by_itself(place)
        candidates = candidates_in(reader)
        for one in NameContexts(reader, self.rules, candidates).found():
            self._mark_told(*one)
        for found in (
            find_last_first(reader, self.rules),
            Mentions(reader, self.rules, candidates).found(),
            find_in_capitals(reader, self.rules, candidates),
            find_in_rows(reader, self.rules),
            find_in_small_letters(reader, self.rules, cues),
        ):
            for one in found:
                self._mark_told(*one)
        for one in list(beside(reader, self.rules)):
            self._mark_told(*one)

    def find_again(self) -> None:
        """Marks the words of names wherever they stand; those that are words too only where they can be nothing else."""
        names, words = self.names, self.words.words
        if not names:
            return
        is_only_name = {word: names[name] for word in set(words) if (name := _folded_bare(word)) in names}
        for place, word in enumerate(words):
            if word in is_only_name and place not in self.rules and self._is_again(place, bare(word), is_only_name[word]):
                self.rules[place] = "name again"

    def findings(self) -> list[Finding]:
        """What was marked: whole names where they were read, and stretches of single words."""
        found = [Finding(self.words.starts[first], self.words.end(end - 1), "NAME", rule) for first, end, rule in self.spans]
        inside = {place for first, end, _ in self.spans for place in range(first, end)}
        last = -2
        for place in sorted(self.rules.keys() - inside):
            if place == last + 1 and self.words.gap(place) == " ":
                found[-1] = Finding(found[-1].start, self.words.end(place), "NAME", found[-1].rule)
            else:
                found.append(Finding(self.words.starts[place], self.words.end(place), "NAME", self.rules[place]))
            last = place
        return found

    def _mark(self, first: int, end: int, rule: str, *, is_sure: bool = True) -> None:
        first, end = self._trimmed(first, end)
        if rule == "name beside a name" and end == first + 1 and self.reader.lower[first] in NEVER_FIRST_NAMES:
            return
        self.spans.append((first, end, rule))
        for place in range(first, end):
            self.rules[place] = rule
            if is_sure:
                self._remember(place)

    def _trimmed(self, first: int, end: int) -> tuple[int, int]:
        """A name without the title or role before it, and without what stands behind it in capitals ("Officer Li", "Jo Li HHA")."""
        words, lower = self.words.words, self.reader.lower
        while end > first + 1 and lower[first] in OFFICES and (words[first].isupper() or lower[first] in NEVER_FIRST_NAMES):
            if words[end - 1].isupper() and words[first].isupper() and len(words[end - 1]) < 2:
                break
            first += 1
        if end > first + 1 and words[first] in ("A", "B") and self.words.gap(first + 1) == " " and kinds_of(words[first + 1]) & KNOWN_FIRST:
            first += 1  # the second of "Partner A", "Twin B"
        if end > first + 1 and lower[end - 1] in CREDENTIALS and self.words.gap(end - 1).startswith(","):
            end -= 1
        last = words[end - 1]
        is_abbreviation = 2 < len(last) < 5 and last.isupper() and not kinds_of(last) & (KNOWN_FIRST | KNOWN_LAST)
        if end > first + 1 and is_abbreviation and words[first].istitle() and len(words[first]) > 1 and lower[end - 1] not in SUFFIXES:
            end -= 1
        return first, end

    def _mark_told(self, first: int, end: int, rule: str) -> None:
        """Marks what its surroundings tell: a word of the language is looked for again where they are sure."""
        is_sure = rule in _SURE_RULES or not any(kinds_of(word) & WORD for word in self.words.words[first:end])
        self._mark(first, end, rule, is_sure=is_sure)

    def _remember(self, place: int) -> None:
        word = self.words.text[self.words.starts[place] : self.words.end(place)]
        for part in (word, *(word.split("-") if "-" in word else ())):
            lower = folded(part)
            if len(part) < 2 or lower in NO_NAME or lower in PARTICLES:
                continue
            is_only_name = not kinds_of(part) & WORD and lower not in EPONYMS and len(part) > 2
            self.names[lower] = self.names.get(lower, True) and is_only_name

    def _is_again(self, place: int, word: str, is_only_name: bool) -> bool:
        if not word[0].isupper():
            return is_only_name and len(word) >= 4 and not kinds_of(word) & WORD
        previous = self.reader.lower[place - 1] if place else ""
        if self.reader.is_medical(place, place + 1) or previous in ARTICLES:
            return False
        if is_only_name:
            return True
        is_short = word.isupper() and len(word) < 4
        return not is_short and (self.reader.is_inside_sentence(place) or self._is_about_somebody(place))

    def _is_about_somebody(self, place: int) -> bool:
        """Whether a person does what stands behind a word, or has it: "Long called", "Long's note"."""
        if place + 1 >= len(self.words.words) or self.words.gap(place + 1) != " ":
            return False
        after = self.reader.lower[place + 1]
        return (
            after in VERBS_BEHIND or after in AUXILIARIES or (self.reader.has_possessive(place) and self.words.words[place + 1].islower())
        )

    # What stands before a name

    def _title(self, place: int) -> None:
        words, lower = self.words, self.reader.lower[place]
        word = words.words[place]
        first = place + 1
        if first >= len(words.words) or not _BEHIND_TITLE.fullmatch(words.gap(first)) or not words.gap(first):
            return
        if (words.gap(first).startswith(".") and lower not in ABBREVIATED_TITLES) or (
            word in ("MR", "MS", "DR") and words.gap(first)[0] != "."
        ):
            return
        if words.words[first].isupper() and self.reader.lower[first] in VERBS_BEHIND and lower not in TITLES:
            return
        if word == "ms" and any(map(str.isdigit, words.gap(place))):
            return
        is_plain = (lower in TITLES or word == "Ms") and word not in ("MR", "MS", "MRS") and not (lower == "dr" and self._is_street(place))
        end = self.reader.forward(first, loose=is_plain, lower_case=word.islower() and is_plain)
        if end > first and (is_plain or (self.reader.score(first, end) >= 1 and not self.reader.is_medical(first, end))):
            is_first_name = word == "Pa" and words.gap(first) == " "  # "Pa Houa"
            self._mark(first - is_first_name, end, "title before a name")
            self._others(end)

    def _others(self, end: int) -> None:
        """The second of "Drs. Smith and Jones"."""
        words = self.words
        while end + 1 < len(words.words) and (self.reader.lower[end] == "and" or words.gap(end) in (", ", " & ", "/")):
            first = end + 1 if self.reader.lower[end] == "and" else end
            next_end = self.reader.forward(first)
            if next_end == first or self.reader.score(first, next_end) < 2 or self.reader.is_medical(first, next_end):
                return
            self._mark(first, next_end, "one of several names")
            end = next_end

    def _is_street(self, place: int) -> bool:
        before = self.words.text[max(0, self.words.starts[place] - 40) : self.words.starts[place]]
        return bool(_STREET_BEFORE.search(before))

    def _label(self, place: int) -> None:
        words, lower = self.words, self.reader.lower[place]
        first = place + 1
        if first >= len(words.words):
            return
        is_name = lower in NAME_LABELS
        after = words.gap(first)
        is_part = lower in PART_LABELS
        if is_part and not (after.startswith(":") or (after.isspace() and len(after) > 1)):
            return
        is_label = (is_name and self._starts_field(place)) if after == " " else bool(_LABEL_END.fullmatch(after))
        if after in (" ", ", ") and not is_name:
            self._role(place)
        if not is_label or (is_name and place and self.reader.lower[place - 1] in NO_PERSONS_NAME):
            return
        end = self.reader.forward(first, loose=is_name, commas=True, lower_case=is_name and words.words[place].islower())
        is_in_column = lower in CREDENTIALS and after.isspace()
        least = 2 if lower in ("cc", "re") or is_in_column or (is_part and not _NEXT_PART.match(words.text, words.end(end - 1))) else 1
        if end > first and (is_name or (self.reader.score(first, end) >= least and not self.reader.is_medical(first, end))):
            self._mark(first, end, "field of a form")
            self._others(end)

    def _role(self, place: int) -> None:
        """A name behind somebody's role without a colon: "Attending physician Jo Li agrees", "Pt Rust, Ann seen"."""
        first = place + 1
        end = self.reader.forward(first, commas=self.reader.lower[place] in ("pt", "patient"))
        is_long = end > first + 1 and not any(kinds_of(word) & WORD for word in self.words.words[first:end])
        if (
            end > first
            and self.reader.score(first, end) >= (2 if is_long else 3)
            and not self.reader.is_medical(first, end)
            and not self._is_in_place(first)
        ):
            self._mark(first, end, "role before a name")

    def _starts_field(self, place: int) -> bool:
        line = self.words.text[max(0, self.words.starts[place] - 20) : self.words.starts[place]]
        return self.words.words[place][0].isupper() and bool(_FIELD_BEFORE.search(line))

    def _relation(self, place: int) -> None:
        words = self.words
        first = place + 1
        if first < len(words.words) and _BEHIND_RELATION.fullmatch(words.gap(first)) and words.words[first][0].isupper():
            end = self.reader.forward(first)
            is_verb = words.words[first].isupper() and self.reader.lower[first] in VERBS_BEHIND
            if end > first and not is_verb and self._is_relative(first, end):
                self._mark(first, end, "relation before a name")
                self._others(end)
        if place > 1 and self.reader.lower[place - 1] in ("his", "her", "their", "patient's", "pt's", "patient’s"):
            before = place - 2 if self.reader.lower[place - 2] == "the" else place - 1
            if words.gap(before).startswith((",", " (")) and before > 0:
                start = self.reader.backward(before)
                least = 2 if kinds_of(words.words[start]) & WORD else 1
                if start < before and self.reader.score(start, before) >= least and not self._is_in_place(start):
                    self._mark(start, before, "relation behind a name")

    def _is_relative(self, first: int, end: int) -> bool:
        is_first_name = bool(kinds_of(self.words.words[first]) & KNOWN_FIRST)
        return (self.reader.score(first, end) >= 1 or is_first_name) and not self.reader.is_medical(first, end)

    def _contact(self, place: int) -> None:
        if place and self.reader.lower[place - 1] in CONTACTS[self.reader.lower[place]]:
            self._named(place)

    def _named(self, place: int) -> None:
        words = self.words
        first = place + 1
        if first >= len(words.words) or words.gap(first) not in (" ", "\n", ": ", ' "'):
            return
        is_name = self.reader.lower[place] == "is" and self.reader.lower[place - 1] == "name"
        end = self.reader.forward(first, loose=is_name, lower_case=is_name)
        if end > first and (is_name or (self.reader.score(first, end) >= 2 and not self.reader.is_medical(first, end))):
            self._mark(first, end, "word before a name")
            self._others(end)

    def _in_small_letters(self, place: int) -> None:
        """A name without its capital behind somebody's role: "pt dunn", "wife nora"."""
        first = place + 1
        if first < len(self.words.words) and self.words.gap(first) == " " and self.words.words[first].islower():
            word = self.words.words[first]
            if len(word) > 3 and kinds_of(word) & (KNOWN_FIRST | KNOWN_LAST) and not kinds_of(word) & WORD and word not in EPONYMS:
                self._mark(first, first + 1, "role before a name")

    # What stands behind a name

    def _credential(self, place: int) -> None:
        word, lower = self.words.words[place], self.reader.lower[place]
        if not word.islower() and not (word.istitle() and len(word) < 4):
            self._credential_at(place, is_doubtful=lower in DOUBTFUL_CREDENTIALS and lower != "md")

    def _credential_at(self, place: int, is_doubtful: bool) -> None:
        before = place
        while before and self.reader.lower[before - 1] in CREDENTIALS and self.words.gap(before) in (", ", " ", ","):
            before -= 1
        gap = self.words.gap(before) if before else ""
        if not before or not _BEFORE_CREDENTIAL.fullmatch(gap) or (is_doubtful and not gap.startswith(",")):
            return
        start = self.reader.backward(before)
        last = self.words.words[before - 1]
        is_word = start == before - 1 and last.isupper() and len(last) > 1 and bool(kinds_of(last) & WORD)
        if is_word and not gap.startswith(","):
            return
        if start < before and self.reader.score(start, before) >= (2 if is_doubtful else 1) and not self._is_in_place(start):
            self._mark(start, before, "credential behind a name")

    def _is_in_place(self, place: int) -> bool:
        """Whether a word is a town's name where a town is meant ("in Denver")."""
        previous = self.reader.lower[place - 1] if place else ""
        return previous in PLACE_OPENINGS or (previous in PLACE_PREPOSITIONS and bool(kinds_of_place(self.words.words[place])))

    # Names by themselves

    def _by_itself(self, first: int) -> int:
        """Marks a name that only its words tell, and gives the word to go on with."""
        reader, words = self.reader, self.words.words
        end = reader.forward(first)
        if end <= first:
            return first + 1
        if any(place in self.rules for place in range(first, end)):
            return first + 1
        inverted = self._inverted(first, end)
        if inverted:
            self._mark(first, inverted, "last and first name")
            return inverted
        if self._is_pair(first, end):
            self._mark(first, end, "first and last name")
        elif self._is_aged(first, end):
            self._mark(first, end, "age behind a name")
        elif end == first + 1 and self._is_common_name(first):
            self._mark(first, end, "common name", is_sure=not kinds_of(words[first]) & WORD)
        else:
            return first + 1
        return end

    def _is_pair(self, first: int, end: int) -> bool:
        words = self.words.words
        parts = [place for place in range(first, end) if len(words[place]) > 1]
        if end - first < 2 or not parts or self.reader.is_medical(first, end):
            return False
        least = 5 if first and self.reader.lower[first - 1] in ARTICLES else 4
        if self.reader.lower[first] in PLACE_OPENINGS:
            return False
        opening, closing = kinds_of(words[parts[0]]), kinds_of(words[parts[-1]])
        if len(parts) == 2 and end == first + 3 and len(words[first + 1]) == 1 and all(name_score(words[place]) >= 1 for place in parts):
            return not (opening & WORD and closing & WORD) or bool(opening & KNOWN_FIRST)
        if len(parts) == 1:
            return parts[0] == end - 1 and not closing & WORD and name_score(words[parts[0]]) >= 1 and self._dotted(first)
        if not opening & FIRST or (closing and not closing & _NAME):
            return False
        if opening & WORD and not opening & KNOWN_FIRST:
            return False
        return self.reader.score(first, end) >= least or (least == 4 and self._is_common_pair(first, end, opening, closing))

    def _is_common_pair(self, first: int, end: int, opening: int, closing: int) -> bool:
        """Two common names that are words of the language too: "Grace Long", "Rose A. May"."""
        words = self.words.words
        if not opening & KNOWN_FIRST or any(folded(words[place]) in EPONYMS and not closing & KNOWN_LAST for place in (first, end - 1)):
            return False
        has_initial = any(len(words[place]) == 1 and self._dotted(place) for place in range(first + 1, end - 1))
        is_title_case = words[first].istitle() and words[end - 1].istitle()
        return bool(closing & LAST) and (has_initial or bool(closing & KNOWN_LAST and is_title_case and end == first + 2))

    def _inverted(self, first: int, end: int) -> int:
        """Where "Last, First" that begins a line ends; 0 where none does."""
        if end >= len(self.words.words) or self.words.gap(end) != ", " or (first and "\n" not in self.words.gap(first)):
            return 0
        behind = self.reader.forward(first, commas=True)
        is_name = kinds_of(self.words.words[first]) & LAST and kinds_of(self.words.words[end]) & FIRST
        return behind if behind > end and is_name and self.reader.score(first, behind) >= 5 else 0

    def _dotted(self, place: int) -> bool:
        return self.words.text.startswith(".", self.words.end(place))

    def _is_aged(self, first: int, end: int) -> bool:
        if kinds_of(self.words.words[first]) & KNOWN_FIRST and _IS_AGED.match(self.words.text, self.words.end(end - 1)):
            return True
        return bool(
            self.reader.score(first, end) >= 1
            and not any(kinds_of(word) & WORD for word in self.words.words[first:end])
            and not (end == first + 1 and self.words.words[first].isupper())
            and _AGED.match(self.words.text, self.words.end(end - 1))
            and not self._is_in_place(first)
        )

    def _is_common_name(self, place: int) -> bool:
        word, lower = self.words.words[place], self.reader.lower
        kinds = kinds_of(word)
        if not kinds & (KNOWN_FIRST | KNOWN_LAST) or kinds & WORD or len(word) < 3 or word.isupper() or name_score(word) < 3:
            return False
        if self.reader.is_medical(place, place + 1) or (place and lower[place - 1] in ARTICLES) or self._is_in_place(place):
            return False
        if self.reader.is_what_somebody_has(place) or folded(bare(word)) in LANDS:
            return False
        if self.reader.is_inside_sentence(place):
            return True
        if place + 1 == len(lower) or (place and self.words.gap(place) == " "):
            return False
        gap = self.words.gap(place + 1)
        is_speaking = gap == ": " and self.words.words[place + 1].islower()
        return (
            gap in (", ", ': "', ':"')
            or is_speaking
            or (gap == " " and (self.words.words[place + 1].islower() or self.reader.has_possessive(place)))
        )


_SURE_RULES = frozenset(
    [
        "role before a name",
        "what is somebody's behind a name",
        "first and last name",
        "last and first name",
        "name in capitals",
        "who is told or met",
    ]
)
_NO_LAST_NAMES = PLAIN_WORDS | AUXILIARIES | VERBS_BEHIND | FUNCTION_WORDS | NO_NAME  # in small letters behind a first name
_STREET_BEFORE = re.compile(r"\d+ (?:[A-Z][\w']{0,20}\.? ){1,3}$")
_NEXT_PART = re.compile(r"[ \t,;|]{1,12}(?:First|Last|Middle|Given|FIRST|LAST|MIDDLE|MI|M\.I|DOB)\b")
_FIELD_BEFORE = re.compile(r"(?:^|[\n|;][ \t]*|(?:Patient|Pt|PATIENT)(?:'s)? )$")
_PEOPLE = RELATIONS | ROLES - {"to", "from", "by", "do", "re"}
_Rule = Callable[[_Search, int], None]
_CUES: dict[str, tuple[_Rule, ...]] = {}
for _words, _rule in (
    (TITLES | DOUBTFUL_TITLES, _Search._title),
    (ROLES | NAME_LABELS | PART_LABELS, _Search._label),
    (RELATIONS, _Search._relation),
    (frozenset(CONTACTS), _Search._contact),
    (NAMED, _Search._named),
    (CREDENTIALS, _Search._credential),
    (_PEOPLE, _Search._in_small_letters),
):
    for _word in _words:
        _CUES[_word] = (*_CUES.get(_word, ()), _rule)
