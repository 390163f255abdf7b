"""The Signer port: whoever holds keys signs through it, and nobody else holds keys.

`open_signer` finds the implementation by URI scheme: `file:`, Ed25519 and P-256 keys in a folder; `unix:`, a process on
a socket (`dambo signer`). A signer sees the whole
statement, which names everything by digest: one that recomputes before it signs (a process of its own user on a socket,
an HSM) fits behind the same method and reads what it needs by itself.
Errors are SignerError: infrastructure or configuration, never a word about the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from include.errors import SignerError, VerificationError
from include.evidence.envelope import Envelope, Signature
from include.evidence.keyring import Key, Keyring
from include.evidence.keys_file import Private, public_of, read_private_file
from include.evidence.keys_file import sign as sign_with
from include.evidence.log.checkpoint import Checkpoint, sign_checkpoint
from include.evidence.log.note import raw_public
from include.evidence.passphrase import Passphrase, no_passphrase, passphrase_of
from include.evidence.predicates import SIGNED_BY
from include.evidence.signing.client import SocketSigner
from include.evidence.statement import Statement, parse
from include.settings import Settings


class Signer(Protocol):
    """Signs statements in a role."""

    def sign(self, role: str, payload: bytes) -> bytes:
        """The envelope of `payload` (a statement's canonical bytes), signed as `role`. Raises SignerError."""

    def verifier(self, role: str) -> str | None:
        """The verifier id that the keyring gives to this role's key (a decision has to name it). Raises SignerError."""


class KeyHolder(Signer, Protocol):
    """Holds the keys themselves: it signs what it is given, and the log's heads. The notary stands before it."""

    def head(self, checkpoint: Checkpoint) -> bytes:
        """The checkpoint as a note signed by the log's key. Raises SignerError."""


class FileSigner:
    """Keys in a folder (0700), one file `<role>.pem` a role (PKCS#8, 0600); the keyring says which are good."""

    def __init__(self, folder: Path, keyring: Keyring, passphrase: Passphrase = no_passphrase) -> None:
        self._folder = folder
        self._keyring = keyring
        self._passphrase = passphrase

    def sign(self, role: str, payload: bytes) -> bytes:
        """See Signer. Refuses what is not a statement that this role may sign."""
        of_role(role, payload)
        private, key = self._key(role)
        unsigned = Envelope(payload, ())
        return Envelope(payload, (Signature(key.keyid, sign_with(private, key.public, unsigned.pae())),)).to_bytes()

    def verifier(self, role: str) -> str | None:
        """The verifier id that the keyring gives to this role's key (a decision has to name it)."""
        return self._key(role)[1].verifier

    def head(self, checkpoint: Checkpoint) -> bytes:
        """The checkpoint as a note signed by the log's key. Raises SignerError."""
        private, key = self._key("log")
        return sign_checkpoint(checkpoint, raw_public(key.public.spki), partial(sign_with, private, key.public))

    def _key(self, role: str) -> tuple[Private, Key]:
        private = read_private(self._folder, role, self._passphrase)
        spki = public_of(private).spki
        for key in self._keyring.keys:
            if key.public.spki == spki and key.role == role and key.revoked_at is None:
                return private, key
        raise SignerError(
            "key-not-in-keyring",
            f"the key of role {role} is not in the keyring under that role, or is revoked",
            hint="dambo keys show",
            ko=f"{role} 역할의 키가 키링에 그 역할로 없거나 폐기되었습니다",
        )


def of_role(role: str, payload: bytes) -> Statement:
    """The statement of `payload`, if `role` may sign it. Raises SignerError."""
    try:
        statement = parse(payload)
    except VerificationError as error:
        raise SignerError(
            "not-a-statement", f"refused to sign: {error}", ko=f"서명을 거부했습니다: {error.ko}"
        ) from error
    kind = statement.predicate.TYPE
    if SIGNED_BY[kind] != role:
        raise SignerError(
            "not-this-role", f"role {role} does not sign {kind}", ko=f"{role} 역할은 {kind} 문서에 서명하지 않습니다"
        )
    return statement


def read_private(folder: Path, role: str, passphrase: Passphrase = no_passphrase) -> Private:
    """The private key of a role; refused if anyone but its owner can read the file or change the folder."""
    return read_private_file(folder / f"{role}.pem", passphrase)


def _file_signer(uri: str, keyring: Keyring, passphrase: Passphrase) -> Signer:
    return FileSigner(Path(unquote(urlsplit(uri).path)), keyring, passphrase)


def _socket_signer(uri: str, keyring: Keyring, passphrase: Passphrase) -> Signer:  # noqa: ARG001 - one shape for all
    return SocketSigner(Path(unquote(urlsplit(uri).path)))


SCHEMES: Final[Mapping[str, Callable[[str, Keyring, Passphrase], Signer]]] = {
    "file": _file_signer,
    "unix": _socket_signer,
}
"""The door: a scheme and who answers to it."""


def signer_at(uri: str, keyring: Keyring, passphrase: Passphrase = no_passphrase) -> Signer:
    """The signer behind a URI. `passphrase` is called if its keys are encrypted files."""
    make = SCHEMES.get(urlsplit(uri).scheme)
    if make is None:
        raise SignerError(
            "signer-scheme", f"no signer for {urlsplit(uri).scheme!r}", hint=f"one of: {', '.join(SCHEMES)}"
        )
    return make(uri, keyring, passphrase)


def open_signer(settings: Settings) -> Signer:
    """The signer of these settings (DAMBO_SIGNER, else the file keys), with the keyring they name."""
    uri = settings.signer or settings.keys_folder().absolute().as_uri()
    return signer_at(uri, open_keyring(settings), passphrase_of(settings))


def open_keys(settings: Settings) -> KeyHolder:
    """The keys of these settings, for the process that may hold them."""
    return FileSigner(settings.keys_folder(), open_keyring(settings), passphrase_of(settings))


def open_keyring(settings: Settings) -> Keyring:
    """The keyring of these settings. Raises SignerError if there is none, VerificationError if it does not hold."""
    try:
        data = settings.keyring_file().read_bytes()
    except OSError as error:
        raise SignerError(
            "keyring-unreadable",
            f"the keyring cannot be read: {type(error).__name__}",
            hint="dambo keys init, or point DAMBO_KEYRING at the keyring",
            ko=f"키링을 읽을 수 없습니다: {type(error).__name__}",
            ko_hint="dambo keys init 을 실행하거나 DAMBO_KEYRING을 키링 파일로 지정하세요",
        ) from None
    return Keyring.from_bytes(data)
