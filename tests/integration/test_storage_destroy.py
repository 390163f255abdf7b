"""What the law makes go is gone, every version of it, in every store; its neighbours stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.errors import StorageError
from include.storage import Storage, open_storage


@pytest.fixture(params=["folder", "plain bucket", "versioned bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        (tmp_path / "root").mkdir()
        return open_storage((tmp_path / "root").as_uri())
    user = request.getfixturevalue("moto_s3")
    bucket = user.create_bucket(versioning=request.param.startswith("versioned"))
    return open_storage(f"s3://{bucket}/root", user.settings(tmp_path))


def test_gone_with_every_version_and_its_neighbours_stay(store: Storage) -> None:
    for key in ("findings/r/a.csv", "findings/r/a.csv.more", "findings/r/b.csv", "evidence/x"):
        store.put(key, b"1")
    first = store.put("findings/r/a.csv", b"2")
    store.put("findings/r/a.csv", b"3")
    store.destroy("findings/r/a.csv")
    assert [info.key for info in store.list("")] == ["evidence/x", "findings/r/a.csv.more", "findings/r/b.csv"]
    for version in {None, first.version}:
        with pytest.raises(StorageError, match="object-missing"):
            store.read("findings/r/a.csv", version=version)
    store.destroy("findings/r/a.csv")
    store.destroy("findings/none/x")


@pytest.mark.parametrize("key", ["evidence/x", "deliveries/V/D/a", "findings", "log/checkpoint"])
def test_nothing_else_is_destroyed(store: Storage, key: str) -> None:
    store.put(key, b"1")
    with pytest.raises(ValueError, match="never destroyed"):
        store.destroy(key)
    assert store.read(key) == b"1"
