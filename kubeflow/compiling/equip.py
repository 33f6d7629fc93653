"""Gives a task of the compiled file its share of the cluster. Runs in kfp's environment."""

from __future__ import annotations

from typing import Any

from kfp import kubernetes

from kubeflow.compiling import storage
from kubeflow.compiling.cluster import Cluster
from kubeflow.names import GATES

_RETRIES = 1  # of a node that failed; a gate that refuses would refuse again


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
    resources = cluster.of(name)
    task.set_cpu_request(resources.cpu)
    task.set_memory_request(resources.memory).set_memory_limit(resources.memory)
    if name not in GATES:
        task.set_retry(_RETRIES, backoff_duration="30s")
    storage.equip(task, cluster.volume, cluster.store)
    for secret in cluster.secrets:
        kubernetes.use_secret_as_env(task, secret.name, {secret.key: secret.variable})
    if cluster.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(cluster.pull_secrets))
    if gpus:
        task.set_accelerator_type(cluster.gpu_type).set_accelerator_limit(gpus)
        # The 64 MB that a pod has by default are too few for what the GPUs' libraries share.
        kubernetes.empty_dir_mount(task, "dshm", "/dev/shm", medium="Memory", size_limit="2Gi")
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
