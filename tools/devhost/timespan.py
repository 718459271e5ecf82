"""The TimeSpan text of host.json and of constant schedules: `[d.]hh:mm[:ss[.fffffff]]`, or a bare number of days."""

from __future__ import annotations

import re
from datetime import timedelta

PATTERN = re.compile(
    r"(?:(?P<only_days>\d+)|(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})"
    r"(?::(?P<seconds>\d{1,2})(?:\.(?P<fraction>\d{1,7}))?)?)",
    re.ASCII,
)
HOURS_MAX, MINUTES_MAX = 23, 59


def parse_timespan(text: str) -> timedelta:
    """Return the duration that the text spells.

    `24:00:00` is refused: .NET silently reads it as 24 *days*, which nobody means.

    Raises:
        ValueError: the text is no TimeSpan, is negative, or has a part out of range.
    """
    found = PATTERN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is no TimeSpan: write hh:mm:ss or d.hh:mm:ss")
    part = {name: int(value or 0) for name, value in found.groupdict().items() if name != "fraction"}
    if part["hours"] > HOURS_MAX or max(part["minutes"], part["seconds"]) > MINUTES_MAX:
        raise ValueError(f"'{text}' is out of range: at most 23:59:59 beside the days (d.hh:mm:ss)")
    return timedelta(
        days=part["only_days"] + part["days"],
        hours=part["hours"],
        minutes=part["minutes"],
        seconds=part["seconds"],
        microseconds=int((found["fraction"] or "").ljust(7, "0")[:6]),
    )
