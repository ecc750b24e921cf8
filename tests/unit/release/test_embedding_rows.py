"""embedding_rows.py: each kind of row of a small table, against what is worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from medpretrain.release.embedding_rows import NOT_COPIED, Mixing, RowPlan, made_rows, plan_rows
from medpretrain.tokenizer.foreign import ForeignTokenizer

# Six rows of old tokens and one of padding.
OLD = torch.tensor([[3.0, 4], [0, 2], [4, 0], [1, 1], [-3, -4], [8, 6], [99, 99]])
CENTRE = torch.tensor([0.5, -0.5])
# Rows: old row 5; mean of rows 0, 1, 2; nothing; old row 0; mean of 0 and 4, which cancel; row 1 twice.
PLAN = RowPlan(
    copied=np.array([5, NOT_COPIED, NOT_COPIED, 0, NOT_COPIED, NOT_COPIED]),
    pieces=np.array([0, 1, 2, 0, 4, 1, 1]),
    ends=np.array([0, 3, 3, 3, 5, 7]),
)
LONG = Mixing(keeps_length=True)
MEAN, MEAN_NORM = torch.tensor([7 / 3, 2.0]), (5 + 2 + 4) / 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_each_kind_of_row(dtype: torch.dtype) -> None:
    rows = made_rows(OLD.to(dtype), CENTRE, PLAN, 0, 6, LONG)
    assert rows.dtype == dtype
    assert torch.equal(rows[[0, 3]], OLD[[5, 0]].to(dtype))
    torch.testing.assert_close(rows[1], (MEAN * MEAN_NORM / MEAN.norm()).to(dtype))
    assert torch.equal(rows[2], CENTRE.to(dtype))
    assert torch.equal(rows[4], torch.zeros(2, dtype=dtype)), "a mean of zero has no direction"
    torch.testing.assert_close(rows[5], OLD[1].to(dtype))


@pytest.mark.parametrize("mixing", [LONG, Mixing(2.0), Mixing(-1.0, True)])
def test_blocks_are_the_same_rows(mixing: Mixing) -> None:
    whole = made_rows(OLD, CENTRE, PLAN, 0, 6, mixing)
    for size in (1, 2, 4, 5):
        blocks = [made_rows(OLD, CENTRE, PLAN, first, min(first + size, 6), mixing) for first in range(0, 6, size)]
        assert torch.equal(torch.cat(blocks), whole)


def test_a_plain_mean() -> None:
    rows = made_rows(OLD, CENTRE, PLAN, 0, 6, Mixing())
    torch.testing.assert_close(rows[1], MEAN)
    assert torch.equal(rows[0], OLD[5])


@pytest.mark.parametrize(("lean", "weights"), [(1.0, [1, np.e, np.e**2]), (-1.0, [np.e**2, np.e, 1]), (-0.5, [np.e, np.e**0.5, 1])])
def test_a_lean_towards_an_end(lean: float, weights: list[float]) -> None:
    parts = torch.tensor(weights, dtype=torch.float32) / sum(weights)
    mean, norm = parts @ OLD[:3], parts @ OLD[:3].norm(dim=1)
    torch.testing.assert_close(made_rows(OLD, CENTRE, PLAN, 0, 6, Mixing(lean))[1], mean)
    torch.testing.assert_close(made_rows(OLD, CENTRE, PLAN, 0, 6, Mixing(lean, True))[1], mean * norm / mean.norm())


@pytest.mark.parametrize(("lean", "piece"), [(200.0, 2), (-200.0, 0)])
def test_a_great_lean_is_one_piece(lean: float, piece: int) -> None:
    torch.testing.assert_close(made_rows(OLD, CENTRE, PLAN, 0, 6, Mixing(lean))[1], OLD[piece])


def test_the_plan_of_two_vocabularies(make_shards, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    old = ForeignTokenizer(make_shards(num_merges=20) / "tokenizer.json")
    new = ForeignTokenizer(make_shards(num_merges=60) / "tokenizer.json")
    plan = plan_rows(new, old, {0: 3, 1: None, 2: 2, 3: None})
    assert plan.copied[:4].tolist() == [3, NOT_COPIED, 2, NOT_COPIED]
    assert len(plan.copied) == len(plan.num_pieces) == new.num_ids
    starts = plan.ends - plan.num_pieces
    num_shared = 0
    for token_id, text in new.text_of.items():
        pieces = plan.pieces[starts[token_id] : plan.ends[token_id]].tolist()
        if plan.copied[token_id] != NOT_COPIED:
            assert old.text_of[plan.copied[token_id]] == text
            assert not pieces
            num_shared += 1
        else:
            assert text not in old.text_of.values()
            assert len(pieces) > 1
            assert b"".join(old.text_of[piece] for piece in pieces) == text
    assert 256 < num_shared < new.num_ids - 4
    assert not plan.num_pieces[:4].any()
