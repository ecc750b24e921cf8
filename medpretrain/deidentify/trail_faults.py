"""What was done to a trail whose chain is broken: which lines were changed, removed, added or moved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medpretrain.deidentify.trail import END, Line, chained
from medpretrain.errors import InputError

_MAX_ALIKE = 4  # lines of one number that are tried as the one before


def fault(where: str, found: str, expected: str = "a trail as it was written") -> InputError:
    """What `verify_audit` tells."""
    return InputError(where, found, expected, "restore the trail and the texts from a copy, or de-identify again")


def chain_faults(name: str, lines: Sequence[Line], after: str) -> list[InputError]:
    """What is wrong with the lines of file `name`, which go on from the chain value `after`; none where the chain is whole."""
    by_number: dict[int, list[Line]] = {}
    numbers = _numbers(lines)
    for number, line in zip(numbers, lines, strict=True):
        by_number.setdefault(number, []).append(line)
    genuine = {number: _genuine(by_number, number, after) for number in by_number}
    last = max((number for number, line in genuine.items() if line is not None and line.kind == END), default=None)
    proven = [number for number, line in genuine.items() if line is not None and (number == 0 or number - 1 in by_number)]
    is_cut = last is None or max(proven, default=0) > last
    faults = []
    in_place = []
    for number, line in zip(numbers, lines, strict=True):
        own = genuine[number] or by_number[number][0]
        if own is not line or (last is not None and number > last and not is_cut):
            faults.append(fault(f"{name} line {line.place}", "was added"))
            continue
        in_place.append((number, line.place))
        if genuine[number] is None:
            faults.append(fault(f"{name} line {line.place}", "was changed"))
    faults += _order_faults(name, in_place)
    faults += _gap_faults(name, sorted(in_place))
    if is_cut:
        faults.append(fault(name, "is cut off: its last line is missing"))
    return faults


def _genuine(by_number: dict[int, list[Line]], number: int, after: str) -> Line | None:
    """The first line of this number that goes on from the line before it; the first of all where that one is missing."""
    before = _chains_before(by_number, number, after)
    return next((line for line in by_number[number] if not before or any(map(line.follows, before))), None)


def _numbers(lines: Sequence[Line]) -> list[int]:
    """The number of each line; of what is no line of a trail, that of the place where it stands."""
    numbers: list[int] = []
    for line in lines:
        numbers.append(line.number if line.number >= 0 else (numbers[-1] + 1 if numbers else 0))
    return numbers


def _chains_before(by_number: dict[int, list[Line]], number: int, after: str) -> list[str]:
    """The chain values that a line of this number may go on from: those of the lines before it, as they say and as they should."""
    if number == 0:
        return [after]
    before = by_number.get(number - 1, [])[:_MAX_ALIKE]
    earlier = [after] if number == 1 else [line.chain for line in by_number.get(number - 2, [])[:_MAX_ALIKE]]
    return [line.chain for line in before] + [chained(chain, line.content) for line in before for chain in earlier]


def _order_faults(name: str, in_place: Sequence[tuple[int, int]]) -> Iterator[InputError]:
    highest = -1
    for number, place in in_place:
        if number < highest:
            yield fault(f"{name} line {place}", f"was moved: it is number {number} and stands behind number {highest}")
        highest = max(highest, number)


def _gap_faults(name: str, in_order: Sequence[tuple[int, int]]) -> Iterator[InputError]:
    expected = 0
    for number, place in in_order:
        if number > expected:
            missing = f"number {expected}" if number == expected + 1 else f"numbers {expected} to {number - 1}"
            yield fault(f"{name} line {place}", f"lines were removed before it: {missing}")
        expected = number + 1
