"""Compares the ways to search on recorded learning curves, in a table and a picture."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.contract.paths import path_argument  # noqa: E402
from modules.training.searches import SEARCHES  # noqa: E402
from modules.util import environment  # noqa: E402
from modules.util.files import write_text  # noqa: E402

_ABOUT = """\
Replays every way to search on the learning curves that scripts/record_curves.py has recorded, and
writes what it finds into docs/results.md and docs/tuners.svg.

    .venv/bin/python scripts/compare_tuners.py
"""

RECORD = ROOT / "scripts" / "curves" / "transformer.json"
RESULTS, PICTURE = ROOT / "docs" / "results.md", ROOT / "docs" / "tuners.svg"
REPETITIONS = 50
MOST = 40  # whole trainings that the largest budget is worth
TOLD = (2, 5, 10, 20, 40)  # budgets of the table, in whole trainings
TWICE = "random, twice the budget"
# Okabe and Ito 2008, which people who see fewer colours can tell apart.
_COLOURS = ("#0072b2", "#d55e00", "#999999", "#009e73", "#e69f00", "#cc79a7", "#000000")
_RESAMPLES = 2_000


class Curve(NamedTuple):
    """What a way to search reaches, by budget.

    Attributes:
        middle: the interquartile mean over repetitions; float, (B,).
        low: the lower end of its 95 % bootstrap band; (B,).
        high: the upper end; (B,).
    """

    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray


def at_budgets(steps: Sequence[Any], budgets: Sequence[float]) -> list[float]:
    """The figure of the last step within each budget; NaN where there is none."""
    spent = [step.spent for step in steps]
    places = np.searchsorted(spent, budgets, side="right") - 1
    return [steps[place].figure if place >= 0 else np.nan for place in places]


def interquartile(figures: np.ndarray) -> np.ndarray:
    """The mean of the middle half of each row: of (..., N), (...)."""
    ordered, count = np.sort(figures, axis=-1), figures.shape[-1]
    return ordered[..., count // 4 : count - count // 4].mean(axis=-1)


def curve_of(figures: np.ndarray, seed: int = 0) -> Curve:
    """Interquartile means with percentile bootstrap bands.

    Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice".

    Args:
        figures: float, (budgets, repetitions).
        seed: of the bootstrap.
    """
    count = figures.shape[1]
    drawn = np.random.default_rng(seed).integers(0, count, (_RESAMPLES, count))
    again = np.stack([interquartile(row[drawn]) for row in figures])
    low, high = np.percentile(again, [2.5, 97.5], axis=1)
    return Curve(interquartile(figures), low, high)


def compare(record: Any, repetitions: int, most: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Replays every search so many times.

    Args:
        record: of the curves.
        repetitions: of each search, with seeds from 1 on.
        most: the largest budget, in whole trainings.

    Returns:
        Budgets, in whole trainings, and the figures of each search, (budgets, repetitions).
    """
    from scripts.replay import replay

    whole = record.rungs[-1] * record.images
    budgets = np.arange(record.rungs[-1], most * record.rungs[-1] + 1) / record.rungs[-1]
    found: dict[str, np.ndarray] = {}
    for name in SEARCHES:
        times = 2 if name == "random" else 1
        steps = [replay(record, name, times * most * whole, 1 + n) for n in range(repetitions)]
        for way, factor in ((name, 1), (TWICE, 2))[:times]:
            limits = factor * budgets * whole + 0.5
            found[way] = np.array([at_budgets(one, limits) for one in steps]).T
    return budgets, found


