"""The code of docs/models.md runs from top to bottom, and gives what the page says."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from modules import families
from modules.contract.artifact import KERAS
from modules.training import keras_file
from scripts import letters
from tests.datasets import MNIST
from tests.networks import SMALL, small


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, mnist_dir: Path) -> Path:
    """A folder with a run of each family, letters, and the digits."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "data").mkdir()
    (folder / "data" / "mnist").symlink_to(mnist_dir)
    assert letters.main([str(folder / "letters"), "--train", "520", "--test", "260"]) == 0
    for name in SMALL:
        family: Any = families.load(name)(MNIST)
        model = family.build(small(name), total_steps=10, seed=1)
        artifact = Path("artifacts", name, "Trainer", "model", "7")
        keras_file.save(model, folder / "output" / artifact / KERAS)
        run = folder / "output" / name / "latest"
        run.mkdir(parents=True)
        summary = {"training": {"keras": str(artifact / KERAS)}}
        (run / "summary.json").write_text(json.dumps(summary))
    return folder


def test_the_page_runs_from_top_to_bottom(
    place: Path,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    page = (project / "docs" / "models.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        # A graph is worth its making only where there are many steps.
        tf.config.run_functions_eagerly("epochs=10" not in block)
        exec(block, names)
    tf.config.run_functions_eagerly(False)
    shown = capsys.readouterr().out
    assert "probabilities (Softmax)" in shown and "encoder_layer" in shown
    assert float(shown.splitlines()[-1]) > 0.1  # a guess is 1 of 26; these are few, and so small
    assert names["probabilities"].shape == (5, 10)
    layers, heads = (small("transformer")[name] for name in ("layers", "heads"))
    assert names["weights"].shape == (5, layers, heads, 16, 16)
    np.testing.assert_allclose(names["weights"].numpy().sum(-1), 1.0, rtol=1e-5)
    assert names["seen"].sum() == pytest.approx(1.0, rel=1e-5)
    assert names["vectors"].shape == (5, small("transformer")["width"])
    assert names["between"].shape == (9, 28, 28) and names["mean"].shape == (5, 2)
    assert names["drawn"].shape == (10, 28, 28) and names["eights"].shape == (10, 784)
    assert names["real"].shape == (5,)
    assert (place / "letters.keras").is_file()
