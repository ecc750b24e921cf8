"""A number with a wrong check digit is none of its kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from medpretrain.deidentify.checksums import is_dea, is_iban, is_npi, is_payment_card, is_vin

VALID: list[tuple[Callable[[str], bool], str]] = [
    (is_payment_card, "4111111111111111"),
    (is_payment_card, "378282246310005"),
    (is_npi, "1234567893"),
    (is_npi, "1245319599"),
    (is_dea, "AB1234563"),
    (is_iban, "GB82WEST12345698765432"),
    (is_iban, "DE89370400440532013000"),
    (is_vin, "1M8GDM9AXKP042788"),
    (is_vin, "1m8gdm9axkp042788"),
]


@pytest.mark.parametrize(("is_valid", "number"), VALID)
def test_check_digits(is_valid: Callable[[str], bool], number: str) -> None:
    assert is_valid(number)
    place = len(number) - 2
    other = str((int(number[place]) + 1) % 10)
    assert not is_valid(number[:place] + other + number[place + 1 :])
    assert not is_valid(number[:-1])
