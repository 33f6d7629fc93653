"""The evaluations of made-up reports: figures that belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from components.gates import CHANGE
from components.intervals import wilson
from components.results.facts import Evaluation
from components.results.judged import BETTER, NOISE, WORSE, Paired, Threshold

_STROKES = {"stroke=thin": 0.2138, "stroke=regular": 0.526, "stroke=bold": 0.2602}
_BEFORE = "Evaluator/blessing/9"


def classifier(classes: Sequence[str], examples: int = 10_000) -> Evaluation:
    """A confusion matrix, and all else as it follows from it or might be."""
    random = np.random.default_rng(3)
    size = len(classes)
    each = examples // size
    matrix = np.zeros((size, size), int)
    for row in range(size):
        wrong = int(each * (0.004 + 0.012 * random.random()))
        for column in random.choice([c for c in range(size) if c != row], wrong):
            matrix[row, column] += 1
        matrix[row, row] = each - wrong
    right, asked = matrix.diagonal(), matrix.sum(axis=1)
    recall, precision = right / asked, right / matrix.sum(axis=0)
    accuracy = float(right.sum() / asked.sum())
    auc = [round(0.99999 - 0.0002 * i / size, 6) for i in range(size)]
    by_class = {
        "precision": [round(float(x), 6) for x in precision],
        "recall": [round(float(x), 6) for x in recall],
        "f1": [
            round(float(2 * p * r / (p + r)), 6) for p, r in zip(precision, recall, strict=True)
        ],
        "auc": auc,
        "auc_pr": auc,
    }
    averages = {
        f"{name}_{kind}": round(sum(values) / size, 6)
        for name, values in by_class.items()
        for kind in ("macro", "micro")
    }
    slices = {
        **{f"label={name}": (float(recall[i]), int(asked[i])) for i, name in enumerate(classes)},
        **{name: (accuracy, int(examples * part)) for name, part in _STROKES.items()},
    }
    return Evaluation(
        overall={"accuracy": accuracy, "cross_entropy": 0.021185, **averages}
        | {"brier": 0.011042, "mae": 0.001893}
        | {"example_count": float(each * size)},
        slices={
            name: {"accuracy": value, "cross_entropy": 0.02, "example_count": float(count)}
            for name, (value, count) in slices.items()
        },
        by_class=by_class,
        curves=[_curve(i / size) for i in range(size)],
        confusion=matrix.tolist(),
        classes=list(classes),
        notes={},
        headline=["accuracy"],
        gated=["accuracy", "cross_entropy", "auc_macro", "precision"],
        thresholds=_thresholds(accuracy, each * size, slices),
        paired=(
            _counted("overall", each * size, accuracy, 12, 9, 0.664),
            *(_counted(name, count, value, 2, 1, 1.0) for name, (value, count) in slices.items()),
        ),
        baseline=_BEFORE,
    )


def _curve(place: float) -> list[list[float | None]]:
    rows: list[list[float | None]] = []
    for step in range(101):
        at = step / 100
        alarms = round(math.exp(-at * (9 + 3 * place)) * 0.05 if at else 1.0, 6)
        hits = round(1.0 - (0.02 + 0.02 * place) * at**3, 6)
        rows.append([at, alarms, hits, round(hits / (hits + 9 * alarms), 6)])
    return rows


def _thresholds(
    accuracy: float, examples: int, slices: dict[str, tuple[float, int]]
) -> tuple[Threshold, ...]:
    low, high = wilson(accuracy, examples)
    found = [
        Threshold(
            "accuracy",
            "accuracy",
            "overall",
            "at least",
            accuracy,
            low,
            high,
            0.98,
            examples,
            0.9937,
        ),
        Threshold(
            "cross_entropy",
            "cross_entropy",
            "overall",
            "at most",
            0.021185,
            0.0181,
            0.0243,
            0.05,
            examples,
        ),
        Threshold(
            "accuracy_drop",
            "accuracy",
            "overall",
            CHANGE,
            -0.0003,
            -0.0012,
            0.0006,
            -0.002,
            examples,
            0.994,
            words="not more than noise",
        ),
    ]
    for name, (value, count) in slices.items():
        ends = wilson(value, count)
        found.append(
            Threshold(
                "class_accuracy", "accuracy", name, "at least", value, *ends, 0.97, count, 0.99
            )
        )
    return tuple(found)


def _counted(name: str, count: int, value: float, lost: int, won: int, p: float) -> Paired:
    change = (won - lost) / count
    half = 1.96 * math.sqrt(won + lost) / count
    return Paired(
        "accuracy",
        name,
        count,
        value,
        value - change,
        change - half,
        change + half,
        p,
        "McNemar's exact test",
        NOISE,
        lost,
        won,
    )


def generator(classes: Sequence[str], nelbo: float | None = None) -> Evaluation:
    """Figures of a sampler; with `nelbo`, of an autoencoder."""
    random = np.random.default_rng(4)
    overall: dict[str, Any] = {
        "coverage": 0.9538,
        "density": 1.06382,
        "entropy": 2.300548,
        "example_count": 10_000.0,
        "floor_coverage": 0.9718,
        "floor_density": 0.9819,
        "floor_frechet": 0.058934,
        "floor_precision": 0.9392,
        "floor_recall": 0.9318,
        "frechet": 0.107417,
        "precision": 0.9377,
        "recall": 0.8978,
        "relative_coverage": 0.981478,
        "relative_frechet": 1.822673,
    }
    if nelbo:
        overall |= {"nelbo": nelbo, "kl": 25.958506, "reconstruction": 63.897732, "mse": 0.005608}
        overall |= {"latent_kl": [1.766086, 1.2, 0.4, 0.001], "active_latents": 3.0}
    for name in classes:
        overall |= {
            f"share_of_{name}": round(0.1 + 0.02 * float(random.normal()), 4),
            f"floor_share_of_{name}": round(0.1 + 0.004 * float(random.normal()), 4),
            f"precision_of_{name}": round(0.93 + 0.02 * float(random.random()), 6),
        }
    names = [f"label={name}" for name in classes] + list(_STROKES)
    slices = {
        name: {
            "coverage": round(0.94 + 0.03 * float(random.random()), 6),
            "floor_coverage": 0.9718,
            "recall": round(0.86 + 0.04 * float(random.random()), 6),
            "relative_coverage": round(0.96 + 0.03 * float(random.random()), 6),
            "example_count": 1000.0,
            **({"nelbo": round(nelbo + 6 * float(random.normal()), 6)} if nelbo else {}),
        }
        for name in names
    }
    main, bound = ("nelbo", 92.0) if nelbo else ("relative_frechet", 2.0)
    value = overall[main]
    thresholds = [
        Threshold(
            main, main, "overall", "at most", value, value * 0.98, value * 1.03, bound, 10_000
        )
    ]
    for name in (f"label={name}" for name in classes):
        value = float(slices[name]["coverage"])
        ends = wilson(value, 1000)
        thresholds.append(
            Threshold(
                "class_coverage", "coverage", name, "at least", value, *ends, 0.75, 1000, 0.95
            )
        )
    thresholds.append(
        Threshold("kl", "kl", "overall", "at least", None, None, None, 10.0, 10_000, passed=True)
    )
    paired = [_drawn("coverage", "overall", 10_000, 0.9538, 0.9512, -0.0011, 0.0063, 0.19, NOISE)]
    if nelbo:
        paired.insert(
            0, _drawn("nelbo", "overall", 10_000, nelbo, nelbo - 0.9, 0.6, 1.2, 0.0002, WORSE)
        )
        paired += [
            _drawn("nelbo", name, 1000, 90.0, 91.0, -1.4, -0.6, 0.001, BETTER) for name in names
        ]
    return Evaluation(
        overall=overall,
        slices=slices,
        by_class={},
        curves=[],
        confusion=[],
        classes=list(classes),
        notes={"judge": "c3ec60e2ac1af292", "judge_accuracy": 0.9896},
        headline=["nelbo", "coverage"] if nelbo else ["relative_frechet", "relative_coverage"],
        gated=[main, "coverage", "kl"],
        thresholds=tuple(thresholds),
        paired=tuple(paired),
        baseline=_BEFORE,
    )


def _drawn(
    metric: str,
    name: str,
    count: int,
    value: float,
    before: float,
    low: float,
    high: float,
    p: float,
    verdict: str,
) -> Paired:
    return Paired(metric, name, count, value, before, low, high, p, "paired bootstrap", verdict)
