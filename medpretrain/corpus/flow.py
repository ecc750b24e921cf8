"""What happened to the documents of a corpus, counted: in and out of each stage, by source, kind of text and reason. Values that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NUM_LENGTHS = 24  # length classes: class k holds texts of 2^k to 2^(k+1) - 1 tokens

Amount = list[int]  # documents, tokens


def length_class(num_tokens: int) -> int:
    """The place of a text in a histogram of lengths: floor(log2(tokens)), 0 for an empty one."""
    return min(max(num_tokens.bit_length() - 1, 0), NUM_LENGTHS - 1)


def add(total: Amount, num_documents: int, num_tokens: int) -> None:
    total[0] += num_documents
    total[1] += num_tokens


@dataclass
class KindFlow:
    """Of one source and kind of text: what was read, changed and kept, and dropped by (stage, reason)."""

    was_read: Amount = field(default_factory=lambda: [0, 0])
    repaired: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)  # identifiers, by kind
    dropped: dict[str, dict[str, Amount]] = field(default_factory=dict)
    kept: Amount = field(default_factory=lambda: [0, 0])
    kept_bytes: int = 0
    heldout: Amount = field(default_factory=lambda: [0, 0])
    heldout_bytes: int = 0
    lengths: dict[str, list[int]] = field(default_factory=dict)  # "read", "kept"

    def read(self, num_tokens: int) -> None:
        add(self.was_read, 1, num_tokens)
        self._count_length("read", num_tokens)

    def drop(self, stage: str, reason: str, num_tokens: int) -> None:
        add(self.dropped.setdefault(stage, {}).setdefault(reason, [0, 0]), 1, num_tokens)

    def keep(self, num_tokens: int, num_bytes: int, is_heldout: bool = False) -> None:
        add(self.kept, 1, num_tokens)
        self.kept_bytes += num_bytes
        if is_heldout:
            add(self.heldout, 1, num_tokens)
            self.heldout_bytes += num_bytes
        self._count_length("kept", num_tokens)

    def _count_length(self, which: str, num_tokens: int) -> None:
        self.lengths.setdefault(which, [0] * NUM_LENGTHS)[length_class(num_tokens)] += 1

    def counts(self) -> dict[str, Any]:
        """JSON-able, in an order that does not depend on that of the documents."""
        dropped = {stage: dict(sorted(reasons.items())) for stage, reasons in sorted(self.dropped.items())}
        return {
            **vars(self),
            "repaired": dict(sorted(self.repaired.items())),
            "replaced": dict(sorted(self.replaced.items())),
            "dropped": dropped,
            "lengths": dict(sorted(self.lengths.items())),
        }


class Flow:
    """Of all sources and kinds. `refused` are records that hold no document, by reason; they have no kind."""

    def __init__(self) -> None:
        self.num_records = 0
        self.refused: Counter[str] = Counter()
        self._kinds: dict[tuple[str, str], KindFlow] = {}

    def of(self, source: str, doc_type: str) -> KindFlow:
        return self._kinds.setdefault((source, doc_type), KindFlow())

    def refuse(self, reason: str) -> None:
        self.refused[reason] += 1

    def counts(self) -> dict[str, Any]:
        kinds = [{"source": source, "doc_type": doc_type, **kind.counts()} for (source, doc_type), kind in sorted(self._kinds.items())]
        return {"records": self.num_records, "refused": dict(sorted(self.refused.items())), "kinds": kinds}


def summed(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of several flows (`Flow.counts`), as one."""
    records = 0
    refused: Counter[str] = Counter()
    kinds: dict[tuple[str, str], dict[str, Any]] = {}
    for part in parts:
        records += part["records"]
        refused.update(part["refused"])
        for kind in part["kinds"]:
            key = (kind["source"], kind["doc_type"])
            kinds[key] = _sum(kinds[key], kind) if key in kinds else kind
    return {"records": records, "refused": dict(sorted(refused.items())), "kinds": [kinds[key] for key in sorted(kinds)]}


def _sum(first: Any, second: Any) -> Any:
    """Numbers added, lists place by place, dicts key by key; what is text is the same in both."""
    if isinstance(first, dict):
        return {
            key: _sum(first[key], second[key]) if key in first and key in second else first.get(key, second.get(key))
            for key in sorted({*first, *second})
        }
    if isinstance(first, list):
        return [_sum(one, other) for one, other in zip(first, second, strict=True)]
    return first if isinstance(first, str) else first + second
