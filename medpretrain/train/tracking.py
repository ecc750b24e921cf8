"""The numbers of metrics.jsonl, also for Weights & Biases and TensorBoard (002-102, 003-36): the same records, on rank 0, as they are
written. Numbers, settings and versions only: no text of any document, and nothing of what is printed."""

from __future__ import annotations

import contextlib
import importlib.util
import netrc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from medpretrain.errors import InputError
from medpretrain.log import logger
from medpretrain.train.run_directory import CONFIG_NAME, Follower
from medpretrain.train.settings import TrackingSettings

SECONDS_TO_CONNECT, SECONDS_TO_FINISH = 30.0, 60.0
ARTEFACTS = (CONFIG_NAME, "environment.json", "ds_config.json", "report/index.html")  # of the run's directory, those that are there


def check_tracking(settings: TrackingSettings) -> None:
    """InputError where a library that is asked for is not installed."""
    wanted = {"tracking.wandb_project": ("wandb", settings.wandb_project), "tracking.tensorboard": ("tensorboard", settings.tensorboard)}
    for key, (library, value) in wanted.items():
        if value and importlib.util.find_spec(library) is None:
            found, remedy = f"is {value}, and {library} is not installed", "pip install 'medpretrain[track]', or remove that setting"
            raise InputError(f"recipe key `{key}`", found, f"the library {library}", remedy)


def start_tracking(settings: TrackingSettings, run_dir: Path, run_id: str, recipe: Mapping[str, Any], from_step: int) -> list[Follower]:
    """What follows the records of a run from step `from_step` on. One that cannot be started is left out, saying so: a run is not ended
    for it.

    Args:
        run_id: names the run at every start alike.
        recipe: the resolved one, as plain values.
    """
    wanted: list[Callable[[], Follower]] = []
    if settings.tensorboard:
        wanted.append(lambda: TensorBoard(run_dir / "tensorboard", from_step))
    if settings.wandb_project is not None:
        wanted.append(lambda: WeightsAndBiases(str(settings.wandb_project), run_dir, run_id, recipe))
    followers: list[Follower] = []
    for start in wanted:
        try:
            followers.append(start())
        except Exception as error:  # theirs, of many kinds
            logger.warning("tracking is left out: %s: %s", type(error).__name__, error)
    return followers


def flat_numbers(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a record by path, `validation/by_doc_type/report/loss`; of a list by place, `layers/gradient_rms/07`. What is no
    number is left out."""
    for name, value in record.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from flat_numbers(value, f"{path}/")
        elif isinstance(value, list):
            yield from flat_numbers({f"{place:02}": item for place, item in enumerate(value)}, f"{path}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield path, value


class TensorBoard:
    """Event files in the run's own directory. Steps that an attempt before had trained beyond `from_step` are hidden by TensorBoard."""

    def __init__(self, directory: Path, from_step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(directory), purge_step=from_step + 1, flush_secs=30)

    def metric(self, record: Mapping[str, Any]) -> None:
        for path, value in flat_numbers(record):
            if path not in ("step", "time", "attempt"):
                self._writer.add_scalar(path, value, record["step"], record["time"])

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """A run of wandb, offline (files below the run's directory, for `wandb sync`) where WANDB_MODE says so, where there is no key, and
    where its server does not answer. The curves stand over the consumed tokens (002-123), so that steps of a later attempt are not
    refused for coming again."""

    def __init__(self, project: str, run_dir: Path, run_id: str, recipe: Mapping[str, Any]) -> None:
        import wandb

        self._run_dir, self._wandb = run_dir, wandb
        known = wandb.setup().settings
        mode = known.mode if known.mode in ("offline", "disabled") or _has_key(known.api_key, known.base_url) else "offline"
        quiet: dict[str, Any] = {
            "console": "off",
            "silent": True,
            "save_code": False,
            "host": "",
            "init_timeout": SECONDS_TO_CONNECT,
            "disable_git": True,
            "disable_code": True,
            "disable_job_creation": True,
            "finish_timeout": SECONDS_TO_FINISH,
            "x_disable_meta": True,
            "x_disable_machine_info": True,
            "x_save_requirements": False,
        }

        def start(mode: Any) -> Any:
            place: dict[str, Any] = {
                "project": project,
                "id": run_id,
                "name": run_dir.name,
                "resume": "allow",
                "config": dict(recipe),
                "dir": str(run_dir),
            }
            return wandb.init(**place, settings=wandb.Settings(mode=mode, **quiet))

        try:
            self._run = start(mode)
        except wandb.errors.Error as error:
            logger.warning("wandb is not reached (%s): its files are written to %s, for `wandb sync`", error, run_dir / "wandb")
            self._run = start("offline")
        self._run.define_metric("tokens")
        self._run.define_metric("*", step_metric="tokens")
        self._keep_files()

    def metric(self, record: Mapping[str, Any]) -> None:
        self._run.log(dict(flat_numbers(record)))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._keep_files()
        self._run.finish()

    def _keep_files(self) -> None:
        """What the run was: as an artefact, a new version of it where something has changed."""
        artifact = self._wandb.Artifact(f"run-{self._run.id}", type="run-record")
        for name in ARTEFACTS:
            if (self._run_dir / name).is_file():
                artifact.add_file(str(self._run_dir / name), name=name)
        self._run.log_artifact(artifact)


def _has_key(api_key: str | None, base_url: str) -> bool:
    """Whether wandb knows a key: given to it, or in the user's netrc file."""
    if api_key:
        return True
    try:
        return netrc.netrc().authenticators(urlparse(base_url).hostname or "") is not None
    except (OSError, netrc.NetrcParseError):
        return False
