"""The serving check, through its own executor: a fresh process with the session loader."""

import dataclasses
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components import ask_model, serving_check
from components.answers import compare, too_few_right
from components.gates import Record, describe, read_record
from components.questions import Served, label_of, make_requests, some_of
from components.readers import idx
from components.serving_check import ServingCheck
from components.serving_check import check as check_model
from modules import families
from modules.util.plain import to_json
from tests import artifacts, models, results, validated
from tests.examples import generate
from tests.serving import asked_here

BOTH = ("serving_default", "serving_images")
DIGITS = tuple(map(str, range(10)))
ACCURACY = 0.8  # of the prototype classifier, nearly


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory, make_dataset) -> Any:
    work = tmp_path_factory.mktemp("serving")
    examples = generate(make_dataset(work / "idx", train=40, test=80), work / "examples")
    return examples


@pytest.fixture
def server_here() -> Iterator[None]:
    """Answers as the fresh process would, without starting it, where that is not what is tested."""
    with asked_here():
        yield


def run_check(
    folder: Path, examples: Any, model: Any, signatures: tuple[str, ...], **inputs: Any
) -> Any:
    measured = dataclasses.replace(results.EVALUATION, overall={"accuracy": ACCURACY})
    results.write_evaluation(folder, measured)
    evaluation = artifacts.make(standard_artifacts.ModelEvaluation, folder / "evaluation")
    blessing = artifacts.make(standard_artifacts.InfraBlessing, folder / "blessing")
    transformer = families.load("transformer")
    served = Served(
        signatures=signatures,
        names=DIGITS,
        same=transformer.same if len(signatures) > 1 else (),
        figure=transformer.evaluation.accuracy,
        prediction=transformer.evaluation.prediction,
    )
    ServingCheck.test_call(
        model=model,
        examples=examples,
        evaluation=evaluation,
        blessing=blessing,
        served=json.dumps(to_json(served)),
        source="tests",
        **inputs,
    )
    return blessing


def check(
    folder: Path,
    examples: Any,
    mnist_dir: Path,
    signatures: tuple[str, ...] = BOTH,
    folds: Mapping[str, Any] | None = None,
    **how: Any,
) -> Any:
    model = artifacts.make(standard_artifacts.Model, folder / "model")
    pair = idx.find_dataset(mnist_dir)["train"]
    images, labels = idx.read_images(pair.images, 0, 500), idx.read_labels(pair.labels, 0, 500)
    models.export_prototype_classifier(Path(model.uri), images, labels, **how)
    return run_check(folder, examples, model, signatures, **(folds or {}))


def test_a_model_that_serves_is_blessed(tmp_path: Path, examples: Any, mnist_dir: Path) -> None:
    blessing = check(tmp_path, examples, mnist_dir)
    assert read_record(blessing.uri) == Record("ServingCheck", True)
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("asked") == 64
    assert Path(blessing.uri, "INFRA_BLESSED").exists()


@pytest.mark.parametrize(("bound", "blessed"), [("0.9", 1), ("0.999", 0), ("", 1)])
def test_what_folds_refuse_is_not_blessed_and_the_reason_is_theirs(
    server_here: None, tmp_path: Path, examples: Any, mnist_dir: Path, bound: str, blessed: int
) -> None:
    outputs = validated.judged(tmp_path, validated.folds_of(validated.ACCURACIES), bound)
    folds = {"folds_judged": outputs["folds_judged"][0]}
    blessing = check(tmp_path, examples, mnist_dir, folds=folds)
    assert blessing.get_int_custom_property("blessed") == blessed
    assert read_record(blessing.uri) == Record("ServingCheck", True)
    assert Path(blessing.uri, "INFRA_BLESSED").exists() is bool(blessed)
    assert read_record(folds["folds_judged"].uri).passed is bool(blessed)


def test_a_missing_signature_is_named(tmp_path: Path, examples: Any, mnist_dir: Path) -> None:
    blessing = check(tmp_path, examples, mnist_dir, raw=False)
    assert blessing.get_int_custom_property("blessed") == 0
    [failure] = read_record(blessing.uri).failures
    assert (failure.gate, failure.metric, failure.examples) == (
        "ServingCheck",
        "serving_images",
        64,
    )
    assert str(failure) == "serving_images cannot be served: the model has no such signature"


def test_answers_that_are_not_numbers_are_refused(
    server_here: None, tmp_path: Path, examples: Any, mnist_dir: Path
) -> None:
    blessing = check(tmp_path, examples, mnist_dir, change=lambda p: p * float("nan"))
    assert blessing.get_int_custom_property("blessed") == 0
    failures = read_record(blessing.uri).failures
    assert {failure.metric for failure in failures} == set(BOTH)
    assert "its probabilities is not finite for 64 of 64 examples" in describe(failures)


