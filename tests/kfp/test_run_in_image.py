"""The script that runs a compiled file's commands in its image: an engine that only says yes or no
stands for docker."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.kfp import plans

NODES = ("MnistExampleGen", "Trainer", "Pusher")
ENGINE = """#!{shell}
# run --rm --user U -v V:M IMAGE COMMAND...: notes the whole, and refuses what it is told to.
echo "$*" >>{folder}/asked
case "$*" in *'"node_id": "{refuses}"'*) echo "10:00:00 refused: no"; exit 3;; esac
cd {folder}/volume && mkdir -p output/serving/a/1 && touch output/serving/a/1/saved_model.pb
"""


@pytest.fixture
def script(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("here", project / "scripts" / "run_in_image.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("refuses", "code", "ran"), [("none", 0, 4), ("Trainer", 3, 3)])
def test_the_last_task_runs_at_any_end(
    refuses: str,
    code: int,
    ran: int,
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "a.yaml"
    plans.compile_to(file, plans.make_plan(only=NODES))
    engine = tmp_path / "engine"
    shell = shutil.which("sh")
    engine.write_text(ENGINE.format(shell=shell, folder=tmp_path, refuses=refuses))
    engine.chmod(0o755)
    monkeypatch.setenv("CONTAINER_ENGINE", str(engine))
    monkeypatch.setattr(sys, "argv", ["x", str(file), "--volume", str(tmp_path / "volume")])
    assert script.main() == code
    said = capsys.readouterr().out
    states = [line.split()[-3] for line in said.splitlines() if line.startswith("  ")]
    assert len(states) == ran and states[-1] == "verdict"
    asked = (tmp_path / "asked").read_text()
    assert json.dumps({"state": "SUCCEEDED"}) in asked and "{{$" not in asked
    assert ("10:00:00 refused: no" in said) == bool(code)
