"""What a run without gates hands over: its file, its reason, and the command that accepts it."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import local_runner
from components.gates import Failure, no_gates
from components.results.folds import JUDGED_FILE, Judged
from components.results.summary import Verdict
from modules.util.files import write_json
from modules.util.plain import to_json
from pipeline import proposed
from pipeline.exit_codes import ExitCode
from pipeline.gates_file import read_gates
from pipeline.options import command, read_options
from pipeline.outcome import Finished, Outcome
from pipeline.run_folder import RunFolder
from pipeline.settings import make_settings
from pipeline.verdict import refusal

ABSENT = no_gates("Evaluator")
UNSERVED = Failure("ServingCheck", "sample", "overall", None, "must", None, 64, "cannot be served")
TEXT = "[vae.smoke]\nnelbo = 95.0\n"


@pytest.fixture
def evaluator(tmp_path: Path) -> Finished:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "gates.toml").write_text(TEXT)
    artifact: Any = SimpleNamespace(uri=str(tmp_path / "evaluation"))
    return Finished(Outcome("Evaluator", "cached", 1.0, 1), "", {"evaluation": [artifact]})


def folder_for(tmp_path: Path, **gates: float) -> RunFolder:
    settings = make_settings(
        model="vae", profile="smoke", data_dir=tmp_path, output=tmp_path / "an output", gates=gates
    )
    return RunFolder(settings, "a-run")


def test_the_proposal_lies_in_the_runs_folder_and_the_reason_names_it(
    tmp_path: Path, evaluator: Finished
) -> None:
    folder = folder_for(tmp_path)
    folder.begin()
    verdict = proposed.hand_over(folder, refusal([ABSENT]), [evaluator])
    file = tmp_path / "an output" / "vae" / "a-run" / "gates.toml"
    assert file.read_text() == TEXT
    assert (tmp_path / "an output" / "vae" / "latest" / "gates.toml").read_text() == TEXT
    assert verdict.exit_code == ExitCode.REFUSED and verdict.failures == (ABSENT,)
    assert verdict.reason == (
        f"no gates for this dataset; to accept what this model reached, use --gates {file}"
    )


def test_a_bound_for_folds_is_proposed_with_the_others(tmp_path: Path, evaluator: Finished) -> None:
    folder = folder_for(tmp_path)
    folder.begin()
    (tmp_path / "judged").mkdir()
    write_json(tmp_path / "judged" / JUDGED_FILE, to_json(Judged(None, 101.5)))
    artifact: Any = SimpleNamespace(uri=str(tmp_path / "judged"))
    gate = Finished(Outcome("FoldsGate", "done", 1.0, 1), "", {"folds_judged": [artifact]})
    proposed.hand_over(folder, refusal([ABSENT]), [gate, evaluator])
    accepted = make_settings(
        read_gates(str(folder.gates)), model="vae", profile="smoke", data_dir=tmp_path
    )
    assert accepted.gates == {"nelbo": 95.0, "nelbo_rise": 1.0, "folds": 101.5}


def test_some_gates_are_none_and_those_that_lack_are_named(
    tmp_path: Path, evaluator: Finished
) -> None:
    some = dict.fromkeys(("nelbo", "class_nelbo", "kl", "mse", "ink_auc"), 0.5)
    verdict = proposed.hand_over(
        folder_for(tmp_path, **some), refusal([ABSENT, UNSERVED]), [evaluator]
    )
    assert "no gates for this dataset: coverage, class_coverage have no bound; " in verdict.reason
    assert verdict.reason.endswith("gates.toml; sample cannot be served")


@pytest.mark.parametrize(
    "verdict", [refusal([UNSERVED]), Verdict("pushed", 0, "/x"), Verdict("failed", 1, "broken")]
)
def test_any_other_verdict_stays_as_it_is(verdict: Verdict, tmp_path: Path) -> None:
    folder = folder_for(tmp_path)
    assert proposed.hand_over(folder, verdict, []) == verdict
    assert not folder.gates.exists() and not proposed.lacks_gates(verdict)


@pytest.mark.parametrize(
    "typed",
    [
        ["--model", "vae", "--profile", "smoke"],
        ["--set", "training.epochs=3", "--set", "hyperparameters.activation=relu", "--seed", "4"],
        ["--tuner=none", "--output=-an odd 'name'", "--no-cache", "--verbose"],
        ["--rerun-from", "Trainer", "--metadata-store", "a.sqlite"],
    ],
)
def test_the_command_repeats_what_was_typed_with_the_gates(
    typed: list[str], tmp_path: Path, evaluator: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where a relative output is
    config = tmp_path / "config.toml"
    config.write_text('model = "vae"\nprofile = "smoke"\n')
    typed = [*typed, "--config", str(config), "--data-dir", str(tmp_path)]
    options = local_runner.parse(typed)
    before = read_options(options)
    folder = RunFolder(before, "a-run", command(options))
    folder.begin()
    proposed.hand_over(folder, refusal([ABSENT]), [evaluator])
    python, program, *words = shlex.split(proposed.command(folder))
    again = local_runner.parse(words)
    assert (python, program) == (".venv/bin/python", "local_runner.py")
    assert not again.no_cache and not again.rerun_from
    after = read_options(again)
    assert after.gates == {"nelbo": 95.0, "nelbo_rise": 1.0} and before.gates == {"nelbo_rise": 1.0}
    for name in ("family", "seed", "tuner", "output", "training", "hyperparameters"):
        assert getattr(after, name) == getattr(before, name)
