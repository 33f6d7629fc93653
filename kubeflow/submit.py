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
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kubeflow.client.schedule import BadSchedule, six_fields  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.util import environment  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402

if TYPE_CHECKING:
    from kubeflow.client.upload import Package, Version

_LONGEST = 366 * 24 * 3600  # seconds
NEEDED = ("kfp", "kfp_server_api", "kubernetes", "yaml")
_EPILOG = """ways to sign in:
  none                     if KFP asks for no login, as through a port-forward
  in a pod                 the token that Kubernetes projects for KFP is used
  --token-file FILE        a token, read again for every request; or set TRIPTYCH_KFP_TOKEN
  --cookies-file FILE      NAME=VALUE; NAME=VALUE, or a file that curl wrote; or set
                           TRIPTYCH_KFP_COOKIES
  --iap-client-id ID       Google's IAP, as a service account; to sign in as a user, add
                           --iap-app-client-id and KF_PIPELINES_APP_OAUTH2_CLIENT_SECRET

exit codes:
  0    pushed; without --wait, submitted
  1    failed or canceled, or lost from sight: an expired token, no answer for ten minutes,
       --timeout; then the run may still be going on
  2    bad usage, input, address or credentials; nothing was started
  3    refused by a gate
  130  interrupted by Ctrl-C"""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="kubeflow/submit.py",
        description="Submits a compiled pipeline to Kubeflow Pipelines: uploads a version, runs "
        "it, follows the run.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, environment = parser.add_argument, os.environ.get
    host, ui_host = environment("KF_PIPELINES_ENDPOINT"), environment("KF_PIPELINES_UI_ENDPOINT")
    add(
        "file",
        nargs="?",
        type=path_argument,
        help="what `make kubeflow` wrote (default: the only file)",
    )
    add("--host", default=host, help="KFP's address (default: $KF_PIPELINES_ENDPOINT)")
    add("--ui-host", default=ui_host, help="the address of the links, if not --host")
    add("--experiment", default="triptych", help="created if missing (default: %(default)s)")
    add("--namespace", help="the namespace of the run, if KFP has several users")
    add("--run-name", help="default: the pipeline's name and the time")
    add("--pipeline-root", metavar="URI", help="where KFP keeps what its UI shows")
    add("--service-account", help="what the pods run as (default: KFP's choice)")
    add("--wait", action="store_true", help="follow the run until it ends")
    add("--timeout", type=float, metavar="SECONDS", help="stop following after this time")
    add("--schedule", metavar="CRON", help="run it repeatedly; '0 3 * * *' is every day at 3:00")
    add("--token-file", type=path_argument, metavar="FILE", help="see below")
    add("--cookies-file", type=path_argument, metavar="FILE", help="see below")
    add(
        "--iap-client-id",
        metavar="ID",
        default=environment("KF_PIPELINES_IAP_OAUTH2_CLIENT_ID"),
        help="see below",
    )
    add(
        "--iap-app-client-id",
        metavar="ID",
        default=environment("KF_PIPELINES_APP_OAUTH2_CLIENT_ID"),
        help="see below",
    )
    add(
        "--ssl-ca-cert",
        type=path_argument,
        metavar="FILE",
        help="the certificate of the authority that signed the host's",
    )
    options = parser.parse_args(arguments)
    if not options.host:
        parser.error("--host is missing; it is KFP's address, such as http://localhost:8080")
    if options.schedule and options.wait:
        parser.error("--wait does not go with --schedule, which has no end")
    if options.timeout is not None and not (options.wait and 0 < options.timeout <= _LONGEST):
        parser.error(
            "--timeout needs --wait and a number of seconds above 0, and no more than a year has"
        )
    try:
        options.host = address(options.host)
        options.ui_host = address(options.ui_host or options.host)
        options.schedule = six_fields(options.schedule) if options.schedule else None
    except (BadSchedule, ValueError) as error:
        parser.error(str(error))
    return options


def address(host: str) -> str:
    """Completes a host to a URL; without a scheme, http:// for this machine, else https://.

    Raises:
        ValueError: it is not an address, or has a password in it.
    """
    if "://" not in host:
        name = host.partition("/")[0].partition(":")[0]
        host = f"{'http' if name in ('localhost', '127.0.0.1') else 'https'}://{host}"
    parts = urlsplit(host)
    if "@" in parts.netloc:
        raise ValueError("leave the user and the password out of the address, which is printed")
    try:
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or any(c.isspace() for c in host):
        raise ValueError(f"'{host}' is not an address such as http://localhost:8080")
    return host.rstrip("/")


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

    try:
        package = upload.read_package(options.file or upload.only_file())
    except upload.BadFile as error:
        return _complain(str(error))
    return _submit(package, options)


def _submit(package: Package, options: argparse.Namespace) -> int:
    from kfp_server_api.exceptions import OpenApiException

    from kubeflow.client import auth, upload
    from kubeflow.client.answers import Trouble

    name = options.run_name or f"{package.name} {time.strftime('%Y-%m-%d %H:%M:%S')}"
    version = None
    try:
        client, namespace = auth.connect(options)
        file = os.path.relpath(package.file)
        _say(f"submitting {file} to {options.host} with {client.signed_in_with}")
        if options.namespace and not namespace:
            _say(f"this KFP has a single user, so --namespace {options.namespace} is ignored")
        with contextlib.redirect_stdout(io.StringIO()):  # kfp prints links of its own
            experiment_id = upload.find_experiment(client, options.experiment, namespace)
            version = upload.publish(client, package, namespace)
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
    _say(f"version  {version.name} of {package.name}, experiment {options.experiment}")
    if options.schedule:
        _say(f"schedule {name}  {options.ui_host}/#/recurringrun/details/{identity}")
        _say(f"submitted: '{options.schedule}', in UTC unless KFP is set to another time zone")
        return ExitCode.PUSHED
    link = f"{options.ui_host}/#/runs/details/{identity}"
    _say(f"run      {name}  {link}")
    if not options.wait:
        _say("submitted")
        return ExitCode.PUSHED
    return _follow(client, options, package, identity, namespace, link)


def _follow(
    client: Any,
    options: argparse.Namespace,
    package: Package,
    run_id: str,
    namespace: str | None,
    link: str,
) -> int:
    from kfp_server_api.exceptions import OpenApiException

    from kubeflow.client import auth
    from kubeflow.client.follow import Follower, Lost
    from kubeflow.client.evidence import Evidence
    from kubeflow.client.outcome import LOST, decide, verdict

    still = "the run may still be going on in the cluster"
    follower = Follower(client, lambda: auth.connect(options)[0], package.tasks, _say)
    try:
        end = follower.follow(run_id, options.timeout)
        ended = decide(end, Evidence(follower.client, run_id, namespace))
    except Lost as lost:
        ended = verdict(LOST, f"{lost}; {still}")
    except OpenApiException as error:
        said = " ".join(str(error).split())
        ended = verdict(LOST, f"kfp cannot read the answer ({said}); {still}")
    except KeyboardInterrupt:
        _say("\nstopped following; the run goes on in the cluster, and its page can terminate it")
        _say(f"run      {link}")
        return ExitCode.INTERRUPTED
    _say(f"run      {link}")
    _say(str(ended))
    return ended.exit_code


def _so_far(version: Version | None) -> str:
    return f"; version {version.name} was uploaded, but is not known to run" if version else ""


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
