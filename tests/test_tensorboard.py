"""TensorBoard, which the README names, starts in the locked environment."""

import subprocess
import sys
from pathlib import Path


def test_it_starts() -> None:
    command = Path(sys.executable).with_name("tensorboard")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.strip()[0].isdigit(), done.stderr
