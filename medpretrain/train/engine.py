"""The training engine: one optimizer step over a global batch, exactly, on DeepSpeed ZeRO 2 or 3 with tensor parallelism.

The only file that imports deepspeed. It builds the model inside DeepSpeed, runs a step, computes losses, and gives and takes this rank's
slices of the state (fp32 master weights and Adam moments) for checkpoints. What DeepSpeed needs to be exact is written where it is done.
"""

from __future__ import annotations

import contextlib
import io
import logging
import resource
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import deepspeed
import deepspeed.runtime.compiler
import torch
import torch.distributed as dist
from deepspeed.accelerator import get_accelerator
from torch import Tensor
from torch.distributed import ProcessGroup
from torch.distributed.constants import default_pg_timeout

from medpretrain.checkpoint.format import HeldSlice, LogicalShape
from medpretrain.errors import InputError
from medpretrain.model.decoder import MedicalLM
from medpretrain.model.elementwise import STEP_BY_STEP, compiled
from medpretrain.model.initialise import WeightSource
from medpretrain.model.layout import ParameterSpec, parameter_table
from medpretrain.parallel.mesh import Mesh, Place
from medpretrain.shards.loader import MicroBatch, StepBatch
from medpretrain.train.settings import Recipe

MOMENTS = ("exp_avg", "exp_avg_sq")


def start_processes(place: Place, timeout: timedelta = default_pg_timeout) -> torch.device:
    """Bring up torch.distributed through DeepSpeed and return this process's device (collective). A collective is given up after
    `timeout`."""
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    accelerator = get_accelerator()
    if accelerator.device_name() != "cpu":
        accelerator.set_device(place.local_rank)
    # DeepSpeed asks torch to compile an optimizer that is not ours, whose preparations alone take a second or two of every start.
    deepspeed.runtime.compiler.compile = lambda: deepspeed.runtime.compiler.dummy_decorator
    with contextlib.redirect_stdout(io.StringIO()):  # DeepSpeed prints a line a process about its C++ operation
        deepspeed.init_distributed(verbose=False, timeout=timeout)
    return torch.device(accelerator.current_device_name())


