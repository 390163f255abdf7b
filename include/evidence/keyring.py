"""The keyring: one file that says which key may sign what, for whom, and until when.

A DSSE envelope (payloadType KEYRING_TYPE) around RFC 8785 JSON, signed by its own root role. The first one is trusted
because its digest was compared by a person (`dambo keys show` prints it); each later one because the one before vouches
for it: threshold(old) and threshold(new) of root, version + 1 (the rule of The Update Framework).
Thresholds count persons, not keys. A Keyring object exists only after all of that held.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, cast

from include.evidence import envelope, schema
from include.evidence.canonical import Json, canonical, digest, require_canonical, verification_only
from include.evidence.publickey import Algorithm, PublicKey, SignatureEncoding
from include.evidence.refusals import refuse
from include.evidence.times import from_text, to_text

Role: TypeAlias = Literal["root", "intake", "verifier", "gate", "waiver", "payment", "log", "witness"]

KEYRING_TYPE: Final = "application/vnd.dambo.keyring+json"
ED25519_ONLY: Final = frozenset({"log", "witness"})
"""C2SP checkpoints and cosignatures are Ed25519."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its role, the person who answers for it, the verifier id it speaks for, and when it may sign."""

    public: PublicKey
    role: Role
    person: str
    verifier: str | None
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None

    @property
    def keyid(self) -> str:
        """sha256 of the SPKI DER, hex."""
        return self.public.keyid

    def to_json(self) -> dict[str, Json]:
        """As it stands in the keyring."""
        return {
            "keyid": self.keyid,
            "role": self.role,
            "person": self.person,
            "verifier": self.verifier,
            "algorithm": self.public.algorithm,
            "encoding": self.public.encoding,
            "spki": base64.b64encode(self.public.spki).decode("ascii"),
            "notBefore": to_text(self.not_before),
            "notAfter": to_text(self.not_after),
            "revokedAt": None if self.revoked_at is None else to_text(self.revoked_at),
        }


@dataclass(frozen=True, slots=True)
class Body:
    """What the root role signs. Made by whoever edits a keyring; it is nobody's word until signed."""

    version: int
    issued_at: datetime
    thresholds: Mapping[str, int]
    keys: tuple[Key, ...]

    def to_bytes(self) -> bytes:
        """The payload, RFC 8785."""
        return canonical(
            {
                "type": "dambo/keyring/v1",
                "version": self.version,
                "issuedAt": to_text(self.issued_at),
                "thresholds": dict(self.thresholds),
                "keys": [key.to_json() for key in self.keys],
            }
        )

    def bearing(self, role: str) -> tuple[Key, ...]:
        """The keys of a role."""
        return tuple(key for key in self.keys if key.role == role)

    def threshold(self, role: str) -> int:
        """How many persons must sign as `role`."""
        return self.thresholds.get(role, 1)


@dataclass(frozen=True, slots=True)
class Keyring:
    """A keyring whose root signatures hold. `sha256` is the identity that a person compares."""

    body: Body
    sha256: str

    @property
    def version(self) -> int:
        """Counts up by one."""
        return self.body.version

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys, revoked ones too."""
        return self.body.keys

    @classmethod
    @verification_only
    def from_bytes(cls, data: bytes) -> Keyring:
        """A keyring file, verified by its own root role (trust it only after comparing `sha256`)."""
        made, signed = _read(data)
        _vouched(made.body, made.body, signed)
        return made

    @verification_only
    def update(self, data: bytes) -> Keyring:
        """The next version, vouched for by this one's root role and by its own."""
        made, signed = _read(data)
        if made.version != self.version + 1 or made.body.issued_at < self.body.issued_at:
            raise refuse("keyring-version", f"{self.version} -> {made.version}")
        _vouched(self.body, made.body, signed)
        _vouched(made.body, made.body, signed)
        return made


@verification_only
def walk(trusted: Keyring, versions: Iterable[bytes]) -> Keyring:
    """From the keyring that a person trusts to the newest of `versions`, each vouched for by the one before.

    `versions` are keyring files without gap, oldest first. Those before the trusted one are passed by; the one of its
    number must be it ("keyring-forked"). If all are older, the trusted one stays: nobody rolls it back.
    """
    for data in versions:
        given, _ = _read(data)
        if given.version == trusted.version and given != trusted:
            raise refuse("keyring-forked", f"version {given.version}")
        if given.version > trusted.version:
            trusted = trusted.update(data)
    return trusted


