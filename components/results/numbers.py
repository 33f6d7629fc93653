"""The one function that writes numbers for people, and what is made of it.

What it writes is the number of summary.json, rounded: parts of Examples in percent, thousands
separated by commas, never "nan".
"""

from __future__ import annotations

import math
from typing import Any

UNKNOWN = "–"  # of what was not measured, or is not a number
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
_DIGITS = 4
_KEPT = 6  # digits after the point that summary.json has
_SOON = 0.001  # a probability below it is said to be below it

# The figures that are a part of Examples, also `FIGURE_of_CLASS`, `floor_`, `_macro` and `_micro`.
_PARTS = ("accuracy", "coverage", "precision", "recall", "share")
_OWNERS = ("floor_", "class_", "discriminator_", "val_", "top_")

# Parts of figures' names that people write in another way.
_WORDS = {
    "auc": "AUC",
    "bce": "BCE",
    "brier": "Brier score",
    "f1": "F1",
    "frechet": "Fréchet",
    "kl": "KL",
    "mae": "MAE",
    "mse": "MSE",
    "nelbo": "negative ELBO",
    "pr": "PR",
    "val": "held-out",
}


def number(value: Any, figure: str = "", signed: bool = False) -> str:
    """Writes a number.

    Args:
        value: anything that JSON has; what is no number is written as it is.
        figure: what it is a number of; of a part of Examples it is written in percent.
        signed: it is a change, and has a sign; that of a percentage is in points.

    Returns:
        At least four digits, and as many as tell it from 0 and 1, and from 0 % and 100 %.
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(number(one, figure, signed) for one in value)
    if not isinstance(value, (int, float)):
        return str(value)
    part = is_part(figure)
    text = _percent(abs(value)) if part else _plain(abs(value))
    unit = f"{SPACE}{'points' if signed else '%'}" if part else ""
    zero = not any(digit in text for digit in "123456789")
    sign = "" if zero else MINUS if value < 0 else "+" if signed else ""
    return f"{sign}{'±' if zero and signed else ''}{text}{unit}"


def is_part(figure: str) -> bool:
    """Whether a figure is a part of Examples, such as "accuracy" or "floor_share_of_8"."""
    name = figure.partition("_of_")[0]
    for owner in _OWNERS:
        name = name.removeprefix(owner)
    return name.removesuffix("_macro").removesuffix("_micro") in _PARTS


def probability(value: float) -> str:
    """Writes a probability as tests of significance give them: "= .66" or "< .001"."""
    if not math.isfinite(value):
        return f"= {UNKNOWN}"
    if value < _SOON:
        return "< .001"
    text = f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"
    return f"= {text.removeprefix('0')}"


def duration(seconds: float) -> str:
    """Writes a time in the two units that matter: "3.4 s", "2 min 35 s", "1 h 10 min"."""
    if not math.isfinite(seconds):
        return UNKNOWN
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}{SPACE}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{SPACE}min {whole % 60}{SPACE}s"
    return f"{whole // 3600:,}{SPACE}h {whole % 3600 // 60}{SPACE}min"


def interval(low: float | None, high: float | None, figure: str = "", signed: bool = False) -> str:
    """Writes both ends, and their unit once: "94.50 to 97.12 %"; UNKNOWN where one is not known."""
    if low is None or high is None:
        return UNKNOWN
    ends = [number(end, figure, signed).partition(SPACE) for end in (low, high)]
    return f"{ends[0][0]} to {''.join(ends[1])}"


def gap(value: float, figure: str) -> str:
    """Writes a difference without a sign: "0.38 points", "0.02"."""
    return number(abs(value), figure, signed=True).lstrip("+±")


def count(many: float, one: str, more: str = "") -> str:
    """Writes how many of something there are: "1 trial", "10,000 trials"."""
    return f"{many:,.0f} {one if many == 1 else more or one + 's'}"


def title(figure: str) -> str:
    """Writes a figure's name for people: "relative Fréchet" of "relative_frechet"."""
    return " ".join(_WORDS.get(word, word) for word in figure.split("_"))


def _plain(value: float) -> str:
    if isinstance(value, int) or value >= 10 ** (_DIGITS - 1):
        return f"{value:,.0f}" if value == int(value) or value >= 1e5 else f"{value:,.1f}"
    if value < 10**-_KEPT:
        return f"{value:.3g}"  # a setting's; of what was measured nothing so small is kept
    whole = math.floor(math.log10(value))
    for digits in range(min(_KEPT, _DIGITS - 1 - whole), _KEPT + 1):
        text = f"{value:,.{digits}f}"
        if value == 1.0 or text.rstrip("0") != "1.":
            break
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(value: float) -> str:
    for digits in range(2, _KEPT - 1):
        text = f"{100 * value:,.{digits}f}"
        if value in (0.0, 1.0) or float(text.replace(",", "")) not in (0.0, 100.0):
            break
    return text
