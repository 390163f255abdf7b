"""A local folder as a store. No versions and no object lock: whoever may write there can change what was published.

Invariants: nothing outside the root is read or written, since every segment of a key is opened without following
symlinks; what is published appears whole or not at all (a temporary file, fsync, then a hard link or a rename); a
symlink, device, pipe or socket in the way is refused by name, never skipped.
"""

from __future__ import annotations

import os
import secrets
import stat as mode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple

from include.errors import StorageError
from include.storage.copying import CHUNK, copy_to, digest_of_file
from include.storage.errors import (
    already_exists,
    denied,
    object_missing,
    suppress_missing,
    unavailable,
    unsafe_path,
)
from include.storage.keys import check_destroyable, check_key, check_prefix, is_plain
from include.storage.port import Capabilities, Digest, ObjectInfo, Storage

TEMPORARY = ".dambo-tmp"
"""The one folder at the root that holds no objects: files that are still being written."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: opening a pipe must not wait


class FolderStorage(Storage):
    """The files under `root` (which itself may be a symlink: it is the operator's). The first put makes it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._top = str(self.root)
        self.url = self.root.as_uri()

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the port says; DeliveryError `unsafe-path` where an entry is neither a folder nor a plain file."""
        parent, slash, leaf = check_prefix(prefix).rpartition("/")
        pending = [self._entries(parent + slash, leaf)]
        while pending:
            found = next(pending[-1], None)
            if found is None:
                pending.pop()
            elif isinstance(found, str):
                pending.append(self._entries(found, ""))
            else:
                yield found

    def folders(self, prefix: str) -> Iterator[str]:
        """As the port says; empty folders too, and symlinks, so that whoever looks inside is told `unsafe-path`.

        Names that no key can have are left out: nothing could be asked about them.
        """
        parent, slash, leaf = check_prefix(prefix).rpartition("/")
        entries = self._scan(parent + slash, leaf)
        yield from sorted(
            name
            for name, facts in entries
            if is_plain(name) and (mode.S_ISDIR(facts.st_mode) or mode.S_ISLNK(facts.st_mode))
        )

    def stat(self, key: str, *, version: str | None = None) -> ObjectInfo:
        """As the port says."""
        with self._at(key, version) as (folder, name):
            return _info(key, _plain_file(key, name, folder))

    def read(self, key: str, *, version: str | None = None, start: int = 0, length: int | None = None) -> bytes:
        """As the port says; ValueError for a negative start or length."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError("start and length count bytes from the beginning")
        with self._opened(key, version) as fd, os.fdopen(fd, "rb", closefd=False) as file:
            file.seek(start)
            return file.read(-1 if length is None else length)

    def stream(self, key: str, *, version: str | None = None) -> Iterator[bytes]:
        """As the port says, in chunks of at most 1 MiB."""
        with self._opened(key, version) as fd:
            while chunk := os.read(fd, CHUNK):
                yield chunk

    def fetch(self, key: str, target: Path, *, version: str | None = None) -> Digest:
        """As the port says."""
        return copy_to(target, self.stream(key, version=version))

    def digest(self, key: str, *, version: str | None = None) -> Digest:
        """As the port says."""
        with self._opened(key, version) as fd:
            return digest_of_file(fd)

    def digests(self, objects: Iterable[ObjectInfo]) -> Iterator[Digest]:
        """As the port says: what lies together is reached by one walk down from the root."""
        for _, together in groupby(objects, key=lambda info: info.key.rpartition("/")[0]):
            first = next(together)
            with self._at(first.key, first.version) as (folder, _):
                for info in chain([first], together):
                    yield _digest(info.key, folder)

    def put_once(self, key: str, data: bytes) -> bool:
        """As the port says: of many writers at once exactly one gets True."""
        with self._staged(key, data) as staged:
            try:
                os.link(
                    staged.temporary,
                    staged.name,
                    src_dir_fd=staged.stage,
                    dst_dir_fd=staged.folder,
                    follow_symlinks=False,
                )
                new = True
            except FileExistsError:
                new = False
            os.fsync(staged.folder)  # also for the loser: the winner may not have come that far
        if not new and not self._holds(key, data):
            raise already_exists(key)
        return new

    def put(self, key: str, data: bytes) -> ObjectInfo:
        """As the port says; readers see the old bytes or the new ones, never a mixture."""
        with self._staged(key, data) as staged:
            try:
                os.replace(staged.temporary, staged.name, src_dir_fd=staged.stage, dst_dir_fd=staged.folder)
            except IsADirectoryError:
                raise already_exists(key) from None
            os.fsync(staged.folder)
        return self.stat(key)

    def destroy(self, key: str) -> None:
        """As the port says."""
        check_destroyable(key)
        with suppress_missing(), self._at(key, None) as (folder, name):
            _plain_file(key, name, folder)
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    def capabilities(self) -> Capabilities:
        """As the port says; StorageError if the folder cannot be written at all."""
        key = f"doctor/{secrets.token_hex(8)}"
        try:
            self.put(f"{key}-put", b"one")
            once = _publishes_once(self, f"{key}-once")
        finally:
            for made in (f"{key}-put", f"{key}-once"):
                (self.root / made).unlink(missing_ok=True)
            with suppress(OSError):  # others may be trying too
                (self.root / "doctor").rmdir()
        return Capabilities(versions=False, put_once=once, object_lock=False)

    def _entries(self, folder: str, leaf: str) -> Iterator[ObjectInfo | str]:
        """What is directly in `folder` ("" or ending in "/"): an object, or a folder as the key that it begins, sorted."""

        def order(entry: tuple[str, os.stat_result]) -> bytes:
            return os.fsencode(entry[0]) + b"/" * mode.S_ISDIR(entry[1].st_mode)

        for name, facts in sorted(self._scan(folder, leaf), key=order):
            key = check_key(folder + name)
            if mode.S_ISDIR(facts.st_mode):
                yield key + "/"
            else:
                yield _info(key, _only_plain(key, facts))

    def _scan(self, folder: str, leaf: str) -> Sequence[tuple[str, os.stat_result]]:
        """Names and facts of the entries of `folder` that start with `leaf`; none if there is no such folder."""
        found = []
        with _errors(folder or self.url), ExitStack() as stack:
            try:
                fd = self._folder(folder.split("/")[:-1])
            except FileNotFoundError:
                return []
            stack.callback(os.close, fd)
            for entry in stack.enter_context(os.scandir(fd)):
                if entry.name.startswith(leaf) and (folder or entry.name != TEMPORARY):
                    with suppress(FileNotFoundError):  # gone meanwhile
                        found.append((entry.name, entry.stat(follow_symlinks=False)))
        return found

    def _folder(self, segments: Sequence[str], *, make: bool = False) -> int:
        """A descriptor of that folder, made if need be; FileNotFoundError, or DeliveryError where a symlink is in the way."""
        if make:
            self.root.mkdir(parents=True, exist_ok=True)
        try:
            fd = os.open(self._top, _FOLDER)
        except (FileNotFoundError, NotADirectoryError):
            raise unavailable(self.url, "there is no such folder") from None
        for depth, segment in enumerate(segments, start=1):
            try:
                if make:
                    _make_folder(segment, fd)
                inner = os.open(segment, _FOLDER | os.O_NOFOLLOW, dir_fd=fd)
            except NotADirectoryError:
                key = "/".join(segments[:depth])
                _only_plain(key, os.stat(segment, dir_fd=fd, follow_symlinks=False))
                raise (already_exists(key) if make else FileNotFoundError(key)) from None
            finally:
                os.close(fd)
            fd = inner
        return fd

    @contextmanager
    def _at(self, key: str, version: str | None) -> Iterator[tuple[int, str]]:
        """The folder that `key` lies in, and its name there. OSErrors inside become StorageErrors."""
        *folders, name = check_key(key).split("/")
        if version is not None:  # a folder keeps none
            raise object_missing(key, version)
        with _errors(key):
            folder = self._folder(folders)
            try:
                yield folder, name
            finally:
                os.close(folder)

    @contextmanager
    def _opened(self, key: str, version: str | None) -> Iterator[int]:
        """A descriptor of the plain file `key`."""
        with self._at(key, version) as (folder, name), _file(key, name, folder) as fd:
            yield fd

    @contextmanager
    def _staged(self, key: str, data: bytes) -> Iterator[_Staged]:
        """`data` safely on disk under a temporary name, which is gone afterwards, and the folder where it belongs."""
        *folders, name = check_key(key).split("/")
        temporary = secrets.token_hex(16)
        with _errors(key), ExitStack() as stack:
            folder = self._folder(folders, make=True)
            stack.callback(os.close, folder)
            stage = self._folder([TEMPORARY], make=True)
            stack.callback(os.close, stage)
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=stage)
            stack.callback(_remove, temporary, stage)
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(fd)
            yield _Staged(temporary, stage, name, folder)

    def _holds(self, key: str, data: bytes) -> bool:
        try:
            return self.read(key) == data
        except StorageError as error:
            if error.code == "object-missing":  # a folder has that name
                return False
            raise


