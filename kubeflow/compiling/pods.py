"""What all pods have in common besides their image: where they run, and what they are called by."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Callable, Mapping

from kubeflow.compiling import rules

ALL, GPU = "all", "gpu"
DEFAULT = "default"
_MOST_SECONDS = 366 * 24 * 3600
_CONDITION = re.compile(r"(?P<key>[^=!<>\s]+)\s*((?P<operator>!=|=|<|>)\s*(?P<values>.*))?")
_OPERATORS = {"=": "In", "!=": "NotIn", ">": "Gt", "<": "Lt", None: "Exists"}
_OLDEST, _NEWEST = (2, 14), (2, 16)  # of what the file can be made for, and what changes it last


class BadPod(ValueError):
    """An option that is not valid; the message says what is."""


@dataclasses.dataclass(frozen=True)
class Condition:
    """On the labels of a cluster's node, as in a pod's node affinity."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Pods:
    """What is asked of all pods.

    Attributes:
        labels: of the pods.
        annotations: of the pods.
        pull_policy: when a node pulls the image; empty for Kubernetes' default.
        affinity: conditions that a cluster's node has to fulfil, all of them.
        placed: which pods the node selector, the tolerations and the affinity are for: ALL or GPU.
        folder: of the volume that pods have as the volume; empty for the whole.
        timeouts: seconds that a pod may run, by task name; `default` for the others.
        kfp: the version of KFP that has to be able to read the file.
    """

    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    pull_policy: str = ""
    affinity: tuple[Condition, ...] = ()
    placed: str = ""
    folder: str = ""
    timeouts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    kfp: tuple[int, int] = _NEWEST

    def are_placed(self, gpus: int, any_gpus: int) -> bool:
        """Whether a pod is one that the node selector is for.

        Args:
            gpus: that the pod asks for.
            any_gpus: that the pods ask for that learn.
        """
        placed = self.placed or (GPU if any_gpus else ALL)
        return placed == ALL or bool(gpus)

    def timeout(self, task: str) -> int:
        """The seconds that a task's pod may run; 0 for as long as it takes."""
        return self.timeouts.get(task, self.timeouts.get(DEFAULT, 0))


def add_options(option: Callable[..., object]) -> None:
    """Adds the options that `read_options` reads.

    Args:
        option: argparse's add_argument.
    """

    def several(name: str, form: str, means: str) -> None:
        option(name, action="append", default=[], metavar=form, help=f"{means}; may be repeated")

    several("--pod-label", "KEY=VALUE", "a label of all pods")
    several("--pod-annotation", "KEY=VALUE", "an annotation of all pods")
    option(
        "--image-pull-policy",
        choices=rules.POLICIES,
        default="",
        help="when a node pulls the image (Kubernetes' default: IfNotPresent)",
    )
    several(
        "--node-affinity",
        "CONDITION",
        "on the labels of the cluster's nodes that pods may run on, such as zone=a,b or zone!=c, "
        "disk for any value, cores>8",
    )
    option(
        "--placed",
        choices=(ALL, GPU),
        default="",
        help="which pods --node-selector, --toleration and --node-affinity are for (default: all, "
        "with --gpus 1 those that learn)",
    )
    option(
        "--volume-folder",
        default="",
        metavar="PATH",
        help="a folder of the claim, which pods have as the volume",
    )
    several(
        "--task-timeout",
        "[TASK=]SECONDS",
        "for how long a pod may run before Kubernetes ends it",
    )
    option(
        "--kfp",
        default=".".join(map(str, _NEWEST)),
        metavar="VERSION",
        help="the oldest KFP that has to read the file, from 2.14 on; before 2.16, pods cannot say "
        "that they are not root",
    )


def read_options(options: argparse.Namespace, gpus: int) -> Pods:
    """Reads the options that `add_options` adds.

    Args:
        options: as parsed.
        gpus: that the nodes that learn ask for.

    Raises:
        BadPod: the message names the option and its form.
    """
    labels = dict(_pair("--pod-label", text) for text in options.pod_label)
    annotations = dict(_pair("--pod-annotation", text) for text in options.pod_annotation)
    for key, value in labels.items():
        _refuse("--pod-label", rules.label_problem(key, value) or rules.own_problem(key))
    for key, value in annotations.items():
        _refuse("--pod-annotation", rules.annotation_problem(key, value) or rules.own_problem(key))
    _refuse("--pod-annotation", rules.annotations_problem(annotations))
    _refuse("--volume-folder", rules.sub_path_problem(options.volume_folder))
    if options.placed == GPU and not gpus:
        raise BadPod("--placed gpu leaves no pod without GPUs: add --gpus 1")
    return Pods(
        labels=labels,
        annotations=annotations,
        pull_policy=options.image_pull_policy,
        affinity=tuple(map(_condition, options.node_affinity)),
        placed=options.placed,
        folder=options.volume_folder,
        timeouts=dict(map(_timeout, options.task_timeout)),
        kfp=_version(options.kfp),
    )


def _refuse(option: str, problem: str) -> None:
    if problem:
        raise BadPod(f"{option}: {problem}")


def _pair(option: str, text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (equals and key):
        raise BadPod(f"{option} takes KEY=VALUE, not '{text}'")
    return key, value


def _condition(text: str) -> Condition:
    parts = _CONDITION.fullmatch(text.strip())
    if not parts:
        raise BadPod(
            "--node-affinity takes KEY=VALUE,..., KEY!=VALUE,..., KEY>N, KEY<N or KEY, not "
            f"'{text}'"
        )
    values = tuple(filter(None, (parts["values"] or "").split(",")))
    found = Condition(parts["key"], _OPERATORS[parts["operator"]], values)
    _refuse("--node-affinity", rules.affinity_problem(found.key, found.operator, found.values))
    return found


def _timeout(text: str) -> tuple[str, int]:
    task, _, seconds = text.rpartition("=")
    sound = seconds.isascii() and seconds.isdecimal() and len(seconds) <= 9
    if not sound or not 0 < int(seconds) <= _MOST_SECONDS:
        raise BadPod(
            "--task-timeout takes SECONDS or TASK=SECONDS, a whole number above 0 and at most a "
            f"year's, not '{text}'"
        )
    return task or DEFAULT, int(seconds)


def _version(text: str) -> tuple[int, int]:
    parts = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(\.\d+)?", text, re.ASCII)
    version = (int(parts[1]), int(parts[2])) if parts else (0, 0)
    if version < _OLDEST:
        raise BadPod(f"--kfp takes a version from {'.'.join(map(str, _OLDEST))} on, not '{text}'")
    return version
