"""Public keys and the verification of one signature: Ed25519 (RFC 8032) and ECDSA P-256 with SHA-256.

Algorithm and signature encoding are the keyring's, never the envelope's. Refused that `cryptography` would accept:
Ed25519 keys of low order (for which anybody can forge), any second spelling of a key, and of the twin ECDSA signatures
(r, s) and (r, n-s) the one with the larger s, so that a signature has one form. Our signers write the smaller s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from include.evidence.refusals import refuse

Algorithm: TypeAlias = Literal["ed25519", "ecdsa-p256"]
SignatureEncoding: TypeAlias = Literal["raw", "der"]

FIELD: Final = 2**255 - 19
ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
LOW_ORDER_Y: Final = frozenset({0, 1, FIELD - 1, ORDER_8, FIELD - ORDER_8})
"""y of the eight points of order 1, 2, 4 and 8; with both signs of x and y + p where it fits, 14 encodings."""

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key in its SPKI DER form with how it signs. `open` it before trusting: the constructor checks nothing."""

    spki: bytes
    algorithm: Algorithm
    encoding: SignatureEncoding

    @property
    def keyid(self) -> str:
        """sha256 of the SPKI DER, hex."""
        return sha256(self.spki).hexdigest()

    def check(self) -> None:
        """Raises VerificationError for a key that must not be in a keyring."""
        if self.algorithm == "ed25519" and self.encoding != "raw":
            raise refuse("keyring-encoding")
        _load(self.spki, self.algorithm)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Is `signature` this key's over `message`, in this encoding and no other?"""
        key = _load(self.spki, self.algorithm)
        try:
            if isinstance(key, Ed25519PublicKey):
                key.verify(signature, message)
            else:
                der = _der(signature, self.encoding)
                if der is None:
                    return False
                key.verify(der, message, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=512)
def _load(spki: bytes, algorithm: str) -> Ed25519PublicKey | EllipticCurvePublicKey:
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise refuse("keyring-key", "not an SPKI") from None
    if isinstance(key, Ed25519PublicKey) and algorithm == "ed25519":
        _refuse_low_order(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    elif not (isinstance(key, EllipticCurvePublicKey) and algorithm == "ecdsa-p256"):
        raise refuse("keyring-key", "another algorithm")
    elif not isinstance(key.curve, SECP256R1):
        raise refuse("keyring-key", "another curve")
    if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != spki:
        raise refuse("keyring-key", "a second spelling of the key")
    return key


def _refuse_low_order(raw: bytes) -> None:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y % FIELD in LOW_ORDER_Y:
        raise refuse("low-order-key")
    if y >= FIELD:
        raise refuse("keyring-key", "a second spelling of the key")


def _der(signature: bytes, encoding: SignatureEncoding) -> bytes | None:
    """The strict DER form of a P-256 signature with low s, or None if it is not in `encoding`."""
    try:
        if encoding == "raw":
            if len(signature) != 64:
                return None
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        else:
            r, s = decode_dss_signature(signature)
    except ValueError:
        return None
    if not (0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2):
        return None
    der = encode_dss_signature(r, s)
    return der if encoding == "raw" or der == signature else None
