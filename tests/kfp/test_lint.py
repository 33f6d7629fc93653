"""A compiled file that KFP, Kubernetes or a reader would stumble on is refused by a sentence."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow import lint
from kubeflow.compiling.cluster import Secret
from tests.kfp import plans

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
NODES = ("MnistExampleGen", "Tuner", "Trainer", "Evaluator")
Documents = list[Any]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """A small file without a fault, with GPUs and secrets."""
    file = tmp_path_factory.mktemp("good") / "a.yaml"
    secrets = (Secret("store", "key", "ACCESS_TOKEN"),)
    found = plans.compile_to(file, plans.make_plan(only=NODES), gpus=1, secrets=secrets)
    assert lint.find_problems(file) == []
    return found


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Documents], list[str]]:
    def check(documents: Documents) -> list[str]:
        file = tmp_path / "a.yaml"
        file.write_text(yaml.safe_dump_all(documents))
        return lint.find_problems(file)

    return check


def executor(documents: Documents, task: str) -> dict[str, Any]:
    return documents[0]["deploymentSpec"]["executors"][f"exec-{task}"]


def argue(documents: Documents, argument: str, value: Any) -> None:
    """Gives the Trainer's task another value of an argument."""
    parameters = plans.tasks(documents)["trainer"]["inputs"]["parameters"]
    parameters[argument] = {"runtimeValue": {"constant": value}}


def set_settings(documents: Documents, **changes: Any) -> None:
    settings = json.loads(plans.constant(plans.tasks(documents)["trainer"], "settings"))
    argue(documents, "settings", json.dumps(settings | changes))


def set_environment(documents: Documents, name: str, value: str) -> None:
    plans.container(documents, "trainer")["env"] = [{"name": name, "value": value}]


def set_executor(documents: Documents, kind: str, content: dict[str, Any]) -> None:
    executor(documents, "trainer").clear()
    executor(documents, "trainer")[kind] = content


def set_gpus(documents: Documents, task: str, accelerator: dict[str, str] | None) -> None:
    resources = plans.container(documents, task)["resources"]
    resources.pop("accelerator", None)
    if accelerator:
        resources["accelerator"] = accelerator


def rename(documents: Documents, name: str) -> None:
    tasks = plans.inner(documents)
    tasks[name] = tasks.pop("trainer")


def image(documents: Documents, name: str) -> None:
    plans.container(documents, "trainer")["image"] = name


def mounts(documents: Documents) -> list[Any]:
    return plans.platforms(documents)["exec-trainer"]["pvcMount"]


def metadata(documents: Documents, kind: str, key: str, value: str) -> None:
    plans.platforms(documents)["exec-trainer"]["podMetadata"] = {kind: {key: value}}


def affine(documents: Documents, condition: dict[str, Any]) -> None:
    term = {"matchExpressions": [condition]}
    plans.platforms(documents)["exec-trainer"]["nodeAffinity"] = [term]


