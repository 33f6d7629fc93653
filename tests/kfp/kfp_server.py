"""A small KFP: the REST calls of the submit client, as kfp's generated client expects them.

It answers as KFP 2.17 does: JSON with snake case and without empty fields, an upload's problem as
`error_message`, any other as `message`; a run's tasks are the nodes of an Argo workflow.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp
import kfp_server_api
import pytest
import yaml

from kubeflow.client import follow
from tests.kfp.workflow import RUN_ID, manifest

API = "/apis/v2beta1"
TASKS = ("data-gate", "trainer", "verdict")
LOGIN_PAGE = "<!doctype html><html><body>Log in to Kubeflow</body></html>"


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What the server says in place of the right answer; a status of 0 breaks the connection."""

    status: int
    body: str = ""
    kind: str = "application/json"
    location: str = ""


Course = dict[str, Any] | Reply | Callable[[], Any]


@dataclass
class KfpServer:
    """The server's state, open to the tests.

    Attributes:
        multi_user: as of Kubeflow's own installation.
        version: of KFP.
        of_the_ui: it answers as the UI's server does, where that answers itself.
        token, cookie, basic: what has to come with every request; "" when nothing has to.
        course: what becomes of the run, one entry a question, the last one for good; a function is
            called, and what it returns is answered, or the next entry when that is None.
        faults: replies by the beginning of "METHOD path", each given once.
        logs: that were kept, by their pods' nodes.
        live: the logs of pods that are there, by the pods' names.
        ended: what Argo says of pods, by their nodes; None where version 1 of the API is gone.
        waiting: the same, of those that have not started.
        templates: of pods, by their nodes, if not KFP's usual one.
        events: Kubernetes', by the pods' names.
        holds: a run that failed stays so until it is tried again.
        state: of the run, as it was answered last.
        seen: the requests so far.
    """

    multi_user: bool = False
    version: str = "2.17.0"
    of_the_ui: bool = False
    basic: str = ""
    token: str = ""
    cookie: str = ""
    course: list[Course] = field(default_factory=list)
    faults: dict[str, list[Reply]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    live: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] | None = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    events: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    holds: bool = False
    state: str = ""
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    experiments: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    recurring_runs: list[dict[str, Any]] = field(default_factory=list)
    made: int = 0

    def asked(self, beginning: str) -> list[Seen]:
        """The requests whose "METHOD path" begins so, without the API's own beginning."""
        return [
            seen
            for seen in self.seen
            if f"{seen.method} {seen.path.removeprefix(API)}".startswith(beginning)
        ]

    def answer(self, seen: Seen) -> Reply:
        """Answers a request."""
        self.seen.append(seen)
        for beginning, replies in self.faults.items():
            if replies and f"{seen.method} {seen.path.removeprefix(API)}".startswith(beginning):
                return replies.pop(0)
        if self.token and seen.headers.get("authorization") != f"Bearer {self.token}":
            return _refusal(401, "Request header error: there is no valid token")
        if self.cookie and self.cookie not in seen.headers.get("cookie", ""):
            return Reply(302, location="/dex/auth?client_id=kubeflow")
        if self.basic and seen.headers.get("authorization") != self.basic:
            return _refusal(401, "Unauthorized")
        path = seen.path.removeprefix(API)
        routes: list[tuple[str, Callable[[Seen], Reply]]] = [
            ("GET /healthz", self._healthz),
            ("GET /experiments", self._list_experiments),
            ("POST /experiments", self._create_experiment),
            ("POST /pipelines/upload_version", self._upload_version),
            ("POST /pipelines/upload", self._upload),
            ("GET /pipelines/", self._list_versions),
            ("GET /pipelines", self._list_pipelines),
            (f"POST /runs/{RUN_ID}:retry", self._retry),
            ("POST /runs", self._create_run),
            (f"GET /runs/{RUN_ID}/nodes/", self._log),
            (f"GET /runs/{RUN_ID}", self._get_run),
            ("POST /recurringruns", self._create_recurring_run),
            ("GET /recurringruns", self._list_recurring_runs),
            ("DELETE /recurringruns/", self._delete_recurring_run),
            (f"GET /apis/v1beta1/runs/{RUN_ID}", self._manifest),
            ("GET /k8s/pod/logs", self._live_log),
            ("GET /k8s/pod/events", self._events),
        ]
        for route, handle in routes:
            if f"{seen.method} {path}".startswith(route):
                return handle(seen)
        return _refusal(404, "Not Found")

    def _healthz(self, seen: Seen) -> Reply:
        if self.of_the_ui:
            return _json({"apiServerTagName": self.version, "multi_user": self.multi_user})
        told = {"commit_sha": "4a3592c", "tag_name": self.version, "multi_user": self.multi_user}
        return _json(told)

    def _named(
        self, things: list[dict[str, Any]], seen: Seen, within: bool = True
    ) -> list[dict[str, Any]]:
        [predicate] = json.loads(seen.query["filter"])["predicates"]
        assert predicate["operation"] in (1, "EQUALS") and predicate["key"] == "display_name"
        namespace = seen.query.get("namespace", "") if self.multi_user and within else ""
        wanted = (predicate["stringValue"], namespace)
        return [it for it in things if (it["display_name"], it.get("namespace", "")) == wanted]

    def _list_experiments(self, seen: Seen) -> Reply:
        if self.multi_user and not seen.query.get("namespace"):
            return _refusal(400, "An experiment cannot have an empty namespace in multi-user mode")
        found = self._named(self.experiments, seen)
        return _json({"experiments": found, "total_size": len(found)} if found else {})

    def _create_experiment(self, seen: Seen) -> Reply:
        body = _sound(seen.body, kfp_server_api.V2beta1Experiment)
        made = {**body, "experiment_id": f"experiment-{len(self.experiments) + 1}"}
        self.experiments.append(made)
        return _json(made)

    def _list_pipelines(self, seen: Seen) -> Reply:
        found = self._named(self.pipelines, seen)
        return _json({"pipelines": found, "total_size": len(found)} if found else {})

    def _list_versions(self, seen: Seen) -> Reply:
        pipeline_id = seen.path.removeprefix(f"{API}/pipelines/").removesuffix("/versions")
        found = self._named(self.versions, seen, within=False)
        found = [it for it in found if it["pipeline_id"] == pipeline_id]
        return _json({"pipeline_versions": found[: int(seen.query["page_size"])]})

    def _upload(self, seen: Seen) -> Reply:
        name, namespace = seen.query["name"], seen.query.get("namespace", "")
        if not _is_pipeline(seen.body):
            return _json({"error_message": "Failed to read a pipeline spec file"}, 400)
        if any((it["name"], it.get("namespace", "")) == (name, namespace) for it in self.pipelines):
            return _json({"error_message": "The pipeline already exists"}, 409)
        made = {"pipeline_id": f"pipeline-{len(self.pipelines) + 1}", "name": name}
        made |= {"display_name": name, **({"namespace": namespace} if namespace else {})}
        if description := seen.query.get("description"):
            made["description"] = description
        self.pipelines.append(made)
        self._add_version(made["pipeline_id"], name)
        return _json(made)

    def _upload_version(self, seen: Seen) -> Reply:
        name, pipeline_id = seen.query["name"], seen.query["pipelineid"]
        if not _is_pipeline(seen.body):
            return _json({"error_message": "Failed to create a pipeline version"}, 400)
        if any((it["name"], it["pipeline_id"]) == (name, pipeline_id) for it in self.versions):
            return _json({"error_message": "Failed to create a pipeline version"}, 409)
        return _json(self._add_version(pipeline_id, name))

    def _add_version(self, pipeline_id: str, name: str) -> dict[str, Any]:
        identity = f"version-{len(self.versions) + 1}"
        self.versions.append(
            {
                "pipeline_id": pipeline_id,
                "pipeline_version_id": identity,
                "name": name,
                "display_name": name,
            }
        )
        return self.versions[-1]

    def _referred(self, body: dict[str, Any]) -> bool:
        reference = body["pipeline_version_reference"]
        known = [{name: it[name] for name in reference} for it in self.versions]
        experiments = [it["experiment_id"] for it in self.experiments]
        return reference in known and body["experiment_id"] in experiments

    def _create_run(self, seen: Seen) -> Reply:
        body = _sound(seen.body, kfp_server_api.V2beta1Run)
        if not self._referred(body):
            return _refusal(404, "Failed to create a run: ResourceNotFoundError")
        self.runs.append(body)
        return _json({**body, "run_id": RUN_ID, "state": "PENDING"})

    def _create_recurring_run(self, seen: Seen) -> Reply:
        body = _sound(seen.body, kfp_server_api.V2beta1RecurringRun)
        if not self._referred(body):
            return _refusal(404, "Failed to create a recurring run: ResourceNotFoundError")
        self.made += 1
        made = {**body, "recurring_run_id": f"schedule-{self.made}", "status": "ENABLED"}
        self.recurring_runs.append(made)
        return _json(made)

    def _list_recurring_runs(self, seen: Seen) -> Reply:
        """A page of two, so that there are several."""
        found = self.recurring_runs
        if experiment := seen.query.get("experiment_id"):
            found = [it for it in found if it["experiment_id"] == experiment]
        elif self.multi_user and not seen.query.get("namespace"):
            return _refusal(400, "Recurring runs cannot be listed without a namespace")
        if seen.query.get("filter"):
            found = self._named(found, seen, within=False)
        first = int(seen.query.get("page_token") or 0)
        answer: dict[str, Any] = {"recurringRuns": found[first : first + 2]}
        if len(found) > first + 2:
            answer["next_page_token"] = str(first + 2)
        return _json(answer)

    def _delete_recurring_run(self, seen: Seen) -> Reply:
        identity = seen.path.rpartition("/")[2]
        kept = [it for it in self.recurring_runs if it["recurring_run_id"] != identity]
        if len(kept) == len(self.recurring_runs):
            return _refusal(404, "recurring run not found")
        self.recurring_runs = kept
        return _json({})

    def _get_run(self, seen: Seen) -> Reply:
        entry: Any = self.course[0]
        self.state = entry.get("state", "") if isinstance(entry, dict) else self.state
        ended = self.state == "FAILED" and self.holds
        if (len(self.course) > 1 or callable(entry)) and not ended:
            del self.course[0]
        if callable(entry):
            entry = entry()
        if entry is None:
            return self._get_run(seen)
        return entry if isinstance(entry, Reply) else _json({"run_id": RUN_ID, **entry})

    def _log(self, seen: Seen) -> Reply:
        node, artifact = seen.path.split("/nodes/")[1].split("/artifacts/")
        if artifact != "main-logs:read" or node not in self.logs:
            return _json({"error_message": "artifact not found"}, 404)
        return _json({"data": base64.b64encode(self.logs[node].encode()).decode()})

    def _retry(self, seen: Seen) -> Reply:
        """As KFP does: a run that failed goes on, and only its last course is left to answer."""
        if self.state != "FAILED":
            return _refusal(400, "Workflow must be Failed/Error to retry")
        if len(self.course) > 1:
            del self.course[0]
        return _json({})

    def _events(self, seen: Seen) -> Reply:
        for name in ("podname", "podnamespace"):
            if not seen.query.get(name):
                return Reply(422, f"{name} argument is required", "text/plain")
        found = self.events.get(seen.query["podname"], [])
        return Reply(200, json.dumps({"items": found}), "text/html")

    def _manifest(self, seen: Seen) -> Reply:
        if self.ended is None:
            return Reply(404, "404 page not found", "text/plain")
        return _json(manifest(self.ended, self.waiting, self.templates))

    def _live_log(self, seen: Seen) -> Reply:
        if seen.query["podname"] not in self.live:
            return Reply(500, "Could not get main container logs: not found", "text/plain")
        return Reply(200, self.live[seen.query["podname"]], "text/plain")


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[KfpServer]:
    """Starts a server on a free port of this machine, and stops it at the end."""
    state = KfpServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # which would hold back every answer's body for 40 ms

        def _handle(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            parsed = _read(headers.get("content-type", ""), body)
            reply = state.answer(Seen(self.command, address.path, query, headers, parsed))
            if not reply.status:
                self.close_connection = True
                self.connection.close()
                return
            data = reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(data)))
            if reply.location:
                self.send_header("Location", reply.location)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _handle

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _read(kind: str, body: bytes) -> Any:
    """JSON, the file of a form with one, or whatever else came."""
    if kind.startswith("multipart/form-data"):
        message = email.message_from_bytes(
            f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=email.policy.HTTP
        )
        [part] = message.iter_parts()
        assert part.get_param("name", header="content-disposition") == "uploadfile"
        return part.get_payload(decode=True)
    return json.loads(body) if body and kind == "application/json" else body


