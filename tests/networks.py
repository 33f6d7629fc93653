"""Small networks of each family, for what is not about how well they learn."""

from typing import Any

from modules import families
from modules.contract.hyperparameters import resolve
from tests.datasets import MNIST

SMALL: dict[str, dict[str, Any]] = {
    "transformer": {"width": 16, "hidden": 16, "heads": 2, "layers": 1, "batch_size": 128},
    "vae": {"units": 16, "layers": 1, "latent": 2},
    "gan": {"units": 8, "generator_layers": 1, "latent": 8, "tries": 1, "batch_size": 128},
}


def small(name: str) -> dict[str, Any]:
    """All hyperparameters of a small network of that family."""
    return resolve(families.load(name)(MNIST).hyperparameters, None, SMALL[name])
