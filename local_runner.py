"""Runs the pipeline on this machine: labelled images in, a tuned, judged, pushed model out."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # where it is installed, it is there
    sys.path.insert(0, str(ROOT))

from components.results.commands import IN_CLONE  # noqa: E402
from modules.contract.values import BadValue  # noqa: E402
from modules.util import environment  # noqa: E402
from pipeline import belonging, disk, output_folder, scratch, signals  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402
from pipeline.options import add_options, command, read_options  # noqa: E402
from pipeline.settings import BadSetting, Settings  # noqa: E402
from pipeline.terminal import make_unbreakable  # noqa: E402

if TYPE_CHECKING:
    from components.results.summary import Summary
    from pipeline.run import Run
    from pipeline.run_folder import RunFolder
    from pipeline.screen import Screen

NAME = "triptych" if Path(sys.argv[0]).name == "triptych" else "local_runner.py"
_STOPPED = "stopped; the same command resumes it"
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
    if options.prune and (options.no_cache or options.rerun_from):
        parser.error("--prune runs nothing; leave out --no-cache and --rerun-from")
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
    from components.results.run_names import new_run_id
    from pipeline import proposed, reports, unchanged
    from pipeline.run_folder import RunFolder
    from pipeline.screen import Screen

    folder = RunFolder(settings, new_run_id(), command(options))
    quiet = nullcontext() if options.verbose else output_folder.output_to_log(folder.log)
    with quiet as terminal:
        screen = Screen(terminal, log=sys.stdout if terminal else None)
        reports.catch_up(settings.output)
        asked_anew = options.no_cache or options.rerun_from
        same = None if asked_anew else unchanged.repeat(folder)
        screen.say(
            f"{settings.family}, profile {settings.profile}, tuner {settings.tuner}, "
            f"data {settings.data_dir}, output {settings.output}"
        )
        if same:
            for node in same.nodes:
                screen.finish(node.node, node.state, node.seconds, node.headline)
        elif changed := belonging.changed_since(settings, folder.run_id):
            screen.say(f"note: {changed}")
        summary = same or _run_nodes(folder, options, screen)
        screen.say(str(summary.verdict))
        screen.say(f"summary {folder.summary}")
        if summary.verdict.exit_code == ExitCode.FAILED and terminal:
            screen.say(f"log     {folder.log}")
        report = reports.make(summary, folder.path, settings.output)
        screen.say(report.line)
        if proposed.lacks_gates(summary.verdict):
            screen.say("to accept the proposed gates:")
            screen.say(proposed.command(folder))
        if options.open and report.page:
            reports.show(report.page)
        return summary.verdict.exit_code


def _run_nodes(folder: RunFolder, options: argparse.Namespace, screen: Screen) -> Summary:
    """Runs every node in order, up to the first that fails or refuses; writes the summary.

    Raises:
        BadSetting: the pipeline cannot be what was asked for; its summary and report are written.
    """
    from pipeline import reports
    from pipeline.outcome import words
    from pipeline.verdict import end

    folder.begin()
    screen.note(folder.settings_file.read_text(encoding="utf-8"))
    screen.start("starting")
    try:
        from pipeline.run import Run  # TensorFlow and TFX take some seconds

        with Run(folder.settings, folder.run_id, alone=True, command=folder.command) as run:
            if options.no_cache or options.rerun_from:
                run.anew(options.rerun_from)
            screen.stop()
            for lost in run.lost:
                screen.say(f"note: {lost}")
            try:
                for node_id in run.node_ids:
                    if run.node(node_id, screen).ends:
                        break
            except KeyboardInterrupt as stop:
                return _write_down(run, stop)
            return run.end()
    except BadSetting as error:
        summary = folder.conclude(end(ExitCode.BAD_INPUT, str(error)))
        reports.make(summary, folder.path, folder.settings.output)
        raise
    except KeyboardInterrupt as stop:
        return folder.conclude(end(signals.exit_code(stop), _STOPPED))
    except Exception as error:
        traceback.print_exc()  # to the log
        return folder.conclude(end(ExitCode.FAILED, words(error, folder.path)))
    finally:
        screen.stop()


def _write_down(run: Run, stop: KeyboardInterrupt) -> Summary:
    """Ends a run that is stopped, which it is even if that cannot be written down."""
    from pipeline.verdict import end

    verdict = end(signals.exit_code(stop), _STOPPED)
    try:
        return run.end(verdict)
    except Exception:
        traceback.print_exc()
        return run.folder.conclude(verdict)


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
