"""Runs the pipeline on this machine: labelled images in, a tuned, judged, pushed model out."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # where it is installed, it is there
    sys.path.insert(0, str(ROOT))

from components.results.commands import IN_CLONE  # noqa: E402
from modules.contract.values import BadValue, Kind, argument  # noqa: E402
from modules.util import environment  # noqa: E402
from pipeline import belonging, disk, output_folder, scratch, signals  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402
from pipeline.options import add_options, command, read_options  # noqa: E402
from pipeline.settings import BadSetting, Settings  # noqa: E402
from pipeline.terminal import make_unbreakable  # noqa: E402

NAME = "triptych" if Path(sys.argv[0]).name == "triptych" else "local_runner.py"
SEEDS = Kind(int, least=1, most=20)
NEEDED = ("tfx", "numpy", "tensorflow", "keras_tuner", "tensorflow_model_analysis", "rich")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Runs the pipeline on this machine: labelled images in, a tuned, judged, "
        "pushed model out.",
        epilog="exit codes: 0 pushed, 1 failed, 2 bad usage or input, 3 refused by a gate or for a "
        "training that came to nothing; 129, 130 and 143 stopped by a signal",
    )
    add_options(parser)
    add = parser.add_argument
    add(
        "--seeds",
        type=argument(SEEDS),
        default=1,
        metavar="K",
        help="train and judge K times, with seeds that differ in the training alone; tell the mean "
        "and the spread on the test images, and push the one that is the median on the eval split "
        f"(default: 1; at most {SEEDS.most})",
    )
    add("--no-cache", action="store_true", help="run every node, whatever is cached")
    add(
        "--rerun-from",
        metavar="NODE",
        help="run this node and all that depend on it, whatever is cached",
    )
    add(
        "--no-lock",
        action="store_true",
        help="go on where the file system of the output folder has no locks; no other run may use "
        "the folder then",
    )
    add(
        "--prune",
        action="store_true",
        help="run nothing; remove from --output what no run needs any more: artifacts and run "
        "folders but for the last ones, never what is served, blessed last or can be resumed",
    )
    add("--dry-run", action="store_true", help="with --prune: only tell what it would remove")
    add("--verbose", action="store_true", help="show the libraries' messages on the screen, too")
    add("--open", action="store_true", help="show the report in the browser when the run has ended")
    options = parser.parse_args(arguments)
    if options.no_cache and options.rerun_from:
        parser.error("--no-cache runs every node; leave out --rerun-from")
    if options.dry_run and not options.prune:
        parser.error("--dry-run tells what --prune would remove; give both")
    if options.prune and (options.no_cache or options.rerun_from or options.seeds > 1):
        parser.error("--prune runs nothing; leave out --no-cache, --rerun-from and --seeds")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Runs, and returns the exit code."""
    options = parse(arguments)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        said = f"this Python ({sys.executable}) lacks {', '.join(missing)}; "
        if not IN_CLONE:
            return _complain(f"{said}install the distribution with its dependencies")
        return _complain(
            f"{said}run `make setup` once, then start `.venv/bin/python local_runner.py`, or use "
            "`make run`"
        )
    from components.readers.reader import BadDataset  # needs NumPy

    try:
        settings = read_options(options)
        if options.prune:
            from pipeline.pruning.command import prune  # needs ml_metadata

            prune(settings, _say, options.dry_run, options.no_lock)
            return ExitCode.PUSHED
        settings = _check(settings, options)
        output = settings.output
        with (
            output_folder.only_run_in(output, options.no_lock),
            scratch.own_temporary_folder(output),
        ):
            belonging.claim(settings)
            return _run(settings, options)
    except (BadValue, BadDataset, output_folder.Busy) as error:
        return _complain(str(error))
    except OSError as error:
        if error.errno in disk.FAILURES:
            return _complain(disk.fault(error), ExitCode.FAILED)
        if error.filename is None:
            raise
        return _complain(f"cannot use {error.filename}: {error.strerror}")
    except KeyboardInterrupt as stop:
        sys.stdout.write("\nstopped; run the same command again to resume\n")
        return signals.exit_code(stop)


def _check(settings: Settings, options: argparse.Namespace) -> Settings:
    """Refuses, before any work, what cannot be run; the settings know their data then."""
    from modules import families
    from pipeline import nodes
    from pipeline.intake import on_data

    disk.check_temporary()
    if options.rerun_from:
        nodes.check_id(options.rerun_from)
    settings = on_data(settings)
    # Building a model loads TensorFlow, which has nothing to say here that anyone waits for.
    quiet = nullcontext() if options.verbose else output_folder.output_to_log(Path(os.devnull))
    try:
        with quiet:
            families.check(settings.family, settings.hyperparameters, settings.known_dataset)
    except ValueError as error:
        raise BadSetting(str(error)) from error
    return settings


def _run(settings: Settings, options: argparse.Namespace) -> int:
    from pipeline import local, series
    from pipeline.warm_start import warm

    settings, note = warm(settings)
    how = local.How(
        command=_command(options),
        anew=options.no_cache or bool(options.rerun_from),
        rerun_from=options.rerun_from,
        verbose=options.verbose,
        shows=options.open,
        note=note,
    )
    ended = series.run(settings, options.seeds, lambda part: local.run(part, how), how.anew)
    return ended.verdict.exit_code


def _command(options: argparse.Namespace) -> str:
    """What goes on with a run that was stopped, as the shell takes it."""
    return command(options) + (f" --seeds {options.seeds}" if options.seeds > 1 else "")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _complain(message: str, code: int = ExitCode.BAD_INPUT) -> int:
    sys.stderr.write(f"{NAME}: {message}\n")
    return code


def _environment() -> None:
    import warnings

    environment.configure("1")
    make_unbreakable()
    signals.stop_like_ctrl_c()
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def console() -> int:
    """The command `triptych` of an installed distribution; returns the exit code."""
    _environment()
    return main()


if __name__ == "__main__":
    sys.exit(console())
