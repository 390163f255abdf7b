"""Where deliveries and evidence lie: a local folder or an S3 bucket behind one port, opened by URL.

A `unsafe-path` DeliveryError from any store says that the supplier's delivery holds something that is not a plain file
under a plain name (a symlink, a device, "..", a name that is not UTF-8): a finding, not a failure of the store.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from include.errors import ContractError, DeliveryError
from include.settings import Settings
from include.settings import settings as the_settings
from include.storage.keys import check_prefix
from include.storage.port import Capabilities, Digest, ObjectInfo, Storage

__all__ = ["Capabilities", "Digest", "ObjectInfo", "Storage", "open_storage"]


def open_storage(url: str, settings: Settings | None = None) -> Storage:
    """The store at `file:///folder` or `s3://bucket/prefix`; ContractError for any other URL.

    `settings` (default: the process's own) says how to reach an S3 store. Nothing is asked of the store yet.
    """
    settings = settings or the_settings()
    if url.startswith("file://"):
        from include.storage.folder import FolderStorage

        root = _folder(url)
        if not settings.storage and url == settings.storage_url():
            root.mkdir(parents=True, exist_ok=True)  # the embedded store is ours to make; any other must be there
        return FolderStorage(root)
    if url.startswith("s3://"):
        from include.storage.s3 import S3Storage

        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        try:
            check_prefix(prefix.strip("/"))
        except DeliveryError as error:
            raise _bad_url(url) from error
        return S3Storage(bucket, prefix.strip("/"), settings)
    raise _bad_url(url)


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment or not path.is_absolute():
        raise _bad_url(url)
    return path


def _bad_url(url: str) -> ContractError:
    return ContractError(
        "storage-url",
        f"{url!r} is no storage that Dambo knows",
        hint="write file:///absolute/folder (special characters as %XX) or s3://bucket/prefix",
        ko=f"{url!r}: 담보가 아는 저장소가 아닙니다",
        ko_hint="file:///절대/경로(특수 문자는 %XX) 또는 s3://버킷/접두사 형식으로 쓰세요",
    )
