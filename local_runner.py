"""Runs the pipeline on this machine: real digits in, a tuned, judged and pushed model out."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import traceback
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from modules.util import environment as libraries  # noqa: E402
from pipeline import output_folder  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402
from pipeline.options import add_options, read_options  # noqa: E402
from pipeline.settings import BadSetting, Settings  # noqa: E402

NEEDED = ("tfx", "numpy", "tensorflow", "keras_tuner", "tensorflow_model_analysis", "rich")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="local_runner.py",
        description=__doc__,
        epilog="Ends with 0: pushed, 3: refused by a gate, 1: failed, 2: bad usage or input.",
    )
    add_options(parser)
    add = parser.add_argument
    add("--no-cache", action="store_true", help="run every node anew")
    add("--rerun-from", metavar="NODE", help="run this node anew, and all that depend on it")
    add("--verbose", action="store_true", help="show the libraries' messages on the screen, too")
    options = parser.parse_args(arguments)
    if options.no_cache and options.rerun_from:
        parser.error("--no-cache runs every node anew; leave --rerun-from out")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Runs, and returns the exit code."""
    options = parse(arguments)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return _complain(
            f"this Python ({sys.executable}) lacks {', '.join(missing)}; run `make setup` once, "
            "then start `.venv/bin/python local_runner.py`, or use `make run`"
        )
    from components.readers import idx  # needs NumPy

    try:
        settings = read_options(options)
        idx.check_dataset(settings.data_dir)
        with output_folder.only_run_in(settings.output):
            return _run(settings, options)
    except (BadSetting, idx.BadDataset, output_folder.Busy) as error:
        return _complain(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        return _complain(f"cannot use {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped; run the same command again to resume\n")
        return ExitCode.INTERRUPTED


def _run(settings: Settings, options: argparse.Namespace) -> int:
    log = settings.output / "logs" / f"{settings.family}-{time.strftime('%Y%m%d-%H%M%S')}.log"
    quiet = nullcontext() if options.verbose else output_folder.output_to_log(log)
    with quiet as terminal:
        from pipeline.screen import Screen

        screen = Screen(terminal)
        screen.say(
            f"{settings.family}, profile {settings.profile}, tuner {settings.tuner}, "
            f"data {settings.data_dir}, output {settings.output}"
        )
        screen.start("starting")
        try:
            from pipeline import runner  # TensorFlow and TFX take some seconds

            screen.stop()
            anew = "all" if options.no_cache else options.rerun_from
            verdict = runner.run(settings, screen, anew)
        except BadSetting:
            raise
        except Exception as error:
            screen.stop()
            traceback.print_exc()  # to the log
            screen.say(f"failed: {type(error).__name__}: {error}")
            if not options.verbose:
                screen.say(f"log     {log}")
            return ExitCode.FAILED
        finally:
            screen.stop()
        screen.say(str(verdict))
        screen.say(f"summary {settings.summary}")
        if verdict.exit_code == ExitCode.FAILED and not options.verbose:
            screen.say(f"log     {log}")
        return verdict.exit_code


def _complain(message: str) -> int:
    sys.stderr.write(f"local_runner.py: {message}\n")
    return ExitCode.BAD_INPUT


def _environment() -> None:
    import warnings

    libraries.configure("1")
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)


if __name__ == "__main__":
    _environment()
    sys.exit(main())
