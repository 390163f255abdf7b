"""The embedded default: on first use one key a role (Ed25519) and a keyring, all in one person's hand.

It lets the line run out of one folder. It protects nothing against whoever can read that folder: in production the keys
lie with the signer's own user, and roles with different persons. Nothing that exists is ever overwritten.
Safe between processes: a whole folder is made beside and renamed into place, so that of many one wins; the keyring is
kept inside too and linked to its place by whoever comes first, so that a crash in between is mended by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from include.errors import SignerError
from include.evidence.envelope import Envelope, Signature
from include.evidence.keyring import ED25519_ONLY, KEYRING_TYPE, Body, Key, Keyring, Role
from include.evidence.keys_file import Private, generate, public_of, sign, write_private
from include.evidence.publickey import Algorithm, PublicKey, SignatureEncoding
from include.evidence.signer import open_keyring
from include.settings import Settings

ROLES: Final[tuple[Role, ...]] = ("root", "intake", "verifier", "gate", "payment", "log")
"""A waiver takes two persons and a witness is an outsider: neither can be embedded."""

PERSON: Final = "embedded"
VALID: Final = timedelta(days=3650)
SLACK: Final = timedelta(days=1)
"""Keys are valid from a day before: another machine's clock may be behind."""

INNER: Final = "keyring.json"


@dataclass(frozen=True)
class Making:
    """How keys are made where there are none. `passphrase`: None leaves the files unencrypted."""

    person: str = PERSON
    algorithm: Algorithm = "ed25519"
    encoding: SignatureEncoding = "raw"
    passphrase: bytes | None = None

    def key(self, role: str) -> tuple[Private, PublicKey]:
        """A new key of a role; the log's are Ed25519 whatever the others are."""
        private = generate("ed25519" if role in ED25519_ONLY else self.algorithm)
        return private, public_of(private, self.encoding)


def verifier_id(keyid: str) -> str:
    """The id of a verifier: a URI under the project's name, by the key that first spoke for it."""
    return f"https://dambo.example/verifier/{keyid[:32]}"


def ensure_keys(settings: Settings, making: Making | None = None) -> Keyring:
    """The keyring of these settings; keys and keyring are made if there are none. Raises SignerError, VerificationError."""
    folder, target = settings.keys_folder(), settings.keyring_file()
    if not target.exists():
        if not folder.exists() or not any(folder.iterdir()):
            _make(folder, making or Making())
        _publish(folder / INNER, target)
    return open_keyring(settings)


def _make(folder: Path, making: Making) -> None:
    """A folder of new keys, in place at once or not at all. Losing the race is as good as winning it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _fill(made, datetime.now(UTC).replace(microsecond=0), making)
        _sync(made)
        made.rename(folder)
        _sync(folder.parent)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fill(folder: Path, now: datetime, making: Making) -> None:
    pairs = {role: making.key(role) for role in ROLES}
    keys = tuple(_entry(role, public, making.person, now) for role, (_, public) in pairs.items())
    payload = Body(1, now, dict.fromkeys(ROLES, 1), keys).to_bytes()
    root = sign(*pairs["root"], Envelope(payload, (), KEYRING_TYPE).pae())
    signed = Envelope(payload, (Signature(keys[0].keyid, root),), KEYRING_TYPE)
    for role, (private, _) in pairs.items():
        write_private(folder / f"{role}.pem", private, making.passphrase)
    _write(folder / INNER, signed.to_bytes())


def _entry(role: Role, public: PublicKey, person: str, now: datetime) -> Key:
    speaks = verifier_id(public.keyid) if role in {"verifier", "gate"} else None
    return Key(public, role, person, speaks, now - SLACK, now + VALID)


def _publish(inner: Path, target: Path) -> None:
    """`inner` at `target`, unless something is there already."""
    try:
        data = inner.read_bytes()
    except OSError:
        raise SignerError(
            "keyring-missing",
            "there are keys but no keyring for them",
            hint="put the keyring where DAMBO_KEYRING says; keys are never made anew over old ones",
            ko="키는 있으나 키링이 없습니다",
            ko_hint="DAMBO_KEYRING이 가리키는 곳에 키링을 두세요; 있는 키는 덮어쓰지 않습니다",
        ) from None
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o644)
        file.write(data)
        file.flush()
        os.fsync(handle)
    try:
        os.link(name, target)
        _sync(target.parent)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
