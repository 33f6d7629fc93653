"""On the way to KFP: proxies, a password before it, and a server that is too old for the file."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from kubeflow import submit
from kubeflow.client import proxy
from kubeflow.client.answers import Trouble
from kubeflow.compiling.oldest import Oldest, problem
from tests.kfp.kfp_server import KfpServer, Reply

FAR = "http://kfp.example"  # which no resolver knows; only a proxy leads there
PASSWORD = "hunter2hunter2"
FILE = "triptych-vae-smoke.yaml"

pytestmark = pytest.mark.usefixtures("server", "in_its_folder")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def said(capsys: pytest.CaptureFixture[str], host: str, code: int, *options: str) -> str:
    assert submit.main([FILE, "--host", host, *options]) == code
    told = capsys.readouterr()
    text = told.out + told.err
    assert PASSWORD not in text and base64.b64encode(PASSWORD.encode()).decode() not in text
    return text


def test_a_proxy_of_the_environment_is_used(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    said(capsys, FAR, 0)
    assert len(server.runs) == 1
    assert {seen.headers["host"] for seen in server.seen} == {"kfp.example"}


def test_a_proxys_login_goes_to_the_proxy_and_is_not_shown(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = server.url.replace("http://", f"http://me%40corp:{PASSWORD}@")
    monkeypatch.setenv("http_proxy", address)
    said(capsys, FAR, 0)
    sent = {seen.headers["proxy-authorization"] for seen in server.seen}
    assert sent == {basic("me@corp", PASSWORD)}


@pytest.mark.parametrize("login", ["", f"me:{PASSWORD}@"])
def test_a_proxy_that_refuses_says_what_it_needs(
    login: str,
    server: KfpServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.faults["GET /healthz"] = [Reply(407, "", "text/html")]
    monkeypatch.setenv("http_proxy", server.url.replace("://", f"://{login}"))
    text = said(capsys, FAR, 2)
    assert f"the proxy {server.url} asks for a login (407): put it into https_proxy" in text


def test_a_proxy_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert "cannot reach the proxy http://127.0.0.1:1" in said(capsys, FAR, 2)


def test_no_proxy_is_respected(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "other.example,.example")
    assert "cannot be resolved" in said(capsys, FAR, 2) and not server.seen


@pytest.mark.parametrize(
    ("host", "variables", "url"),
    [
        ("https://kfp.example", {"https_proxy": "http://p:3128"}, "http://p:3128"),
        ("https://kfp.example", {"HTTPS_PROXY": "p"}, "http://p:80"),
        ("https://kfp.example", {"all_proxy": "https://[::2]"}, "https://[::2]:443"),
        ("https://kfp.example", {"http_proxy": "http://p:3128"}, None),
        ("http://localhost:8080", {"http_proxy": "http://p:3128"}, None),
        ("http://127.0.0.1:8080", {"all_proxy": "http://p:3128"}, None),
        ("https://kfp.example:8443", {"https_proxy": "p:1", "no_proxy": "kfp.example:8443"}, None),
        ("https://kfp.example", {"https_proxy": "p:1", "no_proxy": "*"}, None),
        ("https://kfp.example", {"https_proxy": "p:1", "NO_PROXY": "example"}, None),
    ],
)
def test_the_proxy_that_an_address_has(
    host: str, variables: dict[str, str], url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy.find(host)
    assert (found and found.url) == url


@pytest.mark.parametrize("text", ["socks5://p:1080", "http://", "http://p:0", "http://p:x"])
def test_what_is_no_proxy_is_said(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", text)
    with pytest.raises(Trouble, match="https_proxy is not the address of a proxy such as"):
        proxy.find("https://kfp.example")


@pytest.mark.parametrize("text", [f"me:{PASSWORD}\n", f"me:{PASSWORD}:and:colons"])
def test_a_password_from_a_file(
    text: str, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("login").write_text(text)
    user, _, password = text.strip().partition(":")
    server.basic = basic(user, password)
    told = said(capsys, server.url, 0, "--basic-auth-file", "login")
    assert "with the password in login" in told and len(server.runs) == 1


def test_a_password_that_is_refused_is_named_but_not_shown(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("login").write_text(f"me:{PASSWORD}")
    server.basic = basic("me", "another")
    told = said(capsys, server.url, 2, "--basic-auth-file", "login")
    assert "does not accept the password in login (401)" in told


@pytest.mark.parametrize("text", ["", "me", ":x", "me:", "a:b\nc:d"])
def test_a_password_that_is_none(
    text: str, server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("login").write_text(text)
    told = said(capsys, server.url, 2, "--basic-auth-file", "login")
    assert "what is in login is not USER:PASSWORD, in one line" in told and not server.seen


def test_a_password_and_a_token_are_one_too_many(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, server.url, 2, "--basic-auth-file", "a", "--token-file", "b")
    assert "--token-file and --basic-auth-file are both given" in told


@pytest.mark.parametrize("of_the_ui", [False, True])
@pytest.mark.parametrize(
    ("version", "code"),
    [("2.15.2", 2), ("2.16.0", 0), ("2.17.3", 0), ("v2.9", 2), ("unknown", 0), ("3.0.0", 0)],
)
def test_a_server_that_is_too_old_gets_nothing(
    version: str,
    code: int,
    of_the_ui: bool,
    server: KfpServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = Path(FILE).read_text()
    context = "{executors: {exec-trainer: {securityContext: {runAsNonRoot: true}}}}"
    Path(FILE).write_text(text.replace("      executors: {}", f"      {context[1:-1]}"))
    trainer = "components: {comp-trainer: {executorLabel: exec-trainer}}\npipelineInfo:"
    Path(FILE).write_text(Path(FILE).read_text().replace("pipelineInfo:", trainer, 1))
    server.version, server.of_the_ui = version, of_the_ui
    told = said(capsys, server.url, code)
    if code:
        assert f"this KFP is {version}, and the file takes KFP 2.16 or newer, because of " in told
        assert "compile it with --kfp, or upgrade KFP" in told and not server.pipelines


def test_what_cannot_be_compiled_for_is_not_advised() -> None:
    said = problem(Oldest((2, 14), "pvcNameParameter"), "2.5.0")
    assert said.endswith("because of pvcNameParameter: upgrade KFP")