class _Staged(NamedTuple):
    temporary: str
    stage: int
    name: str
    folder: int


@contextmanager
def _errors(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _error(key, error) from error


def _error(key: str, error: OSError) -> StorageError:
    """The same in the port's words."""
    if isinstance(error, FileNotFoundError):
        return object_missing(key)
    if isinstance(error, PermissionError):
        return denied(key, error.strerror or "permissions")
    return unavailable(key, error.strerror or type(error).__name__)


def _plain_file(key: str, name: str, folder: int) -> os.stat_result:
    """The facts of a plain file; FileNotFoundError where a folder has that name; DeliveryError for anything else."""
    facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if mode.S_ISDIR(facts.st_mode):
        raise FileNotFoundError(key)
    return _only_plain(key, facts)


@contextmanager
def _file(key: str, name: str, folder: int) -> Iterator[int]:
    """A descriptor of the plain file `name` in an open folder."""
    _plain_file(key, name, folder)
    fd = os.open(name, _FILE, dir_fd=folder)
    try:
        _only_plain(key, os.fstat(fd))  # what was looked at may have been swapped meanwhile
        yield fd
    finally:
        os.close(fd)


def _digest(key: str, folder: int) -> Digest:
    """The digest of a plain file that was just listed, in an open folder: said with as few calls as it takes."""
    name = check_key(key).rpartition("/")[2]
    try:
        try:
            fd = os.open(name, _FILE, dir_fd=folder)
        except OSError:
            _plain_file(key, name, folder)  # says what is there by now, if it is not a plain file
            raise
        try:
            facts = os.fstat(fd)
            if mode.S_ISDIR(facts.st_mode):
                raise FileNotFoundError(key)
            return digest_of_file(fd, _only_plain(key, facts).st_size)
        finally:
            os.close(fd)
    except OSError as error:
        raise _error(key, error) from error


def _only_plain(key: str, facts: os.stat_result) -> os.stat_result:
    if mode.S_ISLNK(facts.st_mode):
        raise unsafe_path(key, "is a symbolic link", "심볼릭 링크입니다")
    if not mode.S_ISREG(facts.st_mode):
        raise unsafe_path(key, "is not a plain file", "일반 파일이 아닙니다")
    return facts


def _info(key: str, facts: os.stat_result) -> ObjectInfo:
    """The later of content's and inode's change: the first can be set by whoever writes the file, the second cannot."""
    changed = max(facts.st_mtime, facts.st_ctime)
    return ObjectInfo(key, facts.st_size, None, None, datetime.fromtimestamp(changed, UTC))


def _make_folder(name: str, parent: int) -> None:
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)


def _remove(name: str, folder: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _publishes_once(store: Storage, key: str) -> bool:
    """False on a file system without hard links."""
    try:
        store.put_once(key, b"one")
        store.put_once(key, b"two")
    except StorageError as error:
        return error.code == "already-exists"
    return False
