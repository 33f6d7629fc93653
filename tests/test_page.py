"""An evaluation as a page: whole, alone, and safe from what it shows."""

import base64
import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from components.gates import Record
from components.results import page
from components.results.facts import Evaluation, Training
from components.results.summary import Node
from tests import results

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
EVIL = "<script>alert('x')</script>"
ESCAPED = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"
NODES = [
    Node("Trainer", "done", 12.34, "val_loss 1.0 & more"),
    Node("Evaluator", "cached", 0.1, ""),
]
YES = Record("Evaluator", True)
CLASSIFIER = dataclasses.replace(
    results.EVALUATION,
    slices={"label=1": {"accuracy": 0.8, "example_count": 12_345.0}},
    confusion=[[row + column for column in range(10)] for row in range(10)],
    classes=[*map(str, range(9)), "nine"],
)


@pytest.fixture
def training(tmp_path: Path) -> Training:
    """A history, and pictures of two epochs."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for epoch, picture in ((1, b"of an earlier epoch"), (2, PIXEL)):
        (folder / f"misread-epoch-{epoch:05}.png").write_bytes(picture)
    return dataclasses.replace(results.TRAINING, folder=str(tmp_path))


def render(
    evaluation: Evaluation = CLASSIFIER,
    training: Training | None = None,
    record: Record = YES,
    title: str = "gan, profile smoke",
    nodes: Any = (),
) -> str:
    return page.render(title, record, evaluation, training, nodes)


def test_it_needs_nothing_beside_it_and_says_all(training: Training) -> None:
    record = Record("Evaluator", False, (results.FAILURE,))
    html = render(training=training, record=record, nodes=NODES)
    assert not re.search(r"http|<script|<link|<iframe|href|@import|url\(", html)
    sources = re.findall(r"src=['\"]?([^'\" >]*)", html)
    assert sources == [f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"]
    assert 'alt="misread"' in html
    assert "<title>gan, profile smoke</title>" in html and "<h1>gan, profile smoke</h1>" in html
    assert "<td>Trainer</td><td>done</td><td>12.3 s</td><td>val_loss 1.0 &amp; more</td>" in html
    assert f"<li>{results.FAILURE}</li>" in html and "Blessed" not in html
    assert "<td>12,345</td>" in html and "<td>label=1</td>" in html
    assert html.count("read as ") == 10 and "<td>is nine</td>" in html
    assert "<td>layers</td><td>2</td>" in html
    assert "loss: 1, held out 1" in html and "rate:" not in html
    drawn = re.findall(r'points="([^"]*)"', html)
    assert [len(points.split()) for points in drawn] == [2, 3] and "None" not in html
    assert drawn[1] == "10.0,60.0 150.0,85.0 290.0,110.0"


def test_a_blessed_model_without_a_trainer_has_a_page_too() -> None:
    html = render()
    assert "Blessed: every threshold is met." in html
    assert "Training" not in html and "Refused" not in html and "Pictures" not in html


def test_a_generator_has_no_confusion_and_may_have_gaps() -> None:
    gaps = {"coverage": None, "latent_kl": [0.5, 0.0], "example_count": 100.0}
    generator = Evaluation(
        overall=gaps,
        slices={"label=0": {"coverage": 0.25, "example_count": 10.0}},
        by_class={},
        curves=[],
        confusion=[],
        classes=["0"],
        notes={},
        headline=["coverage"],
        gated=["recall", "coverage"],
    )
    html = render(generator)
    assert "Confusion" not in html and "None" not in html
    assert "<th>slice</th><th>examples</th><th>coverage</th><th>recall</th>" in html
    assert "<td>overall</td><td>100</td><td></td><td></td>" in html
    assert "<td>label=0</td><td>10</td><td>0.25</td><td></td>" in html


def test_names_from_outside_are_text_wherever_they_stand(training: Training) -> None:
    folder = Path(training.folder, "pictures")
    (folder / 'a" onload="b.png').write_bytes(PIXEL)
    failure = dataclasses.replace(results.FAILURE, metric=EVIL)
    evil = dataclasses.replace(
        CLASSIFIER,
        overall={EVIL: 1.0, "example_count": 1.0},
        slices={EVIL: {"example_count": 1.0}},
        headline=[EVIL],
        gated=[],
    )
    changed = dataclasses.replace(
        training,
        hyperparameters={EVIL: EVIL},
        history={EVIL: [1.0, 2.0], f"val_{EVIL}": [1.0, 2.0]},
    )
    html = render(
        evil,
        changed,
        record=Record("Evaluator", False, (failure,)),
        title=EVIL,
        nodes=[Node(EVIL, EVIL, 1.0, EVIL)],
    )
    assert "<script" not in html and 'onload="b' not in html
    # Title twice, failure, column, slice, hyperparameter and value, caption, and a node's three.
    assert html.count(ESCAPED) == 11


@pytest.mark.parametrize(
    ("train", "held_out", "points"),
    [([1.0], [1.0], "10.0,110.0"), ([None], [None], ""), ([], [], "")],
)
def test_a_history_of_one_epoch_or_of_nothing_that_can_be_drawn(
    train: list[float | None], held_out: list[float | None], points: str
) -> None:
    drawn = page.curve("loss", train, held_out)
    assert drawn.train == drawn.held_out == points
