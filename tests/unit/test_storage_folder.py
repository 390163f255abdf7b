"""The local folder's own promises: nothing outside is touched, nothing odd is skipped, nothing appears half-written."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from include.errors import ContractError, DeliveryError, StorageError
from include.settings import Settings
from include.storage import open_storage
from include.storage.folder import TEMPORARY, FolderStorage


@pytest.fixture
def store(tmp_path: Path) -> FolderStorage:
    (tmp_path / "store").mkdir()
    return FolderStorage(tmp_path / "store")


def names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir())


def plant(store: FolderStorage, kind: str) -> None:
    """Put something that is no plain file at d/odd; `outside/secret` is what it may lead to."""
    outside = store.root.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    odd = store.root / "d" / "odd"
    odd.parent.mkdir()
    (odd.parent / "zzz").write_bytes(b"data")
    match kind:
        case "link to a file":
            odd.symlink_to(outside / "secret")
        case "link to a folder":
            odd.symlink_to(outside)
        case "link to nothing":
            odd.symlink_to(outside / "none")
        case "link inside":
            odd.symlink_to("zzz")
        case "pipe":
            os.mkfifo(odd)
        case "socket":
            with socket.socket(socket.AF_UNIX) as s:
                here = Path.cwd()
                os.chdir(odd.parent)  # a socket's path may have 108 bytes at most
                try:
                    s.bind("odd")
                finally:
                    os.chdir(here)


ODD = ["link to a file", "link to a folder", "link to nothing", "link inside", "pipe", "socket"]


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_plain_file_is_refused_by_name_everywhere(store: FolderStorage, kind: str) -> None:
    plant(store, kind)
    for prefix in ("", "d/", "d/odd"):
        with pytest.raises(DeliveryError) as caught:
            list(store.list(prefix))
        assert caught.value.code == "unsafe-path"
        assert "'d/odd'" in caught.value.message
    for key in ("d/odd",) if "link" not in kind else ("d/odd", "d/odd/secret"):
        for ask in (store.stat, store.read, store.digest, lambda k: list(store.stream(k))):
            with pytest.raises(DeliveryError) as caught:
                ask(key)
            assert caught.value.code == "unsafe-path"


def test_a_link_in_the_way_is_not_written_through(store: FolderStorage) -> None:
    plant(store, "link to a folder")
    for put in (store.put, store.put_once):
        with pytest.raises(DeliveryError) as caught:
            put("d/odd/new", b"x")
        assert caught.value.code == "unsafe-path"
    assert names(store.root.parent / "outside") == ["secret"]


def test_put_replaces_a_link_and_put_once_refuses_it(store: FolderStorage) -> None:
    plant(store, "link to a file")
    with pytest.raises(DeliveryError):
        store.put_once("d/odd", b"x")
    store.put("d/odd", b"mine")
    assert store.read("d/odd") == b"mine"
    assert (store.root.parent / "outside" / "secret").read_bytes() == b"secret"


def test_one_odd_entry_spoils_its_own_delivery_only(store: FolderStorage) -> None:
    plant(store, "link to a folder")
    store.put("e/x", b"x")
    assert [o.key for o in store.list("e/")] == ["e/x"]
    assert list(store.folders("")) == ["d", "e"]
    assert list(store.folders("d/")) == ["odd"]  # named, so that whoever looks inside is told


def test_folders_that_no_key_can_name_do_not_stop_the_scan(store: FolderStorage) -> None:
    for name in (b"caf\xe9", b"a\\b", b"new\nline", b"D-1"):
        os.mkdir(os.fsencode(store.root) + b"/" + name)  # noqa: PTH102 - a Path cannot hold these bytes
    assert list(store.folders("")) == ["D-1"]


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"new\nline", b"back\\slash", b"esc\x1b[2J"])
def test_names_that_are_no_plain_text_are_refused(store: FolderStorage, name: bytes) -> None:
    (store.root / "d").mkdir()
    with open(os.fsencode(store.root / "d") + b"/" + name, "wb"):  # noqa: PTH123 - a Path cannot hold these bytes
        pass
    with pytest.raises(DeliveryError) as caught:
        list(store.list("d/"))
    assert caught.value.code == "unsafe-path"
    assert caught.value.message.isprintable()
    caught.value.message.encode()


def test_a_folder_deeper_than_any_key_is_refused_not_followed_forever(store: FolderStorage) -> None:
    deep = store.root
    for _ in range(6):
        deep = deep / ("x" * 200)
        deep.mkdir()
    with pytest.raises(DeliveryError) as caught:
        list(store.list(""))
    assert caught.value.code == "unsafe-path"


def test_files_being_written_are_no_objects(store: FolderStorage) -> None:
    (store.root / TEMPORARY).mkdir()
    (store.root / TEMPORARY / "left-by-a-crash").write_bytes(b"half")
    store.put_once("x", b"x")
    assert [o.key for o in store.list("")] == ["x"]
    assert list(store.folders("")) == []
    assert names(store.root / TEMPORARY) == ["left-by-a-crash"]


def test_a_failed_write_leaves_nothing(store: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store.root.joinpath("d").mkdir()
    for put in (store.put, store.put_once):
        with pytest.raises(StorageError) as caught:
            put("d/x", b"x")
        assert caught.value.code == "storage-unavailable"
        assert "No space left" in caught.value.message
    monkeypatch.undo()
    assert list(store.list("")) == []
    assert [f for _, _, files in os.walk(store.root) for f in files] == []


def test_a_file_system_without_hard_links_is_told_apart(store: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    assert store.capabilities().put_once is False
    with pytest.raises(StorageError):
        store.put_once("x", b"x")
    assert list(store.list("")) == []


def test_files_and_folders_do_not_replace_each_other(store: FolderStorage) -> None:
    store.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        for put in (store.put, store.put_once):
            with pytest.raises(StorageError) as caught:
                put(key, b"y")
            assert caught.value.code == "already-exists"
    assert [o.key for o in store.list("")] == ["a/b"]


def test_a_missing_root_is_no_empty_store(tmp_path: Path) -> None:
    store = open_storage((tmp_path / "none").as_uri(), Settings(home=tmp_path))
    for ask in (lambda: list(store.list("")), lambda: list(store.folders("")), lambda: store.stat("x")):
        with pytest.raises(StorageError) as caught:
            ask()
        assert caught.value.code == "storage-unavailable"
    store.put("x", b"x")
    assert store.read("x") == b"x"


def test_the_embedded_store_is_made_when_opened(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "홈", storage="")
    assert list(open_storage(settings.storage_url(), settings).list("")) == []


def test_an_abandoned_list_or_stream_leaves_no_descriptor(store: FolderStorage) -> None:
    for i in range(3):
        store.put(f"d{i}/x", b"x" * 3_000_000)
    before = set(names(Path("/proc/self/fd")))
    listing, stream = store.list(""), store.stream("d1/x")
    next(listing)
    next(stream)
    del listing, stream
    assert set(names(Path("/proc/self/fd"))) == before


@pytest.mark.parametrize(
    "url", ["", "/data", "data", "http://x/y", "file://host/data", "file:data", "file:///a#b", "file:///a?b", "s4://x", "S3://b/x"]
)  # fmt: skip
def test_other_urls_are_our_configuration(tmp_path: Path, url: str) -> None:
    with pytest.raises(ContractError) as caught:
        open_storage(url, Settings(home=tmp_path))
    assert caught.value.code == "storage-url"
    assert "s3://" in caught.value.hint


def test_urls_are_percent_encoded_both_ways(tmp_path: Path) -> None:
    root = tmp_path / "a#b %20 자료?"
    root.mkdir()
    store = open_storage(root.as_uri(), Settings(home=tmp_path))
    assert store.url == root.as_uri()
    store.put("x", b"x")
    assert (root / "x").exists()


@pytest.mark.parametrize(
    ("swap", "code"),
    [
        (os.mkfifo, "unsafe-path"),
        (lambda path: path.symlink_to("/etc/passwd"), "unsafe-path"),
        (os.mkdir, "object-missing"),
        (lambda _: None, "object-missing"),
    ],
)
def test_a_file_swapped_after_it_was_listed_is_not_hashed(tmp_path, swap, code):
    """What was a plain file when it was listed may be something else when it is opened."""
    store = FolderStorage(tmp_path)
    store.put("a/b", b"x")
    listed = [*store.list("a/")]
    assert [digest.size for digest in store.digests(listed)] == [1]
    (tmp_path / "a" / "b").unlink()
    swap(tmp_path / "a" / "b")
    with pytest.raises((DeliveryError, StorageError)) as refused:
        list(store.digests(listed))
    assert refused.value.code == code
