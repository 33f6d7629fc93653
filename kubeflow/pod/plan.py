"""The pipeline as a list of tasks, for those who have no TFX: the first half of compiling.

What is written down of a node is its name and what it waits for. A pod compiles the rest itself,
from the settings and its own code, so that the cache key of what it runs is that of the code that
it runs: a compiled node would carry the hash of this machine's code into another image.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from components.readers.reader import BadDataset
from modules.util import environment
from pipeline.exit_codes import ExitCode
from pipeline.intake import on_data
from pipeline.nodes import BY_ID
from pipeline.settings import BadSetting, Layer, Settings, make_settings, to_plain


def make_plan(settings: Settings) -> dict[str, Any]:
    """Lists the tasks of a pipeline.

    Args:
        settings: what to run, which know their data; paths are those of a pod.

    Returns:
        `name`; `settings`; `source`, a hash of the code that a pod has to have; `nodes`, each with
        its `id`, its `upstream` and what KFP's UI `shows` of it (see kubeflow.compiling.tasks).

    Raises:
        BadSetting: a hyperparameter that does not exist.
    """
    from modules import families

    try:
        families.check(settings.family, settings.hyperparameters, settings.known_dataset)
    except ValueError as error:
        raise BadSetting(str(error)) from error

    # What is wrong has been said before these are waited for.
    from tfx.dsl.compiler import compiler

    from kubeflow.pod.run_node import source_of
    from pipeline.dag import create_pipeline

    ir = compiler.Compiler().compile(create_pipeline(settings))
    by_class = families.load(settings.family).evaluation.by_class
    return {
        "name": f"{settings.pipeline_name}-{settings.profile}",
        "settings": to_plain(settings),
        "source": source_of(settings.family),
        "nodes": [
            {
                "id": node.node_info.id,
                "upstream": sorted(node.upstream_nodes),
                "shows": _shows(node.node_info.id, by_class),
            }
            for node in (one.pipeline_node for one in ir.nodes)
        ],
    }


def _shows(node_id: str, by_class: Collection[str]) -> str:
    shows = BY_ID[node_id].shows
    return "classifier_evaluator" if shows == "evaluator" and "curve" in by_class else shows


def main() -> int:
    """Reads layers of settings, as JSON, from standard input, and prints the plan as JSON."""
    asked = json.load(sys.stdin)
    os.chdir(asked["folder"])  # where relative paths were typed
    try:
        layers = (Layer(**layer) for layer in asked["layers"])
        data_from = Path(asked["data_from"])
        settings = make_settings(*layers, data_from=data_from)
        if settings.warm_start and not settings.begin:
            raise BadSetting(
                "warm_start looks at the runs of the output folder, which is in the cluster: give "
                "--hyperparameters a run's summary.json, or --set begin.NAME=VALUE"
            )
        plan = make_plan(on_data(settings, data_from))
    except (BadSetting, BadDataset) as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.BAD_INPUT
    json.dump(plan, sys.stdout)
    return ExitCode.PUSHED


if __name__ == "__main__":
    environment.configure("3")
    argparse.ArgumentParser(description="Reads layers of settings, prints a plan.").parse_args()
    sys.exit(main())
