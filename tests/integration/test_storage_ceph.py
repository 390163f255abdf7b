"""What only a server that checks can show: wrong keys are refused, and a lock locks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from services.s3_user import S3User

from include.cli.doctor import LACKING, examine
from include.errors import StorageError
from include.storage import open_storage

pytestmark = pytest.mark.services


@pytest.mark.parametrize("wrong", ["access_key", "secret_key"])
def test_wrong_keys_are_refused_without_showing_them(ceph: S3User, tmp_path: Path, wrong: str) -> None:
    url = f"s3://{ceph.create_bucket()}/root"
    forged = dataclasses.replace(ceph, **{wrong: "WRONG-KEY-OF-SOMEONE"})
    store = open_storage(url, forged.settings(tmp_path))
    asks: list[Callable[[], object]] = [
        lambda: list(store.list("")),
        lambda: store.stat("x"),
        lambda: store.read("x"),
        lambda: store.put("x", b"x"),
        lambda: store.put_once("x", b"x"),
        store.capabilities,
    ]
    for ask in asks:
        with pytest.raises(StorageError) as caught:
            ask()
        assert caught.value.code == "storage-denied"
        assert "WRONG-KEY" not in f"{caught.value} {caught.value.hint} {caught.value.ko}"


def test_a_locking_bucket_is_seen_and_left_empty(ceph: S3User, tmp_path: Path) -> None:
    store = open_storage(f"s3://{ceph.create_bucket(object_lock=True)}", ceph.settings(tmp_path))
    found = store.capabilities()
    assert (found.versions, found.object_lock) == (True, True)
    assert list(store.list("")) == []


def test_an_upload_that_was_changed_on_its_way_is_refused(
    ceph: S3User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_storage(f"s3://{ceph.create_bucket()}", ceph.settings(tmp_path))
    honest = "include.storage.s3._body"
    monkeypatch.setattr(honest, lambda data: {"Body": data + b"!", "ContentMD5": "XrY7u+Ae7tCTyyK7j1rNww=="})
    with pytest.raises(StorageError) as caught:
        store.put_once("x", b"hello world")
    assert caught.value.code == "storage-refused"
    assert list(store.list("")) == []


def test_doctor_tells_what_a_plain_bucket_lacks(ceph: S3User, tmp_path: Path) -> None:
    config = ceph.settings(tmp_path, storage=f"s3://{ceph.create_bucket()}/root")
    found = [(f.state, f.en) for f in examine(config) if f.subject == "storage"]
    assert found[0][0] == "ok"
    assert found[1:] == [("limited", LACKING["versions"][1]), ("limited", LACKING["object_lock"][1])]
