"""A secret is read where it is good, refused where it is weak, and shown nowhere."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import pytest

from medpretrain.deidentify.secret import MAX_BYTES, MIN_BYTES, Secret
from medpretrain.errors import InputError

GOOD = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_white_space_around_a_text_does_not_count(tmp_path: Path) -> None:
    plain = Secret.read(write(tmp_path / "a", GOOD.encode()))
    assert Secret.read(write(tmp_path / "b", f"\n  {GOOD}\r\n".encode())).check_value == plain.check_value
    assert Secret.read(write(tmp_path / "c", GOOD.upper().encode())).check_value != plain.check_value


def test_random_bytes_count_all(tmp_path: Path) -> None:
    content = b"\n" + bytes(range(0, 240, 8)) + b"\xff"
    assert len(content) == MIN_BYTES
    assert Secret.read(write(tmp_path / "a", content)).check_value == Secret(content).check_value


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "only 0 bytes"),
        (GOOD[: MIN_BYTES - 1].encode() + b" \n", "only 31 bytes"),
        (GOOD.encode() * 100, "more than 4,096 bytes"),
        (b"\0" * 64, "guess"),
        (b"0123456789abcdef" * 2, "guess"),
        (b"0123456789" * 5, "guess"),
        (bytes(range(64)), "guess"),
        (b"ab" + b"a" * 40, "guess"),
    ],
)
def test_what_is_no_secret_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = write(tmp_path / "secret", content)
    with pytest.raises(InputError, match=told) as caught:
        Secret.read(path)
    assert "openssl rand" in caught.value.remedy
    assert GOOD[:8] not in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        Secret.read(tmp_path / "none")
    assert "openssl rand" in caught.value.remedy


def test_the_longest_is_taken(tmp_path: Path) -> None:
    content = bytes(number * number % 251 for number in range(MAX_BYTES - 1)) + b"\xff"
    assert Secret.read(write(tmp_path / "secret", content)).check_value == Secret(content).check_value


@pytest.mark.parametrize(("mode", "is_told"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True), (0o602, True)])
def test_others_who_may_read_it_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, is_told: bool) -> None:
    path = write(tmp_path / "secret", GOOD.encode())
    path.chmod(mode)
    with caplog.at_level(logging.WARNING, logger="medpretrain"):
        Secret.read(path)
    assert ("chmod 600" in caplog.text) == is_told
    assert GOOD[:8] not in caplog.text


def test_it_is_not_shown_and_does_not_travel() -> None:
    secret = Secret(GOOD.encode())
    assert repr(secret) == str(secret) == "Secret(...)"
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError, match="does not travel"):
        pickle.dumps(secret)


def test_each_use_has_a_key_of_its_own() -> None:
    secret, other = Secret(GOOD.encode()), Secret(GOOD[::-1].encode())
    digests = {one.digest(use, b"same") for one in (secret, other) for use in ("surrogates", "dates", "identifiers", "seal", "check")}
    assert len(digests) == 10
    assert secret.digest("seal", b"same") == Secret(GOOD.encode()).digest("seal", b"same")
    assert len(secret.check_value) == 16
    assert secret.check_value != other.check_value
