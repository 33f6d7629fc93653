"""The graph of a run's nodes, in layers from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from components.results.numbers import duration
from components.results.summary import Node

WIDTH, HEIGHT = 158, 44  # of a box, in pixels
_ACROSS, _DOWN, _EDGE = 22, 34, 6


class Box(NamedTuple):
    """A node's box: its upper left corner, and its lines of text."""

    x: float
    y: float
    name: str
    more: str
    state: str


class Graph(NamedTuple):
    """Boxes, and the curves between them as SVG paths."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    edges: tuple[str, ...]


def lay_out(nodes: Sequence[Node]) -> Graph:
    """Places each node one layer below the lowest that it comes after.

    An edge is left out where a longer way says the same (transitive reduction).
    """
    names = {node.node for node in nodes}
    after = {node.node: [name for name in node.after if name in names] for node in nodes}
    layer = _layers(after)
    rows: dict[int, list[str]] = {}
    for node in nodes:
        rows.setdefault(layer[node.node], []).append(node.node)
    widest = max(map(len, rows.values()), default=0)
    width = widest * (WIDTH + _ACROSS) - _ACROSS + 2 * _EDGE
    place: dict[str, tuple[float, float]] = {}
    for row, held in rows.items():
        # Below the middle of what they come after, so that edges cross little.
        if row:
            held.sort(key=lambda name: _middle([place[one][0] for one in after[name]]))
        left = (width - len(held) * (WIDTH + _ACROSS) + _ACROSS) / 2
        for column, name in enumerate(held):
            place[name] = (left + column * (WIDTH + _ACROSS), _EDGE + row * (HEIGHT + _DOWN))
    boxes = tuple(Box(*place[node.node], node.node, _more(node), node.state) for node in nodes)
    edges = tuple(
        _curve(place[one], place[name])
        for name in after
        for one in after[name]
        if not _implied(one, name, after)
    )
    height = len(rows) * (HEIGHT + _DOWN) - _DOWN + 2 * _EDGE
    return Graph(width, height, boxes, edges)


def _more(node: Node) -> str:
    if node.state == "cached":
        return f"cached, was {duration(node.took)}" if node.took else "cached"
    return f"{node.state}, {duration(node.seconds)}"


def _layers(after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    layer = dict.fromkeys(after, 0)
    for _ in after:  # longest ways have as many edges at most; a circle would not end otherwise
        for name, before in after.items():
            layer[name] = max([min(layer[one] + 1, len(after)) for one in before], default=0)
    used = {row: place for place, row in enumerate(sorted(set(layer.values())))}
    return {name: used[row] for name, row in layer.items()}


def _implied(one: str, name: str, after: Mapping[str, Sequence[str]]) -> bool:
    """Whether a way from one node to another leads through a third."""
    waiting = [other for other in after[name] if other != one]
    seen: set[str] = set()
    while waiting:
        other = waiting.pop()
        if other == one:
            return True
        if other not in seen and other != name:
            seen.add(other)
            waiting += after[other]
    return False


def _middle(places: Sequence[float]) -> float:
    return sum(places) / len(places) if places else 0.0


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    x, y = start[0] + WIDTH / 2, start[1] + HEIGHT
    to_x, to_y = end[0] + WIDTH / 2, end[1]
    bend = (to_y - y) / 2
    places = ((x, y + bend), (to_x, to_y - bend), (to_x, to_y))
    return f"M{x:.1f} {y:.1f}C" + " ".join(f"{across:.1f} {down:.1f}" for across, down in places)
