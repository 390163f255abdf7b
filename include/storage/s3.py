"""An S3 bucket (AWS, Ceph, or any store that speaks S3) as a store. boto3 is imported in this room only.

Invariants: evidence is published by one PutObject with `If-None-Match: *`, after a look whether it is there, so that
a store which ignores the condition keeps what it has too (it can only lose a race between writers); versions are
pinned exactly when the bucket's versioning is switched on; a stream that breaks off is resumed on the very object that
it began with, or fails.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from include.errors import StorageError
from include.settings import Settings
from include.storage.copying import CHUNK, copy_to, digest_of
from include.storage.errors import already_exists, refused, unavailable
from include.storage.keys import check_destroyable, check_key, check_prefix, is_plain
from include.storage.port import Capabilities, Digest, ObjectInfo, Storage
from include.storage.s3_client import errors, make_client, status_of

RESUMPTIONS = 3
"""Of one stream that breaks off."""
LOOKS = 5
"""At a key that others are publishing at the same moment."""

_LACKING = {400, 405, 501}
"""How stores answer to what they do not know."""


class S3Storage(Storage):
    """The objects of `bucket` under `prefix` (no slash at either end)."""

    def __init__(self, bucket: str, prefix: str, settings: Settings) -> None:
        self._client = make_client(settings)
        weakref.finalize(self, self._client.close)
        self._bucket = bucket
        self._root = f"{prefix}/" if prefix else ""
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the port says; DeliveryError `unsafe-path` at a key that is not a plain path. Folder markers are no objects."""
        operation, part = ("list_object_versions", "Versions") if self._versioned else (self._listing, "Contents")
        last = ""
        for page in self._pages(operation, prefix):
            for entry in page.get(part, ()):
                if not entry.get("IsLatest", True):
                    continue
                full = entry["Key"]
                if full <= last:
                    raise unavailable(self.url, "the store lists objects out of order")
                last = full
                if entry["Size"] or not full.endswith("/"):  # consoles make empty objects "folder/"
                    yield self._info(check_key(full[len(self._root) :]), entry["Size"], entry)

    def folders(self, prefix: str) -> Iterator[str]:
        """As the port says. Names that no key can have are left out: nothing could be asked about them."""
        start = len(self._root) + prefix.rfind("/") + 1
        pages = self._pages(self._listing, prefix, Delimiter="/")
        names = (entry["Prefix"][start:-1] for page in pages for entry in page.get("CommonPrefixes", ()))
        yield from sorted(filter(is_plain, names))

    def stat(self, key: str, *, version: str | None = None) -> ObjectInfo:
        """As the port says."""
        place = self._place(key, version)
        with errors(key, version=version):
            answer = self._client.head_object(**place)
        return self._info(key, answer["ContentLength"], answer)

    def read(self, key: str, *, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """As the port says; ValueError for a negative start or length."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError("start and length count bytes from the beginning")
        if length == 0:
            self.stat(key, version=version)
            return b""
        return b"".join(self._chunks(key, version, start, None if length is None else start + length))

    def stream(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """As the port says, in chunks of at most 1 MiB."""
        return self._chunks(key, version, 0, None)

    def fetch(self, key: str, target: Path, *, version: str | None = None) -> Digest:
        """As the port says."""
        return copy_to(target, self.stream(key, version=version))

    def digest(self, key: str, *, version: str | None = None) -> Digest:
        """As the port says."""
        return digest_of(self.stream(key, version=version))

    def put_once(self, key: str, data: bytes) -> bool:
        """As the port says; where the store honours the condition, exactly one of many writers at once gets True."""
        for look in range(LOOKS):
            time.sleep(0.05 * look)  # whoever was faster may not be visible yet
            if self._exists(key):
                if self.read(key) == data:
                    return False
                raise already_exists(key)
            if self._put_new(key, data):
                return True
        raise unavailable(key, "the store says that it is there and that it is not")

    def put(self, key: str, data: bytes) -> ObjectInfo:
        """As the port says."""
        place = self._place(key)
        with errors(key):
            answer = self._client.put_object(**place, **_body(data))
        return self.stat(key, version=answer.get("VersionId") if self._versioned else None)

    def destroy(self, key: str) -> None:
        """As the port says: a delete marker would only hide it, so each version is deleted by its name."""
        check_destroyable(key)
        place: dict[str, Any] = self._place(key)
        with errors(key):
            if not self._keeps_versions:
                self._client.delete_object(**place)
            else:
                for version in self._versions(key):
                    self._client.delete_object(**place, VersionId=version)
        if self._exists(key) or (self._keeps_versions and self._versions(key)):
            raise refused(key, "it is still there after it was deleted")

    def capabilities(self) -> Capabilities:
        """As the port says; what was made is removed again as far as the store lets us."""
        key = f"doctor/{secrets.token_hex(8)}"
        try:
            first = self.put(key, b"one")
            once = not self._put_new(key, b"two")
            self.put(key, b"three")
            versions = first.version is not None and self.read(key, version=first.version) == b"one"
            return Capabilities(versions=versions, put_once=once, object_lock=versions and self._locks(key))
        finally:
            with suppress(StorageError):
                self._forget(key)

    @cached_property
    def _versioned(self) -> bool:
        """Is the bucket's versioning switched on? Stores without the question have none."""
        with errors(self.url):
            try:
                return self._client.get_bucket_versioning(Bucket=self._bucket).get("Status") == "Enabled"
            except ClientError as error:
                if status_of(error) in _LACKING:
                    return False
                raise

    @cached_property
    def _keeps_versions(self) -> bool:
        """Was versioning ever switched on? Then older versions may lie there, even if it is suspended now."""
        with errors(self.url):
            try:
                return bool(self._client.get_bucket_versioning(Bucket=self._bucket).get("Status"))
            except ClientError as error:
                if status_of(error) in _LACKING:
                    return False
                raise

    def _versions(self, key: str) -> tuple[str, ...]:
        """Every version and delete marker of exactly this key."""
        full = self._root + key
        return tuple(
            entry["VersionId"]
            for page in self._pages("list_object_versions", key)
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if entry["Key"] == full
        )

    @cached_property
    def _listing(self) -> str:
        """ListObjectsV2, or V1 where the store refuses V2 or takes it for V1 (then its answer lacks KeyCount)."""
        with errors(self.url):
            try:
                answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._root, MaxKeys=1)
            except ClientError as error:
                if status_of(error) in _LACKING:
                    return "list_objects"
                raise
        return "list_objects_v2" if "KeyCount" in answer else "list_objects"

    def _pages(self, operation: str, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
        """The pages of a listing, to its end."""
        client: Any = self._client  # the stubs type each operation apart
        page: Mapping[str, Any] = {}
        with errors(self.url):
            paginator = client.get_paginator(operation)
            for page in paginator.paginate(Bucket=self._bucket, Prefix=self._root + check_prefix(prefix), **more):
                yield page
        if page.get("IsTruncated"):
            raise unavailable(self.url, "the store cut its list short")

    def _chunks(self, key: str, version: str | None, start: int, end: int | None) -> Iterator[bytes]:
        """Bytes [start, end) of the object."""
        request: dict[str, Any] = self._place(key, version)
        for left in reversed(range(RESUMPTIONS + 1)):
            if start or end is not None:
                request["Range"] = f"bytes={start}-" if end is None else f"bytes={start}-{end - 1}"
            answer = self._get(key, version, request)
            if answer is None:
                return
            request["IfMatch"] = answer["ETag"]
            body = answer["Body"]
            try:
                for chunk in body.iter_chunks(CHUNK):
                    start += len(chunk)
                    yield chunk
            except BotoCoreError as error:
                if not left:
                    raise unavailable(key, str(error)) from error
            else:
                return
            finally:
                body.close()

    def _get(self, key: str, version: str | None, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """One GetObject; None where the range begins behind the object's end."""
        with errors(key, version=version):
            try:
                answer = self._client.get_object(**request)
            except ClientError as error:
                if status_of(error) == 416:
                    return None
                if status_of(error) == 412:
                    raise unavailable(key, "the object changed while it was read") from error
                raise
        if "Range" in request and answer["ResponseMetadata"]["HTTPStatusCode"] != 206:
            answer["Body"].close()
            raise unavailable(key, "the store ignores Range")
        return answer

    def _exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except StorageError as error:
            if error.code == "object-missing":
                return False
            raise
        return True

    def _put_new(self, key: str, data: bytes) -> bool:
        """Put unless it is there; a store that refuses the very condition is asked without it."""
        with errors(key):
            try:
                self._client.put_object(**self._place(key), **_body(data), IfNoneMatch="*")
            except ClientError as error:
                if status_of(error) in {409, 412}:
                    return False
                if status_of(error) != 501:
                    raise
                self._client.put_object(**self._place(key), **_body(data))
        return True

    def _locks(self, key: str) -> bool:
        """Does a retention keep a version from being deleted?"""
        place: dict[str, Any] = self._place(key)
        until = datetime.now(UTC) + timedelta(minutes=10)
        with errors(key):
            kept = _tried(
                self._client.put_object,
                **place,
                **_body(b"kept"),
                ObjectLockMode="GOVERNANCE",
                ObjectLockRetainUntilDate=until,
            )
            return kept is not None and not _tried(self._client.delete_object, **place, VersionId=kept["VersionId"])

    def _forget(self, key: str) -> None:
        """Remove the object with all its versions."""
        with errors(key):
            if not self._versioned:
                self._client.delete_object(**self._place(key))
                return
            for page in self._pages("list_object_versions", key):
                for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    _tried(
                        self._client.delete_object,
                        Bucket=self._bucket,
                        Key=entry["Key"],
                        VersionId=entry["VersionId"],
                        BypassGovernanceRetention=True,
                    )

    def _place(self, key: str, version: str | None = None) -> dict[str, Any]:
        place = {"Bucket": self._bucket, "Key": self._root + check_key(key)}
        return place if version is None else {**place, "VersionId": version}

    def _info(self, key: str, size: int, entry: Mapping[str, Any]) -> ObjectInfo:
        version = entry.get("VersionId") if self._versioned else None
        modified = entry["LastModified"].astimezone(UTC).replace(microsecond=0)  # headers say seconds, lists more
        return ObjectInfo(key, size, version, entry["ETag"].strip('"'), modified)


def _body(data: bytes) -> dict[str, Any]:
    """With Content-MD5, the one checksum that every S3 store compares (and that a bucket with default retention asks for)."""
    return {
        "Body": data,
        "ContentMD5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
    }


def _tried(call: Callable[..., Mapping[str, Any]], **request: Any) -> Mapping[str, Any] | None:
    """The store's answer, or None where it says no."""
    try:
        return call(**request)
    except ClientError as error:
        if status_of(error) in _LACKING | {403, 409}:
            return None
        raise
