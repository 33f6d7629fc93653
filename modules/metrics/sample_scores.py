"""Figures of a sampler, from the facts about test images that `samples` makes. NumPy only.

The names of the figures are told without a framework, since a family declares its gates by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

_SLICED = ("coverage", "floor_coverage", "relative_coverage", "recall", "floor_recall")
OVERALL = (
    "frechet",
    "floor_frechet",
    "relative_frechet",
    "precision",
    "floor_precision",
    "density",
    "floor_density",
    "entropy",
    "floor_entropy",
)
OF_CLASS = ("share", "floor_share", "precision")  # each, as FIGURE_of_NAME, of every class
FIGURES = (*_SLICED, *OVERALL)
BY_JUDGE = tuple(dict.fromkeys((*FIGURES, *OF_CLASS)))
SIGHT = "features"  # the fact that is what the judge sees in the real image


def sample_figures(facts: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, float]:
    """FIGURES of a slice, and OF_CLASS of every class.

    OF_CLASS and OVERALL are about the samples, which have nothing to do with the image that they
    travel with: they mean something for the whole test split alone.

    Args:
        facts: about the slice's images.
        names: of the classes.
    """
    from modules.metrics.frechet import frechet_distance
    from modules.metrics.manifolds import NEIGHBOURS

    found: dict[str, float] = {}
    for name, prefix in (("generated", ""), ("floor", "floor_")):
        classes, balls = facts[f"{name}_class"].reshape(-1), facts[f"{name}_balls"].reshape(-1)
        shares = np.bincount(classes, minlength=len(names)) / len(classes)
        found |= {
            f"{prefix}coverage": float(facts[f"{name}_covers"].mean()),
            f"{prefix}recall": float(facts[f"{name}_recalls"].mean()),
            f"{prefix}frechet": frechet_distance(facts[f"{name}_features"], facts["features"]),
            f"{prefix}precision": float((balls > 0).mean()),
            f"{prefix}density": float(balls.mean() / NEIGHBOURS),
            f"{prefix}entropy": float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum()),
        }
        for number, called in enumerate(names):
            found[f"{prefix}share_of_{called}"] = float(shares[number])
            if not prefix:
                found[f"precision_of_{called}"] = _mean(balls[classes == number] > 0)
    found["relative_coverage"] = _ratio(found["coverage"], found["floor_coverage"])
    found["relative_frechet"] = _ratio(found["frechet"], found["floor_frechet"])
    return found


def each_covered(facts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Those of FIGURES that count test images, of each of them: floats (N,), 0 or 1."""
    return {
        "coverage": facts["generated_covers"].reshape(-1),
        "recall": facts["generated_recalls"].reshape(-1),
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(value: float, floor: float) -> float:
    return value / floor if floor else float("nan")
