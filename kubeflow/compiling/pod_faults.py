"""What Kubernetes or Argo would refuse of a pod, found in the compiled file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubeflow.compiling import rules
from kubeflow.compiling.compiled import Spec, Task, at

_METADATA = ("labels", "annotations")


def find(task: Task) -> Iterator[str]:
    """Gives a sentence for each fault of a task's pod."""
    platform = task.platform
    labels, annotations = (_texts(at(platform, "podMetadata", name)) for name in _METADATA)
    for key, value in labels.items():
        yield from _said("label", rules.label_problem(key, value) or rules.own_problem(key))
    for key, value in annotations.items():
        problem = rules.annotation_problem(key, value) or rules.own_problem(key)
        yield from _said("annotation", problem)
    yield from _said("pod", rules.annotations_problem(annotations))
    for key, value in _texts(at(platform, "nodeSelector", "labels")).items():
        yield from _said("node selector", rules.label_problem(key, value))
    for toleration in _all(platform, "tolerations"):
        if key := str(toleration.get("key") or ""):
            yield from _said("toleration", rules.key_problem(key))
    for term in _all(platform, "nodeAffinity"):
        for one in _all(term, "matchExpressions"):
            values = tuple(map(str, one.get("values") or ()))
            problem = rules.affinity_problem(
                str(one.get("key") or ""), str(one.get("operator") or ""), values
            )
            yield from _said("node affinity", problem)
    for mount in _all(platform, "pvcMount"):
        yield from _said("volume", rules.sub_path_problem(str(mount.get("subPath") or "")))
    policy = platform.get("imagePullPolicy")
    if policy and policy not in rules.POLICIES:
        yield f"its image pull policy is {policy}; use {', '.join(rules.POLICIES)}"


def differing(tasks: Iterable[Task]) -> str:
    """Says that only some pods say that they are not root; "" if all or none do."""
    tasks = list(tasks)
    without = [task.name for task in tasks if not _is_not_root(task)]
    if not without or len(without) == len(tasks):
        return ""
    return (
        f"{', '.join(without)}: lacks runAsNonRoot, which the other tasks have; a namespace with "
        "Pod Security 'restricted' refuses such pods"
    )


def _is_not_root(task: Task) -> bool:
    return bool(at(task.platform, "securityContext").get("runAsNonRoot"))


def _all(spec: Spec, name: str) -> list[Spec]:
    found = spec.get(name)
    return [at(one) for one in found] if isinstance(found, list) else []


def _texts(found: Spec) -> dict[str, str]:
    return {str(key): str(value) for key, value in found.items()}


def _said(what: str, problem: str) -> Iterator[str]:
    if problem:
        yield f"its {what}: {problem}"
