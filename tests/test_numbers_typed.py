"""Numbers on the command lines of this environment: nothing beyond their bounds starts any work."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.readers.from_images import __main__ as from_images
from kubeflow.metadata import server
from scripts import ablate, benchmark, benchmark_reading, letters

NEVER = ("nan", "inf", "1e400", "-1", "9" * 5000, "", "0x10", "99999999999999999999")
COMMANDS: dict[str, tuple[Callable[[list[str]], object], list[str], list[str]]] = {
    "from_images": (from_images.main, ["a", "b"], ["--side", "--test-share", "--seed"]),
    "letters": (letters.main, ["a"], ["--side", "--train", "--test", "--seed"]),
    "ablate": (ablate.main, ["--model", "vae"], ["--epochs", "--seed", "--seeds", "--images"]),
    "benchmark": (benchmark.main, [], ["--steps", "--rounds"]),
    "benchmark_reading": (benchmark_reading.main, [], ["--times"]),
    "metadata server": (server.main, ["--database", "a"], ["--port"]),
}


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, option) for command, (_, _, options) in COMMANDS.items() for option in options],
)
def test_each_has_both_bounds(
    command: str,
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    main, given, _ = COMMANDS[command]
    for value in NEVER:
        with pytest.raises(SystemExit) as end:
            main([*given, f"{option}={value}"])
        assert end.value.code == 2 and option in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
