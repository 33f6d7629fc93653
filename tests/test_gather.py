"""A report is gathered from a summary and from what is left among the artifacts."""

import base64
import csv
import dataclasses
import io
import json
import os
import shlex
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.gates import AT_LEAST, CHANGE, Failure, no_gates
from components.results import files, gather, inspection, thin
from components.results.commands import ROOT, place
from components.results.facts import Evaluation
from components.results.images import ROOM
from components.results.inspection import Answers, Inspection, Picture, Seen
from components.results.judged import Paired, Threshold
from components.results.predictions import Predictions, write_predictions
from components.results.report import Report, read_report
from components.results.summary import Node, Summary, Verdict, write_summary
from modules.util.files import write_json
from modules.util.plain import to_json
from tests import results

RUN, EARLIER, LATER = (f"20260101-00000{second}-000000" for second in (5, 3, 7))
PNG = b"\x89PNG as far as anyone looks"
REFUSED = Verdict("refused", 3, "too bad")


def seen(index: int, picture: str) -> Seen:
    return Seen(index, "8", "3", 0.9, 0.1, picture)


SAW = Inspection(
    (),
    {"train, test": 1},
    {"accuracy": 0.1},
    answers=Answers((), 0.01, 2, (seen(1, "one"),), 1, (seen(1, "one"), seen(7, "seven"))),
    pictures=(Picture("few", "samples", "a few", "six digits"),),
)
SAID = Predictions(
    "the test images",
    np.array([4, 9]),
    np.array([1, 0]),
    {"accuracy": np.array([1.0, 0.0])},
    np.array([[0.25, 0.75], [0.5, 0.5]], np.float32),
)


