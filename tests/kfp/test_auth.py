"""Signing in: what arrives at the server in each way, and that no secret is ever shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import kfp.client.auth
import pytest

from kubeflow import submit
from kubeflow.client.credentials import Credentials
from tests.kfp.kfp_server import KfpServer, Reply, serve

SECRET = "eyJhbGciOi.hunter2hunter2"
OTHER = "eyJhbGciOi.swordfish"


pytestmark = pytest.mark.usefixtures("server", "in_its_folder")


def submitted(capsys: pytest.CaptureFixture[str], server: KfpServer, *options: str) -> str:
    """Submits with success, and returns what was said."""
    code = submit.main(["triptych-vae-smoke.yaml", "--host", server.url, *options])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert SECRET not in said.out + said.err
    assert len(server.runs) == 1
    return said.out


def refused(capsys: pytest.CaptureFixture[str], server: KfpServer, *options: str) -> str:
    """Submits without success, and returns the one sentence."""
    assert submit.main(["triptych-vae-smoke.yaml", "--host", server.url, *options]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert SECRET not in said.out + said.err and OTHER not in said.out + said.err
    assert not server.runs
    return said.err


def test_nothing_is_sent_where_nothing_is_given(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no credentials" in submitted(capsys, server)
    sent = [set(seen.headers) & {"authorization", "cookie"} for seen in server.seen]
    assert sent and not any(sent)


def test_a_token_from_the_environment(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.token = SECRET
    monkeypatch.setenv("TRIPTYCH_KFP_TOKEN", f"{SECRET}\n")
    assert "the token in TRIPTYCH_KFP_TOKEN" in submitted(capsys, server)


def test_a_token_from_a_file(server: KfpServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.token = SECRET
    Path("token").write_text(f"{SECRET}\n")
    assert "the token in token" in submitted(capsys, server, "--token-file", "token")


def test_the_token_that_kubernetes_puts_into_a_pod(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.token, server.multi_user = SECRET, True
    Path("projected").write_text(SECRET)
    Path("namespace").write_text("alice\n")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", "projected")
    monkeypatch.setattr(kfp.Client, "_NAMESPACE_PATH", "namespace")
    assert "the pod's token" in submitted(capsys, server)
    assert server.experiments[0]["namespace"] == "alice"
    assert not Path("context.json").exists()  # kfp would keep the namespace for ever


def test_a_token_file_is_read_for_every_request(
    server: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.token = SECRET
    Path("token").write_text(SECRET)
    original = server._list_experiments

    def rotate(seen: object) -> Reply:
        server.token = OTHER
        Path("token").write_text(OTHER)
        return original(seen)  # type: ignore[arg-type]

    server._list_experiments = rotate  # type: ignore[method-assign]
    submitted(capsys, server, "--token-file", "token")
    sent = [seen.headers["authorization"] for seen in server.seen]
    assert sent[0] == f"Bearer {SECRET}" and sent[-1] == f"Bearer {OTHER}"


MAGIC = "# Netscape HTTP Cookie File\n"
CURL = (
    f"{MAGIC}\n"
    f"#HttpOnly_kfp.io\tFALSE\t/\tTRUE\t0\tauthservice_session\t{SECRET}\n"
    ".kfp.io\tTRUE\t/\tFALSE\t4102444800\tlang\ten\n"
)
OLD = f"#HttpOnly_kfp.io\tFALSE\t/\tTRUE\t1577836800\told_session\t{OTHER}\n"  # since 2020


@pytest.mark.parametrize(
    ("text", "header"),
    [
        (f"authservice_session={SECRET}\n", f"authservice_session={SECRET}"),
        (f"Cookie: a=1; authservice_session={SECRET};", f"a=1; authservice_session={SECRET}"),
        (f"# mine\na=1\nauthservice_session={SECRET}\n", f"a=1; authservice_session={SECRET}"),
        (CURL, f"authservice_session={SECRET}; lang=en"),
        (CURL + OLD, f"authservice_session={SECRET}; lang=en"),
    ],
)
def test_cookies_from_a_file(
    server: KfpServer, capsys: pytest.CaptureFixture[str], text: str, header: str
) -> None:
    server.cookie = f"authservice_session={SECRET}"
    Path("cookies").write_text(text)
    assert "the cookies in cookies" in submitted(capsys, server, "--cookies-file", "cookies")
    assert {seen.headers["cookie"] for seen in server.seen} == {header}
    assert not any("authorization" in seen.headers for seen in server.seen)


def test_cookies_from_the_environment(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.cookie = f"oauth2_proxy_kubeflow={SECRET}"
    monkeypatch.setenv("TRIPTYCH_KFP_COOKIES", server.cookie)
    submitted(capsys, server)


@pytest.fixture
def google(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[KfpServer]:
    """Google's place for tokens, and a user who has signed in to it before."""
    saved = {"other_client_id": "app", "other_client_secret": "s3cret", "refresh_token": "again"}
    (tmp_path / "credentials.json").write_text(json.dumps({"iap": saved}))
    monkeypatch.setattr(kfp.client.auth, "LOCAL_KFP_CREDENTIAL", str(tmp_path / "credentials.json"))
    monkeypatch.setenv("KF_PIPELINES_APP_OAUTH2_CLIENT_SECRET", "s3cret")
    with serve() as started:
        monkeypatch.setattr(kfp.client.auth, "OAUTH_TOKEN_URI", f"{started.url}/token")
        yield started


