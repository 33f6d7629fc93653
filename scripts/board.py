"""Opens TensorBoard on a run's training and its search; only this machine can see it.

.venv/bin/python scripts/board.py OUTPUT [--model MODEL] [--run RUN] [--port N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from components.results.logs import Logs, find_logs  # noqa: E402
from components.results.stored import BadFacts  # noqa: E402

HOST = "127.0.0.1"
_ABOUT = "Opens TensorBoard on a run's training and its search; only this machine can see it."


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="scripts/board.py", description=_ABOUT)
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="the folder of the runs")
    parser.add_argument("--model", default="", help="whose newest run (default: of all)")
    parser.add_argument("--run", default="", help="a run's name (default: the newest)")
    parser.add_argument("--port", type=int, help="default: the first free one from 6006 on")
    return parser.parse_args(arguments)


def serve(logs: Logs, port: int | None) -> int:
    """Shows logs until it is interrupted; its address is the last thing that it prints."""
    warnings.filterwarnings("ignore")  # TensorBoard's own, about what it imports
    from tensorboard import program

    # A tree of links: TensorBoard names its runs by it, and shows nothing else.
    with tempfile.TemporaryDirectory(prefix="tensorboard-") as tree:
        for name, folder in logs.folders.items():
            Path(tree, name).symlink_to(folder.resolve(), target_is_directory=True)
        board = program.TensorBoard()
        given = ["--logdir", tree, "--host", HOST, "--load_fast", "true"]
        board.configure(["", *given, *(["--port", str(port)] if port is not None else [])])
        try:
            return 2 if board.main() else 0
        except KeyboardInterrupt:
            return 0


def main(arguments: list[str] | None = None) -> int:
    """Finds the run, and shows it."""
    options = parse(arguments)
    try:
        logs = find_logs(options.output, options.model, options.run)
    except BadFacts as error:
        sys.stderr.write(f"scripts/board.py: {error}\n")
        return 2
    sys.stdout.write(f"{logs.family}, run {logs.run}: {' and '.join(logs.folders)}\n")
    sys.stdout.flush()
    return serve(logs, options.port)


if __name__ == "__main__":
    sys.exit(main())
