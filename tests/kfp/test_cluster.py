"""The options that say what a cluster gives: what is read, and what is refused in a sentence."""

import argparse

import pytest

from kubeflow.compiling.cluster import (
    DEFAULT_RESOURCES,
    BadOption,
    Cluster,
    Resources,
    Secret,
    Toleration,
    add_options,
    read_options,
)
from kubeflow.compiling.pods import Condition, Pods


def read(*arguments: str) -> Cluster:
    parser = argparse.ArgumentParser()
    add_options(parser.add_argument_group("cluster"))
    return read_options(parser.parse_args(arguments))


def test_the_defaults_need_no_option() -> None:
    cluster = read()
    assert (cluster.volume, cluster.gpus, cluster.gpu_type) == ("triptych", 0, "nvidia.com/gpu")
    assert (cluster.tolerations, cluster.secrets, cluster.pull_secrets) == ((), (), ())
    assert cluster.pipeline_root == "" and not cluster.node_selector
    assert cluster.of("trainer") == DEFAULT_RESOURCES["trainer"]
    assert cluster.of("pusher") == DEFAULT_RESOURCES["default"]


def test_options_are_read() -> None:
    cluster = read(
        *("--image", "registry.example:5000/lab/triptych@sha256:0123abcd"),
        *("--gpus", "1", "--gpu-type", "amd.com/gpu"),
        *("--node-selector", "cloud.example/pool=gpu-large", "--node-selector", "disk=ssd"),
        *("--toleration", "nvidia.com/gpu:NoSchedule", "--toleration", "pool=gpu:NoExecute"),
        *("--secret", "object-store:access.key=ACCESS_KEY"),
        *("--pull-secret", "registry", "--pull-secret", "mirror"),
        *("--resources", "default=250m,2Gi", "--resources", "trainer=1.5,8G"),
        *("--pipeline-root", "minio://bucket/triptych"),
    )
    assert cluster.image.endswith("@sha256:0123abcd")
    assert (cluster.gpus, cluster.gpu_type) == (1, "amd.com/gpu")
    assert cluster.node_selector == {"cloud.example/pool": "gpu-large", "disk": "ssd"}
    assert cluster.tolerations == (
        Toleration("nvidia.com/gpu", "", "NoSchedule"),
        Toleration("pool", "gpu", "NoExecute"),
    )
    assert cluster.secrets == (Secret("object-store", "access.key", "ACCESS_KEY"),)
    assert cluster.pull_secrets == ("registry", "mirror")
    assert cluster.of("trainer") == Resources("1.5", "8G")
    assert cluster.of("pusher") == Resources("250m", "2Gi")
    assert cluster.of("tuner") == DEFAULT_RESOURCES["tuner"]
    assert cluster.pipeline_root == "minio://bucket/triptych"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--image", "triptych", "--image 'triptych' has no tag: add one"),
        ("--gpus", "-1", "--gpus takes 0 or 1, not -1"),
        ("--gpus", "2", "--gpus takes 0 or 1, not 2: no task uses several GPUs yet"),
        ("--gpu-type", "", "a resource such as nvidia.com/gpu"),
        ("--volume", "Claim", "the name of a PersistentVolumeClaim, not 'Claim'"),
        ("--volume", "", "the name of a PersistentVolumeClaim"),
        ("--pull-secret", "a b", "the name of a Secret, not 'a b'"),
        ("--node-selector", "pool", "takes LABEL=VALUE, not 'pool'"),
        ("--node-selector", "pool=", "takes LABEL=VALUE, not 'pool='"),
        ("--node-selector", "the pool=gpu", "LABEL=VALUE, not 'the pool=gpu'"),
        ("--toleration", "nvidia.com/gpu", "KEY:EFFECT or KEY=VALUE:EFFECT"),
        ("--toleration", "pool=gpu:Never", "NoSchedule, PreferNoSchedule or NoExecute, not"),
        ("--toleration", "=gpu:NoSchedule", "not '=gpu:NoSchedule'"),
        ("--secret", "store=KEY", "NAME:KEY=VARIABLE, not 'store=KEY'"),
        ("--secret", "store:key", "NAME:KEY=VARIABLE, not 'store:key'"),
        ("--secret", "store:key=1ST", "NAME:KEY=VARIABLE"),
        ("--secret", "store:a b=FIRST", "NAME:KEY=VARIABLE"),
        ("--resources", "trainer", "TASK=CPU,MEMORY such as"),
        ("--resources", "=4,8Gi", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=4", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=8Gi,4", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=4,500m", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=4,1.5Gi", "not 'trainer=4,1.5Gi'"),
        ("--resources", "trainer=-1,8Gi", "TASK=CPU,MEMORY such as"),
        ("--resources", "trainer=0,8Gi", "more than 0 and up to 1,000 CPUs"),
        ("--resources", "trainer=0m,8Gi", "more than 0 and up to 1,000 CPUs"),
        ("--resources", "trainer=1001,8Gi", "up to 1,000 CPUs and 1Pi"),
        ("--resources", "trainer=4,0Gi", "more than 0"),
        ("--resources", "trainer=4,1025Ti", "up to 1,000 CPUs and 1Pi"),
        ("--resources", f"trainer={'9' * 400},{'9' * 400}E", "up to 1,000 CPUs and 1Pi"),
        ("--pipeline-root", "bucket/folder", "a URI such as"),
        ("--pod-label", "team", "takes KEY=VALUE, not 'team'"),
        ("--pod-label", "team=a b", "'a b' is not the value of a label"),
        ("--pod-label", f"{'k' * 64}=a", "of at most 63 characters"),
        ("--pod-label", "A.com/k=a", "'A.com', before the slash of 'A.com/k', is not a domain"),
        ("--pod-label", "pipelines.kubeflow.org/x=a", "belongs to pipelines.kubeflow.org"),
        ("--pod-annotation", "x={{y}}", "which Argo would take for the beginning of a"),
        ("--pod-annotation", "a b=c", "'a b' is not a key such as team"),
        ("--node-affinity", "zone=", "In needs values"),
        ("--node-affinity", "=a", "takes KEY=VALUE,..."),
        ("--node-affinity", "cores>many", "Gt needs one whole number"),
        ("--volume-folder", "/team", "'/team' is not a folder of the volume"),
        ("--volume-folder", "a/../b", "'a/../b' is not a folder of the volume"),
        ("--task-timeout", "trainer=soon", "SECONDS or TASK=SECONDS, a whole number above 0"),
        ("--task-timeout", "0", "a whole number above 0"),
        ("--kfp", "2.13", "--kfp takes a version from 2.14 on, not '2.13'"),
        ("--kfp", "new", "--kfp takes a version from 2.14 on"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(option: str, value: str, words: str) -> None:
    with pytest.raises(BadOption) as refused:
        read(f"{option}={value}")
    message = str(refused.value)
    assert words in message and option in message and "\n" not in message


def test_every_quantity_that_is_taken_is_one_that_kfp_takes() -> None:
    # kfp has its own idea of a quantity, and a traceback for any other.
    from kfp.dsl import pipeline_task

    for cpu, memory in (("4", "8Gi"), ("0.5", "1500Mi"), ("250m", "4"), ("10", "1T")):
        resources = read("--resources", f"trainer={cpu},{memory}").of("trainer")
        task = object.__new__(pipeline_task.PipelineTask)
        task._validate_cpu_request_limit(resources.cpu)
        task._validate_memory_request_limit(resources.memory)


def test_what_is_for_gpu_pods_alone_needs_gpus() -> None:
    with pytest.raises(BadOption, match="--placed gpu leaves no pod without GPUs: add --gpus 1"):
        read("--node-selector", "a=b", "--placed", "gpu")


def test_options_of_all_pods_are_read() -> None:
    pods = read(
        *("--pod-label", "team=vision", "--pod-label", "example.com/cost=a.b-c"),
        *("--pod-annotation", "note=what=ever: 1 {2}", "--image-pull-policy", "Always"),
        *("--node-affinity", "zone=a,b", "--node-affinity", "disk"),
        *("--node-affinity", "cores>8", "--node-affinity", "example.com/pool!=spot"),
        *("--volume-folder", "team/triptych", "--kfp", "2.14.3"),
        *("--task-timeout", "86400", "--task-timeout", "trainer=7200"),
    ).pods
    assert pods.labels == {"team": "vision", "example.com/cost": "a.b-c"}
    assert pods.annotations == {"note": "what=ever: 1 {2}"}
    assert (pods.pull_policy, pods.folder, pods.kfp) == ("Always", "team/triptych", (2, 14))
    assert pods.affinity == (
        Condition("zone", "In", ("a", "b")),
        Condition("disk", "Exists"),
        Condition("cores", "Gt", ("8",)),
        Condition("example.com/pool", "NotIn", ("spot",)),
    )
    assert (pods.timeout("trainer"), pods.timeout("pusher")) == (7200, 86400)
    assert read("--task-timeout", "trainer=60").pods.timeout("pusher") == 0


@pytest.mark.parametrize(
    ("placed", "gpus", "with_gpu", "without"),
    [("", 0, True, True), ("", 1, True, False), ("all", 1, True, True), ("gpu", 1, True, False)],
)
def test_which_pods_a_node_selector_is_for(
    placed: str, gpus: int, with_gpu: bool, without: bool
) -> None:
    pods = Pods(placed=placed)
    assert pods.are_placed(gpus, gpus) is with_gpu
    assert pods.are_placed(0, gpus) is without
