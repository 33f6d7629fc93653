"""Runs the commands of a compiled file in its image, task by task, on a folder as the volume.

What a pod would do, without a cluster: the same image, command, arguments and user. Runs in kfp's
environment; CONTAINER_ENGINE is docker, podman, or any command with docker's run.
"""

from __future__ import annotations

import argparse
import graphlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kubeflow.lint import RUN_ID  # noqa: E402
from kubeflow.names import VOLUME  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402

INPUT = "{{$}}"


def main() -> int:
    """Runs all tasks, and returns the exit code of the one that ended the run."""
    parser = argparse.ArgumentParser(
        prog="scripts/run_in_image.py",
        description="Runs the commands of a compiled file in its image, task by task, on a folder "
        "as the volume.",
    )
    parser.add_argument("file", type=path_argument, help="what kubeflow/compile.py wrote")
    parser.add_argument(
        "--volume", type=path_argument, required=True, help="made anew for this run"
    )
    parser.add_argument("--user", default="10001:0", help="who the pods are (default: %(default)s)")
    options = parser.parse_args()
    engine = shlex.split(os.environ.get("CONTAINER_ENGINE", "docker"))
    if shutil.which(engine[0]) is None:
        sys.stderr.write(f"run_in_image: there is no {engine[0]}; name another CONTAINER_ENGINE\n")
        return 2
    volume = options.volume.absolute()
    shutil.rmtree(volume, ignore_errors=True)
    volume.mkdir(parents=True)
    volume.chmod(0o777)  # as a provisioner's folder is to a user that it does not know

    spec = next(yaml.safe_load_all(options.file.read_text(encoding="utf-8")))
    tasks = spec["root"]["dag"]["tasks"]
    order = graphlib.TopologicalSorter(
        {name: task.get("dependentTasks", []) for name, task in tasks.items()}
    )
    run = [*engine, "run", "--rm", "--user", options.user, "-v", f"{volume}:{VOLUME}"]
    for name in order.static_order():
        component = spec["components"][tasks[name]["componentRef"]["name"]]
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        given = json.dumps(executor_input(name, tasks[name], component))
        words = [given if word == INPUT else word for word in container["args"]]
        started = time.monotonic()
        done = subprocess.run(
            [*run, container["image"], *container["command"], *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        state = "done" if done.returncode == 0 else f"exit code {done.returncode}"
        sys.stdout.write(f"  {state:<8}{name:<20}{time.monotonic() - started:6.1f} s\n")
        sys.stdout.flush()
        if done.returncode:
            sys.stdout.write(f"{done.stdout[-4000:]}\n")
            return done.returncode
    pushed = sorted(volume.glob("output/serving/*/*/saved_model.pb"))
    if not pushed:
        sys.stdout.write("failed: every task succeeded, and no model was pushed\n")
        return 1
    sys.stdout.write(f"pushed: {pushed[0].parent}\n")
    return 0


def executor_input(
    name: str, task: Mapping[str, Any], component: Mapping[str, Any]
) -> dict[str, Any]:
    """What KFP's launcher would put in the place of INPUT: values, and where outputs go.

    Args:
        name: of the task.
        task: as in the compiled file.
        component: the task's.
    """
    values = {
        key: value["runtimeValue"]["constant"]
        for key, value in task["inputs"]["parameters"].items()
    }
    values = {key: "run-in-image" if value == RUN_ID else value for key, value in values.items()}
    folder = f"{VOLUME}/kfp/{name}"
    artifacts = {
        key: {
            "artifacts": [
                {
                    "name": key,
                    "type": output["artifactType"],
                    "uri": f"{folder}/{key}",
                    "metadata": {},
                }
            ]
        }
        for key, output in component.get("outputDefinitions", {}).get("artifacts", {}).items()
    }
    return {
        "inputs": {"parameterValues": values},
        "outputs": {"artifacts": artifacts, "outputFile": f"{folder}/executor_output.json"},
    }


if __name__ == "__main__":
    sys.exit(main())
