"""An evaluation as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from components.gates import Record
from components.results.facts import Evaluation, Training
from components.results.summary import Node

_TEMPLATE = "page.html.j2"
_WIDTH, _HEIGHT, _MARGIN = 280.0, 100.0, 10.0  # of a curve, in pixels


class Table(NamedTuple):
    """A table's first row, and the others."""

    head: list[str]
    rows: list[list[str]]


class Curve(NamedTuple):
    """A figure over the epochs: points of SVG for training and held-out images, and a caption."""

    train: str
    held_out: str
    says: str


def render(
    title: str,
    record: Record,
    evaluation: Evaluation,
    training: Training | None,
    nodes: Sequence[Node],
) -> str:
    """Writes the page.

    Args:
        title: what was run.
        record: what the Evaluator's gates said.
        evaluation: what was measured.
        training: how the model was trained; None leaves that part out.
        nodes: those that have run.

    Returns:
        HTML; whatever it is given is text in it, never markup.
    """
    import jinja2  # only whoever makes a page needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(_TEMPLATE).render(
        title=title,
        record=record,
        evaluation=evaluation,
        slices=slice_table(evaluation),
        confusion=confusion_table(evaluation.confusion, evaluation.classes),
        training=training,
        curves=list(_curves(training)) if training else [],
        pictures=_pictures(Path(training.folder) / "pictures") if training else {},
        nodes=[[one.node, one.state, f"{one.seconds:.1f} s", one.headline] for one in nodes],
    )


def slice_table(evaluation: Evaluation) -> Table:
    """The figures that matter, of the whole and of each slice."""
    names = list(dict.fromkeys([*evaluation.headline, *evaluation.gated]))
    rows = [
        [name, *(_number(figures.get(column)) for column in ("example_count", *names))]
        for name, figures in evaluation.whole_and_slices.items()
    ]
    return Table(["slice", "examples", *(name.replace("_", " ") for name in names)], rows)


def confusion_table(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> Table:
    """A row an actual class, a column a predicted one."""
    rows = [[f"is {name}", *map(str, row)] for name, row in zip(classes, matrix, strict=False)]
    return Table(["", *(f"read as {name}" for name in classes)], rows)


def _curves(training: Training) -> Iterator[Curve]:
    history = training.history
    for name, values in history.items():
        if f"val_{name}" in history:
            yield curve(name, values, history[f"val_{name}"])


def curve(name: str, train: Sequence[float | None], held_out: Sequence[float | None]) -> Curve:
    """Draws a figure over the epochs, both lines to one scale; gaps where it is not a number."""
    drawn = [value for value in (*train, *held_out) if value is not None] or [0.0]
    low, high = min(drawn), max(drawn)
    spread = (high - low) or 1.0

    def points(values: Sequence[float | None]) -> str:
        step = _WIDTH / max(1, len(values) - 1)
        places = (
            (_MARGIN + step * i, _MARGIN + _HEIGHT * (1 - (value - low) / spread))
            for i, value in enumerate(values)
            if value is not None
        )
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

    last = [_number(values[-1]) if values else "" for values in (train, held_out)]
    says = f"{name.replace('_', ' ')}: {last[0]}, held out {last[1]}"
    return Curve(points(train), points(held_out), says)


def _pictures(folder: Path) -> dict[str, str]:
    # Of each kind the last: the others are of earlier epochs.
    found = {path.stem.partition("-epoch-")[0]: path for path in sorted(folder.glob("*.png"))}
    return {name: base64.b64encode(path.read_bytes()).decode() for name, path in found.items()}


def _number(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return str(value or "")
