"""The Evaluator before a last blessed model that is not like the candidate."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts
from tfx.utils import json_utils

from components import pairing
from components.readers import idx
from components.results import headlines
from modules import families
from modules.contract.hyperparameters import defaults
from modules.data.images import parse_images
from modules.metrics.judge import Judge, shipped
from modules.metrics.sample_scores import BY_JUDGE
from modules.networks import vae_answers
from modules.training.export import class_names, export
from tests import artifacts, examples, models
from tests.datasets import MNIST
from tests.judging import CLASSIFIER, Judged, judge

TOO_GOOD = 1e6  # of a figure that may rise by so much
VAE = {
    "nelbo": TOO_GOOD,
    "class_nelbo": TOO_GOOD,
    "kl": 0.0,
    "mse": 1.0,
    "ink_auc": 0.0,
    "coverage": 0.0,
    "class_coverage": 0.0,
    "nelbo_rise": TOO_GOOD,
}
GAN = {
    "relative_frechet": TOO_GOOD,
    "relative_coverage": 0.0,
    "class_coverage": 0.0,
    "class_recall": 0.0,
    "precision": 0.0,
    "coverage": 0.0,
    "share": 0.0,
    "coverage_drop": 0.0,
}

SLOW = pytest.mark.slow  # of several cases of one kind, one is tried every time

Say = Callable[[tf.Tensor], dict[str, tf.Tensor]]
Says = Callable[[dict[str, Any], tf.Tensor], dict[str, Any]]  # of facts, and the images' places


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("comparison")


@pytest.fixture(scope="module")
def images(mnist_dir: Path) -> Any:
    return examples.cut(mnist_dir, 0, 400)[0]


def made(
    work: Path,
    images: Any,
    family: str,
    ident: int,
    eyes: Judge,
    without: str = "",
    says: Says | None = None,
    **values: Any,
) -> Any:
    """A model that has learnt nothing, may lack a signature, and may say something else."""
    model = artifacts.make(standard_artifacts.Model, work / f"{family}-{ident}", ident=ident)
    whose: Any = families.load(family)(MNIST, eyes)
    small = {**defaults(whose.hyperparameters), "units": 16, **values}
    network = whose.build(small, total_steps=10, seed=ident)
    signatures = {**whose.signatures(network, images, seed=1), **class_names(MNIST)}
    signatures.pop(without, None)
    whole = vae_answers.facts_of

    def facts_of(model: Any, images: Any, index: Any, *more: Any) -> dict[str, Any]:
        said = whole(model, images, index, *more)
        return says(said, index) if says else said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vae_answers, "facts_of", facts_of)
        export(network, Path(model.uri, "Format-Serving"), signatures)
    return model


@pytest.fixture(scope="module")
def vae(work: Path, images: Any) -> Any:
    return made(work, images, "vae", 1, shipped(), latent=20)


@pytest.fixture(scope="module")
def classifier(work: Path, mnist_dir: Path) -> Callable[..., Any]:
    pair = idx.find_dataset(mnist_dir)["train"]
    images, labels = idx.read_images(pair.images, 0, 3000), idx.read_labels(pair.labels, 0, 3000)

    def make(ident: int, **change: Any) -> Any:
        folder = work / f"classifier-{ident}"
        model = artifacts.make(standard_artifacts.Model, folder, ident=ident)
        models.export_prototype_classifier(Path(model.uri), images, labels, **change)
        return model

    return make


@pytest.fixture(scope="module")
def good(classifier: Callable[..., Any]) -> Any:
    return classifier(20)


def blind(seed: int) -> Judge:
    """A judge whose fingerprint is another one's."""
    random = np.random.default_rng(seed)
    weights = tuple(random.normal(0.0, 0.1, w.shape).astype(np.float32) for w in shipped().weights)
    return Judge(28, 10, 0.1, f"blind-{seed}", weights)


def note_of(judged: Judged) -> str:
    """What was told, in one line that is on the screen, too."""
    note = str(judged.evaluation.notes.get("baseline", ""))
    assert "\n" not in note and headlines.evaluation(judged.outputs).endswith(note)
    return note


def changes(judged: Judged) -> set[str]:
    overall = judged.evaluation.overall
    return {name.removesuffix("_diff") for name in overall if name.endswith("_diff")}


def test_a_vae_with_fewer_latents_is_compared_by_all_that_can_be(
    work: Path, images: Any, vae: Any, judged_examples: Any
) -> None:
    small = made(work, images, "vae", 2, shipped(), latent=5)
    gates = {**VAE, "nelbo_rise": 0.0}
    judged = judge(work, judged_examples, small, gates, "vae", baseline=vae)
    said = note_of(judged)
    assert said == "not compared with the last blessed model: latent_kl (of another shape)"
    assert "latent_kl" not in changes(judged)
    assert {"nelbo", "kl", "active_latents", "coverage", "frechet"} <= changes(judged)
    assert len(judged.evaluation.overall["latent_kl"]) == 5
    # The gate on what can be compared still holds: of the two, the one that is worse is refused.
    other = judge(work, judged_examples, vae, gates, "vae", baseline=small)
    assert note_of(other) == said
    for one in (judged, other):
        rose = one.evaluation.overall["nelbo_diff"] > 0
        assert [f.metric for f in one.record.failures] == (["nelbo"] if rose else [])
        assert one.blessed == one.record.passed == (not rose)
    assert judged.blessed != other.blessed


