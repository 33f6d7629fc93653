"""The folder of a run: what is in it from its start, and what `latest` means."""

import dataclasses
import json
from pathlib import Path

import pytest

from components.results.run_names import new_run_id
from components.results.summary import find_summaries, read_summary
from pipeline.config_file import read_config
from pipeline.exit_codes import ExitCode
from pipeline.gates_file import choose, read_gates
from pipeline.run_folder import UNFINISHED, RunFolder
from pipeline.settings import Settings, make_settings, to_plain
from pipeline.verdict import end


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(model="vae", output=tmp_path / "an output's", seed=7)


def test_a_run_that_has_begun_says_that_it_has_not_ended(settings: Settings) -> None:
    folder = RunFolder(settings, "one")
    folder.begin()
    summary = read_summary(settings.output / "vae" / "latest" / "summary.json")
    assert summary.verdict.outcome == UNFINISHED and summary.verdict.exit_code == 1
    assert (summary.run, summary.seed, summary.settings) == ("one", 7, to_plain(settings))
    assert make_settings(read_config(folder.settings_file)) == settings


def test_its_gates_are_a_file_that_can_be_given_again(settings: Settings) -> None:
    folder = RunFolder(settings, "one")
    folder.begin()
    chosen = choose(read_gates(str(folder.gates)), "vae", "default")
    assert chosen.values == {f"gates.{name}": bound for name, bound in settings.gates.items()}
    ungated = RunFolder(dataclasses.replace(settings, gates={"nelbo_rise": 1.0}), "two")
    ungated.begin()
    assert not ungated.gates.exists()


def test_the_latest_is_the_run_that_was_begun_last_and_the_others_keep_theirs(
    settings: Settings,
) -> None:
    first, second = RunFolder(settings, "one"), RunFolder(settings, "two")
    first.begin()
    first.write(end(ExitCode.REFUSED, "accuracy is 0.1"))
    second.begin()
    assert read_summary(settings.summary).run == "two"
    assert read_summary(first.summary).verdict.outcome == "refused"
    first.write(end(ExitCode.FAILED, "the disk is full"))
    assert read_summary(settings.summary).run == "two"
    assert find_summaries(settings.output)[-1].parent.name in ("vae", "two")


def test_beginning_again_keeps_what_is_there(settings: Settings) -> None:
    folder = RunFolder(settings, "one")
    folder.begin()
    folder.write(end(ExitCode.PUSHED, "/serving/1"))
    RunFolder(settings, "one").begin()  # another process of the same run
    assert read_summary(folder.summary).verdict.outcome == "pushed"


def test_a_summary_of_before_there_were_run_folders_is_replaced(settings: Settings) -> None:
    settings.summary.parent.mkdir(parents=True)
    settings.summary.write_text(json.dumps({"verdict": {"outcome": "pushed"}}))
    RunFolder(settings, "one").begin()
    assert read_summary(settings.summary).run == "one"


def test_names_of_runs_are_in_the_order_of_time() -> None:
    names = [new_run_id() for _ in range(50)]
    assert names == sorted(names) and all(name.replace("-", "").isdigit() for name in names)
