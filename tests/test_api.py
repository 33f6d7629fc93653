"""What a run has found, read from Python."""

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.results import listing
from components.results.folds import Fold, Folds
from components.results.judged import Threshold
from components.results.listing import Listed
from components.results.predictions import Predictions, write_predictions
from components.results.report import Image, Report, write_report
from components.results.summary import Node, Summary, Verdict, write_summary
from pipeline.api import NotThere, Results, TriptychError, asking, frames, results
from tests import results as made_up
from tests.conftest import PROJECT
from tests.datasets import MNIST
from tests.report_seen import png

PNG = png(4, 4)
DATASET = {"names": ["0", "8"], "side": 8}
THRESHOLD = Threshold("accuracy", "accuracy", "label=8", "at least", 0.5, None, None, 0.8, 12)
EVALUATION = dataclasses.replace(made_up.EVALUATION, thresholds=(THRESHOLD,))
SUMMARY = dataclasses.replace(
    made_up.SUMMARY,
    run="20260102-030405-000006",
    settings={"model": "transformer", "profile": "smoke", "dataset": DATASET},
    evaluation=EVALUATION,
    nodes=(
        *made_up.SUMMARY.nodes,
        Node("Evaluator", "done", 1.0, "", outputs={"evaluation": "artifacts/evaluation"}),
    ),
)
SAID = Predictions(
    images="abc",
    index=np.array([3, 5]),
    labels=np.array([1, 0]),
    each={"accuracy": np.array([1.0, 0.0])},
    probabilities=np.array([[0.25, 0.75], [math.nan, math.nan]], np.float32),
    strokes=np.array(["thin", "bold"]),
)


def written(output: Path, summary: Summary = SUMMARY) -> Path:
    """Writes a run into an output folder, and returns its folder."""
    family = str(summary.settings["model"])
    folder = output / family / summary.run
    write_summary(folder / "summary.json", summary)
    link = output / family / "summary.json"
    link.unlink(missing_ok=True)
    link.symlink_to(f"{summary.run}/summary.json")
    return folder


@pytest.fixture
def found(tmp_path: Path) -> Results:
    folder = written(tmp_path)
    image = Image("samples", "one", "<one>", "an image", PNG)
    write_report(folder / "report.json", Report(SUMMARY, images=(image,)))
    (tmp_path / "artifacts" / "evaluation").mkdir(parents=True)
    write_predictions(tmp_path / "artifacts" / "evaluation", SAID)
    return results(tmp_path)


