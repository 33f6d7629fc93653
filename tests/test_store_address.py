"""Addresses of object stores, and what a store refuses: each in a sentence that says what to do."""

import pytest

from kubeflow.store.address import BadStore, endpoint_of, parse
from kubeflow.store.files import Files
from kubeflow.store.trouble import StoreTrouble, sentence
from tests.s3_server import BUCKET, KEY, SECRET, s3_server


@pytest.mark.parametrize(
    ("bucket", "key", "seen", "said"),
    [
        (BUCKET, "another-key", "access is denied; the keys of --store", "keys are not accepted"),
        ("other", KEY, *["there is no bucket 'other'; make it, or compile with another"] * 2),
    ],
)
def test_a_store_that_refuses_is_told(
    bucket: str, key: str, seen: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with s3_server() as server:
        files = Files(parse(f"s3://{bucket}/x"), server.endpoint)
        with pytest.raises(StoreTrouble, match=seen):
            files.check()
        with pytest.raises(StoreTrouble, match=said):
            files.write("a", b"")


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        ("s3://bucket/some/prefix/", "s3", "bucket/some/prefix"),
        ("minio://mlpipeline/triptych", "s3", "mlpipeline/triptych"),
        ("gs://my.bucket", "gs", "my.bucket"),
        ("file:///tmp/a%20b", "folder", "/tmp/a b"),
        ("/tmp/store", "folder", "/tmp/store"),
    ],
)
def test_addresses(text: str, kind: str, path: str) -> None:
    found = parse(text)
    assert (found.kind, found.path, str(found)) == (kind, path, text.rstrip("/"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3://key:secret@bucket/x", "leave keys and options out of the s3:// address"),
        ("s3://bucket/x?region=eu", "leave keys and options out of the s3:// address"),
        ("s3://Bucket/x", "is not the address of an object store; use s3://BUCKET/PREFIX"),
        ("s3://", "is not the address of an object store"),
        ("s3://bucket/a/../b", "is not the address of an object store"),
        ("http://host/bucket", "is not the address of an object store"),
        ("", "the object store '' is no path"),
    ],
)
def test_what_is_no_address_is_told(text: str, words: str) -> None:
    with pytest.raises(BadStore, match=words.replace("?", r"\?")):
        parse(text)


def test_endpoints() -> None:
    s3, minio = parse("s3://bucket/x"), parse("minio://mlpipeline/x")
    assert endpoint_of(s3, "") == ""
    assert endpoint_of(s3, "https://storage.example.com/") == "https://storage.example.com"
    assert endpoint_of(minio, "") == "http://minio-service.kubeflow:9000"
    assert endpoint_of(minio, "http://seaweed:8333") == "http://seaweed:8333"
    for wrong in ("seaweed:8333", "http://user:pw@host", "http://host/bucket"):
        with pytest.raises(BadStore, match="is not an endpoint; use http://HOST:PORT"):
            endpoint_of(s3, wrong)
    with pytest.raises(BadStore, match="a folder has no endpoint"):
        endpoint_of(parse("/tmp/x"), "http://host:1")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("AWS Error NO_SUCH_BUCKET during ListObjectsV2", "there is no bucket 'bucket'; make it"),
        ("AWS Error INVALID_ACCESS_KEY_ID during PutObject", "its keys are not accepted; check"),
        ("AWS Error ACCESS_DENIED during HeadObject", "access is denied; the keys of --store-se"),
        ("AWS Error NETWORK_CONNECTION: curlCode: 7", "its server does not answer; check --store"),
        ("UNAVAILABLE: Could not create a OAuth2 access token", "no keys for it were found; give"),
        ("HTTP status 301", "the bucket is in another region; set AWS_REGION"),
        ("the moon is full", "failed: the moon is full; the same task can be tried again"),
    ],
)
def test_what_a_store_refuses_is_told(said: str, words: str) -> None:
    told = sentence(parse("s3://bucket/x"), "http://host:9000", said, "output/a")
    assert told.startswith("the object store s3://bucket/x/output/a at http://host:9000")
    assert words in told