def _is_pipeline(text: bytes) -> bool:
    document = next(iter(yaml.safe_load_all(text)))
    return isinstance(document, dict) and "pipelineInfo" in document


def _sound(body: dict[str, Any], model: Any) -> dict[str, Any]:
    """KFP refuses fields that it does not know."""
    unknown = set(body) - set(model.attribute_map.values())
    assert not unknown, unknown
    return body


def _json(body: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, json.dumps(body))


def _refusal(status: int, message: str) -> Reply:
    return _json({"error": message, "code": 5, "message": message, "details": []}, status)


def compiled(folder: Path, name: str = "triptych-vae-smoke") -> Path:
    """Writes a compiled pipeline of a few tasks, and returns its file."""
    tasks = {task: {"componentRef": {"name": f"comp-{task}"}} for task in TASKS}
    pipeline = {"pipelineInfo": {"name": name}, "root": {"dag": {"tasks": tasks}}}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {}}}}}
    file = folder / f"{name}.yaml"
    file.write_text(f"# PIPELINE DEFINITION\n{yaml.safe_dump_all([pipeline, platform])}")
    return file


def clean(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Takes away what this machine's user has set up for KFP, and the waiting."""
    for name in list(os.environ):
        ours = name.startswith(("KF_PIPELINES_", "TRIPTYCH_"))
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr(kfp.Client, "_LOCAL_KFP_CONTEXT", str(folder / "context.json"))
    monkeypatch.setattr(follow, "PACE", follow.Pace(first=0.01, most=0.02, patience=0.3))
