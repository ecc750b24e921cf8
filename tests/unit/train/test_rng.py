"""Random state taken and put back: each generator goes on with the very numbers it would have given."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from medpretrain.train.rng import capture_rng, restore_rng, seed_everything


@pytest.fixture(autouse=True)
def put_back_after_the_test() -> Iterator[None]:
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    random.setstate(before[0])
    np.random.set_state(before[1])
    torch.set_rng_state(before[2])


def draw() -> list[float]:
    """Three numbers of each kind that the generators make, so that a kept second gaussian shows."""
    return [
        *(random.random() for _ in range(3)),
        *(random.gauss(0, 1) for _ in range(3)),
        *np.random.random(3).tolist(),
        *np.random.standard_normal(3).tolist(),
        *torch.rand(3).tolist(),
        *torch.randn(3).tolist(),
    ]


@pytest.mark.parametrize("drawn_before", [0, 1, 2, 7, 1000])
def test_state_put_back_gives_the_same_numbers(drawn_before: int) -> None:
    seed_everything(5)
    for _ in range(drawn_before):  # an odd number leaves the second of a pair of gaussians kept, in python and in numpy
        random.gauss(0, 1)
        np.random.standard_normal()
        torch.randn(1)
    state = capture_rng()
    expected = draw()
    assert draw() != expected
    restore_rng(state)
    assert draw() == expected


def test_a_kept_gaussian_is_part_of_the_state() -> None:
    seed_everything(5)
    random.gauss(0, 1)
    np.random.standard_normal()
    assert random.getstate()[2] is not None
    assert np.random.get_state(legacy=False)["has_gauss"] == 1
    state = capture_rng()
    assert state["python_gauss"].tolist() == [random.getstate()[2]]
    seed_everything(6)
    restore_rng(state)
    np.random.seed(1)  # forgets the kept one again: only what restore_rng puts back may bring it
    restore_rng(state)
    assert np.random.get_state(legacy=False)["has_gauss"] == 1


def test_state_survives_as_tensors_of_the_stated_kinds() -> None:
    state = capture_rng()
    shapes = {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in state.items() if name in ("python", "numpy", "numpy_gauss")}
    assert shapes == {"python": (torch.int64, (625,)), "numpy": (torch.int64, (626,)), "numpy_gauss": (torch.float64, (1,))}
    assert state["torch"].dtype == torch.uint8
    copies = {name: torch.from_numpy(tensor.cpu().numpy().copy()) for name, tensor in state.items()}
    expected = draw()
    restore_rng(copies)
    assert draw() == expected


def test_capturing_does_not_move_the_generators() -> None:
    seed_everything(5)
    expected = draw()
    seed_everything(5)
    capture_rng()
    assert draw() == expected


def test_the_seed_decides_all_generators() -> None:
    seed_everything(5)
    first = draw()
    seed_everything(5)
    assert draw() == first
    seed_everything(6)
    assert not set(draw()) & set(first)
    seed_everything(2**40 + 1)  # more than numpy takes
    draw()
