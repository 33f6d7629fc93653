"""Profiles: for each family and each size of run, values that were measured to work together.

A family exists for the pipeline when it has profiles here; its code is in modules/FAMILY.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from modules.contract.profile import PROFILE_NAMES as PROFILE_NAMES
from modules.contract.profile import Data, Profile, Training, Tuning

PROFILES: Mapping[str, Mapping[str, Profile]] = {
    "transformer": {
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            tuning=Tuning(max_epochs=1, factor=3, max_trials=1, images=2_000),
            training=Training(epochs=6),
            gates={
                "accuracy": 0.93,
                "digit_accuracy": 0.80,
                "stroke_accuracy": 0.85,
                "cross_entropy": 0.30,
                "auc": 0.99,
                "accuracy_drop": 0.002,
            },
        ),
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=4, factor=3, max_trials=5, images=12_000),
            training=Training(epochs=12),
            gates={
                "accuracy": 0.990,
                "digit_accuracy": 0.975,
                "stroke_accuracy": 0.980,
                "cross_entropy": 0.05,
                "auc": 0.999,
                "accuracy_drop": 0.002,
            },
        ),
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=6, factor=3, max_trials=10, images=20_000),
            training=Training(epochs=40),
            gates={
                "accuracy": 0.994,
                "digit_accuracy": 0.985,
                "stroke_accuracy": 0.985,
                "cross_entropy": 0.04,
                "auc": 0.999,
                "accuracy_drop": 0.001,
            },
            # A wider network and stronger changes of the images, which need the longer training.
            hyperparameters={"layers": 2, "features": 96, "hidden": 192, "turn": 10, "zoom": 0.1},
        ),
    },
    "vae": {
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            tuning=Tuning(max_epochs=1, factor=3, max_trials=1, images=2_000),
            training=Training(epochs=20),
            gates={
                "nelbo": 125.0,
                "digit_nelbo": 160.0,
                "kl": 5.0,
                "mse": 0.025,
                "ink_auc": 0.97,
                "coverage": 0.15,
                "digit_coverage": 0.03,
                "nelbo_rise": 1.0,
            },
        ),
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=3, factor=3, max_trials=3, images=12_000),
            training=Training(epochs=90),
            gates={
                "nelbo": 92.0,
                "digit_nelbo": 125.0,
                "kl": 10.0,
                "mse": 0.015,
                "ink_auc": 0.99,
                "coverage": 0.25,
                "digit_coverage": 0.10,
                "nelbo_rise": 0.5,
            },
            # Not searched for: short trials prefer what learns first, not what learns most.
            hyperparameters={"latent": 20, "layers": 2, "activation": "gelu"},
        ),
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=9, factor=3, max_trials=5, images=20_000),
            training=Training(epochs=300),
            gates={
                "nelbo": 89.0,
                "digit_nelbo": 110.0,
                "kl": 10.0,
                "mse": 0.010,
                "ink_auc": 0.99,
                "coverage": 0.50,
                "digit_coverage": 0.40,
                "nelbo_rise": 0.3,
            },
            hyperparameters={"latent": 32, "layers": 2, "activation": "gelu"},
        ),
    },
    "gan": {
        "smoke": Profile(
            data=Data(train_images=6_000, test_images=2_000),
            tuning=Tuning(max_epochs=1, factor=3, max_trials=1, images=2_000),
            training=Training(epochs=36),
            gates={
                "relative_frechet": 9.0,
                "relative_coverage": 0.40,
                "digit_coverage": 0.15,
                "digit_recall": 0.50,
                "precision": 0.55,
                "coverage": 0.40,
                "coverage_drop": 0.05,
                "share": 0.03,
            },
            hyperparameters={"average": 0.99, "learning_rate": 1e-3, "batch_size": 32},
        ),
        "default": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=3, factor=3, max_trials=4, images=8_000),
            training=Training(epochs=40),
            gates={
                "relative_frechet": 2.0,
                "relative_coverage": 0.85,
                "digit_coverage": 0.75,
                "digit_recall": 0.75,
                "precision": 0.75,
                "coverage": 0.80,
                "coverage_drop": 0.02,
                "share": 0.06,
            },
            # Not searched for: a smaller rate or more dropout wins short trials and ends behind.
            hyperparameters={"learning_rate": 1e-3, "units": 384, "dropout": 0.0, "r1": 0.3},
        ),
        "full": Profile(
            data=Data(),
            tuning=Tuning(max_epochs=9, factor=3, max_trials=10, images=20_000),
            training=Training(epochs=60),
            gates={
                "relative_frechet": 2.0,
                "relative_coverage": 0.92,
                "digit_coverage": 0.85,
                "digit_recall": 0.75,
                "precision": 0.75,
                "coverage": 0.90,
                "coverage_drop": 0.02,
                "share": 0.07,
            },
            hyperparameters={"learning_rate": 1e-3, "units": 512, "dropout": 0.0, "r1": 0.5},
        ),
    },
}
FAMILIES = tuple(PROFILES)
