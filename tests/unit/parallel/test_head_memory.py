"""Memory of the head and its loss at a vocabulary of 64,000, forward and backward: one chunk's logits, never all positions'."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from medpretrain.parallel import vocabulary
from medpretrain.parallel.mesh import TensorAxis
from medpretrain.parallel.vocabulary import VocabularyParallelHead

VOCABULARY, HIDDEN = 64_000, 128
CHUNK = vocabulary.CHUNK_POSITIONS


def peak_bytes(function: Callable[[], object]) -> int:
    """The most bytes that torch's allocator had given out at once since `function` began; what operators use inside counts too."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        function()
    events = profiler.profiler.kineto_results.events()
    in_order = sorted((event for event in events if event.name() == "[memory]"), key=lambda event: event.start_ns())
    return max(itertools.accumulate(event.nbytes() for event in in_order))


def loss_peak(num_positions: int, dtype: torch.dtype) -> int:
    generator = torch.Generator().manual_seed(3)
    head = VocabularyParallelHead(torch.randn(VOCABULARY, HIDDEN, generator=generator).to(dtype), VOCABULARY, TensorAxis())
    hidden = torch.randn(1, num_positions, HIDDEN, generator=generator).to(dtype).requires_grad_()
    targets = torch.randint(VOCABULARY, (1, num_positions), generator=generator)

    def forward_and_backward() -> None:
        loss, _ = head(hidden, targets)
        loss.backward()

    return peak_bytes(forward_and_backward)


@pytest.mark.slow
@pytest.mark.parametrize(
    "dtype",
    [pytest.param(torch.float32, id="fp32"), pytest.param(torch.bfloat16, id="bf16", marks=pytest.mark.long)],  # minutes without bf16 units
)
def test_the_loss_holds_one_chunks_logits_and_gradients_of_the_weights(dtype: torch.dtype) -> None:
    """Beside the weights and the hidden states, which were there before: one chunk's logits in fp32 (in bf16 runs also in bf16), the
    weights' gradient, which is summed in fp32, one chunk's share of it, and the gradient of the hidden states."""
    size = dtype.itemsize
    logits = CHUNK * VOCABULARY * (4 if dtype == torch.float32 else 4 + size)
    weight_gradients = VOCABULARY * HIDDEN * (4 + size)
    a_position = HIDDEN * size + 32  # its hidden state's gradient and a few numbers
    peaks = {num_chunks: loss_peak(num_chunks * CHUNK, dtype) for num_chunks in (2, 4)}
    for num_chunks, peak in peaks.items():
        assert logits < peak < logits + weight_gradients + num_chunks * CHUNK * a_position
    assert peaks[4] - peaks[2] <= 2 * CHUNK * a_position  # nothing else grows with the positions
    assert peaks[4] < 2 * CHUNK * VOCABULARY * 4  # not two chunks at once
