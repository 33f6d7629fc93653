"""The gate on a cross-validation: whether its folds are good enough, and enough alike."""

import decimal
from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from components.gates import AT_LEAST, AT_MOST, MUST, OVERALL, Failure, write_record
from components.proposal import outward
from components.results.folds import JUDGED_FILE, Folds, Judged, read_folds
from components.results.judged import Threshold
from components.results.numbers import gap, number
from modules.contract.evaluation import FOLDS
from modules.util.files import write_json
from modules.util.plain import to_json

FOLDS_GATE = "FoldsGate"


@component
def FoldsGate(
    folds: InputArtifact[standard_artifacts.ModelEvaluation],
    folds_judged: OutputArtifact[standard_artifacts.ModelEvaluation],
    bound: Parameter[str],
    source: Parameter[str],
) -> None:
    """Records whether the mean of the folds, worsened by one standard deviation, meets its bound.

    A no blocks nothing but the Pusher: ServingCheck, which gives it its blessing, reads the record.

    Args:
        folds: what CrossValidator found.
        folds_judged: the folder of the record and of judged.json.
        bound: a number as text; empty where there is none, and only a fold without a figure is
            refused.
        source: a hash of this component's code, so that its change is noticed.
    """
    found = read_folds({"folds": [folds]})
    threshold = judge(found, float(bound)) if bound else None
    judged = Judged(threshold, propose(found))
    write_json(Path(folds_judged.uri, JUDGED_FILE), to_json(judged))
    write_record(folds_judged.uri, FOLDS_GATE, failures(found, threshold))


def judge(found: Folds, bound: float) -> Threshold | None:
    """Holds the folds against a bound; None where there is no mean."""
    worsened = found.worsened()
    if worsened is None:
        return None
    value = round(worsened, 6)
    return Threshold(
        name=FOLDS,
        metric=found.objective,
        slice=f"{len(found.folds)} folds",
        kind=AT_LEAST if found.rises else AT_MOST,
        value=value,
        low=None,
        high=None,
        bound=bound,
        examples=found.images,
        passed=value >= bound if found.rises else value <= bound,
        words=told(found),
    )


def told(found: Folds) -> str:
    """What the value is made of, and which folds do not belong to the others."""
    spread = gap(found.deviation or 0.0, found.objective)
    words = (
        f"the mean of {number(found.mean, found.objective)}, worsened by one standard deviation, "
        f"{spread}"
    )
    if not found.outliers:
        return words
    named = ", ".join(
        f"fold {one} with {number(found.scores[one - 1], found.objective)}"
        for one in found.outliers
    )
    return f"{words}; {named} is unlike the others"


def failures(found: Folds, threshold: Threshold | None) -> list[Failure]:
    """Why the folds are refused: those that came to nothing, or the bound."""
    lost = [
        Failure(FOLDS_GATE, f"fold {place}", OVERALL, None, MUST, None, 0, f"failed: {fold.failed}")
        for place, fold in enumerate(found.folds, 1)
        if fold.failed
    ]
    if threshold is None or threshold.passed:
        return lost
    one = threshold
    value = (one.metric, one.slice, one.value, one.kind, one.bound, one.examples, one.words)
    return [*lost, Failure(FOLDS_GATE, *value)]


def propose(found: Folds) -> float | None:
    """A bound that the same folds would meet again: a second standard deviation beyond the first,
    which is how far the worsened mean of five folds is off in 19 of 20 cases."""
    worst = found.worsened(by=2.0)
    if worst is None:
        return None
    rounding = decimal.ROUND_FLOOR if found.rises else decimal.ROUND_CEILING
    return outward(max(0.0, worst), rounding)
