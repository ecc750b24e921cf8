"""People who are mentioned without a title: behind a department, a role or a verb, before what people have or do, amid a sentence.

Here words count that are names and words of the language alike ("Brooks"), and eponyms ("Baker"), which the other rules leave alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from medpretrain.deidentify import name_patterns as near
from medpretrain.deidentify.lexicons import FIRST, KNOWN_FIRST, KNOWN_LAST, LAST, WORD, folded, kinds_of_place
from medpretrain.deidentify.name_contexts import NO_INITIAL_BEHIND
from medpretrain.deidentify.name_cues import (
    AUXILIARIES,
    BEFORE_PREPOSITIONS,
    CAPITAL_PARTICLES,
    CLIENTS,
    COMMON_EPONYMS,
    DEPARTMENTS,
    FUNCTION_WORDS,
    NO_PERSONS,
    PLAIN_WORDS,
    QUESTIONS,
    STAFF,
    STATES_LIKE_NAMES,
    TOLD,
    VERBS_BEFORE,
    VERBS_BEHIND,
)
from medpretrain.deidentify.name_likeness import (
    AMBIGUOUS,
    BARE,
    COMMON,
    LISTED,
    MIN_CAPITALS,
    NONE,
    UNKNOWN,
    is_of_plain_names,
    is_title,
    may_be_in_capitals,
    person_likeness,
)
from medpretrain.deidentify.name_messages import is_addressed, is_signed
from medpretrain.deidentify.name_reader import NameReader
from medpretrain.deidentify.name_words import (
    ARTICLES,
    CREDENTIALS,
    EPONYMS,
    LOWER_PARTICLES,
    MEDICAL_NOUNS,
    NAMES_BEHIND_TITLES,
    NAMES_TOO,
    NO_NAME,
    PLACE_OPENINGS,
    RELATIONS,
)
from medpretrain.deidentify.place_words import FACILITIES, STREETS
from medpretrain.deidentify.words import bare, kinds_of

_KNOWN = KNOWN_FIRST | KNOWN_LAST
MAX_WORDS = 4
MAX_PARTICLES = 3
MAX_BEFORE = 24
MAX_LISTED = 8
MAX_ABBREVIATION = 5  # letters, of what is written with a point: "Supt. Li"


class Mentions:
    """The people mentioned in one text.

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

    def found(self) -> Iterator[tuple[int, int, str]]:
        """First word, the word behind the last, and the rule of each name."""
        behind, words, lower = 0, self.words.words, self.reader.lower
        for place in self.candidates:
            if place < behind or place in self.named:
                continue
            main = self._behind_initial(place) if len(words[place]) == 1 else place
            degree = person_likeness(words[main])
            if degree == NONE and main > place and self._is_closed_initial(place, main):
                behind = main + 1
                yield place, behind, "initial and last name"
                continue
            if degree == NONE:
                rule = self._of_any_word(place) if place and (lower[place] in NAMES_TOO or lower[place - 1] in near.CALLED) else ""
                if rule:
                    yield place, place + 1, rule
                if main == place or rule:
                    continue
            if main == place and self._is_particle(place) and self._is_before_capital(place + 1):
                continue
            if main > place and kinds_of(words[main]) & KNOWN_LAST and lower[main] not in NO_NAME and lower[main] not in MEDICAL_NOUNS:
                degree = max(degree, AMBIGUOUS)
            elif "-" in words[main] and degree == LISTED and kinds_of(words[main]) & LAST:
                degree = COMMON if is_of_plain_names(words[main]) else BARE
            if degree == NONE or self._is_verb(main):
                continue
            end = self._end(main)
            if any(at in self.named for at in range(place, end)):
                continue
            first = self._with_particles(place)
            if self._is_somewhere(first, main, end, degree):
                behind = end
                yield first, end, "what is somebody's behind a name"
                continue
            if self._is_something_else(main, end):
                continue
            rule = self._rule(first, main, end, degree)
            if rule:
                behind = end
                yield first, end, rule

    def _rule(self, first: int, main: int, end: int, degree: int) -> str:
        text, words, start, stop = self.words.text, self.words.words, self.words.starts[first], self.words.end(end - 1)
        if self._is_cued(first, main, degree):
            return "role before a name"
        if self._is_pair(main, end):
            return "first and last name"
        if main > first and degree >= UNKNOWN and self.words.words[main - 1] in near.SURE_PARTICLES:
            return "name behind a particle"
        if is_signed(self.reader, first, end, degree):
            return "signed"
        if degree == UNKNOWN:
            return "who is seen" if is_title(words[main]) and self._is_unknown_person(first, main, end) else ""
        if self._is_followed(first, main, end, degree):
            return "what is somebody's behind a name"
        if self._is_amid_sentence(first, main, end, degree):
            return "name amid a sentence"
        if self._is_subject(first, main, end, degree):
            return "who says or does"
        if (
            folded(words[main]) in COMMON_EPONYMS
            and near.LAST_CELL.search(text[max(0, start - 3) : start])
            and near.LINE_ENDS.match(text, stop)
        ):
            return "alone between marks"
        if self._is_in_list(main):
            return "names in a row"
        if self._is_nothing_else(first, main, end, degree):
            return "name and nothing else"
        return "who speaks or is spoken to" if is_addressed(self.reader, first, end, degree) else ""

    def _of_any_word(self, place: int) -> str:
        """The rule for a word that no lexicon has as a name: a nickname, or April, June and the like behind a relation."""
        if not is_title(self.words.words[place]):
            return ""
        cue, start = self.reader.lower[place - 1], self.words.starts[place]
        if cue in near.CALLED and self.reader.lower[place] not in NO_NAME:
            return "nickname" if near.NICKNAMED.search(self.words.text[max(0, start - MAX_BEFORE) : start]) else ""
        is_relation = self.reader.lower[place] in NAMES_TOO and (cue in CLIENTS or cue in RELATIONS) and self.words.gap(place) == " "
        return "relation before a name" if is_relation and not near.NUMBER.match(self.words.text, self.words.end(place)) else ""

    def _behind_initial(self, first: int) -> int:
        """The last name behind an initial and particles; the initial itself where none stands there."""
        words, main = self.words.words, first + 1
        if self.words.text[self.words.starts[first] - 1 : self.words.starts[first]].isalnum():
            return first
        if first and self.reader.lower[first - 1] in NO_INITIAL_BEHIND:
            return first
        while main < min(len(words), first + MAX_WORDS) and self.words.gap(main) in (". ", " ", ".") and self._is_particle(main):
            main += 1
        is_cued = first > 0 and self.reader.lower[first - 1] in STAFF | CLIENTS and self.words.gap(first) in (" ", ": ")
        is_dotted = first + 1 < len(words) and self.words.gap(first + 1) in ((". ", ".", " ") if is_cued else (". ", "."))
        return main if main < len(words) and is_dotted and self.words.gap(main) in (". ", " ", ".") and is_title(words[main]) else first

    def _is_closed_initial(self, first: int, main: int) -> bool:
        """Whether an initial and a word that is a name behind titles alone ("M. Do") stand apart from a sentence."""
        words = self.words
        if self.reader.lower[main] not in NAMES_BEHIND_TITLES or words.gap(main) != ". ":
            return False
        gap, cue = words.gap(first), self.reader.lower[first - 1] if first else ""
        is_apart = cue in STAFF or cue in CLIENTS or cue in ("by", "with", "per", "to") or (gap != " " and gap.rstrip(" ")[-1:] in ":\n|;,")
        return is_apart and bool(near.CLAUSE_ENDS.match(words.text, words.end(main)) or near.QUALIFIED.match(words.text, words.end(main)))

    def _is_verb(self, place: int) -> bool:
        """Whether a word is the "Will" of a plan: "Will see again", "Will follow"."""
        after = place + 1
        if self.reader.lower[place] != "will" or after >= len(self.reader.lower) or self.words.gap(after) != " ":
            return False
        word = self.words.words[after]
        return word.islower() and word not in VERBS_BEHIND and word not in AUXILIARIES and word not in FUNCTION_WORDS

    def _is_particle(self, place: int) -> bool:
        word = self.words.words[place]
        return word in LOWER_PARTICLES or (
            word[0].isupper() and self.reader.lower[place] in CAPITAL_PARTICLES and word not in ("PA", "AL", "LA", "DE")
        )

    def _end(self, first: int) -> int:
        """Behind the words that go on with a name: names in the same case, initials, particles."""
        words = self.words.words
        is_upper, end, place = words[first].isupper(), first + 1, first + 1
        while place < min(len(words), first + MAX_WORDS) and not self.reader.has_possessive(place - 1):
            word = words[place]
            is_abbreviated = len(words[place - 1]) == 1 or words[place - 1].endswith(("St", "ST"))
            if self.words.gap(place) != " " and not (self.words.gap(place) == ". " and is_abbreviated):
                break
            if len(word) > 1 and not self._is_particle(place) and not self._is_further(place, is_upper):
                break
            place += 1
            end = place if len(word) > 1 and not self._is_particle(place - 1) else end
        is_last_initial = end < len(words) and len(words[end]) == 1 and words[end].isupper() and self.words.gap(end) == " "
        return end + (is_last_initial and bool(near.INITIAL_CLOSES.match(self.words.text, self.words.end(end))))

    def _is_further(self, place: int, is_upper: bool) -> bool:
        word = self.words.words[place]
        if not word[0].isupper() or word.isupper() != is_upper:
            return False
        is_last_name = self.reader.lower[place] in NAMES_BEHIND_TITLES and kinds_of(self.words.words[place - 1]) & KNOWN_FIRST
        return person_likeness(word) != NONE or bool(is_last_name)

    def _with_particles(self, first: int) -> int:
        least = max(first - MAX_PARTICLES, 0)
        while first > least and self._is_particle(first - 1) and self.words.gap(first) in (" ", ". "):
            first -= 1
        if first > 0 and near.ENDS_WITH_PARTICLE.search(self.words.words[first - 1]) and self.words.gap(first) == " ":
            first -= 1
        return first

    def _is_pair(self, first: int, end: int) -> bool:
        """Whether words are a common first name and a last name, or two words about an initial, and both may be names."""
        words = self.words.words
        opening, closing = words[first], words[end - 1]
        if end < first + 2 or not is_title(opening) or not is_title(closing) or opening.endswith(("'s", "’s")):
            return False
        kinds = kinds_of(opening)
        if folded(opening) in PLAIN_WORDS and kinds_of(closing) & WORD:
            return False
        has_initial = end > first + 2 and len(words[first + 1]) == 1 and self.words.gap(first + 2) == ". "
        if has_initial:
            return not kinds & WORD or bool(kinds & KNOWN_FIRST)
        is_first_name = bool(kinds & KNOWN_FIRST) or (bool(kinds & FIRST) and not kinds & WORD)
        is_plain = not kinds & WORD or not kinds_of(closing) & WORD or not first or self.words.gap(first) != ". "
        return is_first_name and is_plain and person_likeness(opening) != BARE and person_likeness(closing) != BARE

    def _is_something_else(self, first: int, end: int) -> bool:
        """Whether words are an eponym with its noun, a place, an institution, or the beginning of another phrase in capitals."""
        lower, words = self.reader.lower, self.words
        if (
            near.CITED.match(words.text, words.end(end - 1))
            or self.reader.is_medical(first, end)
            or (lower[first] in PLACE_OPENINGS and self._is_before_capital(end))
        ):
            return True
        before = lower[first - 1] if first else ""
        is_counted = before == "a" and words.words[first - 1] == "A" and words.gap(first - 1).endswith(("-", *"0123456789"))
        if (
            before in ARTICLES
            and words.gap(first) == " "
            and not is_counted
            and not self._is_clause(first, end)
            and not self._is_whole_name(first, end)
        ):
            return True
        if before in near.PLACED_IN and kinds_of_place(words.words[first]) and end == first + 1:
            return True
        if before == "of" and first > 1 and (lower[first - 2] in near.TOWNS or lower[first - 2] in FACILITIES):
            return True
        if lower[first] in STATES_LIKE_NAMES and words.gap(first) == ", " and kinds_of_place(words.words[first - 1]):
            return True
        if end < len(lower) and words.gap(end) in (" ", "-", " & "):
            after, word = lower[end], words.words[end]
            if after in FACILITIES or after in STREETS:
                return True
            is_phrase = word[0].isupper() and not word.isupper() and after not in CREDENTIALS and words.words[first].istitle()
            return is_phrase and after not in NO_NAME and person_likeness(word) == NONE
        return False

    def _is_whole_name(self, first: int, end: int) -> bool:
        """Whether words are a first and a last name and no eponyms, so that an article before them tells nothing."""
        words = [folded(bare(word)) for word in self.words.words[first:end] if len(word) > 1]
        return len(words) > 1 and self._is_pair(first, end) and not any(word in EPONYMS for word in words)

    def _is_clause(self, first: int, end: int) -> bool:
        """Whether a clause begins with a name: "fears that Hunter, her boss, ...", "says that Brooks left"."""
        if self.reader.lower[first - 1] != "that" or end >= len(self.reader.lower):
            return False
        return self.words.gap(end).startswith(",") or self.reader.lower[end] in VERBS_BEHIND or self.reader.lower[end] in AUXILIARIES

    def _is_before_capital(self, place: int) -> bool:
        return place < len(self.words.words) and self.words.gap(place) == " " and self.words.words[place][0].isupper()

    def _is_cued(self, first: int, main: int, degree: int) -> bool:
        """Whether a role, a department or a bed stands right before a name."""
        words = self.words
        if not first:
            return False
        start = words.starts[first]
        if degree >= BARE and near.PLACED.search(words.text[max(0, start - MAX_BEFORE) : start]):
            return degree != UNKNOWN
        if (
            first - 1 in self.named
            and words.gap(first) == " "
            and degree >= AMBIGUOUS
            and degree != UNKNOWN
            and is_title(words.words[first - 1])
        ):
            return is_title(words.words[main]) and not self.reader.has_possessive(first - 1)
        cue, gap, word = self.reader.lower[first - 1], words.gap(first), words.words[main]
        if gap.startswith(".") and len(cue) > MAX_ABBREVIATION:
            return False
        if word.isupper() and words.words[first - 1].isupper() and (folded(word) in PLAIN_WORDS or folded(word) in NO_PERSONS):
            return False
        if (
            cue == "by"
            and first > 1
            and self.reader.lower[first - 2].endswith(near.PARTICIPLE)
            and gap == " "
            and words.words[first - 1] == "by"
        ):
            return degree >= AMBIGUOUS and is_title(word) and self.reader.lower[first - 2] not in near.BY_THINGS
        if cue == "dr":
            return (
                degree >= AMBIGUOUS
                and gap == " "
                and words.words[first - 1] == "DR"
                and not (first > 1 and words.words[first - 2].istitle())
            )
        if cue in ("i'm", "i’m"):
            return degree >= AMBIGUOUS and gap == " " and folded(bare(word)) not in NO_PERSONS
        if cue == "md" and words.words[first - 1] == "MD" and gap == " " and first > 1 and first - 2 not in self.named:
            return degree >= AMBIGUOUS and is_title(word) and words.gap(first - 1) in (", ", "\n", " ")
        if gap == ", " and first > 1 and self.reader.lower[first - 2] in ("the", "my", "his", "her", "our", "their"):
            is_person = cue in STAFF or cue in CLIENTS
            return is_person and degree >= UNKNOWN and is_title(word) and bool(near.CLAUSE_ENDS.match(words.text, words.end(main)))
        if cue in STAFF or cue in CLIENTS or cue.endswith(near.SPECIALISTS):
            if not near.CUED_GAP.fullmatch(gap) or not gap:
                return False
            return degree != UNKNOWN or (cue in STAFF and is_title(word))
        if cue in VERBS_BEFORE:
            return degree >= AMBIGUOUS and degree != UNKNOWN and gap == " " and is_title(word)
        if cue in DEPARTMENTS:
            is_set_off = gap.endswith("(") and words.text.startswith(")", words.end(main))
            if not near.CUED_BY_DEPARTMENT.fullmatch(gap) or word.isupper():
                return False
            if gap == ": " and (degree == COMMON or folded(bare(word)) in COMMON_EPONYMS or cue in near.OF_ONE_PERSON):
                return bool(near.ENDS_FIELD.match(words.text, words.end(main)))
            return is_set_off or (degree != UNKNOWN and gap == " ")
        return False

    def _is_unknown_person(self, first: int, main: int, end: int) -> bool:
        """Whether a word that no lexicon has is a person's by what a person alone does or is done to."""
        text, stop, lower = self.words.text, self.words.end(end - 1), self.reader.lower
        if len(self.words.words[main]) < MIN_CAPITALS or self._is_before_capital(end):
            return False
        if near.RELATED.match(text, stop):
            return True
        if self._is_first_of_sentence(first):
            return bool(near.SEEN.match(text, stop) or near.IS_A_PERSON.match(text, stop))
        if not first or self.words.gap(first) != " ":
            return False
        cue, before = lower[first - 1], lower[first - 2] if first > 1 else ""
        closes = bool(near.CLAUSE_ENDS.match(text, stop)) or text.startswith(":", stop) or self.reader.has_possessive(end - 1)
        if cue in BEFORE_PREPOSITIONS:
            return before in BEFORE_PREPOSITIONS[cue]
        return cue in TOLD or (cue in ("per", "under") and closes)

    def _is_somewhere(self, first: int, main: int, end: int, degree: int) -> bool:
        """Whether a name stands before a bed or a department that somebody is in or of, or before "family": "not Li in bed 2"."""
        text, stop, word = self.words.text, self.words.end(end - 1), folded(bare(self.words.words[main]))
        if degree < AMBIGUOUS or word in NO_PERSONS or not is_title(self.words.words[main]):
            return False
        if near.STANDS_SOMEWHERE.match(text, stop):
            return degree >= UNKNOWN or word not in PLAIN_WORDS
        if near.RELATED.match(text, stop) and degree >= LISTED:
            return True
        is_family = first > 0 and self.reader.lower[first - 1] == "the" and bool(near.FAMILY.match(text, stop))
        return is_family and (degree >= LISTED or (degree == AMBIGUOUS and bool(kinds_of(self.words.words[main]) & KNOWN_LAST)))

    def _is_followed(self, first: int, main: int, end: int, degree: int) -> bool:
        """Whether an age, a telephone, a credential, a relation or what somebody at hand does stands behind a name."""
        text, at = self.words.text, self.words.end(end - 1)
        is_reached = near.REACHED.match(text, at) and (text.startswith(",", at) or folded(bare(self.words.words[main])) not in PLAIN_WORDS)
        if is_reached or near.RELATED.match(text, at):
            return True
        if degree == BARE and not (first == 0 or self.words.gap(first) != " "):
            return False
        if near.QUALIFIED.match(text, at):
            return not self.words.words[main].isupper()
        word = self.words.words[main]
        if word.isupper() or degree == BARE or (degree == AMBIGUOUS and folded(bare(word)) in NO_PERSONS):
            return False
        if kinds_of(word) & KNOWN_FIRST and near.IN_BRACKETS.match(text, at):
            return True
        if near.AGED.match(text, at) or ((degree >= LISTED or kinds_of(word) & KNOWN_FIRST) and near.IS_SOMEBODYS.match(text, at)):
            return True
        is_first = self._is_first_of_sentence(first)
        if degree == AMBIGUOUS and folded(bare(word)) in PLAIN_WORDS:
            return False
        return (degree == COMMON or is_first) and bool(near.AT_HAND.match(text, at) or (is_first and near.IS_LIKE_A_PERSON.match(text, at)))

    def _is_amid_sentence(self, first: int, main: int, end: int, degree: int) -> bool:
        """Whether a word that is a name has its capital for its own sake, and is no procedure, finding, place or brand."""
        words, lower = self.words, self.reader.lower
        word = words.words[main]
        if first == 0 or degree < AMBIGUOUS or not is_title(word) or self.reader.is_what_somebody_has(first):
            return False
        gap, before, kinds = words.gap(first), lower[first - 1], kinds_of(word)
        if folded(bare(word)) in COMMON_EPONYMS and self._is_among_eponyms(first, end):
            return False
        is_agent = (
            before in ("by", "per", "w") and bool(kinds & KNOWN_LAST) and bool(near.CLAUSE_ENDS.match(words.text, words.end(end - 1)))
        )
        if (folded(bare(word)) in NO_PERSONS and not is_agent) or (degree < LISTED and not kinds & (_KNOWN | LAST)):
            return False
        is_behind_small = words.words[first - 1].islower() or (before in FUNCTION_WORDS and not words.words[first - 1].isupper())
        return is_behind_small and (gap in near.AMID or (gap in ("/ ", "/") and before == "w"))

    def _is_subject(self, first: int, main: int, end: int, degree: int) -> bool:
        """Whether a sentence begins with a name that says or does something ("Patrick keeps asking", "Can Nancy push it?")."""
        words, lower = self.words, self.reader.lower
        if degree == BARE or not is_title(words.words[main]) or end >= len(lower) or words.gap(end) != " ":
            return False
        after, kinds = lower[end], kinds_of(words.words[main])
        if not words.words[end].islower():
            return False
        if first and words.gap(first) == " " and lower[first - 1] in QUESTIONS and words.words[first - 1].istitle():
            return degree >= LISTED or bool(kinds & KNOWN_FIRST)
        if not self._is_first_of_sentence(first):
            return False
        if after in VERBS_BEHIND:
            return degree >= LISTED or bool(kinds & _KNOWN)
        is_eponym = folded(bare(words.words[main])) in COMMON_EPONYMS
        is_sure = degree == COMMON or (bool(kinds & _KNOWN) and not kinds & WORD) or (is_eponym and after in near.MODALS)
        return is_sure and (after in AUXILIARIES or after.endswith("ed")) and not self._is_result(end)

    def _is_first_of_sentence(self, first: int) -> bool:
        if first == 0:
            return True
        gap = self.words.gap(first)
        mark = gap.rstrip(" \t")[-1:]
        return (bool(mark) and mark in near.ENDS_OF_SENTENCE and gap != "-") or gap[-1:] in '"“' or self._is_listed(first)

    def _is_result(self, place: int) -> bool:
        """Whether an auxiliary or participle and the word behind tell what came out of a test ("Allen was negative")."""
        return any(word in near.RESULTS for word in self.reader.lower[place : place + 3])

    def _is_listed(self, first: int) -> bool:
        start = self.words.starts[first]
        return bool(near.LISTED_AS.search(self.words.text[max(0, start - MAX_BEFORE) : start]))

    def _is_in_list(self, first: int) -> bool:
        """Whether two names and more stand in a row that marks part, and one is a name and nothing else: "Hall/Snow/Cho"."""
        words, degrees, place = self.words, [person_likeness(self.words.words[first])], first + 1
        while place < min(len(words.words), first + MAX_LISTED) and near.JOINS.fullmatch(words.gap(place)) and is_title(words.words[place]):
            degrees.append(person_likeness(words.words[place]))
            place += 1
        is_tight = len(degrees) > 1 and words.gap(first + 1) != ", "
        return len(degrees) >= (2 if is_tight else 3) and min(degrees) >= AMBIGUOUS and UNKNOWN not in degrees and COMMON in degrees

    def _is_nothing_else(self, first: int, main: int, end: int, degree: int) -> bool:
        """Whether a word is a common name that is no plain word of clinical texts, and no part of a heading or of another name."""
        words = self.words
        word, lower = words.words[main], folded(bare(words.words[main]))
        if (
            degree not in (AMBIGUOUS, COMMON)
            or (not is_title(word) and not may_be_in_capitals(word))
            or lower in PLAIN_WORDS
            or lower in NO_PERSONS
        ):
            return False
        is_behind_capital = is_title(word) and first > 0 and words.gap(first) == " " and words.words[first - 1][0].isupper()
        is_in_place = first > 0 and self.reader.lower[first - 1] in near.PLACED_IN
        if is_behind_capital or is_in_place or self.reader.is_what_somebody_has(first) or near.LABELS.match(words.text, words.end(end - 1)):
            return False
        if words.text.strip() == words.words[main]:
            return False
        if degree == COMMON:
            return True
        if lower in COMMON_EPONYMS and (near.SCORED.match(words.text, words.end(end - 1)) or self._is_among_eponyms(first, end)):
            return False
        if word.isupper():
            return bool(first or words.gap(0).strip())
        if not first and not words.gap(0).strip() and lower not in COMMON_EPONYMS:
            return False
        after = self.reader.lower[end] if end < len(self.reader.lower) and words.gap(end) == " " else "to"
        return after in VERBS_BEHIND or after in AUXILIARIES or (after in FUNCTION_WORDS and after not in ("and", "or"))

    def _is_among_eponyms(self, first: int, end: int) -> bool:
        """Whether an eponym that is nobody's name stands beside a word in a row: "Turner, Marfan"."""
        lower, gap = self.reader.lower, self.words.gap
        beside = [lower[first - 1]] if first and gap(first) in near.EPONYMS_APART else []
        if first > 1 and lower[first - 1] in ("and", "or") and gap(first) == " ":
            beside.append(lower[first - 2])
        if end < len(lower) and gap(end) in near.EPONYMS_APART:
            beside.append(lower[end])
        return any(word in EPONYMS and word not in COMMON_EPONYMS for word in map(bare, beside))
