"""What goes over the signer's socket: one question and one answer a connection, RFC 8785 JSON after its length.

Question: {ask: "sign", role, payload: base64} or {ask: "verifier", role}. Answer: {envelope: base64}, {verifier}, or
{error: {kind, code, message, hint, ko, ko_hint}}.
"""

from __future__ import annotations

import base64
import socket
from typing import Final

from include.errors import DamboError, RegistryError, SignerError, StorageError, VerificationError
from include.evidence.canonical import Json, canonical, strict_parse

LIMIT: Final = 2**22
KINDS: Final = {kind.__name__: kind for kind in (VerificationError, SignerError, StorageError, RegistryError)}
TEXTS: Final = ("code", "message", "hint", "ko", "ko_hint")


def send(connection: socket.socket, value: dict[str, Json]) -> None:
    """One message. Raises OSError."""
    data = canonical(value)
    connection.sendall(len(data).to_bytes(4, "big") + data)


def receive(connection: socket.socket) -> dict[str, Json]:
    """One message. Raises OSError, VerificationError for what is none."""
    length = int.from_bytes(_exactly(connection, 4), "big")
    if length > LIMIT:
        raise ConnectionError("too long")
    value = strict_parse(_exactly(connection, length), limit=LIMIT)
    if not isinstance(value, dict):
        raise ConnectionError("not an object")
    return value


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(min(count - len(parts), 2**16))
        if not part:
            raise ConnectionError("closed early")
        parts += part
    return bytes(parts)


def encode(data: bytes) -> str:
    """Bytes in JSON."""
    return base64.b64encode(data).decode("ascii")


def decode(value: Json) -> bytes:
    """And back. Raises ValueError."""
    return base64.b64decode(str(value), validate=True)


def error_json(error: DamboError) -> dict[str, Json]:
    """An error as an answer; one of an unknown kind becomes a SignerError."""
    kind = type(error).__name__ if type(error).__name__ in KINDS else SignerError.__name__
    return {"error": {"kind": kind, **{name: str(getattr(error, name)) for name in TEXTS}}}


def error_of(value: Json) -> DamboError:
    """And back."""
    said = value if isinstance(value, dict) else {}
    texts = {name: str(said.get(name, "")) for name in TEXTS}
    kind = KINDS.get(str(said.get("kind")), SignerError)
    return kind(texts["code"], texts["message"], hint=texts["hint"], ko=texts["ko"], ko_hint=texts["ko_hint"])