def pack(folder: Path, pictures: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(folder / inspection.PICTURES, "w") as archive:
        for name, content in pictures.items():
            archive.writestr(f"{name}.png", content)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "an output's"


@pytest.fixture
def folder(output: Path) -> Path:
    """Of a run."""
    folder = output / "transformer" / RUN
    folder.mkdir(parents=True)
    (folder / "settings.toml").touch()
    return folder


@pytest.fixture
def summary(output: Path) -> Summary:
    """A run with all that there can be among its artifacts."""
    write_predictions(output / "a" / "evaluation", SAID)
    write_json(output / "a" / "inspection" / inspection.FILE, to_json(SAW))
    pack(output / "a" / "inspection", dict.fromkeys(("few", "one", "seven"), PNG))
    drawn = output / "a" / "model_run" / "pictures"
    drawn.mkdir(parents=True)
    for name in ("samples", "misread-epoch-00001", "misread-epoch-00002", "walk-epoch-00002"):
        (drawn / f"{name}.png").write_bytes(name.encode())
    (drawn / "walk.png").write_bytes(PNG)
    nodes = (
        Node("Trainer", "done", 1.0, "", outputs={"model_run": "a/model_run"}),
        Node("Evaluator", "done", 1.0, "", outputs={"evaluation": "a/evaluation"}),
        Node("Inspector", "done", 1.0, "", outputs={"inspection": "a/inspection"}),
    )
    settings = {"model": "transformer", "profile": "smoke", "output": str(output)}
    return dataclasses.replace(results.SUMMARY, run=RUN, nodes=nodes, settings=settings)


def test_it_has_all_that_was_found(summary: Summary, folder: Path, output: Path) -> None:
    found = gather.gather(summary, folder, output)
    assert found.gone == () and found.report.inspection == SAW
    assert found.predictions is not None and found.predictions.index.tolist() == [4, 9]
    shown = {
        name: (one.group, base64.b64decode(one.png)) for name, one in found.report.image.items()
    }
    assert shown == {
        "few": ("samples", PNG),
        "one": ("seen", PNG),
        "seven": ("seen", PNG),
        "misread-epoch-00002": ("misread", b"misread-epoch-00002"),  # the Inspector has none
        "walk": ("walk", PNG),
    }
    codes = [one.code for one in found.report.findings]
    assert codes and all(code.startswith("TRI") for code in codes)
    muted = {**summary.settings, "checks": {"muted": codes[0]}}
    quiet = gather.gather(dataclasses.replace(summary, settings=muted), folder, output).report
    assert [one.code for one in quiet.findings] == codes[1:] and quiet.muted == (codes[0],)


def test_what_is_gone_is_left_out_and_named(summary: Summary, folder: Path, output: Path) -> None:
    (output / "a" / "evaluation" / "predictions.npz").write_bytes(b"half")
    for file in (output / "a" / "inspection").iterdir():
        file.unlink()
    (output / "a" / "inspection").rmdir()
    found = gather.gather(summary, folder, output)
    assert found.report.inspection is None and found.predictions is None
    assert [image.name for image in found.report.images] == [
        "misread-epoch-00002", "samples", "walk",
    ]  # fmt: skip
    assert len(found.gone) == 2 and f"{output}/a/inspection is no longer there" in found.gone[0]
    assert "predictions.npz is damaged" in found.gone[1]


def test_a_run_that_came_to_nothing_has_a_report(folder: Path, output: Path) -> None:
    for outcome in ("failed", "interrupted", "killed", "unfinished", "bad_input", "refused"):
        ended = Summary(Verdict(outcome, 1, "Trainer: why"), RUN)
        found = gather.gather(ended, folder, output)
        page = files.write(folder, found)
        assert found.gone == () and "</html>" in page.read_text()
        assert read_report(folder / "report.json") == found.report
        assert not (folder / "predictions.csv").exists()


def earlier_run(folder: Path, name: str, **changes: Any) -> None:
    run = dataclasses.replace(results.SUMMARY, run=name, **changes)
    write_summary(folder.with_name(name) / "summary.json", run)


def test_it_is_compared_with_the_last_run_that_came_to_a_verdict(
    summary: Summary, folder: Path, output: Path
) -> None:
    assert gather.gather(summary, folder, output).report.previous == ""
    settings = {**summary.settings, "seed": 2}
    earlier_run(folder, "20260101-000001-000000", settings=settings)
    earlier_run(folder, EARLIER, settings=settings, verdict=REFUSED, source="ef")
    earlier_run(folder, "20260101-000004-000000", verdict=Verdict("failed", 1))
    earlier_run(folder, LATER, source="gh")
    folder.with_name("20260101-000004-500000").mkdir()
    report = gather.gather(summary, folder, output).report
    assert report.previous == EARLIER
    pair = ["--compare", str(folder.with_name(EARLIER)), str(folder)]
    assert commands(summary, folder)["compare it with the run before"][-3:] == pair
    assert [(one.kind, one.name, one.before, one.after) for one in report.changed] == [
        ("code", "source", "ef", "abcd"),
        ("setting", "seed", "2", ""),
    ]


def test_runs_of_a_cluster_are_in_the_order_in_which_they_ended(tmp_path: Path) -> None:
    names = ("f0e1", "a9b8", "c7d6")
    for second, name in enumerate(names):
        run = dataclasses.replace(results.SUMMARY, run=name)
        write_summary(tmp_path / name / "summary.json", run)
        os.utime(tmp_path / name, (second, second))
    before = gather.previous(results.SUMMARY, tmp_path / "a9b8")
    assert before is not None and before.run == "f0e1"


def commands(summary: Summary, folder: Path) -> dict[str, list[str]]:
    report = gather.gather(summary, folder, folder.parents[1]).report
    return {one.purpose: shlex.split(one.line) for one in report.commands}


def test_what_may_come_next_is_ready_to_be_pasted(
    summary: Summary, folder: Path, output: Path
) -> None:
    typed = ".venv/bin/python local_runner.py --profile smoke --set 'hyperparameters.x=a b'"
    summary = dataclasses.replace(summary, command=typed, pushed="/elsewhere/transformer/17")
    exactly = [".venv/bin/python", "local_runner.py"]
    exactly += ["--config", str(folder / "settings.toml"), "--output", str(output)]
    show = [".venv/bin/python", "-m", "components.results", str(output), RUN]
    assert commands(summary, folder) == {
        "ask the pushed model what a picture of yours shows": [
            ".venv/bin/python", "-m", "components.ask", str(output), "PICTURE.png",
            "--version", "17",
        ],
        "run again; what has not changed comes from the cache": shlex.split(typed),
        "repeat this run exactly": exactly,
        "show it again": show,
    }  # fmt: skip
    moved = dataclasses.replace(summary, pushed=None, settings={"output": "/where/it/was"})
    assert commands(moved, folder) == {"repeat this run exactly": exactly, "show it again": show}
    in_a_pod = dataclasses.replace(summary, run="5f0c2d", command="")
    assert commands(in_a_pod, folder) == {}


@pytest.mark.parametrize("outcome", ["interrupted", "terminated", "hangup", "killed", "failed"])
def test_what_was_stopped_goes_on_by_the_same_command(
    outcome: str, summary: Summary, folder: Path
) -> None:
    stopped = dataclasses.replace(summary, verdict=Verdict(outcome, 1), command="run --it")
    assert commands(stopped, folder)["go on where it ended"] == ["run", "--it"]


def test_proposed_gates_are_accepted(summary: Summary, folder: Path) -> None:
    verdict = dataclasses.replace(REFUSED, failures=(no_gates("Evaluator"),))
    summary = dataclasses.replace(summary, verdict=verdict, command="run --it")
    gates = str(folder / "gates.toml")
    assert commands(summary, folder)["accept the proposed gates"] == [
        "run", "--it", "--gates", gates,
    ]  # fmt: skip


def missed(name: str, value: float | None, kind: str = AT_LEAST, bound: float = 0.9) -> Threshold:
    where = f"label={value}" if value else "overall"
    return Threshold(name, name, where, kind, value, None, None, bound, 50, passed=False)


def refused_by(summary: Summary, *thresholds: Threshold, **more: Any) -> Summary:
    failures = tuple(
        Failure("Evaluator", one.metric, one.slice, one.value, one.kind, one.bound, 50)
        for one in thresholds
    )
    verdict = dataclasses.replace(REFUSED, failures=(*failures, *more.get("failures", ())))
    met = dataclasses.replace(missed("auc", 1.0), passed=True)
    evaluation = dataclasses.replace(results.EVALUATION, thresholds=(met, *thresholds))
    return dataclasses.replace(summary, verdict=verdict, evaluation=evaluation, command="run")


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ([missed("accuracy", 0.87654321)], ["gates.accuracy=0.8765"]),
        ([missed("a", 0.5), missed("a", 0.41239)], ["gates.a=0.4123"]),
        ([missed("nelbo", 101.23456, "at most")], ["gates.nelbo=101.3"]),
        ([missed("accuracy_drop", -0.0060001, CHANGE, -0.002)], ["gates.accuracy_drop=0.006001"]),
        ([missed("nelbo_rise", 2.5, CHANGE, 1.0)], ["gates.nelbo_rise=2.5"]),
        ([missed("a", 0.5), missed("b", 0.5)], ["gates.a=0.5", "gates.b=0.5"]),
        ([missed("a", None)], []),
        ([missed("nelbo", -1.5, "at most", -2.0)], []),
        ([missed("", 0.1)], []),  # a slice that was not seen often enough
        ([missed(name, 0.5) for name in "abcd"], []),  # it is the model that has to change
    ],
)
def test_a_bound_that_is_nearly_met_can_be_changed(
    thresholds: list[Threshold], words: list[str], summary: Summary, folder: Path
) -> None:
    found = commands(refused_by(summary, *thresholds), folder)
    changed = [line for purpose, line in found.items() if purpose.startswith("accept what")]
    given = [word for line in changed for word in line if word.startswith("gates.")]
    assert given == words


