"""The transformer family: its network, its space, its export."""

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy import special

from modules import families
from modules.contract.hyperparameters import defaults
from modules.data.dataset import SIDES
from modules.kinds.classifier import classifier_signatures
from modules.networks.attention import EncoderLayer
from modules.networks.transformer import Patches, attention_weights, classifier, tokens_of
from tests import datasets, examples, models

FAMILY: Any = families.load("transformer")(datasets.MNIST)
STEMS = ("conv", "patch")


def values(**changes: Any) -> dict[str, Any]:
    return {**defaults(FAMILY.hyperparameters), **changes}


@pytest.mark.parametrize(("stem", "parameters"), [("conv", 92_378), ("patch", 71_946)])
def test_mnists_networks_are_those_that_the_profiles_were_tried_with(
    stem: str, parameters: int
) -> None:
    model = classifier(values(stem=stem), 28, 10)
    assert model.count_params() == parameters
    [positions] = [layer for layer in model.layers if layer.name.startswith("positions")]
    assert positions.table.shape == (16, 64)


@pytest.mark.parametrize("stem", STEMS)
def test_at_every_side_the_encoder_sees_9_to_64_tokens(stem: str) -> None:
    found = {}
    for side in range(SIDES[0], SIDES[1] + 1):
        tokens = tokens_of(keras.Input((side, side, 1)), stem, 8)
        assert tokens.shape[2] == 8
        found[side] = tokens.shape[1]
    assert len(found) == 57 and found[28] == 16
    assert 9 <= min(found.values()) and max(found.values()) <= 64
    assert {side: round(count**0.5) ** 2 for side, count in found.items()} == found


