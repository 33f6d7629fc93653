"""One compiled model for many trainings, and trainings that go on with the whole state."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from modules import families
from modules.contract.family import Family, TrainingRun
from modules.data.splits import Split, Splits
from modules.kinds import shared
from modules.kinds.keras_family import KerasFamily
from modules.kinds.shared import SharedModels
from modules.training.workers import Workers
from tests.datasets import MNIST
from tests.networks import small

# All that is live and not 0, and then other values of it.
ONE: dict[str, dict[str, Any]] = {
    "transformer": {"stem": "patch", "dropout": 0.1, "label_smoothing": 0.1},
    "vae": {},
    "gan": {"dropout": 0.3, "r1": 0.1},
}
OTHER: dict[str, dict[str, Any]] = {
    "transformer": {
        **ONE["transformer"],
        "learning_rate": 1e-2,
        "weight_decay": 0.2,
        "dropout": 0.3,
        "label_smoothing": 0.2,
        "shift": 4.0,
    },
    "vae": {"learning_rate": 1e-2, "beta": 2.0, "warm_up": 0.0, "weight_decay": 0.2},
    "gan": {
        "learning_rate": 1e-2,
        "dropout": 0.1,
        "label_smoothing": 0.2,
        "average": 0.9,
        "beta_1": 0.3,
        "r1": 0.5,
    },
}
BATCH = 32


def bound(name: str) -> KerasFamily:
    family = families.load(name)(MNIST)
    assert isinstance(family, KerasFamily)
    return family


def values(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    return {**small(name), "batch_size": BATCH, **changes}


@pytest.fixture(scope="module")
def splits() -> Splits:
    random = np.random.default_rng(1)
    ink = random.integers(0, 256, (3 * BATCH, 28, 28)) * (random.random((3 * BATCH, 28, 28)) < 0.2)
    images, labels = ink.astype(np.uint8), np.arange(3 * BATCH) % 10
    return Splits(
        Split(images[: 2 * BATCH], labels[: 2 * BATCH]),
        Split(images[2 * BATCH :], labels[2 * BATCH :]),
    )


def weights(trained: Any) -> list[np.ndarray]:
    return [np.array(weight) for weight in trained.keras.get_weights()]


def same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, two) for one, two in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("name", ONE)
def test_a_training_through_a_shared_model_is_that_of_a_new_one(
    name: str, splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (values(name, changes[name]) for changes in (ONE, OTHER))
    new = bound(name).train(one, splits, TrainingRun(epochs=1, seed=2))

    family, traced = bound(name), 0
    step = type(new.keras).train_step

    def counted(self: Any, data: Any) -> Any:
        nonlocal traced
        traced += 1
        return step(self, data)

    monkeypatch.setattr(type(new.keras), "train_step", counted)
    before = family.train(other, splits, TrainingRun(epochs=1, seed=1, trial=True))
    told, times = weights(before), traced
    after = family.train(one, splits, TrainingRun(epochs=1, seed=2, shares=True))
    assert after.keras is before.keras and traced == times > 0
    assert not same(told, weights(after))
    assert after.history == new.history and same(weights(after), weights(new))


@pytest.mark.usefixtures("eager")
class TestWithoutTracing:
    @pytest.mark.parametrize("name", ONE)
    def test_a_training_that_goes_on_takes_its_whole_state_along(
        self, name: str, splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With schedules that end alike it is the unbroken one, to the last bit."""
        chosen, state = values(name, ONE[name]), tmp_path / "state.weights.h5"
        unbroken = bound(name).train(chosen, splits, TrainingRun(epochs=3, seed=1))
        family = bound(name)
        build = type(family).build
        monkeypatch.setattr(
            family, "build", lambda values, _, seed: build(family, values, 3 * 2, seed)
        )
        first = TrainingRun(epochs=1, seed=1, trial=True, keep=state)
        rung = family.train(chosen, splits, first).history
        others = values(name, OTHER[name])
        family.train(others, splits, TrainingRun(epochs=1, seed=1, trial=True))
        on = TrainingRun(epochs=3, seed=1, start=1, trial=True, go_on_from=state)
        promoted = family.train(chosen, splits, on)
        joined = {figure: [*seen, *promoted.history[figure]] for figure, seen in rung.items()}
        assert joined == unbroken.history
        assert same(weights(promoted), weights(unbroken))
        assert int(promoted.keras.optimizer.iterations) == 3 * 2

    @pytest.mark.parametrize("name", ONE)
    def test_each_rung_has_a_schedule_of_its_own(self, name: str, splits: Splits) -> None:
        chosen, family = values(name, ONE[name]), bound(name)

        def rate_at_end(epochs: int) -> float:
            run = TrainingRun(epochs=epochs, seed=1, trial=True)
            return float(family.train(chosen, splits, run).keras.optimizer.learning_rate)

        one, two, again = (rate_at_end(epochs) for epochs in (1, 2, 1))
        alone = bound(name).train(chosen, splits, TrainingRun(epochs=2, seed=1))
        assert two == pytest.approx(float(alone.keras.optimizer.learning_rate))
        assert one == again <= 0.11 * chosen["learning_rate"]

    def test_a_saved_model_has_plain_numbers(self, splits: Splits, tmp_path: Path) -> None:
        for name, changes in OTHER.items():
            chosen = values(name, changes)
            run = TrainingRun(epochs=1, seed=1, shares=True)
            trained = bound(name).train(chosen, splits, run)
            trained.keras.save(tmp_path / "model.keras")
            loaded = keras.models.load_model(tmp_path / "model.keras")
            schedule = loaded.optimizer.get_config()["learning_rate"]["config"]
            assert schedule["peak"] == 1e-2
            ours, theirs = (model.count_params() for model in (trained.keras, loaded))
            assert ours == theirs
            made = {**loaded.get_config().get("values", {})}
            assert all(made[one] == chosen[one] for one in made)


