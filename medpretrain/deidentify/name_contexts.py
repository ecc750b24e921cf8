"""Names that grammar or layout tells: who says or does something, who is greeted or told, who stands beside somebody named, what stands
between the marks of a table."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence

from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded, kinds_of_place
from medpretrain.deidentify.name_cues import LANDS
from medpretrain.deidentify.name_likeness import AMBIGUOUS, COMMON, LISTED, NONE, UNKNOWN, is_eponym, is_foreign, is_title, name_likeness
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import (
    ARTICLES,
    BEFORE_LAST_NAMES,
    CONTACTS,
    MEDICAL_NOUNS,
    PLACE_OPENINGS,
    PLACE_PREPOSITIONS,
    RELATIONS,
)
from medpretrain.deidentify.place_words import FACILITIES, STREETS
from medpretrain.deidentify.words import kinds_of


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NAME = FIRST | LAST

# What people alone do; the second set are verbs of anybody and anything, which tell only behind a name.
_OF_PERSONS = _set(
    """says said saying states stated reports reported denies denied describes described complains complained agrees agreed endorses
    endorsed admits recalls wonders explains explained mentioned mentions insists thinks feels knows knew wants wanted hopes wishes likes
    loves hates worries worried understands understood believes asks asked told tells replied answered shouted whispered sings lived came
    goes went called phoned attends attended arrived works worked drove drives walked walks ate eats slept sleeps woke helps helped
    brought brings visited visits born shared cried laughed smiled passed graduated married divorced smokes smoked drinks drank quit
    enjoys enjoyed plays played attempted refuses refused accepted requested requests sat cooks stays joined signed wrote listed lives
    scoped intubated paged phoned recommends recommended verbalizes verbalized consented consents insists insisted prefers apologized texted
    emailed rang repeats"""
)
_OF_NAMES = _OF_PERSONS | _set(
    """has had will left returned declined still also was is thought felt died took moved turned retired lost stood fell met cares stayed
    grew sent gave never always began comes calls returns leaves would could can"""
)
# Of these what is done to things too: "Oncotype requested".
_DONE = _set(
    "requested accepted refused reported listed signed described attended scoped recommended noted attempted stated played paged brought"
)
_BEFORE_PERSONS = _set(
    """texting texts texted told tell tells telling asked asking calling met meeting married marrying thanked hugged visited visiting
    helped joined dated divorced remembers misses missed loves loved hates named ex thank thanks hey hi hello dear fired hired greeted
    emailed phoned paged"""
)
_BEFORE_CLAUSES = _set("unless until when because since that whether if while says said states reports believes thinks")
_GREETINGS = _set("hey hi hello dear thank thanks")
_GIVEN = _set("given gave give giving handed lent showed")
_CALLED = _set("call called calls named name calling")
_AT = _set("shouted yelled smiled looked swore angry mad upset")
# Where a name that is an eponym too is somebody's, if nothing behind makes it an eponym.
_BEFORE_ANYBODY = _set("by with per via that when if because but then while before than w for as so after to from about")
_HELD = _set(
    """house home van car truck bakery apartment room address phone number mother father son daughter wife husband sister brother care
    family parents friend teacher boyfriend girlfriend birthday note notes chart mom dad kids children dog doctor nurse death help
    boss partner aunt uncle niece nephew cousin grandmother grandfather appointment visit school job"""
)
_ROLES_BESIDE = _set(
    """attending coordinator medic rep informant dependent subscriber guardian author worker counselor supervisor adjuster witness nok
    hcp pcg rn md np pa primary clinician presenter officer inmate tech aide doula recordtarget interp donor surgeon resident provider"""
)
_LEADS_TO_INITIALS = _set("by with to cc per me from and attg w is signed md dr")
NO_INITIAL_BEHIND = _set("vitamin hepatitis type class grade stage group grp factor level lead hep")
_SEGMENT = re.compile(r"[ \t]*(?:PID|NK1|PV1|GT1|IN1|ORC|OBR|PD1|ROL)\b[^\n]{0,300}")  # at the start of a line
_TOGETHER = re.compile(r" ?[/&+] ?|,? & |, | ?(?:-{0,2}>|→) ?")
_CLOSELY_TOGETHER = re.compile(r" ?[/&+] ?|,? & | ?(?:-{0,2}>|→) ?")
_CELL_OPENS = re.compile(r"(?:^|[\n|;:(\t/\"“]|--|  )[ \t]{0,4}$")
_CELL_CLOSES = re.compile(r"[ \t]{0,4}(?:$|[\n|;)\t/\"”]|--|-\s|  |, (?:#|d\.?o\.?b|dx|age|\d))")
_SPEAKS = re.compile(r"(?:'s)?: ?\\?[\"“]|, (?:can|could|please|would|i|we|you|thanks|thank|what|how|when|are|is|do|did)\b")
_LINE_STARTS = re.compile(r"(?:^|\n)[ \t]{0,8}$")
_DASHED = re.compile(r"(?:^|[\s])[-–—] ?$")
_LINE_ENDS = re.compile(r"[ \t]*(?:\n|$)")
_IN_BRACKETS = re.compile(r" \([^()\n]{1,20}\),? (?:and )?")
MAX_BEFORE = 6
MAX_PARTICLES = 3


class NameContexts:
    """Names by their surroundings in one text.

    Args:
        reader: of the text's words.
        named: words that are known to be names, by their places; read, never changed.
        candidates: words that may begin a name, by their places.
    """

    def __init__(self, reader: NameReader, named: Collection[int], candidates: Sequence[int]):
        self.reader = reader
        self.words = reader.words
        self.named = named
        self.candidates = candidates
        segments = (_SEGMENT.match(self.words.text, start) for start in reader.line_starts)
        self._segments = [place for match in segments if match for place in match.span()]

    def found(self) -> Iterator[tuple[int, int, str]]:
        """First word, the word behind the last, and the rule of each name."""
        behind, words = 0, self.words.words
        for place in self.candidates:
            word = words[place]
            if name_likeness(word) == NONE and len(word) > 1 and self.reader.lower[place] not in BEFORE_LAST_NAMES:
                continue
            if place < behind or (place in self.named and not self._begins_pair(place)):
                continue
            one = self._named_before_comma(place) if place in self.named else self._at(place)
            if one:
                behind = one[1]
                yield one

    def _begins_pair(self, place: int) -> bool:
        return place + 1 < len(self.words.words) and place + 1 not in self.named and self.words.gap(place + 1).startswith(",")

    def _named_before_comma(self, place: int) -> tuple[int, int, str] | None:
        end = self._inverted(place)
        return (place, end, "last and first name") if end else None

    def _at(self, place: int) -> tuple[int, int, str] | None:
        words = self.words.words
        main = place
        while (
            main + 1 < min(len(words), place + MAX_PARTICLES + 1)
            and self.reader.lower[main] in BEFORE_LAST_NAMES
            and self.words.gap(main + 1) == " "
        ):
            main += 1
        likeness = name_likeness(words[main])
        if likeness == NONE:
            return self._initial(place) if len(words[place]) == 1 else None
        inverted = self._inverted(place)
        if inverted:
            return place, inverted, "last and first name"
        end = self._run_end(main)
        if end > main + 1 and self.reader.is_medical(main, end):
            end = main + 1
        if end == main or self.reader.is_medical(main, end) or self._is_of_a_place(main, end):
            return None
        first = self._with_particles(place)
        rule = self._of_many(main, end) if end > main + 1 else ""
        rule = rule or self._of_grammar(first, main, end, likeness) or self._of_layout(first, main, end, likeness)
        return (first, end, rule) if rule else None

    def _with_particles(self, first: int) -> int:
        least = first - MAX_PARTICLES
        while (
            first > max(least, 0)
            and self.words.words[first - 1] in BEFORE_LAST_NAMES
            and self.words.gap(first) == " "
            and first - 1 not in self.named
        ):
            first -= 1
        return first

    def _run_end(self, first: int) -> int:
        """Behind the words that may be one name with a word: as the reader has it, or the word alone where that is ambiguous."""
        end = max(self.reader.forward(first), first + 1)
        while end > first + 1 and name_likeness(self.words.words[end - 1]) == NONE and len(self.words.words[end - 1]) > 1:
            end -= 1
        return end if not any(place in self.named for place in range(first, end)) else first

    def _is_of_a_place(self, first: int, end: int) -> bool:
        before = self.reader.lower[first - 1] if first else ""
        after = self.reader.lower[end] if end < len(self.reader.lower) and self.words.gap(end) == " " else ""
        return (
            self.reader.lower[first] in PLACE_OPENINGS
            or after in FACILITIES
            or after in STREETS
            or (before in PLACE_PREPOSITIONS and before not in ("to", "at") and bool(kinds_of_place(self.words.words[first])))
        )

    # Kinds of context

    def _of_many(self, first: int, end: int) -> str:
        """Two words and more of which one is a name or foreign, and none a word of the language."""
        words = [word for word in self.words.words[first:end] if len(word) > 1]
        if len(words) < 2 or (first and self.reader.lower[first - 1] in ARTICLES) or any(is_eponym(word) for word in words[1:]):
            return ""
        if is_eponym(words[0]) and not kinds_of(words[0]) & KNOWN_FIRST:
            return ""
        degrees = [name_likeness(word) for word in words]
        if min(degrees) >= UNKNOWN and (max(degrees) == COMMON or any(map(is_foreign, words))):
            return "names side by side"
        is_reversed = degrees[0] >= LISTED and degrees[-1] >= LISTED
        return "names side by side" if is_reversed and all(is_title(word) for word in words) else ""

    def _of_grammar(self, first: int, main: int, end: int, likeness: int) -> str:
        words, lower = self.words, self.reader.lower
        after = lower[end] if end < len(lower) and words.gap(end) == " " and words.words[end].islower() else ""
        before = lower[first - 1] if first and words.gap(first) in (" ", ' "', " “") else ""
        if before in ARTICLES:
            return ""
        is_born = after == "was" and likeness >= UNKNOWN and lower[end + 1 : end + 2] == ["born"]
        if is_born or self._is_subject(first, main, likeness, before, after):
            return "who says or does"
        if self._is_object(first, before, after) or self._is_contact(first, main, likeness):
            return "who is told or met"
        if end == main + 1 and likeness == COMMON and self._is_of_anybody(main, before):
            return "common name"
        if self.reader.has_possessive(end - 1) and after in _HELD:
            return "whose"
        if (before in _ROLES_BESIDE or before in RELATIONS) and likeness >= UNKNOWN and is_title(words.words[main]):
            return "role before a name"
        return ""

    def _is_of_anybody(self, place: int, before: str) -> bool:
        """Whether a common name that is an eponym too, or stands behind the first word of a sentence or an acronym, is a person's."""
        words = self.words.words
        word, behind = words[place], words[place + 1] if place + 1 < len(words) else ""
        if not is_title(word) or (behind[:1].isupper() and self.words.gap(place + 1) == " ") or self.reader.is_what_somebody_has(place):
            return False
        if is_eponym(word):
            return before in _BEFORE_ANYBODY and bool(kinds_of(word) & KNOWN_FIRST)
        previous = words[place - 1] if before else ""
        kinds = kinds_of(previous) if previous else 0
        return previous[:1].isupper() and bool(kinds & WORD) and not kinds & _NAME and self.reader.lower[place - 1] not in MEDICAL_NOUNS

    def _is_subject(self, first: int, main: int, likeness: int, before: str, after: str) -> bool:
        is_told = likeness == COMMON or (likeness == UNKNOWN and is_foreign(self.words.words[main]))
        is_first_name = bool(kinds_of(self.words.words[main]) & KNOWN_FIRST)
        if after in _OF_NAMES and ((is_told and before in ("", *_BEFORE_CLAUSES)) or (is_first_name and before in _BEFORE_CLAUSES)):
            return True
        if likeness == UNKNOWN and after in _DONE and not is_foreign(self.words.words[main]):
            return False
        is_after_name = bool(first) and self.words.gap(first) == " " and self.words.words[first - 1][0].isupper()
        return after in _OF_PERSONS and (likeness > AMBIGUOUS or (is_first_name and not is_after_name))

    def _is_object(self, first: int, before: str, after: str) -> bool:
        further = self.reader.lower[first - 2] if first > 1 else ""
        return (
            before in _BEFORE_PERSONS
            or (before in ("says", "said") and self._quoted(first - 1))
            or (before in _GIVEN and after in ("his", "her", "their"))
            or (before in ("me", "him", "her", "them") and further in _CALLED)
            or (before == "at" and further in _AT)
        )

    def _is_contact(self, first: int, main: int, likeness: int) -> bool:
        """Whether a word stands behind "discussed with", "w/", "seen by"."""
        lower, words = self.reader.lower, self.words
        if first < 1 or (likeness == AMBIGUOUS and not kinds_of(words.words[main]) & KNOWN_LAST):
            return False
        preposition, gap = lower[first - 1], words.gap(first)
        if preposition == "w" and first > 1 and (gap == "/ " or (gap == " " and words.gap(first - 1) == "/")):
            return lower[first - 2] in CONTACTS["with"] or lower[first - 2] in ("d", "rtc") or likeness >= LISTED
        return gap == " " and preposition in CONTACTS and preposition != "is" and first > 1 and lower[first - 2] in CONTACTS[preposition]

    def _quoted(self, place: int) -> bool:
        return any(mark in self.words.gap(place) for mark in '"”!?') if place else False

    def _of_layout(self, first: int, main: int, end: int, likeness: int) -> str:
        text, start, stop = self.words.text, self.words.starts[first], self.words.end(end - 1)
        word = self.words.words[main]
        if bisect(self._segments, start) % 2:
            return "field of a segment" if likeness >= UNKNOWN or kinds_of(word) & KNOWN_LAST else ""
        before = text[max(0, start - MAX_BEFORE) : start]
        if _LINE_STARTS.search(before) and (likeness >= UNKNOWN or kinds_of(word) & KNOWN_FIRST) and _SPEAKS.match(text, stop):
            return "who speaks or is spoken to"
        is_likely = likeness >= LISTED or (end - main == 2 and likeness == UNKNOWN and name_likeness(self.words.words[end - 1]) != NONE)
        is_compound = "-" in word and is_eponym(word)
        is_shown = (is_title(word) and not is_compound) or (likeness == COMMON and not is_eponym(word))
        is_alone = _CELL_OPENS.search(before) or (likeness == COMMON and _DASHED.search(before) and _LINE_ENDS.match(text, stop))
        if is_likely and is_shown and is_alone and _CELL_CLOSES.match(text, stop) and self._is_person_alone(word, likeness):
            return "alone between marks"
        is_told = self.reader.is_inside_sentence(first) or end - first > 1
        if is_told and likeness >= UNKNOWN and is_foreign(word) and not is_eponym(word):
            return "foreign letters"
        return ""

    def _is_person_alone(self, word: str, likeness: int) -> bool:
        """Whether a word that stands by itself is rather a person's name than a place's."""
        return folded(word) not in LANDS and (likeness == COMMON or not kinds_of_place(word))

    def _inverted(self, first: int) -> int:
        """Where "Last, First M." between marks ends; 0 where none does."""
        words, text = self.words, self.words.text
        if not _CELL_OPENS.search(text[max(0, words.starts[first] - MAX_BEFORE) : words.starts[first]]) and not self._follows_role(first):
            return 0
        end = self.reader.forward(first, commas=True)
        comma = next((place for place in range(first + 1, end) if words.gap(place).lstrip(" ").startswith(",")), 0)
        if not comma or not _CELL_CLOSES.match(text, words.end(end - 1) + text.startswith(".", words.end(end - 1))):
            return 0
        is_one_case = words.words[first].isupper() == words.words[comma].isupper()
        degrees = [name_likeness(word.title() if word.isupper() else word) for word in words.words[first:end] if len(word) > 1]
        is_sure = min(degrees) >= UNKNOWN and (max(degrees) >= LISTED or any(map(is_foreign, words.words[first:end])))
        return end if is_one_case and (is_sure or (min(degrees) == AMBIGUOUS and max(degrees) == COMMON)) else 0

    def _follows_role(self, first: int) -> bool:
        return bool(first) and self.reader.lower[first - 1] in _ROLES_BESIDE

    def _initial(self, first: int) -> tuple[int, int, str] | None:
        """An initial and a last name that is a word too ("signed N. Burns")."""
        words, text = self.words, self.words.text
        end = first + 1
        start = words.starts[first]
        if end >= len(words.words) or words.gap(end) not in (". ", " ", ".") or text[start - 1 : start].isalnum():
            return None
        if end in self.named:
            return (first, end, "initial and last name") if words.gap(end) == ". " else None
        if words.words[end] in ("Le", "La", "De", "Del", "Van", "Von", "Di", "Du", "El", "Al") and self._is_before_name(end):
            return first, end + 2, "initial and last name"
        word, before = words.words[end], self.reader.lower[first - 1] if first else ""
        if not is_title(word) or self.reader.is_medical(first, end + 1) or before in NO_INITIAL_BEHIND:
            return None
        likeness = AMBIGUOUS if is_eponym(word) else name_likeness(word)
        gap = words.gap(first) if first else "\n"
        is_led = before in _LEADS_TO_INITIALS or (gap != " " and "\n" not in gap and words.gap(end) == ". ")
        closes = end + 1 == len(words.words) or "\n" in words.gap(end + 1)
        is_signed = "\n" in gap and closes and first > 0 and likeness >= AMBIGUOUS and words.gap(end) == ". "
        if words.gap(end) == " ":
            return (first, end + 1, "initial and last name") if likeness >= LISTED and before in _LEADS_TO_INITIALS else None
        if likeness >= UNKNOWN or (likeness == AMBIGUOUS and kinds_of(word) & KNOWN_LAST and (is_led or is_signed)):
            return first, end + 1, "initial and last name"
        return None

    def _is_before_name(self, place: int) -> bool:
        """Whether a particle with a capital stands before a word that may be a last name."""
        words, behind = self.words, place + 1
        return behind < len(words.words) and words.gap(behind) == " " and name_likeness(words.words[behind]) >= AMBIGUOUS


