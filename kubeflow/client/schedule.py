"""Schedules as KFP reads them: cron with six fields, seconds first.

KFP also accepts five fields, but reads them as seconds, minutes, hours, days and months, so that
'0 3 * * *' runs every hour and not every day at 3:00. So five fields get their seconds here.
"""

from __future__ import annotations

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAYS = "sun mon tue wed thu fri sat".split()
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("seconds", 0, 59, {}),
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    ("day of the week", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


class BadSchedule(ValueError):
    """A schedule that KFP would not accept."""


def six_fields(text: str) -> str:
    """Checks a schedule, and completes it to six fields.

    Args:
        text: five fields, as in a crontab, or six, with the seconds first; each `*`, `?`, a number,
            the name of a month or day, a range `1-5`, a step `*/10`, or several with commas.

    Returns:
        Six fields.

    Raises:
        BadSchedule: the message says which field is wrong.
    """
    fields = text.split()
    if len(fields) == 5:
        fields.insert(0, "0")
    if len(fields) != len(_FIELDS):
        raise BadSchedule(
            f"the schedule '{text}' has {len(fields)} fields; it needs 5 (minutes, hours, day of "
            "the month, month, day of the week) or 6 with the seconds first"
        )
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        if not all(_is_sound(part, low, high, words) for part in field.split(",")):
            raise BadSchedule(
                f"the schedule '{text}' has '{field}' for the {name}; use {low} to {high}"
            )
    return " ".join(fields)


def _is_sound(part: str, low: int, high: int, words: dict[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not 0 < (_whole(step) or 0) <= high:
        return False
    if span in ("*", "?"):
        return True
    ends = [_number(end, words) for end in span.split("-")]
    if len(ends) > 2 or None in ends:
        return False
    numbers = [end for end in ends if end is not None]
    return low <= numbers[0] <= numbers[-1] <= high


def _number(text: str, words: dict[str, int]) -> int | None:
    if text.lower() in words:
        return words[text.lower()]
    return _whole(text)


def _whole(text: str) -> int | None:
    # No field has more than two digits, and Python reads no more than some thousand.
    sound = text.isascii() and text.isdecimal() and len(text) <= 9
    return int(text) if sound else None
