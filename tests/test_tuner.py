"""Our Tuner's executor: the search is TFX's, and the objective stands beside its results."""

from pathlib import Path
from typing import Any

import keras_tuner
import pytest
from tfx.types import standard_artifacts

from components import tuner
from components.results.facts import read_tuning
from components.results.logs import TRIALS
from tests import artifacts


def test_the_objective_is_stored_beside_the_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = keras_tuner.HyperParameters()
    space.Fixed("layers", 2)
    oracle = keras_tuner.oracles.RandomSearchOracle(
        objective=keras_tuner.Objective("val_nelbo", "min"), max_trials=1, hyperparameters=space
    )

    class Searched:
        """A search that has ended with one trial."""

        def __init__(self) -> None:
            self.oracle = oracle

        def get_best_hyperparameters(self) -> list[keras_tuner.HyperParameters]:
            return [space]

    asked: list[Any] = []

    def search(inputs: Any, properties: Any, scratch: str) -> Searched:
        asked.append((inputs, properties))
        trial = oracle.create_trial("only")
        oracle.update_trial(trial.trial_id, {"val_nelbo": 99.5})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
        return Searched()

    oracle._set_project_dir(str(tmp_path), "search")
    monkeypatch.setattr(tuner.tfx_executor, "search", search)
    outputs = {
        "best_hyperparameters": [
            artifacts.make(standard_artifacts.HyperParameters, tmp_path / "best")
        ],
        "tuner_results": [artifacts.make(standard_artifacts.TunerResults, tmp_path / "results")],
    }
    context = tuner.Executor.Context(tmp_dir=str(tmp_path / "tmp"), unique_id="1")
    tuner.Executor(context).Do({"examples": []}, outputs, {"tuner_fn": "a.b"})
    found = read_tuning(outputs)
    assert asked == [({"examples": []}, {"tuner_fn": "a.b"})]
    assert found.objective == "val_nelbo" and found.best == {"layers": 2}
    [trial] = found.trials
    assert (trial.score, trial.values) == (99.5, {"layers": 2})
    assert list((tmp_path / "results" / TRIALS / trial.trial).glob("events.out.tfevents.*"))
