"""Folders whose names other programs would take for patterns, escapes or options."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components import ask_model
from components.readers import idx
from components.readers.reader import BadDataset
from pipeline.config_file import read_config, write_toml
from pipeline.intake import on_data
from pipeline.metadata.store import Handle, connection
from pipeline.settings import Settings, make_settings
from tests.examples import generate
from tests.runs import PROJECT

NAMES = ("[1]", "a*b?", "{x,y}", "~", "100%41 #;&", " a\nb ", "-x it's é", "gs:")
LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture(scope="module", params=NAMES)
def data(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, make_dataset: Any
) -> Path:
    folder = tmp_path_factory.mktemp("odd") / request.param / "data"
    return make_dataset(folder, train=600, test=400)


def exchange_two(data: Path) -> None:
    """Puts other labels into a file, of the same size and in the same order of time."""
    labels = np.array(idx.read_labels(data / LABELS), np.uint8)
    first, second = 0, int(np.flatnonzero(labels != labels[0])[0])
    labels[[first, second]] = labels[[second, first]]
    idx.write_idx(data / LABELS, labels)


def at(data: Path) -> Settings:
    return on_data(make_settings(data_dir=str(data), output=str(data.parents[1] / "output")))


def test_replaced_files_are_noticed(data: Path) -> None:
    before = at(data).known_dataset  # a part of every key that says what has changed
    assert at(data).known_dataset == before
    exchange_two(data)
    assert at(data).known_dataset.hash != before.hash


def test_a_run_can_be_repeated(data: Path) -> None:
    settings = at(data)
    file = data.parent / "settings.toml"
    write_toml(settings, file)
    assert make_settings(read_config(str(file))) == settings
    assert settings.data_dir == data and settings.gates == make_settings().gates


def test_a_store_is_where_it_was_asked_for(data: Path) -> None:
    file = data.parent / "store.sqlite"
    with Handle(connection(str(file))) as handle:
        assert handle.store.get_executions() == []
    assert file.is_file()


def test_an_exported_model_is_asked_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "[1]" / "a*b? {x}"
    signature = [tf.TensorSpec([None], tf.float32, "x")]
    module = tf.Module()
    module.factor = tf.Variable(2.0)
    module.double = tf.function(lambda x: {"y": x * module.factor}, input_signature=signature)
    tf.saved_model.save(module, str(folder), signatures={"double": module.double})
    requests, answers = tmp_path / "requests.npz", tmp_path / "answers.npz"
    np.savez(requests, **ask_model.pack({"double": {"x": np.ones(3, np.float32)}}))
    command = [sys.executable, "-m", "components.ask_model", str(folder)]
    done = subprocess.run([*command, str(requests), str(answers)], cwd=PROJECT, check=False)
    assert done.returncode == 0
    with np.load(answers) as found:
        assert found["double/y"].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(("name", "other"), [("[1]", "1"), ("a*b?", "axbx")])
def test_the_images_are_read_and_no_others(
    name: str, other: str, tmp_path: Path, make_dataset: Any
) -> None:
    make_dataset(tmp_path / other, train=100, test=100)  # which the name would match
    data = make_dataset(tmp_path / name, train=300, test=200)
    assert generate(data, tmp_path / "examples").get_int_custom_property("test_count") == 200
    (data / LABELS).unlink()
    with pytest.raises(BadDataset, match="missing"):
        at(data)
