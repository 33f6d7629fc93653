"""Gives a task of the compiled file its share of the cluster. Runs in kfp's environment."""

from __future__ import annotations

from typing import Any

from kfp import kubernetes

from kubeflow.compiling import storage
from kubeflow.compiling.cluster import Cluster
from kubeflow.compiling.oldest import KNOWS_SECURITY_CONTEXT
from kubeflow.compiling.pods import Pods
from kubeflow.names import GATES

_RETRIES = 1  # of a pod that vanished; a gate that refuses would refuse again
_LONGEST = f"{7 * 24 * 3600}s"  # after the first try's start, Argo ends all tries; KFP has an hour


def equip(task: Any, name: str, gpus: int, cluster: Cluster) -> None:
    """Gives a task its volume, its resources and, if it learns, its GPUs.

    Args:
        task: kfp's, changed in place.
        name: the task's in KFP.
        gpus: how many it gets.
        cluster: where and with what it runs.
    """
    # KFP's own cache would compare a node's arguments only; TFX has a better one.
    task.set_caching_options(False)
    task.set_cpu_request(cluster.of(name).cpu)
    request, limit = cluster.memory(name, gpus)
    task.set_memory_request(request).set_memory_limit(limit)
    if name not in GATES:
        task.set_retry(_RETRIES, backoff_duration="30s", backoff_max_duration=_LONGEST)
    storage.equip(task, cluster.volume, cluster.pods.folder, cluster.store)
    for secret in cluster.secrets:
        kubernetes.use_secret_as_env(task, secret.name, {secret.key: secret.variable})
    if cluster.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(cluster.pull_secrets))
    if gpus:
        task.set_accelerator_type(cluster.gpu_type).set_accelerator_limit(gpus)
        # The 64 MB that a pod has by default are too few for what the GPUs' libraries share.
        kubernetes.empty_dir_mount(task, "dshm", "/dev/shm", medium="Memory", size_limit="2Gi")
    if cluster.pods.are_placed(gpus, cluster.gpus):
        _place(task, cluster)
    _mark(task, name, cluster.pods)


def _place(task: Any, cluster: Cluster) -> None:
    for label, value in cluster.node_selector.items():
        kubernetes.add_node_selector(task, label, value)
    for toleration in cluster.tolerations:
        kubernetes.add_toleration(
            task,
            key=toleration.key,
            operator="Equal" if toleration.value else "Exists",
            value=toleration.value or None,
            effect=toleration.effect,
        )
    if cluster.pods.affinity:
        conditions = [
            {"key": one.key, "operator": one.operator, "values": list(one.values)}
            for one in cluster.pods.affinity
        ]
        # All of one term have to hold; of several terms, one would do.
        kubernetes.add_node_affinity(task, match_expressions=conditions)


def _mark(task: Any, name: str, pods: Pods) -> None:
    for key, value in pods.labels.items():
        kubernetes.add_pod_label(task, key, value)
    for key, value in pods.annotations.items():
        kubernetes.add_pod_annotation(task, key, value)
    if pods.pull_policy:
        kubernetes.set_image_pull_policy(task, pods.pull_policy)
    if seconds := pods.timeout(name):
        kubernetes.set_timeout(task, seconds)
    # The image's user is a number, of which a namespace with Pod Security "restricted" wants to be
    # told that it is not root.
    if pods.kfp >= KNOWS_SECURITY_CONTEXT:
        kubernetes.set_security_context(task, run_as_non_root=True)
