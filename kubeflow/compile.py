"""Compiles the pipeline for Kubeflow Pipelines v2: a task for each node, then one for the verdict.

Runs in kfp's environment, and gets the plan from TFX's.
"""

# No `from __future__ import annotations`: kfp reads the annotations of a pipeline's function.

import argparse
import copy
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kubeflow.compiling.cluster import BadOption, Cluster, add_options, read_options  # noqa: E402
from kubeflow.names import APP, GPU_NODES, VERDICT, VOLUME, misplaced, task_name  # noqa: E402
from modules import families  # noqa: E402
from modules.contract.profile import PROFILE_NAMES  # noqa: E402
from pipeline.settings import SEARCHES  # noqa: E402

BAD_INPUT = 2


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that are not empty."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="kubeflow/compile.py",
        description=__doc__,
        formatter_class=_Help,
    )
    what = parser.add_argument_group("what to run, as for local_runner.py").add_argument
    what("--model", choices=families.names(), default="transformer", help="the family")
    what("--tuner", choices=SEARCHES, default="hyperband", help="how to search hyperparameters")
    what("--profile", choices=PROFILE_NAMES, default="default", help="the size of the run")
    what("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting")
    where = parser.add_argument_group("where to run it")
    place = where.add_argument
    place("--data-dir", default=f"{APP}/data/mnist", help="the data, in the image or on the volume")
    place("--output", default=f"{VOLUME}/output", help="all that TFX writes, on the volume")
    place(
        "--metadata-store",
        default="grpc://triptych-metadata:8080",
        metavar="ADDRESS",
        help="grpc://HOST:PORT, mysql://HOST:PORT/DATABASE, or a file on the volume",
    )
    add_options(where)
    parser.add_argument(
        "--to", type=Path, help="the file to write (default: build/kubeflow/NAME.yaml)"
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
    try:
        cluster = read_options(options)
        plan = ask_plan(options)
        check(plan, cluster)
        file = options.to or ROOT / "build" / "kubeflow" / f"{plan['name']}.yaml"
        problems = compile_plan(plan, cluster, file)
    except BadOption as error:
        sys.stderr.write(f"kubeflow/compile.py: {error}\n")
        return BAD_INPUT
    except OSError as error:
        sys.stderr.write(f"kubeflow/compile.py: cannot write {error.filename}: {error.strerror}\n")
        return BAD_INPUT

    for problem in problems:
        sys.stderr.write(f"kubeflow/compile.py: {file} was not written: {problem}\n")
    if problems:
        return 1
    tasks = len(plan["nodes"]) + 1
    sys.stdout.write(f"{os.path.relpath(file)}: {plan['name']}, {tasks} tasks, {cluster.image}\n")
    return 0


def ask_plan(options: argparse.Namespace) -> dict[str, Any]:
    """Asks TFX's environment for the plan.

    Raises:
        BadOption: an unknown setting, or an environment that is missing.
    """
    asked = {
        "model": options.model,
        "tuner": options.tuner,
        "profile": options.profile,
        "data_dir": options.data_dir,
        "output": options.output,
        "metadata_store": options.metadata_store,
        "overrides": options.set,
    }
    try:
        done = subprocess.run(
            [options.tfx_python, "-m", "kubeflow.pod.plan"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except OSError as error:
        raise BadOption(f"{options.tfx_python} does not run ({error}); run `make setup`") from None
    if done.returncode == BAD_INPUT:
        raise BadOption(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        if (last := done.stderr.strip().rpartition("\n")[2]).startswith("ModuleNotFoundError"):
            python = options.tfx_python
            raise BadOption(f"{python} does not have TFX ({last}); run `make setup`")
        raise BadOption(f"could not make the plan:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def check(plan: dict[str, Any], cluster: Cluster) -> None:
    """Checks the plan and the cluster against each other.

    Raises:
        BadOption: a path that pods do not have, or resources for an unknown task.
    """
    if problem := next(misplaced(plan["settings"]), ""):
        raise BadOption(problem)
    known = [*(task_name(node["id"]) for node in plan["nodes"]), task_name(VERDICT), "default"]
    for name in cluster.resources:
        if name not in known:
            choice = f"{', '.join(known[:-1])} or {known[-1]}"
            raise BadOption(f"--resources: unknown task '{name}'; choose {choice}")


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

        from kubeflow.compiling import tasks
        from kubeflow.compiling.equip import equip
        from kubeflow.lint import find_problems

        waited_for = {name for node in plan["nodes"] for name in node["upstream"]}
        last = [node["id"] for node in plan["nodes"] if node["id"] not in waited_for]
        nodes = [*plan["nodes"], {"id": VERDICT, "upstream": last}]
        settings = json.dumps(plan["settings"], separators=(",", ":"))

        def component(node: dict[str, Any]) -> Any:
            function: Any = tasks.node
            if node["id"] == "Evaluator":
                function = tasks.classifier_evaluator if node["classifies"] else tasks.evaluator
            made = dsl.component(function, base_image=cluster.image, install_kfp_package=False)
            return _named(made, task_name(node["id"]))

        @dsl.pipeline(name=plan["name"], pipeline_root=cluster.pipeline_root or None)
        def pipeline() -> None:
            made: dict[str, Any] = {}
            for node in nodes:
                gpus = cluster.gpus if node["id"] in GPU_NODES else 0
                task = component(node)(
                    settings=settings,
                    node_id=node["id"],
                    run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                    source=plan["source"],
                    gpus=gpus,
                )
                task.set_display_name(node["id"])
                task.after(*(made[name] for name in node["upstream"]))
                equip(task, task_name(node["id"]), gpus, cluster)
                made[node["id"]] = task

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
    sys.exit(main())
