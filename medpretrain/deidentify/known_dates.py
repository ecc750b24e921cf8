"""A date that is known, in the ways people write dates."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = (
    "jan(?:uary)?",
    "feb(?:ruary)?",
    "mar(?:ch)?",
    "apr(?:il)?",
    "may",
    "june?",
    "july?",
    "aug(?:ust)?",
    "sept?(?:ember)?",
    "oct(?:ober)?",
    "nov(?:ember)?",
    "dec(?:ember)?",
)


def date_pattern(iso: str) -> re.Pattern[str] | None:
    """What finds a day (YYYY-MM-DD, or a time behind it) in a text: 3/4/1951, 03-04-51, 4.3.1951, 1951-03-04, March 4th, 1951, 4 Mar 1951,
    19510304. None of what is no day."""
    try:
        day = date.fromisoformat(iso[:10])
    except ValueError:
        return None
    month, number = f"0?{day.month}", f"0?{day.day}"
    year = rf"(?:{day.year}|['’]?{day.year % 100:02d})"
    name = rf"{_MONTHS[day.month - 1]}\.?"
    mark = r"[-/. ]"
    forms = (
        rf"{month}{mark}{number}{mark}{year}",
        rf"{number}{mark}{month}{mark}{year}",
        rf"{day.year}{mark}{month}{mark}{number}",
        rf"{day.year}{day.month:02d}{day.day:02d}|{day.month:02d}{day.day:02d}{day.year}",
        rf"{name}[ -]?{number}(?:st|nd|rd|th)?,?[ -]{{0,2}}{year}",
        rf"{number}(?:st|nd|rd|th)?(?: of)?[ -]?{name},?[ -]{{0,2}}{year}",
    )
    return re.compile(rf"(?<![\w/])(?:{'|'.join(forms)})(?!\d|/\d)", re.IGNORECASE)