def device_facts() -> dict[str, Any]:
    """Name of this process's device, and the most bytes in use so far (of the device; on a CPU, the process's resident memory)."""
    accelerator = get_accelerator()
    if accelerator.device_name() == "cpu":
        return {"name": "cpu", "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
    return {"name": torch.cuda.get_device_name(), "peak_memory_bytes": accelerator.max_memory_allocated()}


def check_ds_config(ds_config: dict[str, Any], where: str, mesh: Mesh) -> None:
    """Let DeepSpeed itself read the resolved JSON, before a model is built; InputError where it refuses it."""
    try:
        deepspeed.DeepSpeedConfig(ds_config, mpu=_ModelParallelUnit(mesh))
    except Exception as error:  # DeepSpeed raises many kinds
        found = f"is refused by DeepSpeed ({' '.join(str(error).split())})"
        raise InputError(where, found, "a DeepSpeed JSON", "mend or remove that key") from error


def check_precision(precision: str) -> None:
    """InputError where DeepSpeed does not compute in that precision on this device: fp16 on a CPU that has no instructions for it."""
    accelerator = get_accelerator()
    if precision == "fp16" and not accelerator.is_fp16_supported():
        raise InputError(
            "precision",
            f"is fp16, which DeepSpeed does not take on this device ({accelerator.device_name()}, without instructions for fp16)",
            "bf16 or fp32 here",
            "set precision=bf16 or precision=fp32, or train on a GPU",
        )


def check_compiler(device: torch.device) -> None:
    """InputError where torch's compiler cannot make a kernel for this device: it is asked for a small one."""
    import torch._inductor.config

    try:
        with torch._inductor.config.patch(force_disable_caches=True):  # what was compiled before says nothing of today
            torch.compile(torch.tanh)(torch.zeros(8, device=device))
    except Exception as error:  # of many kinds, from torch and below it
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        found = f"is true, but torch's compiler does not work on this host ({reason})"
        expected = "one that makes kernels, for which it needs a C compiler and room in its cache"
        raise InputError("compile", found, expected, "mend that (no compiler: install gcc and g++), or set compile=false") from error


@dataclass(frozen=True)
class _ModelParallelUnit:
    """Answers DeepSpeed's `mpu` calls from our mesh."""

    mesh: Mesh

    def get_model_parallel_rank(self) -> int:
        return self.mesh.tensor.rank

    def get_model_parallel_world_size(self) -> int:
        return self.mesh.tensor.size

    def get_model_parallel_group(self) -> ProcessGroup:
        return self.mesh.tp_group

    get_tensor_model_parallel_rank = get_model_parallel_rank
    get_tensor_model_parallel_world_size = get_model_parallel_world_size
    get_tensor_model_parallel_group = get_model_parallel_group

    def get_data_parallel_rank(self) -> int:
        return self.mesh.dp_rank

    def get_data_parallel_world_size(self) -> int:
        return self.mesh.dp_size

    def get_data_parallel_group(self) -> ProcessGroup:
        return self.mesh.dp_group


@dataclass(frozen=True)
class StepResult:
    """What one optimizer step was: mean loss of its targets (nats), gradient norm before clipping, whether the update was applied (it is
    not where a gradient was not finite), and the loss scale that its backward pass ran with (1 but in fp16)."""

    loss: float
    gradient_norm: float
    applied: bool
    loss_scale: float


class SliceReader(Protocol):
    """Where an engine takes its slices from: a checkpoint, or weights in another form."""

    def step_of(self, name: str) -> int:
        """How many updates Adam had made to a parameter; of none there are no moments."""

    def read_into(self, targets: Mapping[str, Tensor], name: str, tp_rank: int, tp_size: int, offset: int) -> None:
        """Elements from `offset` on of the flattened shard `tp_rank` of `tp_size`, into flat fp32 tensors of equal length, by key."""


class Engine:
    """A model being trained. Every method is collective: all ranks call it together. `decoder` is that model, for hooks: its weights are
    there only while DeepSpeed runs it.

    Args:
        ds_config: the resolved DeepSpeed JSON (`ds_config.resolve_ds_config`).
        weights: where the model's first weights come from (this rank's tensor parallel share).
    """

    def __init__(self, recipe: Recipe, ds_config: dict[str, Any], mesh: Mesh, weights: WeightSource) -> None:
        self._mesh = mesh
        self._stage: int = ds_config["zero_optimization"]["stage"]
        self._table = parameter_table(recipe.model)
        unit = _ModelParallelUnit(mesh)

        element_wise = compiled() if recipe.compile and mesh.device.type == "cuda" else STEP_BY_STEP

        def build() -> MedicalLM:
            return MedicalLM(recipe.model, weights, mesh.tensor, recipe.recompute_layers, element_wise)

        if self._stage == 3:
            with deepspeed.zero.Init(data_parallel_group=mesh.dp_group, config_dict_or_path=ds_config, mpu=unit):
                module = build()
        else:
            module = build()
        self.decoder = module
        self._parameters: dict[str, Any] = dict(module.named_parameters())  # Any: DeepSpeed hangs its own attributes on them
        for name, parameter in self._parameters.items():
            if self._table[name].tp_dim is not None and mesh.tensor.size > 1:
                parameter.tensor_model_parallel = True  # else DeepSpeed's gradient norm counts only tensor rank 0's share

        settings = recipe.optimizer
        groups = [
            {"params": [p for name, p in self._parameters.items() if self._table[name].decays], "weight_decay": settings.weight_decay},
            {"params": [p for name, p in self._parameters.items() if not self._table[name].decays], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(settings.beta1, settings.beta2), eps=settings.epsilon, fused=True)
        self._engine, *_ = deepspeed.initialize(model=module, optimizer=optimizer, config=ds_config, mpu=unit)
        self._zero = self._engine.optimizer
        # DeepSpeed averages gradients over replicas; we want their sum. It divides the final fp32 gradient by the loss scale, so a loss
        # scale of 1 / DP takes the division back there, and the loss below is multiplied by DP first so that no bf16 gradient ever
        # carries a factor (which would round it where DP is not a power of two). What reaches the head is their product, 1 but for fp32
        # rounding, and that does not change a bf16 gradient. In fp16 DeepSpeed's dynamic loss scale is a further factor. It goes into the
        # head with the loss's own scale (`train_step`), since a gradient too small for fp16 is lost where it is first rounded.
        self._scaler = self._zero.loss_scaler
        if self._scaler.dynamic:
            self._scaler.raise_error_at_min_scale = False  # its updates are skipped then, as they are in bf16

    def train_step(self, batch: StepBatch, learning_rate: float, before_update: Callable[[], None] = lambda: None) -> StepResult:
        """Forward and backward over this replica's share of the global batch, then one clipped AdamW update.

        The gradient is that of (sum of all unmasked targets' losses) / (their global count), at any micro-batch size, accumulation, DP
        and TP. `before_update` is called when the gradient is complete and the state is still that of the step before.
        """
        self._engine.train()
        for group in self._zero.param_groups:
            group["lr"] = learning_rate
        loss_scale = self._scaler.cur_scale
        self._zero.override_loss_scale(loss_scale / self._mesh.dp_size)
        scale = loss_scale / max(batch.num_targets, 1)  # a batch without targets has loss 0 and no gradient
        total = torch.zeros((), dtype=torch.float64, device=self._mesh.device)
        for number, micro_batch in enumerate(batch.micro_batches, start=1):
            is_last = number == len(batch.micro_batches)
            self._engine.set_gradient_accumulation_boundary(is_last)  # told, not counted by DeepSpeed: steps may have unlike rounds
            loss, _ = self._engine(*self._on_device(micro_batch), scale)
            total += loss.detach()
            self._engine.backward(loss * (self._mesh.dp_size / loss_scale), scale_wrt_gas=False)
            if is_last:
                before_update()
            self._engine.step()
        dist.all_reduce(total, group=self._mesh.dp_group)
        return StepResult(
            loss=total.item() / loss_scale,
            gradient_norm=float(self._engine.get_global_grad_norm()),
            applied=self._engine.was_step_applied(),
            loss_scale=loss_scale,
        )

    def loss_scale_state(self) -> dict[str, Any] | None:
        """What the dynamic loss scale will do next: its value, and the finite steps since it changed. The same on all ranks; None but in
        fp16."""
        if not self._scaler.dynamic:
            return None
        return {"scale": self._scaler.cur_scale, "steps_since_overflow": self._scaler.cur_iter - self._scaler.last_overflow_iter - 1}

    def load_loss_scale(self, state: dict[str, Any] | None) -> None:
        """Go on from a `loss_scale_state`. Without one (the run has computed in another precision until now) it begins as in a new run."""
        if state is None or not self._scaler.dynamic:
            return
        self._scaler.cur_scale = state["scale"]
        self._scaler.cur_iter = self._scaler.last_overflow_iter + 1 + state["steps_since_overflow"]

    @torch.no_grad()
    def target_losses(self, micro_batch: MicroBatch) -> Tensor:
        """Loss in nats of each target of this replica's rows, fp32 [M, S], 0 where masked; nothing is updated."""
        self._engine.eval()
        _, losses = self._engine(*self._on_device(micro_batch))
        return losses

    @torch.no_grad()
    def mean_loss(self, micro_batches: list[MicroBatch]) -> float:
        """Mean loss in nats over the unmasked targets of all replicas' micro-batches (every replica gives equally many)."""
        sums = torch.zeros(2, dtype=torch.float64, device=self._mesh.device)
        for micro_batch in micro_batches:
            sums[0] += self.target_losses(micro_batch).sum()
            sums[1] += int((micro_batch.targets >= 0).sum())
        dist.all_reduce(sums, group=self._mesh.dp_group)
        return (sums[0] / sums[1].clamp(min=1)).item()

    def held_slices(self) -> Iterator[HeldSlice]:
        """This rank's slices of the state: views, which the next step changes. A parameter that tensor parallelism leaves whole comes from
        tensor rank 0 alone."""
        for spec, parameter, place in self._owned():
            step, values = self._read_values(parameter, place)
            yield HeldSlice(
                parameter=LogicalShape(spec.name, spec.shape, spec.tp_dim),
                tp_rank=self._mesh.tensor.rank if spec.tp_dim is not None else 0,
                tp_size=self._mesh.tensor.size if spec.tp_dim is not None else 1,
                offset=place.offset,
                length=place.length,
                values=values,
                step=step,
            )

    @contextlib.contextmanager
    def watch_gradients(self, see: Callable[[str, Tensor], None]) -> Iterator[None]:
        """Within the block, `see(name, gradient)` is called right before each update with this rank's slices of the gradients: fp32,
        flat, clipped. As in `held_slices`, no element comes twice over all ranks. An update that is left out has none."""
        of_flat: dict[int, list[tuple[str, int, int]]] = {}  # a flat tensor's id -> name, first element and length of the slices in it
        for spec, parameter, place in self._owned():
            flat, start = self._flat_partition(parameter)
            of_flat.setdefault(id(flat), []).append((spec.name, start, place.length))

        def before_update(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            for flat in (flat for group in optimizer.param_groups for flat in group["params"]):  # DeepSpeed updates some at a time
                for name, start, length in of_flat.get(id(flat), ()):
                    see(name, flat.grad.narrow(0, start, length))

        handle = self._zero.optimizer.register_step_pre_hook(before_update)
        try:
            yield
        finally:
            handle.remove()

    @torch.no_grad()
    def load_slices(self, reader: SliceReader) -> None:
        """Take this rank's slices: master weights and, behind the first update, moments and step. Not collective; `refresh_weights` comes
        next."""
        for name, parameter in self._parameters.items():
            spec = self._table[name]
            place = self._slice_of(spec, parameter)
            if not place.length:
                continue
            values = self._values_to_fill(parameter, place, reader.step_of(name))
            split = spec.tp_dim is not None
            tp_rank, tp_size = (self._mesh.tensor.rank, self._mesh.tensor.size) if split else (0, 1)
            reader.read_into(values, name, tp_rank, tp_size, place.offset)

    @torch.no_grad()
    def refresh_weights(self) -> None:
        """Make the weights that compute reads anew from the master weights, and gather the persistent parameters. Without it the first
        loss after loading is that of the old weights."""
        if self._stage != 3:
            self._zero.update_lp_params()
            return
        for sub_group in range(len(self._zero.fp16_groups)):
            self._zero._reassign_or_swap_out_partitioned_parameters(sub_group)
        persistent = self._zero.persistent_parameters
        if persistent:
            persistent[0].partition(persistent)
            persistent[0].all_gather(persistent)

    def _on_device(self, micro_batch: MicroBatch) -> tuple[Tensor, Tensor, Tensor]:
        arrays = (micro_batch.tokens, micro_batch.positions, micro_batch.targets)
        tokens, positions, targets = (torch.from_numpy(array).to(self._mesh.device, non_blocking=True) for array in arrays)
        return tokens, positions, targets

    def _owned(self) -> Iterator[tuple[ParameterSpec, Any, _Place]]:
        """The parameters of which this rank holds a slice, and where: over all ranks, each element once."""
        for name, parameter in self._parameters.items():
            spec = self._table[name]
            if spec.tp_dim is None and self._mesh.tensor.rank != 0:
                continue
            place = self._slice_of(spec, parameter)
            if place.padded_length:
                yield spec, parameter, place

    def _slice_of(self, spec: ParameterSpec, parameter: Any) -> _Place:
        """Where this rank's slice lies in the flattened tensor parallel shard of a parameter."""
        if self._stage == 3:
            shard_numel = spec.numel // (self._mesh.tensor.size if spec.tp_dim is not None else 1)
            padded = parameter.partition_numel()
            offset = min(self._mesh.dp_rank * padded, shard_numel)
            return _Place(offset, min(padded, shard_numel - offset), padded)
        if parameter._hp_mapping is None:
            return _Place(0, 0, 0)
        address = parameter._hp_mapping.lp_fragment_address
        return _Place(address.start, address.numel, address.numel)

    def _flat_partition(self, parameter: Any) -> tuple[Tensor, int]:
        """The fp32 tensor of the optimizer that this rank's slice of `parameter` is part of (Adam's state hangs on it), and where in it the
        slice begins."""
        if self._stage == 3:
            group, start, _ = self._zero.grad_position[self._zero.get_param_id(parameter)]
            return self._zero.fp32_partitioned_groups_flat[group], start
        mapping = parameter._hp_mapping
        return self._zero.single_partition_of_fp32_groups[mapping.param_group_index], mapping.hp_fragment_address.start

    def _read_values(self, parameter: Any, place: _Place) -> tuple[int, dict[str, Tensor]]:
        """Adam's step and views of the slice's values; before the first update there is no Adam state, which reads as zeros at step 0."""
        flat, start = self._flat_partition(parameter)
        state = self._zero.optimizer.state.get(flat, {})
        step = int(state["step"]) if "step" in state else 0
        master = flat.detach().narrow(0, start, place.length)
        moments = {key: state[key].narrow(0, start, place.length) if step else torch.zeros_like(master) for key in MOMENTS}
        return step, {"master": master, **moments}

    def _values_to_fill(self, parameter: Any, place: _Place, step: int) -> dict[str, Tensor]:
        """Views of the slice's values, to be filled: Adam's state is made where there is none, and the padding behind the slice is zero."""
        flat, start = self._flat_partition(parameter)
        state = self._zero.optimizer.state[flat]
        if step and not state:
            state.update(
                step=torch.tensor(float(step), device=flat.device), exp_avg=torch.zeros_like(flat), exp_avg_sq=torch.zeros_like(flat)
            )
        values = {"master": flat, **{key: state[key] for key in MOMENTS if step}}
        for value in values.values():
            value.narrow(0, start + place.length, place.padded_length - place.length).zero_()
        return {key: value.narrow(0, start, place.length) for key, value in values.items()}


@dataclass(frozen=True)
class _Place:
    """A slice of a flattened shard: [offset, offset + length); DeepSpeed's own partition may be longer by padding."""

    offset: int
    length: int
    padded_length: int