def signers(keys: Iterable[Key], signed: envelope.Envelope) -> tuple[Key, ...]:
    """Those of `keys` that made a signature of the envelope over its received bytes. Hinted keys are tried first."""
    message = signed.pae()
    found: dict[str, Key] = {}
    candidates = tuple(keys)
    for signature in signed.signatures:
        for key in sorted(candidates, key=lambda k: k.keyid != signature.keyid):
            if key.public.verifies(signature.sig, message):
                found[key.keyid] = key
                break
    return tuple(found.values())


def persons(keys: Iterable[Key]) -> frozenset[str]:
    """Who answers for these keys: a person with three keys is one person."""
    return frozenset(key.person for key in keys)


def _vouched(by: Body, new: Body, signed: envelope.Envelope) -> None:
    """`by`'s root role signs `new`. A root key counts if it was valid when the keyring says it was issued.

    A key that the new keyring revokes does not count: who takes a key back does not vouch by it.
    """
    revoked = {key.keyid for key in new.keys if key.revoked_at is not None}
    usable = [
        key
        for key in by.bearing("root")
        if key.not_before <= new.issued_at <= key.not_after and key.revoked_at is None and key.keyid not in revoked
    ]
    if len(persons(signers(usable, signed))) < by.threshold("root"):
        raise refuse("keyring-root")


def _read(data: bytes) -> tuple[Keyring, envelope.Envelope]:
    signed = envelope.parse(data, payload_type=KEYRING_TYPE)
    body, sha256 = read_unvouched(signed)
    return Keyring(body, sha256), signed


@verification_only
def read_unvouched(signed: envelope.Envelope) -> tuple[Body, str]:
    """What an envelope says a keyring is, and its digest, whoever signed it: to show or to sign it, never to trust it."""
    value = require_canonical(signed.payload)
    try:
        schema.validate(value, schema.load("keyring"))
    except schema.Mismatch as error:
        raise refuse("keyring-shape", str(error)) from None
    return _body(cast("dict[str, Json]", value)), digest(signed.payload)


def _body(value: dict[str, Json]) -> Body:
    thresholds = cast("dict[str, int]", value["thresholds"])
    keys = tuple(_key(each) for each in cast("list[dict[str, str | None]]", value["keys"]))
    if any(times > 1 for times in Counter(key.keyid for key in keys).values()):
        raise refuse("keyring-duplicate")
    body = Body(cast("int", value["version"]), _time(cast("str", value["issuedAt"])), thresholds, keys)
    for role, least in thresholds.items():
        if len(persons(body.bearing(role))) < least:
            raise refuse("keyring-threshold", role)
    return body


def _key(value: Mapping[str, str | None]) -> Key:
    said = {name: text or "" for name, text in value.items()}
    try:
        spki = binascii.a2b_base64(said["spki"], strict_mode=True)
    except binascii.Error:
        raise refuse("bad-base64", "spki") from None
    if base64.b64encode(spki).decode("ascii") != said["spki"]:
        raise refuse("bad-base64", "spki")
    public = PublicKey(spki, cast("Algorithm", said["algorithm"]), cast("SignatureEncoding", said["encoding"]))
    public.check()
    if public.keyid != said["keyid"]:
        raise refuse("keyring-keyid")
    if said["role"] in ED25519_ONLY and public.algorithm != "ed25519":
        raise refuse("keyring-key", "the log's keys are Ed25519")
    key = Key(
        public=public,
        role=cast("Role", said["role"]),
        person=said["person"],
        verifier=value["verifier"],
        not_before=_time(said["notBefore"]),
        not_after=_time(said["notAfter"]),
        revoked_at=_time(said["revokedAt"]) if said["revokedAt"] else None,
    )
    if key.not_before >= key.not_after:
        raise refuse("keyring-validity")
    return key


def _time(text: str) -> datetime:
    try:
        return from_text(text)
    except ValueError:
        raise refuse("keyring-validity", "not a time") from None
