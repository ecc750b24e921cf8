"""Draws that depend on a secret, a scope and what is drawn for, and on nothing else: the same in every process, text and order."""

from __future__ import annotations

import struct
from collections.abc import Callable

from medpretrain.deidentify.secret import Secret

_ATTEMPTS = 32


class Keyed:
    """Numbers for one scope (a patient, a document). Whoever has no secret cannot tell them from random ones."""

    def __init__(self, secret: Secret, scope: str) -> None:
        self._secret = secret
        self._scope = secret.digest("surrogates", _bytes(scope))

    def number(self, what: str, key: str, attempt: int = 0) -> int:
        """64 bits for `key`, other ones at each attempt and for each `what` (a fixed word)."""
        return int.from_bytes(self._digest(what, key, attempt, 8), "little")

    def numbers(self, what: str, key: str, attempt: int, count: int) -> tuple[int, ...]:
        """`count` numbers of 16 bits for `key`; more of them begin with the same ones."""
        return struct.unpack(f"<{count}H", self._digest(what, key, attempt, 2 * count))

    def _digest(self, what: str, key: str, attempt: int, length: int) -> bytes:
        return self._secret.digest("surrogates", self._scope + _bytes(f"{what}\0{key}\0{attempt}"), length)


def first_other(written: str, draw: Callable[[int], str]) -> str:
    """The first of the draws of attempts 0, 1, ... that differs from `written`; "" where none does."""
    return next((drawn for drawn in map(draw, range(_ATTEMPTS)) if drawn != written), "")


def date_offset(secret: Secret, scope: str, max_weeks: int) -> int:
    """By how many days the dates of a scope are moved: whole weeks, at most `max_weeks` back or on, never none."""
    draw = int.from_bytes(secret.digest("dates", _bytes(scope), 8), "little") % (2 * max_weeks)
    weeks = draw - max_weeks
    return 7 * (weeks if weeks < 0 else weeks + 1)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
