"""The Trainer's entry point, through TFX's own executor, and its resumption."""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import pytest
from tfx.components.trainer.executor import GenericExecutor
from tfx.proto import trainer_pb2
from tfx.types import channel_utils, standard_artifacts

from components.fellows import FELLOWS, name_of
from components.gates import Record, read_record
from components.trainer import Executor, Trainer
from modules.contract.artifact import KERAS
from modules.contract.family import TrainingStopped
from modules.data.dataset import to_plain
from modules.families.transformer import Transformer
from modules.training import progress, trainer, unfinished
from modules.training.trainer import run_fn
from tests import artifacts, examples, rehearsals
from tests.datasets import MNIST
from tests.networks import SMALL

TRAIN = 256  # images

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture
def fn_args(tmp_path: Path, mnist_dir: Path, monkeypatch: pytest.MonkeyPatch) -> examples.FnArgs:
    monkeypatch.setenv(unfinished.VARIABLE, str(tmp_path / "state"))
    train = examples.write(tmp_path / "train.gz", *examples.cut(mnist_dir, 0, TRAIN))
    held_out = examples.write(tmp_path / "eval.gz", *examples.cut(mnist_dir, TRAIN, TRAIN + 64))
    return examples.FnArgs(
        [train],
        [held_out],
        {
            "family": "transformer",
            "dataset": to_plain(MNIST),
            "epochs": 3,
            "seed": 1,
            "hyperparameters": SMALL["transformer"],
            "source": "tests",
        },
        serving_model_dir=str(tmp_path / "model" / "Format-Serving"),
        model_run_dir=str(tmp_path / "run"),
    )


def history(fn_args: examples.FnArgs) -> dict[str, Any]:
    return json.loads(Path(fn_args.model_run_dir, "history.json").read_text())


