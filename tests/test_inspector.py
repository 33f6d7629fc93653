"""The node that looks at a model and its data, through its own executor."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.inspection import pictures
from components.inspection.look import OtherImages
from components.inspector import SPLITS, Inspector
from components.results import headlines
from components.results.inspection import FILE, PICTURES, Inspection, read_inspection
from components.results.predictions import Predictions, write_predictions
from components.results.stored import BadFacts
from modules.data.dataset import to_text
from tests import artifacts, examples
from tests.datasets import described

SIDE, CLASSES, COUNT = 12, 3, 60
DATASET = described(SIDE, CLASSES, names=("one", "two", "<three>"))


def images_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images whose first pixel is their class."""
    draw = np.random.default_rng(seed)
    images = draw.integers(0, 256, (COUNT, SIDE, SIDE), dtype=np.uint8)
    labels = np.arange(COUNT) % CLASSES
    images[:, 0, 0] = labels
    return images, labels


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Examples of which one of train is in test, too."""
    work = tmp_path_factory.mktemp("examples")
    files = {}
    for seed, split in enumerate(SPLITS):
        images, labels = images_of(seed)
        if split == "test":
            images[0] = images_of(0)[0][0]
        files[split] = [examples.write(work / split, images, labels, dataset=DATASET)]
    return artifacts.make_examples(work / "examples", files)


def spec(*shape: int, kind: Any = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec((None, *shape), kind)


IMAGES = spec(SIDE, SIDE, kind=tf.uint8)


class Reader(tf.Module):
    """A classifier that reads the first pixel."""

    @tf.function(input_signature=[IMAGES])
    def serving_images(self, images: Any) -> Any:
        return {"probabilities": tf.one_hot(tf.cast(images[:, 0, 0], tf.int32), CLASSES)}

    @tf.function(input_signature=[IMAGES])
    def attention(self, images: Any) -> Any:
        return {"weights": tf.fill((tf.shape(images)[0], 2, 1, 9, 9), 1.0 / 9.0)}


class Painter(tf.Module):
    """A VAE that makes stripes of its two latents."""

    @tf.function(input_signature=[IMAGES])
    def encode(self, images: Any) -> Any:
        mean = tf.cast(images[:, 0, :2], tf.float32) / 255.0
        return {"mean": mean, "log_variance": tf.zeros_like(mean)}

    @tf.function(input_signature=[spec(2)])
    def decode(self, latents: Any) -> Any:
        return {"images": tf.repeat(tf.repeat(tf.sigmoid(latents), 6, 1)[:, None], SIDE, 1)}

    @tf.function(input_signature=[spec(kind=tf.int64)])
    def sample(self, seeds: Any) -> Any:
        return self.decode(tf.stack([tf.sin(tf.cast(seeds, tf.float32))] * 2, axis=1))

    @tf.function(input_signature=[IMAGES])
    def reconstruct(self, images: Any) -> Any:
        return self.decode(self.encode(images)["mean"])


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A model artifact by the name of the family that it could be of."""
    found = {}
    for name, model, signatures in (
        ("transformer", Reader(), ("serving_images", "attention")),
        ("vae", Painter(), ("encode", "decode", "sample", "reconstruct")),
    ):
        artifact = artifacts.make(standard_artifacts.Model, tmp_path_factory.mktemp(name))
        asked = {one: getattr(model, one) for one in signatures}
        tf.saved_model.save(model, path_utils.serving_model_dir(artifact.uri), asked)
        found[name] = artifact
    return found


def evaluated(folder: Path, labels: np.ndarray) -> Any:
    """What an Evaluator leaves that heard two wrong answers, one of them hardly sure."""
    evaluation = artifacts.make(standard_artifacts.ModelEvaluation, folder / "evaluation")
    chances = np.full((len(labels), CLASSES), 0.05, np.float32)
    chances[np.arange(len(labels)), labels] = 0.9
    chances[4] = [0.97, 0.02, 0.01]  # its label is 1
    chances[5] = [0.5, 0.05, 0.45]  # its label is 2
    said = Predictions("made-up", np.arange(len(labels)), labels, {}, chances)
    write_predictions(evaluation.uri, said)
    return evaluation


def inspect(folder: Path, given: Any, model: Any, evaluation: Any, family: str) -> Any:
    """Runs the node; gives its artifact."""
    inspection = artifacts.make(standard_artifacts.InferenceResult, folder / "inspection")
    Inspector.test_call(
        model=model,
        examples=given,
        evaluation=evaluation,
        inspection=inspection,
        family=family,
        dataset=to_text(DATASET),
        source="tests",
    )
    return inspection


