"""Stores that know less than S3, break off or are not there: nothing is lost, cut short or overwritten in silence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import boto3
import pytest
from services.moto_server import Fault, both, breaking_off, moto, pages_of, refusing, without_condition, without_list_v2
from services.processes import free_port
from services.s3_user import S3User

from include.errors import ContractError, DeliveryError, StorageError
from include.settings import Settings
from include.storage import Storage, open_storage


@pytest.fixture
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    fault: Fault = request.param
    with moto(fault) as user:
        yield open_storage(f"s3://{user.create_bucket()}/root", user.settings(tmp_path))


def raw_put(user: S3User, bucket: str, key: str, body: bytes) -> None:
    client = boto3.client(
        "s3", endpoint_url=user.endpoint, aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1"
    )
    client.put_object(Bucket=bucket, Key=key, Body=body)
    client.close()


@pytest.mark.parametrize("faulty", [without_condition, refusing("PUT", "HTTP_IF_NONE_MATCH")], indirect=True)
def test_without_the_condition_what_is_published_stays_and_doctor_can_tell(faulty: Storage) -> None:
    assert faulty.put_once("x", b"first") is True
    assert faulty.put_once("x", b"first") is False
    with pytest.raises(StorageError) as caught:
        faulty.put_once("x", b"other")
    assert caught.value.code == "already-exists"
    assert faulty.read("x") == b"first"
    assert faulty.capabilities().put_once is False


SMALL = pages_of(7)


@pytest.mark.parametrize(
    "faulty", [SMALL, both(without_list_v2, SMALL), both(refusing("GET", "list-type=2"), SMALL)], indirect=True
)
def test_a_list_comes_to_its_end_with_or_without_list_v2(faulty: Storage) -> None:
    names = [f"한{i % 12:02}/{i:04}+ %" for i in range(24)]
    names.sort()
    for name in names:
        faulty.put_once(name, b"")
    assert [o.key for o in faulty.list("")] == names
    assert list(faulty.folders("")) == [f"한{i:02}" for i in range(12)]


def test_a_list_of_versions_comes_to_its_end(tmp_path: Path) -> None:
    with moto(SMALL) as user:
        store = open_storage(f"s3://{user.create_bucket(versioning=True)}", user.settings(tmp_path))
        for _ in range(3):
            latest = [store.put(f"가/{i:02}", b"x") for i in range(9)]
        assert list(store.list("")) == latest


@pytest.mark.parametrize("faulty", [refusing("GET", "versioning")], indirect=True)
def test_a_store_that_knows_no_versions_pins_none(faulty: Storage) -> None:
    assert faulty.put("x", b"x").version is None
    assert [o.version for o in faulty.list("")] == [None]
    assert faulty.capabilities().versions is False


@pytest.mark.parametrize("faulty", [breaking_off(times=3, after=1_000_000)], indirect=True)
def test_a_stream_that_breaks_off_is_resumed(faulty: Storage, tmp_path: Path) -> None:
    data = bytes(range(256)) * 15_000
    faulty.put("big", data)
    got = faulty.fetch("big", tmp_path / "copy")
    assert (got.size, got.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (tmp_path / "copy").read_bytes() == data


@pytest.mark.parametrize("faulty", [breaking_off(times=99, after=10)], indirect=True)
def test_a_stream_that_keeps_breaking_off_fails_and_leaves_no_file(faulty: Storage, tmp_path: Path) -> None:
    faulty.put("big", b"x" * 100_000)
    with pytest.raises(StorageError) as caught:
        faulty.fetch("big", tmp_path / "copy")
    assert caught.value.code == "storage-unavailable"
    assert not (tmp_path / "copy").exists()


def test_an_object_that_changes_under_a_broken_stream_is_not_mixed(tmp_path: Path) -> None:
    with moto(breaking_off(times=1, after=1_500_000)) as user:
        store = open_storage(f"s3://{user.create_bucket()}", user.settings(tmp_path))
        store.put("x", b"a" * 3_000_000)
        chunks = store.stream("x")
        next(chunks)
        store.put("x", b"b" * 3_000_000)
        with pytest.raises(StorageError) as caught:
            list(chunks)
        assert caught.value.code == "storage-unavailable"
        assert "changed" in caught.value.message


@pytest.mark.parametrize("key", ["d/../x", "d//x", "d/a\\b", "d/\x07", "d/folder/"])
def test_a_delivered_key_that_is_no_plain_path_is_refused_by_name(moto_s3: S3User, tmp_path: Path, key: str) -> None:
    bucket = moto_s3.create_bucket()
    raw_put(moto_s3, bucket, f"root/{key}", b"data")
    store = open_storage(f"s3://{bucket}/root", moto_s3.settings(tmp_path))
    with pytest.raises(DeliveryError) as caught:
        list(store.list("d/"))
    assert caught.value.code == "unsafe-path"
    assert repr(key) in caught.value.message


def test_folder_markers_of_consoles_are_no_objects(moto_s3: S3User, tmp_path: Path) -> None:
    bucket = moto_s3.create_bucket()
    for marker in ("root/", "root/d/", "root/d/empty/"):
        raw_put(moto_s3, bucket, marker, b"")
    raw_put(moto_s3, bucket, "root/d/x", b"x")
    store = open_storage(f"s3://{bucket}/root", moto_s3.settings(tmp_path))
    assert [o.key for o in store.list("")] == ["d/x"]
    assert list(store.folders("d/")) == ["empty"]


def test_folders_that_no_key_can_name_do_not_stop_the_scan(moto_s3: S3User, tmp_path: Path) -> None:
    bucket = moto_s3.create_bucket()
    for key in ("root/V-1//x", "root/V-1/../x", "root/V-1/a\\b/x", "root/V-1/D-1/x"):
        raw_put(moto_s3, bucket, key, b"x")
    store = open_storage(f"s3://{bucket}/root", moto_s3.settings(tmp_path))
    assert list(store.folders("V-1/")) == ["D-1"]


def test_nothing_outside_the_prefix_is_seen(moto_s3: S3User, tmp_path: Path) -> None:
    bucket = moto_s3.create_bucket()
    for key in ("root", "root-2/x", "rooted", "root/x"):
        raw_put(moto_s3, bucket, key, b"x")
    store = open_storage(f"s3://{bucket}/root/", moto_s3.settings(tmp_path))
    assert [o.key for o in store.list("")] == ["x"]
    assert store.url == f"s3://{bucket}/root"


def test_a_bucket_that_is_not_there_is_our_configuration(moto_s3: S3User, tmp_path: Path) -> None:
    store = open_storage("s3://no-such-bucket-here/x", moto_s3.settings(tmp_path))
    for ask in (lambda: list(store.list("")), lambda: store.put_once("x", b"x"), lambda: store.read("x")):
        with pytest.raises(ContractError) as caught:
            ask()
        assert caught.value.code == "storage-settings"


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    user = S3User(f"http://127.0.0.1:{free_port()}", "any", "any")
    with pytest.raises(StorageError) as caught:
        list(open_storage("s3://bucket/x", user.settings(tmp_path)).list(""))
    assert caught.value.code == "storage-unavailable"


@pytest.mark.parametrize("url", ["s3://", "s3://bucket/a//b", "s3://bucket/../b", "s3://b", "s3://not a bucket/x"])
def test_a_url_that_names_no_bucket_is_our_configuration(moto_s3: S3User, tmp_path: Path, url: str) -> None:
    with pytest.raises(ContractError):
        list(open_storage(url, moto_s3.settings(tmp_path)).list(""))


def test_key_files_must_be_there_and_come_in_pairs(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("k")
    for files in ({"s3_access_key_file": key}, {"s3_access_key_file": key, "s3_secret_key_file": tmp_path / "none"}):
        with pytest.raises(ContractError) as caught:
            open_storage("s3://bucket", Settings(home=tmp_path, **files))
        assert caught.value.code == "storage-settings"
