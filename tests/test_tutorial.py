"""docs/tutorial.md: every script of a tutorial has its place, and every command there works."""

import ast
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import local_runner
from components.results import figures
from modules import families
from pipeline.options import read_options
from pipeline.sources import ROOT
from scripts.usual import __main__ as usual
from scripts.usual.metrics import FIGURES
from tests import runs, smoke

PAGE = ROOT / "docs" / "tutorial.md"
METRICS_TAUGHT = [
    "accuracy",
    "precision",
    "recall",
    "F1",
    "ROC-AUC",
    "MSE",
    "MAE",
    "confusion matrix",
    "ROC curve",
]
SCRIPTS = {
    "scaled dot-product attention, with mask",
    "multi-head attention, with mask",
    "cross-attention",
    "encoder layer",
    "transformer",
    "VAE",
    "GAN",
    "random forest",
    "grid search",
    "random search",
    "Bayesian optimisation",
    "Hyperband",
    "cross-validation",
    *METRICS_TAUGHT,
}
BY_SCRIPTS, BY_RUNNER = "-m scripts.usual", "local_runner.py"


class Lesson(NamedTuple):
    script: str
    what: str
    ours: str
    command: str
    differs: str
    usual_figure: str
    our_figure: str

    @property
    def words(self) -> list[str]:
        """The command, without the backquotes and what starts it."""
        [typed] = re.findall("`([^`]+)`", self.command)
        program, *words = shlex.split(typed)
        assert program == ".venv/bin/python"
        return words


def rows_of(page: Path, columns: int) -> list[list[str]]:
    lines = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if len(row) == columns]


LESSONS = [Lesson(*row) for row in rows_of(PAGE, 7) if row[0] != "script"]
of_scripts = [one for one in LESSONS if one.words[:2] == BY_SCRIPTS.split()]
of_runner = [one for one in LESSONS if one.words[0] == BY_RUNNER]
commands = pytest.mark.parametrize("lesson", of_runner, ids=lambda one: one.script)


def test_each_script_has_a_row_that_says_what_it_does_and_what_differs() -> None:
    assert {one.script for one in LESSONS} == SCRIPTS and len(LESSONS) == len(SCRIPTS)
    assert all(one.what and one.differs for one in LESSONS)
    assert len(of_scripts) + len(of_runner) == len(LESSONS)


def test_what_is_named_as_ours_is_in_the_file_that_is_linked() -> None:
    for one in LESSONS:
        links = re.findall(r"\[`([\w.]+)`\]\(([^)]+)\)", one.ours)
        for name, target in links:
            file = PAGE.parent / target
            assert file.is_file(), target
            defined = {getattr(part, "name", "") for part in ast.parse(file.read_text()).body}
            assert name in {file.name, *defined}, (name, target)
        measured = families.load("transformer").evaluation.measured | {"curves"}
        assert links or one.ours.strip("`") in measured


@commands
def test_the_options_are_those_of_the_command(lesson: Lesson) -> None:
    settings = read_options(local_runner.parse(lesson.words[1:]))
    told = dict(zip(lesson.words[1::2], lesson.words[2::2], strict=True))
    assert settings.family == told.get("--model", "transformer")
    assert settings.tuner == told.get("--tuner", "hyperband")


@pytest.mark.slow
@commands
def test_the_pipeline_ends_as_the_row_says(lesson: Lesson, tmp_path: Path) -> None:
    run = runs.run(tmp_path / "output", *lesson.words[1:], "--profile", "smoke")
    assert run.code == 0, run.screen