@pytest.mark.parametrize(
    ("family", "gates", "ident"), [("vae", VAE, 3), pytest.param("gan", GAN, 5, marks=SLOW)]
)
def test_figures_by_another_judge_are_not_compared(
    work: Path, images: Any, judged_examples: Any, family: str, gates: Any, ident: int
) -> None:
    before = made(work, images, family, ident, blind(1))
    after = made(work, images, family, ident + 1, blind(2))
    judged = judge(work, judged_examples, after, gates, family, baseline=before)
    assert "read by another judge" in note_of(judged) and "coverage" in note_of(judged)
    assert changes(judged).isdisjoint(BY_JUDGE) and "example_count" in changes(judged)
    assert not any(name.startswith("share_of") for name in changes(judged))
    assert judged.record.failures == ()  # nothing is said of a coverage that has dropped
    assert changes(judged) > ({"nelbo", "mse"} if family == "vae" else {"discriminator_auc"})


@pytest.mark.slow
def test_the_same_judge_is_recognised(work: Path, images: Any, judged_examples: Any) -> None:
    before, after = (made(work, images, "gan", ident, blind(3)) for ident in (7, 8))
    judged = judge(work, judged_examples, after, GAN, "gan", baseline=before)
    assert note_of(judged) == "" and {"coverage", "frechet", "share_of_3"} <= changes(judged)


@pytest.mark.slow
def test_a_vae_of_an_older_version_is_compared_by_what_it_says(
    work: Path, images: Any, vae: Any, judged_examples: Any
) -> None:
    def fewer(said: dict[str, Any], _: tf.Tensor) -> dict[str, Any]:
        return {name: fact for name, fact in said.items() if name not in ("bce", "ink")}

    old = made(work, images, "vae", 9, shipped(), says=fewer)
    judged = judge(work, judged_examples, vae, VAE, "vae", baseline=old)
    assert "it gives no bce, ink" in note_of(judged)
    left_out = {"bce", "ink_precision", "ink_recall", "ink_auc"}
    assert changes(judged).isdisjoint(left_out) and {"nelbo", "mse", "kl"} <= changes(judged)
    assert judged.blessed


@pytest.mark.slow
def test_a_figure_that_is_no_number_on_the_whole_split_is_left_out(
    work: Path, images: Any, vae: Any, judged_examples: Any
) -> None:
    def seldom(said: dict[str, Any], index: tf.Tensor) -> dict[str, Any]:
        late = tf.where(index > 500, float("nan"), said["reconstruction"])
        return said | {"reconstruction": late}

    late = made(work, images, "vae", 11, shipped(), says=seldom)
    judged = judge(work, judged_examples, vae, {**VAE, "nelbo_rise": 0.0}, "vae", baseline=late)
    assert judged.blessed and "nelbo (not a number)" in note_of(judged)
    assert "nelbo" not in changes(judged) and {"kl", "mse"} <= changes(judged)


@pytest.mark.slow
def test_one_without_the_signature_is_none(
    work: Path, images: Any, vae: Any, judged_examples: Any
) -> None:
    old = made(work, images, "vae", 10, shipped(), without="evaluation")
    judged = judge(work, judged_examples, vae, {**VAE, "nelbo_rise": 0.0}, "vae", baseline=old)
    assert judged.blessed and changes(judged) == set()
    assert "it has no signature 'evaluation'" in note_of(judged)


def remove_variables(folder: Path) -> None:
    shutil.rmtree(folder / "variables")


def cut_graph(folder: Path) -> None:
    file = folder / "saved_model.pb"
    file.write_bytes(file.read_bytes()[:1000])


@pytest.mark.parametrize(
    "damage",
    [
        cut_graph,
        pytest.param(shutil.rmtree, marks=SLOW),
        pytest.param(remove_variables, marks=SLOW),
    ],
)
def test_a_broken_model_is_none(
    work: Path, classifier: Callable[..., Any], good: Any, judged_examples: Any, damage: Any
) -> None:
    ident = 30 + [shutil.rmtree, remove_variables, cut_graph].index(damage)
    broken = classifier(ident)
    damage(Path(broken.uri, "Format-Serving"))
    judged = judge(work, judged_examples, good, CLASSIFIER, baseline=broken)
    assert judged.blessed and changes(judged) == set()
    assert "nothing is compared with the last blessed model, which cannot be" in note_of(judged)
    assert judged.outputs["blessing"][0].get_int_custom_property("baseline_model_id") == 0


