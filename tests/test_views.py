"""Pictures of what models do, made of answers that are made up."""

import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from components.inspection import neighbours, pictures
from components.inspection.answers import most_shown
from components.results.inspection import PICTURES, Answers, Seen
from modules import families
from modules.contract.seen import broken_clauses_of_views
from modules.contract.view import Ask, View
from modules.data.splits import Split, Splits
from modules.util.pictures import GAP
from modules.views import attention, heat
from modules.views.misread import misread
from modules.views.room import fitting, rows_and_columns
from modules.views.scatter import scatter
from modules.views.vae import active
from tests.datasets import described

SIZES = [(8, 2), (28, 10), (42, 26), (64, 100)]


def some(side: int, classes: int, count: int = 600) -> Split:
    """Noise, of which no file can be smaller than its pixels."""
    draw = np.random.default_rng(1)
    images = draw.integers(0, 256, (count, side, side), dtype=np.uint8)
    return Split(images, np.arange(count) % classes)


def classifier(side: int, classes: int, layers: int = 2, tokens: int = 16) -> Ask:
    """A classifier that reads noise by its first pixel, and looks anywhere."""

    def ask(signature: str, images: np.ndarray) -> Mapping[str, np.ndarray]:
        if signature == "serving_images":
            chances = np.full((len(images), classes), 0.5 / classes)
            chances[np.arange(len(images)), images[:, 0, 0] % classes] += 0.5
            return {"probabilities": chances}
        assert signature == "attention"
        weights = np.random.default_rng(2).random((len(images), layers, 2, tokens, tokens)) ** 8
        return {"weights": weights / weights.sum(axis=-1, keepdims=True)}

    return ask


def generator(side: int, latents: int) -> Ask:
    """A VAE whose every answer is noise; it remembers what it was asked."""
    draw = np.random.default_rng(3)

    def ask(signature: str, **inputs: np.ndarray) -> Mapping[str, np.ndarray]:
        [(_, asked)] = inputs.items()
        if signature == "encode":
            mean = draw.normal(size=(len(asked), latents)).astype(np.float32)
            return {"mean": mean, "log_variance": np.zeros_like(mean)}
        assert signature in ("sample", "decode", "reconstruct", "walk")
        if signature == "walk":
            return {"images": draw.random((len(asked), 10, side, side), np.float32)}
        if signature == "decode":
            assert asked.dtype == np.float32 and asked.shape[1] == latents
        return {"images": draw.random((len(asked), side, side), np.float32)}

    return ask


def splits_of(test: Split) -> Splits:
    return Splits(Split(test.images[::-1], test.labels[::-1]), test)


def size_of(folder: Any, views: list[View], answers: Answers | None, test: Split) -> int:
    """Bytes of the archive; every view has to be in it."""
    written = pictures.write(folder, views, answers, test.images)
    assert [one.file for one in written] == [one.name for one in views]
    return int((folder / PICTURES).stat().st_size)


@pytest.mark.parametrize(("side", "classes"), SIZES)
@pytest.mark.parametrize(("layers", "tokens"), [(1, 9), (2, 16), (12, 64)])
def test_a_classifiers_pictures_are_small_even_of_noise(
    side: int, classes: int, layers: int, tokens: int, tmp_path: Any
) -> None:
    family, test = families.load("transformer")(described(side, classes)), some(side, classes)
    views = list(family.views(classifier(side, classes, layers, tokens), splits_of(test)))
    assert broken_clauses_of_views(views) == []
    [view] = views
    assert view.group == "attention" and view.pixels.ndim == 3
    most = most_shown(side)
    seen = [Seen(place, "a", "b", 0.9, 0.1, f"seen-{place:06d}") for place in range(2 * most)]
    answers = Answers((), 0.0, 0, tuple(seen[:most]), 0, tuple(seen[most:]))
    assert size_of(tmp_path, views, answers, test) < pictures.MOST


@pytest.mark.parametrize(("side", "classes"), SIZES)
@pytest.mark.parametrize("name", ["vae", "gan"])
@pytest.mark.parametrize("latents", [1, 2, 20])
def test_a_generators_pictures_are_small_even_of_noise(
    name: str, latents: int, side: int, classes: int, tmp_path: Any
) -> None:
    family, test = families.load(name)(described(side, classes)), some(side, classes)
    ask = generator(side, latents)
    views = list(family.views(ask, splits_of(test)))
    assert broken_clauses_of_views(views) == []
    found = {"samples", "walk"}
    if name == "vae":
        found |= {"reconstructions", "plane"} | ({"map"} if latents == 2 else set())
    assert {one.name for one in views} == found
    near = neighbours.look(ask, splits_of(test))
    assert near
    views.append(near[1])
    assert size_of(tmp_path, views, None, test) < pictures.MOST


def test_what_finds_no_room_is_left_out(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (100, 100), dtype=np.uint8)
    monkeypatch.setattr(pictures, "MOST", 15_000)
    views = [View(name, "g", "t", "x", noise) for name in ("one", "two")]
    views.append(View("three", "g", "t", "x", noise[:10]))
    kept = pictures.write(tmp_path, views, None, np.zeros((0, 8, 8), np.uint8))
    assert [one.file for one in kept] == ["one", "three"]
    with zipfile.ZipFile(tmp_path / PICTURES) as archive:
        assert archive.namelist() == ["one.png", "three.png"]


