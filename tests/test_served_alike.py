"""Generators whose signatures do not fit together are refused by the serving check, by name."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components import serving_check
from components.questions import Served
from modules import families
from modules.contract.family import Signature
from modules.contract.hyperparameters import defaults
from modules.networks import randomness
from modules.training.export import export
from tests import examples
from tests.datasets import MNIST
from tests.serving import asked_here

Outputs = dict[str, tf.Tensor]
Change = Callable[[tf.Tensor, Outputs], Outputs]  # from what is asked and answered


@pytest.fixture(autouse=True)
def server_here() -> Iterator[None]:
    """Answers as the fresh process would, without starting it."""
    with asked_here():
        yield


@pytest.fixture(scope="module")
def made(mnist_dir: Path) -> dict[str, tuple[Any, Mapping[str, Signature]]]:
    """A model of each generating family, of random weights, and its signatures."""
    train, _ = examples.cut(mnist_dir, 0, 100)
    found = {}
    for name in ("vae", "gan"):
        family: Any = families.load(name)(MNIST)
        values = {**defaults(family.hyperparameters), "units": 8, "latent": 2}
        model = family.build(values, total_steps=1, seed=1)
        found[name] = model, family.signatures(model, train, seed=1)
    return found


def changed(signature: Signature, change: Change) -> Signature:
    """A signature that answers something else; the parameter's name is the input's."""
    ask = signature.function
    by_name = {
        "examples": lambda examples: change(examples, dict(ask(examples))),
        "images": lambda images: change(images, dict(ask(images))),
        "latents": lambda latents: change(latents, dict(ask(latents))),
        "seeds": lambda seeds: change(seeds, dict(ask(seeds))),
    }
    [spec] = signature.inputs
    return Signature(by_name[spec.name], [spec])


def where_there_is_ink(output: str) -> Change:
    """Other answers to real images; a blank one has the right one."""

    def change(images: tf.Tensor, said: Outputs) -> Outputs:
        ink = tf.reduce_max(tf.reshape(images, (tf.shape(images)[0], -1)), axis=1) > 0
        ink = tf.reshape(ink, (-1, *[1] * (len(said[output].shape) - 1)))
        return said | {output: tf.where(ink, said[output] + 0.01, said[output])}

    return change


def one_for_all(_: tf.Tensor, said: Outputs) -> Outputs:
    return {"images": tf.zeros_like(said["images"]) + said["images"][:1]}


def by_place(seeds: tf.Tensor, said: Outputs) -> Outputs:
    noise = randomness.uniform(
        randomness.seeds_of_numbers(tf.range(tf.size(seeds, out_type=tf.int64))), 28, 28
    )
    return {"images": tf.ensure_shape(noise, said["images"].shape)}


def in_company(_: tf.Tensor, said: Outputs) -> Outputs:
    return {"images": said["images"] + 0.1 * said["images"][:1]}


def at_random(_: tf.Tensor, said: Outputs) -> Outputs:
    return {"images": tf.random.uniform(tf.shape(said["images"]), seed=1)}


def of_half_the_seed(sample: Callable[[tf.Tensor], Outputs]) -> Change:
    return lambda seeds, said: dict(sample(seeds // 2))


SLOW = pytest.mark.slow  # of several cases of one kind, one is tried every time
ALONE = "when it is asked again, in another order"
SAMPLERS = {
    "vae: one answer to all": (
        one_for_all,
        "it gives only 1 different answer to 40 different seeds",
    ),
    "gan: one answer to all": (
        one_for_all,
        "it gives only 1 different answer to 40 different seeds",
    ),
    "vae: half the seed": (None, "it gives only 20 different answers to 40 different seeds"),
    "vae: by place": (by_place, ALONE),
    "vae: by company": (in_company, ALONE),
    "gan: at random": (at_random, ALONE),
}
OF_A_KIND = ("gan: one answer to all", "vae: by company")
UNLIKE = [
    ("vae", "reconstruct", "images", "its images is off by 0.01 from serving_default's images"),
    pytest.param(
        *("vae", "encode", "mean", "its mean is off by 0.01 from serving_default's latents"),
        marks=SLOW,
    ),
    ("gan", "discriminate", "real", "its real is off by 0.01 from serving_default's real"),
]


def said_of(
    name: str, made: Any, mnist_dir: Path, folder: Path, signatures: Mapping[str, Signature]
) -> dict[str, list[str]]:
    """What the check finds, by signature."""
    family = families.load(name)
    model, _ = made[name]
    export(model, folder / "model", {one: signatures[one] for one in family.served})
    records = list(examples.records(*examples.cut(mnist_dir, 100, 140)))
    served = Served(family.served, MNIST.names, family.same)
    found: dict[str, list[str]] = {}
    for failure in serving_check.check(str(folder / "model"), records, served):
        assert failure.gate == "ServingCheck" and failure.kind == "must"
        found.setdefault(failure.metric, []).append(str(failure))
    return found


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_a_sound_generator_is_served(name: str, made: Any, mnist_dir: Path, tmp_path: Path) -> None:
    assert said_of(name, made, mnist_dir, tmp_path, made[name][1]) == {}


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(way, marks=SLOW)
        if way in ("gan: one answer to all", "vae: by company")
        else way
        for way in SAMPLERS
    ],
)
def test_a_sampler_that_does_not_go_by_its_seeds_is_refused(
    way: str, made: Any, mnist_dir: Path, tmp_path: Path
) -> None:
    name, (change, words) = way.partition(":")[0], SAMPLERS[way]
    signatures = made[name][1]
    change = change or of_half_the_seed(signatures["sample"].function)
    sampler = {"sample": changed(signatures["sample"], change)}
    found = said_of(name, made, mnist_dir, tmp_path, {**signatures, **sampler})
    assert set(found) == {"sample"}
    assert any(words in said for said in found["sample"]), found


@pytest.mark.parametrize(("name", "signature", "output", "words"), UNLIKE)
def test_a_signature_that_answers_real_images_otherwise_is_refused(
    name: str,
    signature: str,
    output: str,
    words: str,
    made: Any,
    mnist_dir: Path,
    tmp_path: Path,
) -> None:
    signatures = made[name][1]
    other = {signature: changed(signatures[signature], where_there_is_ink(output))}
    found = said_of(name, made, mnist_dir, tmp_path, {**signatures, **other})
    assert signature in found and set(found) <= {signature, "decode"}
    assert any(words in said for said in found[signature]), found


def test_what_is_reconstructed_is_what_is_decoded_of_what_is_encoded(
    made: Any, mnist_dir: Path, tmp_path: Path
) -> None:
    signatures = made["vae"][1]
    other = {
        "decode": changed(signatures["decode"], lambda _, said: {"images": said["images"] / 2})
    }
    found = said_of("vae", made, mnist_dir, tmp_path, {**signatures, **other})
    [said] = found.pop("decode")
    assert not found and said.startswith("decode cannot be served: its images is off by 0.")
    assert "asked about encode's mean, from serving_default's images" in said


def test_what_decode_makes_of_real_latents_has_to_be_numbers(
    made: Any, mnist_dir: Path, tmp_path: Path
) -> None:
    signatures = made["vae"][1]

    def nothing(latents: tf.Tensor, said: Outputs) -> Outputs:
        bad = tf.reduce_max(tf.abs(latents), axis=1)[:, None, None] < 0.5
        return {"images": tf.where(bad, float("nan"), said["images"])}

    other = {"decode": changed(signatures["decode"], nothing)}
    found = said_of("vae", made, mnist_dir, tmp_path, {**signatures, **other})
    assert set(found) == {"decode"}
    assert any("is not finite for" in said and "of 40 examples" in said for said in found["decode"])
