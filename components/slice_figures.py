"""A family's own figures as one TFMA metric.

The exported model's evaluation signature says facts about each Example; TFMA sorts them into
slices, and the family makes figures of a slice's facts. They are gathered and asked once, at the
end: TFMA's own binarized metrics cost some 2 ms an example, in Python, for each slice and model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_types

from components import bootstrap, kept
from components.comparison import Comparison
from components.gathered import Gathered, finite_rows
from modules import families
from modules.contract.family import Family
from modules.data.dataset import from_plain
from modules.data.features import STROKE


class SliceFigures(metric_types.Metric):
    """The `figures` of a family, under the names that its evaluation gives."""

    def __init__(
        self,
        family: str,
        dataset: Mapping[str, Any],
        comparison: Mapping[str, Any] | None = None,
        name: str = "figures",
    ) -> None:
        """Builds the metric.

        Args:
            family: whose figures.
            dataset: of what data, as modules.data.dataset.to_plain writes it.
            comparison: the fields of a Comparison with the last blessed model, of which it says
                what is asked; all of it unless something is said.
            name: unused; TFMA gives every metric one.
        """
        super().__init__(
            _computations,
            name=name,
            family=family,
            dataset=dataset,
            comparison=dict(comparison or {}),
        )


metric_types.register_metric(SliceFigures)

# How many Examples a model has answered with NaN or infinity; there only where it is not 0.
NOT_FINITE = "not_finite"


def _computations(
    name: str,
    family: str,
    dataset: Mapping[str, Any],
    comparison: Mapping[str, Any] | None = None,
    model_names: Iterable[str] = ("",),
    output_names: Iterable[str] = ("",),
    **_: Any,
) -> list[metric_types.MetricComputation]:
    chosen = families.load(family)(from_plain(dataset))
    baseline = Comparison(**(comparison or {}))
    return [
        metric_types.MetricComputation(
            keys=combiner.keys(),
            preprocessors=[metric_types.FeaturePreprocessor(kept.FEATURES)],
            combiner=combiner,
        )
        for model in model_names
        for output in output_names
        for combiner in [
            _Combiner(chosen, model, output, baseline if model == constants.BASELINE_KEY else None)
        ]
    ]


def _key(name: str, model: str, output: str, sub_key: Any = None) -> metric_types.MetricKey:
    # No word on weights: the form in which TFMA looks up a threshold by a bare name.
    return metric_types.MetricKey(
        name=name, model_name=model, output_name=output, sub_key=sub_key, example_weighted=None
    )


class _Combiner(beam.CombineFn):
    def __init__(
        self,
        family: Family,
        model: str,
        output: str,
        comparison: Comparison | None = None,
    ) -> None:
        self._family, self._model, self._output = family, model, output
        self._comparison, self._candidate = comparison or Comparison(), comparison is None

    def keys(self) -> list[metric_types.MetricKey]:
        """Of all that is said about a slice."""
        family = self._family
        evaluation = family.evaluation.for_classes(family.dataset.names)
        # The standard errors of the last blessed model are nobody's question.
        uncounted = bootstrap.uncounted(evaluation) if self._candidate else ()
        whole = (*evaluation.figures, *map(bootstrap.named, uncounted))
        classes = [metric_types.SubKey(class_id=place) for place in range(family.dataset.classes)]
        return [
            _key(name, self._model, self._output, sub_key)
            for names, sub_keys in ((whole, [None]), (evaluation.by_class, classes))
            for name in names
            for sub_key in sub_keys
            if name not in self._comparison.left_out
        ]

    def create_accumulator(self) -> Gathered:
        return Gathered()

    def add_input(
        self, accumulator: Gathered, element: metric_types.StandardMetricInputs
    ) -> Gathered:
        labels = element.get_labels(self._model, self._output)
        said = element.get_predictions(self._model, self._output)
        if not isinstance(said, Mapping):
            name = self._family.evaluation.prediction
            if not name:
                raise ValueError(
                    f"TFMA drops the name of a single output; the evaluation of a "
                    f"{type(self._family).__name__} has to give it as its prediction"
                )
            said = {name: said}
        # TFMA hands over an Example at a time, without a dimension for the batch.
        rows = {name: np.asarray(value)[None] for name, value in said.items()}
        accumulator.add(labels, rows | kept.gathered(element.features))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Gathered]) -> Gathered:
        merged = Gathered()
        merged.merge(accumulators)
        return merged

    def compact(self, accumulator: Gathered) -> Gathered:
        accumulator.compact()
        return accumulator

    def extract_output(self, accumulator: Gathered) -> dict[metric_types.MetricKey, Any]:
        labels, rows = accumulator.whole()
        if not rows:
            return {}
        facts, features = kept.split(rows)
        facts = self._comparison.filled(facts, len(labels))
        spec = self._family.evaluation
        if not self._candidate:  # what is no number is not compared with
            said = {spec.prediction: facts[spec.prediction]} if spec.prediction else {}
            known = finite_rows({**said, "labels": labels}, ())
            left_out = self._comparison.left_out
            kept.keep(self._family, kept.BASELINE, labels, facts, features, known, left_out)
            return self._measured(labels, facts)
        finite = finite_rows(facts, spec.unmeasured)
        kept.keep(self._family, kept.CANDIDATE, labels, facts, features, finite)
        strokes, found = features[STROKE], self._nothing()
        if finite.all():
            return self._measured(labels, facts) | self._errors(labels, facts, strokes)
        if finite.any():
            labels, facts = labels[finite], {name: fact[finite] for name, fact in facts.items()}
            found = self._measured(labels, facts) | self._errors(labels, facts, strokes[finite])
        return {**found, _key(NOT_FINITE, self._model, self._output): float(np.sum(~finite))}

    def _measured(self, labels: np.ndarray, facts: Mapping[str, np.ndarray]) -> dict[Any, Any]:
        found = self._family.figures(labels, facts)
        return {key: _value(found, key) for key in self.keys() if not bootstrap.figure_of(key.name)}

    def _errors(
        self, labels: np.ndarray, facts: Mapping[str, np.ndarray], strokes: np.ndarray
    ) -> dict[Any, Any]:
        known = bootstrap.standard_errors(self._family, labels, facts, strokes)
        return {
            key: known.get(figure, float("nan"))  # most mean nothing on most slices
            for key in self.keys()
            if (figure := bootstrap.figure_of(key.name))
        }

    def _nothing(self) -> dict[Any, Any]:
        """Figures of no Examples: none is a number, and there is nothing to say of classes."""
        return {key: float("nan") for key in self.keys() if not key.sub_key}


def _value(found: Mapping[str, Any], key: metric_types.MetricKey) -> Any:
    value = found[key.name][key.sub_key.class_id] if key.sub_key else found[key.name]
    return value if np.ndim(value) else float(value)