def test_a_few_answers_that_are_not_numbers_are_counted(
    server_here: None, tmp_path: Path, examples: Any, mnist_dir: Path
) -> None:
    blessing = check(
        tmp_path,
        examples,
        mnist_dir,
        change_raw=lambda p, _: tf.where(p[:, 1:2] > 0.9, float("inf"), p),
    )
    [failure] = read_record(blessing.uri).failures
    assert failure.metric == "serving_images"
    found = re.search(r"its probabilities is not finite for (\d+) of 64 examples", str(failure))
    assert found and 1 <= int(found[1]) <= 20


def test_a_signature_that_is_wrong_for_real_images_only_is_refused(
    server_here: None, tmp_path: Path, examples: Any, mnist_dir: Path
) -> None:
    def wrong(p: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        ink = tf.reduce_max(images, axis=(1, 2))[:, None] > 0
        return tf.where(ink, tf.reverse(p, [1]), p)

    blessing = check(tmp_path, examples, mnist_dir, change_raw=wrong)
    assert blessing.get_int_custom_property("blessed") == 0
    [failure] = read_record(blessing.uri).failures
    assert failure.metric == "serving_images" and failure.examples == 64
    words = r"serving_images cannot be served: its probabilities is off by [01][.\d]* from "
    assert re.match(words + "serving_default's probabilities for the same examples", str(failure))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: tf.roll(p, 1, axis=1),
        lambda p: tf.reverse(p, [1]),
        lambda p: tf.one_hot(tf.zeros_like(p[:, 0], tf.int32), 10),
    ],
)
def test_a_model_that_is_right_too_rarely_is_not_the_one_that_was_judged(
    server_here: None, tmp_path: Path, examples: Any, mnist_dir: Path, change: models.Change
) -> None:
    blessing = check(tmp_path, examples, mnist_dir, change=change)
    assert blessing.get_int_custom_property("blessed") == 0
    [failure] = read_record(blessing.uri).failures
    said = re.match(
        r"serving_default cannot be served: it is right on (\d+) of 64 examples, where a model "
        r"with the Evaluator's accuracy of 0\.8 is right on 41 at least",
        str(failure),
    )
    assert said and int(said[1]) < 20


def test_a_model_that_fails_on_real_examples_is_refused(
    tmp_path: Path, examples: Any, mnist_dir: Path
) -> None:
    def fail(p: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(images == 0), ["no"])]):
            return tf.identity(p)

    blessing = check(tmp_path, examples, mnist_dir, change_raw=fail)
    [failure] = read_record(blessing.uri).failures
    assert failure.metric == "serving_images"
    assert str(failure).startswith("serving_images cannot be served: it fails on real examples: ")


@pytest.mark.parametrize("accuracy", [0.0, 0.3, 0.8, 0.953, 0.9928, 1.0])
def test_how_many_have_to_be_right_is_the_binomial_bound(examples: Any, accuracy: float) -> None:
    asked = records(examples)[:64]
    labels = [label_of(example) for example in asked]
    served = Served(("serving_default",), DIGITS, figure="accuracy", prediction="p")

    def refused(right: int, of: float | None = accuracy) -> list[str]:
        said = np.eye(10)[[n if k < right else (n + 1) % 10 for k, n in enumerate(labels)]]
        return list(map(str, too_few_right({"serving_default": {"p": said}}, asked, served, of)))

    chances = [math.comb(64, k) * accuracy**k * (1 - accuracy) ** (64 - k) for k in range(65)]
    for right in range(65):
        # So few or fewer would come about once in a thousand times at most.
        assert bool(refused(right)) == (sum(chances[: right + 1]) < 0.001), right
        assert refused(right, None) == []


def test_the_examples_that_are_asked_about_are_drawn() -> None:
    records = [str(number).encode() for number in range(1000)]  # as if sorted by class
    some = some_of(records, 64)
    assert some == some_of(iter(records), 64) and len(set(some)) == 64
    assert some_of(records[:5], 64) == records[:5]
    assert 350 < np.mean([int(record) for record in some]) < 650


