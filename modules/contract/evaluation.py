"""How a family's models are judged: figures, and gates on them. Imports no framework."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from modules.contract.values import Kind

FOLDS = "folds"
"""The name of the bound that folds have to meet, which a run may be without."""


class Scale(enum.Enum):
    """What kind of number a gate's figure is; says what its bound can be, and how sure it is."""

    AMOUNT = enum.auto()  # from 0 up
    PART = enum.auto()  # from 0 to 1, of nothing that is counted, such as the area under a curve
    OF_EXAMPLES = enum.auto()  # a part of the slice's Examples
    OF_PREDICTED = enum.auto()  # a part of the Examples that were predicted to be of the class

    @property
    def kind(self) -> Kind:
        """What a bound has to be."""
        return Kind(float, least=0, most=1_000_000 if self is Scale.AMOUNT else 1)


class Gate(NamedTuple):
    """A bound that blesses or refuses a model.

    Attributes:
        figure: the figure it is on.
        name: of the bound's value among the gates of a run.
        at_least: whether the figure must not be below the bound; otherwise, not above it.
        by: the feature whose every slice must meet it; empty for the whole test split.
        change: the name of the gate that says by how much the figure may be worse than the last
            blessed model's; empty where it is not compared.
        allowed: how much that is, unless something else is said.
        of_class: there is a figure of that name for each class, `FIGURE_of_NAME`, and each has to
            meet it.
        scale: what kind of number the figure is.
    """

    figure: str
    name: str
    at_least: bool = True
    by: str = ""
    change: str = ""
    allowed: float = 0.0
    of_class: bool = False
    scale: Scale = Scale.AMOUNT


class EvaluationSpec(NamedTuple):
    """How a family's models are judged, on whatever data; `for_classes` says how on some.

    Attributes:
        signature: of the exported model; gives facts about each serialized tf.Example.
        figures: the names of the numbers that the family's `figures` makes of a slice's facts.
        gates: what a model must reach.
        headline: the figures that say in a word how good a model is.
        overall: those of the figures that mean something for the whole test split alone.
        across: those of the figures that are made of several classes, such as averages over them;
            they mean nothing in a slice of one class.
        by_class: the names of what `figures` gives as a row for each class.
        of_class: the names of what `figures` gives as a number `FIGURE_of_NAME` for each class;
            they mean something for the whole test split alone.
        by_judge: those of `figures` and `of_class` that a judge's eyes made; of two judges, they
            cannot be compared.
        sight: the fact that says what the judge sees in the Example's own image, (N, D): of two
            models that differ in it, two judges have read. Needed where there is a `by_judge`.
        prediction: the one output to judge, for TFMA's own metrics or because it is the only one;
            empty for all of them.
        standard: TFMA's own metrics, as pairs of a class and a name.
        folds: what kind of number the family's objective is, which the gate on folds is about.
        unmeasured: the facts that are NaN for Examples that they were not measured for. Any other
            fact that is not finite is a fault of the model.
    """

    signature: str
    figures: tuple[str, ...]
    gates: tuple[Gate, ...]
    headline: tuple[str, ...]
    overall: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    by_class: tuple[str, ...] = ()
    of_class: tuple[str, ...] = ()
    by_judge: tuple[str, ...] = ()
    sight: str = ""
    prediction: str = ""
    standard: tuple[tuple[str, str], ...] = ()
    unmeasured: tuple[str, ...] = ()
    folds: Scale = Scale.AMOUNT

    @property
    def accuracy(self) -> str:
        """The figure that says of how many Examples the prediction is right; or empty."""
        names = (name for metric, name in self.standard if metric == "SparseCategoricalAccuracy")
        return next(names, "")

    @property
    def measured(self) -> set[str]:
        """The names of all that a gate or a headline can be on."""
        return {*self.figures, *self.of_class, *(name for _, name in self.standard)}

    def meaningless(self, by: Collection[str]) -> set[str]:
        """The figures that are left out of a slice.

        Args:
            by: the features that it is made by; none for the whole test split.
        """
        from modules.data.features import LABEL  # needs NumPy, which settings do without

        return {*(self.overall if by else ()), *(self.across if LABEL in by else ())}

    @property
    def demanded(self) -> tuple[str, ...]:
        """The names of the bounds that have no default: all of them, or a model is not gated."""
        return tuple(dict.fromkeys(gate.name for gate in self.gates))

    @property
    def allowed(self) -> dict[str, float]:
        """By how much a figure may be worse than the last blessed model's, by the gate's name."""
        return {gate.change: gate.allowed for gate in self.gates if gate.change}

    @property
    def gate_names(self) -> tuple[str, ...]:
        """The names of all bounds that models are judged by."""
        return (*self.demanded, *self.allowed)

    @property
    def bound_names(self) -> tuple[str, ...]:
        """The names of all bounds: those of models, and that of folds."""
        return (*self.gate_names, FOLDS)

    def kind_of(self, gate_name: str) -> Kind:
        """What a gate's bound has to be; the name is one of `bound_names`."""
        if gate_name == FOLDS:
            return self.folds.kind
        return next(g.scale.kind for g in self.gates if gate_name in (g.name, g.change))

    def brought(self, gates: Mapping[str, float]) -> bool:
        """Whether all bounds are there that have no default."""
        return set(self.demanded) <= set(gates)

    def for_classes(self, names: Sequence[str]) -> EvaluationSpec:
        """The same, with a figure and a gate for each class instead of one for any.

        Args:
            names: of the classes.
        """
        figures = tuple(of_class(figure, name) for figure in self.of_class for name in names)
        judged = [figure for figure in self.of_class if figure in self.by_judge]
        gates = (
            one._replace(of_class=False, figure=figure)
            for one in self.gates
            for figure in (
                [of_class(one.figure, name) for name in names] if one.of_class else [one.figure]
            )
        )
        return self._replace(
            figures=self.figures + figures,
            overall=self.overall + figures,
            of_class=(),
            by_judge=self.by_judge
            + tuple(of_class(figure, name) for figure in judged for name in names),
            gates=tuple(gates),
        )


def of_class(figure: str, name: str) -> str:
    """The name of a class's own figure, such as "precision_of_8"."""
    return f"{figure}_of_{name}"
