"""What a cluster provides for the pods: image, volume, resources, GPUs. Plain values, checked."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Mapping

from kubeflow.compiling import pods, storage
from kubeflow.compiling.image import image_problem
from kubeflow.compiling.pods import Pods
from kubeflow.compiling.quantities import bytes_of, cores
from kubeflow.names import task_name
from pipeline import nodes

# Those of Kubernetes' quantities that kfp accepts.
_CPU = re.compile(r"\d+(\.\d+)?|\d+m")
_MEMORY = re.compile(r"\d+([EPTGMK]i?)?")
_MOST_CPUS, _MOST_MEMORY = 1000.0, 2.0**50  # of a pod, in cores and bytes
# The name of a label, a taint or a resource; the part before the slash is a domain.
_LABEL = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", re.ASCII)
_VALUE = re.compile(r"([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?", re.ASCII)
_KEY = re.compile(r"[-\w.]+", re.ASCII)
_URI = re.compile(r"[a-z][a-z0-9]*://\S+|")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Tuner and Trainer use one device; a second one would be reserved and stand idle.
MOST_GPUS = 1

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


class BadOption(ValueError):
    """An option that is not valid; the message says what is."""


@dataclasses.dataclass(frozen=True)
class Resources:
    """What one pod may have, in Kubernetes' quantities: CPUs requested, and the limit of memory."""

    cpu: str
    memory: str


@dataclasses.dataclass(frozen=True)
class Toleration:
    """As in a pod's specification; an empty value tolerates every value of the key."""

    key: str
    value: str
    effect: str


