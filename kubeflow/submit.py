"""Submits a compiled pipeline to Kubeflow Pipelines: uploads a version, runs it, follows the run.

Runs in kfp's environment.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kubeflow.client.options import parse  # noqa: E402
from modules.util import environment  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402

if TYPE_CHECKING:
    from kubeflow.client.upload import Package
    from kubeflow.client.versions import Version

NEEDED = ("kfp", "kfp_server_api", "kubernetes", "yaml")


def main(arguments: list[str] | None = None) -> int:
    """Submits, and returns the exit code."""
    options = parse(arguments)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return _complain(
            f"this Python ({sys.executable}) does not have {', '.join(missing)}; run `make "
            "setup-kubeflow`, then `.venv-kubeflow/bin/python kubeflow/submit.py`"
        )
    from kubeflow.client import upload

    if options.unschedule or options.schedules:
        return _look_after_schedules(options)
    try:
        package = upload.read_package(options.file or upload.only_file())
    except upload.BadFile as error:
        return _complain(str(error))
    return _submit(package, options)


def _submit(package: Package, options: argparse.Namespace) -> int:
    from kfp_server_api.exceptions import OpenApiException

    from kubeflow.client import auth, schedules, upload, versions
    from kubeflow.client.answers import Trouble
    from kubeflow.compiling import oldest

    stamp = "" if options.schedule else f" {time.strftime('%Y-%m-%d %H:%M:%S')}"
    name = options.run_name or f"{package.name}{stamp}"
    version: Version | None = None
    try:
        client, namespace = auth.connect(options)
        file = os.path.relpath(package.file)
        _say(f"submitting {file} to {options.host} with {client.signed_in_with}")
        if problem := oldest.problem(package.oldest, client.server_version):
            return _complain(problem)
        if options.namespace and not namespace:
            _say(f"this KFP has a single user, so --namespace {options.namespace} is ignored")
        with contextlib.redirect_stdout(io.StringIO()):  # kfp prints links of its own
            experiment_id = upload.find_experiment(client, options.experiment, namespace)
            version = versions.publish(client, package.file, package.name, namespace)
            identity = upload.start(client, version, experiment_id, name, options)
    except Trouble as error:
        # Without an answer, nobody here knows what became of the last request.
        doubt = version is not None and not error.status
        also = f"; it may have started all the same, see {options.ui_host}/#/runs" if doubt else ""
        _complain(f"{error}{_so_far(version)}{also}")
        return ExitCode.FAILED if doubt else error.exit_code
    except (OpenApiException, ValueError) as error:  # what kfp itself finds wrong
        return _complain(f"{' '.join(str(error).split())}{_so_far(version)}")
    except KeyboardInterrupt:
        _say(f"\nstopped before a run was known to have started{_so_far(version)}")
        return ExitCode.INTERRUPTED
    known = "" if version.new else ", which KFP had already"
    _say(f"version  {version.name} of {package.name}{known}, experiment {options.experiment}")
    if options.schedule:
        try:
            replaced = schedules.replace(client, experiment_id, name, identity)
        except Trouble as error:
            _complain(f"the schedule was made, but an earlier one may fire as well: {error}")
            return ExitCode.FAILED
        if replaced:
            _say(f"replaced {', '.join(replaced)}")
        _say(f"schedule {name}  {options.ui_host}/#/recurringrun/details/{identity}")
        _say(f"submitted: '{options.schedule}', in UTC unless KFP is set to another time zone")
        return ExitCode.PUSHED
    link = f"{options.ui_host}/#/runs/details/{identity}"
    _say(f"run      {name}  {link}")
    if not options.wait:
        _say("submitted")
        return ExitCode.PUSHED
    return _follow(client, options, package, identity, namespace, link)


def _look_after_schedules(options: argparse.Namespace) -> int:
    from kubeflow.client import auth, schedules
    from kubeflow.client.answers import Trouble

    try:
        client, namespace = auth.connect(options)
        if options.schedules:
            for line in schedules.describe(client, namespace):
                _say(line)
            return ExitCode.PUSHED
        ended = schedules.end(client, options.experiment, options.unschedule, namespace)
    except Trouble as error:
        _complain(str(error))
        return error.exit_code
    _say(f"ended {options.unschedule}: {', '.join(ended)}")
    return ExitCode.PUSHED


def _follow(
    client: Any,
    options: argparse.Namespace,
    package: Package,
    run_id: str,
    namespace: str | None,
    link: str,
) -> int:
    from kubeflow.client import auth
    from kubeflow.client.watch import Watch

    watch = Watch(
        sign_in=lambda: auth.connect(options)[0],
        namespace=namespace,
        tasks=package.tasks,
        say=_say,
        timeout=options.timeout,
        start_timeout=options.start_timeout,
        retries=options.retries,
    )
    try:
        ended = watch.until_its_end(client, run_id)
    except KeyboardInterrupt:
        _say("\nstopped following; the run goes on in the cluster, and its page can terminate it")
        _say(f"run      {link}")
        return ExitCode.INTERRUPTED
    _say(f"run      {link}")
    _say(str(ended))
    return ended.exit_code


def _so_far(version: Version | None) -> str:
    return f"; version {version.name} is in KFP, but is not known to run" if version else ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _complain(message: str) -> int:
    sys.stderr.write(f"kubeflow/submit.py: {message}\n")
    return ExitCode.BAD_INPUT


if __name__ == "__main__":
    environment.configure("3")
    import logging
    import warnings

    logging.getLogger().addHandler(logging.NullHandler())  # the libraries' own, errors included
    warnings.simplefilter("ignore")
    sys.exit(main())