OTHERS = {
    "no number": (lambda p: p * float("nan"), "answers NaN"),
    "fewer classes": (lambda p: p[:, :7], "gives no probabilities of the same shape"),
    "more classes": (
        lambda p: tf.concat([p, p], axis=1),
        "gives no probabilities of the same shape",
    ),
}


@pytest.fixture(scope="module", params=OTHERS)
def other(request: pytest.FixtureRequest, classifier: Callable[..., Any]) -> tuple[Any, str]:
    """A model that cannot be compared with, and why."""
    change, told = OTHERS[request.param]
    return classifier(40 + [*OTHERS].index(request.param), change=change), told


def test_one_that_cannot_be_compared_with_is_known_before_anything_is_judged(
    good: Any, judged_examples: Any, other: tuple[Any, str]
) -> None:
    family = families.load("transformer")(MNIST)
    inputs = {"examples": [judged_examples], "model": [good], "baseline_model": [other[0]]}
    properties = {"example_splits": json_utils.dumps(["test"])}
    found = pairing.look(family, inputs, properties, pairing.FEW)
    assert not found.possible and other[1] in found.note
    without, same = pairing.reduced(found, inputs, properties)
    assert set(without) == {"examples", "model"} and same == properties


@pytest.mark.slow
def test_one_that_cannot_be_compared_with_is_none(
    work: Path, good: Any, judged_examples: Any, other: tuple[Any, str]
) -> None:
    judged = judge(work, judged_examples, good, CLASSIFIER, baseline=other[0])
    assert judged.blessed and changes(judged) == set()
    assert other[1] in note_of(judged)


def export_with(folder: Path, say: Say) -> None:
    archive = keras.export.ExportArchive()
    holder = tf.Module()
    holder.one = tf.Variable(1.0)
    archive.track(holder)
    spec = [tf.TensorSpec((None,), tf.string, name="examples")]
    archive.add_endpoint(
        "serving_default",
        lambda serialized: say(holder.one * tf.cast(parse_images(serialized, 28), tf.float32)),
        input_signature=spec,
    )
    archive.write_out(str(folder / "Format-Serving"), verbose=False)


def likely(pixels: tf.Tensor) -> tf.Tensor:
    return tf.nn.softmax(tf.reduce_mean(pixels, axis=1)[:, 5:15] / 255.0)


@pytest.mark.parametrize(
    ("ident", "say", "told"),
    [
        pytest.param(51, lambda p: {"scores": likely(p)}, "gives no probabilities", marks=SLOW),
        (52, lambda p: {"probabilities": likely(p), "logits": p}, ""),
    ],
    ids=["another output", "one output more"],
)
def test_one_with_other_outputs(
    work: Path, good: Any, judged_examples: Any, ident: int, say: Say, told: str
) -> None:
    other = artifacts.make(standard_artifacts.Model, work / f"other-{ident}", ident=ident)
    export_with(Path(other.uri), say)
    judged = judge(work, judged_examples, good, CLASSIFIER, baseline=other)
    assert judged.blessed and told in note_of(judged)
    assert ("accuracy" in changes(judged)) == (not told)


@pytest.mark.slow
def test_what_few_examples_do_not_show_is_found(
    work: Path, classifier: Callable[..., Any], good: Any, judged_examples: Any
) -> None:
    seldom = classifier(60, change=lambda p: tf.where(p > 0.9999, float("nan"), p))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "FEW", 1)
        judged = judge(work, judged_examples, good, CLASSIFIER, baseline=seldom)
    assert judged.blessed and "answers NaN" in note_of(judged)


def test_a_fault_of_the_candidate_is_not_the_baselines(
    work: Path, classifier: Callable[..., Any], good: Any, judged_examples: Any
) -> None:
    broken = classifier(61, change=lambda p: p * float("nan"))
    judged = judge(work, judged_examples, broken, CLASSIFIER, baseline=good)
    assert not judged.blessed and "the candidate answers no number" in note_of(judged)
    assert "with NaN or infinity" in str(judged.record.failures[0])


@pytest.mark.slow
def test_a_candidate_of_another_shape_that_is_seldom_no_number_is_refused_for_that(
    work: Path, images: Any, vae: Any, judged_examples: Any
) -> None:
    def early(said: dict[str, Any], index: tf.Tensor) -> dict[str, Any]:
        return said | {"mse": tf.where(index < 5, float("nan"), said["mse"])}

    small = made(work, images, "vae", 12, shipped(), says=early, latent=5)
    judged = judge(work, judged_examples, small, VAE, "vae", baseline=vae)
    assert "latent_kl (of another shape)" in note_of(judged) and "mse" in changes(judged)
    [failure] = judged.record.failures
    assert "answers 5 of 600 examples with NaN" in str(failure)
