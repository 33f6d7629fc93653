"""The table of nodes: all that is known of each, in one row. Imports nothing heavy.

The graph takes the code for its cache keys from here, the conductor what can resume, the screen the
headline, and Kubeflow which task gets a GPU, how much memory, and no second try.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from components.results import headlines
from components.results.facts import Outputs
from modules.contract.values import unknown
from pipeline.settings import BadSetting
from pipeline.sources import source_hash

CPU, MEMORY = "500m", "3Gi"  # of a node that says nothing else
FAMILY = "modules.families.{family}"  # stands for the file of the family that is run


def _silent(outputs: Outputs) -> str:
    del outputs
    return ""


@dataclasses.dataclass(frozen=True)
class Node:
    """A row.

    Attributes:
        id: of the node in the graph.
        code: modules whose source is part of its cache key, with all that they import.
        learns: it trains models, so it is given GPUs.
        resumes: it keeps unfinished work, which a killed run goes on from.
        reads_data: the folder of data, which no node gives.
        gate: it says yes or no, in a record beside its artifact.
        stops: its no fails the node: nothing after it runs, and it is asked again next time.
        final: its no is a result like any other, so that it is cached: nothing after it runs.
        cpu: requested for its pod, as Kubernetes writes quantities: with at most 1, a node of two
            CPUs has room for the pod beside its own daemons. There is no limit.
        memory: the limit of its pod, and requested where nothing was measured.
        headline: the one line that says how it went, from its outputs.
        shows: what KFP's UI shows of it: the function in kubeflow/compiling/tasks.py.
    """

    id: str
    code: tuple[str, ...] = ()
    learns: bool = False
    resumes: bool = False
    reads_data: bool = False
    gate: bool = False
    stops: bool = False
    final: bool = False
    cpu: str = CPU
    memory: str = MEMORY
    headline: Callable[[Outputs], str] = _silent
    shows: str = "node"

    @property
    def unfinished(self) -> str:
        """The folder, among those of unfinished work, that the node keeps its own in."""
        return self.id.lower()


NODES = (
    Node(
        "MnistExampleGen",
        ("components.mnist_example_gen",),
        reads_data=True,
        headline=headlines.examples,
    ),
    Node("StatisticsGen", headline=headlines.statistics),
    Node("CuratedSchema"),
    Node("ExampleValidator", headline=headlines.anomalies),
    Node(
        "DataGate",
        ("components.data_gate",),
        gate=True,
        stops=True,
        headline=headlines.data_gate,
    ),
    Node(
        "Judge",
        ("components.judge",),
        learns=True,
        resumes=True,
        gate=True,
        stops=True,
        cpu="1",
        memory="6Gi",
        headline=headlines.judge,
    ),
    Node(
        "Tuner",
        ("components.tuner", "modules.training.tuner", FAMILY),
        learns=True,
        resumes=True,
        gate=True,
        final=True,
        cpu="1",
        memory="6Gi",
        headline=headlines.tuning,
        shows="learner",
    ),
    Node(
        "CrossValidator",
        ("components.cross_validator", FAMILY),
        learns=True,
        resumes=True,
        cpu="1",
        memory="6Gi",
        headline=headlines.folds,
    ),
    Node("FoldsGate", ("components.folds_gate",), gate=True, headline=headlines.folds_gate),
    Node(
        "Trainer",
        ("components.trainer", "modules.training.trainer", FAMILY),
        learns=True,
        resumes=True,
        gate=True,
        final=True,
        cpu="1",
        memory="6Gi",
        headline=headlines.training,
        shows="learner",
    ),
    Node("Baseline", headline=headlines.baseline),
    Node(
        "Evaluator",
        ("components.evaluator", "components.slice_figures", FAMILY),
        gate=True,
        memory="6Gi",
        headline=headlines.evaluation,
        shows="evaluator",
    ),
    Node(
        "Inspector",
        ("components.inspector", FAMILY),
        memory="6Gi",
        headline=headlines.inspection,
    ),
    Node(
        "ServingCheck",
        ("components.serving_check", "components.ask_model"),
        gate=True,
        memory="4Gi",
        headline=headlines.serving,
    ),
    Node("Pusher", ("components.pusher",), headline=headlines.pushed, shows="pusher"),
)

BY_ID = {node.id: node for node in NODES}


def check_id(node_id: str) -> None:
    """Checks that there is a node of that id.

    Raises:
        BadSetting: naming those that there are.
    """
    if node_id not in BY_ID:
        raise BadSetting(unknown("node", node_id, list(BY_ID)))


def source(node_id: str, family: str) -> str:
    """A hash of the code behind a node, for its cache key.

    Args:
        node_id: of a node that has code.
        family: whose pipeline it is.
    """
    return source_hash(*(module.format(family=family) for module in BY_ID[node_id].code))


def source_of_all(family: str, *more: str) -> str:
    """A hash of the code behind all nodes of a family's pipeline, and of further modules."""
    modules = {module.format(family=family) for node in NODES for module in node.code}
    return source_hash(*sorted(modules), *more)
