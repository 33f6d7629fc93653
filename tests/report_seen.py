"""What was seen in the models of made-up reports, and images."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image as Pil

from components.results.inspection import (
    Answers,
    Bin,
    Inspection,
    Neighbours,
    Picture,
    Seen,
    SplitFacts,
)
from components.results.report import Image


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
