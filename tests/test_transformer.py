"""The transformer family: its network, its space, its export."""

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from modules import families
from modules.contract.hyperparameters import defaults
from modules.networks.transformer import Patches, classifier
from tests import examples, models

FAMILY: Any = families.load("transformer")


def values(**changes: Any) -> dict[str, Any]:
    return {**defaults(FAMILY.hyperparameters), **changes}


def test_the_default_is_small() -> None:
    model = classifier(values())
    assert 50_000 < model.count_params() < 200_000


@pytest.mark.parametrize("point", list(itertools.product(["conv", "patch"], [1, 2], [True, False])))
def test_corners_of_the_space_give_probabilities(point: tuple[str, int, bool]) -> None:
    stem, depth, pre_norm = point
    answers = classifier(values(stem=stem, layers=depth, pre_norm=pre_norm))(
        np.zeros((3, 28, 28), np.uint8)
    ).numpy()
    assert answers.shape == (3, 10) and answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, rtol=1e-5)


def test_both_stems_are_points_of_the_space() -> None:
    [stem] = [one for one in FAMILY.hyperparameters if one.name == "stem"]
    assert set(stem.choices) == {"conv", "patch"}


def test_patches_are_cut_row_by_row() -> None:
    layer = Patches(side=7, width=49)
    layer.build((None, 28, 28, 1))
    layer.project.kernel.assign(np.eye(49))
    image = np.arange(784, dtype=np.float32).reshape(1, 28, 28, 1)
    tokens = layer(image).numpy()
    assert tokens.shape == (1, 16, 49)
    np.testing.assert_array_equal(tokens[0, 5].reshape(7, 7), image[0, 7:14, 7:14, 0])


def test_patches_that_do_not_divide_the_image_are_refused() -> None:
    with pytest.raises(ValueError, match="do not divide"):
        Patches(side=6, width=4).build((None, 28, 28, 1))


def test_positions_make_order_count() -> None:
    keras.utils.set_random_seed(1)
    model = classifier(values(stem="patch"))
    image = np.random.default_rng(1).integers(0, 255, (1, 28, 28), dtype=np.uint8)
    swapped = np.concatenate([image[:, 14:], image[:, :14]], axis=1)
    assert np.abs(model(image).numpy() - model(swapped).numpy()).max() > 1e-6


def test_it_learns_a_few_images_by_heart(mnist_dir: Path) -> None:
    images, labels = examples.cut(mnist_dir, 0, 128)
    plain = values(shift=0.0, batch_size=32)
    model = FAMILY.build(plain, total_steps=160, seed=1)
    stream = FAMILY.batches((images, labels), plain, training=True, seed=1)
    model.fit(stream, epochs=40, verbose=0)
    assert model.evaluate(images, labels, verbose=0, return_dict=True)["accuracy"] > 0.95


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second, other = (FAMILY.build(values(), 10, seed) for seed in (1, 1, 2))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    gaps = zip(first.get_weights(), other.get_weights(), strict=True)
    assert any((a != b).any() for a, b in gaps)


def test_the_export_answers_alike_in_a_session(tmp_path: Path, mnist_dir: Path) -> None:
    images, labels = examples.cut(mnist_dir, 0, 20)
    model = classifier(values())
    ask = models.asker(model, FAMILY.signatures(model, images, seed=1), tmp_path)
    requests = {
        "serving_default": {"examples": examples.records(images, labels)},
        "serving_images": {"images": images},
    }
    assert set(requests) == set(FAMILY.served)
    wanted = model(images).numpy()
    for name, inputs in requests.items():
        np.testing.assert_allclose(ask(name, **inputs)["probabilities"], wanted, atol=1e-5)
