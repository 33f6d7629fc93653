"""Which model is asked, and the grids that generators draw."""

from pathlib import Path

import numpy as np
import pytest

from components.ask import chosen, generators
from components.ask.chosen import CLASSIFY, choose
from components.results.stored import BadFacts


def test_the_newest_that_can_do_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for family, version in (("transformer", 3), ("vae", 5), ("gan", 7), ("transformer", 1)):
        (tmp_path / "serving" / family / str(version)).mkdir(parents=True)
    monkeypatch.setattr(chosen, "served", lambda _, family, version: (family, version))
    monkeypatch.setattr(chosen, "_known", lambda found, _: found)
    for to, family in (
        (CLASSIFY, "transformer"),
        (chosen.SAMPLE, "gan"),
        (chosen.RECONSTRUCT, "vae"),
        (chosen.BETWEEN, "vae"),
        (chosen.SEEDS, "gan"),
    ):
        assert choose(tmp_path, to) == (family, "")
    assert choose(tmp_path, chosen.SAMPLE, "vae") == ("vae", "")
    assert choose(tmp_path, CLASSIFY, version="1") == ("transformer", "1")
    with pytest.raises(BadFacts, match="pushed is a gan, which gives no labels"):
        choose(tmp_path, CLASSIFY, "gan")


def ask(signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    """A model whose latent is an image's mean, and whose images are all of one grey."""
    [given] = inputs.values()
    if signature == "encode":
        return {"mean": given.reshape(len(given), -1).mean(axis=1, keepdims=True) / 255}
    if signature == "walk":
        return {"images": np.ones((len(given), 5, 8, 8), np.float32)}
    grey = given.reshape(len(given), -1).mean(axis=1)[:, None, None] * np.ones((1, 8, 8))
    return {"images": grey / (255 if signature == "reconstruct" else 1)}


def test_generators_draw_grids() -> None:
    images = np.stack([np.full((8, 8), value, np.uint8) for value in (0, 255)])
    walk = generators.walk_between(ask, images)
    greys = walk[6, 6::10]
    assert walk.shape == (12, 122) and len(greys) == 12 and (np.diff(greys.astype(int)) >= 0).all()
    assert generators.walks(ask, np.array([1, 2])).shape == (22, 52)
    assert generators.sample(ask, np.zeros(3, np.int64)).shape == (12, 32)
    three = np.full((13, 8, 8), 200, np.uint8)
    drawn = generators.reconstruct(ask, three)
    assert drawn.shape == (42, 102) and (drawn[[6, 16, 26, 36], 6] == 200).all()
    assert (drawn[[26, 36], 96] == 0).all()
