"""Generators that forget a digit are refused by TFX's own Evaluator, and the verdict says which."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from components.gates import Failure, describe
from modules import families
from modules.contract.hyperparameters import defaults
from modules.training.export import export
from pipeline.gates_file import choose, read_gates
from tests import artifacts, examples
from tests.datasets import MNIST
from tests.judging import Judged, judge

TRAIN = 1500
FAMILIES = ("vae", "gan")

# What real images reach by far, and a sampler without eights does not.
SAMPLE_GATES = {"share": 0.05, "class_coverage": 0.4, "class_recall": 0.4, "coverage": 0.6}


def gates(family: str) -> dict[str, float]:
    """Gates on samples alone: nothing here is trained, so no other can be met."""
    spec = families.load(family).evaluation
    ask_nothing = {gate.name: 0.0 if gate.at_least else 1e6 for gate in spec.gates}
    asked = {name: bound for name, bound in SAMPLE_GATES.items() if name in spec.demanded}
    return {**spec.allowed, **ask_nothing, **asked}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sabotage")


@pytest.fixture(scope="module")
def judged(work: Path, judged_examples: Any, mnist_dir: Path) -> Callable[[str, str], Judged]:
    """Judges a model of a family whose samples are real images, of the digits that are given."""
    train, _ = examples.cut(mnist_dir, 0, TRAIN)
    images, labels = examples.cut(mnist_dir, TRAIN, 3 * TRAIN)

    def made(family: str, digits: str, bounds: Mapping[str, float] | None = None) -> Judged:
        chosen: Any = families.load(family)(MNIST)
        values = {**defaults(chosen.hyperparameters), "units": 8, "latent": 2}
        model = chosen.build(values, total_steps=1, seed=1)
        handed_out = images[np.isin(labels, [int(digit) for digit in digits])]
        table = tf.constant(handed_out.astype(np.float32) / 255.0)
        model.sample = lambda numbers: tf.gather(table, numbers % len(handed_out))
        ident = 10 * FAMILIES.index(family) + len(digits)
        artifact = artifacts.make(standard_artifacts.Model, work / f"{family}-{digits}", (), ident)
        export(model, Path(artifact.uri, "Format-Serving"), chosen.signatures(model, train, seed=1))
        if bounds is None:
            bounds = gates(family)
        table = "" if bounds else f"{family}.smoke"
        return judge(work, judged_examples, artifact, bounds, family=family, table=table)

    return made


def overall_failures(failed: Sequence[Failure]) -> list[str]:
    return [failure.metric for failure in failed if failure.slice == "overall"]


@pytest.mark.parametrize("family", [pytest.param("vae", marks=pytest.mark.slow), "gan"])
def test_a_sampler_of_all_digits_is_blessed(
    family: str, judged: Callable[[str, str], Judged]
) -> None:
    blessed, evaluation, record, _ = judged(family, "0123456789")
    assert blessed and record.passed
    overall = evaluation.overall
    # Real images, so as good as the floor, which is real images as well.
    assert overall["coverage"] == pytest.approx(overall["floor_coverage"], abs=0.1)
    assert 0.05 < overall["share_of_8"] < 0.15
    assert set(evaluation.slices) > {f"label={digit}" for digit in range(10)}
    left_out = families.load(family).evaluation.overall
    assert not any({*left_out} & {*figures} for figures in evaluation.slices.values())
    assert evaluation.notes["judge"]


@pytest.mark.parametrize("family", [pytest.param("vae", marks=pytest.mark.slow), "gan"])
def test_a_sampler_that_never_makes_an_eight_is_refused_and_the_reason_names_the_eight(
    family: str, judged: Callable[[str, str], Judged]
) -> None:
    blessed, evaluation, record, _ = judged(family, "012345679")
    failed = record.failures
    assert not blessed
    assert {failure.slice for failure in failed} <= {"overall", "label=8"}
    eight = {(f.metric, f.slice): f for f in failed}["coverage", "label=8"]
    assert eight.value == evaluation.slices["label=8"]["coverage"] < 0.3
    reason = describe(failed)
    assert " on label=8 is 0" in reason and "needs 0.4" in reason
    if family == "gan":
        assert overall_failures(failed) == ["share_of_8"]
        assert reason.startswith("share_of_8 is 0")


@pytest.mark.parametrize("family", ["vae", pytest.param("gan", marks=pytest.mark.slow)])
def test_what_is_proposed_without_gates_lets_the_same_model_pass(
    family: str, judged: Callable[..., Judged]
) -> None:
    without = judged(family, "0123456789", {})
    assert not without.blessed
    [failure] = without.record.failures
    assert str(failure).startswith("no gates for this dataset")
    file = Path(without.outputs["evaluation"][0].uri, "gates.toml")
    proposed = choose(read_gates(str(file)), family, "smoke").values
    bounds = {name.removeprefix("gates."): bound for name, bound in proposed.items()}
    spec = families.load(family).evaluation
    assert set(bounds) == set(spec.gate_names)
    overall = without.evaluation.overall
    for gate in spec.gates:
        if not gate.by and not gate.of_class:  # as near as a few hundred images tell
            value, bound = overall[gate.figure], bounds[gate.name]
            assert (bound < value) if gate.at_least else (bound > value), gate.name
            assert bound == pytest.approx(value, rel=0.5), gate.name
    again = judged(family, "0123456789", bounds)
    assert again.blessed and again.record.passed