def test_no_bound_helps_a_model_that_cannot_be_served(summary: Summary, folder: Path) -> None:
    unserved = Failure("ServingCheck", "sample", "overall", None, "must", None, 64, "is broken")
    refused = refused_by(summary, missed("a", 0.5), failures=(unserved,))
    assert not [purpose for purpose in commands(refused, folder) if "accept" in purpose]


def rows(folder: Path) -> list[list[str]]:
    return [*csv.reader(io.StringIO((folder / "predictions.csv").read_text(encoding="utf-8")))]


def test_predictions_are_a_table_by_the_names_of_classes(
    summary: Summary, folder: Path, output: Path
) -> None:
    files.write(folder, gather.gather(summary, folder, output))
    assert rows(folder) == [
        ["index", "label", "answer", "probability"],
        ["4", "8", "8", "0.75"],
        ["9", "0", "0", "0.5"],
    ]


def of_many_classes(classes: int) -> Evaluation:
    """A classifier's evaluation with everything in it that grows with the classes."""
    random = np.random.default_rng(1)
    names = [f"class {place:03} of a name" for place in range(classes)]
    figures = {f"figure_{place}": 0.123456 for place in range(14)} | {"example_count": 12345.0}
    places = [f"label={name}" for name in names]
    curve = [[round(place / 100, 2), 0.123456, 0.654321, 0.987654] for place in range(101)]
    thresholds = [
        Threshold(f"class_{kind}", kind, place, AT_LEAST, 0.123456, 0.1, 0.2, 0.9, 123, 0.123456)
        for kind in ("accuracy", "precision", "auc")
        for place in places
    ]
    paired = [
        Paired("accuracy", place, 123, 0.123456, 0.123457, -0.1, 0.1, 0.5, "McNemar's exact",
               "not more than noise", 12, 13)
        for place in places
    ]  # fmt: skip
    return dataclasses.replace(
        results.EVALUATION,
        overall=figures,
        slices=dict.fromkeys(places, figures),
        by_class={
            "auc": random.random(classes).round(6).tolist(),
            **{f"figure {n}": [0.123456] * classes for n in range(4)},
        },
        curves=[curve] * classes,
        confusion=random.integers(0, 1000, (classes, classes)).tolist(),
        classes=names,
        headline=["figure_1"],
        thresholds=tuple(thresholds),
        paired=tuple(paired),
    )


