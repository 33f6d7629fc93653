"""What the libraries are told before they are imported, whatever the person has told them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from modules.util import environment
from modules.util.environment import with_docstrings
from tests.runs import COMMAND, PROJECT, PYTHON

TOLD = ("KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL")


def configured(code: str, *options: str, **told: str) -> str:
    """What code prints in a process that has set its environment."""
    whole = f"from modules.util import environment\nenvironment.configure('3')\n{code}"
    done = subprocess.run(
        [sys.executable, *options, "-c", whole],
        cwd=PROJECT,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*TOLD, "KERAS_HOME", "TF_USE_LEGACY_KERAS", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, "")  # to be undone afterwards
        monkeypatch.delenv(name)


def test_what_the_user_has_set_stays_but_for_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(TOLD, ("jax", "0", "3"), strict=True):
        monkeypatch.setenv(name, value)
    environment.configure("1")
    assert [os.environ[name] for name in TOLD] == ["tensorflow", "0", "3"]


def test_what_is_not_set_is_told() -> None:
    environment.configure("1")
    assert [os.environ[name] for name in TOLD] == ["tensorflow", "1", "1"]


def test_python_seldom_looks_for_garbage() -> None:
    counted = "import gc; runs = lambda: sum(one['collections'] for one in gc.get_stats())\n"
    code = f"{counted}before = runs(); kept = [[] for _ in range(20_000)]; print(runs() - before)"
    assert configured(code) == "0\n"


@pytest.mark.parametrize("variable", ["HOME", "KERAS_HOME"])
def test_the_settings_of_keras_are_the_projects(variable: str, tmp_path: Path) -> None:
    folder = tmp_path / ".keras" if variable == "HOME" else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / "keras.json").write_text(
        json.dumps(
            {
                "floatx": "float16",
                "epsilon": 0.5,
                "backend": "jax",
                "image_data_format": "channels_first",
            }
        )
    )
    code = (
        "import os, keras\n"
        "from keras import config\n"
        "found = config.floatx(), config.epsilon(), config.image_data_format(), config.backend()\n"
        "print(*found, os.environ.get('KERAS_MAX_EPOCHS'), keras.layers.Conv2D(1, 1).data_format)\n"
    )
    told = {variable: str(tmp_path), "KERAS_MAX_EPOCHS": "1", "KERAS_BACKEND": "jax"}
    shown = configured(code, **told).split()
    assert shown == ["float32", "1e-07", "channels_last", "tensorflow", "None", "channels_last"]


@pytest.mark.parametrize("told", ["error", "e", "default,error::DeprecationWarning,ignore"])
def test_warnings_are_no_errors_here_and_in_children(told: str) -> None:
    code = (
        "import os, subprocess, sys, warnings\n"
        "warnings.warn('a', DeprecationWarning); warnings.warn('b', FutureWarning)\n"
        "child = 'import warnings; warnings.warn(\"c\", DeprecationWarning)'\n"
        "print(subprocess.run([sys.executable, '-c', child], capture_output=True).returncode)\n"
        "print(os.environ['PYTHONWARNINGS'])\n"
    )
    kept = ",".join(option for option in told.split(",") if not option.startswith("e"))
    assert configured(code, PYTHONWARNINGS=told) == f"0\n{kept}\n"


def test_nor_are_they_where_python_is_told_so_by_an_option() -> None:
    code = "import warnings; warnings.warn('a', BytesWarning); print(str(b'') == '', 'ok')"
    assert configured(code, "-W", "error", "-bb") == "False ok\n"


@pytest.mark.parametrize(
    ("options", "told"), [((), {"PYTHONOPTIMIZE": "2"}), (("-OO", "-W", "default"), {})]
)
def test_docstrings_are_there_whatever_python_is_told(
    options: tuple[str, ...], told: dict[str, str]
) -> None:
    code = (
        "import os, sys\n"
        "print(bool(environment.configure.__doc__), sys.flags.optimize)\n"
        "print(os.environ.get('PYTHONOPTIMIZE'), sys.warnoptions)\n"
    )
    kept = ["default"] if options else []
    assert configured(code, *options, **told) == f"True 0\nNone {kept}\n"


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (["-OO", "-m", "a", "-O"], ["-m", "a", "-O"]),
        (["-BOOu", "-O", "a.py", "-OO"], ["-Bu", "a.py", "-OO"]),
        (["-W", "error", "-Xdev", "-OO", "-c", "-O"], ["-W", "error", "-Xdev", "-c", "-O"]),
        (["a.py"], ["a.py"]),
        (["-W"], ["-W"]),
        ([], []),
    ],
)
def test_what_leaves_out_docstrings_is_left_out(command: list[str], kept: list[str]) -> None:
    assert with_docstrings(command) == kept


@pytest.mark.parametrize("told", [{"PYTHONOPTIMIZE": "2"}, {"PYTHONWARNINGS": "error"}])
@pytest.mark.parametrize(
    "command",
    [
        COMMAND,
        *(
            [PYTHON, "-m", module]
            for module in (
                "components.readers.from_images",
                "components.results",
                "components.results.checks",
                "kubeflow.metadata.server",
                "kubeflow.pod.plan",
                "pipeline.settings_table",
            )
        ),
    ],
    ids=lambda command: command[-1].rpartition("/")[2],
)
def test_every_command_says_what_it_does(
    command: list[str], told: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*command, "--help"],
        cwd=tmp_path,
        env={**os.environ, **told, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and not done.stderr
    about = done.stdout.split("\n\n")[1]
    assert about.split()[0] in ("Runs", "Makes", "Shows", "A", "Reads", "Prints")


def test_no_text_that_is_shown_is_a_docstring() -> None:
    folders = ("components", "kubeflow", "modules", "pipeline", "scripts")
    files = [
        PROJECT / "local_runner.py",
        *(f for d in folders for f in (PROJECT / d).rglob("*.py")),
    ]
    assert not [file for file in files if "__doc__" in file.read_text(encoding="utf-8")]
