"""Private keys in files: PKCS#8 PEM, 0600 in a folder of 0700, encrypted if there is a passphrase.

Ed25519 signs as RFC 8032 says. ECDSA P-256 signs in the encoding that the keyring gives to the key (r || s, or DER),
always with the smaller s: our verifier takes no other. A key that others can reach is refused, not repaired.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from include.errors import SignerError
from include.evidence.passphrase import Passphrase, no_passphrase
from include.evidence.publickey import P256_ORDER, Algorithm, PublicKey, SignatureEncoding

Private: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey

ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
LIMIT: Final = 2**16


def generate(algorithm: Algorithm) -> Private:
    """A new key."""
    return Ed25519PrivateKey.generate() if algorithm == "ed25519" else generate_private_key(SECP256R1())


def public_of(private: Private, encoding: SignatureEncoding = "raw") -> PublicKey:
    """Its public half, with the encoding of signatures that the keyring will name (Ed25519 has only `raw`)."""
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(private, Ed25519PrivateKey):
        return PublicKey(spki, "ed25519", "raw")
    return PublicKey(spki, "ecdsa-p256", encoding)


def sign(private: Private, public: PublicKey, message: bytes) -> bytes:
    """The signature of `message`, in the encoding of `public`."""
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(message)
    r, s = decode_dss_signature(private.sign(message, ECDSA(SHA256())))
    s = min(s, P256_ORDER - s)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") if public.encoding == "raw" else encode_dss_signature(r, s)


def write_private(path: Path, private: Private, passphrase: bytes | None) -> None:
    """A new file, 0600, on disk when this returns. Raises FileExistsError: a key is never overwritten."""
    how = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    data = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def read_private_file(path: Path, passphrase: Passphrase = no_passphrase) -> Private:
    """The private key of a file. Raises SignerError, also if anyone but its owner can reach file or folder."""
    try:
        _owner_only(path.parent, path)
        with path.open("rb") as file:
            data = file.read(LIMIT)
        secret = passphrase() if ENCRYPTED in data else None
        key = load_pem_private_key(data, password=secret)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unreadable(path, error) from None
    if isinstance(key, Ed25519PrivateKey) or (
        isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)
    ):
        return key
    raise SignerError(
        "key-algorithm", "a file key is Ed25519 or ECDSA P-256", ko="파일 키는 Ed25519 또는 ECDSA P-256이어야 합니다"
    )


def _unreadable(path: Path, error: Exception) -> SignerError:
    return SignerError(
        "key-unreadable",
        f"the key {path.name} cannot be read: {type(error).__name__}",
        hint="dambo keys init, or point DAMBO_KEYS at the folder of the keys; an encrypted key needs its passphrase",
        ko=f"키 {path.name} 을(를) 읽을 수 없습니다: {type(error).__name__}",
        ko_hint="dambo keys init 을 실행하거나 DAMBO_KEYS를 키 폴더로 지정하세요. 암호화된 키에는 암호문구가 필요합니다",
    )


def _owner_only(folder: Path, path: Path) -> None:
    for place in (folder, path):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & 0o077:
            raise SignerError(
                "key-exposed",
                f"{place.name} has mode {mode:04o}: others can reach the key",
                hint="chmod 700 the folder and 600 the keys; if they were readable, make new ones",
                ko=f"{place.name}의 권한이 {mode:04o}입니다: 다른 사용자가 키에 닿을 수 있습니다",
                ko_hint="폴더는 700, 키는 600으로 바꾸고, 이미 노출되었다면 새로 만드세요",
            )
