"""Draws with matplotlib what becomes SVG inside the page.

The page may be light or dark, which only its style knows. So a picture is drawn in colours that
stand for those of the style, and they are exchanged for its variables.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from components.results.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, LINE, PAGE = "#010101", "#020202", "#030303", "#040404"
# Told apart also by who sees few colours: after Okabe and Ito 2008, "Color Universal Design".
SERIES = tuple(f"#0500{place:02}" for place in range(1, 8))
_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAGE: "var(--page)",
    **{colour: f"var(--c{place})" for place, colour in enumerate(SERIES, 1)},
}
_DPI = 72.0  # of matplotlib's SVG: a point is a pixel
_PLAIN: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-6, 9),
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "figure.facecolor": "none",
    "path.simplify_threshold": 0.3,
}


class Picture(NamedTuple):
    """A picture in the page.

    Attributes:
        svg: markup.
        caption: what stands under it.
    """

    svg: str
    caption: str


def draw(
    name: str,
    text: str,
    paint: Callable[[Axes], None],
    width: float = 330.0,
    height: float = 220.0,
    caption: str = "",
    margins: tuple[float, float, float, float] = (52.0, 14.0, 40.0, 28.0),
) -> Picture:
    """Draws a picture of one pair of axes.

    Args:
        name: of the picture, its own within a page.
        text: what is to be seen, for who cannot see it.
        paint: draws onto the axes.
        width: pixels.
        height: pixels.
        caption: what stands under it; the text, if empty.
        margins: pixels left, right, below and above the axes.
    """
    left, right, below, above = margins
    with _style(name):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        axes = figure.add_axes(
            (left / width, below / height, 1 - (left + right) / width, 1 - (below + above) / height)
        )
        paint(axes)
        found = io.BytesIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(found, format="svg", metadata=nothing)
    svg = _clean(found.getvalue().decode("utf-8"), text, width, height)
    return Picture(svg, caption or text)


def tidy(axes: Axes, across: str = "", up: str = "", whole: bool = False) -> None:
    """Names both axes, and gives each a few numbers as the page writes them; with `whole`, whole
    ones across."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    for axis, name in ((axes.xaxis, across), (axes.yaxis, up)):
        axis.set_label_text(name)
        if axis.get_scale() == "log":
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=6))
            axis.set_minor_formatter(NullFormatter())
        else:
            axis.set_major_locator(MaxNLocator(4, integer=whole and axis is axes.xaxis))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(float(f"{value:.6g}"))))


def points(values: Sequence[float | None]) -> list[float]:
    """Numbers that can be drawn: a gap where there is none."""
    return [float("nan") if value is None else float(value) for value in values]


@contextmanager
def _style(name: str) -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context({**_PLAIN, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that its own font does not have
        yield


def _clean(svg: str, text: str, width: float, height: float) -> str:
    body = svg[svg.index("<svg") :]
    body = body[body.index(">") + 1 :]
    # Its style sheet would be the page's.
    body = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    # The letters are those of the page, whichever way the version at hand names its own.
    body = re.sub(r'font: (?:[^;"]*? )??([\d.]+px)[^;"]*', r"font-size: \1", body)
    body = re.sub(r' font-family: [^;"]*;?', "", body)
    body = re.sub(r' transform="rotate\(-0 [^"]*"', "", body)
    body = re.sub(r' (d|x|y)="([^"]*)"', _short, body)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    body = re.sub(
        r' id="([^"]*)"', lambda found: found.group(0) if found.group(1) in used else "", body
    )
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, variable)
    body = re.sub(r">\s*\n\s*<", "><", body)
    label = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">{body}'
    )


def _short(found: re.Match[str]) -> str:
    """Places to a tenth of a pixel."""
    places = re.sub(r"(\.\d)\d+", r"\1", " ".join(found.group(2).split()))
    return f' {found.group(1)}="{places}"'
