"""The benchmark: both sides train the same mathematics, and each has its row."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytest import approx

from components.readers import idx
from scripts import benchmark
from scripts.benchmark import BATCH, TUTORIALS, Contestant, ours
from tests.datasets import MNIST

Pair = tuple[Contestant, Contestant]
MakePair = Callable[[str, int, int], Pair]


@pytest.fixture(scope="module")
def make_pair(mnist_dir) -> MakePair:
    """The tutorial's side and ours, with the same first weights: of a family, for turns of some
    steps, in a training of so many."""

    def make(family: str, steps: int, total: int) -> Pair:
        path = idx.find_dataset(mnist_dir)["train"].images
        images = idx.read_images(path, 0, steps * BATCH)
        pair = TUTORIALS[family](images, total), ours(family, MNIST, images, total)
        for theirs, own in zip(*(side.networks for side in pair), strict=True):
            theirs.set_weights(own.get_weights())
        return pair

    return make


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("vae", ("nelbo", "reconstruction", "kl")),
        pytest.param(
            *("gan", ("generator_loss", "discriminator_loss")), marks=pytest.mark.slow, id="gan"
        ),
    ],
)
def test_losses_are_the_same_from_the_same_weights(
    make_pair: MakePair, family: str, names: tuple[str, ...]
) -> None:
    # At the start of a very long training the learning rate is next to 0. What is left to differ
    # is how ink, noise and dropout are drawn: over 8,192 images, some 1 % of the KL divergence.
    theirs, own = (side.run() for side in make_pair(family, 64, 10_000_000))
    wanted = {name: theirs[name] for name in names}
    assert {name: own[name] for name in names} == approx(wanted, rel=0.03)


def test_every_network_of_the_tutorials_gan_learns(make_pair: MakePair) -> None:
    tutorial, _ = make_pair("gan", 3, 3)
    before = [network.get_weights() for network in tutorial.networks]
    tutorial.run()
    for network, old in zip(tutorial.networks, before, strict=True):
        for new, was in zip(network.get_weights(), old, strict=True):
            assert np.abs(new - was).max() > 1e-5


def test_a_discriminator_that_is_frozen_for_the_pair_never_learns(mnist_dir: Path) -> None:
    images = idx.read_images(idx.find_dataset(mnist_dir)["train"].images, 0, 3 * BATCH)
    frozen = benchmark.tutorial_gan(images, 3, frozen=True)
    before = [network.get_weights() for network in frozen.networks]
    frozen.run()
    generator, discriminator = (
        [np.abs(new - old).max() for new, old in zip(network.get_weights(), was, strict=True)]
        for network, was in zip(frozen.networks, before, strict=True)
    )
    assert min(generator) > 0.0 and max(discriminator) == 0.0


def test_a_row_for_each_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--family", "vae", "--steps", "2", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heading = next(place for place, line in enumerate(lines) if line.startswith("family"))
    rows = [line.split() for line in lines[heading + 1 :]]
    assert [row[:-4] for row in rows] == [
        ["vae", "tutorial"],
        ["vae", "ours"],
        ["vae", "ours,", "bfloat16"],
    ]
    numbers = np.array([[float(cell) for cell in row[-4:]] for row in rows])
    assert (numbers > 0.0).all() and (numbers[0, 1:] == 1.0).all()


def test_sides_take_turns_and_the_first_does_not_count() -> None:
    turns = []

    def contestant(name: str) -> Contestant:
        return Contestant(name, (None, None), lambda: turns.append(name) or {})

    assert benchmark.measure([contestant("a"), contestant("b")], 2).shape == (2, 2)
    assert "".join(turns) == "ababab"