@dataclasses.dataclass(frozen=True)
class Secret:
    """An environment variable from a key of a Secret. Only names: the cluster has the value."""

    name: str
    key: str
    variable: str


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Where the pods run, and with what.

    Attributes:
        image: with its tag or digest.
        volume: the PersistentVolumeClaim that all pods mount.
        gpus: for each of the nodes that learn; 0 for none.
        gpu_type: the name of the GPU resource.
        node_selector: labels of the cluster's nodes that pods may run on.
        tolerations: of the taints of these nodes.
        secrets: for all pods.
        pull_secrets: names of Secrets to pull the image with.
        resources: by task name; `default` for tasks without their own.
        pipeline_root: where KFP keeps what its UI shows; empty for KFP's default.
        pods: what else is asked of all pods, and which pods the node selector is for.
        measured: the memory to request, by task name, where that was measured.
        store: what pods have instead of the volume; None for the volume.
    """

    image: str
    volume: str
    gpus: int = 0
    gpu_type: str = "nvidia.com/gpu"
    node_selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    secrets: tuple[Secret, ...] = ()
    pull_secrets: tuple[str, ...] = ()
    resources: Mapping[str, Resources] = dataclasses.field(default_factory=dict)
    pipeline_root: str = ""
    pods: Pods = Pods()
    measured: Mapping[str, str] = dataclasses.field(default_factory=dict)
    store: storage.Store | None = None

    def of(self, task: str) -> Resources:
        """The resources of a task, by its KFP name."""
        table = {**DEFAULT_RESOURCES, **self.resources}
        return table.get(task, table["default"])

    def memory(self, task: str, gpus: int) -> tuple[str, str]:
        """The memory that a task's pod requests, and its limit.

        What a person gives is both. With a GPU, no measurement holds.
        """
        limit = self.of(task).memory
        default = "default" in self.resources and task not in DEFAULT_RESOURCES
        if gpus or default or task in self.resources or task not in self.measured:
            return limit, limit
        request = self.measured[task]
        return request, max(limit, request, key=bytes_of)


_DEFAULT = Resources(nodes.CPU, nodes.MEMORY)
_ALL = {task_name(node.id): Resources(node.cpu, node.memory) for node in nodes.NODES}
DEFAULT_RESOURCES = {
    "default": _DEFAULT,
    **{task: resources for task, resources in _ALL.items() if resources != _DEFAULT},
}


def add_options(add: argparse._ArgumentGroup) -> None:
    """Adds the options that `read_options` reads."""
    option = add.add_argument
    option("--image", default="triptych:0.1.0", help="with a tag (not latest) or a digest")
    option("--volume", default="triptych", metavar="CLAIM", help="the claim that all pods mount")
    storage.add_options(add)
    option("--gpus", type=int, default=0, help="for each node that learns, 0 or 1 (default: 0)")
    option("--gpu-type", default="nvidia.com/gpu", help="the name of the GPU resource")
    option(
        "--node-selector",
        action="append",
        default=[],
        metavar="LABEL=VALUE",
        help="a label of the cluster's nodes that pods may run on (see --placed)",
    )
    option(
        "--toleration",
        action="append",
        default=[],
        metavar="KEY[=VALUE]:EFFECT",
        help="a taint that pods tolerate, such as nvidia.com/gpu:NoSchedule (see --placed)",
    )
    option(
        "--secret",
        action="append",
        default=[],
        metavar="NAME:KEY=VARIABLE",
        help="an environment variable of all pods, from a key of a Secret",
    )
    option(
        "--pull-secret",
        action="append",
        default=[],
        metavar="NAME",
        help="a Secret to pull the image with",
    )
    option(
        "--resources",
        action="append",
        default=[],
        metavar="TASK=CPU,MEMORY",
        help="such as trainer=4,8Gi; `default` stands for the tasks that have none of their own",
    )
    option("--pipeline-root", default="", metavar="URI", help="where KFP keeps what its UI shows")
    pods.add_options(option)


def read_options(options: argparse.Namespace) -> Cluster:
    """Reads the options that `add_options` adds.

    Raises:
        BadOption: the message names the option and its form.
        BadStore: the same of the store's.
    """
    if problem := image_problem(options.image):
        raise BadOption(f"--image {problem}")
    if not 0 <= options.gpus <= MOST_GPUS:
        raise BadOption(
            f"--gpus takes 0 or {MOST_GPUS}, not {options.gpus}: no task uses several GPUs yet"
        )
    _matches(_NAME, "--volume", options.volume, "the name of a PersistentVolumeClaim")
    _matches(_LABEL, "--gpu-type", options.gpu_type, "a resource such as nvidia.com/gpu")
    _matches(_URI, "--pipeline-root", options.pipeline_root, "a URI such as minio://bucket/folder")
    for name in options.pull_secret:
        _matches(_NAME, "--pull-secret", name, "the name of a Secret")
    return Cluster(
        image=options.image,
        volume=options.volume,
        gpus=options.gpus,
        gpu_type=options.gpu_type,
        node_selector=dict(map(_node_label, options.node_selector)),
        tolerations=tuple(map(_toleration, options.toleration)),
        secrets=tuple(map(_secret, options.secret)),
        pull_secrets=tuple(options.pull_secret),
        resources=dict(map(_resources, options.resources)),
        pipeline_root=options.pipeline_root,
        pods=_pods(options),
        store=storage.read(options),
    )


def _pods(options: argparse.Namespace) -> Pods:
    try:
        return pods.read_options(options, options.gpus)
    except pods.BadPod as error:
        raise BadOption(str(error)) from None


def _matches(pattern: re.Pattern[str], option: str, text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise BadOption(f"{option} takes {what}, not '{text}'")
    return text


def _node_label(text: str) -> tuple[str, str]:
    label, equals, value = text.partition("=")
    if not (equals and value and _LABEL.fullmatch(label) and _VALUE.fullmatch(value)):
        raise BadOption(f"--node-selector takes LABEL=VALUE, not '{text}'")
    return label, value


def _toleration(text: str) -> Toleration:
    taint, _, effect = text.rpartition(":")
    key, _, value = taint.partition("=")
    if not (_LABEL.fullmatch(key) and _VALUE.fullmatch(value) and effect in _EFFECTS):
        raise BadOption(
            "--toleration takes KEY:EFFECT or KEY=VALUE:EFFECT, where EFFECT is "
            f"{', '.join(_EFFECTS[:-1])} or {_EFFECTS[-1]}, not '{text}'"
        )
    return Toleration(key, value, effect)


def _secret(text: str) -> Secret:
    source, _, variable = text.partition("=")
    name, _, key = source.partition(":")
    if not (_NAME.fullmatch(name) and _KEY.fullmatch(key) and _VARIABLE.fullmatch(variable)):
        raise BadOption(f"--secret takes NAME:KEY=VARIABLE, not '{text}'")
    return Secret(name, key, variable)


def _resources(text: str) -> tuple[str, Resources]:
    task, _, both = text.partition("=")
    cpu, _, memory = both.partition(",")
    sound = task and _CPU.fullmatch(cpu) and _MEMORY.fullmatch(memory)
    if not (sound and 0 < cores(cpu) <= _MOST_CPUS and 0 < bytes_of(memory) <= _MOST_MEMORY):
        raise BadOption(
            "--resources takes TASK=CPU,MEMORY such as trainer=4,8Gi or trainer=500m,1500Mi, more "
            f"than 0 and up to {_MOST_CPUS:,.0f} CPUs and 1Pi, not '{text}'"
        )
    return task, Resources(cpu, memory)
