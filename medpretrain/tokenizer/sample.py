"""The text that a vocabulary is learnt from: drawn from a corpus to a wanted mixture, the same text every time, in a stream.

A mixture is shares of UTF-8 bytes by `source` or `doc_type`. Each kind gets its share of the largest sample for which no text is needed
more often than allowed (once, unless said otherwise: a text that is read again makes what only it holds look frequent), spread evenly over
its documents; one that is too long for what is due is cut at the end of a word. So shares are within 1 % of the wanted ones where each is
of at least 26 kB.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Literal

from medpretrain.corpus.document import Essentials
from medpretrain.corpus.reader import BUILD_STAGE, Corpus
from medpretrain.errors import InputError, InputErrors
from medpretrain.log import logger
from medpretrain.manifest import Manifest
from medpretrain.tokenizer.measured_text import divergence

By = Literal["source", "doc_type"]
SHORTEST_CUT_BYTES = 256  # documents below this are taken whole or not at all
CUTS_OF_TARGET = 200  # what is due may lag behind by one part in so many, before a document is cut


@dataclass(frozen=True)
class Mixture:
    """Shares of bytes by name, which sum to 1, and what the names are names of."""

    by: By
    shares: Mapping[str, float]

    @property
    def settings(self) -> dict[str, Any]:
        return {"by": self.by, "shares": dict(sorted(self.shares.items()))}


def parse_mixture(words: Sequence[str], by: By) -> Mixture | None:
    """A mixture of `NAME=SHARE` words; the shares are made to sum to 1. None for no words.

    Raises InputErrors with all that is wrong: a word without `=`, a share that is no number above 0, a name that stands twice.
    """
    errors = []
    shares: dict[str, float] = {}
    for word in words:
        name, separator, number = word.rpartition("=")
        try:
            share = float(number)
        except ValueError:
            share = math.nan
        if not separator or not name or not 0 < share < math.inf:
            errors.append(InputError(f"mixture `{word}`", "is no share", "NAME=SHARE with a number above 0", "write it like `notes=0.3`"))
        elif name in shares:
            errors.append(InputError(f"mixture `{word}`", f"{name} stands twice", "each name once", "remove one of them"))
        shares[name] = share
    if errors:
        raise InputErrors(errors)
    total = sum(shares.values())
    return Mixture(by, {name: share / total for name, share in shares.items()}) if shares else None


@dataclass
class Drawn:
    """What was drawn so far, in documents and UTF-8 bytes."""

    documents: int = 0
    bytes: int = 0
    by: dict[By, Counter[str]] = field(default_factory=lambda: {"source": Counter(), "doc_type": Counter()})

    def add(self, document: Essentials, num_bytes: int) -> None:
        self.documents += 1
        self.bytes += num_bytes
        self.by["source"][document.source] += num_bytes
        self.by["doc_type"][document.doc_type] += num_bytes

    def counts(self, mixture: Mixture | None) -> dict[str, Any]:
        """For a manifest: documents, bytes, bytes by source and kind; of a mixture, its wanted and drawn shares and their divergence."""
        counts: dict[str, Any] = {
            "documents": self.documents,
            "bytes": self.bytes,
            "bytes_by_source": dict(sorted(self.by["source"].items())),
            "bytes_by_doc_type": dict(sorted(self.by["doc_type"].items())),
        }
        if mixture is not None and self.bytes:
            drawn = {name: self.by[mixture.by][name] / self.bytes for name in sorted(mixture.shares)}
            counts["mixture"] = {**mixture.settings, "drawn": drawn, "divergence_nats": divergence(drawn, mixture.shares)}
        return counts


def mixture_of_weights(manifest: Manifest | None, corpus: Corpus) -> Mixture | None:
    """The mixture by the weights of a built corpus's sources: each source's bytes, times its weight. None where all weights are equal.

    Weights count only where every source is named in the settings, as its documents bear that name then; else that is said.
    """
    if manifest is None or manifest.stage != BUILD_STAGE:
        return None
    sources = manifest.counts["sources"]
    if len({source["weight"] for source in sources}) == 1:
        return None
    if not all(source["name"] for source in sources):
        logger.warning("the corpus gives weights to sources that it does not name: they are not used, the text is taken as it comes")
        return None
    weights = {source["name"]: source["weight"] for source in sources}
    weighted = {name: weights[name] * num_bytes for name, num_bytes in available_bytes(corpus, "source").items()}
    return Mixture("source", {name: share / sum(weighted.values()) for name, share in weighted.items()})


def available_bytes(corpus: Corpus, by: By) -> Counter[str]:
    """UTF-8 bytes of text by source or kind; reads the corpus."""
    available: Counter[str] = Counter()
    for document in corpus.essentials():
        available[getattr(document, by)] += len(document.text.encode())
    return available


def draw(corpus: Corpus, mixture: Mixture | None, max_bytes: int | None, drawn: Drawn, max_epochs: int = 1) -> Iterator[str]:
    """The texts of the sample in the corpus's order; `drawn` is told of each. Reads the corpus once more first, where anything is left out.

    Args:
        mixture: None: as much of everything as there is.
        max_bytes: of the sample; None: all that the mixture allows.
        max_epochs: how often a text may be in the sample of a mixture, where its kind is scarce.

    Raises:
        InputErrors: names in the mixture that the corpus does not have.
    """
    if mixture is None and max_bytes is None:
        for document in corpus.essentials():
            drawn.add(document, len(document.text.encode()))
            yield document.text
        return
    by: By = mixture.by if mixture else "source"
    available = available_bytes(corpus, by)
    targets = _targets(available, mixture, max_bytes, max_epochs)
    if mixture is None:  # one kind for all
        available = Counter({"": sum(available.values())})
    seen: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for document in corpus.essentials():
        kind = getattr(document, by) if mixture else ""
        if kind not in targets:
            continue
        data = document.text.encode()
        seen[kind] += len(data)
        due = targets[kind] * seen[kind] // available[kind] - taken[kind]
        for piece in _pieces_due(data, due, targets[kind] // CUTS_OF_TARGET, max_epochs):
            taken[kind] += len(piece)
            drawn.add(document, len(piece))
            yield piece.decode()


def _pieces_due(data: bytes, due: int, least_cut: int, max_epochs: int) -> Iterator[bytes]:
    """A text as often as it is due, at last what is left of that, unless it is so little that it can wait."""
    whole = min(due // len(data), max_epochs) if data else 0
    yield from repeat(data, whole)
    due -= whole * len(data)
    if whole < max_epochs and due >= max(SHORTEST_CUT_BYTES, least_cut) and len(data) > SHORTEST_CUT_BYTES and (cut := _cut(data, due)):
        yield cut


def _targets(available: Mapping[str, int], mixture: Mixture | None, max_bytes: int | None, max_epochs: int) -> dict[str, int]:
    """Bytes to draw of each kind. Says which kind is too scarce for more."""
    if mixture is None:
        total = sum(available.values())
        return {"": total if max_bytes is None else min(max_bytes, total)}
    unknown = [name for name in mixture.shares if not available.get(name)]
    if unknown:
        expected = f"one of {', '.join(sorted(available)) or 'none: the corpus is empty'}"
        remedy = f"mend the name, or leave it out (names are those of `{mixture.by}`)"
        raise InputErrors([InputError(f"mixture `{name}`", f"no document has this {mixture.by}", expected, remedy) for name in unknown])
    scarcest = min(mixture.shares, key=lambda name: (available[name] / mixture.shares[name], name))
    total = int(max_epochs * available[scarcest] / mixture.shares[scarcest])
    left_out = sorted(set(available) - set(mixture.shares))
    if left_out:
        logger.info("not in the mixture, so not read: %s", ", ".join(left_out))
    if max_bytes is None or max_bytes > total:
        logger.info("the sample ends at %s bytes, as there is no more of %s for its share", f"{total:,}", scarcest)
    else:
        total = max_bytes
    return {name: min(max_epochs * available[name], int(total * share)) for name, share in mixture.shares.items()}


def _cut(data: bytes, num_bytes: int) -> bytes:
    """The beginning of a text, at most so many bytes, to the end of a word (of a character, where there is no white space)."""
    beginning = data[:num_bytes].decode(errors="ignore")
    words = beginning.rsplit(maxsplit=1)
    at_end_of_word = data[len(beginning.encode()) :].decode(errors="ignore")[:1].isspace()
    return (beginning if at_end_of_word or len(words) < 2 else beginning[: beginning.rindex(words[-1])].rstrip()).encode()
