"""What a pod does: one node by the road that the local runner takes, then what KFP's UI shows."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import logging
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubeflow.names import VERDICT, VOLUME, place
from kubeflow.pod import devices, told
from kubeflow.store.pod import place_of
from kubeflow.store.trouble import StoreTrouble
from modules.contract.values import BadValue
from modules.util import environment
from pipeline.exit_codes import ExitCode
from pipeline.nodes import source_of_all
from pipeline.outcome import words
from pipeline.settings import Settings, from_plain

if TYPE_CHECKING:
    from components.results.summary import Summary, Verdict
    from pipeline.place import Place
    from pipeline.reports import Made
    from pipeline.run import Run


class OtherCode(Exception):
    """The image's code is not what the file was compiled with."""


def source_of(family: str) -> str:
    """A hash of all the code that the pods of a family's pipeline run."""
    return source_of_all(family, "kubeflow.pod.run_node", "kubeflow.pod.ui")


def settings_here(text: str) -> Settings:
    """Reads a pipeline's settings, with paths as they are on this machine.

    Args:
        text: what `to_plain` gave, as JSON. TRIPTYCH_METADATA, when set, is the metadata store.

    Raises:
        BadSetting: they are of another version of the project.
    """
    settings = from_plain(json.loads(text))
    compiled = settings.metadata_store and place(settings.metadata_store)
    return dataclasses.replace(
        settings,
        data_dir=Path(place(str(settings.data_dir))),
        output=Path(place(str(settings.output))),
        metadata_store=os.environ.get("TRIPTYCH_METADATA") or compiled,
    )


def run(settings: str, node_id: str, run_id: str, source: str, gpus: int, **shown: Any) -> None:
    """Runs one task of the compiled file, and ends the process when it did not succeed.

    Args:
        settings: the pipeline's, as JSON.
        node_id: a node of the pipeline, or VERDICT.
        run_id: of KFP's run; every task of a run has the same.
        source: a hash of the code that the file was compiled with.
        gpus: how many the task was promised.
        shown: KFP's artifacts by name, to be filled for its UI.

    Raises:
        SystemExit: 1 when the node failed, 3 when it refused; the last line printed says why.
    """
    environment.configure("2")
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.getLogger().setLevel(logging.WARNING)  # kfp asks every library for all it has to say
    unwritten: Settings | None = None  # whose end no run has written down
    try:
        here = unwritten = settings_here(settings)
        _say(devices.describe(gpus))
        if source_of(here.family) != source:
            raise OtherCode(
                "the code in this image is not what the file was compiled with: compile it again "
                "from the same checkout as the image, or build the image anew"
            )
        with place_of(here, _say) as (here, lasting):
            work = _verdict if node_id == VERDICT else _node
            code, reason = work(here, lasting, node_id, run_id, shown)
    except (BadValue, OtherCode, StoreTrouble, devices.MissingGpu) as error:
        code, reason = ExitCode.FAILED, str(error)
    except Exception as error:  # the task's failure, whatever it is: the log has it all
        traceback.print_exc()
        code, reason = ExitCode.FAILED, words(error, place(VOLUME))
    else:
        unwritten = None
    if unwritten:
        _tell(unwritten, run_id, node_id, reason)
    if code:
        _say(f"{'refused' if code == ExitCode.REFUSED else 'failed'}: {reason}")
        sys.exit(code)
    if node_id == VERDICT:
        _say(f"pushed: {reason}")


def _node(
    here: Settings, lasting: Place, node_id: str, run_id: str, shown: Any
) -> tuple[ExitCode, str]:
    from kubeflow.pod import ui
    from pipeline.run import Run
    from pipeline.screen import Screen

    # Other runs of the same settings may go on at the same time.
    with Run(here, run_id, alone=False, place=lasting) as run:
        node = run.node(node_id, Screen())
        if node.ends:
            summary, _ = _end(run, here)  # no task after this one runs
            ended = summary.verdict
            return ExitCode(ended.exit_code), node.outcome.reason or ended.reason
        ui.show_node(node.node, node.outputs, shown, run.told)
        if "metrics" in shown:
            ui.show_figures(node.outputs, shown)
        # The task of the verdict fails where the run was refused, and KFP keeps nothing of it.
        if "report" in shown:
            ui.show_report(_end(run, here)[1], shown)
    return ExitCode.PUSHED, ""


def _verdict(
    here: Settings, lasting: Place, _: str, run_id: str, shown: Any
) -> tuple[ExitCode, str]:
    from kubeflow.pod import ui
    from pipeline.run import Run

    with Run(here, run_id, alone=False, place=lasting) as run:
        summary, made = _end(run, here, told.verdict(run))
        _say(run.told(made.line))
        ui.show_verdict(summary, made, run.told(str(run.folder.summary)), shown)
    return ExitCode(summary.verdict.exit_code), summary.verdict.reason


def _tell(here: Settings, run_id: str, node_id: str, reason: str) -> None:
    """Writes down why the pod failed, where it can; its log has it all the same."""
    with (
        contextlib.suppress(BadValue, StoreTrouble),
        place_of(here, lambda _: None) as (mine, lasting),
    ):
        told.write_down(mine, lasting, run_id, node_id, reason, task=node_id == VERDICT)


def _end(run: Run, here: Settings, verdict: Verdict | None = None) -> tuple[Summary, Made]:
    """Ends a run and reports on it; both are kept, whatever becomes of the report."""
    from pipeline import reports

    summary = run.end(verdict)
    made = reports.make(summary, run.folder.path, here.output)
    run.keep()
    return summary, made


def _say(text: str) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%H:%M:%S")
    sys.stdout.write(f"{now} {text}\n")
    sys.stdout.flush()
