"""What every store must do, whichever it is: one suite over the local folder, moto and (marker `services`) Ceph."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.errors import DeliveryError, StorageError
from include.storage import Storage, open_storage

CEPH = pytest.param("ceph", marks=pytest.mark.services)
Open = Callable[[], Storage]


@pytest.fixture(params=["folder", "moto_s3", CEPH])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the test's own, empty store: each call as another process would."""
    if request.param == "folder":
        root = tmp_path / "저장소 #1"
        root.mkdir()
        return lambda: open_storage(root.as_uri())
    user = request.getfixturevalue(request.param)
    url, settings = f"s3://{user.create_bucket()}/담보/root", user.settings(tmp_path)
    return lambda: open_storage(url, settings)


@pytest.fixture
def store(reopen: Open) -> Storage:
    return reopen()


@pytest.fixture(params=["moto_s3", CEPH])
def versioned(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    user = request.getfixturevalue(request.param)
    return open_storage(f"s3://{user.create_bucket(versioning=True)}/root", user.settings(tmp_path))


def keys(store: Storage, prefix: str) -> list[str]:
    return [o.key for o in store.list(prefix)]


NAMES = [
    unicodedata.normalize("NFC", "한국어/말뭉치.json"),
    unicodedata.normalize("NFD", "한국어/말뭉치.json"),
    "with space/ leading and trailing .csv ",
    "emoji/🙂👩‍👩‍👧.jpg",
    "01.원천데이터/[라벨] a+b&c=d%20e?f#g~.png",
    "quotes/'\"`$(x);*.txt",
    "rtl/\u202eexe.gpj",
    "...dots/..a/.b",
]


def test_names_come_back_byte_for_byte(store: Storage) -> None:
    for name in NAMES:
        store.put(name, name.encode())
    assert keys(store, "") == sorted(NAMES, key=str.encode)
    assert all(store.read(name) == name.encode() and store.stat(name).key == name for name in NAMES)


def test_list_is_in_byte_order_of_whole_keys(store: Storage) -> None:
    names = ["a/b", "a-b", "a.b/c", "a0", "a/b-c", "a/b.d", "A", "é", "z", "~", "가/나", "a!/x", "aa"]
    for name in names:
        store.put(name, b"")
    assert keys(store, "") == sorted(names, key=str.encode)


def test_list_takes_any_prefix_of_a_key(store: Storage) -> None:
    for name in ("V-1/D-1/a", "V-1/D-10/a", "V-10/D-1/a", "W"):
        store.put(name, b"")
    assert keys(store, "V-1") == ["V-1/D-1/a", "V-1/D-10/a", "V-10/D-1/a"]
    assert keys(store, "V-1/") == ["V-1/D-1/a", "V-1/D-10/a"]
    assert keys(store, "V-1/D-1/") == ["V-1/D-1/a"]
    assert keys(store, "V-1/D-1/a") == ["V-1/D-1/a"]
    assert keys(store, "V-1/D-1/a/") == []
    assert keys(store, "X/Y/") == []
    assert keys(store, "W/x") == []


def test_list_says_what_stat_says(store: Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    written = store.put("x/one", b"12345")
    (listed,) = store.list("x/")
    assert (listed.key, listed.size, listed.etag, listed.version) == (written.key, 5, written.etag, None)
    assert store.stat("x/one") == written
    assert before <= listed.modified <= datetime.now(UTC) + timedelta(seconds=5)


def test_list_goes_past_a_page_of_a_thousand(store: Storage) -> None:
    names = [f"many/{i % 7}/{i:05}" for i in range(1_050)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put_once(name, b"x"), names))
    assert keys(store, "many/") == sorted(names)
    assert list(store.folders("many/")) == [str(i) for i in range(7)]


def test_folders_are_sorted_by_name_and_hold_no_files(store: Storage) -> None:
    for name in ("d/a-b/x", "d/a/x", "d/a/y", "d/가/x/y", "d/file", "e/x"):
        store.put(name, b"")
    assert list(store.folders("d/")) == ["a", "a-b", "가"]
    assert list(store.folders("")) == ["d", "e"]
    assert list(store.folders("nothing/")) == []


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (0, 10, b"0123456789"),
        (0, 1, b"0"),
        (9, 1, b"9"),
        (9, 5, b"9"),
        (3, 4, b"3456"),
        (4, None, b"456789"),
        (4, 0, b""),
        (10, None, b""),
        (10, 1, b""),
        (99, 7, b""),
    ],
)
def test_read_range(store: Storage, start: int, length: int | None, expected: bytes) -> None:
    store.put("digits", b"0123456789")
    assert store.read("digits", start=start, length=length) == expected


