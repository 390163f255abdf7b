"""The keyring of a pack in forms that other tools read: each key as PEM, and one text line a key for the shell script.

Derived, never trusted by itself: verification makes them again from the keyring and compares.
"""

from __future__ import annotations

import base64
from typing import Final

from include.evidence.keyring import Key, Keyring
from include.evidence.times import to_text

FOLDER: Final = "keyring"


def pem(spki: bytes) -> bytes:
    """SPKI DER as PEM (RFC 7468)."""
    text = base64.b64encode(spki).decode("ascii")
    lines = [text[place : place + 64] for place in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()


def key_files(keyring: Keyring) -> dict[str, bytes]:
    """`keyring/keys.txt` and `keyring/<keyid>.pem` for every key."""
    made = {f"{FOLDER}/{key.keyid}.pem": pem(key.public.spki) for key in keyring.keys}
    lines = "".join(f"{_line(key)}\n" for key in keyring.keys)
    return {**made, f"{FOLDER}/keys.txt": lines.encode()}


def _line(key: Key) -> str:
    """keyid, role, algorithm, encoding, from, until, revoked (or `-`), separated by single blanks."""
    revoked = "-" if key.revoked_at is None else to_text(key.revoked_at)
    times = (to_text(key.not_before), to_text(key.not_after), revoked)
    return " ".join((key.keyid, key.role, key.public.algorithm, key.public.encoding, *times))


def keyring_file(version: int) -> str:
    """Where a version of the keyring lies."""
    return f"{FOLDER}/keyring.{version}.json"
