"""Points of several classes in a plane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_INCHES, _DPI = 4.2, 100
_LONGEST = 12  # of a name, in characters


def scatter(points: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Draws points, and the name of each class at the median of its own.

    Args:
        points: (N, 2).
        labels: integers, (N,).
        names: of the classes; they are shown as they are, whatever they hold.

    Returns:
        uint8, (height, width, 3).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_INCHES, _INCHES), dpi=_DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    # Not smoothed: with few colours the file is small.
    axes.scatter(
        *(points[:, 0], points[:, 1], 5, labels),
        cmap="cividis",
        marker="s",
        linewidths=0,
        antialiased=False,
    )
    for label in np.unique(labels):
        across, up = np.median(points[labels == label], axis=0)
        axes.text(
            *(across, up, names[label][:_LONGEST]),
            ha="center",
            va="center",
            fontsize=9,
            parse_math=False,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "black"},
        )
    axes.set_xlabel("latent 1")
    axes.set_ylabel("latent 2")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
