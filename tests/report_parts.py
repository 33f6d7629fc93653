"""The parts of made-up reports that are no judgement: settings, nodes, a search, trainings."""

from __future__ import annotations

import math
from typing import Any

from components.results.facts import Training, Trial, Tuning
from components.results.summary import Node

VERSIONS = {"keras": "3.15.1", "numpy": "1.26.4", "python": "3.11.7", "tensorflow": "2.16.2"}


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
        epoch_seconds=(11.2, *(len(next(iter(history.values()))) - 1) * (9.1,)),
    )


def search(objective: str = "val_accuracy") -> Tuning:
    trials = [
        Trial(
            f"{i:04}",
            None if i == 7 else round(0.97 - 0.004 * i, 6),
            {
                "layers": 1 + i % 2,
                "learning_rate": (0.002, 0.003, 0.005)[i % 3],
                "stem": ("conv", "patch")[i // 4 % 2],
                "pre_norm": i % 5 != 0,
                "width": 64,
            },
            1 + i % 4,
        )
        for i in range(8)
    ]
    return Tuning(objective, trials[0].values, tuple(trials))
