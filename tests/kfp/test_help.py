"""`--help` of the four commands, which is answered before anything that takes time is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

# The command's own words first, then what was imported for them.
CODE = """
import runpy, sys
file, sys.argv[1:] = sys.argv[1], ["--help"]
try:
    runpy.run_path(file, run_name="__main__")
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
SLOW = {"kfp", "kfp_server_api", "kubernetes", "google", "yaml", "numpy", "tfx", "tensorflow"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("compile", "--node-selector"),
        ("lint", "Checks compiled pipelines"),
        ("run_local", "--tfx-python"),
        ("submit", "--host"),
    ],
)
def test_help_imports_nothing_that_takes_time(command: str, words: str, project: Path) -> None:
    script = project / "kubeflow" / f"{command}.py"
    done = subprocess.run([sys.executable, "-c", CODE, script], capture_output=True, text=True)
    assert done.returncode == 0 and words in done.stdout, done.stderr
    imported = set(done.stdout.splitlines()[-1].split())
    assert "kubeflow" in imported and not imported & SLOW