@pytest.mark.parametrize("content", [None, b"", b"PK\3\4 and no more"])
def test_pictures_that_are_gone_or_damaged_are_not_shown(
    content: bytes | None, summary: Summary, folder: Path, output: Path
) -> None:
    archive = output / "a" / "inspection" / inspection.PICTURES
    archive.unlink() if content is None else archive.write_bytes(content)
    shown = gather.gather(summary, folder, output).report.image
    assert shown and not {"few", "one", "seven"} & shown.keys()


def test_a_hundred_classes_of_large_pictures_are_less_than_a_megabyte(
    summary: Summary, folder: Path, output: Path
) -> None:
    evaluation = of_many_classes(100)
    looked = output / "a" / "inspection"
    noise = np.random.default_rng(2)
    names = [f"picture-{place}" for place in range(60)]
    pack(looked, {name: noise.bytes(20_000) for name in names})
    pictures = tuple(Picture(name, "samples", "a few", "digits") for name in names)
    saw = dataclasses.replace(SAW, answers=None, pictures=pictures)
    write_json(looked / inspection.FILE, to_json(saw))
    found = gather.gather(dataclasses.replace(summary, evaluation=evaluation), folder, output)
    files.write(folder, found)
    sizes = {name: (folder / name).stat().st_size for name in ("report.json", "report.html")}
    assert max(sizes.values()) < 1_000_000, sizes
    assert (folder / "report.md").stat().st_size < 60_000
    assert 10 < len(found.report.images) < 60
    assert sum(len(image.png) for image in found.report.images) <= ROOM


def test_curves_are_those_of_the_worst_classes_and_thin() -> None:
    evaluation = of_many_classes(30)
    thinned = thin.thin(evaluation)
    kept = {place for place, points in enumerate(thinned.curves) if points}
    areas = evaluation.by_class["auc"]
    assert kept == set(np.argsort(areas)[: thin.CLASSES].tolist())
    points = thinned.curves[min(kept)]
    assert len(points) == thin.POINTS and (points[0][0], points[-1][0]) == (0.0, 1.0)
    assert (
        len(thinned.curves) == 30
        and dataclasses.replace(thinned, curves=evaluation.curves) == evaluation
    )
    few = thin.thin(of_many_classes(10))
    assert all(few.curves) and thin.thin(results.EVALUATION) == results.EVALUATION


def test_the_file_is_read_as_it_was_written(summary: Summary, folder: Path, output: Path) -> None:
    report = gather.gather(summary, folder, output).report
    files.write(folder, gather.gather(summary, folder, output))
    assert read_report(folder / "report.json") == report and isinstance(report, Report)
    assert "NaN" not in (folder / "report.json").read_text()
    assert json.loads((folder / "report.json").read_text())["format"] == 1


def test_a_command_names_what_lies_in_the_project_from_there_on(tmp_path: Path) -> None:
    assert place(ROOT / "output" / "vae") == "output/vae"
    assert (ROOT / "local_runner.py").is_file()  # which the commands begin with
    assert place(tmp_path / "output") == str(tmp_path / "output")
