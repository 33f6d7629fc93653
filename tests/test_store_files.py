"""A folder as an object store: what goes up comes back whole, and half of it is never the whole."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.results.facts import PUSHED_BY
from kubeflow.store import growing, pushes, summaries, whole
from kubeflow.store.address import parse
from kubeflow.store.files import Files
from kubeflow.store.operators import Around
from kubeflow.store.trouble import StoreTrouble
from pipeline.place import Work
from tests.s3_server import BUCKET, KEY, SECRET, s3_server

FOLDER = "output/artifacts/vae/Trainer/model/7"


@pytest.fixture(params=["folder", "s3"])
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Files]:
    if request.param == "folder":
        yield Files(parse(str(tmp_path / "store")))
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with s3_server() as server:
        yield Files(parse(f"s3://{BUCKET}/pre/fix"), server.endpoint)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An artifact: a packed file, a file in a folder, an empty folder."""
    folder = tmp_path / "made"
    (folder / "assets").mkdir(parents=True)
    (folder / "split").mkdir()
    (folder / "data.gz").write_bytes(b"\x1f\x8b" + bytes(100))
    (folder / "split" / "facts.json").write_text("{}")
    return folder


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_a_folder_comes_back_as_it_went(files: Files, made: Path, tmp_path: Path) -> None:
    whole.put(files, made, FOLDER)
    assert list(whole.known(files)) == [whole.list_of(FOLDER)]
    whole.get(files, FOLDER, tmp_path / "there")
    assert contents(tmp_path / "there") == contents(made)


def test_what_is_in_the_way_of_the_new_is_removed(files: Files, made: Path, tmp_path: Path) -> None:
    whole.put(files, made, FOLDER)
    (made / "data.gz").rename(made / "other.gz")
    whole.put(files, made, FOLDER)
    whole.get(files, FOLDER, tmp_path / "there")
    assert contents(tmp_path / "there") == contents(made)