def test_an_empty_object_is_an_object(store: Storage, tmp_path: Path) -> None:
    store.put("empty", b"")
    assert store.stat("empty").size == 0
    assert store.read("empty") == store.read("empty", start=0, length=5) == b""
    assert list(store.stream("empty")) == []
    assert store.fetch("empty", tmp_path / "out").sha256 == hashlib.sha256(b"").hexdigest()
    assert (tmp_path / "out").read_bytes() == b""


def test_negative_ranges_are_the_callers_mistake(store: Storage) -> None:
    store.put("x", b"x")
    with pytest.raises(ValueError, match="count bytes"):
        store.read("x", start=-1)
    with pytest.raises(ValueError, match="count bytes"):
        store.read("x", length=-1)


def test_stream_fetch_and_digest_agree_with_hashlib(store: Storage, tmp_path: Path) -> None:
    data = b"".join(hashlib.sha256(i.to_bytes(4, "big")).digest() for i in range(90_000)) + b"odd"
    store.put("big/file", data)
    chunks = list(store.stream("big/file"))
    fetched = store.fetch("big/file", tmp_path / "copy")
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= 2**20
    assert (fetched.size, fetched.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert store.digest("big/file") == fetched
    assert (tmp_path / "copy").read_bytes() == data


def test_what_is_missing_is_said_so_by_every_method(store: Storage, tmp_path: Path) -> None:
    store.put("there/x", b"x")
    asks: list[Callable[[str], object]] = [
        store.stat,
        store.read,
        lambda key: store.read(key, length=0),
        lambda key: store.read(key, start=5, length=2),
        lambda key: list(store.stream(key)),
        store.digest,
        lambda key: store.fetch(key, tmp_path / "never"),
    ]
    for key in ("nothing", "there", "there/x/y", "there/없음"):
        for ask in asks:
            with pytest.raises(StorageError) as caught:
                ask(key)
            assert caught.value.code == "object-missing"
            assert key in caught.value.message
    assert not (tmp_path / "never").exists()


def test_an_unknown_version_is_missing(store: Storage) -> None:
    store.put("x", b"x")
    for ask in (store.stat, store.read):
        with pytest.raises(StorageError) as caught:
            ask("x", version="3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY")
        assert caught.value.code == "object-missing"


def test_put_overwrites(store: Storage) -> None:
    store.put("x", b"a long first text")
    assert store.put("x", b"short").size == 5
    assert store.read("x") == b"short"
    assert keys(store, "") == ["x"]


def test_put_once_keeps_what_was_published(store: Storage, reopen: Open) -> None:
    assert store.put_once("evidence/aa/aabb", b"first") is True
    assert store.put_once("evidence/aa/aabb", b"first") is False
    for other in (b"second", b"firs", b"", b"first\n"):
        with pytest.raises(StorageError) as caught:
            reopen().put_once("evidence/aa/aabb", other)
        assert caught.value.code == "already-exists"
    assert reopen().read("evidence/aa/aabb") == b"first"


def test_of_sixteen_writers_of_the_same_bytes_one_publishes(reopen: Open) -> None:
    stores = [reopen() for _ in range(4)]
    writers = [stores[i % 4].put_once for i in range(16)]
    for key in ("same/1", "same/2", "same/3"):
        with ThreadPoolExecutor(16) as pool:
            won = [w.result() for w in [pool.submit(write, key, b"same") for write in writers]]
        assert won.count(True) == 1


def test_of_sixteen_writers_of_other_bytes_one_publishes(reopen: Open) -> None:
    stores = [reopen() for _ in range(4)]

    def write(i: int) -> bool:
        try:
            return stores[i % 4].put_once("other", b"%d" % i)
        except StorageError as error:
            if error.code != "already-exists":
                raise
            return False

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(write, range(16)))
    assert won.count(True) == 1
    assert stores[0].read("other") == b"%d" % won.index(True)
    assert keys(stores[0], "") == ["other"]


