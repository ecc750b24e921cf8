"""Numbers, codes and addresses of machines that stand for others, in the same format.

Those of telephones, of social security, of the web and IP come from what is set aside for examples. Check digits (of a VIN, an NPI, a card)
do not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from medpretrain.deidentify.keyed import Keyed, first_other

DOMAIN = "example.org"  # RFC 2606

_EXTENSION = re.compile(r"[\s,;]{0,4}(?:\bx|\bext(?:ension|n)?\b|#)[\s.:]{0,4}\d{1,8}\s{0,4}$", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:tel|telephone|phone|fax|cell|mobile|pager|home|work|office)\b", re.IGNORECASE)
_LINE_DIGITS = 7  # of a number in the United States: three of the exchange, four of the line
_NATIONAL_DIGITS = 10
_WEB_ADDRESS = re.compile(
    r"((?:[a-z][a-z0-9+.-]{0,20}://)?)(?:[^/?#\s@]{0,200}@)?((?:www\.)?)([^/?#:]*)((?::\d{1,5})?)(.*)", re.IGNORECASE | re.DOTALL
)
_FILE_SUFFIX = re.compile(r"\.(?:html?|php|aspx?|jsp|pdf|jpe?g|png|gif|tiff?|bmp|heic|dcm|mp4|mov|wav|txt|docx?)$", re.IGNORECASE)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:%\w{1,16})?", re.IGNORECASE)


def code(keyed: Keyed, written: str) -> str:
    """Another code of the same shape: digits for digits, capitals for capitals, what separates them and a file's suffix as they are.

    Codes that differ in case and separators alone have the same.
    """
    if not any(map(str.isalnum, written)):
        return written
    suffix = _FILE_SUFFIX.search(written)
    end = suffix.start() if suffix else len(written)
    return first_other(written, lambda attempt: _of_shape(keyed, written[:end], attempt) + written[end:])


def _of_shape(keyed: Keyed, written: str, attempt: int) -> str:
    essence = "".join(filter(str.isalnum, written)).lower()
    draws = iter(keyed.numbers("code", essence, attempt, len(written)))
    is_inside = [False, *map(str.isdecimal, written)]  # a number, behind its first digit, which may be no 0 that was none
    return "".join(_like(character, inside, draws) for character, inside in zip(written, is_inside, strict=False))


def _like(character: str, is_inside: bool, draws: Iterator[int]) -> str:
    if not character.isalnum():
        return character
    draw = next(draws)
    if character.isalpha():
        return chr(ord("A" if character.isupper() else "a") + draw % 26)
    return str(draw % 10) if is_inside or character == "0" else str(1 + draw % 9)


def phone(keyed: Keyed, written: str) -> str:
    """A telephone number that nobody has (555-0100 to 555-0199), with the same separators and country's code; the same for a number that is
    written with its area and without."""
    extension = _EXTENSION.search(written)
    end = extension.start() if extension else len(written)
    labels = {place for label in _LABEL.finditer(written, 0, end) for place in range(*label.span())}
    places = [place for place in range(end) if written[place].isalnum() and place not in labels]
    digits = _phone_digits(keyed, "".join(written[place] for place in places).lower(), written.lstrip().startswith("+"))
    characters = list(written[:end])
    for place, digit in zip(places, digits, strict=True):
        characters[place] = digit
    return "".join(characters) + re.sub(r"\d+", lambda digits: code(keyed, digits.group()), written[end:])


def _phone_digits(keyed: Keyed, digits: str, has_country: bool) -> str:
    line, area, country = digits[-_LINE_DIGITS:], digits[-_NATIONAL_DIGITS:-_LINE_DIGITS], digits[:-_NATIONAL_DIGITS]
    if len(line) < _LINE_DIGITS:
        return first_other(line, lambda attempt: _of_shape(keyed, line, attempt))
    new_line = first_other(line, lambda attempt: f"55501{keyed.number('line', line, attempt) % 100:02}")
    new_area = first_other(area, lambda attempt: str(200 + keyed.number("area", area, attempt) % 800)[-len(area) :]) if area else ""
    return (country if has_country or country == "1" else _of_shape(keyed, country, 0)) + new_area + new_line


def social_security(keyed: Keyed, written: str) -> str:
    """A number that is never given out: 9xx-0x to 9xx-4x; of a number that is written in part, the same part of another."""
    digits = "".join(filter(str.isdecimal, written))
    return first_other(written, lambda attempt: _social_security(keyed, written, digits, attempt))


def _social_security(keyed: Keyed, written: str, digits: str, attempt: int) -> str:
    draws = [draw % 10 for draw in keyed.numbers("ssn", digits, attempt, len(digits))]
    if len(draws) == 9:
        draws[0], draws[3] = 9, draws[3] % 5
    rest = iter(draws)
    return "".join(str(next(rest)) if character.isdecimal() else character for character in written)


def web_address(keyed: Keyed, written: str) -> str:
    """An address below example.org, the same below for each site; its path has the same shape."""
    match = _WEB_ADDRESS.fullmatch(written)
    assert match is not None, "every part may be empty"
    scheme, www, site, port, rest = match.groups()
    below = "".join(chr(ord("a") + draw % 26) for draw in keyed.numbers("site", site.lower(), 0, 4))
    return f"{scheme}{www}{below}.{DOMAIN}{port}{code(keyed, rest)}"


def ip_address(keyed: Keyed, written: str) -> str:
    """An address of 192.0.2.0/24 (RFC 5737) or 2001:db8::/32 (RFC 3849), with its port or mask."""
    pattern, draw = (_IPV4, _ipv4) if _IPV4.search(written) else (_IPV6, _ipv6)
    return first_other(written, lambda attempt: pattern.sub(lambda address: draw(keyed, address.group().lower(), attempt), written))


def _ipv4(keyed: Keyed, address: str, attempt: int) -> str:
    return f"192.0.2.{1 + keyed.number('ip', address, attempt) % 254}"


def _ipv6(keyed: Keyed, address: str, attempt: int) -> str:
    first, second = keyed.numbers("ip", address, attempt, 2)
    return f"2001:db8::{first:x}:{second:x}"


def cased(surrogate: str, like: str) -> str:
    """`surrogate` in the case of `like`."""
    if like.isupper():
        return surrogate.upper()
    return surrogate.lower() if like.islower() else surrogate
