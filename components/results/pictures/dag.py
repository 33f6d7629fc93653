"""The graph of a run's nodes, in layers from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from components.results.numbers import duration
from components.results.summary import Node

WIDTH, HEIGHT = 158, 44  # of a box, in pixels
_LANE = 8  # of an edge that passes a layer
_ACROSS, _DOWN, _EDGE = 22, 34, 6

# A place in a layer: a node's name, or an edge that passes, as the names of both its ends.
_Key = str | tuple[str, str]
_After = Mapping[str, Sequence[str]]


class Box(NamedTuple):
    """A node's box: its upper left corner, and its lines of text."""

    x: float
    y: float
    name: str
    more: str
    state: str


class Graph(NamedTuple):
    """Boxes, and the lines between them as SVG paths."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    edges: tuple[str, ...]


def lay_out(nodes: Sequence[Node]) -> Graph:
    """Places each node one layer below the lowest that it comes after.

    An edge is left out where a longer way says the same (transitive reduction); one that passes a
    layer has a place in it (Sugiyama et al. 1981).
    """
    names = {node.node for node in nodes}
    whole = {node.node: [name for name in node.after if name in names] for node in nodes}
    after = {
        name: [one for one in before if not _implied(one, name, whole)]
        for name, before in whole.items()
    }
    layer = _layers(after)
    rows = _rows(after, layer)
    width = max(map(_width, rows), default=0.0)
    middle: list[dict[_Key, float]] = []
    for row, keys in enumerate(rows):
        if row:
            keys.sort(key=lambda key: _pull(key, after, middle[row - 1]))
        left = (width - _width(keys)) / 2 + _EDGE
        middle.append({})
        for key in keys:
            middle[row][key] = left + _size(key) / 2
            left += _size(key) + _ACROSS
    boxes = tuple(
        Box(
            middle[layer[node.node]][node.node] - WIDTH / 2,
            _top(layer[node.node]),
            node.node,
            _more(node),
            node.state,
        )
        for node in nodes
    )
    edges = tuple(_path(one, name, layer, middle) for name in after for one in after[name])
    return Graph(width + 2 * _EDGE, _top(len(rows)) - _DOWN + _EDGE, boxes, edges)


def _more(node: Node) -> str:
    if node.state == "cached":
        return f"cached, was {duration(node.took)}" if node.took else "cached"
    return f"{node.state}, {duration(node.seconds)}"


def _layers(after: _After) -> dict[str, int]:
    layer = dict.fromkeys(after, 0)
    for _ in after:  # the longest way has no more edges; a circle would not end otherwise
        for name, before in after.items():
            layer[name] = max([min(layer[one] + 1, len(after)) for one in before], default=0)
    used = {row: place for place, row in enumerate(sorted(set(layer.values())))}
    return {name: used[row] for name, row in layer.items()}


def _rows(after: _After, layer: Mapping[str, int]) -> list[list[_Key]]:
    rows: list[list[_Key]] = [[] for _ in range(1 + max(layer.values(), default=-1))]
    for name in after:
        rows[layer[name]].append(name)
    for name, before in after.items():
        for one in before:
            for row in range(layer[one] + 1, layer[name]):
                rows[row].append((one, name))
    return rows


def _size(key: _Key) -> float:
    return WIDTH if isinstance(key, str) else _LANE


def _width(keys: Sequence[_Key]) -> float:
    return sum(_size(key) + _ACROSS for key in keys) - _ACROSS


def _top(row: int) -> float:
    return _EDGE + row * (HEIGHT + _DOWN)


def _pull(key: _Key, after: _After, above: Mapping[_Key, float]) -> float:
    """Where a place would like to be: below the middle of what it comes after."""
    if isinstance(key, str):
        wanted = [above.get(one, above.get((one, key))) for one in after[key]]
    else:
        wanted = [above.get(key[0], above.get(key))]
    known = [place for place in wanted if place is not None]
    return sum(known) / len(known) if known else 0.0


def _implied(one: str, name: str, after: _After) -> bool:
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


def _path(
    one: str, name: str, layer: Mapping[str, int], middle: Sequence[Mapping[_Key, float]]
) -> str:
    return "".join(_pieces(one, name, layer, middle))


def _pieces(
    one: str, name: str, layer: Mapping[str, int], middle: Sequence[Mapping[_Key, float]]
) -> Iterator[str]:
    x = middle[layer[one]][one]
    yield f"M{x:.1f} {_top(layer[one]) + HEIGHT:.1f}"
    for row in range(layer[one] + 1, layer[name] + 1):
        to = middle[row][name if row == layer[name] else (one, name)]
        top = _top(row)
        bend = top - _DOWN / 2
        yield f"C{x:.1f} {bend:.1f} {to:.1f} {bend:.1f} {to:.1f} {top:.1f}"
        if row < layer[name]:
            yield f"V{top + HEIGHT:.1f}"
        x = to