def test_the_newest_run_is_read_or_that_of_a_model_or_that_of_a_name(tmp_path: Path) -> None:
    vae = dataclasses.replace(SUMMARY, run="b", settings={"model": "vae"})
    folders = [written(tmp_path, one) for one in (SUMMARY, vae)]
    assert results(str(tmp_path)).folder == folders[1] and results(tmp_path).model == "vae"
    assert results(tmp_path, model="transformer").folder == folders[0]
    assert results(tmp_path, run="b").name == "b"
    assert results(tmp_path.as_uri(), SUMMARY.run).output == tmp_path


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"model": "gan"}, "there is no run of gan in "),
        ({"run": "c"}, "unknown run 'c' in .*; choose 20260102-030405-000006"),
        ({"run": SUMMARY.run, "model": "vae"}, f"there is no run of vae called {SUMMARY.run}"),
        ({"output": "gs://bucket/x"}, "gs:// does not work"),
        ({"output": "nonesuch"}, "there is no summary of a run in "),
    ],
)
def test_what_is_not_there_is_said(asked: dict[str, str], words: str, tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(NotThere, match=words):
        results(**{"output": str(tmp_path), **asked})


def test_slices_have_a_row_each_and_a_column_a_figure(found: Results) -> None:
    frame = found.slices
    assert (frame.index.name, frame.columns.name) == ("slice", "figure")
    assert frame.loc["label=8", "accuracy"] == 0.5 and frame.loc["overall", "accuracy"] == 0.95
    assert list(frame.index) == ["overall", "label=8"] and frame["accuracy"].dtype == float
    assert frame["recall"].isna().all() and frame.loc["overall", "latent_kl"] == [1.0, 0.5]


def test_rows_of_the_confusion_are_the_true_classes(found: Results) -> None:
    frame = found.confusion
    assert (frame.index.name, frame.columns.name) == ("actual", "predicted")
    assert frame.loc["8", "0"] == 2 and frame.loc["0", "8"] == 1


def test_trials_history_and_hyperparameters(found: Results) -> None:
    trials = found.trials
    assert trials.index.name == "trial" and list(trials.index) == ["0003", "0001"]
    assert trials.loc["0003", "score"] == 0.91 and math.isnan(trials.loc["0001", "score"])
    assert trials.loc["0003", "stem"] == "conv" and trials.loc["0003", "epochs"] == 4
    history = found.history
    assert (history.index.name, history.columns.name) == ("epoch", "figure")
    assert list(history.index) == [1, 2, 3] and history.loc[3, "loss"] == 1.0
    assert math.isnan(history.loc[2, "loss"]) and "seconds" not in history
    values = found.hyperparameters
    assert values.index.name == "hyperparameter" and values.loc["layers", "value"] == 2


def test_folds_have_a_row_each() -> None:
    one = Fold(20, 10, 1.5, {"val_accuracy": 0.9, "val_loss": 0.3})
    lost = Fold(20, 10, 0.5, failed="it diverged")
    found = Folds("val_accuracy", "max", (one, lost, one), None, None, (3,), 2.0)
    frame = frames.folds(found)
    assert (frame.index.name, list(frame.index)) == ("fold", [1, 2, 3])
    assert frame.loc[1, "val_accuracy"] == 0.9 and math.isnan(frame.loc[2, "val_accuracy"])
    assert list(frame["outlier"]) == [False, False, True] and frame["seconds"].sum() == 3.5


def test_the_seconds_of_epochs_are_part_of_the_history_where_they_are_known() -> None:
    training = dataclasses.replace(made_up.TRAINING, epoch_seconds=(3.0, 2.0, 2.5))
    assert frames.history(training).loc[1, "seconds"] == 3.0


def test_what_was_said_of_each_image(found: Results) -> None:
    frame = found.predictions
    assert (frame.index.name, frame.columns.name) == ("image", "field")
    assert list(frame.index) == [3, 5] and list(frame["label"]) == ["8", "0"]
    assert frame.loc[3, "answer"] == "8" and frame["answer"].isna().tolist() == [False, True]
    assert frame.loc[3, "probability"] == frame.loc[3, "probability_of_8"] == 0.75
    assert (frame["label"] == frame["answer"]).tolist() == [True, False]
    assert list(frame["stroke"]) == ["thin", "bold"] and "accuracy" not in frame


def test_what_a_generator_was_judged_by_of_each_image() -> None:
    said = dataclasses.replace(SAID, probabilities=None, strokes=None)
    assert list(frames.predictions(said, ["0", "8"]).columns) == ["label", "accuracy"]


def test_thresholds_gates_and_nodes(found: Results) -> None:
    frame = found.thresholds
    assert frame.index.names == ["gate", "figure", "slice"]
    row = frame.loc[("accuracy", "accuracy", "label=8")]
    assert row["margin"] == pytest.approx(-0.3) and row["examples"] == 12
    assert frame["low"].dtype == float
    assert found.gates.index.name == "gate" and not found.gates.loc["Evaluator", "passed"]
    assert str(made_up.FAILURE) == found.gates.loc["Evaluator", "said"]
    assert found.nodes.loc["Trainer", "headline"] == "val_loss 1.0000"
    assert list(frames.thresholds([]).columns) == list(frame.columns)


def test_runs_are_a_row_each_with_what_differs(
    found: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Listed("b", "vae", "pushed", {"seed": 2}, "nelbo", 9.5, None, None, 3.0, Path("b"))
    differs = {"seed": 1, "tuner": "none"}
    other = Listed("a", "vae", "failed", differs, "", None, None, None, 2.0, Path("a"))
    monkeypatch.setattr(frames, "list_runs", lambda output: (one, other) if output else ())
    frame = found.runs
    assert frame.index.name == "run" and list(frame.index) == ["b", "a"]
    assert frame.loc["a", "seed"] == 1 and frame.loc["b", "value"] == 9.5
    assert frame["tuner"].isna().tolist() == [True, False] and frame["low"].dtype == float
    assert set(frames._RUN) <= {field.name for field in dataclasses.fields(listing.Listed)}


def test_pictures_are_pillows_and_show_themselves(found: Results) -> None:
    assert list(found.pictures) == ["one"] and found.pictures["one"].size == (4, 4)
    shown = found.pictures._repr_html_()
    assert "&lt;one&gt;" in shown and f"data:image/png;base64,{PNG}" in shown
    with pytest.raises(KeyError):
        found.pictures["two"]


def test_a_run_tells_of_itself_in_a_line(found: Results, tmp_path: Path) -> None:
    assert repr(found).startswith("Results(transformer, 20260102-030405-000006, pushed, accuracy")
    assert found.report == tmp_path / "transformer" / SUMMARY.run / "report.html"
    assert found.report.as_uri() in found._repr_html_() and "/serving/1" in found._repr_html_()


def test_what_a_run_did_not_come_to_is_said(tmp_path: Path) -> None:
    written(tmp_path, Summary(Verdict("failed", 1, "why"), "a", settings={"model": "vae"}))
    found = results(tmp_path)
    for name in ("slices", "confusion", "trials", "folds", "history", "hyperparameters",
                 "predictions", "thresholds"):  # fmt: skip
        with pytest.raises(NotThere, match=r"run a has no .*\(failed: why\)") as error:
            getattr(found, name)
        assert error.value.results is found
    with pytest.raises(NotThere, match="report.json"):
        _ = found.pictures
    with pytest.raises(TriptychError, match="run a has no model"):
        found.keras_model()
    assert found.gates.empty and "failed: why" in found._repr_html_()


def test_a_generator_confuses_no_classes(tmp_path: Path) -> None:
    evaluation = dataclasses.replace(EVALUATION, confusion=[])
    written(tmp_path, dataclasses.replace(SUMMARY, evaluation=evaluation))
    with pytest.raises(NotThere, match="takes no image for one of a class"):
        _ = results(tmp_path).confusion


def test_a_file_of_keras_is_opened_where_the_run_has_one(
    found: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(keras.models, "load_model", lambda file: f"loaded {file}")
    with pytest.raises(NotThere, match="no model of Keras's"):
        found.keras_model()
    training = dataclasses.replace(made_up.TRAINING, keras="artifacts/model.keras")
    having = dataclasses.replace(found, summary=dataclasses.replace(SUMMARY, training=training))
    file = found.output / "artifacts" / "model.keras"
    with pytest.raises(NotThere, match="model.keras is not there any more"):
        having.keras_model()
    file.touch()
    assert having.keras_model() == f"loaded {file}"


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((8, 8), np.uint8), r"not \(8, 8\); for one, give images\[None\]"),
        (np.zeros((2, 9, 9), np.uint8), r"array of \(N, 8, 8\), not \(2, 9, 9\)"),
        (np.zeros((2, 8, 8, 1), np.uint8), r"not \(2, 8, 8, 1\)"),
        (np.zeros((2, 8, 8)), r"not float64; what is from 0 to 1 becomes so by \(255"),
        (np.full((2, 8, 8), 256), "these are from 256 to 256"),
        (np.full((2, 8, 8), -1), "these are from -1 to -1"),
        ([np.zeros((8, 8)), np.zeros((9, 9))], "of several shapes|not "),
        ([[["a"] * 8] * 8], "not <U1"),
    ],
)
def test_other_images_are_refused_with_what_is_expected(images: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        asking.as_images(images, 8)


def test_whole_numbers_of_any_kind_are_images() -> None:
    given = np.arange(128).reshape(2, 8, 8)
    assert asking.as_images(given.tolist(), 8).dtype == np.uint8
    assert (asking.as_images(given, 8) == given).all()
    assert asking.as_images(np.zeros((0, 8, 8), np.int64), 8).shape == (0, 8, 8)


def test_a_model_is_asked_whatever_it_is(tmp_path: Path, mnist_dir: Path) -> None:
    from components.readers import idx
    from tests.models import export_prototype_classifier

    train = idx.find_dataset(mnist_dir)["train"]
    images = idx.read_images(train.images, 0, 500)
    labels = idx.read_labels(train.labels, 0, 500)
    model = tmp_path / "artifacts" / "model"
    export_prototype_classifier(model, images, labels)
    node = Node("Trainer", "done", 1.0, "", outputs={"model": "artifacts/model"})
    settings = {"model": "transformer", "dataset": {"names": list(MNIST.names), "side": 28}}
    written(tmp_path, dataclasses.replace(SUMMARY, nodes=(node,), settings=settings))
    found = results(tmp_path)
    frame = found.predict(images[:20])
    assert (frame.index.name, frame.columns.name) == ("image", "class") and frame.shape == (20, 10)
    assert (frame.idxmax(axis=1) == [str(one) for one in labels[:20]]).mean() > 0.5
    with pytest.raises(NotThere, match="a transformer draws nothing"):
        found.sample()
    # What was removed from the artifacts may still be served.
    served = tmp_path / "serving" / "transformer" / "1"
    served.parent.mkdir(parents=True)
    (model / "Format-Serving").rename(served)
    assert results(tmp_path).predict(images[:20]).equals(frame)
    served.rename(tmp_path / "gone")
    with pytest.raises(NotThere, match="has no model"):
        results(tmp_path).predict(images[:20])


def test_reading_takes_no_framework(tmp_path: Path) -> None:
    written(tmp_path)
    code = (
        "import sys; from pipeline.api import results, run\n"
        "heavy = ['tensorflow', 'tfx', 'keras', 'matplotlib', 'sklearn', 'pandas']\n"
        "found = results(sys.argv[1]); found.verdict, repr(found), found._repr_html_()\n"
        "assert not {*heavy} & {*sys.modules}\n"
        "found.slices, found.confusion, found.history\n"
        "assert not {*heavy[:-1]} & {*sys.modules}, sys.modules.keys()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_summary_of_another_version_is_said(tmp_path: Path) -> None:
    file = written(tmp_path) / "summary.json"
    file.write_text(json.dumps({"format": 99}))
    with pytest.raises(NotThere, match="another version of the project"):
        results(tmp_path)
