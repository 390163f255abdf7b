"""DSSE 1.0.2 envelopes, our own small implementation: PAE over bytes, strict base64, bounded.

The payload's bytes are decoded once and handed on; nothing re-parses the envelope. As the standard says, unknown fields
are ignored and a missing keyid is an empty one; a keyid is a hint and decides nothing.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from include.evidence.canonical import Json, canonical, strict_parse, verification_only
from include.evidence.refusals import refuse

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
ENVELOPE_LIMIT: Final = 2**20
MAX_SIGNATURES: Final = 16
MAX_SIGNATURE_BYTES: Final = 128
"""Ed25519 and raw P-256 have 64 bytes, DER P-256 at most 72."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature; `keyid` is unauthenticated."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures, as received: nothing here is verified."""

    payload: bytes
    signatures: tuple[Signature, ...]
    payload_type: str = PAYLOAD_TYPE

    def pae(self) -> bytes:
        """The bytes that are signed."""
        return pae(self.payload_type, self.payload)

    def to_bytes(self) -> bytes:
        """The envelope as RFC 8785 JSON with standard base64."""
        signatures: list[Json] = [{"keyid": s.keyid, "sig": _encode(s.sig)} for s in self.signatures]
        return canonical({"payload": _encode(self.payload), "payloadType": self.payload_type, "signatures": signatures})


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: lengths count bytes, not characters."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@verification_only
def parse(data: bytes, *, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """The envelope, whose payloadType must be exactly `payload_type`."""
    value = strict_parse(data, limit=ENVELOPE_LIMIT)
    if not isinstance(value, dict) or not {"payload", "payloadType", "signatures"} <= value.keys():
        raise refuse("envelope-shape")
    if value["payloadType"] != payload_type:
        raise refuse("payload-type")
    payload = _decode(value["payload"], "payload")
    if not payload:
        raise refuse("empty-payload")
    return Envelope(payload, _signatures(value["signatures"]), payload_type)


def _signatures(value: Json) -> tuple[Signature, ...]:
    if not isinstance(value, list):
        raise refuse("envelope-shape", "signatures")
    if not value:
        raise refuse("no-signature")
    if len(value) > MAX_SIGNATURES:
        raise refuse("too-many-signatures")
    return tuple(_signature(each) for each in value)


def _signature(value: Json) -> Signature:
    if not isinstance(value, dict) or "sig" not in value:
        raise refuse("signature-shape")
    keyid = value.get("keyid") or ""
    if not isinstance(keyid, str):
        raise refuse("signature-shape", "keyid")
    sig = _decode(value["sig"], "sig")
    if not sig:
        raise refuse("empty-signature")
    if len(sig) > MAX_SIGNATURE_BYTES:
        raise refuse("signature-length")
    return Signature(keyid, sig)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(value: Json, field: str) -> bytes:
    """Standard or URL-safe base64 (RFC 4648), not mixed, padded, its last bits zero: one spelling an alphabet."""
    if not isinstance(value, str):
        raise refuse("envelope-shape", field)
    try:
        text = value.encode("ascii")
        plain = text.translate(bytes.maketrans(b"-_", b"+/"))
        data = binascii.a2b_base64(plain, strict_mode=True) if plain else b""
    except (UnicodeEncodeError, binascii.Error):
        raise refuse("bad-base64", field) from None
    if text not in {base64.b64encode(data), base64.urlsafe_b64encode(data)}:
        raise refuse("bad-base64", field)
    return data
