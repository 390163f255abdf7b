"""The Storage port: what Dambo needs of an object store, and no more.

Keys are relative to the store's root, "/"-separated, never starting with "/" and without "." or ".." segments.
Errors are StorageError: code "object-missing" where there is no such object, "already-exists" where a put-once meets
other bytes, "storage-unavailable" for everything that a retry may mend.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object. `version` and `etag` are the store's own words (None where it has none); an ETag is not a hash."""

    key: str
    size: int
    version: str | None
    etag: str | None
    modified: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """Size in bytes and sha256 in hex of the bytes that were read."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the store was seen to do, by trying: object versions, conditional put, object lock."""

    versions: bool
    put_once: bool
    object_lock: bool


class Storage(ABC):
    """A store of objects under one root."""

    url: str

    @abstractmethod
    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """All objects whose key starts with `prefix`, in order of their keys' UTF-8 bytes."""

    @abstractmethod
    def folders(self, prefix: str) -> Iterator[str]:
        """Names of the folders directly under `prefix` (which ends in "/" or is ""), sorted."""

    @abstractmethod
    def stat(self, key: str, *, version: str | None = None) -> ObjectInfo:
        """The object's facts."""

    @abstractmethod
    def read(self, key: str, *, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """Bytes [start, start+length) of the object, fewer at its end."""

    @abstractmethod
    def stream(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """The object in chunks of bounded size."""

    @abstractmethod
    def fetch(self, key: str, target: Path, *, version: str | None = None) -> Digest:
        """Copy to the local file `target`, hashing the very bytes that are written."""

    @abstractmethod
    def digest(self, key: str, *, version: str | None = None) -> Digest:
        """Hash the object without keeping it."""

    def digests(self, objects: Iterable[ObjectInfo]) -> Iterator[Digest]:
        """Hash many listed objects, each at its version, in their order. A store may know a shorter way than one by one."""
        for info in objects:
            yield self.digest(info.key, version=info.version)

    @abstractmethod
    def put_once(self, key: str, data: bytes) -> bool:
        """Publish: True if written now, False if the same bytes were there already; other bytes: "already-exists"."""

    @abstractmethod
    def put(self, key: str, data: bytes) -> ObjectInfo:
        """Write or overwrite (deliveries made by tests and the demo; never evidence)."""

    @abstractmethod
    def destroy(self, key: str) -> None:
        """Remove an object under `findings/`, with every version of it; nothing is there afterwards. Again is no error.

        ValueError for any other key: nothing else is ever destroyed. Raises StorageError where the store keeps it.
        """

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Found by trying, under the prefix "doctor/"."""