def beside(reader: NameReader, named: Collection[int]) -> Iterator[tuple[int, int, str]]:
    """Names joined to a name: "Preda, Dimaculangan & Wu", "Dawn and Priit", "Abiola (ID), Rikke (renal)"."""
    if not named:
        return
    known = set(named)
    words = reader.words
    ends = {match.end() for place in named if (match := _IN_BRACKETS.match(words.text, words.starts[place] + len(words.words[place])))}
    behind_brackets = {place for place in reader.capitals if words.starts[place] in ends} if ends else ends
    for capital in reader.capitals:  # forwards: what stands behind a name
        place = capital
        if place in known:
            continue
        while place > 1 and words.words[place - 1] in BEFORE_LAST_NAMES and words.gap(place) == " " and place - 1 not in known:
            place -= 1
        is_joined = place - 1 in known and bool(_TOGETHER.fullmatch(words.gap(place)))
        if place and (is_joined or _follows_and(reader, known, place) or place in behind_brackets):
            end = _joined_end(reader, known, place)
            if end > place:
                known.update(range(place, end))
                yield place, end, "name beside a name"
    for behind in sorted(known, reverse=True):  # backwards, as far as one stands before another
        place = _joined_before(reader, behind)
        while place >= 0 and place not in known and name_likeness(words.words[place]) >= AMBIGUOUS and _is_joinable(reader, place, behind):
            known.add(place)
            yield place, place + 1, "name beside a name"
            behind, place = place, _joined_before(reader, place)


