"""The submit client's front door: what it uploads and starts, and what it says when it cannot."""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kubeflow import submit
from kubeflow.client import answers, options, schedule, upload
from tests.commands import HEARING_CTRL_C
from tests.kfp.kfp_server import (
    LOGIN_PAGE,
    KfpServer,
    Reply,
    clean,
    compiled,
    serve,
)
from tests.kfp.workflow import RUN_ID, pod_node, run

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = [sys.executable, "kubeflow/submit.py"]


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(compiled(tmp_path))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    """Submits what must fail before a run is started, and returns the one sentence."""
    assert submit.main(list(arguments)) == code
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and said.err.startswith("kubeflow/submit.py: ")
    return said.err


def test_help_names_the_options_and_the_ways_to_sign_in_without_loading_kfp() -> None:
    asks = (
        "import sys\n"
        "from kubeflow import submit\n"
        "submit.parse(['--host', 'localhost:8080', '--schedule', '0 3 * * *'])\n"
        "print({'kfp', 'kfp_server_api', 'yaml', 'urllib3'} & set(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", asks], cwd=PROJECT, capture_output=True, text=True
    )
    assert loaded.stdout == "set()\n", loaded.stderr
    shown = subprocess.run([*SCRIPT, "--help"], cwd=PROJECT, capture_output=True, text=True).stdout
    for part in ("--host", "--experiment", "--namespace", "--wait", "--schedule", "--timeout"):
        assert part in shown
    for part in ("--token-file", "TRIPTYCH_KFP_TOKEN", "--cookies-file", "--iap-client-id", "130"):
        assert part in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--host"),
        (["--host", "ftp://kfp"], "is not an address such as"),
        (["--host", "http://kfp:port"], "is not an address such as"),
        (["--host", "https://kfp/?x=1"], "is not an address such as"),
        (["--host", "https://me:hunter2@kfp"], "leave the user and the password out"),
        (["--host", "http://kfp", "--wait", "--schedule", "0 3 * * *"], "no end"),
        (["--host", "http://kfp", "--timeout", "5"], "--wait"),
        (["--host", "http://kfp", "--start-timeout", "5"], "--start-timeout needs --wait"),
        (["--host", "http://kfp", "--wait", "--start-timeout", "-1"], "above 0"),
        (["--host", "http://kfp", "--schedules", "--unschedule", "x"], "choose one"),
        (["--host", "http://kfp", "--schedules", "--wait"], "submit nothing"),
        (["--host", "http://kfp", "--unschedule", "x", "a.yaml"], "submit nothing"),
        (["--host", "http://kfp", "--retries", "1"], "--retries needs --wait"),
        (["--host", "http://kfp", "--wait", "--retries", "-1"], "from 0 to 100"),
        (["--host", "http://kfp", "--wait", "--timeout", "0"], "above 0"),
        (["--host", "http://kfp", "--wait", "--timeout", "nan"], "above 0"),
        (["--host", "http://kfp", "--wait", "--timeout", "1e400"], "than a year"),
        (["--host", "http://kfp", "--schedule", f"*/{'9' * 5000} * * * *"], "minutes"),
        (["--host", "http://kfp", "--schedule", "*/60 * * * *"], "minutes"),
        (["--host", "http://kfp", "--schedule", "every day"], "2 fields"),
    ],
)
def test_bad_usage_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    clean(monkeypatch, tmp_path)
    with pytest.raises(SystemExit) as ended:
        submit.main(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == 2 and words in said and "hunter2" not in said


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("kfp.example.org/pipeline/", "https://kfp.example.org/pipeline"),
        ("http://ml-pipeline.kubeflow:8888", "http://ml-pipeline.kubeflow:8888"),
    ],
)
def test_an_address_needs_no_scheme(given: str, read: str) -> None:
    assert options.address(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("0 0 3 * * *", "0 0 3 * * *"),
        ("*/15 8-18 ? jan,JUL mon-fri", "0 */15 8-18 ? jan,JUL mon-fri"),
        ("5/10 * 1-31/2 * 0,6", "0 5/10 * 1-31/2 * 0,6"),
    ],
)
def test_a_schedule_gets_its_seconds(given: str, read: str) -> None:
    assert schedule.six_fields(given) == read


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("", "0 fields"),
        ("* * * *", "4 fields"),
        ("@daily", "1 fields"),
        ("60 3 * * *", "'60' for the minutes"),
        ("0 24 * * *", "'24' for the hours"),
        ("0 3 0 * *", "'0' for the day of the month"),
        ("0 3 * 13 *", "'13' for the month"),
        ("0 3 * * 7", "'7' for the day of the week"),
        ("0 3 * * fry", "'fry' for the day of the week"),
        ("5-1 3 * * *", "'5-1' for the minutes"),
        ("1-2-3 3 * * *", "'1-2-3' for the minutes"),
        ("*/0 3 * * *", "'*/0' for the minutes"),
        ("1,,2 3 * * *", "'1,,2' for the minutes"),
        ("-1 3 * * *", "'-1' for the minutes"),
        ("² 3 * * *", "'²' for the minutes"),
    ],
)
def test_a_malformed_schedule_is_refused_by_field(given: str, named: str) -> None:
    with pytest.raises(schedule.BadSchedule, match=re.escape(named)):
        schedule.six_fields(given)