@pytest.mark.parametrize("name", usual.LAYERS)
def test_a_layers_command_shows_that_ours_is_the_same_but_where_nothing_may_be_seen(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ["-m", "scripts.usual", name] in [one.words for one in of_scripts]
    assert usual.main([name]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["usual", "ours"]
    cells = [line.rsplit(maxsplit=2)[1:] for line in lines]
    assert cells[0][0] == "-" and float(cells[0][1]) < 1e-5
    assert cells[1:] == [["1", "0"]] * (2 if name == "attention" else 1)


def test_the_metrics_of_a_run_are_scikit_learns(
    smoke_run: Callable[[str], runs.Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = smoke_run("transformer")
    smoke.linked(run, tmp_path / "output")
    words = next(one.words for one in of_scripts if one.script == "accuracy")
    assert words == ["-m", "scripts.usual", "metrics", "output"]
    assert usual.main(["metrics", str(tmp_path / "output")]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    told = {line.split()[0]: line.split()[1:] for line in lines}
    overall = run.summary["evaluation"]["overall"]
    for name in FIGURES:
        usual_figure, ours = map(float, told[name])
        assert usual_figure == pytest.approx(ours, abs=2e-5) and ours == overall[name]
    [differ, apart] = [line.split()[-1] for line in lines if line.startswith(("conf", "curv"))]
    assert differ == "0" and float(apart) < 2e-6


def test_every_lesson_that_documents_name_is_one() -> None:
    told = [
        shlex.split(words)
        for page in (PAGE, ROOT / "docs" / "results.md")
        for words in re.findall(f"{BY_SCRIPTS} ([^`\n|]+)", page.read_text())
    ]
    lessons = {usual.parse(words).lesson for words in told}
    assert lessons == {*usual.LAYERS, *usual.GENERATORS, "metrics"}


def test_who_gives_no_probabilities_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usual.main(["metrics", str(tmp_path), "--model", "gan"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


@pytest.mark.parametrize("name", usual.GENERATORS)
def test_a_generators_lesson_judges_each_way_by_our_figures(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from scripts.usual import generators

    def untrained(make: Callable[..., Any], splits: Any, *_: int) -> tuple[Any, float]:
        return make(splits.train.images[:128], 1).networks, 0.0

    def ours(family: Any, *_: Any) -> tuple[Any, float]:
        from modules.contract.hyperparameters import resolve

        values = resolve(family.hyperparameters, None, {"latent": 3, "batch_size": 8})
        return family.build(values, total_steps=1, seed=1), 0.0

    monkeypatch.setattr(generators, "_turns", untrained)
    monkeypatch.setattr(generators, "_train", ours)
    assert usual.main([name, "--images", "500", "--epochs", "1"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    wanted = generators.OF_VAE if name == "vae" else generators.OF_SAMPLES
    assert head.split() == [*wanted, "seconds"]
    assert [row.split(maxsplit=1)[0].rstrip(":,") for row in rows] == ["usual", "mended", "ours"]
    numbers = np.array([row.split()[-len(wanted) - 1 :] for row in rows], float)
    assert np.isfinite(numbers).all()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "figure"), [("vae", "active_latents"), ("gan", "classes")])
def test_the_usual_way_does_not_learn_and_the_mended_does(
    name: str, figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usual.main([name]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    place = head.split().index(figure) - len(head.split())
    reached = [float(row.split()[place]) for row in rows]
    assert reached[0] < reached[1] <= reached[2]


def test_the_code_for_layers_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out.strip() == code.rsplit("# ", 1)[1].strip()


METRICS = rows_of(ROOT / "docs" / "results.md", 5)


def test_each_metric_is_found_where_the_table_says() -> None:
    from sklearn import metrics

    table = [row for row in METRICS if row[4].strip("`") in dir(metrics)]
    assert [row[0] for row in table] == METRICS_TAUGHT
    for row in table:
        for cell, names in zip(
            row[1:4], (("transformer", "forest"), ("vae",), ("gan",)), strict=True
        ):
            for name in names:
                spec = families.load(name).evaluation.for_classes(["C"])
                places = {"confusion", "curves", *(f"by_class.{one}" for one in spec.by_class)}
                told = set(re.findall(r"`([\w.]+)`", cell)) - {".confusion"}
                assert told <= spec.measured | (places if spec.by_class else set()), (row, name)
    told = {name for row in table for name in re.findall(r"`(\w+)`", row[1])}
    assert told >= {*figures.OF_CLASSIFIERS} - {"cross_entropy", "auc_pr_macro", "auc_pr_micro"}
