"""A run that would find everything as the last one left it is answered at once, no other is."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.gates import no_gates
from components.results.checks.muted import Checks, muted
from components.results.rival import Rival
from components.results.summary import Node, Summary, read_summary
from pipeline import unchanged
from pipeline.exit_codes import ExitCode
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings, make_settings
from pipeline.verdict import end, refusal
from tests.datasets import described


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(profile="smoke", output=tmp_path / "output", dataset=described())


@pytest.fixture
def artifact(settings: Settings) -> Path:
    """A file that a node of the last run wrote."""
    file = settings.artifacts / "Trainer" / "model" / "7" / "Format-Serving" / "saved_model.pb"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    return file


@pytest.fixture
def pushed(settings: Settings) -> Path:
    file = settings.serving / "17" / "saved_model.pb"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    return file


@pytest.fixture
def last(settings: Settings, artifact: Path, pushed: Path) -> Summary:
    """A run that came to a verdict."""
    Path(settings.metadata).touch()
    folder = RunFolder(settings, "one")
    folder.begin()
    properties = {
        "pushed": SimpleNamespace(int_value=1),
        "pushed_destination": SimpleNamespace(string_value=str(pushed.parent)),
        "pushed_version": SimpleNamespace(string_value="17"),
    }
    away = SimpleNamespace(uri=str(artifact.parents[1]), custom_properties=properties)
    verdict = end(ExitCode.PUSHED, str(pushed.parent))
    node = Node("Pusher", "done", 3.5, "version 17")
    summary = Summary(verdict, "one", str(pushed.parent), (node,), seconds=3.5)
    folder.write(summary)
    key = unchanged.key_of(settings)
    unchanged.remember(folder, key, [{"model": [away]}, {"pushed_model": [away]}])
    return summary


def repeat(settings: Settings, run_id: str = "two") -> Summary | None:
    return unchanged.repeat(RunFolder(settings, run_id))


def test_it_is_answered_as_the_last_one_with_all_nodes_cached(
    settings: Settings, last: Summary
) -> None:
    found = repeat(settings)
    cached = (Node("Pusher", "cached", 0.0, "version 17"),)
    told = {"checks": {"muted": "none"}}
    assert found == dataclasses.replace(last, run="two", nodes=cached, seconds=0.0, settings=told)
    assert read_summary(settings.summary) == found
    assert read_summary(RunFolder(settings, "one").summary) == last
    assert repeat(settings, "three") is not None  # and that one in turn


def test_it_is_held_against_the_forest_that_came_since(
    settings: Settings, last: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = Rival("20260101-000000-000000", {"accuracy": 0.97})
    asked: list[Path] = []
    monkeypatch.setattr(unchanged, "find_forest", lambda out, _: asked.append(out) or newest)
    found = repeat(settings)
    assert found is not None and found.forest == newest and last.forest is None
    assert read_summary(settings.summary).forest == newest and asked == [settings.output]


def test_checks_that_are_muted_now_are_its_own_and_shape_nothing(
    settings: Settings, last: Summary
) -> None:
    muting = dataclasses.replace(settings, checks=Checks("TRI304"))
    found = repeat(muting)
    assert found is not None and muted(found.settings) == ("TRI304",)
    assert read_summary(settings.summary) == found
    assert muted(last.settings) == ()


def test_a_proposal_of_gates_is_the_new_runs_own(settings: Settings, last: Summary) -> None:
    ungated = dataclasses.replace(settings, gates={"accuracy_drop": 0.01})
    one = RunFolder(ungated, "one")
    one.write(dataclasses.replace(last, verdict=refusal([no_gates("Evaluator")]), pushed=None))
    one.gates.write_text("[transformer.smoke]\n")
    unchanged.remember(one, unchanged.key_of(ungated), [])
    found = repeat(ungated)
    assert found is not None and found.verdict.exit_code == ExitCode.REFUSED
    two = RunFolder(ungated, "two").gates
    assert (
        found.verdict.reason.endswith(f"--gates {two}") and two.read_text() == one.gates.read_text()
    )
    two.unlink()
    assert repeat(ungated, "three") is None


def change_setting(settings: Settings) -> Settings:
    return dataclasses.replace(settings, seed=2)


def change_data(settings: Settings) -> Settings:
    return dataclasses.replace(settings, dataset=described(hash="1" * 64))


def lose_an_artifact(settings: Settings) -> Settings:
    next(settings.artifacts.rglob("saved_model.pb")).unlink()
    return settings


def empty_the_pushed_model(settings: Settings) -> Settings:
    next(settings.serving.rglob("saved_model.pb")).write_bytes(b"")
    return settings


def lose_the_store(settings: Settings) -> Settings:
    Path(settings.metadata).unlink()
    return settings


def store_elsewhere(settings: Settings) -> Settings:
    return dataclasses.replace(settings, metadata_store="grpc://localhost:1")


def fail_in_between(settings: Settings) -> Settings:
    RunFolder(settings, "failed").begin()
    return settings


@pytest.mark.parametrize(
    "change",
    [
        change_setting,
        change_data,
        lose_an_artifact,
        empty_the_pushed_model,
        lose_the_store,
        store_elsewhere,
        fail_in_between,
    ],
)
def test_whatever_is_not_as_it_was_is_looked_at(
    change: Callable[[Settings], Settings], settings: Settings, last: Summary
) -> None:
    settings = change(settings)
    assert repeat(settings) is None
    assert not RunFolder(settings, "two").path.exists()


@pytest.mark.parametrize("name", ["code", "versions"])
def test_other_code_or_libraries_are_looked_at(
    name: str, settings: Settings, last: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, name, lambda *_: {"other": "1"})
    assert repeat(settings) is None


def test_data_that_change_while_a_run_works_are_not_what_it_was_made_of(
    settings: Settings, last: Summary
) -> None:
    unchanged.remember(RunFolder(settings, "one"), unchanged.key_of(settings), [])
    assert repeat(settings) is not None
    assert repeat(change_data(settings), "three") is None


def test_a_first_run_has_nothing_to_repeat(settings: Settings) -> None:
    assert repeat(settings) is None


def test_an_edited_file_of_any_package_is_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr("pipeline.nodes.source_hash", lambda *names: hashed.extend(names) or "")
    unchanged.code("vae")
    assert {"pipeline.run", "pipeline.dag", "modules.families.vae"} <= set(hashed)
    assert "components.evaluator" in hashed and "modules.families.gan" not in hashed