def test_a_model_that_only_loads_in_process_is_refused(
    tmp_path: Path, examples: Any, mnist_dir: Path
) -> None:
    # What tf.saved_model.save writes of a Keras 3 model: an Evaluator takes it, a server does not.
    class Served(tf.Module):
        def __init__(self) -> None:
            self.net = keras.Sequential(
                [
                    keras.Input((28, 28), dtype="uint8"),
                    keras.layers.Flatten(),
                    keras.layers.Dense(10, activation="softmax"),
                ]
            )

        @tf.function(input_signature=[tf.TensorSpec((None, 28, 28), tf.uint8, name="images")])
        def ask(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probabilities": self.net(images)}

    model = artifacts.make(standard_artifacts.Model, tmp_path / "model")
    served = Served()
    tf.saved_model.save(
        served, f"{model.uri}/Format-Serving", signatures={"serving_images": served.ask}
    )
    blessing = run_check(tmp_path, examples, model, ("serving_images",))
    assert blessing.get_int_custom_property("blessed") == 0
    [failure] = read_record(blessing.uri).failures
    assert str(failure).startswith("the model cannot be served: a fresh process could not serve it")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model with seeds, latents, and two signatures that no server could be asked."""

    archive = keras.export.ExportArchive()
    holder = tf.Module()
    holder.shift = tf.Variable(1.0)
    archive.track(holder)

    def endpoint(name: str, function: Any, *shape: int, dtype: tf.DType, key: str) -> None:
        spec = tf.TensorSpec((None, *shape), dtype, name=key)
        archive.add_endpoint(name, function, input_signature=[spec])

    def sample(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"twice": 2.0 * tf.cast(seeds, tf.float32)}

    def decode(latents: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"shifted": latents + holder.shift}

    def undefined(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"nothing": tf.cast(seeds, tf.float32) * float("nan")}

    def precise(numbers: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"numbers": numbers}

    endpoint("sample", sample, dtype=tf.int64, key="seeds")
    endpoint("decode", decode, 5, dtype=tf.float32, key="latents")
    endpoint("undefined", undefined, dtype=tf.int64, key="seeds")
    endpoint("precise", precise, dtype=tf.float64, key="numbers")
    directory = str(tmp_path_factory.mktemp("generator") / "model")
    archive.write_out(directory, verbose=False)
    return directory


def records(examples: Any) -> list[bytes]:
    [file] = Path(examples.uri, "Split-test").glob("*.gz")
    return list(tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator())


def test_seeds_are_asked_by_number_and_latents_at_random(generator: str, examples: Any) -> None:
    served = tf.saved_model.load(generator).signatures
    asked = {name: served[name] for name in ("sample", "decode")}
    requests, again = (make_requests(asked, records(examples)[:30], 10) for _ in range(2))
    seeds, latents = requests["sample"]["seeds"], requests["decode"]["latents"]
    assert seeds.dtype == np.int64 and seeds.tolist() == list(range(30))
    assert latents.dtype == np.float32 and latents.shape == (30, 5)
    assert abs(latents.mean()) < 0.3 and 0.7 < latents.std() < 1.3
    np.testing.assert_array_equal(latents, again["decode"]["latents"])


def test_what_cannot_be_asked_is_named(generator: str, examples: Any) -> None:
    problems = check_model(generator, records(examples)[:3], Served(("sample", "precise"), DIGITS))
    words = "precise cannot be served: its input numbers is float64, which is not supported"
    assert list(map(str, problems)) == [words]


def test_only_the_expected_signatures_are_asked(
    server_here: None, generator: str, examples: Any
) -> None:
    some = records(examples)[:3]
    assert check_model(generator, some, Served(("sample", "decode"), DIGITS)) == []
    [failure] = check_model(generator, some, Served(("sample", "undefined"), DIGITS))
    words = "undefined cannot be served: its nothing is not finite for 3 of 3 examples"
    assert str(failure) == words
    assert failure.examples == 3


def test_differences_are_found() -> None:
    right = {"s": {"p": np.array([0.1, 0.9])}}
    assert compare(right, {"s": {"p": np.array([0.1, 0.9])}}) == []

    def words(got: ask_model.Tensors) -> str:
        [failure] = compare(right, got)
        return str(failure)

    assert words({}) == "s cannot be served: it does not answer with 'p'"
    assert words({"s": {"p": np.array([0.2, 0.8])}}).endswith("its p is off by 0.1")
    assert words({"s": {"p": np.zeros(3)}}).endswith("its p is (3,), not (2,)")


def test_requests_survive_their_file(tmp_path: Path) -> None:
    requests = {
        "a": {"x": np.array([b"one\0", b"", b"\0\0three"], object)},
        "b": {"y": np.arange(6, dtype=np.uint8).reshape(2, 3)},
    }
    np.savez(tmp_path / "r.npz", **ask_model.pack(requests))
    with np.load(tmp_path / "r.npz", allow_pickle=False) as flat:
        back = ask_model.unpack(dict(flat))
    assert back["a"]["x"].tolist() == requests["a"]["x"].tolist()
    assert (back["b"]["y"] == requests["b"]["y"]).all()


@pytest.mark.parametrize("code", [1, -9, 137])
def test_what_is_not_the_models_doing_is_no_verdict(
    tmp_path: Path, examples: Any, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    gone = SimpleNamespace(returncode=code, stderr="No module named components.ask_model")
    monkeypatch.setattr(serving_check.subprocess, "run", lambda *_, **__: gone)
    with pytest.raises(RuntimeError, match="says nothing about the model: No module named"):
        check(tmp_path, examples, mnist_dir)
    assert not (tmp_path / "blessing" / "gate.json").exists()


def test_pythons_own_variables_do_not_keep_a_model_from_being_served(
    tmp_path: Path, examples: Any, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONSAFEPATH", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "1")
    blessing = check(tmp_path, examples, mnist_dir)
    assert blessing.get_int_custom_property("blessed") == 1
