"""The keyring's place on disk: changed under a lock, signed by the root role, its old versions kept beside it.

`keyring.json` is the version in force, `keyring.<n>.json` each one before, so that a verifier who trusts an old version
can walk to the newest. A change that lacks root signatures waits as `keyring.next.json` for the others'.
Nothing is published that `Keyring.update` would not accept from the version in force. Safe against a crash at any
point: the old version is kept first, the new one is renamed into place, keys that belong to it are renamed after.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from include.errors import SignerError, VerificationError
from include.evidence import envelope
from include.evidence.envelope import Envelope, Signature
from include.evidence.keyring import KEYRING_TYPE, Body, Keyring, persons, read_unvouched, signers
from include.evidence.keys_file import Private, public_of, sign, write_private

NEW = ".new.pem"


@dataclass(frozen=True)
class Changed:
    """What came of a change. `keyring`: the one in force. `missing`: root persons that still have to sign the next."""

    keyring: Keyring
    missing: int


@dataclass(frozen=True)
class Shelf:
    """The keyring file `target` and the folder of the keys that belong to it."""

    target: Path
    folder: Path

    @property
    def waiting(self) -> Path:
        """Where a change waits for signatures."""
        return self._beside("next")

    def change(self, edit: Callable[[Body], Body], roots: Sequence[Private]) -> Changed:
        """Make the next version by `edit`, signed with these root keys. Raises SignerError, VerificationError."""
        with self._locked():
            if self.waiting.exists():
                raise SignerError(
                    "change-waiting",
                    f"{self.waiting.name} waits for signatures",
                    hint="dambo keys sign, or remove the file to drop that change",
                    ko=f"{self.waiting.name} 이 서명을 기다리고 있습니다",
                    ko_hint="dambo keys sign 으로 서명하거나, 그 변경을 버리려면 파일을 지우세요",
                )
            current = self._current()
            payload = edit(current.body).to_bytes()
            return self._settle(current, signed_by_roots(current.body, Envelope(payload, (), KEYRING_TYPE), roots))

    def countersign(self, file: Path, roots: Sequence[Private]) -> Changed:
        """Add root signatures to a change that waits in `file`; it is published once there are enough."""
        with self._locked():
            current = self._current()
            waiting = envelope.parse(_read(file), payload_type=KEYRING_TYPE)
            return self._settle(current, signed_by_roots(current.body, waiting, roots))

    def history(self) -> list[bytes]:
        """Every version that lies here, the first one first, the one in force last."""
        current = self._current()
        older = [self._beside(str(number)) for number in range(1, current.version)]
        return [*(path.read_bytes() for path in older if path.exists()), _read(self.target)]

    def keep_new(self, role: str, private: Private, passphrase: bytes | None) -> Path:
        """A key that becomes `<role>.pem` when the keyring that knows it is in force."""
        path = self.folder / f"{role}.{public_of(private).keyid[:32]}{NEW}"
        write_private(path, private, passphrase)
        return path

    def tidy(self, keyring: Keyring) -> None:
        """Put new keys that the keyring knows by now into their place. No key is ever removed here."""
        known = {(key.role, key.keyid[:32]) for key in keyring.keys}
        for path in sorted(self.folder.glob(f"*{NEW}")):
            role, _, keyid = path.name.removesuffix(NEW).partition(".")
            if (role, keyid) in known:
                path.replace(self.folder / f"{role}.pem")

    def _settle(self, current: Keyring, signed: Envelope) -> Changed:
        """Publish if the version in force vouches for it, else let it wait."""
        data = signed.to_bytes()
        try:
            made = current.update(data)
        except VerificationError as error:
            missing = _missing(current, signed)
            if error.code != "keyring-root" or not missing:
                raise
            _replace(self.waiting, data)
            return Changed(current, missing)
        self._publish(current, data)
        self.tidy(made)
        return Changed(made, 0)

    def _publish(self, current: Keyring, data: bytes) -> None:
        kept, old = self._beside(str(current.version)), _read(self.target)
        if not kept.exists():
            _replace(kept, old)
        elif Keyring.from_bytes(_read(kept)) != current:
            raise SignerError(
                "keyring-archive-differs",
                f"{kept.name} is not the version {current.version} that is in force",
                hint="someone put another keyring there: find out which is right before changing anything",
                ko=f"{kept.name} 이 현재 시행 중인 {current.version}판과 다릅니다",
            )
        _replace(self.target, data)
        inner = self.folder / "keyring.json"
        if inner.exists():  # the embedded default's copy, from which a lost keyring is restored
            _replace(inner, data)
        self.waiting.unlink(missing_ok=True)

    def _current(self) -> Keyring:
        keyring = Keyring.from_bytes(_read(self.target))
        self.tidy(keyring)
        return keyring

    def _beside(self, word: str) -> Path:
        return self.target.with_name(f"{self.target.stem}.{word}{self.target.suffix}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time. The lock goes with the process that held it."""
        handle = os.open(self.target.with_name(f".{self.target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def signed_by_roots(current: Body, waiting: Envelope, roots: Sequence[Private]) -> Envelope:
    """`waiting` with the signatures of these keys added, each of which the old or the new keyring must know as root's."""
    new, _ = read_unvouched(waiting)
    known = {key.public.spki: key for key in (*current.bearing("root"), *new.bearing("root"))}
    signatures = {s.keyid: s for s in waiting.signatures}
    for private in roots:
        key = known.get(public_of(private).spki)
        if key is None:
            raise SignerError(
                "not-a-root-key",
                "a key that is to sign the keyring does not bear the root role",
                hint="dambo keys show; give the root key's file with --root-key",
                ko="키링에 서명할 키가 루트 역할의 키가 아닙니다",
                ko_hint="dambo keys show 로 확인하고 --root-key 로 루트 키 파일을 지정하세요",
            )
        signatures[key.keyid] = Signature(key.keyid, sign(private, key.public, waiting.pae()))
    if not signatures:
        raise SignerError(
            "root-key-missing",
            "there is no root key to sign the change with",
            hint="give the root key's file with --root-key",
            ko="변경에 서명할 루트 키가 없습니다",
            ko_hint="--root-key 로 루트 키 파일을 지정하세요",
        )
    return replace(waiting, signatures=tuple(signatures[keyid] for keyid in sorted(signatures)))


def _missing(current: Keyring, signed: Envelope) -> int:
    """How many more persons must sign, by the old keyring's rule or the new one's, whichever asks for more."""
    new, _ = read_unvouched(signed)
    return max(
        body.threshold("root") - len(persons(signers(body.bearing("root"), signed))) for body in (current.body, new)
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(envelope.ENVELOPE_LIMIT + 1)
    except OSError as error:
        raise SignerError(
            "keyring-unreadable",
            f"{path.name} cannot be read: {error.strerror or type(error).__name__}",
            hint="dambo keys init, or point DAMBO_KEYRING at the keyring",
            ko=f"{path.name} 을(를) 읽을 수 없습니다",
            ko_hint="dambo keys init 을 실행하거나 DAMBO_KEYRING을 키링 파일로 지정하세요",
        ) from None


def _replace(target: Path, data: bytes) -> None:
    """`data` at `target`, whole or not at all, on disk when this returns."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o644)
            file.write(data)
            file.flush()
            os.fsync(handle)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
