"""Where pods keep what outlives them: a volume that all of them mount, or an object store."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubeflow.names import STORE, STORE_ENDPOINT, STORE_KEYS, VOLUME
from kubeflow.store.address import FORMS, BadStore, endpoint_of, parse

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_KEY = re.compile(r"[-\w.]+", re.ASCII)
_KEYS = ("accesskey", "secretkey")  # as in the Secret of Kubeflow Pipelines' own store
_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_FOLDER = "triptych"  # the name, in a pod, of the folder that is its own


@dataclasses.dataclass(frozen=True)
class Store:
    """An object store. Of its keys there is only the name of the Secret that has them.

    Attributes:
        address: such as s3://bucket/prefix.
        endpoint: the URL of its server; empty for the provider's own.
        secret: with the keys; empty where the pods' service account may use the store.
        keys: of that Secret, those with the access key and with the secret key.
    """

    address: str
    endpoint: str = ""
    secret: str = ""
    keys: tuple[str, str] = _KEYS


def add_options(add: argparse._ActionsContainer) -> None:
    """Adds the options that `read` reads."""
    option = add.add_argument
    option("--store", metavar="URI", help="an object store instead of a volume: s3, gs or minio")
    option("--store-endpoint", default="", metavar="URL", help="its server, if not the provider's")
    option(
        "--store-secret",
        default="",
        metavar="NAME[:KEY,KEY]",
        help="the Secret with its access key and secret key (accesskey,secretkey, as in KFP's own "
        "mlpipeline-minio-artifact); for gs, with the file of a service account",
    )


def read(options: argparse.Namespace) -> Store | None:
    """Reads them; None where pods have a volume.

    Raises:
        BadStore: the message names the option and its form.
    """
    if not options.store:
        if options.store_endpoint or options.store_secret:
            raise BadStore(
                "--store-endpoint and --store-secret are those of a --store, which is missing"
            )
        return None
    if options.volume_folder:
        raise BadStore("--volume-folder is of a volume, and pods with a --store have none")
    if problem := _unusable(options.store):
        raise BadStore(f"--store {problem}")
    endpoint = endpoint_of(parse(options.store), options.store_endpoint)
    name, _, given = options.store_secret.partition(":")
    keys = tuple(given.split(",")) if given else _KEYS
    sound = not name or _NAME.fullmatch(name)
    if not sound or (given and not name) or len(keys) != 2 or not all(map(_KEY.fullmatch, keys)):
        raise BadStore(
            f"--store-secret takes NAME or NAME:ACCESS_KEY,SECRET_KEY, not '{options.store_secret}'"
        )
    return Store(str(parse(options.store)), endpoint, name, (keys[0], keys[1]))


def equip(task: Any, volume: str, folder: str, store: Store | None) -> None:
    """Gives a task of kfp's its volume, or its store and a folder of its own.

    Args:
        task: changed in place.
        volume: the claim.
        folder: of the claim, which is mounted as the whole; empty for the whole.
        store: instead of it; None for none.
    """
    from kfp import kubernetes

    if store is None:
        kubernetes.mount_pvc(task, pvc_name=volume, mount_path=VOLUME, sub_path=folder)
        return
    kubernetes.empty_dir_mount(task, _FOLDER, VOLUME)
    task.set_env_variable(STORE, store.address)
    if store.endpoint:
        task.set_env_variable(STORE_ENDPOINT, store.endpoint)
    if store.secret and store.address.startswith("gs://"):
        kubernetes.use_secret_as_volume(task, store.secret, STORE_KEYS)
    elif store.secret:
        given = dict(zip(store.keys, _VARIABLES, strict=True))
        kubernetes.use_secret_as_env(task, store.secret, given)


def unfit(settings: Mapping[str, Any]) -> Iterator[str]:
    """Says what of a pipeline's settings does not do where pods have a store.

    Args:
        settings: as pipeline.settings.to_plain writes them.
    """
    address = str(settings.get("metadata_store", ""))
    if not address.startswith(("grpc://", "mysql://")):
        yield (
            f"metadata_store '{address}' is a file, which pods without a volume do not share; name "
            "a server, grpc://HOST:PORT or mysql://HOST:PORT/DATABASE"
        )


def problems(container: Mapping[str, Any], platform: Mapping[str, Any]) -> Iterator[str]:
    """Says what is wrong with where a task of a compiled file keeps its files.

    Args:
        container: of its executor.
        platform: what is specific to Kubernetes.
    """
    claims = [mount.get("mountPath") for mount in platform.get("pvcMount") or []]
    store, endpoint = store_of(container)
    if not store:
        if claims != [VOLUME]:
            yield (
                f"mounts {claims}; it must mount the volume once, at {VOLUME}, or have an object "
                f"store, {STORE}"
            )
        return
    own = [mount.get("mountPath") for mount in platform.get("emptyDirMounts") or []]
    if claims or VOLUME not in own:
        yield (
            f"has an object store, {STORE}, so that it must have an empty folder of its own at "
            f"{VOLUME}, and mount no claim"
        )
    if problem := _unusable(store):
        yield f"its object store {problem}"
        return
    try:
        endpoint_of(parse(store), endpoint)
    except BadStore as error:
        yield f"its object store: {error}"


def store_of(container: Mapping[str, Any]) -> tuple[str, str]:
    """The address of a container's store and its endpoint; empty where it has none."""
    given = {one.get("name"): str(one.get("value")) for one in container.get("env") or []}
    return given.get(STORE, ""), given.get(STORE_ENDPOINT, "")


def _unusable(address: str) -> str:
    try:
        found = parse(address)
    except BadStore as error:
        return str(error)
    if found.kind == "folder":
        return (
            f"'{address}' is a folder, which pods do not share; use {FORMS.rpartition(' or ')[0]}"
        )
    return ""
