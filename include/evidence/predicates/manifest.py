"""The manifest statement: what was picked up, before any check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, cast

from include.evidence.canonical import Json
from include.evidence.predicates.fields import TYPES, Object, to_int, to_object, to_sha256, to_str
from include.evidence.resource import Resource
from include.evidence.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class Claims:
    """What `_DELIVERED.json` says, word for word; None where it is silent. Nothing here is true because it stands here."""

    voucher: str | None
    milestone: str | None
    delivery: str | None
    phase: str | None
    contract_id: str | None
    contract_version: str | None
    supplier: str | None

    def to_json(self) -> Object:
        """As in the manifest statement."""
        return {
            "voucher": self.voucher,
            "milestone": self.milestone,
            "delivery": self.delivery,
            "phase": self.phase,
            "contract": {"id": self.contract_id, "version": self.contract_version},
            "supplier": self.supplier,
        }

    @classmethod
    def from_json(cls, value: Json) -> Claims:
        """Back."""
        said = cast("dict[str, str | None]", to_object(value))
        contract = cast("dict[str, str | None]", to_object(value)["contract"])
        return cls(
            said["voucher"], said["milestone"], said["delivery"], said["phase"],
            contract["id"], contract["version"], said["supplier"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ManifestPredicate:
    """What was picked up. `pins` and `marker`: sha256 of the pins file and of `_DELIVERED.json`; `merkle_root` RFC 6962."""

    TYPE: ClassVar = f"{TYPES}/manifest/v1"
    SUBJECT: ClassVar = "manifest"
    SCHEMA: ClassVar = "manifest"

    resource: Resource
    claims: Claims
    marker: str
    pins: str
    merkle_root: str
    objects: int
    bytes: int
    taken_at: datetime

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.taken_at

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "claims": self.claims.to_json(),
            "marker": {"sha256": self.marker},
            "pins": {"sha256": self.pins},
            "merkleRoot": {"sha256": self.merkle_root},
            "objects": self.objects,
            "bytes": self.bytes,
            "takenAt": to_text(self.taken_at),
        }

    @classmethod
    def from_json(cls, value: Object) -> ManifestPredicate:
        """Back."""
        return cls(
            resource=Resource.parse(to_str(value["resourceUri"])),
            claims=Claims.from_json(value["claims"]),
            marker=to_sha256(value["marker"]),
            pins=to_sha256(value["pins"]),
            merkle_root=to_sha256(value["merkleRoot"]),
            objects=to_int(value["objects"]),
            bytes=to_int(value["bytes"]),
            taken_at=from_text(to_str(value["takenAt"])),
        )