@pytest.mark.parametrize("stopped", range(1, 4))
def test_half_a_folder_is_none(
    files: Files, made: Path, tmp_path: Path, stopped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole.put(files, made, FOLDER)
    (made / "split" / "facts.json").write_text('{"new": 1}')
    (made / "data.gz").write_bytes(bytes(7))
    count = 0

    def step(real: object) -> object:
        def run(*given: object) -> object:
            nonlocal count
            count += 1
            if count == stopped:
                raise KeyboardInterrupt
            return real(*given)  # type: ignore[operator]

        return run

    monkeypatch.setattr(files, "_up", step(files._up))
    monkeypatch.setattr(files, "write", step(files.write))
    with pytest.raises(KeyboardInterrupt):
        whole.put(files, made, FOLDER)
    assert list(whole.known(files)) == []
    with pytest.raises(StoreTrouble, match=f"has no whole {FOLDER}: .* run the pipeline again"):
        whole.get(files, FOLDER, tmp_path / "there")


@pytest.mark.parametrize("change", ["shorter", "other", "missing"])
def test_what_has_been_changed_there_is_not_taken(
    files: Files, made: Path, tmp_path: Path, change: str
) -> None:
    whole.put(files, made, FOLDER)
    key = f"{FOLDER}/split/facts.json"
    if change == "missing":
        files.delete([key])
    else:
        files.write(key, {"shorter": b"", "other": b"[]"}[change])
    with pytest.raises(StoreTrouble, match="otherwise than it was written .*facts.json"):
        whole.get(files, FOLDER, tmp_path / "there")
    assert list(whole.known(files)) == []  # so that it is made anew


def test_what_a_gate_adds_comes_along(files: Files, made: Path, tmp_path: Path) -> None:
    whole.put(files, made, FOLDER)
    whole.get(files, FOLDER, tmp_path / "there")
    before = whole.take(tmp_path / "there", [tmp_path / "there"])
    (tmp_path / "there" / "gate.json").write_text("no")
    whole.add(files, tmp_path / "there", FOLDER, before)
    whole.get(files, FOLDER, tmp_path / "again")
    assert (tmp_path / "again" / "gate.json").read_text() == "no"


def test_unfinished_work_goes_up_as_it_grows_and_comes_back(files: Files, tmp_path: Path) -> None:
    pod, work = tmp_path / "pod", tmp_path / "pod" / "state" / "trainer"
    work.mkdir(parents=True)
    grows = growing.Growing(files, pod, (work,))
    (work / "epoch-1.json").write_text("1")
    (work / ".epoch-1.h5.12.part").write_text("half")
    grows.send()
    assert files.listing("state").keys() == {"state/trainer/epoch-1.json"}
    (work / "epoch-1.h5").write_text("weights")
    grows.send()
    (work / "epoch-1.json").unlink()
    (work / "epoch-2.json").write_text("2")
    grows.send()
    expected = {"state/trainer/epoch-1.h5", "state/trainer/epoch-2.json"}
    assert files.listing("state").keys() == expected

    other = tmp_path / "other"
    again = growing.Growing(files, other, (other / "state" / "trainer",))
    assert again.restore() == 2
    assert (other / "state" / "trainer" / "epoch-1.h5").read_text() == "weights"
    (other / "state" / "trainer" / "epoch-1.h5").unlink()
    again.send()
    assert files.listing("state").keys() == {"state/trainer/epoch-2.json"}


def test_the_oldest_goes_first_and_what_is_gone_is_deleted_last(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "pod" / "state"
    work.mkdir(parents=True)
    grows = growing.Growing(files, tmp_path / "pod", (work,))
    (work / "epoch-1.h5").write_text("1")
    grows.send()
    for age, name in enumerate(("epoch-2.h5", "epoch-2.json")):
        (work / name).write_text("2")
        os.utime(work / name, ns=(0, 10**18 - age))
    (work / "epoch-1.h5").unlink()
    told: list[str] = []
    up, delete = files.up, files.delete
    monkeypatch.setattr(files, "up", lambda pairs: (told.extend(k for _, k in pairs), up(pairs)))
    monkeypatch.setattr(files, "delete", lambda keys: (told.extend(keys), delete(keys)))
    grows.send()
    assert told == ["state/epoch-2.json", "state/epoch-2.h5", "state/epoch-1.h5"]


def test_it_goes_up_in_the_background_and_once_more_when_the_work_fails(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "SECONDS", 0.01)
    work = tmp_path / "pod" / "state"
    work.mkdir(parents=True)
    with (
        pytest.raises(ZeroDivisionError),
        growing.kept(growing.Growing(files, tmp_path / "pod", (work,))),
    ):
        (work / "a").write_text("1")
        deadline = time.monotonic() + 20
        while not files.listing("state"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        monkeypatch.setattr(growing, "SECONDS", 1000)
        (work / "b").write_text("2")
        raise ZeroDivisionError
    assert files.listing("state").keys() == {"state/a", "state/b"}


def version(tmp_path: Path, by: str) -> Path:
    folder = tmp_path / "version"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_text("model")
    (folder / "variables" / "variables.index").write_text("index")
    (folder / PUSHED_BY).write_text(by)
    return folder


@pytest.mark.parametrize("stopped", range(3))
def test_a_version_is_whole_last(
    files: Files, tmp_path: Path, stopped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = version(tmp_path, "artifacts/vae/Pusher/pushed_model/13")
    real, sent = files._up, []

    def up(path: Path, key: str) -> None:
        if len(sent) == stopped:
            raise KeyboardInterrupt
        sent.append(key)
        real(path, key)

    monkeypatch.setattr(files, "_up", up)
    with pytest.raises(KeyboardInterrupt):
        pushes.put(files, local, "serving/vae/5")
    assert pushes.newest(files, "serving/vae") == 0
    assert sent[:1] == [f"serving/vae/5/{PUSHED_BY}"][:stopped]

    monkeypatch.setattr(files, "_up", real)
    pushes.clear(files, "serving/vae", "artifacts/vae/Pusher/pushed_model/14")
    assert len(files.listing("serving")) == stopped  # it may be on its way yet
    pushes.clear(files, "serving/vae", "artifacts/vae/Pusher/pushed_model/13")
    assert files.listing("serving") == {}
    pushes.put(files, local, "serving/vae/5")
    assert pushes.newest(files, "serving/vae") == 5
    pushes.put(files, local, "serving/vae/5")  # again, by whom it is already
    (local / PUSHED_BY).write_text("artifacts/vae/Pusher/pushed_model/14")
    with pytest.raises(StoreTrouble, match="another run pushed at the same moment"):
        pushes.put(files, local, "serving/vae/5")


def test_earlier_runs_are_found(files: Files) -> None:
    for run in ("run-1", "run-2"):
        for output in ("output", "elsewhere/output"):
            files.write(summaries.copy_of(f"{output}/vae/{run}/summary.json"), b"{}")
    keys = [end.key for end in summaries.earlier(files, "output").values()]
    assert sorted(keys) == ["output/vae/run-1/summary.json", "output/vae/run-2/summary.json"]


def test_a_file_that_is_not_there_is_none(files: Files, tmp_path: Path) -> None:
    assert files.read("output/dataset.json") is None
    assert files.listing("output") == {} and files.folders("output") == []
    files.write("output/vae/run/summary.json", json.dumps({}).encode())
    assert files.folders("output") == ["vae"]
    files.delete(["output/vae/run/summary.json", "output/other.json"])
    assert files.listing("output") == {}
    files.check()


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_node_keeps_for_later_is_there_whether_or_not_it_came_to_its_end(
    files: Files, tmp_path: Path, fails: bool
) -> None:
    pod = tmp_path / "pod"
    work = Work(pod / "state" / "run-1" / "tuner", pod / "state" / "kept" / "tuner")

    def around(root: Path, work: Work) -> Around:
        return Around(files, root, root / "output", lambda _: None, set(), work)

    def search(info: Any) -> Any:
        for folder in work:
            folder.mkdir(parents=True)
        (work.unfinished / "half.json").write_text("half of a trial")
        (work.kept / "trial.json").write_text("0.99")
        if fails:
            raise ZeroDivisionError
        return SimpleNamespace(output_artifacts={})

    info = SimpleNamespace(input_dict={}, output_dict={}, exec_properties={})
    with contextlib.suppress(ZeroDivisionError):
        around(pod, work).run(info, search)
    later = tmp_path / "later"
    next_work = Work(later / "state" / "run-2" / "tuner", later / "state" / "kept" / "tuner")
    around(later, next_work).run(info, lambda _: SimpleNamespace(output_artifacts={}))
    assert (next_work.kept / "trial.json").read_text() == "0.99"
    unfinished = files.listing("state/run-1").keys()
    assert unfinished == ({"state/run-1/tuner/half.json"} if fails else set())
