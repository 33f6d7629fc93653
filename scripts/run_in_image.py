"""Runs the commands of a compiled file in its image, task by task, on a folder as the volume.

What a pod would do, without a cluster: the same image, command, arguments and user. Runs in kfp's
environment; CONTAINER_ENGINE is docker, podman, or any command with docker's run.
"""

from __future__ import annotations

import argparse
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

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kubeflow.compiling import compiled  # noqa: E402
from kubeflow.lint import RUN_ID  # noqa: E402
from kubeflow.names import VERDICT, VOLUME, task_name  # noqa: E402
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

    _, documents, tasks = compiled.read(options.file)
    spec, found = documents[0], {task.name: task for task in tasks}
    run = [*engine, "run", "--rm", "--user", options.user, "-v", f"{volume}:{VOLUME}"]
    ended = 0
    for name in compiled.in_order(spec):
        task = found[name]
        if ended and task.name != task_name(VERDICT):
            continue  # the last one runs at any end
        component = spec["components"][task.spec["componentRef"]["name"]]
        container = task.executor["container"]
        given = json.dumps(executor_input(task, component))
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
            ended = ended or done.returncode
    if ended:
        return ended
    pushed = sorted(volume.glob("output/serving/*/*/saved_model.pb"))
    if not pushed:
        sys.stdout.write("failed: every task succeeded, and no model was pushed\n")
        return 1
    sys.stdout.write(f"pushed: {pushed[0].parent}\n")
    return 0


def executor_input(task: compiled.Task, component: Mapping[str, Any]) -> dict[str, Any]:
    """What KFP's launcher would put in the place of INPUT: values, and where outputs go.

    Args:
        task: of the compiled file.
        component: the task's.
    """
    values = {
        key: "run-in-image" if value == RUN_ID else value for key, value in task.constants.items()
    }
    for key, one in component.get("inputDefinitions", {}).get("parameters", {}).items():
        if one.get("parameterType") == "TASK_FINAL_STATUS":
            values[key] = {"state": "SUCCEEDED"}
    folder = f"{VOLUME}/kfp/{task.name}"
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
