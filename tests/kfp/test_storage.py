"""A compiled file whose pods have an object store instead of a volume."""

import argparse
import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow import lint, stand_in
from kubeflow.compile import check
from kubeflow.compiling import storage
from kubeflow.compiling.cluster import BadOption, Cluster, add_options, read_options
from kubeflow.compiling.storage import Store
from kubeflow.store.address import BadStore
from tests.kfp import plans

KFPS = Store("minio://mlpipeline/triptych", "http://minio-service.kubeflow:9000", "kfp-artifacts")
NODES = ("MnistExampleGen", "Trainer")
Documents = list[Any]


def read(*arguments: str) -> Store | None:
    parser = argparse.ArgumentParser()
    add_options(parser.add_argument_group("cluster"))
    return read_options(parser.parse_args(arguments)).store


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    file = tmp_path_factory.mktemp("good") / "a.yaml"
    found = plans.compile_to(file, plans.make_plan(only=NODES), store=KFPS, gpus=1)
    assert lint.find_problems(file) == []
    return found


def problems(documents: Documents, folder: Path) -> list[str]:
    file = folder / "a.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return lint.find_problems(file)


def test_the_options_are_read() -> None:
    assert read() is None
    assert read("--store", "s3://bucket/team/") == Store("s3://bucket/team")
    found = read("--store", "minio://mlpipeline/triptych", "--store-secret", "kfp-artifacts")
    assert found == KFPS
    found = read(
        *("--store", "s3://bucket", "--store-endpoint", "https://ceph.example.com/"),
        *("--store-secret", "ceph:id,key"),
    )
    assert found == Store("s3://bucket", "https://ceph.example.com", "ceph", ("id", "key"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--store", "http://a/b"), "--store 'http://a/b' is not the address of an object store"),
        (("--store", "/tmp/store"), "--store '/tmp/store' is a folder, which pods do not share"),
        (("--store", "s3://id:key@bucket"), "--store leave keys and options out of the s3://"),
        (("--store", "s3://bucket", "--volume-folder", "a"), "--volume-folder is of a volume"),
        (("--store-secret", "a"), "are those of a --store, which is missing"),
        (("--store", "s3://bucket", "--store-endpoint", "x"), "'x' is not an endpoint"),
        (("--store", "s3://bucket", "--store-secret", "A b"), "--store-secret takes NAME or NAME:"),
        (("--store", "s3://bucket", "--store-secret", "a:b"), "--store-secret takes NAME or NAME:"),
        (("--store", "s3://bucket", "--store-secret", ":a,b"), "--store-secret takes NAME or"),
    ],
)
def test_what_does_not_fit_is_told(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadStore) as told:
        read(*arguments)
    assert words in str(told.value)


def test_pods_have_a_folder_of_their_own_and_the_names_of_keys(good: Documents) -> None:
    for task in plans.tasks(good):
        platform = plans.platforms(good)[f"exec-{task}"]
        assert "pvcMount" not in platform
        own = [mount["mountPath"] for mount in platform["emptyDirMounts"]]
        assert "/mnt/triptych" in own
        env = {one["name"]: one["value"] for one in plans.container(good, task)["env"]}
        assert env == {
            "TRIPTYCH_STORE": "minio://mlpipeline/triptych",
            "TRIPTYCH_STORE_ENDPOINT": "http://minio-service.kubeflow:9000",
        }
        [secret] = platform["secretAsEnv"]
        assert secret["secretName"] == "kfp-artifacts"
        given = {one["secretKey"]: one["envVar"] for one in secret["keyToEnv"]}
        expected = {"accesskey": "AWS_ACCESS_KEY_ID", "secretkey": "AWS_SECRET_ACCESS_KEY"}
        assert given == expected


def test_googles_keys_are_a_file(tmp_path: Path) -> None:
    store = Store("gs://bucket/triptych", secret="google")
    found = plans.compile_to(tmp_path / "a.yaml", plans.make_plan(only=NODES), store=store)
    [secret] = plans.platforms(found)["exec-trainer"]["secretAsVolume"]
    assert secret["secretName"] == "google"
    assert secret["mountPath"] == "/mnt/triptych-store-keys"


def test_a_file_on_no_volume_is_no_metadata_store() -> None:
    cluster = Cluster("a:1", "claim", store=KFPS)
    plan = plans.make_plan()
    check(plan, cluster)
    for address in ("none", "/mnt/triptych/metadata.sqlite"):
        plan["settings"]["metadata_store"] = address
        check(plan, Cluster("a:1", "claim"))
        with pytest.raises(BadOption, match=f"'{address}' is a file, which pods without a volume"):
            check(plan, cluster)


def test_lint_knows_what_must_fit_together(good: Documents, tmp_path: Path) -> None:
    changed = copy.deepcopy(good)
    platform = plans.platforms(changed)["exec-trainer"]
    mounts = platform.pop("emptyDirMounts")
    [told] = problems(changed, tmp_path)
    assert told.startswith("task trainer: has an object store, TRIPTYCH_STORE, so that it must")

    platform["emptyDirMounts"] = mounts
    env = plans.container(changed, "trainer")["env"]
    env[0]["value"] = "s3://other/triptych"
    [told] = problems(changed, tmp_path)
    assert told.startswith("its tasks keep their files in different places: [('minio://mlpipeline")

    env[0]["value"] = "/tmp/store"
    assert any(
        "its object store '/tmp/store' is a folder" in p for p in problems(changed, tmp_path)
    )
    env[0]["value"] = "minio://mlpipeline/triptych"
    env[1]["value"] = "seaweed:8333"
    assert any("'seaweed:8333' is not an endpoint" in p for p in problems(changed, tmp_path))

    del plans.container(changed, "trainer")["env"]
    told = " ".join(problems(changed, tmp_path))
    assert "mounts []; it must mount the volume once, at /mnt/triptych, or have an object" in told


def test_folders_stand_in(good: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRIPTYCH_APP", "TRIPTYCH_VOLUME", "TRIPTYCH_STORE_HERE"):
        monkeypatch.setenv(name, "")
    file, folder = tmp_path / "a.yaml", tmp_path / "a"
    file.write_text(yaml.safe_dump_all(good))
    (folder / "pod" / "output").mkdir(parents=True)
    stand_in.prepare(file, folder, tmp_path / "app")
    assert not (folder / "pod").exists()
    assert os.environ["TRIPTYCH_STORE_HERE"] == str(folder / "store")
    assert stand_in.lasting("/mnt/triptych/output") == f"{folder}/store/output"
    assert stand_in.lasting("/app/data/mnist") == f"{tmp_path}/app/data/mnist"

    plans.compile_to(file, plans.make_plan(only=NODES))
    stand_in.prepare(file, folder, tmp_path / "app")
    assert "TRIPTYCH_STORE_HERE" not in os.environ
    assert stand_in.lasting("/mnt/triptych/output") == f"{folder}/output"


def test_a_container_without_a_store_has_none() -> None:
    assert storage.store_of({}) == ("", "")
