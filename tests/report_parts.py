"""The parts of made-up reports: figures that belong together, and images."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image as Pil

from components.gates import CHANGE
from components.intervals import wilson
from components.results.facts import Evaluation, Training
from components.results.inspection import (
    Answers,
    Bin,
    Inspection,
    Neighbours,
    Picture,
    Seen,
    SplitFacts,
)
from components.results.judged import BETTER, NOISE, WORSE, Paired, Threshold
from components.results.report import Image
from components.results.summary import Node

VERSIONS = {"keras": "3.15.1", "numpy": "1.26.4", "python": "3.11.7", "tensorflow": "2.16.2"}
_STROKES = {"stroke=thin": 0.2138, "stroke=regular": 0.526, "stroke=bold": 0.2602}
_BEFORE = "Evaluator/blessing/9"


def settings(family: str) -> dict[str, Any]:
    return {
        "model": family,
        "profile": "default",
        "seed": 1,
        "data": {"test_images": "all", "train_images": "all", "transposed": False},
        "dataset": {"origin": "mnist", "side": 28, "hash": "7f0ac1d6a4a32136", "names": ["0"]},
        "gates": {"accuracy": 0.99, "accuracy_drop": 0.002, "class_accuracy": 0.975},
        "training": {"epochs": 14},
        "tuner": "hyperband",
        "tuning": {"factor": 3, "images": 12_000},
    }


def nodes(family: str) -> tuple[Node, ...]:
    """Those of the local DAG, the first ones cached, one from other versions."""
    rows = [
        ("MnistExampleGen", "cached", 0.1, "train 53,860, eval 6,140, test 10,000 images", ()),
        ("StatisticsGen", "cached", 0.1, "3 splits", ("MnistExampleGen",)),
        ("CuratedSchema", "cached", 0.0, "", ()),
        ("ExampleValidator", "done", 0.1, "0 anomalies", ("StatisticsGen", "CuratedSchema")),
        ("DataGate", "done", 0.1, "the data fits its schema", ("ExampleValidator",)),
        (
            "Tuner",
            "cached",
            0.1,
            "best val_accuracy 0.9700 of 8 trials",
            ("MnistExampleGen", "DataGate"),
        ),
        (
            "Trainer",
            "done",
            140.7,
            "val_accuracy 0.9932, val_loss 0.0238",
            ("MnistExampleGen", "Tuner", "DataGate"),
        ),
        ("Baseline", "done", 0.1, "the last blessed model, Trainer/model/7", ("Trainer",)),
        (
            "ServingCheck",
            "done",
            4.2,
            "a fresh process agrees on 64 images",
            ("Trainer", "MnistExampleGen"),
        ),
        (
            "Evaluator",
            "done",
            11.9,
            f"{family} judged",
            ("MnistExampleGen", "Trainer", "Baseline", "ServingCheck"),
        ),
        ("Inspector", "done", 6.4, "16 pictures", ("Evaluator", "Trainer", "MnistExampleGen")),
        ("Pusher", "done", 0.2, "version 1795647188", ("Trainer", "Evaluator", "ServingCheck")),
    ]
    took = {"MnistExampleGen": 2.5, "StatisticsGen": 4.5, "Tuner": 125.7}
    other = {"Tuner": {"keras": "3.15.0"}}
    return tuple(
        Node(name, state, seconds, headline, after, took.get(name, seconds), other.get(name, {}))
        for name, state, seconds, headline, after in rows
    )


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
    return Paired(metric, name, count, value, before, low, high, p, "the paired bootstrap", verdict)


def training_of_classifier() -> Training:
    fall = [round(0.57 * 0.7**i + 0.02, 6) for i in range(12)]
    return _training(
        {
            "accuracy": [1 - x / 4 for x in fall],
            "loss": fall,
            "val_accuracy": [1 - x / 5 for x in fall],
            "val_loss": [x * 0.9 + 0.01 for x in fall],
        }
    )


def training_of_vae() -> Training:
    fall = [round(180 * 0.85**i + 64, 4) for i in range(30)]
    history: dict[str, list[float | None]] = {}
    for prefix, more in (("", 0.0), ("val_", 2.0)):
        history |= {
            f"{prefix}reconstruction": [x + more for x in fall],
            f"{prefix}kl": [26 - x / 20 for x in fall],
            f"{prefix}nelbo": [x + 26 - x / 20 + more for x in fall],
        }
    return _training(history)


def training_of_gan() -> Training:
    wave: list[float | None] = [1.26 + 0.05 * math.sin(i) for i in range(40)]
    return _training(
        {
            "discriminator_loss": wave,
            "generator_loss": [None if x is None else x - 0.2 for x in wave],
            "val_classes": [10.0] * 40,
            "val_frechet": [None, *(0.2 + 5 * 0.8**i for i in range(39))],
        }
    )


def _training(history: dict[str, Any]) -> Training:
    return Training(
        history=history,
        hyperparameters={"layers": 1, "learning_rate": 0.005, "stem": "conv", "pre_norm": True},
        epochs=len(next(iter(history.values()))),
        seed=1,
        parameters=58_906,
        train_images=53_860,
        eval_images=6_140,
        seconds=138.2,
    )


def inspected_classifier(classes: Sequence[str]) -> Inspection:
    bins = tuple(
        Bin(
            i / 10,
            (i + 1) / 10,
            (0, 0, 3, 9, 20, 31, 48, 77, 160, 9652)[i],
            None if i < 2 else i / 10 + 0.06,
            None if i < 2 else min(1.0, i / 10 + 0.02 + 0.01 * (i % 3)),
        )
        for i in range(10)
    )
    size = len(classes)
    mistakes = tuple(
        Seen(
            10 + i,
            classes[i % size],
            classes[(i + 3) % size],
            round(0.9999 - 0.02 * i, 4),
            round(0.0001 + 0.01 * i, 4),
            f"test-{10 + i}",
        )
        for i in range(12)
    )
    answers = Answers(bins, 0.004212, 63, mistakes, 7, mistakes[:4])
    return Inspection(
        _splits(classes), {"train, test": 2, "train, eval": 0}, {"accuracy": 0.1135}, answers
    )


def inspected_generator(classes: Sequence[str]) -> Inspection:
    return Inspection(
        _splits(classes),
        {"train, test": 0},
        {"nelbo": 206.4},
        neighbours=Neighbours(0.1432, 0.1511, 0.012, 500),
        pictures=(Picture("samples", "samples", "Samples", "ten rows of digits"),),
    )


def _splits(classes: Sequence[str]) -> tuple[SplitFacts, ...]:
    return tuple(
        SplitFacts(
            split,
            count,
            {name: count // len(classes) for name in classes},
            {
                "ink": {"mean": 0.1307, "deviation": 0.3081, "least": 0.0, "most": 1.0},
                "label": {"mean": 4.45, "deviation": 2.9, "least": 0, "most": len(classes) - 1},
            },
        )
        for split, count in (("train", 53_860), ("eval", 6_140), ("test", 10_000))
    )


def seen_images(classes: Sequence[str]) -> tuple[Image, ...]:
    seen = [
        Image("seen", f"test-{10 + i}", f"test image {10 + i}", "a digit", png(28, 28, i))
        for i in range(12)
    ]
    attention = [
        Image(
            "attention",
            f"attention-{i}",
            f"head {i + 1}",
            f"where head {i + 1} looks in the image of a {classes[i % len(classes)]}",
            png(112, 112, 20 + i),
        )
        for i in range(4)
    ]
    return (*seen, *attention)


def sampled_images(*groups: str) -> tuple[Image, ...]:
    return tuple(
        Image(
            group, f"{group}-1", f"{group} of the model", f"{group}: rows of digits", png(140, 280)
        )
        for group in ("samples", *groups, "neighbours")
    )


def png(height: int, width: int, seed: int = 0) -> str:
    """A grey picture of strokes, as base64."""
    rows, columns = np.mgrid[:height, :width]
    wave = np.sin(rows / 5 + seed) + np.cos(columns / 4 - seed)
    packed = io.BytesIO()
    Pil.fromarray((np.clip(wave, 0, 1) * 255).astype(np.uint8)).save(packed, "png", optimize=True)
    return base64.b64encode(packed.getvalue()).decode()
