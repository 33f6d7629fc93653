"""The options of kubeflow/submit.py. Imports nothing of kfp."""

from __future__ import annotations

import argparse
import os
from urllib.parse import urlsplit

from kubeflow.client.schedule import BadSchedule, six_fields
from modules.contract.paths import path_argument

_LONGEST = 366 * 24 * 3600  # seconds
_MOST_RETRIES = 100
_EPILOG = """ways to sign in:
  none                     if KFP asks for no login, as through a port-forward
  in a pod                 the token that Kubernetes projects for KFP is used
  --token-file FILE        a token, read again for every request; or set TRIPTYCH_KFP_TOKEN
  --cookies-file FILE      NAME=VALUE; NAME=VALUE, or a file that curl wrote; or set
                           TRIPTYCH_KFP_COOKIES
  --basic-auth-file FILE   USER:PASSWORD in one line, for a proxy before KFP that asks for it
  --iap-client-id ID       Google's IAP, as a service account; to sign in as a user, add
                           --iap-app-client-id and KF_PIPELINES_APP_OAUTH2_CLIENT_SECRET

proxies: https_proxy, http_proxy and no_proxy are respected; USER:PASSWORD@ may be in the address.

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
    add(
        "--run-name",
        help="default: the pipeline's name and the time; of a schedule, the pipeline's name",
    )
    add("--pipeline-root", metavar="URI", help="where KFP keeps what its UI shows")
    add("--service-account", help="what the pods run as (default: KFP's choice)")
    add("--wait", action="store_true", help="follow the run until it ends")
    add("--timeout", type=float, metavar="SECONDS", help="stop following after this time")
    add(
        "--start-timeout",
        type=float,
        metavar="SECONDS",
        help="stop following when a pod has not started for so long",
    )
    add(
        "--retries",
        type=int,
        default=0,
        metavar="N",
        help="how often KFP tries a run again that failed, but for a gate's no (default: 0)",
    )
    add(
        "--schedule",
        metavar="CRON",
        help="run it repeatedly, in place of a schedule of the same name; '0 3 * * *' is every day "
        "at 3:00",
    )
    add(
        "--unschedule",
        metavar="NAME",
        help="end the schedule of that name in --experiment, and submit nothing",
    )
    add("--schedules", action="store_true", help="list all schedules, and submit nothing")
    add("--token-file", type=path_argument, metavar="FILE", help="see below")
    add("--cookies-file", type=path_argument, metavar="FILE", help="see below")
    add("--basic-auth-file", type=path_argument, metavar="FILE", help="see below")
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
    modes = ("schedule", "unschedule", "schedules")
    if len([mode for mode in modes if getattr(options, mode)]) > 1:
        parser.error("--schedule, --unschedule and --schedules are three things: choose one")
    if (options.unschedule or options.schedules) and (options.wait or options.file):
        parser.error("--unschedule and --schedules submit nothing: leave out the file and --wait")
    if options.schedule and options.wait:
        parser.error("--wait does not go with --schedule, which has no end")
    for name in ("timeout", "start_timeout"):
        seconds = getattr(options, name)
        if seconds is not None and not (options.wait and 0 < seconds <= _LONGEST):
            parser.error(
                f"--{name.replace('_', '-')} needs --wait and a number of seconds above 0, and no "
                "more than a year has"
            )
    if options.retries and not (options.wait and 0 < options.retries <= _MOST_RETRIES):
        parser.error(f"--retries needs --wait and a whole number from 0 to {_MOST_RETRIES}")
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