def test_attention_is_yellow_where_all_tokens_look() -> None:
    weights = np.zeros((1, 2, 16, 16))
    weights[..., 6] = 1.0  # the second row's third
    [square] = attention.taken(weights)
    assert square.sum() == pytest.approx(1.0) and square[1, 2] == pytest.approx(1.0)
    paper = np.zeros((28, 28), np.uint8)
    shown = heat.over(paper, square).astype(int)
    blue, yellow = (heat.coloured(np.array(value)) // 2 for value in (0.0, 1.0))
    assert np.abs(shown[7:14, 14:21] - yellow).max() <= 1
    shown[7:14, 14:21] = blue
    assert np.abs(shown - blue).max() <= 1


def test_ink_is_lighter_than_paper_whatever_is_looked_at() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[:4] = 255
    for square in (np.eye(4), np.ones((4, 4)), np.zeros((4, 4))):
        shown = heat.over(image, square).mean(axis=2)
        assert (shown[:4] >= 127).all() and (shown[4:] <= 127).all()


def test_the_colours_differ_in_lightness() -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = heat.coloured(np.linspace(0.0, 1.0, 11)) @ weights
    assert (np.diff(light) > 5).all()  # so that they do for whoever sees no colours


def test_misread_images_are_among_those_that_attention_is_shown_of() -> None:
    family, test = families.load("transformer")(described(28, 10)), some(28, 10)
    [view] = family.views(classifier(28, 10), splits_of(test))
    assert view.text.count(", read as ") == 2
    few = Split(test.images[:10].copy(), test.labels[:10])
    few.images[:, 0, 0] = few.labels  # read rightly
    [view] = family.views(classifier(28, 10), splits_of(few))
    assert "read as" not in view.text
    assert view.pixels.shape == (6 * 86 + 2, 3 * 86 + 2, 3)


def test_a_row_of_looks_is_an_image_and_its_layers() -> None:
    split = some(8, 2, 3)
    weights = classifier(8, 2, layers=6)("attention", images=split.images)["weights"]
    assert len(attention.shown_layers(weights)) == 4
    page = attention.looks(split.images, weights)
    times = attention._SIDE // 8
    assert page.shape == (3 * (8 * times + GAP) + GAP, 5 * (8 * times + GAP) + GAP, 3)
    first = page[GAP : GAP + 8 * times : times, GAP : GAP + 8 * times : times]
    np.testing.assert_array_equal(first, np.repeat(split.images[0][..., None], 3, axis=2))


def test_misread_images_are_shown_the_surest_first() -> None:
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    chances = np.array([[0.4, 0.6], [0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    page = misread(Split(images, np.array([0, 0, 0, 1])), chances)
    assert page is not None
    assert page[GAP, GAP] == 2 and page[GAP, 2 * GAP + 2] == 0  # the others are read rightly
    assert misread(Split(images, chances.argmax(axis=1)), chances) is None


def test_latents_are_in_the_order_of_what_they_say() -> None:
    mean = np.random.default_rng(1).normal(size=(500, 3)) * [0.0, 2.0, 0.5]
    assert active(mean, np.array([[0.0, -4.0, -1.0]] * 500)).tolist() == [1, 2, 0]


def test_a_walk_ends_at_two_test_images() -> None:
    family, test = families.load("vae")(described(28, 10)), some(28, 10)
    asked: list[np.ndarray] = []
    real = generator(28, 3)

    def ask(signature: str, **inputs: np.ndarray) -> Mapping[str, np.ndarray]:
        if signature == "encode":
            labels = np.arange(len(inputs["images"])) % 10
            mean = np.stack([labels, -labels, 0 * labels], axis=1).astype(np.float32)
            return {"mean": mean, "log_variance": np.zeros_like(mean)}
        if signature == "decode":
            asked.append(inputs["latents"])
        return real(signature, **inputs)

    family.views(ask, splits_of(test))
    walk, plane = asked
    np.testing.assert_allclose(walk.reshape(3, 10, 3)[:, 0, 0], [0, 2, 4])
    np.testing.assert_allclose(walk.reshape(3, 10, 3)[:, -1, 0], [1, 3, 5])
    np.testing.assert_allclose(walk[4], [4 / 9, -4 / 9, 0], atol=1e-6)
    assert (plane[:, 2] == 0).all() and len(np.unique(plane[:, 0])) == 8  # of 28 pixels


def test_names_of_classes_are_shown_as_they_are() -> None:
    draw = np.random.default_rng(1)
    names = ["$\\frac{", "<b>", "a" * 99]
    found = scatter(draw.normal(size=(90, 2)), np.arange(90) % 3, names)
    assert found.dtype == np.uint8 and found.shape == (420, 420, 3)


@pytest.mark.parametrize("side", [8, 28, 40, 64])
def test_a_grid_has_room_for_what_it_shows(side: int) -> None:
    rows, columns = rows_and_columns(side)
    assert 1 <= rows <= columns <= 10 and rows * columns <= fitting(side)


GOOD = View("a", "samples", "A title", "A text", np.zeros((2, 2), np.uint8))


@pytest.mark.parametrize(
    ("views", "words"),
    [
        (None, "no list of View"),
        ([GOOD.pixels], "no list of View"),
        ([GOOD, GOOD], "a is there twice"),
        ([GOOD._replace(name="../a")], "'../a' cannot be the name of a file"),
        ([GOOD._replace(text="")], "a group, a title and a text"),
        ([GOOD._replace(pixels=np.zeros((2, 2)))], "float64"),
        ([GOOD._replace(pixels=np.zeros((2, 2, 4), np.uint8))], "(2, 2, 4)"),
        ([GOOD._replace(pixels=np.zeros((0, 2), np.uint8))], "(0, 2)"),
        ([GOOD._replace(pixels=None)], "not uint8"),
    ],
)
def test_views_that_break_the_contract_are_told(views: Any, words: str) -> None:
    [broken] = broken_clauses_of_views(views)
    assert broken.clause == "views" and words in broken.problem
