"""The exceptions that mean "the user can mend this": settings or input are wrong (exit status 2); and one for a run that was taken over."""

from __future__ import annotations

from collections.abc import Sequence


class InputError(ValueError):
    """The user's settings or input are wrong.

    Reads as one sentence: `where: found; expected ...; remedy`. The four parts stay apart as attributes, so that tests can
    assert each and the command line can print several errors as a list.

    Args:
        where: the file, with line or key where there is one (`corpus.jsonl line 12`, `model.num_heads`).
        found: what stands there (`not JSON: Expecting value at column 5`).
        expected: what should (`one JSON object a line`).
        remedy: what to do (`mend or remove the line`).
    """

    def __init__(self, where: str, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"{where}: {found}; expected {expected}; {remedy}")
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str, str]]:
        return type(self), (self.where, self.found, self.expected, self.remedy)  # so that it comes whole from another process


class InputErrors(ValueError):
    """Several `InputError`s found at once (all mistakes of a configuration are told together)."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        assert errors, "InputErrors needs at least one error"
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


class RunTakenOver(RuntimeError):
    """Another process holds the run's directory by now (this one hung so long that its lock was given away): it must not touch the run."""
