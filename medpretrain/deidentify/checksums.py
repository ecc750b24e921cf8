"""Checksums and shapes that tell a number of one kind from any other number. Pure; each takes the characters as they are written."""

from __future__ import annotations

import string

_VIN_VALUES = {
    **{digit: int(digit) for digit in string.digits},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_CHECK_PLACE = 8
_NPI_PREFIX = "80840"  # of the United States in the card numbers of health care (ISO 7812)


def digits_of(written: str) -> str:
    """Its decimal digits, in order."""
    return "".join(character for character in written if character in string.digits)


def is_luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's check of those before: of payment cards, IMEI and NPI."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def is_payment_card(digits: str) -> bool:
    """13 to 19 digits of a network's range (3 to 6, and 2221 to 2720) that pass Luhn."""
    return 13 <= len(digits) <= 19 and (digits[0] in "3456" or "2221" <= digits[:4] <= "2720") and len(set(digits)) > 1 and is_luhn(digits)


def is_npi(digits: str) -> bool:
    """A provider's number of ten digits."""
    return len(digits) == 10 and digits[0] in "12" and is_luhn(_NPI_PREFIX + digits)


def is_dea(code: str) -> bool:
    """A prescriber's number: two letters (the second may be a 9) and seven digits, the last a check of the others."""
    digits = code[2:]
    if len(code) != 9 or not digits.isdecimal():
        return False
    odd, even = (sum(int(digit) for digit in digits[start:6:2]) for start in (0, 1))
    return (odd + 2 * even) % 10 == int(digits[6])


def is_iban(code: str) -> bool:
    """Two letters, two check digits, 11 to 30 letters and digits, modulo 97 one; without blanks."""
    if not 15 <= len(code) <= 34 or not (code.isascii() and code.isalnum()):
        return False
    moved = code[4:] + code[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def is_vin(code: str) -> bool:
    """A vehicle's 17 characters with the check digit that North America prescribes."""
    values = [_VIN_VALUES.get(character) for character in code.upper()]
    if len(values) != len(_VIN_WEIGHTS) or None in values:
        return False
    check = sum(weight * value for weight, value in zip(_VIN_WEIGHTS, values, strict=True) if value is not None) % 11
    return code[_VIN_CHECK_PLACE].upper() == ("X" if check == 10 else str(check))