UNSAFE = [
    "../x", "a/../x", "/etc/passwd", "a//b", "a/", "", ".", "..", "./a", "a/.", "a\x00b", "a\nb", "a\x1b[31m", "a\\b",
    "..\\x", "\udce9", "x" * 1025,
]  # fmt: skip


@pytest.mark.parametrize("key", UNSAFE)
def test_keys_that_are_no_plain_paths_are_refused(store: Storage, tmp_path: Path, key: str) -> None:
    asks: list[Callable[[], object]] = [
        lambda: store.stat(key),
        lambda: store.read(key),
        lambda: list(store.stream(key)),
        lambda: store.digest(key),
        lambda: store.fetch(key, tmp_path / "never"),
        lambda: store.put(key, b"x"),
        lambda: store.put_once(key, b"x"),
    ]
    for ask in asks:
        with pytest.raises(DeliveryError) as caught:
            ask()
        assert caught.value.code == "unsafe-path"
    assert keys(store, "") == []


@pytest.mark.parametrize("prefix", ["../", "/", "a/../", "a//", "/a", "a\x00", "\udce9"])
def test_prefixes_that_are_no_plain_paths_are_refused(store: Storage, prefix: str) -> None:
    for ask in (store.list, store.folders):
        with pytest.raises(DeliveryError) as caught:
            list(ask(prefix))
        assert caught.value.code == "unsafe-path"


def test_capabilities_are_found_by_trying_and_leave_nothing(store: Storage) -> None:
    found = store.capabilities()
    assert (found.versions, found.put_once, found.object_lock) == (False, True, False)
    assert keys(store, "") == []


def test_pinned_versions_survive_overwriting(versioned: Storage, tmp_path: Path) -> None:
    first, second = versioned.put("d/x", b"first"), versioned.put("d/x", b"second!")
    assert first.version
    assert second.version
    assert first.version != second.version
    assert list(versioned.list("")) == [second]
    assert versioned.stat("d/x") == second
    assert versioned.stat("d/x", version=first.version) == first
    assert versioned.read("d/x") == b"second!"
    assert versioned.read("d/x", version=first.version) == b"first"
    assert versioned.read("d/x", version=first.version, start=3, length=9) == b"st"
    assert b"".join(versioned.stream("d/x", version=first.version)) == b"first"
    want = hashlib.sha256(b"first").hexdigest()
    assert versioned.digest("d/x", version=first.version).sha256 == want
    assert versioned.fetch("d/x", tmp_path / "x", version=first.version).sha256 == want


def test_a_versioned_list_pages_and_shows_current_versions_only(
    versioned: Storage, request: pytest.FixtureRequest
) -> None:
    count = 520 if "ceph" in request.node.name else 30  # two versions each: past a page of 1,000 on the real server
    names = [f"{i % 3}/{i:04}" for i in range(count)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: versioned.put(name, b"old"), names))
        new = list(pool.map(lambda name: versioned.put(name, b"new!"), names))
    assert list(versioned.list("")) == sorted(new, key=lambda o: o.key)
    assert list(versioned.folders("")) == ["0", "1", "2"]


def test_put_once_makes_one_version(versioned: Storage) -> None:
    assert versioned.put_once("x", b"x") is True
    pinned = versioned.stat("x")
    assert versioned.put_once("x", b"x") is False
    assert versioned.stat("x") == pinned


def test_versions_are_seen(versioned: Storage) -> None:
    found = versioned.capabilities()  # put_once is left open: Ceph 16 ignores the condition where versions are kept
    assert (found.versions, found.object_lock) == (True, False)
    assert keys(versioned, "") == []