@pytest.mark.parametrize("width", [1, 2, 64])
def test_a_conv_stem_gets_wider_while_the_image_gets_smaller(width: int) -> None:
    images = keras.Input((64, 64, 1))
    model = keras.Model(images, tokens_of(images, "conv", width))
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in layers] == [max(1, width // n) for n in (8, 4, 2, 1)]


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize(("side", "classes"), [(8, 2), (9, 3), (11, 10), (13, 26), (31, 47)])
def test_any_side_and_any_number_of_classes_learn(side: int, classes: int, stem: str) -> None:
    check_that_it_learns(side, classes, stem)


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize(("side", "classes"), [(10, 4), (28, 100), (32, 26), (61, 10), (64, 100)])
def test_larger_ones_do_as_well(side: int, classes: int, stem: str) -> None:
    check_that_it_learns(side, classes, stem)


def check_that_it_learns(side: int, classes: int, stem: str) -> None:
    """Asks a network for probabilities, and whether a step changes every weight."""
    keras.utils.set_random_seed(1)
    model = classifier(values(stem=stem, width=16, hidden=8), side, classes)
    images = np.random.default_rng(1).integers(0, 256, (7, side, side), dtype=np.uint8)
    answers = model(images).numpy()
    assert answers.shape == (7, classes) and answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, rtol=1e-5)
    before = [(weight.path, np.array(weight)) for weight in model.trainable_variables]
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    model.train_on_batch(images, np.arange(7) % classes)
    after = zip(before, model.trainable_variables, strict=True)
    still = [path for (path, old), new in after if (old == new).all()]
    assert all("key/bias" in path for path in still)  # which the softmax takes out


@pytest.mark.parametrize("point", list(itertools.product(STEMS, [1, 2], [True, False])))
def test_corners_of_the_space_give_probabilities(point: tuple[str, int, bool]) -> None:
    stem, depth, pre_norm = point
    model = classifier(values(stem=stem, layers=depth, pre_norm=pre_norm), 28, 10)
    answers = model(np.zeros((3, 28, 28), np.uint8)).numpy()
    assert answers.shape == (3, 10) and answers.dtype == np.float32
    np.testing.assert_allclose(answers.sum(axis=1), 1.0, rtol=1e-5)


def test_both_stems_are_points_of_the_space() -> None:
    [stem] = [one for one in FAMILY.hyperparameters if one.name == "stem"]
    assert set(stem.choices) == set(STEMS)


def test_patches_are_cut_row_by_row() -> None:
    layer = Patches(side=7, width=49)
    layer.build((None, 28, 28, 1))
    layer.project.kernel.assign(np.eye(49))
    image = np.arange(784, dtype=np.float32).reshape(1, 28, 28, 1)
    tokens = layer(image).numpy()
    assert tokens.shape == (1, 16, 49)
    np.testing.assert_array_equal(tokens[0, 5].reshape(7, 7), image[0, 7:14, 7:14, 0])


def test_an_image_that_patches_do_not_divide_gets_a_border_of_paper() -> None:
    layer = Patches(side=4, width=16)
    layer.build((None, 13, 13, 1))
    layer.project.kernel.assign(np.eye(16))
    image = 1.0 + np.arange(169, dtype=np.float32).reshape(1, 13, 13, 1)
    tokens = layer(image).numpy()
    assert tokens.shape == (1, 16, 16)
    # (rows, columns, 4, 4) -> (rows, 4, columns, 4)
    whole = tokens.reshape(4, 4, 4, 4).transpose(0, 2, 1, 3).reshape(16, 16)
    np.testing.assert_array_equal(whole, np.pad(image[0, :, :, 0], ((1, 2), (1, 2))))


@pytest.mark.parametrize("stem", STEMS)
def test_a_network_of_an_odd_side_survives_its_file(stem: str, tmp_path: Path) -> None:
    model = classifier(values(stem=stem, width=8), 13, 5)
    model.save(tmp_path / "kept.keras")
    images = np.random.default_rng(1).integers(0, 256, (3, 13, 13), dtype=np.uint8)
    loaded = keras.models.load_model(tmp_path / "kept.keras")
    np.testing.assert_array_equal(loaded(images), model(images))


def test_positions_make_order_count() -> None:
    keras.utils.set_random_seed(1)
    model = classifier(values(stem="patch"), 28, 10)
    image = np.random.default_rng(1).integers(0, 255, (1, 28, 28), dtype=np.uint8)
    swapped = np.concatenate([image[:, 14:], image[:, :14]], axis=1)
    assert np.abs(model(image).numpy() - model(swapped).numpy()).max() > 1e-6


def test_it_learns_a_few_images_by_heart(mnist_dir: Path) -> None:
    images, labels = examples.cut(mnist_dir, 0, 128)
    plain = values(shift=0.0, batch_size=32, layers=1)
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


@pytest.mark.parametrize("side", [13, 28])
@pytest.mark.parametrize("pre_norm", [True, False])
@pytest.mark.parametrize("stem", STEMS)
def test_attention_weights_are_those_that_the_layers_mix_by(
    stem: str, pre_norm: bool, side: int
) -> None:
    keras.utils.set_random_seed(1)
    model = classifier(values(stem=stem, pre_norm=pre_norm, width=8, heads=2), side, 5)
    for weight in model.weights:  # biases of 0 and gains of 1 would hide much
        weight.assign(weight + 0.3 * np.random.default_rng(1).random(weight.shape))
    images = np.random.default_rng(1).integers(0, 256, (3, side, side), dtype=np.uint8)
    found = attention_weights(model, images).numpy()
    layers = [layer for layer in model.layers if isinstance(layer, EncoderLayer)]
    count = layers[0].input.shape[1]
    assert found.shape == (3, 2, 2, count, count)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-5)
    for layer, said in zip(layers, found.transpose(1, 0, 2, 3, 4), strict=True):
        tokens = keras.Model(model.input, layer.input)(images).numpy()
        seen = np.asarray(layer.attention_norm(tokens)) if pre_norm else tokens
        query, key = (
            (seen @ np.asarray(dense.kernel) + np.asarray(dense.bias)).reshape(3, count, 2, 4)
            for dense in (layer.attention.query_dense, layer.attention.key_dense)
        )
        wanted = special.softmax(np.einsum("bthd,bshd->bhts", query, key) / 2.0, axis=-1)
        np.testing.assert_allclose(said, wanted, rtol=1e-3, atol=1e-5)


def test_the_export_answers_alike_in_a_session_and_attention_changes_no_answer_by_a_bit(
    tmp_path: Path, mnist_dir: Path
) -> None:
    images, labels = examples.cut(mnist_dir, 0, 20)
    model = classifier(values(), 28, 10)
    without = classifier_signatures(lambda images: model(images, training=False), 28)
    given = FAMILY.signatures(model, images, seed=1)
    assert set(given) - set(without) == {"attention"} and set(FAMILY.served) == set(without)
    one, other = (
        models.asker(model, signatures, tmp_path / name)
        for name, signatures in (("without", without), ("with", given))
    )
    requests = {
        "serving_default": {"examples": examples.records(images, labels)},
        "serving_images": {"images": images},
    }
    assert set(requests) == set(FAMILY.served)
    wanted = model(images).numpy()
    for name, inputs in requests.items():
        answers = [ask(name, **inputs)["probabilities"] for ask in (one, other)]
        np.testing.assert_array_equal(*answers)
        np.testing.assert_allclose(answers[1], wanted, atol=1e-5)
    seen = other("attention", images=images)["weights"]
    np.testing.assert_allclose(seen, attention_weights(model, images), atol=1e-5)
