"""Our Tuner's executor: the search is TFX's, and what it found stands beside its results."""

from pathlib import Path
from typing import Any

import pytest
from tfx.types import standard_artifacts

from components import tuner
from components.results.facts import read_tuning
from components.results.logs import TRIALS
from modules.training.search import Search
from tests import artifacts
from tests.searching import Made, prepared


def test_what_a_search_found_is_stored_beside_tfxs_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Made(fails=lambda values: values["layers"] == 1)
    found = prepared(tmp_path, failing, confirm=2)
    asked: list[Any] = []

    def search(inputs: Any, properties: Any, scratch: str) -> Search:
        asked.append((inputs, properties))
        found.search(verbose=0)
        return found

    monkeypatch.setattr(tuner.tfx_executor, "search", search)
    outputs = {
        "best_hyperparameters": [
            artifacts.make(standard_artifacts.HyperParameters, tmp_path / "best")
        ],
        "tuner_results": [artifacts.make(standard_artifacts.TunerResults, tmp_path / "results")],
    }
    context = tuner.Executor.Context(tmp_dir=str(tmp_path / "tmp"), unique_id="1")
    tuner.Executor(context).Do({"examples": []}, outputs, {"tuner_fn": "a.b"})
    stored = read_tuning(outputs)
    assert asked == [({"examples": []}, {"tuner_fn": "a.b"})]
    assert stored.objective == "val_score" and stored.best == found.best
    scores = [trial.score for trial in stored.trials]
    scored = [score for score in scores if score is not None]
    assert scored == sorted(scored, reverse=True) and None not in scores[: len(scored)]
    assert stored.trials[0].values == found.best
    assert [t.failed for t in stored.trials if t.score is None] == ["the loss is nan"] * (
        len(scores) - len(scored)
    )
    assert (stored.ended, stored.budget, stored.spent) == ("budget", 1500, 1500)
    assert stored.worth == found.worth and found.worth
    for trial in stored.trials:
        assert list((tmp_path / "results" / TRIALS / trial.trial).glob("events.out.tfevents.*"))
