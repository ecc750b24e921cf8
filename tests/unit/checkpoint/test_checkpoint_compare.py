"""How two checkpoints differ is said parameter by parameter, whatever the topologies that wrote them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from simulated_ranks import PARAMETERS, Topology, held_by_rank, make_model, save, write_ranks

from medpretrain.__main__ import main
from medpretrain.checkpoint import compare
from medpretrain.checkpoint.compare import compare_checkpoints
from medpretrain.checkpoint.format import LogicalShape
from medpretrain.checkpoint.paths import published_steps, staging_directory, step_directory
from medpretrain.checkpoint.writer import publish


def save_model(run: Path, model: dict[str, dict[str, torch.Tensor]], topology: Topology, parameters: tuple[LogicalShape, ...]) -> Path:
    staging, final = staging_directory(run, 10, 1), step_directory(run, 10)
    publish(staging, final, write_ranks(staging, held_by_rank(topology, model, parameters)), {"step": 10})
    return final


def test_another_topology_is_no_difference(tmp_path: Path) -> None:
    result = compare_checkpoints(save(tmp_path / "a", 10, Topology(2, 2)), save(tmp_path / "b", 10, Topology(1, 3, by_parameter=False)))
    assert (result["equal"], result["differing"], result["unmatched"], result["parameters"]) == (True, [], [], 7)
    assert [record["ranks"] for record in result["checkpoints"]] == [4, 3]


def test_what_differs_is_told_by_parameter_and_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BLOCK_ELEMENTS", 5)
    before, after = make_model(1), make_model(1)
    after["row.weight"]["master"][3, 4] += 0.5
    after["row.weight"]["master"][0, 0] -= 2.0
    after["norm.weight"]["exp_avg"][2] = torch.nan
    first = save_model(tmp_path / "a", before, Topology(2, 2), PARAMETERS)
    second = save_model(tmp_path / "b", after, Topology(4, 1), PARAMETERS)
    result = compare_checkpoints(first, second)
    assert not result["equal"]
    row, norm = result["differing"]
    assert (row["name"], row["elements"], row["master_elements"], row["exp_avg_elements"]) == ("row.weight", 56, 2, 0)
    assert row["master_largest"] == pytest.approx(2.0, abs=1e-6)
    assert (norm["name"], norm["exp_avg_elements"], norm["exp_avg_largest"]) == ("norm.weight", 1, None)


def test_parameters_that_only_one_holds_or_of_another_shape(tmp_path: Path) -> None:
    fewer = (*PARAMETERS[1:-1], LogicalShape("scale", (2,), None))
    first = save_model(tmp_path / "a", make_model(1), Topology(1, 1), PARAMETERS)
    second = save_model(tmp_path / "b", make_model(1, fewer), Topology(1, 1), fewer)
    result = compare_checkpoints(first, second)
    assert result["unmatched"] == [
        {"name": "embedding.weight", "shapes": [[16, 3], None]},
        {"name": "scale", "shapes": [[], [2]]},
    ]
    assert not result["equal"]


def test_the_verbs_print_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for step in (10, 20, 30):
        save(tmp_path, step)
    directories = [str(path) for path in published_steps(tmp_path / "checkpoints").values()]
    assert main(["checkpoint", "compare", directories[0], directories[1], "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["differing"]) == 7
    assert main(["checkpoint", "prune", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"would_remove": [], "kept": directories}
    prune = ["checkpoint", "prune", str(tmp_path), "--keep-newest", "1", "--json"]
    assert main(prune) == 0
    assert json.loads(capsys.readouterr().out) == {"would_remove": directories[:2], "kept": directories[2:]}
    assert len(published_steps(tmp_path / "checkpoints")) == 3
    assert main([*prune, "--remove"]) == 0
    assert json.loads(capsys.readouterr().out) == {"removed": directories[:2], "kept": directories[2:]}
    assert list(published_steps(tmp_path / "checkpoints")) == [30]
    with pytest.raises(SystemExit):
        main([*prune, "--keep-every", "0"])
    assert "0 is not at least 1" in capsys.readouterr().err