def _follows_and(reader: NameReader, known: Collection[int], place: int) -> bool:
    return (
        place > 1
        and place not in known
        and reader.lower[place - 1] == "and"
        and place - 2 in known
        and reader.words.gap(place) == " "
        and reader.words.gap(place - 1) in (" ", ", ")
    )


def _joined_before(reader: NameReader, behind: int) -> int:
    """The word that is joined to one by a mark or "and" and stands before it; -1 where none does."""
    words = reader.words
    if behind > 1 and reader.lower[behind - 1] == "and" and words.gap(behind) == " " == words.gap(behind - 1):
        return behind - 2
    if behind < 1:
        return -1
    gap, is_first_name = words.gap(behind), bool(kinds_of(words.words[behind - 1]) & KNOWN_FIRST)
    return behind - 1 if _CLOSELY_TOGETHER.fullmatch(gap) or (gap in (" ", ", ") and is_first_name) else -1


def _is_joinable(reader: NameReader, place: int, behind: int) -> bool:
    word = reader.words.words[place]
    if word.isupper() != reader.words.words[behind].isupper() or reader.is_medical(place, place + 1):
        return False
    likeness = name_likeness(word)
    is_first_name = bool(kinds_of(word) & KNOWN_FIRST)
    return (likeness >= UNKNOWN and (is_first_name or not is_eponym(word))) or (is_first_name and reader.lower[place - 1] not in ARTICLES)


def _joined_end(reader: NameReader, known: Collection[int], first: int) -> int:
    words = reader.words
    main = next((place for place in range(first, len(words.words)) if words.words[place] not in BEFORE_LAST_NAMES), first)
    word, end = words.words[main], max(reader.forward(main), main + 1)
    is_listed = end < len(words.words) and (reader.lower[end] == "and" or bool(_CLOSELY_TOGETHER.fullmatch(words.gap(end))))
    is_close = is_listed or bool(_CLOSELY_TOGETHER.fullmatch(words.gap(first))) or reader.lower[first - 1] == "and"
    is_like_it = word.isupper() == words.words[first - 1].isupper() or (reader.lower[first - 1] == "and" and not word.isupper())
    if not is_like_it and first - 1 in known:
        return first
    is_common = bool(kinds_of(word) & (KNOWN_FIRST | KNOWN_LAST))
    if any(place in known for place in range(first, end)) or reader.is_medical(main, end) or (is_eponym(word) and not is_common):
        return first
    likeness = name_likeness(word)
    return end if likeness >= (UNKNOWN if is_close else LISTED) or (likeness == AMBIGUOUS and is_close and is_common) else first
