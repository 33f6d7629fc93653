"""The compiled file: what is in it, and what is answered when it cannot be made."""

import json
from pathlib import Path
from typing import Any

import pytest

from kubeflow import compile as compiling
from kubeflow.compiling import compiled, requests
from kubeflow.compiling.cluster import DEFAULT_RESOURCES, Resources, Secret, Toleration
from kubeflow.compiling.pods import Condition, Pods
from kubeflow.lint import RUN_ID, find_notes, find_problems
from kubeflow.names import task_name
from pipeline.options import given
from pipeline.settings import FAMILIES, Layer
from tests.kfp import plans

GPU_CLUSTER: dict[str, Any] = {
    "gpus": 1,
    "gpu_type": "amd.com/gpu",
    "node_selector": {"pool": "gpu"},
    "tolerations": (Toleration("amd.com/gpu", "", "NoSchedule"), Toleration("p", "g", "NoExecute")),
}
LEARNERS = {"tuner", "cross-validator", "trainer"}


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    """TFX's own plan, asked for as the command does."""
    options = compiling.parse(["--profile", "smoke", "--set", "seed=7"])
    return compiling.ask_plan(
        (Layer(compiling.DEFAULTS), *given(options)), options.data_from, options.tfx_python
    )


@pytest.fixture(scope="module")
def documents(plan: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return plans.compile_to(tmp_path_factory.mktemp("compiled") / "a.yaml", plan)


def test_the_plan_is_the_one_that_the_other_tests_are_written_for(plan: dict[str, Any]) -> None:
    assert {node["id"]: node["upstream"] for node in plan["nodes"]} == plans.EDGES
    assert [node["id"] for node in plan["nodes"] if node["shows"] == "classifier_evaluator"] == [
        "Evaluator"
    ]
    assert plan["settings"]["seed"] == 7
    assert {**plan["settings"], "seed": 1} == plans.make_plan()["settings"]


def test_a_task_for_each_node_with_its_edges_and_a_verdict_after_all(documents: list[Any]) -> None:
    edges = {name: task.get("dependentTasks", []) for name, task in plans.tasks(documents).items()}
    wanted = {task_name(n): sorted(map(task_name, ups)) for n, ups in plans.EDGES.items()}
    assert edges == {**wanted, "verdict": ["exit-handler-1"]}
    last = plans.tasks(documents)["verdict"]
    assert last["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert last["inputs"]["parameters"]["status"] == {
        "taskFinalStatus": {"producerTask": "exit-handler-1"}
    }
    assert documents[0]["root"]["dag"]["tasks"].keys() == {"exit-handler-1", "verdict"}
    order = compiled.in_order(documents[0])
    assert order[-1] == "verdict" and set(order) == set(edges)
    assert all(order.index(up) < order.index(name) for name in wanted for up in wanted[name])
    labels = {name: task["taskInfo"]["name"] for name, task in plans.tasks(documents).items()}
    assert labels == {task_name(node): node for node in [*plans.EDGES, "Verdict"]}


def test_folds_are_trained_beside_the_model_and_its_push_waits_for_their_gate(
    tmp_path: Path,
) -> None:
    documents = plans.compile_to(tmp_path / "a.yaml", plans.make_plan(folds=5))
    edges = {name: task.get("dependentTasks", []) for name, task in plans.tasks(documents).items()}
    assert edges["cross-validator"] == ["data-gate", "mnist-example-gen", "tuner"]
    assert edges["folds-gate"] == ["cross-validator"]
    assert "folds-gate" in edges["serving-check"] and "cross-validator" not in edges["trainer"]
    asked = {
        name: documents[0]["deploymentSpec"]["executors"][f"exec-{name}"]["container"]["resources"]
        for name in ("cross-validator", "trainer", "folds-gate", "serving-check")
    }
    limits = [
        {name: asked[task][name] for name in ("resourceCpuRequest", "resourceMemoryLimit")}
        for task in ("cross-validator", "trainer", "folds-gate")
    ]
    assert limits[0] == limits[1] != limits[2]
    assert find_problems(tmp_path / "a.yaml") == []


def test_what_each_task_is_told(plan: dict[str, Any], documents: list[Any]) -> None:
    for name, task in plans.tasks(documents).items():
        assert plans.constant(task, "run_id") == RUN_ID
        assert task_name(plans.constant(task, "node_id")) == name
        assert plans.constant(task, "source") == plan["source"]
        assert json.loads(plans.constant(task, "settings")) == plan["settings"]


@pytest.mark.parametrize("task", ["tuner", "trainer", "verdict"])
def test_settings_that_a_person_looks_for_are_told_one_by_one(
    task: str, documents: list[Any]
) -> None:
    found = plans.tasks(documents)[task]
    told = {
        name: plans.constant(found, name)
        for name in ("model", "profile", "tuner", "seed", "epochs", "train_images", "test_images")
    }
    assert told == {
        "model": "transformer",
        "profile": "smoke",
        "tuner": "hyperband",
        "seed": 7,
        "epochs": 6,
        "train_images": "6000",
        "test_images": "2000",
    }


def test_caching_is_off_and_gates_are_not_asked_twice(documents: list[Any]) -> None:
    tasks = plans.tasks(documents)
    assert not any(task["cachingOptions"].get("enableCache") for task in tasks.values())
    retries = {n: t.get("retryPolicy", {}).get("maxRetryCount", 0) for n, t in tasks.items()}
    assert {name for name, count in retries.items() if not count} == {"data-gate", "verdict"}
    assert set(retries.values()) == {0, 1}
    # Argo ends every try so long after the first one began; a full VAE takes two hours.
    ends = {
        task["retryPolicy"]["backoffMaxDuration"]
        for task in tasks.values()
        if "retryPolicy" in task
    }
    assert ends == {"604800s"}


def test_a_namespace_with_pod_security_restricted_takes_every_pod(documents: list[Any]) -> None:
    for name in plans.tasks(documents):
        assert plans.platforms(documents)[f"exec-{name}"]["securityContext"] == {
            "runAsNonRoot": True
        }


@pytest.mark.parametrize("folds", [0, 5])
def test_gpus_are_where_something_is_learnt_and_nowhere_else(tmp_path: Path, folds: int) -> None:
    plan = plans.make_plan(folds=folds)
    documents = plans.compile_to(tmp_path / "a.yaml", plan, **GPU_CLUSTER)
    assert ("cross-validator" in plans.tasks(documents)) is bool(folds)
    for name, task in plans.tasks(documents).items():
        accelerator = plans.container(documents, name)["resources"].get("accelerator", {})
        platform = plans.platforms(documents)[f"exec-{name}"]
        if name not in LEARNERS:
            assert plans.constant(task, "gpus") == 0 and not accelerator, name
            assert not platform.keys() & {"nodeSelector", "tolerations", "emptyDirMounts"}, name
            continue
        assert plans.constant(task, "gpus") == 1
        assert accelerator["resourceCount"] == "1"
        assert accelerator["resourceType"] == "amd.com/gpu"
        assert platform["nodeSelector"] == {"labels": {"pool": "gpu"}}
        assert platform["tolerations"] == [
            {"key": "amd.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "p", "operator": "Equal", "value": "g", "effect": "NoExecute"},
        ]
        assert platform["emptyDirMounts"][0]["mountPath"] == "/dev/shm"
    assert find_problems(tmp_path / "a.yaml") == []


def test_without_gpus_nothing_speaks_of_them(tmp_path: Path) -> None:
    plans.compile_to(tmp_path / "a.yaml", **GPU_CLUSTER | {"gpus": 0, "pods": Pods(placed="gpu")})
    text = (tmp_path / "a.yaml").read_text()
    assert not [word for word in ("amd.com", "accelerator", "pool", "dshm") if word in text]


def test_volume_secrets_and_image_are_those_of_all_tasks(tmp_path: Path) -> None:
    secrets = (Secret("store", "access", "ACCESS_KEY"), Secret("store", "secret", "SECRET_KEY"))
    documents = plans.compile_to(
        tmp_path / "a.yaml", secrets=secrets, pull_secrets=("registry", "mirror")
    )
    for name in plans.tasks(documents):
        platform = plans.platforms(documents)[f"exec-{name}"]
        [mount] = platform["pvcMount"]
        assert (mount["constant"], mount["mountPath"]) == ("claim", "/mnt/triptych")
        given = [(s["secretName"], s["keyToEnv"]) for s in platform["secretAsEnv"]]
        assert given == [
            ("store", [{"secretKey": "access", "envVar": "ACCESS_KEY"}]),
            ("store", [{"secretKey": "secret", "envVar": "SECRET_KEY"}]),
        ]
        pulled = [one["secretName"] for one in platform["imagePullSecret"]]
        assert pulled == ["registry", "mirror"]
        container = plans.container(documents, name)
        assert container["image"] == plans.IMAGE and "env" not in container
    assert find_problems(tmp_path / "a.yaml") == []


def test_what_is_asked_of_all_pods_is_in_all_of_them(tmp_path: Path) -> None:
    asked = Pods(
        labels={"team": "vision"},
        annotations={"note": "x: y"},
        pull_policy="Always",
        affinity=(Condition("zone", "In", ("a", "b")), Condition("disk", "Exists")),
        folder="team/a",
        timeouts={"trainer": 7200, "default": 600},
    )
    documents = plans.compile_to(tmp_path / "a.yaml", pods=asked, node_selector={"node": "one"})
    for name in plans.tasks(documents):
        platform = plans.platforms(documents)[f"exec-{name}"]
        assert platform["podMetadata"] == {
            "labels": {"team": "vision"},
            "annotations": {"note": "x: y"},
        }
        assert platform["imagePullPolicy"] == "Always"
        assert platform["nodeSelector"] == {"labels": {"node": "one"}}  # and so all on one node
        assert platform["nodeAffinity"] == [
            {
                "matchExpressions": [
                    {"key": "zone", "operator": "In", "values": ["a", "b"]},
                    {"key": "disk", "operator": "Exists"},
                ]
            }
        ]
        [mount] = platform["pvcMount"]
        assert mount["subPath"] == "team/a"
        assert platform["activeDeadlineSeconds"] == ("7200" if name == "trainer" else "600")
    assert find_problems(tmp_path / "a.yaml") == []


@pytest.mark.parametrize(
    ("kfp", "secrets", "takes"),
    [
        ((2, 14), (), "takes KFP 2.14 or newer, because of pvcNameParameter"),
        ((2, 15), (Secret("a", "b", "C"),), "takes KFP 2.15 or newer, because of optional, of a"),
        ((2, 17), (), "takes KFP 2.16 or newer, because of securityContext"),
    ],
)
def test_the_oldest_kfp_that_takes_the_file_is_known(
    kfp: tuple[int, int], secrets: tuple[Secret, ...], takes: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    plan = plans.make_plan(only=("Trainer",))
    plans.compile_to(file, plan, pods=Pods(kfp=kfp), secrets=secrets)
    assert find_problems(file) == []
    assert find_notes(file)[0].startswith(takes)


def test_a_digest_is_not_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    image = f"registry.example/triptych@sha256:{'0' * 64}"
    plans.compile_to(file, plans.make_plan(only=("Trainer",)), image=image)
    assert len(find_notes(file)) == 1


def test_resources_are_those_asked_for_and_defaults(tmp_path: Path) -> None:
    documents = plans.compile_to(
        tmp_path / "a.yaml",
        resources={"trainer": Resources("4", "8Gi"), "verdict": Resources("1", "1Gi")},
    )
    asked, requested = {}, {}
    for name in plans.tasks(documents):
        resources = plans.container(documents, name)["resources"]
        asked[name] = Resources(resources["resourceCpuRequest"], resources["resourceMemoryLimit"])
        requested[name] = resources["resourceMemoryRequest"]
        # A node of two CPUs and 4 GB has room for any of them beside its own daemons.
        assert name == "trainer" or asked[name].cpu in ("500m", "1")
    assert asked["trainer"] == Resources("4", "8Gi") and requested["trainer"] == "8Gi"
    assert asked["verdict"] == Resources("1", "1Gi") and requested["verdict"] == "1Gi"
    assert asked["tuner"] == DEFAULT_RESOURCES["tuner"]
    assert asked["pusher"] == DEFAULT_RESOURCES["default"]
    measured = requests.of_tasks("transformer", "smoke", ("Tuner", "Pusher"))
    assert {name: requested[name] for name in measured} == measured and len(measured) == 2
    assert all(quantity.endswith("Mi") for quantity in measured.values())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_with_and_without_a_search(family: str, tmp_path: Path) -> None:
    for tuner, only in (("hyperband", tuple(plans.EDGES)), ("none", ("Tuner", "Evaluator"))):
        file = tmp_path / f"{tuner}.yaml"
        documents = plans.compile_to(file, plans.make_plan(family, tuner, only), gpus=1)
        assert find_problems(file) == []
        assert documents[0]["schemaVersion"] == "2.1.0"
        assert documents[0]["pipelineInfo"]["name"] == f"triptych-{family}-smoke"
        assert ("tuner" in plans.tasks(documents)) == (tuner == "hyperband")
        shown = documents[0]["components"]["comp-evaluator"]["outputDefinitions"]["artifacts"]
        curves = {"classification"} if family in plans.CLASSIFIERS else set()
        assert shown.keys() == {"summary", "metrics"} | curves
        for name in LEARNERS & plans.tasks(documents).keys():
            shown = documents[0]["components"][f"comp-{name}"]["outputDefinitions"]["artifacts"]
            assert shown.keys() == {"summary", "metrics"}
        if "pusher" in plans.tasks(documents):
            shown = documents[0]["components"]["comp-pusher"]["outputDefinitions"]["artifacts"]
            assert shown.keys() == {"summary", "report"}


@pytest.mark.parametrize("family", FAMILIES)
def test_gpus_are_for_those_that_have_a_use_for_them(family: str, tmp_path: Path) -> None:
    documents = plans.compile_to(tmp_path / "a.yaml", plans.make_plan(family), gpus=1)
    given = {
        name
        for name in plans.tasks(documents)
        if "accelerator" in plans.container(documents, name)["resources"]
    }
    assert given == (set() if family == "forest" else {"tuner", "trainer"})
    for name, task in plans.tasks(documents).items():
        assert plans.constant(task, "gpus") == (1 if name in given else 0)


def test_the_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kfp import compiler

    def broken(_: Any, __: Any, package_path: str) -> None:
        Path(package_path).write_text("half a f")
        raise KeyboardInterrupt

    file = tmp_path / "a.yaml"
    monkeypatch.setattr(compiler.Compiler, "compile", broken)
    for before in (None, "as it was"):
        if before:
            file.write_text(before)
        with pytest.raises(KeyboardInterrupt):
            plans.compile_to(file)
        assert [path.read_text() for path in tmp_path.iterdir()] == ([before] if before else [])