def table(budgets: np.ndarray, curves: Mapping[str, Curve], told: Sequence[int]) -> list[str]:
    """A table in Markdown: a row for each search, a column for each budget."""
    columns = [int(np.flatnonzero(budgets == budget)[0]) for budget in told if budget in budgets]
    names = [f"{budgets[place]:.0f}" for place in columns]
    lines = [f"| search | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for name, curve in curves.items():
        percents = [[f"{100 * part[at]:.2f}" for part in curve] for at in columns]
        cells = [f"{middle} ({low} to {high})" for middle, low, high in percents]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def notes(record: Any, defaults: Mapping[str, Any]) -> list[str]:
    """What to hold the table against, in sentences.

    Args:
        record: of the curves.
        defaults: the family's, for each name of the space.
    """
    from scripts.replay import JUDGED_BY

    known = record.configurations()
    reach = {str(values): record.curve(values)[JUDGED_BY][-1] for values in known}
    best = max(known, key=lambda values: reach[str(values)])
    told = ", ".join(f"{name} {value}" for name, value in best.items())
    usual = reach[str(defaults)]
    place = 1 + sum(figure > usual for figure in reach.values())
    lines = [
        f"Of the {len(known)} configurations, the best reaches {100 * max(reach.values()):.2f} % "
        f"({told}), the middle one {100 * np.median([*reach.values()]):.2f} %. The family's "
        f"defaults, with the largest width of the space, reach {100 * usual:.2f} %, place {place}."
    ]
    again = [record.seeds(values) for values in known]
    spreads = [np.std([row[JUDGED_BY][-1] for row in rows], ddof=1) for rows in again if rows]
    if spreads:
        seeds = len(next(filter(None, again)))
        lines[0] += (
            f" {len(spreads)} were trained with {seeds} seeds; the middle one of their standard "
            f"deviations is {100 * np.median(spreads):.2f} points."
        )
    return lines


def defaults_of(record: Any) -> dict[str, Any]:
    """The family's defaults for the names of the space; the largest choice where it lacks one."""
    from modules import families

    known = {one.name: one.default for one in families.load(record.family).hyperparameters}
    return {
        name: known[name] if known[name] in choices else max(choices)
        for name, choices in record.space.items()
    }


def draw(budgets: np.ndarray, curves: Mapping[str, Curve], best: float, to: Path) -> None:
    """Draws what is missing to the best configuration, by budget, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "triptych", "font.size": 10})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    colours = dict(zip(SEARCHES, _COLOURS, strict=False))
    for name, curve in curves.items():
        style, colour = ("--", colours["random"]) if name == TWICE else ("-", colours[name])
        axes.plot(budgets, 100 * (best - curve.middle), style, color=colour, label=name)
        low, high = 100 * (best - curve.high), 100 * (best - curve.low)
        axes.fill_between(budgets, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set(xscale="log", xlim=(budgets[0], budgets[-1]))
    axes.set_xlabel("budget, in whole trainings")
    axes.set_ylabel("points of accuracy below the best")
    axes.set_ylim(bottom=0)
    axes.set_xticks(TOLD, [str(one) for one in TOLD])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(to, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    lines = [line.rstrip() for line in to.read_text(encoding="utf-8").splitlines()]
    write_text(to, "\n".join(lines) + "\n")


def between(text: str, name: str, lines: Sequence[str]) -> str:
    """A text in which the lines have replaced what stood between two marks.

    Raises:
        ValueError: the marks are not there, or not once.
    """
    marks = [f"<!-- {name}: {which} -->\n" for which in ("begin", "end")]
    if [text.count(mark) for mark in marks] != [1, 1]:
        raise ValueError(f"the lines {' and '.join(map(str.strip, marks))} have to be there once")
    before, after = text.split(marks[0])[0], text.split(marks[1])[1]
    return "".join(
        [before, marks[0], "\n", *(f"{line}\n" for line in lines), "\n", marks[1], after]
    )


def main(arguments: list[str] | None = None) -> int:
    """Compares; returns 0, or 2 where that cannot be."""
    parser = argparse.ArgumentParser(
        description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", type=path_argument, default=RECORD)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    options = parser.parse_args(arguments)
    environment.configure("3")
    warnings.simplefilter("ignore")
    from scripts.compare_schedules import schedules
    from scripts.replay import JUDGED_BY, read_record

    started = time.monotonic()
    try:
        record = read_record(options.record)
        budgets, found = compare(record, options.repetitions, MOST)
        curves = {name: curve_of(figures) for name, figures in found.items()}
        best = max(record.curve(values)[JUDGED_BY][-1] for values in record.configurations())
        text = RESULTS.read_text(encoding="utf-8")
        for name, lines in (
            ("tuners", [*table(budgets, curves, TOLD), "", *notes(record, defaults_of(record))]),
            ("schedules", schedules(record)),
        ):
            sys.stdout.write("".join(f"{line}\n" for line in [*lines, ""]))
            text = between(text, name, lines)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    write_text(RESULTS, text)
    draw(budgets, curves, best, PICTURE)
    sys.stdout.write(f"{options.repetitions} repetitions, {time.monotonic() - started:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
