"""The file of one rank: plain safetensors, 12 bytes a parameter, written as handed over."""

import json

import pytest
import torch
from safetensors import safe_open
from simulated_ranks import PARAMETERS, Topology, held_by_rank, make_model, save

from medpretrain.checkpoint.format import FORMAT_NAME, HeldSlice, LogicalShape, encode_rank_file, open_rank_file
from medpretrain.checkpoint.reader import CheckpointReader
from medpretrain.errors import InputError
from medpretrain.manifest import checksum_file, read_manifest


def test_shard_shapes():
    assert LogicalShape("c", (12, 5), 0).shard_shape(4) == (3, 5)
    assert LogicalShape("r", (7, 8), 1).shard_shape(4) == (7, 2)
    assert LogicalShape("n", (7,), None).shard_shape(4) == (7,)
    assert LogicalShape("r", (7, 8), 1).shard_numel(4) == 14
    with pytest.raises(AssertionError, match=r"dimension 1 of \(7, 9\) does not divide by tensor parallel 2"):
        LogicalShape("r", (7, 9), 1).shard_shape(2)


def test_a_rank_file_is_plain_safetensors(tmp_path):
    directory = save(tmp_path, 20, Topology(1, 1))
    model = make_model(20)
    path = directory / "rank-00000.safetensors"
    with safe_open(path, "pt") as file:
        assert torch.equal(file.get_tensor("row.weight/exp_avg"), model["row.weight"]["exp_avg"].flatten())
        assert file.metadata()["format"] == FORMAT_NAME
        record = json.loads(file.metadata()["slices"])[3]
    assert record == {
        "name": "row.weight",
        "shape": [7, 8],
        "tp_dim": 1,
        "tp_rank": 0,
        "tp_size": 1,
        "offset": 0,
        "length": 56,
        "step": 110,
    }
    header_bytes = 8 + int.from_bytes(path.read_bytes()[:8], "little")
    assert header_bytes % 8 == 0
    assert path.stat().st_size - header_bytes == 12 * sum(parameter.numel for parameter in PARAMETERS)


def test_headers_survive(tmp_path):
    directory = save(tmp_path, 20, Topology(2, 3))
    for rank, slices in enumerate(held_by_rank(Topology(2, 3), make_model(20))):
        _, headers = open_rank_file(directory / f"rank-{rank:05d}.safetensors")
        assert headers == [held.header for held in slices]


def test_the_manifest_lists_everything(tmp_path):
    directory = save(tmp_path, 20, Topology(2, 1))
    manifest = read_manifest(directory, "checkpoint")
    assert sorted(manifest.files) == [
        "rank-00000.safetensors",
        "rank-00001.safetensors",
        "rng/rank-00000.safetensors",
        "rng/rank-00001.safetensors",
        "slices.json",
        "state.json",
    ]
    assert manifest.counts == {"ranks": 2, "parameters": 7, "elements": sum(parameter.numel for parameter in PARAMETERS)}
    for name, entry in manifest.files.items():
        assert (entry.bytes, entry.checksum) == ((directory / name).stat().st_size, checksum_file(directory / name))
    assert (directory / "COMPLETE").read_text() == checksum_file(directory / "manifest.json") + "\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values.pop("exp_avg"), "a slice has the values"),
        (lambda values: values.update(exp_avg=torch.zeros(4, dtype=torch.float64)), "w/exp_avg: torch.float64"),
        (lambda values: values.update(exp_avg=torch.zeros(3)), r"w/exp_avg: torch.float32 \(3,\)"),
        (lambda values: values.update(exp_avg=torch.zeros(8)[::2]), "contiguous"),
    ],
)
def test_refuses_values_that_are_not_flat_fp32(change, message):
    values = {key: torch.zeros(4) for key in ("master", "exp_avg", "exp_avg_sq")}
    change(values)
    with pytest.raises(AssertionError, match=message):
        list(encode_rank_file([HeldSlice(LogicalShape("w", (4,), None), 0, 1, 0, 4, values, 1)]))


def test_refuses_two_slices_of_a_parameter_in_one_file():
    held = held_by_rank(Topology(1, 1), make_model())[0]
    with pytest.raises(AssertionError, match="at most one slice"):
        list(encode_rank_file([*held, held[0]]))


def test_a_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "rank-00000.safetensors"
    content = b"".join(bytes(chunk) for chunk in encode_rank_file(held_by_rank(Topology(1, 1), make_model())[0]))
    path.write_bytes(content.replace(b"medpretrain-checkpoint-2", b"medpretrain-checkpoint-9"))
    with pytest.raises(InputError) as caught:
        open_rank_file(path)
    assert caught.value.where == str(path)
    assert caught.value.found == "has format 'medpretrain-checkpoint-9'"
    assert caught.value.expected == "a rank's slices in format medpretrain-checkpoint-2"
    assert caught.value.remedy == "use the medpretrain that wrote it"


def test_reading_touches_only_the_mapped_file(tmp_path):
    """What was read stays right when the files are gone: values are copies, not views of the map."""
    directory = save(tmp_path, 20, Topology(1, 1))
    values = CheckpointReader(directory).read("norm.weight", 0, 1, 2, 5)
    (directory / "rank-00000.safetensors").write_bytes(b"")
    assert torch.equal(values["master"], make_model(20)["norm.weight"]["master"][2:7])
