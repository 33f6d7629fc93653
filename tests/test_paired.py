"""Two models on the same Examples: the tests against SciPy's, and what they say."""

import dataclasses
import time

import numpy as np
import pytest
from scipy import stats

from components.paired import bootstrap, directions, mcnemar, pair, proportions, undefined
from components.results.judged import BETTER, NOISE, WORSE, Paired
from components.results.predictions import Predictions
from modules import families
from modules.contract.evaluation import EvaluationSpec

RISES = {"accuracy": True, "loss": False}


def said(count: int = 1000, **each: np.ndarray) -> Predictions:
    places = np.arange(count)
    strokes = np.where(places % 2, "thin", "bold")
    return Predictions("the same", places, places % 4, each, strokes=strokes)


def parts(both: int, lost: int, won: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the model and of the other one, whether each of the Examples is right."""
    rights = [(1, 1)] * both + [(0, 1)] * lost + [(1, 0)] * won + [(0, 0)] * neither
    drawn = np.random.default_rng(1).permutation(np.array(rights, float))
    return drawn[:, 0], drawn[:, 1]


def one(mine: np.ndarray, theirs: np.ndarray, name: str = "accuracy") -> Paired:
    pairs = pair(said(len(mine), **{name: mine}), said(len(mine), **{name: theirs}), RISES)
    return next(found for found in pairs if found.slice == "overall")


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (3, 12), (40, 10), (7, 7)])
def test_mcnemars_test_is_the_binomial_one_of_the_pairs_that_differ(lost: int, won: int) -> None:
    tail = stats.binom.cdf(min(lost, won), lost + won, 0.5)
    assert mcnemar(lost, won) == pytest.approx(min(1.0, 2.0 * tail))


def test_the_interval_of_a_change_is_agresti_and_mins() -> None:
    # With half an Example more in each cell, it is Wald's.
    both, lost, won, neither = 794.5, 86.5, 150.5, 570.5
    total = both + lost + won + neither
    change = (won - lost) / total
    spread = np.sqrt((lost + won) - (won - lost) ** 2 / total) / total
    low, high = proportions(86, 150, 794 + 86 + 150 + 570)
    assert (low, high) == pytest.approx((change - 1.96 * spread, change + 1.96 * spread), abs=1e-6)
    assert proportions(0, 0, 10)[0] < 0.0 < proportions(0, 0, 10)[1]
    assert proportions(10, 0, 10)[0] >= -1.0


def test_of_numbers_the_interval_is_that_of_the_mean_difference() -> None:
    differences = np.random.default_rng(3).normal(0.1, 1.0, 2000)
    low, high, p = bootstrap(differences)
    known = stats.ttest_1samp(differences, 0.0)
    wanted = known.confidence_interval()
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=0.005)
    assert p == pytest.approx(known.pvalue, abs=0.02)
    assert bootstrap(differences) == (low, high, p)
    assert bootstrap(np.zeros(50)) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("lost", "won", "verdict"), [(60, 20, WORSE), (20, 60, BETTER), (22, 10, NOISE), (0, 0, NOISE)]
)
def test_what_is_right_or_wrong_is_counted(lost: int, won: int, verdict: str) -> None:
    found = one(*parts(1900 - lost - won, lost, won, 100))
    assert (found.lost, found.won, found.verdict) == (lost, won, verdict)
    assert found.test == "McNemar's exact test" and found.examples == 2000
    assert found.change == pytest.approx((won - lost) / 2000)
    assert found.low < found.change < found.high


@pytest.mark.parametrize(("more", "verdict"), [(0.3, WORSE), (-0.3, BETTER), (0.01, NOISE)])
def test_of_a_loss_the_smaller_is_the_better(more: float, verdict: str) -> None:
    random = np.random.default_rng(5)
    theirs = random.normal(5.0, 3.0, 800)
    found = one(theirs + random.normal(more, 1.0, 800), theirs, "loss")
    assert (found.verdict, found.test, found.lost) == (verdict, "paired bootstrap", None)


def test_each_slice_is_compared_under_the_names_of_the_evaluation() -> None:
    mine, theirs = parts(900, 30, 60, 10)
    pairs = pair(said(accuracy=mine), said(accuracy=theirs), RISES, "abcd")
    slices = [f"label={name}" for name in "abcd"] + ["stroke=bold", "stroke=thin"]
    assert [found.slice for found in pairs] == ["overall", *slices]
    by = {found.slice: found for found in pairs}
    assert by["label=b"].value == pytest.approx(mine[1::4].mean())
    assert sum(by[f"label={name}"].lost or 0 for name in "abcd") == by["overall"].lost == 30
    unnamed = pair(said(accuracy=mine), said(accuracy=theirs), RISES)
    assert unnamed[1].slice == "label=0"


def test_what_is_no_number_is_in_no_pair_and_is_told() -> None:
    mine, theirs = parts(900, 30, 60, 10)
    mine[:10], theirs[5:25] = np.nan, np.nan
    one_, other = said(accuracy=mine), said(accuracy=theirs)
    assert pair(one_, other, RISES)[0].examples == 975
    assert undefined(one_, other, ["accuracy", "loss"]) == ["accuracy"]
    assert undefined(other, other, ["accuracy"]) == []


def test_only_the_same_examples_and_figures_of_both_are_compared() -> None:
    mine, theirs = parts(900, 30, 60, 10)
    other = dataclasses.replace(said(accuracy=theirs), images="others")
    assert pair(said(accuracy=mine), other, RISES) == []
    assert pair(said(accuracy=mine), said(loss=theirs), RISES) == []
    assert pair(said(coverage=mine), said(coverage=theirs), RISES) == []


def test_a_better_one_is_what_gates_ask_for() -> None:
    def of(name: str) -> EvaluationSpec:
        return families.load(name).evaluation

    assert directions(of("vae"))["nelbo"] is False and directions(of("vae"))["coverage"] is True
    assert directions(of("transformer"))["cross_entropy"] is False


def test_ten_thousand_examples_take_no_time() -> None:
    start = time.process_time()
    bootstrap(np.random.default_rng(1).normal(size=10_000))
    assert time.process_time() - start < 5.0
