"""Whole runs on data that are not MNIST: printed letters, whose files lie on their side."""

import shlex
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.readers import idx
from scripts import letters
from tests import runs

NAMES = string.ascii_uppercase[:10]  # whole runs on all letters are slow
TRAIN, TEST = 60 * len(NAMES), 30 * len(NAMES)
SMALL = ("--train", str(TRAIN), "--test", str(TEST), "--side", "32")
EPOCHS = ("--set", "training.epochs=6", "--set", "hyperparameters.batch_size=16")
QUICK = ("--profile", "smoke", "--tuner", "none", *EPOCHS)


def accepted(run: runs.Run) -> runs.Run:
    """The run that accepts what another one proposed, by the command on its last line."""
    python, program, *options = shlex.split(run.screen.strip().splitlines()[-1])
    assert (python, program) == (".venv/bin/python", "local_runner.py")
    assert options[-2] == "--gates"
    assert Path(options[-1]).read_text().count("[") >= 1
    place = options.index("--output")
    return runs.run_here(Path(options[place + 1]), *options[:place], *options[place + 2 :])


@pytest.fixture(scope="module")
def emnist(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same letters twice: upright in MNIST's files, and on their side in EMNIST's."""
    folder = tmp_path_factory.mktemp("letters")
    upright, turned = folder / "upright", folder / "my letters"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letters, "LETTERS", NAMES)
        assert letters.main([str(upright), *SMALL]) == 0
        assert letters.main([str(turned), *SMALL, "--transposed", "--names", "emnist"]) == 0
    return upright, turned


@pytest.fixture(scope="module")
def proposing(emnist: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    output = tmp_path_factory.mktemp("run") / "output"
    options = ("--data-dir", str(emnist[1]), *QUICK, "--set", "data.transposed=true")
    return runs.run_here(output, *options)


def test_data_without_gates_are_judged_and_never_pushed(proposing: runs.Run) -> None:
    assert proposing.code == 3, proposing.screen
    lines = dict.fromkeys(proposing.screen.splitlines())  # what the log gets is here, too
    *_, report, words, command = lines
    assert report == f"report  {proposing.folder / 'report.html'}"
    assert words == "to accept the proposed gates:"
    assert command in [one["line"] for one in proposing.report["commands"]]
    assert proposing.states["Pusher"] == "done" and not (proposing.output / "serving").exists()
    verdict = proposing.summary["verdict"]
    file = proposing.output / "transformer" / proposing.summary["run"] / "gates.toml"
    assert verdict["outcome"] == "refused"
    assert verdict["reason"].startswith("no gates for this dataset; ")
    assert verdict["reason"].endswith(f"--gates {file}")
    assert proposing.summary["evaluation"]["overall"]["accuracy"] > 2.6 / len(NAMES)


def test_the_data_say_what_they_are(proposing: runs.Run) -> None:
    found = proposing.summary["settings"]["dataset"]
    assert (found["side"], found["labels"]) == (32, list(range(1, len(NAMES) + 1)))
    assert "".join(found["names"]) == NAMES
    evaluation = proposing.summary["evaluation"]
    assert evaluation["classes"] == found["names"]
    assert {f"label={name}" for name in NAMES} < set(evaluation["slices"])
    assert {f"precision_of_{name}" for name in NAMES} < set(evaluation["overall"])
    assert len(evaluation["confusion"]) == len(evaluation["by_class"]["recall"]) == len(NAMES)


def test_what_was_taken_is_in_the_settings(proposing: runs.Run) -> None:
    assert proposing.summary["settings"]["data"] == {
        "train_images": TRAIN,  # of at most 6,000
        "test_images": TEST,
        "transposed": True,
    }


def test_images_are_upright_from_the_examples_on(
    proposing: runs.Run, emnist: tuple[Path, Path]
) -> None:
    [folder] = (proposing.output / "artifacts").glob("*/MnistExampleGen/examples/*/Split-test")
    records = tf.data.TFRecordDataset(sorted(map(str, folder.glob("*.gz"))), "GZIP")
    found = {}
    for record in records.as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        [pixels] = feature["image"].bytes_list.value
        found[feature["index"].int64_list.value[0]] = np.frombuffer(pixels, np.uint8)
    pair = idx.find_dataset(emnist[0])["test"]
    wanted = idx.read_images(pair.images, 0, pair.count)
    assert sorted(found) == list(range(len(wanted)))
    assert all((found[place].reshape(32, 32) == wanted[place]).all() for place in found)


def test_the_same_command_again_proposes_the_same_at_once(proposing: runs.Run) -> None:
    options = ("--config", str(proposing.output / "transformer" / "latest" / "settings.toml"))
    data = proposing.summary["settings"]["data_dir"]
    file = proposing.output / "transformer" / proposing.summary["run"] / "gates.toml"
    again = runs.run_here(proposing.output, *options, "--data-dir", data)
    assert again.code == 3 and set(again.states.values()) == {"cached"}
    latest = proposing.output / "transformer" / "latest" / "gates.toml"
    assert latest.read_text() == file.read_text()


def test_what_is_proposed_is_accepted_and_pushed(
    proposing: runs.Run, emnist: tuple[Path, Path]
) -> None:
    run = accepted(proposing)
    assert run.code == 0, run.screen
    assert run.states["Trainer"] == "cached" and run.summary["pushed"]

    model = tf.saved_model.load(run.summary["pushed"])
    pair = idx.find_dataset(emnist[0])["test"]
    images, labels = (
        read(path, 0, TEST)
        for read, path in zip((idx.read_images, idx.read_labels), pair.files, strict=True)
    )
    said = model.signatures["serving_images"](images=tf.constant(images))["probabilities"]
    classes = said.numpy().argmax(axis=1)
    right = (classes == labels.astype(int) - 1).mean()
    assert right == pytest.approx(run.summary["evaluation"]["overall"]["accuracy"], abs=2 / TEST)
    names = model.signatures["class_names"](classes=tf.constant([0, 9], tf.int64))["names"]
    assert names.numpy().tolist() == [b"A", b"J"]


def test_an_output_folder_belongs_to_one_kind_of_data(proposing: runs.Run, mnist_dir: Path) -> None:
    run = runs.run_here(proposing.output, "--data-dir", str(mnist_dir), *QUICK)
    assert run.code == 2 and run.screen.count("\n") == 1
    assert "belongs to other data" in run.screen and "32 x 32" in run.screen


@pytest.mark.slow
@pytest.mark.parametrize("side", [28, 32])
@pytest.mark.parametrize("model", ["transformer", "forest", "vae", "gan"])
def test_each_family_is_taken_to_a_verdict_on_letters(
    tmp_path: Path, model: str, side: int
) -> None:
    assert letters.main([str(tmp_path / "letters"), "--side", str(side)]) == 0
    options: Any = ("--model", model, "--data-dir", str(tmp_path / "letters"))
    run = runs.run(tmp_path / "output", *options, "--profile", "smoke")
    assert run.code == 3, run.screen
    assert run.summary["verdict"]["reason"].startswith("no gates for this dataset")
    after = accepted(run)
    assert after.code == 0, after.screen
    assert ("Judge" in after.states) == (model in ("vae", "gan"))
