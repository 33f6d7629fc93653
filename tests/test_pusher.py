"""The Pusher's executor: whole versions only."""

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest
from tfx.components.pusher import executor as tfx_pusher
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.fellows import MODEL
from components.pusher import INCOMING, Executor
from tests import artifacts


@pytest.fixture
def push(tmp_path: Path) -> Any:
    model = artifacts.make(standard_artifacts.Model, tmp_path / "model", ident=1)
    saved = Path(model.uri, "Format-Serving")
    (saved / "variables").mkdir(parents=True)
    (saved / "saved_model.pb").write_text("graph")
    (saved / "variables" / "variables.index").write_text("weights")
    serving = tmp_path / "serving"
    destination = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(serving))
    )

    ids = itertools.count(1)

    def run(blessed: int = 1, served: int = 1) -> tuple[Any, Path]:
        blessing = artifacts.make(standard_artifacts.ModelBlessing, tmp_path / "blessing")
        blessing.set_int_custom_property("blessed", blessed)
        infra = artifacts.make(standard_artifacts.InfraBlessing, tmp_path / "infra")
        infra.set_int_custom_property("blessed", served)
        pushed = artifacts.make(standard_artifacts.PushedModel, tmp_path / f"{next(ids)}")
        Executor().Do(
            {"model": [model], "model_blessing": [blessing], "infra_blessing": [infra]},
            {"pushed_model": [pushed]},
            {"push_destination": proto_utils.proto_to_json(destination)},
        )
        return pushed, serving

    return run


def test_a_blessed_model_is_pushed_whole(push: Any) -> None:
    pushed, serving = push()
    [version] = serving.iterdir()
    assert version.name.isdigit()
    assert (version / "saved_model.pb").read_text() == "graph"
    assert (version / "variables" / "variables.index").read_text() == "weights"
    assert pushed.get_string_custom_property("pushed_destination") == str(version)
    assert pushed.get_int_custom_property(MODEL) == 1


@pytest.mark.parametrize("blessings", [{"blessed": 0}, {"served": 0}])
def test_without_both_blessings_nothing_is_pushed(push: Any, blessings: dict[str, int]) -> None:
    pushed, serving = push(**blessings)
    assert pushed.get_int_custom_property("pushed") == 0
    assert not serving.exists()


def test_a_push_that_breaks_off_leaves_no_version(
    push: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(source: str, target: str, **_: Any) -> None:
        Path(target).mkdir(parents=True)
        Path(target, "half").write_text("")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(tfx_pusher.io_utils, "copy_dir", broken)
        with pytest.raises(OSError, match="disk full"):
            push()
    pushed, serving = push()
    names = [path.name for path in serving.iterdir()]
    assert INCOMING not in names and len(names) == 1
    assert not (serving / names[0] / "half").exists()


@pytest.mark.parametrize("there", ["9999999999", "99999999999999999999"])
def test_versions_always_rise(push: Any, there: str) -> None:
    _, serving = push()
    (serving / there).mkdir()  # the clock went back, or somebody put it there
    pushed, _ = push()
    version = pushed.get_string_custom_property("pushed_version")
    assert int(version) == int(there) + 1
    assert pushed.get_string_custom_property("pushed_destination") == str(serving / version)
    assert (serving / version / "saved_model.pb").read_text() == "graph"


def _left_by_a_killed_push(push: Any) -> Path:
    """The version of a push that was killed before its artifact was recorded, and so removed."""
    pushed, _ = push()
    shutil.rmtree(pushed.uri)
    return Path(pushed.get_string_custom_property("pushed_destination"))


def test_a_push_that_was_killed_before_it_was_recorded_is_not_made_twice(push: Any) -> None:
    left = _left_by_a_killed_push(push)
    pushed, serving = push()
    assert list(serving.iterdir()) == [left]
    assert pushed.get_string_custom_property("pushed_version") == left.name
    assert pushed.get_string_custom_property("pushed_destination") == str(left)


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.index"])
def test_another_model_than_a_killed_push_left_is_pushed_above_it(push: Any, file: str) -> None:
    left = _left_by_a_killed_push(push)
    (left / file).write_text("other")  # of another length or not, it is another model
    pushed, serving = push()
    assert int(pushed.get_string_custom_property("pushed_version")) > int(left.name)
    assert len(list(serving.iterdir())) == 2


def test_a_push_that_is_known_is_made_again_when_asked(push: Any) -> None:
    push()
    _, serving = push()
    assert len(list(serving.iterdir())) == 2


def test_what_is_no_version_does_not_count(push: Any) -> None:
    _, serving = push()
    (serving / "old").mkdir()
    (serving / "²").mkdir()  # a digit, and no number
    push()
    assert len([path for path in serving.iterdir() if path.name.isascii()]) == 3