def test_through_tfxs_executor_a_training_leaves_a_model_its_history_and_no_backup(
    fn_args: examples.FnArgs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(unfinished.VARIABLE)  # whoever names a place removes what is kept there
    reports: list[progress.Progress] = []
    with progress.listen(reports.append):
        model = execute(Executor(), fn_args, tmp_path, fn_args.custom_config)
    assert (model / "Format-Serving" / "saved_model.pb").exists()
    assert [path.name for path in (model / "Format-Keras").iterdir()] == ["model.keras"]
    loaded = keras.models.load_model(model / KERAS)
    assert int(loaded.optimizer.iterations) == 3 * TRAIN // 128
    assert read_record(model) == Record("Trainer", True)
    run = tmp_path / "r"
    facts = json.loads((run / "history.json").read_text())
    assert [len(values) for values in facts["history"].values()] == [3] * 4
    assert len(facts["epoch_seconds"]) == 3 and min(facts["epoch_seconds"]) > 0.0
    assert sum(facts["epoch_seconds"]) < facts["seconds"]
    assert facts["hyperparameters"]["layers"] == 1 and facts["train_images"] == TRAIN
    assert facts["history"]["loss"][-1] < facts["history"]["loss"][0]
    assert list(run.rglob("events.out.tfevents.*"))
    assert (run / "pictures" / "attention.png").exists()
    assert not list(run.glob("training-*"))
    assert reports[-1].done == reports[-1].total and "val accuracy" in reports[-1].figure
    assert all(a.done <= b.done for a, b in zip(reports, reports[1:], strict=False))


def test_a_stopped_training_goes_on_after_its_last_epoch(
    fn_args: examples.FnArgs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "export", lambda _, folder, __: Path(folder).mkdir(parents=True))
    fn_args.custom_config["epochs"] = 4
    state = tmp_path / "state" / "trainer"

    def stop(_: progress.Progress) -> None:
        if any(state.glob("*/epoch-*.weights.h5")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress.listen(stop):
        run_fn(fn_args)
    assert not Path(fn_args.serving_model_dir).exists()
    [kept] = sorted(state.glob("*/epoch-*.weights.h5"))[-1:]
    done = int(kept.name.removeprefix("epoch-").split(".")[0])
    half = kept.with_name("part-1.weights.h5")
    half.write_bytes(b"half-written")
    before = json.loads(kept.with_name(f"epoch-{done:05d}.json").read_text())["seconds"]

    epochs = set()
    with progress.listen(lambda report: epochs.add(int(report.detail.split()[1][0]))):
        run_fn(fn_args)
    assert min(epochs) == done + 1 and max(epochs) == 4
    whole = history(fn_args)["history"]
    assert len(whole["loss"]) == 4
    seconds = history(fn_args)["epoch_seconds"]
    assert len(before) == done and seconds[:done] == before and len(seconds) == 4
    Path(fn_args.serving_model_dir).rmdir()

    epochs.clear()  # the node was killed before the store knew that it was done
    with progress.listen(lambda report: epochs.add(int(report.detail.split()[1][0]))):
        run_fn(fn_args)
    assert epochs <= {4} and history(fn_args)["history"] == whole
    assert Path(fn_args.serving_model_dir).exists()


def test_another_configuration_has_another_backup(
    fn_args: examples.FnArgs, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []

    def stop(self: Any, *_: Any) -> None:
        folders.append(self.directory)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "rehearse", lambda *_: None)
    monkeypatch.setattr("modules.training.callbacks.Backup.restore", stop)
    for change in ({}, {"source": "edited"}, {"epochs": 4}, {"seed": 2}, {}):
        changed = dataclasses.replace(fn_args, custom_config=fn_args.custom_config | change)
        with pytest.raises(KeyboardInterrupt):
            run_fn(changed)
    assert len(set(folders)) == 4 and folders[0] == folders[-1]


SPOILT = {
    "transformer": (
        {"weight_decay": 1e6, "batch_size": 16},
        3,
        "training stopped in epoch 1: the loss is nan, so the learning rate may be too high",
    ),
    "vae": ({"beta": 1000}, 6, "training stopped in epoch 5: the posterior has collapsed"),
    "gan": ({"learning_rate": 1e-9}, 6, "training stopped in epoch 5: the generator has collapsed"),
}


@pytest.mark.parametrize("family", SPOILT)
def test_a_training_that_comes_to_nothing_is_complete_and_says_why(
    family: str, fn_args: examples.FnArgs, tmp_path: Path
) -> None:
    values, epochs, words = SPOILT[family]
    changed = {
        "family": family,
        "hyperparameters": {**SMALL[family], **values},
        "epochs": epochs,
    }
    changed["source"] = "spoilt"  # its rehearsal has not been
    # The transformer's shows that a rehearsal leaves it to the training to tell.
    rehearsed = family == "transformer"
    with contextlib.nullcontext() if rehearsed else rehearsals.left_out():
        model = execute(Executor(), fn_args, tmp_path, fn_args.custom_config | changed)
    record = read_record(model)
    assert (record.gate, record.passed) == ("Trainer", False)
    assert str(record.failures[0]).startswith(words)
    assert [path.name for path in model.iterdir()] == ["gate.json"]

    facts = json.loads((tmp_path / "r" / "history.json").read_text())
    done = int(words.split("epoch ")[1][0]) - (family == "transformer")  # no number, no epoch
    assert {len(values) for values in facts["history"].values()} == ({done} if done else set())
    assert len(facts["epoch_seconds"]) == done
    assert facts["train_images"] == TRAIN and facts["hyperparameters"]["batch_size"] <= 128
    assert list((tmp_path / "r").rglob("events.out.tfevents.*"))
    assert not done or (tmp_path / "r" / "pictures" / "samples.png").exists()


def test_what_a_training_breaks_by_is_a_failure(
    fn_args: examples.FnArgs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ArithmeticError("one and one is three")

    monkeypatch.setattr("modules.kinds.keras_family.KerasFamily.train", broken)
    with pytest.raises(ArithmeticError):
        execute(Executor(), fn_args, tmp_path, fn_args.custom_config)
    assert not (tmp_path / "m" / "gate.json").exists()


def test_a_batch_has_no_more_images_than_there_are(
    fn_args: examples.FnArgs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    build = Transformer.build

    def stop(self: Transformer, values: Any, *more: Any, **named: Any) -> Any:
        sizes.append(values["batch_size"])
        build(self, values, *more, **named)
        raise TrainingStopped("seen enough")

    monkeypatch.setattr(Transformer, "build", stop)
    fn_args.custom_config["hyperparameters"] = {**SMALL["transformer"], "batch_size": 4096}
    with pytest.raises(TrainingStopped):
        run_fn(fn_args)
    assert sizes[-1] == history(fn_args)["hyperparameters"]["batch_size"] == TRAIN


def execute(
    executor: GenericExecutor, fn_args: examples.FnArgs, folder: Path, config: dict[str, Any]
) -> Path:
    """Trains through an executor of TFX; returns the model's folder."""
    data = artifacts.make_examples(
        folder / "data", {"train": fn_args.train_files, "eval": fn_args.eval_files}
    )
    component = Trainer(
        run_fn="modules.training.trainer.run_fn",
        examples=channel_utils.as_channel([data]),
        train_args=trainer_pb2.TrainArgs(splits=["train"]),
        eval_args=trainer_pb2.EvalArgs(splits=["eval"]),
        custom_config=config,
    )
    model = artifacts.make(standard_artifacts.Model, folder / "m")
    run = artifacts.make(standard_artifacts.ModelRun, folder / "r")
    outputs = {"model": [model], "model_run": [run]}
    executor.Do({"examples": [data]}, outputs, dict(component.exec_properties))
    assert model.get_string_custom_property(FELLOWS) == name_of(config, [data.id])
    return folder / "m"