def read(artifact: Any) -> tuple[Inspection, dict[str, bytes]]:
    """The facts, and the pictures beside them by name."""
    found = read_inspection({"inspection": [artifact]})
    with zipfile.ZipFile(Path(artifact.uri) / PICTURES) as archive:
        return found, {Path(n).stem: archive.read(n) for n in archive.namelist()}


def test_a_classifiers_answers_and_its_attention_are_seen(
    tmp_path: Path, given: Any, exported: dict[str, Any]
) -> None:
    evaluation = evaluated(tmp_path, images_of(2)[1])
    artifact = inspect(tmp_path, given, exported["transformer"], evaluation, "transformer")
    found, files = read(artifact)
    assert [(one.split, one.examples) for one in found.splits] == [(s, COUNT) for s in SPLITS]
    assert found.splits[2].by_class == {"one": 20, "two": 20, "<three>": 20}
    assert found.duplicates == {"train, eval": 0, "train, test": 1, "eval, test": 0}
    assert found.trivial == {"accuracy": pytest.approx(1 / 3, abs=1e-6)}
    answers = found.answers
    assert answers and found.neighbours is None
    assert (answers.wrong, answers.suspected) == (2, 1)
    [doubted], [mistake] = answers.suspects, answers.mistakes
    assert (doubted.index, doubted.label, doubted.answer) == (4, "two", "one")
    assert (mistake.index, mistake.label, mistake.sure) == (5, "<three>", 0.5)
    assert [one.group for one in found.pictures] == ["attention"]
    assert files.keys() == {"attention", "seen-000004", "seen-000005"}
    shown = tf.io.decode_png(files["seen-000004"]).numpy()
    np.testing.assert_array_equal(shown[..., 0], images_of(2)[0][4])
    line = headlines.inspection({"inspection": [artifact.mlmd_artifact]})
    assert line == "2 wrong of 60, 1 suspected label"


def test_a_generators_pictures_and_neighbours_are_seen(
    tmp_path: Path, given: Any, exported: dict[str, Any]
) -> None:
    nothing = artifacts.make(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")
    artifact = inspect(tmp_path, given, exported["vae"], nothing, "vae")
    found, files = read(artifact)
    assert found.answers is None and found.neighbours
    assert found.neighbours.count == COUNT
    assert 0.0 < found.neighbours.generated < found.neighbours.real  # grey is near to all noise
    assert found.trivial.keys() == {"nelbo"}
    groups = ["samples", "reconstructions", "walk", "latents", "latents", "neighbours"]
    assert [one.group for one in found.pictures] == groups
    assert files.keys() == {one.file for one in found.pictures}
    assert sum(path.stat().st_size for path in Path(artifact.uri).iterdir()) < pictures.MOST
    line = headlines.inspection({"inspection": [artifact.mlmd_artifact]})
    assert line == "0.0 % of samples copied"


def test_asked_again_it_sees_the_same(tmp_path: Path, given: Any, exported: dict[str, Any]) -> None:
    nothing = artifacts.make(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")
    contents = [
        {path.name: path.read_bytes() for path in Path(one.uri).iterdir()}
        for one in (
            inspect(tmp_path / name, given, exported["vae"], nothing, "vae")
            for name in ("one", "other")
        )
    ]
    assert contents[0] == contents[1] and FILE in contents[0]


def test_without_predictions_it_says_what_to_do(
    tmp_path: Path, given: Any, exported: dict[str, Any]
) -> None:
    nothing = artifacts.make(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")
    with pytest.raises(BadFacts, match=r"predictions\.npz.*run the pipeline again"):
        inspect(tmp_path, given, exported["transformer"], nothing, "transformer")


def test_predictions_of_other_images_are_not_taken(
    tmp_path: Path, given: Any, exported: dict[str, Any]
) -> None:
    evaluation = evaluated(tmp_path, np.zeros(COUNT, int))
    with pytest.raises(OtherImages, match="other images"):
        inspect(tmp_path, given, exported["transformer"], evaluation, "transformer")
    more = evaluated(tmp_path, np.arange(COUNT + 3) % CLASSES)
    with pytest.raises(OtherImages, match="other images"):
        inspect(tmp_path, given, exported["transformer"], more, "transformer")


def test_what_is_written_is_plain_json(
    tmp_path: Path, given: Any, exported: dict[str, Any]
) -> None:
    nothing = artifacts.make(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")
    artifact = inspect(tmp_path, given, exported["vae"], nothing, "vae")
    json.loads((Path(artifact.uri) / FILE).read_text(), parse_constant=pytest.fail)
