"""TensorBoard opens on the newest run, and shows its curves, pictures and trials."""

import contextlib
import functools
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.results.logs import TRIALS, find_logs
from components.results.run_names import new_run_id
from components.results.stored import BadFacts
from components.results.summary import FILE, Node, Summary, Verdict, write_summary
from components.trial_logs import write_trials
from modules.training.drawing import Pictures
from scripts import board
from tests import results
from tests.conftest import PROJECT

LOSSES = [3.0, 2.0, 1.5]
SECONDS = 60  # until it is given up; it takes some 5


def began(output: Path, family: str, run: str, outcome: str = "pushed", **outputs: str) -> Path:
    """The folder of a run with these outputs, the newest one of its family."""
    folder = output / family / run
    folder.mkdir(parents=True)
    nodes = tuple(Node(name, "done", 1.0, "", outputs={name: at}) for name, at in outputs.items())
    write_summary(folder / FILE, Summary(Verdict(outcome, 0), run=run, nodes=nodes))
    link = folder.parent / FILE
    link.unlink(missing_ok=True)
    link.symlink_to(folder / FILE)
    return folder


def trained(folder: Path) -> None:
    """Writes logs as a training does: a scalar and pictures of each epoch."""
    writer = tf.summary.create_file_writer(str(folder / "validation"))
    draws = iter(range(100))
    pictures = Pictures(
        lambda: {"samples": np.full((4, 6), next(draws), np.uint8)}, folder / "pictures", 3
    )
    for epoch, loss in enumerate(LOSSES):
        with writer.as_default():
            tf.summary.scalar("epoch_loss", loss, step=epoch)
        pictures.on_epoch_end(epoch)
    pictures.on_train_end()
    writer.close()


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with a run whose logs are there, and an older one of another family."""
    output = tmp_path_factory.mktemp("logs") / "output, of mine"
    began(output, "gan", "20260101-000000-000000")
    run, found = "artifacts/vae/Trainer/model_run/9", "artifacts/vae/Tuner/tuner_results/8"
    trained(output / run)
    write_trials(output / found / TRIALS, results.TUNING)
    time.sleep(0.01)  # so that it is the newest
    began(output, "vae", "20260101-000001-000000", model_run=run, tuner_results=found)
    return output


def answered(address: str, path: str, body: Any = None, **query: Any) -> bytes:
    """What TensorBoard says, which reads its files while it is being asked."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    asked = f"{address}data/plugin/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(
        urllib.request.Request(asked, data, headers), timeout=SECONDS
    ) as answer:
        return bytes(answer.read())


def listed(ask: Callable[[], bytes], count: int) -> list[Any]:
    """The list that is answered, as soon as it has so many entries."""
    until = time.monotonic() + SECONDS
    while True:
        with contextlib.suppress(urllib.error.HTTPError):  # of a run that is not read yet
            found = json.loads(ask())
            entries: list[Any] = found if isinstance(found, list) else found["sessionGroups"]
            if len(entries) >= count:
                return entries
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture(scope="module")
def fetch(output: Path) -> Iterator[Callable[..., Any]]:
    """Asks the TensorBoard of the newest run for what it has under an address."""
    command = [sys.executable, str(PROJECT / "scripts" / "board.py"), str(output), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr and process.stdout
    try:
        lines = iter(process.stderr.readline, "")
        told = next(line for line in lines if "http" in line)
        found = re.search(r"http://127\.0\.0\.1:\d+/", told)
        assert found, told

        yield functools.partial(answered, found[0])
        process.terminate()
        assert process.wait(SECONDS) == 0
        assert process.stdout.read() == "vae, run 20260101-000001-000000: training and search\n"
    finally:
        process.kill()
        process.wait()


def test_it_has_the_scalars_of_each_epoch(fetch: Callable[..., bytes]) -> None:
    asked = {"run": "training/validation", "tag": "epoch_loss"}
    found = listed(lambda: fetch("scalars/scalars", **asked), 3)
    assert [(step, value) for _, step, value in found] == list(enumerate(LOSSES))


def test_it_has_the_pictures_at_the_steps_of_the_scalars(fetch: Callable[..., bytes]) -> None:
    asked = {"run": "training/pictures", "tag": "samples", "sample": 0}
    found = listed(lambda: fetch("images/images", **asked), 3)
    assert [one["step"] for one in found] == [0, 1, 2]
    last = urllib.parse.parse_qs(found[-1]["query"])
    image = fetch("images/individualImage", **{name: value for name, [value] in last.items()})
    shown = tf.io.decode_image(image).numpy()
    assert shown.shape == (4, 6, 1) and np.all(shown == 2)


def test_it_has_the_trials_of_the_search(fetch: Callable[..., bytes]) -> None:
    statuses = [f"STATUS_{name}" for name in ("SUCCESS", "FAILURE", "RUNNING", "UNKNOWN")]
    metric = {"metric": {"tag": "val_accuracy"}}
    asked = {
        "experimentName": "",
        "allowedStatuses": statuses,
        "startIndex": 0,
        "sliceSize": 10,
        "colParams": [metric],
    }
    groups = listed(lambda: fetch("hparams/session_groups", asked), 2)
    found = {
        group["name"]: (
            group["hparams"],
            [round(value["value"], 6) for value in group.get("metricValues", [])],
            group["sessions"][0]["status"],
        )
        for group in groups
    }
    assert found == {
        "0003": ({"layers": 2, "stem": "conv", "epochs": 4}, [0.91], "STATUS_SUCCESS"),
        "0001": ({"layers": 1}, [], "STATUS_FAILURE"),
    }


def test_runs_are_chosen_by_their_family_and_name(output: Path) -> None:
    found = find_logs(output, run="20260101-000001-000000")
    assert found == find_logs(output, "vae") == find_logs(output)
    assert found.family == "vae" and set(found.folders) == {"training", "search"}
    with pytest.raises(BadFacts, match="no run of transformer"):
        find_logs(output, "transformer")
    with pytest.raises(BadFacts, match="unknown run 'x'"):
        find_logs(output, run="x")
    with pytest.raises(BadFacts, match="the run 20260101-000000-000000 of gan has no logs"):
        find_logs(output, "gan")


def test_a_training_that_goes_on_is_found(tmp_path: Path) -> None:
    runs = tmp_path / "artifacts" / "gan" / "Trainer" / "model_run"
    for number in ("9", "10"):
        (runs / number).mkdir(parents=True)
    os.utime(runs / "10", (1, 1))
    began(tmp_path, "gan", new_run_id(), "unfinished")
    with pytest.raises(BadFacts, match="not come to its training"):
        find_logs(tmp_path)  # the newest is of an earlier run
    (runs / "11").mkdir()
    assert find_logs(tmp_path).folders == {"training": runs / "11"}


def test_what_is_not_there_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert board.main([str(tmp_path)]) == 2
    assert "no summary of a run" in capsys.readouterr().err


def test_the_program_itself_starts() -> None:
    installed = importlib.metadata.distribution("tensorboard").entry_points
    [program] = installed.select(group="console_scripts", name="tensorboard")
    assert Path(sys.executable).with_name("tensorboard").is_file() and callable(program.load())
