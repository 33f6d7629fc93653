"""A compiled pipeline that is to be submitted, and the start of its run or its schedule."""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path
from typing import Any

from kubeflow.client.versions import Version, known
from kubeflow.compiling import compiled, oldest
from kubeflow.compiling.oldest import Oldest

FOLDER = Path(__file__).resolve().parents[2] / "build" / "kubeflow"


class BadFile(ValueError):
    """A file that is not a compiled pipeline."""


@dataclasses.dataclass(frozen=True)
class Package:
    """A compiled pipeline: its file, its name, its tasks' names, and the oldest KFP it takes."""

    file: Path
    name: str
    tasks: tuple[str, ...]
    oldest: Oldest


def only_file() -> Path:
    """Finds the compiled pipeline to submit when none is named.

    Raises:
        BadFile: there is none, or more than one.
    """
    files = sorted(file for file in FOLDER.glob("*.yaml") if not file.name.startswith("."))
    if not files:
        raise BadFile("there is no compiled pipeline in build/kubeflow; run `make kubeflow` first")
    if len(files) > 1:
        names = ", ".join(os.path.relpath(file) for file in files)
        raise BadFile(f"there are several compiled pipelines; name one of {names}")
    return files[0]


def read_package(file: Path) -> Package:
    """Reads a compiled pipeline.

    Raises:
        BadFile: it does not exist, or is not what kfp writes.
    """
    if file.suffix not in (".yaml", ".yml"):
        raise BadFile(f"{file} does not end in .yaml, by which KFP recognizes a pipeline")
    try:
        _, documents, tasks = compiled.read(file)
    except OSError as error:
        raise BadFile(f"cannot read {file}: {error.strerror}") from None
    except compiled.Unreadable as error:
        raise BadFile(f"{file} {error}") from None
    name = compiled.at(documents[0], "pipelineInfo").get("name")
    if not name or not tasks:
        raise BadFile(f"{file} is a pipeline without a name or without tasks")
    return Package(file, name, tuple(task.name for task in tasks), oldest.find(tasks))


def find_experiment(client: Any, name: str, namespace: str | None) -> str:
    """Finds an experiment by its name, or makes it.

    Returns:
        Its id.

    Raises:
        Trouble: KFP refused it.
    """
    return known(client.create_experiment(name, namespace=namespace).experiment_id)


def start(
    client: Any, version: Version, experiment_id: str, name: str, options: argparse.Namespace
) -> str:
    """Starts a run of a version, or its schedule.

    Args:
        client: signed in.
        version: what to run.
        experiment_id: where to.
        name: of the run or the schedule.
        options: schedule, pipeline_root and service_account are read.

    Returns:
        KFP's id of it.

    Raises:
        Trouble: KFP refused it.
    """
    what: dict[str, Any] = {
        "experiment_id": experiment_id,
        "job_name": name,
        "pipeline_id": version.pipeline_id,
        "version_id": version.version_id,
        "pipeline_root": options.pipeline_root,
        "service_account": options.service_account,
        "enable_caching": False,  # True would overrule the compiled file, and skip nodes
    }
    if options.schedule:
        # After a pause, a backlog of trainings would be of no use.
        made = client.create_recurring_run(
            **what, cron_expression=options.schedule, no_catchup=True, max_concurrency=1
        )
        return known(made.recurring_run_id)
    return known(client.run_pipeline(**what).run_id)