def build(values: Any, total_steps: int, seed: int) -> keras.Model:
    """A model of one weight, which the seed and its steps decide; asks whether `drop` is 0."""
    del total_steps
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((1, 1), float(seed))])
    model.rate, model.drops = values["rate"], bool(values["drop"])
    model.compile("sgd")
    return model


def test_models_are_shared_where_the_graph_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    models = SharedModels(("rate", "drop"))

    def fresh(rate: float, drop: float, units: int, steps: int = 10, seed: int = 1) -> Any:
        chosen = {"rate": rate, "drop": drop, "units": units}
        return models.fresh(build, chosen, steps, seed)

    first = fresh(1.0, 0.1, 3)
    first.set_weights([np.zeros((1, 1))])
    assert fresh(0.0, 0.2, 3) is first and float(first.get_weights()[0]) == 1.0
    assert float(tf.convert_to_tensor(first.rate)) == 0.0
    assert fresh(1.0, 0.1, 3, seed=5) is first and float(first.get_weights()[0]) == 5.0
    assert fresh(1.0, 0.1, 3, seed=1) is first and float(first.get_weights()[0]) == 1.0
    without = fresh(1.0, 0.0, 3)
    assert without is not first and not without.drops
    assert fresh(1.0, 0.1, 4) is not first and fresh(1.0, 0.1, 3, steps=11) is first

    monkeypatch.setattr(shared, "_KEPT", 4)
    assert fresh(1.0, 0.1, 3) is first  # and so the one used last
    others = [fresh(1.0, 0.1, units) for units in (5, 6, 7)]
    assert fresh(2.0, 0.3, 3) is first
    assert fresh(1.0, 0.0, 3) is not without  # which was used before all others
    assert fresh(1.0, 0.1, 7) is others[-1]


def test_a_family_without_live_values_builds_a_model_for_each_training(
    splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = bound("vae")
    monkeypatch.setattr(family, "live", ())
    built: list[Any] = []

    def seen(*arguments: Any) -> Any:
        built.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(family, "build", seen)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            family.train(values("vae", {}), splits, TrainingRun(epochs=1, seed=1, trial=True))
    assert len(built) == 2 and built[0][0] == values("vae", {})


@pytest.mark.parametrize("name", ONE)
def test_trainings_beside_each_other_are_those_of_new_models(
    name: str, splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each builds and traces its models while the other one trains."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    jobs = [
        (values(name, changes[name]), seed) for changes, seed in ((ONE, 1), (OTHER, 1), (ONE, 2))
    ]
    alone = [
        bound(name).train(one, splits, TrainingRun(epochs=2, seed=seed)).history
        for one, seed in jobs
    ]

    def work(number: int, family: Family, tell: Any) -> Any:
        one, seed = jobs[number]
        run = TrainingRun(epochs=2, seed=seed, shares=True, tell=lambda done, _: tell(done))
        return family.train(one, splits, run).history

    with Workers[Any](bound(name)) as workers:
        for number in range(len(jobs)):
            workers.begin(number, partial(work, number))
        assert workers.several
        assert [workers.result(n, lambda _: None) for n in range(len(jobs))] == alone