IAP = ("--iap-client-id", "iap", "--iap-app-client-id", "app")


def test_iap_as_a_user_who_has_signed_in_before(
    server: KfpServer, google: KfpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.token = SECRET
    google.faults["POST /token"] = [Reply(200, json.dumps({"id_token": SECRET}))]
    assert "the token for IAP" in submitted(capsys, server, *IAP)
    assert "grant_type=refresh_token&audience=iap" in google.seen[0].body.decode()


def test_iap_without_a_token_says_what_it_needs(
    server: KfpServer,
    google: KfpServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    google.faults["POST /token"] = [Reply(400, json.dumps({"error": SECRET}))]
    assert "Google gave no token for IAP (ValueError)" in refused(capsys, server, *IAP)
    monkeypatch.delenv("KF_PIPELINES_APP_OAUTH2_CLIENT_SECRET")
    assert "given together" in refused(capsys, server, *IAP)
    # A user's own credentials of Google do not do for IAP, and kfp goes on without any.
    monkeypatch.setattr(kfp.client.auth, "get_service_account_credentials", lambda client: None)
    said = refused(capsys, server, "--iap-client-id", "another")
    assert "GOOGLE_APPLICATION_CREDENTIALS" in said and not server.seen


def test_two_ways_are_one_too_many(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_KFP_TOKEN", SECRET)
    said = refused(capsys, server, "--cookies-file", "cookies")
    assert "TRIPTYCH_KFP_TOKEN and --cookies-file" in said and not server.seen
    monkeypatch.delenv("TRIPTYCH_KFP_TOKEN")
    # kfp would take this one whatever else it is given.
    monkeypatch.setenv("KF_PIPELINES_IAP_OAUTH2_CLIENT_ID", "iap")
    assert "--token-file and --iap" in refused(capsys, server, "--token-file", "token")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot read token: No such file"),
        (b"\n", "there is no token in token"),
        (f"{SECRET}\n{OTHER}".encode(), "is not a token, which is a single word"),
        (f"Bearer {SECRET}".encode(), "is not a token, which is a single word"),
        (f"{SECRET}\u00e9".encode(), "is not a token, which is a single word"),
        (b"\xff\xfe", "is not a text file"),
    ],
)
def test_a_token_that_is_none(
    server: KfpServer, capsys: pytest.CaptureFixture[str], data: bytes | None, words: str
) -> None:
    if data is not None:
        Path("token").write_bytes(data)
    assert words in refused(capsys, server, "--token-file", "token") and not server.seen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(
            (text, "no cookies in cookies")
            for text in ("", SECRET, "# Netscape HTTP Cookie File\n")
        ),
        (f"a=1\x00; b={SECRET}", "no cookies in cookies"),
        (f"session={SECRET}\u00e9", "no cookies in cookies"),
        (CURL.replace("en\n", "\u00e9\n"), "no cookies in cookies"),
        (
            "# Netscape HTTP Cookie File\n" + OLD,
            "the cookies in cookies have expired; sign in again",
        ),
        (OLD, "cookies is not a cookie file in curl's format"),  # the first line is missing
        (CURL + f"kfp.io\t{SECRET}\n", "cookies is not a cookie file in curl's format"),
    ],
)
def test_cookies_that_are_none(
    server: KfpServer, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    Path("cookies").write_text(text)
    assert words in refused(capsys, server, "--cookies-file", "cookies") and not server.seen


def test_a_token_that_is_refused_is_named_but_not_shown(
    server: KfpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.token = OTHER
    monkeypatch.setenv("TRIPTYCH_KFP_TOKEN", SECRET)
    assert "does not accept the token in TRIPTYCH_KFP_TOKEN (401)" in refused(capsys, server)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_a_server_that_repeats_a_secret_is_not_quoted(
    server: KfpServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    monkeypatch.setenv("TRIPTYCH_KFP_COOKIES", f"lang=en; session={SECRET}")
    # So long that the secret would be cut in two by what shortens the sentence.
    echo = json.dumps({"message": "x" * 290 + SECRET})
    server.faults["GET /healthz"] = [Reply(status, echo)]
    code = submit.main(["triptych-vae-smoke.yaml", "--host", server.url])
    said = capsys.readouterr().err
    assert code == (1 if status == 500 else 2) and SECRET[:5] not in said and "xxx" in said


def test_a_secret_is_in_no_representation() -> None:
    credentials = Credentials("the token", {"existing_token": SECRET})
    assert SECRET not in repr(credentials)


def test_damaged_settings_of_kfp_are_named(
    server: KfpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("{", "{}"):
        (tmp_path / "context.json").write_text(text)
        assert "context.json" in refused(capsys, server)
