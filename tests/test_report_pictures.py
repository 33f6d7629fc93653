"""Pictures of a report: what they draw at their edges, and what they do not let through."""

import math
import re

import pytest

from components.results.facts import Trial
from components.results.inspection import Bin
from components.results.pictures import calibration, classes, curves, dag, history, trials
from components.results.pictures.draw import Picture
from components.results.summary import Node

EVIL = "</svg><script>$\\alpha$_{x} & _"


def texts(picture: Picture) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)


def test_a_picture_is_markup_of_one_element_whose_colours_are_the_style_s() -> None:
    drawn = history.history("loss", [3.0, 2.0], [3.5, 2.5])
    assert drawn.svg.startswith('<svg role="img" aria-label="Over the epochs, loss at the end: ')
    assert drawn.svg.count("<svg") == drawn.svg.count("</svg>") == 1
    assert not re.search(r"<style|<metadata|<\\?xml|<!|http|#[0-9a-f]{6}\\b", drawn.svg)
    assert "var(--c1)" in drawn.svg and "var(--muted)" in drawn.svg
    assert drawn.caption == "loss at the end: train 2, held out 2.5."
    assert drawn == history.history("loss", [3.0, 2.0], [3.5, 2.5])


def test_two_pictures_share_no_id() -> None:
    one, other = (history.history(name, [3.0, 2.0], []) for name in ("loss", "accuracy"))
    ids = [set(re.findall(r' id="([^"]+)"', picture.svg)) for picture in (one, other)]
    assert ids[0] and not ids[0] & ids[1]


def test_names_are_text_in_a_picture() -> None:
    drawn = trials.scatter(
        EVIL, EVIL, [Trial("0", 0.5, {EVIL: EVIL}), Trial("1", 0.4, {EVIL: "b"})]
    )
    assert "<script" not in drawn.svg and drawn.svg.count("</svg>") == 1
    assert "&lt;/svg&gt;&lt;script&gt;$\\alpha$_{x} &amp; _" in texts(drawn)


@pytest.mark.parametrize(
    ("train", "held_out", "shown"),
    [
        ([1.0], [1.0], "train 1, held out 1"),
        ([None, 0.5], [], "train 0.5"),
        ([None], [None], "train –, held out –"),
        ([0.0, 0.0], [-1.0, 5.0], "train 0, held out 5"),
        ([500.0, 0.1], [600.0, 0.2], "logarithmic scale"),
        ([float(i) for i in range(5_000)], [], "train 4,999"),
    ],
)
def test_any_history_can_be_drawn(
    train: list[float | None], held_out: list[float | None], shown: str
) -> None:
    drawn = history.history("loss", train, held_out)
    assert shown in drawn.caption and len(drawn.svg) < 20_000
    assert "nan" not in drawn.svg


def test_curves_that_were_left_out_are_told() -> None:
    rows = [[t / 10, math.exp(-t), 1 - (t / 10) ** 4, 0.9] for t in range(11)]
    drawn = curves.roc([rows, [], rows], ["a", "_b", "c"], [0.9, None, 0.8])
    assert "the 2 classes with the least area" in drawn.caption
    assert [name.strip() for name in texts(drawn) if name.strip() in ("a", "_b", "c")] == ["a", "c"]
    whole = curves.precision_recall([rows], ["_a"], [0.9])
    assert "each class" in whole.caption and "_a" in [name.strip() for name in texts(whole)]
    assert curves.roc([[]], ["a"], [None]).svg


def test_bins_without_an_example_are_no_points() -> None:
    bins = [Bin(0.0, 0.5, 0, None, None), Bin(0.5, 1.0, 10, 0.9, 0.7)]
    assert "sure of 90.00" in calibration.reliability(bins).caption
    assert "Widest" not in calibration.reliability(bins[:1]).caption


def test_only_what_was_searched_for_is_drawn() -> None:
    tried = [
        Trial("0", 0.9, {"layers": 1, "rate": 1e-4, "stem": "conv"}),
        Trial("1", None, {"layers": 1, "rate": 1e-2, "stem": "conv"}),
        Trial("2", 0.8, {"layers": 1, "rate": 1e-2, "stem": "patch", "late": 3}),
    ]
    assert trials.searched(tried) == ["rate", "stem"]
    assert trials.scatter("rate", "val_accuracy", tried).caption.endswith("best with 0.0001.")
    assert "of 0 trials" in trials.scatter("rate", "val_accuracy", tried[1:2]).caption


def test_a_histogram_says_its_ends() -> None:
    drawn = classes.histogram(["a", "b"], [0.25, 0.75], [0.5, None])
    assert "from 25.00\N{NO-BREAK SPACE}% (a) to 75.00\N{NO-BREAK SPACE}% (b)" in drawn.caption
    assert classes.histogram(["a"], [None], [None]).svg


def test_a_histogram_of_a_thousand_classes_is_small() -> None:
    shares = [(i % 7) / 3_000 for i in range(1_000)]
    drawn = classes.histogram([str(i) for i in range(1_000)], shares, shares)
    assert len(drawn.svg) < 100_000


def test_a_confusion_of_many_classes_is_one_image() -> None:
    matrix = [[5 if i == j else (i * j) % 2 for j in range(60)] for i in range(60)]
    drawn = classes.heat(matrix)
    assert drawn.svg.count("data:image/png;base64,") == 1 and len(drawn.svg) < 20_000


def node(name: str, *after: str) -> Node:
    return Node(name, "done", 1.0, "", after)


def test_a_node_is_below_all_that_it_comes_after() -> None:
    nodes = [node("a"), node("b", "a"), node("c", "a", "b"), node("d", "a", "c", "gone")]
    graph = dag.lay_out(nodes)
    tops = [box.y for box in graph.boxes]
    assert tops == sorted(tops) and len(set(tops)) == 4
    assert len(graph.edges) == 3  # those that a longer way implies are left out
    assert all(0 <= box.x and box.x + dag.WIDTH <= graph.width for box in graph.boxes)
    assert max(tops) + dag.HEIGHT <= graph.height


def test_boxes_of_a_layer_are_side_by_side_and_long_edges_pass_beside_them() -> None:
    nodes = [node("a"), node("s"), node("b", "a"), node("c", "b", "s")]
    graph = dag.lay_out(nodes)
    boxes = {box.name: box for box in graph.boxes}
    assert boxes["a"].y == boxes["s"].y
    assert abs(boxes["a"].x - boxes["s"].x) >= dag.WIDTH
    [passing] = [edge for edge in graph.edges if "V" in edge]
    at = float(re.search(r" ([\d.]+) [\d.]+V", passing).group(1))  # type: ignore[union-attr]
    assert not boxes["b"].x <= at <= boxes["b"].x + dag.WIDTH


def test_a_circle_of_nodes_or_none_at_all_does_no_harm() -> None:
    assert dag.lay_out([]).boxes == ()
    assert len(dag.lay_out([node("a", "b"), node("b", "a"), node("c", "c")]).boxes) == 3