def test_another_environment_says_which_one_to_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(submit, "NEEDED", ("sys", "nonesuch"))
    said = refused(capsys, "--host", "localhost")
    assert "does not have nonesuch; run `make setup-kubeflow`, then `.venv-kubeflow/bin/" in said


def test_a_file_that_is_no_pipeline_is_refused_by_name(
    server: KfpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        "text.txt": "a: 1",
        "list.yaml": "[1, 2]",
        "other.yaml": "kind: Deployment",
        "broken.yaml": "a: [1",
        "empty.yaml": "",
        "nameless.yaml": "root: {dag: {tasks: {a: {}}}}\n---\nplatforms: {}",
        "taskless.yaml": "pipelineInfo: {name: a}\n---\nplatforms: {}",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.yaml").mkdir()
    for name in [*texts, "binary.yaml", "folder.yaml", "missing.yaml"]:
        assert name in refused(capsys, "--host", server.url, str(tmp_path / name))
    assert not server.seen


def test_without_a_name_the_only_compiled_file_is_meant(
    server: KfpServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(upload, "FOLDER", tmp_path / "build")
    assert "make kubeflow" in refused(capsys, "--host", server.url)
    (tmp_path / "build").mkdir()
    compiled(tmp_path / "build", "one")
    compiled(tmp_path / "build", ".unfinished")
    assert submit.main(["--host", server.url]) == 0
    assert [it["name"] for it in server.pipelines] == ["one"]
    capsys.readouterr()
    compiled(tmp_path / "build", "two")
    said = refused(capsys, "--host", server.url)
    assert "one.yaml" in said and "two.yaml" in said


def test_the_first_submission_makes_experiment_pipeline_and_run(
    server: KfpServer, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--run-name", "tonight", "--pipeline-root", "s3://b/r", "--service-account", "trainer"]
    assert submit.main([file, "--host", server.url, "--experiment", "digits", *more]) == 0
    said = capsys.readouterr()
    assert said.err == "" and f"{server.url}/#/runs/details/{RUN_ID}" in said.out
    assert said.out.splitlines()[-1] == "submitted"
    assert [it["display_name"] for it in server.experiments] == ["digits"]
    [uploaded] = server.asked("POST /pipelines/upload")
    assert uploaded.body == Path(file).read_bytes()
    [started] = server.runs
    assert started["display_name"] == "tonight" and started["experiment_id"] == "experiment-1"
    assert started["service_account"] == "trainer"
    assert started["runtime_config"]["pipeline_root"] == "s3://b/r"
    assert started["pipeline_version_reference"] == {
        "pipeline_id": "pipeline-1",
        "pipeline_version_id": "version-1",
    }
    assert not server.asked("GET /runs")


def test_with_many_users_all_is_done_in_the_namespace(
    server: KfpServer, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.multi_user = True
    assert "--namespace" in refused(capsys, file, "--host", server.url)
    assert [seen.path for seen in server.seen] == ["/apis/v2beta1/healthz"]
    for _ in range(2):
        assert submit.main([file, "--host", server.url, "--namespace", "alice"]) == 0
    assert server.experiments[0]["namespace"] == "alice"
    assert [it["namespace"] for it in server.pipelines] == ["alice"] and len(server.versions) == 1
    assert len(server.asked("POST /pipelines")) == 1  # the second found what the first had made


def test_with_one_user_a_namespace_is_left_out(
    server: KfpServer, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([file, "--host", server.url, "--namespace", "alice"]) == 0
    assert "so --namespace alice is ignored" in capsys.readouterr().out
    assert not server.experiments[0].get("namespace")


HTML = Reply(200, LOGIN_PAGE, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("where", "reply", "code", "words"),
    [
        (
            "GET /healthz",
            Reply(401, '{"message": "no token"}'),
            2,
            "requires credentials, and got none (401): no token",
        ),
        ("GET /healthz", Reply(403, "RBAC: access denied", "text/plain"), 2, "RBAC: access denied"),
        ("GET /healthz", Reply(404, "404 page not found", "text/plain"), 2, "KFP's address"),
        ("GET /healthz", HTML, 2, "/pipeline"),
        ("GET /healthz", Reply(302, location="/dex/auth?state=5"), 2, "asks for a login"),
        (
            "GET /healthz",
            Reply(301, location="https://kfp.io/x/apis/v2beta1"),
            2,
            "https://kfp.io/x:",
        ),
        ("GET /healthz", Reply(502, LOGIN_PAGE, "text/html"), 1, "KFP failed (502)"),
        ("GET /healthz", Reply(0), 2, "the connection was lost"),
        ("GET /healthz", Reply(200, "OK", "text/plain"), 2, "not as KFP's API"),
        ("GET /experiments", Reply(500, '{"message": "no database"}'), 1, "no database"),
        ("GET /experiments", Reply(400, '{"message": "bad filter"}'), 2, "bad filter"),
        ("POST /experiments", Reply(200, "{}"), 2, "has no id"),
        (
            "POST /pipelines/upload",
            Reply(400, '{"error_message": "bad spec"}'),
            2,
            "(400): bad spec",
        ),
        ("POST /pipelines/upload", Reply(200, "{}"), 2, "has no id"),
        ("POST /runs", Reply(500, '{"message": "no workflow"}'), 1, "not known to run"),
        ("POST /runs", Reply(0), 1, "it may have started all the same"),
        (
            "POST /runs",
            Reply(401),
            2,
            "version triptych-vae-smoke is in KFP, but is not known to run",
        ),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(
    server: KfpServer,
    file: str,
    capsys: pytest.CaptureFixture[str],
    where: str,
    reply: Reply,
    code: int,
    words: str,
) -> None:
    server.faults[where] = [reply]
    assert words in refused(capsys, file, "--host", server.url, code=code)
    assert not server.runs


def test_two_experiments_of_one_name_are_kfps_own_complaint(
    server: KfpServer, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.experiments = [{"experiment_id": str(i), "display_name": "twice"} for i in range(2)]
    said = refused(capsys, file, "--host", server.url, "--experiment", "twice")
    assert "Multiple experiments" in said and not server.pipelines


def test_an_address_where_nothing_answers(
    server: KfpServer,
    file: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(answers, "LIMITS", (0.2, 0.2))
        assert "did not answer within" in refused(capsys, file, "--host", address)
    assert "nothing answers there" in refused(capsys, file, "--host", address)
    assert "cannot be resolved" in refused(capsys, file, "--host", "http://kfp.invalid")


def test_tls_needs_an_authority_that_is_known(
    server: KfpServer, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(context) as secure:
        assert "--ssl-ca-cert" in refused(capsys, file, "--host", secure.url)
        trusting = ["--ssl-ca-cert", str(certificate)]
        assert submit.main([file, "--host", secure.url, *trusting]) == 0
        capsys.readouterr()
        wrong = ["--ssl-ca-cert", file]
        assert "holds no certificate" in refused(capsys, file, "--host", secure.url, *wrong)
        missing = ["--ssl-ca-cert", str(tmp_path / "nonesuch.pem")]
        assert "nonesuch.pem" in refused(capsys, file, "--host", secure.url, *missing)
    plain = server.url.replace("http:", "https:")
    assert "is it really https?" in refused(capsys, file, "--host", plain)


def test_the_script_waits_and_ends_as_the_run_did(server: KfpServer, file: str) -> None:
    server.course = [run("SUCCEEDED", data_gate="SUCCEEDED", trainer="SUCCEEDED")]
    done = _script(file, "--host", server.url, "--wait")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and done.stderr == "" and lines[-1] == "pushed"
    assert lines[-2].endswith(f"{server.url}/#/runs/details/{RUN_ID}")
    server.course = [run("FAILED", data_gate="FAILED")]
    server.logs[pod_node("data-gate")] = "10:00:00 refused: 3 anomalies\n"
    done = _script(file, "--host", server.url, "--wait")
    assert done.returncode == 3 and done.stderr == ""
    assert done.stdout.splitlines()[-1] == "refused: data-gate: 3 anomalies"


def test_ctrl_c_leaves_the_run_alone_and_says_so(server: KfpServer, file: str) -> None:
    asked = threading.Event()

    def once_asked() -> dict[str, object]:
        asked.set()
        server.course.append(run("RUNNING", trainer="RUNNING"))
        return run("RUNNING", trainer="RUNNING")

    server.course = [once_asked]
    command = [*HEARING_CTRL_C, *SCRIPT, file, "--host", server.url, "--wait"]
    started = subprocess.Popen(
        command,
        cwd=PROJECT,
        text=True,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert asked.wait(20)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=20)
    assert started.returncode == 130 and err == ""
    assert "stopped following; the run goes on" in out and out.splitlines()[-1].endswith(RUN_ID)


def _script(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*SCRIPT, *arguments]
    return subprocess.run(
        command, cwd=PROJECT, text=True, capture_output=True, timeout=60, env=_environment()
    )


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def _certificate(folder: Path) -> Path:
    """A certificate of this machine that signs itself, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file
