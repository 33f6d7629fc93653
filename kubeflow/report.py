"""A run's evaluation as one HTML page that needs nothing beside it, as KFP's UI wants it."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modules import families
from pipeline.results import read_training
from pipeline.settings import Settings
from pipeline.summary import Finished
from pipeline.verdict import Failure

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd }
td:first-child, th:first-child { text-align: left; white-space: nowrap }
.refused { color: #a40000 } .blessed { color: #206020 }
img { image-rendering: pixelated; margin: .5em 1em .5em 0 }
"""


def report_page(
    finished: Sequence[Finished],
    settings: Settings,
    evaluation: Mapping[str, Any],
    failures: Sequence[Failure],
) -> str:
    """Writes the page.

    Args:
        finished: the nodes so far, the Trainer among them.
        settings: of the run.
        evaluation: see read_evaluation.
        failures: the thresholds that were not met; none when the model is blessed.

    Returns:
        HTML.
    """
    trainer = next((n.outputs for n in finished if n.outcome.node_id == "Trainer"), None)
    title = f"{settings.family}, profile {settings.profile}, seed {settings.seed}"
    parts = [_verdict(failures), *_slices(evaluation, settings.family)]
    parts += _confusion(evaluation["confusion"])
    if trainer:
        parts += _training(read_training(trainer))
        parts += _pictures(Path(trainer["model_run"][0].uri) / "pictures")
    parts += _nodes(finished)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{_text(title)}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{_text(title)}</h1>{''.join(parts)}</body></html>"
    )


def _verdict(failures: Sequence[Failure]) -> str:
    if not failures:
        return "<p class='blessed'>Blessed: every threshold is met.</p>"
    items = "".join(f"<li>{_text(failure)}</li>" for failure in failures)
    return f"<p class='refused'>Refused:</p><ul class='refused'>{items}</ul>"


def _slices(evaluation: Mapping[str, Any], family: str) -> list[str]:
    chosen = families.load(family).EVALUATION
    gated = [gate.figure for gate in chosen.gates]
    names = list(dict.fromkeys([*chosen.headline, *gated]))
    slices = {"overall": evaluation["overall"], **evaluation["slices"]}
    rows = [
        [name, *(_number(figures.get(column)) for column in ("example_count", *names))]
        for name, figures in slices.items()
    ]
    head = ["slice", "examples", *(name.replace("_", " ") for name in names)]
    return ["<h2>Test images, by slice</h2>", _table(head, rows)]


def _confusion(matrix: Sequence[Sequence[int]]) -> list[str]:
    if not matrix:
        return []
    rows = [[f"is {digit}", *map(str, row)] for digit, row in enumerate(matrix)]
    head = ["", *(f"read as {digit}" for digit in range(len(matrix)))]
    return ["<h2>Confusion</h2>", _table(head, rows)]


def _training(training: Mapping[str, Any]) -> list[str]:
    history = training["history"]
    curves = {name: values for name, values in history.items() if f"val_{name}" in history}
    pictures = [_curve(name, values, history[f"val_{name}"]) for name, values in curves.items()]
    values = sorted(training["hyperparameters"].items())
    return ["<h2>Training</h2>", *pictures, _table(["hyperparameter", "value"], values)]


def _curve(name: str, train: Sequence[float], held_out: Sequence[float]) -> str:
    """Two lines over the epochs: training grey, held-out images blue."""
    drawn = [value for value in (*train, *held_out) if math.isfinite(value)] or [0.0]
    low, high = min(drawn), max(drawn)
    spread = (high - low) or 1.0

    def points(values: Sequence[float]) -> str:
        step = 280 / max(1, len(values) - 1)
        places = (
            (10 + step * i, 110 - 100 * (v - low) / spread)
            for i, v in enumerate(values)
            if math.isfinite(v)
        )
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)

    lines = "".join(
        f"<polyline fill='none' stroke='{colour}' points='{points(values)}'/>"
        for colour, values in (("#999", train), ("#2050c0", held_out))
    )
    says = f"{name.replace('_', ' ')}: {_number(train[-1])}, held out {_number(held_out[-1])}"
    return (
        f"<figure style='display:inline-block;margin:0 1em 0 0'><svg width='300' height='120'>"
        f"{lines}</svg><figcaption>{_text(says)}</figcaption></figure>"
    )


def _pictures(folder: Path) -> list[str]:
    # Of each kind the last: the others are of earlier epochs.
    found = {path.stem.partition("-epoch-")[0]: path for path in sorted(folder.glob("*.png"))}
    if not found:
        return []
    images = (
        f"<img alt='{_text(name)}' title='{_text(name)}' src='data:image/png;base64,"
        f"{base64.b64encode(path.read_bytes()).decode()}'>"
        for name, path in found.items()
    )
    return ["<h2>Pictures</h2>", *images]


def _nodes(finished: Iterable[Finished]) -> list[str]:
    rows = [
        [n.outcome.node_id, n.outcome.state, f"{n.outcome.seconds:.1f} s", n.figure]
        for n in finished
    ]
    return ["<h2>Nodes</h2>", _table(["node", "state", "time", ""], rows)]


def _table(head: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    top = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _number(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return str(value or "")


def _text(value: Any) -> str:
    return html.escape(str(value))
