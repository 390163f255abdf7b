"""What the predicates' modules share: parts of JSON that a schema has passed, as their types, and digests by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from include.evidence.canonical import Json

TYPES: Final = "https://dambo.example/attestation"
"""The name under which our predicate types stand. `.example` is reserved (RFC 2606): nobody can come to own it."""

Object: TypeAlias = dict[str, Json]
ReportVerdict: TypeAlias = Literal["PASS", "FAIL", "ERROR"]
Verdict: TypeAlias = Literal["RELEASE", "HOLD", "REJECT"]


def to_object(value: Json) -> Object:
    """An object, as the schema said."""
    assert isinstance(value, dict)
    return value


def to_list(value: Json) -> list[Json]:
    """An array."""
    assert isinstance(value, list)
    return value


def to_str(value: Json) -> str:
    """A string."""
    assert isinstance(value, str)
    return value


def to_texts(value: Json) -> tuple[str, ...]:
    """An array of strings."""
    return tuple(to_str(item) for item in to_list(value))


def to_int(value: Json) -> int:
    """An integer."""
    assert isinstance(value, int)
    return value


def to_sha256(value: Json) -> str:
    """The digest in `{"sha256": ...}`."""
    return to_str(to_object(value)["sha256"])


def maybe_sha256(value: Json) -> str | None:
    """The same, or null."""
    return None if value is None else to_sha256(value)


def named(sha256: str | None) -> Json:
    """A digest (or null) as it stands in a statement."""
    return None if sha256 is None else {"sha256": sha256}


@dataclass(frozen=True, slots=True)
class Pinned:
    """A contract or programme, by id, version and the sha256 (hex) of its bytes."""

    id: str
    version: str
    sha256: str

    def to_json(self) -> Object:
        """As in a statement."""
        return {"id": self.id, "version": self.version, "digest": {"sha256": self.sha256}}

    @classmethod
    def from_json(cls, value: Json) -> Pinned:
        """Back."""
        said = to_object(value)
        return cls(to_str(said["id"]), to_str(said["version"]), to_sha256(said["digest"]))
