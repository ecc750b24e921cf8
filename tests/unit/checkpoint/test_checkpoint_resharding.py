"""What one topology writes, every other reads, element for element (002-68)."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_ranks import PARAMETERS, TOPOLOGIES, Topology, make_model, rng_of, save, shard, step_of_parameter, stretches

from medpretrain.checkpoint.format import VALUE_KEYS, LogicalShape
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.checkpoint.reslice import Stretch, plan_copies
from medpretrain.errors import InputError


@pytest.fixture(scope="module", params=TOPOLOGIES, ids=str)
def written(request, tmp_path_factory):
    return CheckpointReader(save(tmp_path_factory.mktemp("run"), 1000, request.param, seed=7))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=str)
def test_reads_at_any_topology(written, topology):
    model = make_model(7)
    for _, parameter, tp_rank, offset, length in stretches(topology):
        values = written.read(parameter.name, tp_rank, topology.tp, offset, length)
        assert tuple(values) == VALUE_KEYS
        for key, value in values.items():
            expected = shard(model[parameter.name][key], parameter, tp_rank, topology.tp)[offset : offset + length]
            assert value.dtype == torch.float32
            assert torch.equal(value, expected), (parameter.name, key, tp_rank, offset)


@pytest.mark.parametrize("topology", [Topology(1, 1), Topology(2, 3), Topology(4, 2, by_parameter=False)], ids=str)
def test_reads_straight_into_a_part_of_a_larger_tensor(written, topology):
    """As the optimizer's flat tensors are: what stands before and behind a slice is another slice."""
    model = make_model(7)
    for _, parameter, tp_rank, offset, length in stretches(topology):
        flat = torch.full((2, 5 + length + 4), float("nan"))
        parts = {"exp_avg_sq": flat[0, 5 : 5 + length], "master": flat[1, 5 : 5 + length]}
        written.read_into(parts, parameter.name, tp_rank, topology.tp, offset)
        for key, part in parts.items():
            assert torch.equal(part, shard(model[parameter.name][key], parameter, tp_rank, topology.tp)[offset : offset + length])
        assert flat[:, :5].isnan().all()
        assert flat[:, 5 + length :].isnan().all()


def test_reads_whole_parameters_steps_and_state(written):
    model = make_model(7)
    assert written.parameters == {parameter.name: parameter for parameter in PARAMETERS}
    for parameter in PARAMETERS:
        assert written.step_of(parameter.name) == step_of_parameter(parameter.name)
        for key in VALUE_KEYS:
            assert torch.equal(written.read_full(parameter.name, key), model[parameter.name][key])
    assert torch.equal(written.read_full("row.weight"), model["row.weight"]["master"])
    assert written.state == {"step": 1000, "loader": {"consumed_samples": 64_000}, "probe_loss": 1 / 3, "save_number": 1}


def test_gives_each_rank_its_random_state_back(written):
    for rank in range(written.num_ranks):
        found, expected = written.rng(rank), rng_of(rank)
        assert sorted(found) == sorted(expected)
        assert (found["python"], found["none"]) == (expected["python"], b"")
        assert torch.equal(found["torch"], expected["torch"])
        assert torch.equal(found["counter"], expected["counter"])
    with pytest.raises(AssertionError, match="there is no rank"):
        written.rng(written.num_ranks)


def test_refuses_what_the_checkpoint_does_not_hold(written):
    with pytest.raises(InputError) as caught:
        written.read("head.weight", 0, 1, 0, 1)
    assert caught.value.where == str(written.directory)
    assert caught.value.found == "holds no parameter `head.weight`"
    assert caught.value.expected == "a checkpoint of the same model"
    assert caught.value.remedy == "check the model's settings and the run"
    with pytest.raises(AssertionError, match="elements 20 to 31 of a shard of 30"):
        written.read("column.weight", 1, 2, 20, 11)
    with pytest.raises(AssertionError, match="does not divide by tensor parallel 3"):
        written.read("column.bias", 0, 3, 0, 1)


@st.composite
def reslicings(draw):
    """A parameter and two stretches of its shards, in different topologies."""
    num_dims = draw(st.integers(1, 3))
    tp_dim = draw(st.none() | st.integers(0, num_dims - 1))
    shape = tuple(draw(st.integers(1, 4)) * (6 if dim == tp_dim else 1) for dim in range(num_dims))
    parameter = LogicalShape("w", shape, tp_dim)

    def stretch() -> Stretch:
        tp_size = draw(st.sampled_from([1, 2, 3, 6]))
        numel = parameter.shard_numel(tp_size)
        offset = draw(st.integers(0, numel))
        return Stretch(draw(st.integers(0, tp_size - 1)), tp_size, offset, draw(st.integers(0, numel - offset)))

    return parameter, stretch(), stretch()


@settings(max_examples=300, deadline=None)
@given(reslicings())
def test_copies_are_exactly_the_elements_both_hold(case):
    parameter, source, target = case
    logical = torch.arange(parameter.numel).view(parameter.shape)
    held, wanted = (shard(logical, parameter, s.tp_rank, s.tp_size)[s.offset : s.offset + s.length].tolist() for s in (source, target))
    copied = {}
    copies = plan_copies(parameter, source, target)
    for copy in copies:
        for row in range(copy.num_rows):
            for column in range(copy.num_columns):
                place = copy.target_start + row * copy.target_stride + column
                assert place not in copied
                copied[place] = held[copy.source_start + row * copy.source_stride + column]
    assert copied == {place: element for place, element in enumerate(wanted) if element in set(held)}
    assert len(copies) <= 9


def test_the_same_slice_is_one_copy():
    """A column-split parameter at the writer's own topology, and a row-split one over whole rows: no loop over rows."""
    column, row = LogicalShape("c", (4096, 4096), 0), LogicalShape("r", (4096, 4096), 1)
    assert len(plan_copies(column, Stretch(1, 2, 1000, 65536), Stretch(1, 2, 1000, 65536))) == 1
    assert len(plan_copies(row, Stretch(1, 2, 0, 2048 * 4096), Stretch(0, 1, 0, 4096 * 4096))) == 1


def test_topologies_leave_some_ranks_less_or_nothing():
    """The simulation has what it is for: unequal parts, and ranks that hold nothing of a parameter."""
    lengths = {(rank, p.name): length for rank, p, _, _, length in stretches(Topology(1, 3))}
    assert [lengths[rank, "norm.weight"] for rank in range(3)] == [4, 4, 3]
    assert [lengths[rank, "scale"] for rank in range(3)] == [1, 0, 0]
