"""What `dambo keys` does: make a key or take one in, rotate, revoke, each a signed change of the keyring on its shelf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from include.errors import SignerError
from include.evidence import rotation
from include.evidence.embedded import SLACK, VALID, verifier_id
from include.evidence.keyring import ED25519_ONLY, Body, Key, Role
from include.evidence.keys_file import ENCRYPTED, Private, generate, public_of, read_private_file, write_private
from include.evidence.keys_shelf import Changed, Shelf
from include.evidence.passphrase import new_passphrase, passphrase_of
from include.evidence.publickey import Algorithm, PublicKey, SignatureEncoding
from include.settings import Settings

OVERLAP = timedelta(days=7)
"""How long a rotated key may still sign: what is under way gets done. A stolen key is revoked, not rotated."""


def utc_now() -> datetime:
    """In whole seconds, as documents have it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Keys:
    """The keys and keyring of these settings. `root_keys`: files of root keys; none means `root.pem` in the folder."""

    settings: Settings
    root_keys: Sequence[Path] = ()

    @property
    def shelf(self) -> Shelf:
        """Where they lie."""
        return Shelf(self.settings.keyring_file(), self.settings.keys_folder())

    def add(
        self,
        role: Role,
        person: str,
        *,
        public: Path | None = None,
        encoding: SignatureEncoding = "raw",
        algorithm: Algorithm = "ed25519",
        out: Path | None = None,
        encrypt: bool = False,
        verifier: str | None = None,
        valid: timedelta = VALID,
        threshold: int | None = None,
    ) -> Changed:
        """Take in the public key of the file `public`, or make a new key in `out` (or `<role>.pem`)."""
        now, made = utc_now(), None
        if public is not None:
            half = read_public(public, encoding)
        else:
            private = generate("ed25519" if role in ED25519_ONLY else algorithm)
            half = public_of(private, encoding)
            made = self._free(role, out)
            write_private(made, private, new_passphrase(self.settings) if encrypt else None)
        speaks = verifier or (verifier_id(half.keyid) if role in {"verifier", "gate"} else None)
        key = Key(half, role, person, speaks, now - SLACK, now + valid)
        try:
            return self.shelf.change(lambda body: rotation.add(body, key, now, threshold=threshold), self._roots())
        except BaseException:
            if made is not None:
                made.unlink(missing_ok=True)
            raise

    def rotate(self, role: Role, *, overlap: timedelta = OVERLAP, valid: timedelta = VALID) -> Changed:
        """A new key in the place of `<role>.pem`, of the same algorithm, encrypted if the old one is."""
        path = self.settings.keys_folder() / f"{role}.pem"
        passphrase = passphrase_of(self.settings)
        old = read_private_file(path, passphrase)
        known = rotation.find(self._body(), public_of(old).keyid)
        private = generate(known.public.algorithm)
        roots = self._roots()
        waiting = self.shelf.keep_new(role, private, passphrase() if ENCRYPTED in path.read_bytes() else None)
        public = public_of(private, known.public.encoding)
        try:
            return self.shelf.change(
                lambda body: rotation.rotate(body, known.keyid, public, utc_now(), overlap=overlap, valid=valid),
                [*roots, private] if role == "root" else roots,
            )
        except BaseException:
            waiting.unlink(missing_ok=True)
            raise

    def revoke(self, keyid: str, at: datetime | None = None) -> Changed:
        """Take a key back, as from `at` (now)."""
        now = utc_now()
        return self.shelf.change(lambda body: rotation.revoke(body, keyid, at or now, now), self._roots())

    def countersign(self, file: Path | None = None) -> Changed:
        """Sign the change that waits for more root persons."""
        return self.shelf.countersign(file or self.shelf.waiting, self._roots())

    def _roots(self) -> list[Private]:
        """The root keys at hand. Without --root-key there may be none: the change then says so."""
        passphrase = passphrase_of(self.settings)
        default = self.settings.keys_folder() / "root.pem"
        files = self.root_keys or ([default] if default.exists() else [])
        return [read_private_file(path, passphrase) for path in files]

    def _body(self) -> Body:
        from include.evidence.signer import open_keyring

        return open_keyring(self.settings).body

    def _free(self, role: str, out: Path | None) -> Path:
        path = out or self.settings.keys_folder() / f"{role}.pem"
        if path.exists():
            raise SignerError(
                "key-file-exists",
                f"{path.name} exists already; a key is never overwritten",
                hint="name another file with --out, or rotate the key that is there",
                ko=f"{path.name} 이 이미 있습니다. 키는 덮어쓰지 않습니다",
                ko_hint="--out 으로 다른 파일을 지정하거나 기존 키를 rotate 하세요",
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path


def read_public(path: Path, encoding: SignatureEncoding = "raw") -> PublicKey:
    """A public key (SPKI, PEM or DER) from a file, refused if it must not be in a keyring. Raises SignerError."""
    try:
        data = path.read_bytes()
        key = load_pem_public_key(data) if b"-----BEGIN" in data else load_der_public_key(data)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SignerError(
            "public-key-unreadable",
            f"{path.name} is no public key: {type(error).__name__}",
            hint="openssl pkey -in key.pem -pubout -out public.pem",
            ko=f"{path.name} 은(는) 공개키가 아닙니다",
        ) from None
    algorithm: Algorithm = "ed25519" if isinstance(key, Ed25519PublicKey) else "ecdsa-p256"
    made = PublicKey(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), algorithm, "raw")
    made = made if algorithm == "ed25519" else replace(made, encoding=encoding)
    made.check()
    return made