GPU = {"resourceType": "nvidia.com/gpu", "resourceCount": "1"}
LONG = "x" * (128 * 1024 + 1)
BREAKS: dict[str, tuple[Callable[[Documents], Any], str]] = {
    "importer": (lambda d: set_executor(d, "importer", {"reimport": True}), "executor is importer"),
    "resolver": (lambda d: set_executor(d, "resolver", {}), "executor is resolver"),
    "no executor": (lambda d: executor(d, "trainer").clear(), "executor is missing"),
    "no GPU": (lambda d: set_gpus(d, "trainer", None), "limit is 0, but its argument gpus is 1"),
    "GPU of no type": (lambda d: set_gpus(d, "trainer", {"resourceCount": "1"}), "has no type"),
    "told of more": (lambda d: argue(d, "gpus", 3), "limit is 1, but its argument gpus is 3"),
    "several GPUs": (
        lambda d: (argue(d, "gpus", 2), set_gpus(d, "trainer", GPU | {"resourceCount": "2"})),
        "asks for 2 GPUs, but no task uses more than 1 yet",
    ),
    "part of a text": (
        lambda d: argue(d, "run_id", f"run-{lint.RUN_ID}"),
        "it must be exactly {{",
    ),
    "no run id": (
        lambda d: argue(d, "run_id", "run-1"),
        "its run_id is 'run-1'; it must be",
    ),
    "in settings": (lambda d: set_settings(d, x=lint.RUN_ID), "settings has a placeholder inside"),
    "upper case": (lambda d: rename(d, "Trainer"), "its name is not valid: use lower-case letters"),
    "long name": (lambda d: rename(d, "t" * 64), "at most 63"),
    "latest": (
        lambda d: image(d, "a.example/b:latest"),
        "'a.example/b:latest' does not say",
    ),
    "no tag": (lambda d: image(d, "a.example:5000/b"), "'a.example:5000/b' has no tag"),
    "placeholder": (
        lambda d: image(d, "REGISTRY/b:1"),
        "the image 'REGISTRY/b:1' has capital letters in 'REGISTRY'",
    ),
    "no image": (lambda d: image(d, ""), "the image '' is not an image name"),
    "token": (
        lambda d: set_environment(d, "API_TOKEN", "hush"),
        "the value of the variable API_TOKEN is in the file",
    ),
    "JWT": (lambda d: argue(d, "source", JWT), "contains what looks like a secret"),
    "password": (lambda d: set_environment(d, "URL", "s3://me:hush@host/a"), "looks like a secret"),
    "data": (lambda d: set_settings(d, data_dir="/data"), "data_dir '/data' is neither in"),
    "output": (lambda d: set_settings(d, output="/app/out"), "output '/app/out' is not on"),
    "up": (
        lambda d: set_settings(d, output="/mnt/triptych/../x"),
        "'/mnt/triptych/../x' is not on",
    ),
    "store": (lambda d: set_settings(d, metadata_store="a.sqlite"), "metadata_store 'a.sqlite'"),
    "no settings": (
        lambda d: argue(d, "settings", "{"),
        "is not a pipeline's settings in JSON",
    ),
    "an hour": (
        lambda d: plans.tasks(d)["trainer"]["retryPolicy"].update(backoffMaxDuration="3600s"),
        "a second try would be ended 3,600 s after the first one began",
    ),
    "label": (
        lambda d: metadata(d, "labels", "team", "a b"),
        "its label: 'a b' is not the value of a label",
    ),
    "label's key": (
        lambda d: metadata(d, "labels", "a/b/c", "x"),
        "its label: 'a/b', before the slash of 'a/b/c', is not a domain",
    ),
    "label of Kubernetes": (
        lambda d: metadata(d, "labels", "app.kubernetes.io/x", "x"),
        "its label: 'app.kubernetes.io/x' belongs to app.kubernetes.io, which gives it itself",
    ),
    "annotation": (
        lambda d: metadata(d, "annotations", "note", "a {{b}}"),
        "its annotation: the value of 'note' has '{{' in it, which Argo would take",
    ),
    "annotations": (
        lambda d: metadata(d, "annotations", "note", "x" * 2**18),
        "its pod: annotations have 262,148 bytes together; Kubernetes takes 262,144",
    ),
    "selector": (
        lambda d: plans.platforms(d)["exec-trainer"].update(nodeSelector={"labels": {"pool": "-"}}),
        "its node selector: '-' is not the value of a label",
    ),
    "affinity": (
        lambda d: affine(d, {"key": "zone", "operator": "Near", "values": ["a"]}),
        "its node affinity: 'Near' is not one of In, NotIn, Exists",
    ),
    "affinity's number": (
        lambda d: affine(d, {"key": "cores", "operator": "Gt", "values": ["many"]}),
        "its node affinity: Gt needs one whole number",
    ),
    "policy": (
        lambda d: plans.platforms(d)["exec-trainer"].update(imagePullPolicy="Sometimes"),
        "its image pull policy is Sometimes; use Always, IfNotPresent, Never",
    ),
    "folder": (
        lambda d: mounts(d)[0].update(subPath="../x"),
        "its volume: '../x' is not a folder of the volume",
    ),
    "caching": (
        lambda d: plans.tasks(d)["trainer"]["cachingOptions"].update(enableCache=True),
        "KFP's caching is on",
    ),
    "argument": (lambda d: argue(d, "source", LONG), "argument source is longer than 131,072"),
    "command": (
        lambda d: plans.container(d, "trainer")["command"].append(LONG),
        "part of its command is longer",
    ),
    "no volume": (
        lambda d: mounts(d).clear(),
        "mounts []; it must mount the volume once, at",
    ),
    "two": (lambda d: mounts(d).append(mounts(d)[0]), "it must mount the volume once"),
    "elsewhere": (lambda d: mounts(d)[0].update(mountPath="/mnt"), "mounts ['/mnt']"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_of_a_task_is_named_with_the_task(
    name: str, good: Documents, check: Callable[[Documents], list[str]]
) -> None:
    break_it, words = BREAKS[name]
    documents = copy.deepcopy(good)
    break_it(documents)
    task = next(one for one in plans.tasks(documents) if one[0] in "tT" and one != "tuner")
    found = [problem for problem in check(documents) if words in problem]
    assert len(found) == 1, check(documents)
    assert found[0].startswith(f"task {task}: ") and "\n" not in found[0]


def test_gpus_that_nothing_learns_on(good: Documents, check: Callable) -> None:
    documents = copy.deepcopy(good)
    set_gpus(documents, "evaluator", GPU)
    assert "task evaluator: its GPU limit is 1, but it has no use for GPUs" in check(documents)
    documents = copy.deepcopy(good)
    set_gpus(documents, "tuner", None)
    assert "the tasks that learn have different GPU limits: [0, 1]" in check(documents)


def whole(documents: Documents) -> Iterator[tuple[Documents, str]]:
    spec, platform = documents
    yield [spec], "is not two YAML documents, a pipeline and its platform, but dict"
    yield [[spec], platform], "but list, dict"
    yield [], "but nothing"
    yield [{}, {}], "has no verdict"
    yield [spec, {}], "mounts []"
    yield [spec | {"schemaVersion": "2.0.0"}, platform], "has schema 2.0.0"
    yield [spec | {"surprise": 1}, platform], "surprise"
    yield [spec, platform | {"surprise": 1}], "surprise"
    yield [spec | {"pipelineInfo": {"name": "A"}}, platform], "the pipeline's name 'A' is not"
    yield [spec | {"pipelineInfo": {"name": "a", "description": JWT}}, platform], "a secret"
    for part in ("trainer", "tuner"):
        odd = copy.deepcopy(documents)
        executor(odd, part)["container"]["surprise"] = 1
        yield odd, "surprise"
    odd = copy.deepcopy(documents)
    plans.platforms(odd)["exec-trainer"]["surprise"] = 1
    yield odd, "surprise"
    odd = copy.deepcopy(documents)
    del odd[0]["root"]["dag"]["tasks"]["verdict"]
    yield odd, "has no verdict"
    odd = copy.deepcopy(documents)
    del plans.tasks(odd)["verdict"]["triggerPolicy"]
    yield odd, "task verdict: does not run when another task failed"


def test_pods_say_alike_whether_they_are_root(good: Documents, check: Callable) -> None:
    documents = copy.deepcopy(good)
    plans.platforms(documents)["exec-trainer"].pop("securityContext")
    [problem] = check(documents)
    assert problem.startswith("trainer: lacks runAsNonRoot, which the other tasks have")
    for one in plans.platforms(documents).values():
        one.pop("securityContext", None)
    assert check(documents) == []  # for a KFP that does not know of it


def test_a_dag_inside_of_itself_has_an_end(good: Documents, check: Callable) -> None:
    documents = copy.deepcopy(good)
    plans.inner(documents)["x"] = {"componentRef": {"name": "comp-exit-handler-1"}}
    assert check(documents) == []


def test_a_fault_of_the_whole_is_named(good: Documents, check: Callable) -> None:
    for documents, words in whole(good):
        assert any(words in problem for problem in check(documents)), words


def test_a_file_that_no_cluster_takes(
    good: Documents, check: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lint._FILE_BYTES == 2**20
    monkeypatch.setattr(lint, "_FILE_BYTES", 10_000)
    [problem] = check(good)
    assert problem.startswith("is ") and problem.endswith(" bytes long; a cluster accepts 10,000")


@pytest.mark.parametrize("content", [b"", b"a: [", b"\xff\xfe", b"just words", b"- 1\n---\n- 2"])
def test_what_is_no_compiled_file_is_answered_too(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    [problem] = lint.find_problems(file)
    assert problem.startswith("is not ") and "\n" not in problem


def test_whatever_is_missing_or_another_there_is_a_sentence(
    good: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.yaml"
    file.touch()  # reading YAML would take most of the time
    chance = random.Random(1)
    for place in chance.sample(list(_places(good)), 50):
        documents = copy.deepcopy(good)
        monkeypatch.setattr(yaml, "safe_load_all", lambda _, found=documents: iter(found))
        part = documents
        for key in place[:-1]:
            part = part[key]
        for value in (None, [], {}, "", "odd", 7, [None]):
            part[place[-1]] = value
            assert all("\n" not in problem for problem in lint.find_problems(file)), (place, value)
        del part[place[-1]]
        assert all("\n" not in problem for problem in lint.find_problems(file)), place


def _places(part: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    for key in keys:
        yield (*place, key)
        yield from _places(part[key], (*place, key))


def test_the_command_says_which_file_has_which_problem(
    good: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine, bad = tmp_path / "fine.yaml", tmp_path / "bad.yaml"
    fine.write_text(yaml.safe_dump_all(good))
    bad.write_text("")
    assert lint.main([str(fine)]) == 0
    said = capsys.readouterr()
    assert said.err == "" and said.out.splitlines() == [
        f"{fine}: takes KFP 2.16 or newer, because of securityContext",
        f"{fine}: the tag of 'registry.example/triptych:1.2.3' can be moved to another image in "
        "the middle of a run; a digest (NAME@sha256:...) cannot",
    ]
    assert lint.main([str(bad), str(fine)]) == 1
    assert capsys.readouterr().err.startswith(f"{bad}: is not two YAML documents")
    assert lint.main([str(tmp_path / "none.yaml")]) == 2
    assert f"there is no file {tmp_path / 'none.yaml'}" in capsys.readouterr().err
    assert (lint.main([]), lint.main(["--help"])) == (2, 0)
