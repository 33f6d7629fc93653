"""Compiles the pipeline for Kubeflow Pipelines v2: a task for each node, then one for the verdict.

Runs in kfp's environment, and gets the plan from TFX's.
"""

# No `from __future__ import annotations`: kfp reads the annotations of a pipeline's function.

import argparse
import copy
import dataclasses
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kubeflow.compiling import cluster as clusters  # noqa: E402
from kubeflow.compiling import places, storage  # noqa: E402
from kubeflow.compiling.cluster import BadOption, Cluster  # noqa: E402
from kubeflow.names import APP, GPU_NODES, VERDICT, VOLUME, misplaced, task_name  # noqa: E402
from kubeflow.store.address import BadStore  # noqa: E402
from modules.contract.paths import path_argument  # noqa: E402
from modules.contract.values import unknown  # noqa: E402
from modules.util import environment  # noqa: E402
from pipeline import disk  # noqa: E402
from pipeline import options as run_options  # noqa: E402
from pipeline.exit_codes import ExitCode  # noqa: E402
from pipeline.settings import BadSetting, Layer  # noqa: E402

# What is different in a cluster, unless it is set.
DEFAULTS = {
    "data_dir": f"{APP}/data/mnist",
    "output": f"{VOLUME}/output",
    "metadata_store": "grpc://triptych-metadata:8080",
}


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that are not empty."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="kubeflow/compile.py",
        description="Compiles the pipeline for Kubeflow Pipelines v2: a task for each node, then "
        "one for the verdict.",
        formatter_class=_Help,
    )
    what = parser.add_argument_group(
        "what to run, as for local_runner.py",
        f"Paths are those of a pod: data is in the image ({APP}) or on the volume ({VOLUME}), "
        "all else on the volume.",
    )
    run_options.add_options(what, DEFAULTS)
    clusters.add_options(parser.add_argument_group("where to run it"))
    parser.add_argument(
        "--data-from",
        type=path_argument,
        default=ROOT / "data" / "mnist",
        metavar="DIR",
        help="a copy here of the data that pods will find in --data-dir: what they say of "
        "themselves, and the gates beside them, are written into the file, and the first pod "
        "refuses any others (default: data/mnist of the project)",
    )
    parser.add_argument(
        "--to", type=path_argument, help="the file to write (default: build/kubeflow/NAME.yaml)"
    )
    parser.add_argument(
        "--tfx-python",
        default=str(ROOT / ".venv" / "bin" / "python"),
        help="the interpreter of TFX's environment",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Compiles, and returns the exit code: 0, 1 if the file has faults, 2 for bad input."""
    options = parse(arguments)
    from kubeflow.lint import find_notes

    try:
        cluster = clusters.read_options(options)
        layers = (Layer(DEFAULTS), *run_options.given(options))
        places.check(layers)
        plan = ask_plan(layers, options.data_from, options.tfx_python)
        check(plan, cluster)
        file = options.to or ROOT / "build" / "kubeflow" / f"{plan['name']}.yaml"
        problems = compile_plan(plan, cluster, file)
    except (BadOption, BadSetting, BadStore) as error:
        sys.stderr.write(f"kubeflow/compile.py: {error}\n")
        return ExitCode.BAD_INPUT
    except OSError as error:
        if error.errno in disk.FAILURES:
            sys.stderr.write(f"kubeflow/compile.py: {disk.fault(error)}\n")
            return ExitCode.FAILED
        sys.stderr.write(f"kubeflow/compile.py: cannot write {error.filename}: {error.strerror}\n")
        return ExitCode.BAD_INPUT

    for problem in problems:
        sys.stderr.write(f"kubeflow/compile.py: {file} was not written: {problem}\n")
    if problems:
        return ExitCode.FAILED
    tasks = len(plan["nodes"]) + 1
    shown = os.path.relpath(file)
    sys.stdout.write(f"{shown}: {plan['name']}, {tasks} tasks, {cluster.image}\n")
    for note in find_notes(file):
        sys.stdout.write(f"{shown}: {note}\n")
    return ExitCode.PUSHED


def ask_plan(layers: Sequence[Layer], data_from: Path, python: str) -> dict[str, Any]:
    """Asks TFX's environment for the plan.

    Args:
        layers: of settings, lowest first; only that environment can check them.
        data_from: the folder of the data, on this machine.
        python: its interpreter.

    Raises:
        BadOption: an unknown setting, an environment that is missing, or a current folder that is.
    """
    try:
        folder = os.getcwd()
    except OSError as error:
        raise BadOption(f"the current folder cannot be used: {error.strerror}") from None
    asked = {
        "folder": folder,
        "layers": [dataclasses.asdict(layer) for layer in layers],
        "data_from": str(data_from),
    }
    try:
        done = subprocess.run(
            [python, "-m", "kubeflow.pod.plan"],
            input=json.dumps(asked, default=str),  # TOML has dates, which no setting is
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except OSError as error:
        raise BadOption(f"{python} does not run ({error}); run `make setup`") from None
    if done.returncode == ExitCode.BAD_INPUT:
        raise BadOption(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        if (last := done.stderr.strip().rpartition("\n")[2]).startswith("ModuleNotFoundError"):
            raise BadOption(f"{python} does not have TFX ({last}); run `make setup`")
        raise BadOption(f"could not make the plan:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def check(plan: dict[str, Any], cluster: Cluster) -> None:
    """Checks the plan and the cluster against each other.

    Raises:
        BadOption: a path that pods do not have, or something for an unknown task.
    """
    if problem := next(misplaced(plan["settings"]), ""):
        raise BadOption(problem)
    if cluster.store and (problem := next(storage.unfit(plan["settings"]), "")):
        raise BadOption(problem)
    known = [*(task_name(node["id"]) for node in plan["nodes"]), task_name(VERDICT), "default"]
    for option, named in (
        ("--resources", cluster.resources),
        ("--task-timeout", cluster.pods.timeouts),
    ):
        for name in named:
            if name not in known:
                raise BadOption(f"{option}: {unknown('task', name, known)}")


def compile_plan(plan: dict[str, Any], cluster: Cluster, file: Path) -> list[str]:
    """Writes the compiled file; one that would have faults is not written.

    Args:
        plan: see kubeflow.pod.plan.
        cluster: where and with what the pods run.
        file: gets two YAML documents, the pipeline and what is specific to Kubernetes.

    Returns:
        What kubeflow.lint finds wrong with it; empty when it was written.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from kfp import compiler, dsl

        from kubeflow.compiling import requests, tasks
        from kubeflow.compiling.equip import equip
        from kubeflow.lint import find_problems

        settings = json.dumps(plan["settings"], separators=(",", ":"))
        family, profile = plan["settings"]["model"], plan["settings"]["profile"]
        ids = [*(node["id"] for node in plan["nodes"]), VERDICT]
        shown = tasks.shown(plan["settings"])
        measured = requests.of_tasks(family, profile, ids)
        equipped = dataclasses.replace(cluster, measured=measured)

        def component(node: dict[str, Any]) -> Any:
            made = dsl.component(
                getattr(tasks, node["shows"]), base_image=cluster.image, install_kfp_package=False
            )
            return _named(made, task_name(node["id"]))

        def task_of(node: dict[str, Any]) -> Any:
            name = task_name(node["id"])
            gpus = cluster.gpus if plan["uses_gpu"] and node["id"] in GPU_NODES else 0
            task = component(node)(
                settings=settings,
                node_id=node["id"],
                run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                source=plan["source"],
                gpus=gpus,
                **(shown if node["shows"] in tasks.TELLING else {}),
            )
            task.set_display_name(node["id"])
            equip(task, name, gpus, equipped)
            return task

        @dsl.pipeline(name=plan["name"], pipeline_root=cluster.pipeline_root or None)
        def pipeline() -> None:
            # Whatever becomes of the others, the last task tells how the run ended.
            with dsl.ExitHandler(task_of({"id": VERDICT, "shows": "verdict"})):
                made: dict[str, Any] = {}
                for node in plan["nodes"]:
                    made[node["id"]] = task_of(node)
                    made[node["id"]].after(*(made[name] for name in node["upstream"]))

        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.new.yaml")
        try:
            compiler.Compiler().compile(pipeline, str(unfinished))
            problems = find_problems(unfinished)
            if not problems:
                unfinished.replace(file)
            return problems
        finally:
            unfinished.unlink(missing_ok=True)


def _named(component: Any, name: str) -> Any:
    """A component of its own for each task, since KFP's UI shows the component's name."""
    named = copy.deepcopy(component)
    named.component_spec.name = name
    named.name = name
    return named


if __name__ == "__main__":
    environment.configure("3")
    sys.exit(main())
