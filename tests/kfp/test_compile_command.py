"""kubeflow/compile.py as a command: what it prints, and what it refuses in one sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kubeflow import compile as compiling
from kubeflow import lint
from kubeflow.compiling import cluster as clusters
from kubeflow.compiling.cluster import BadOption
from pipeline.options import given
from pipeline.settings import Layer
from tests.kfp import plans


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan by hand, of the paths and the search that were asked for; TFX takes some seconds."""

    def ask_plan(layers: Sequence[Layer], *_: object) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        for layer in layers:
            asked |= layer.values
        plan = plans.make_plan(asked.get("model", "transformer"), asked.get("tuner", "hyperband"))
        names = ("data_dir", "output", "metadata_store")
        plan["settings"] |= {name: asked[name] for name in names}
        return plan

    monkeypatch.setattr(compiling, "ask_plan", ask_plan)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Compiles what cannot be compiled; returns the one sentence."""
    assert compiling.main([*arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert printed.err.startswith("kubeflow/compile.py: ")
    return printed.err


def test_a_file_is_written_and_named(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "deep" / "a.yaml"
    assert compiling.main(["--image", "triptych:9", "--tuner", "none", "--to", str(file)]) == 0
    printed = capsys.readouterr().out
    first, oldest, moves = printed.splitlines()
    assert first == "deep/a.yaml: triptych-transformer-smoke, 12 tasks, triptych:9"
    assert oldest == "deep/a.yaml: takes KFP 2.16 or newer, because of securityContext"
    assert moves.startswith("deep/a.yaml: the tag of 'triptych:9' can be moved to another image")
    assert lint.find_problems(file) == []
    assert list(file.parent.iterdir()) == [file]


def test_the_default_place_is_below_build(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "ROOT", tmp_path)
    assert compiling.main(["--model", "gan"]) == 0
    assert (tmp_path / "build" / "kubeflow" / "triptych-gan-smoke.yaml").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--image", "REGISTRY/triptych:1"],
            "--image 'REGISTRY/triptych:1' has capital letters",
        ),
        (["--gpus", "4"], "--gpus takes 0 or 1, not 4"),
        (["--toleration", "gpu"], "--toleration takes KEY:EFFECT"),
        (["--resources", "trainer=8Gi,4"], "--resources takes TASK=CPU,MEMORY"),
        (
            ["--resources", "Trainer=4,8Gi"],
            "--resources: unknown task 'Trainer' (did you mean trainer?); choose curated-schema, ",
        ),
        (["--tuner", "none", "--resources", "tuner=4,8Gi"], "unknown task 'tuner'"),
        (["--task-timeout", "trainr=60"], "--task-timeout: unknown task 'trainr' (did you mean"),
        (["--data-dir", "/data"], "data_dir '/data' is neither in the image (/app) nor"),
        (["--data-dir", "/app/../data"], "data_dir '/app/../data'"),
        (["--output", "/app/output"], "output '/app/output' is not on the volume (/mnt/triptych)"),
        (["--output", "/mnt/triptychs"], "output '/mnt/triptychs' is not on the volume"),
        (["--output", "gs://b/x"], "output 'gs://b/x' is an address, and gs:// cannot be mounted"),
        (["--set", "output=s3://b"], "so name a folder there, such as /mnt/triptych/output"),
        (["--data-dir", "minio://b/x"], "data_dir 'minio://b/x' is an address, and minio://"),
        (["--metadata-store", "/tmp/a.sqlite"], "metadata_store '/tmp/a.sqlite' is not on"),
    ],
)
def test_options_that_cannot_be(
    arguments: list[str],
    words: str,
    quick: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert words in refused(capsys, "--to", str(tmp_path / "a.yaml"), *arguments)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert "cannot write" in refused(capsys, "--to", str(tmp_path / "file" / "a.yaml"))
    assert "cannot write" in refused(capsys, "--to", str(tmp_path / "folder"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_file_with_a_problem_is_not_left(
    quick: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lint, "find_problems", lambda file: [f"{file.stat().st_size > 0}ly bad"])
    assert compiling.main(["--to", str(tmp_path / "a.yaml")]) == 1
    assert "Truely bad" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("training.epoch=3", "unknown setting 'training.epoch' (did you mean training.epochs?)"),
        ("training.epochs=0", "training.epochs must be a whole number from 1 to 100,000, not '0'"),
        ("hyperparameters.batch_size=90000", "hyperparameters.batch_size must be at most 53,860"),
        ("tuning.images=60000", "tuning.images must be at most 53,860, which are all images to"),
    ],
)
def test_settings_are_checked_by_the_other_environment(
    argument: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, "--set", argument)


def test_a_file_of_settings_is_read_here_and_checked_there(
    tfx_python: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("--tfx-python", str(tfx_python), "--config")
    file = tmp_path / "a.toml"
    file.write_text('model = "gan"\n[training]\nepochs = 0')
    assert "a.toml: training.epochs must be a whole" in refused(capsys, *asked, "a.toml")
    file.write_text("model = gan")
    assert "a.toml is not valid TOML: " in refused(capsys, *asked, "a.toml")
    assert "cannot read b.toml: No such file" in refused(capsys, *asked, "b.toml")
    file.write_text("[hyperparameters]\nlatent = 2024-01-01")
    assert "hyperparameters.latent" in refused(capsys, *asked, "a.toml", "--model", "gan")
    file.write_text('output = "here"')
    assert f"output '{tmp_path}/here' is not on the volume" in refused(capsys, *asked, "a.toml")


def test_the_file_wins_over_the_cluster_s_defaults_and_options_win_over_it(
    tfx_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.toml").write_text('output = "here"\nseed = 5\n')
    options = compiling.parse(
        ["--config", "a.toml", "--seed", "6", "--profile", "smoke", "--no-baseline"]
    )
    layers = (Layer(compiling.DEFAULTS), *given(options))
    plan = compiling.ask_plan(layers, options.data_from, str(tfx_python))
    asked = {"output": f"{tmp_path}/here", "seed": 6, "baseline": False}
    assert plan["settings"] == {**plans.SETTINGS, **asked}
    with pytest.raises(BadOption, match=f"^output '{tmp_path}/here' is not on the volume"):
        compiling.check(plan, clusters.read_options(options))

    file = tmp_path / "a.yaml"
    plan["settings"]["output"] = plans.SETTINGS["output"]
    documents = plans.compile_to(file, plan)
    assert lint.find_problems(file) == [] and "baseline" not in plans.tasks(documents)


def test_an_address_with_a_password_is_refused_without_repeating_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = refused(capsys, "--metadata-store", "mysql://root:hush@database:3306/mlmd")
    assert "leave the user out of the mysql:// address" in said and "hush" not in said


def test_an_environment_that_is_missing_or_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "python")
    said = refused(capsys, "--tfx-python", missing)
    assert f"{missing} does not run" in said and "run `make setup`" in said
    bare = tmp_path / "bare"
    bare.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'tfx'\" >&2; exit 1\n")
    bare.chmod(0o755)
    said = refused(capsys, "--tfx-python", str(bare))
    assert "No module named 'tfx'" in said and "run `make setup`" in said
