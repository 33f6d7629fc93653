"""What a search will try next, whatever its running trial comes to."""

from pathlib import Path

import pytest

from modules.training.foresight import foreseen
from modules.training.searches import SEARCHES
from tests.searching import COMBINATIONS, IMAGES, WHOLE, Made, prepared

BUDGETS = (9 * IMAGES, 45 * IMAGES, COMBINATIONS * WHOLE)


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("way", SEARCHES)
def test_what_was_foreseen_came(way: str, budget: int, tmp_path: Path) -> None:
    found = prepared(tmp_path, Made(), search=way, budget=budget)
    found.search(verbose=0)
    came = [trial.hyperparameters.values for trial in found.oracle.trials.values()]
    scores = [row["score"] for row in found.table]
    ahead = 0
    for running in range(len(scores)):
        told = foreseen(found._again, scores[:running], 0.0)
        places = [came.index(values) for values in told]
        assert places == sorted(places) and all(place > running for place in places)
        ahead += bool(told)
    # Of a random search and a grid all but the last one; of Hyperband all but the best of a rung.
    least = {"random": len(came) - 1, "grid": len(came) - 1, "hyperband": len(came) // 2 - 1}
    assert ahead >= least.get(way, 1)


def test_after_its_time_nothing_is_foreseen(tmp_path: Path) -> None:
    found = prepared(tmp_path, Made(), search="random", budget=COMBINATIONS * WHOLE, minutes=1.0)
    assert foreseen(found._again, [0.1, 0.2], 59.0)
    assert not foreseen(found._again, [0.1, 0.2], 60.0)
