"""Addresses of metadata stores: what is understood, and what is said of the rest."""

import subprocess
import sys
from pathlib import Path

import pytest

from modules.contract.values import BadValue
from pipeline.metadata.address import FORMS, Address, BadAddress, parse


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/data/store.sqlite", Address("file", path="/data/store.sqlite")),
        ("grpc://triptych-metadata:8080", Address("grpc", host="triptych-metadata", port=8080)),
        ("grpc://a.b_c.svc:1", Address("grpc", host="a.b_c.svc", port=1)),
        ("grpc://[fd00::1]:8080", Address("grpc", host="fd00::1", port=8080)),
        ("mysql://db:3306/mlmd", Address("mysql", host="db", port=3306, database="mlmd")),
        ("mysql://10.0.0.7:65535/m-1_$", Address("mysql", "", "10.0.0.7", 65535, "m-1_$")),
    ],
)
def test_addresses_are_read_and_written(text: str, address: Address) -> None:
    assert parse(text) == address
    assert str(address) == text


def test_a_path_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse("a/b.sqlite").path == str(tmp_path / "a" / "b.sqlite")
    monkeypatch.setenv("HOME", "/home/someone")
    assert parse("~/b.sqlite").path == "/home/someone/b.sqlite"


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "localhost:8080"),
        *("http://host:1", "sqlite:///file", "grpcs://host:1", "GRPC://host:1"),
        *("grpc://", "grpc://host", "grpc://host:", "grpc://:8080", "grpc://host:x"),
        *("grpc://host:0", "grpc://host:65536", "grpc://host:8080/database", "grpc://a b:1"),
        *("grpc://fd00::1:8080", "grpc://host:8080?x=1", "grpc://-host:1"),
        *("mysql://host:3306", "mysql://host:3306/", "mysql://host/db", "mysql://host:1/a/b"),
        *("mysql://host:3306/a;b", "mysql://host:3306/db\n"),
    ],
)
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse(text)
    assert FORMS in str(refused.value) and f"'{text}'" in str(refused.value)
    assert isinstance(refused.value, BadValue)


@pytest.mark.parametrize("text", ["mysql://ann:s3cret@host:3306/db", "grpc://s3cret@host:8080"])
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadAddress, match="TRIPTYCH_MYSQL_USER and TRIPTYCH_MYSQL_PASSWORD") as no:
        parse(text)
    assert "s3cret" not in str(no.value)


def test_nothing_heavy_is_imported(project: Path) -> None:
    code = (
        "import sys, pipeline.metadata.address\n"
        "print(*{name.split('.')[0] for name in sys.modules} & {'tfx', 'grpc', 'ml_metadata'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
