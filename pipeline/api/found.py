"""What a run has found, as Python has it. Reads files alone: neither TensorFlow nor TFX."""

from __future__ import annotations

import dataclasses
import functools
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.results import predictions as answers
from components.results.facts import Evaluation, Training
from components.results.numbers import SPACE, number, title
from components.results.report import HTML, JSON, read_report
from components.results.stored import BadFacts
from components.results.summary import Summary, Verdict
from pipeline.api import frames
from pipeline.api.errors import NotThere
from pipeline.api.pictures import Pictures

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclasses.dataclass(frozen=True, repr=False)
class Results:
    """A run, and all that is known of it.

    What is a DataFrame has an axis "field" where its columns are of several kinds.

    Attributes:
        summary: all facts, typed.
        folder: of the run.
        output: that it wrote to, where it is now.
    """

    summary: Summary
    folder: Path
    output: Path

    @property
    def name(self) -> str:
        """Of the run: when it began."""
        return self.summary.run or self.folder.name

    @property
    def model(self) -> str:
        """The family."""
        return str(self.summary.settings.get("model", self.folder.parent.name))

    @property
    def verdict(self) -> Verdict:
        """How it ended, and why."""
        return self.summary.verdict

    @property
    def report(self) -> Path:
        """The page, for a browser."""
        return self.folder / HTML

    @property
    def log(self) -> Path:
        """Everything that was said."""
        return self.folder / "log.txt"

    @property
    def classes(self) -> tuple[str, ...]:
        """What they are called, in their order."""
        return tuple((self.summary.settings.get("dataset") or {}).get("names", ()))

    @property
    def slices(self) -> pd.DataFrame:
        """Each figure of each slice of the test images; see `frames.slices`."""
        return frames.slices(self._evaluation)

    @property
    def confusion(self) -> pd.DataFrame:
        """Of a classifier; see `frames.confusion`."""
        evaluation = self._evaluation
        if not evaluation.confusion:
            raise NotThere(f"a {self.model} takes no image for one of a class", self)
        return frames.confusion(evaluation)

    @property
    def thresholds(self) -> pd.DataFrame:
        """Each bound, and what was measured; see `frames.thresholds`."""
        judged = bool(self._evaluation)  # or it says why not
        return frames.thresholds(self.summary.thresholds if judged else ())

    @property
    def gates(self) -> pd.DataFrame:
        """What each gate said; see `frames.gates`."""
        return frames.gates(self.summary)

    @property
    def nodes(self) -> pd.DataFrame:
        """What became of each node; see `frames.nodes`."""
        return frames.nodes(self.summary)

    @property
    def trials(self) -> pd.DataFrame:
        """Of the search; see `frames.trials`."""
        if self.summary.tuning is None:
            raise NotThere(self._lacks("trials", "nothing was searched for"), self)
        return frames.trials(self.summary.tuning)

    @property
    def folds(self) -> pd.DataFrame:
        """Of the cross-validation; see `frames.folds`."""
        if self.summary.folds is None:
            raise NotThere(self._lacks("folds", "nothing was cross-validated"), self)
        return frames.folds(self.summary.folds)

    @property
    def history(self) -> pd.DataFrame:
        """Of the training; see `frames.history`."""
        return frames.history(self._training)

    @property
    def hyperparameters(self) -> pd.DataFrame:
        """That the model was trained with; see `frames.hyperparameters`."""
        return frames.hyperparameters(self._training)

    @property
    def predictions(self) -> pd.DataFrame:
        """What the model said of each test image; see `frames.predictions`."""
        folder = self.summary.folder_of("evaluation", self.output)
        if folder is None:
            raise NotThere(self._lacks("predictions", "the model was not judged"), self)
        try:
            said = answers.read_file(folder / answers.FILE)
        except BadFacts as error:
            raise NotThere(str(error), self) from None
        return frames.predictions(said, self.classes)

    @property
    def runs(self) -> pd.DataFrame:
        """All runs of the output folder; see `frames.runs`."""
        try:
            return frames.runs(self.output)
        except BadFacts as error:
            raise NotThere(str(error), self) from None

    @functools.cached_property
    def pictures(self) -> Pictures:
        """Those of the report, by name."""
        try:
            return Pictures(read_report(self.folder / JSON).images)
        except BadFacts as error:
            raise NotThere(str(error), self) from None

    def keras_model(self) -> Any:
        """Loads the model as Keras's own, a keras.Model; takes TensorFlow."""
        from pipeline.api import asking

        return asking.keras_model(self)

    def predict(self, images: np.ndarray) -> pd.DataFrame:
        """Asks a classifier about images; takes TensorFlow.

        Args:
            images: whole numbers from 0 to 255, (N, S, S), ink on paper of 0, as the data are.

        Returns:
            The probability of each class (columns "class") for each image (index "image").

        Raises:
            ValueError: they are something else.
            NotThere: the model does not classify, or was removed.
        """
        return self._asked.predict(images)

    def sample(self, count: int = 16, seed: int = 0) -> np.ndarray:
        """Lets a generator draw; takes TensorFlow.

        Args:
            count: how many images.
            seed: of the first; the next has the next seed. The same seed gives the same image.

        Returns:
            float32 (count, S, S) from 0 to 1.

        Raises:
            NotThere: the model does not draw, or was removed.
        """
        return self._asked.sample(count, seed)

    @functools.cached_property
    def _asked(self) -> Any:
        from pipeline.api import asking  # TensorFlow takes seconds

        return asking.Exported(self)

    @property
    def _evaluation(self) -> Evaluation:
        if self.summary.evaluation is None:
            raise NotThere(self._lacks("figures", "the model was not judged"), self)
        return self.summary.evaluation

    @property
    def _training(self) -> Training:
        if self.summary.training is None:
            raise NotThere(self._lacks("training", "no model was trained"), self)
        return self.summary.training

    def _lacks(self, what: str, why: str) -> str:
        return f"run {self.name} has no {what}: {why} ({self.verdict})"

    def _headline(self) -> str:
        found = self.summary.evaluation
        if found is None:
            return ""
        said = (f"{title(n)} {number(found.overall.get(n), n)}" for n in found.headline)
        return ", ".join(said).replace(SPACE, " ")

    def __repr__(self) -> str:
        parts = (self.model, self.name, self.verdict.outcome, self._headline())
        return f"Results({', '.join(filter(None, parts))})"

    def _repr_html_(self) -> str:
        said, page = html.escape(str(self.verdict)), html.escape(self.report.as_uri())
        headline = html.escape(self._headline())
        return (
            f"<p><b>{html.escape(self.model)}</b>, run {html.escape(self.name)}<br>{said}<br>"
            f'{headline}<br><a href="{page}">report</a></p>'
        )
