"""A voucher's holds and destructions: small JSON files under `retention/<voucher>/`, numbered, written once, each naming
the one before by its sha256, so that none can be left out or changed unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias, cast

from include.errors import StorageError, VerificationError
from include.evidence import schema
from include.evidence.canonical import Json, canonical, digest, require_canonical
from include.evidence.times import from_text, to_text
from include.storage import Storage

Kind: TypeAlias = Literal["hold", "lift", "destroyed"]

SCHEMA: Final = "dambo/retention/v1"
ROOM: Final = "retention"
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Gone:
    """One object that was destroyed: where it lay and what it was, by digest."""

    key: str
    sha256: str
    size: int

    def to_json(self) -> dict[str, Json]:
        """As in the event."""
        return {"key": self.key, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a voucher's records. `reason`: a person's words, of a destruction the law. `before`: sha256 of the
    event before, None for the first.
    """

    voucher: str
    kind: Kind
    at: datetime
    by: str
    reason: str
    objects: tuple[Gone, ...] = ()
    before: str | None = None

    def to_bytes(self) -> bytes:
        """The file, RFC 8785."""
        objects: list[Json] = [each.to_json() for each in self.objects]
        return canonical(
            {"schema": SCHEMA, "voucher": self.voucher, "event": self.kind, "at": to_text(self.at), "by": self.by,
             "reason": self.reason, "objects": objects, "before": self.before}
        )  # fmt: skip


def record(storage: Storage, event: Event) -> None:
    """Append an event. Of several writers at once each gets a number of its own. Raises StorageError, VerificationError."""
    for _ in range(TRIES):
        last = _files(storage, event.voucher)
        before = digest(last[-1][1]) if last else None
        try:
            key = f"{ROOM}/{event.voucher}/{len(last) + 1:06}.json"
            if storage.put_once(key, replace(event, before=before).to_bytes()):
                return
        except StorageError as error:
            if error.code != "already-exists":
                raise
    raise StorageError(
        "storage-unavailable",
        "others write this voucher's events all the time",
        ko="동시에 다른 기록이 계속되고 있습니다",
    )


def events(storage: Storage, voucher: str) -> list[Event]:
    """All events, the first one first. Raises VerificationError "retention-changed" if their chain is broken."""
    found: list[Event] = []
    before: str | None = None
    for place, (key, data) in enumerate(_files(storage, voucher), 1):
        event = _read(data)
        if event.before != before or event.voucher != voucher or not key.endswith(f"/{place:06}.json"):
            raise _changed(key)
        before = digest(data)
        found.append(event)
    return found


def _files(storage: Storage, voucher: str) -> list[tuple[str, bytes]]:
    return [(info.key, storage.read(info.key)) for info in storage.list(f"{ROOM}/{voucher}/")]


def _read(data: bytes) -> Event:
    value = require_canonical(data, limit=2**26)
    try:
        schema.validate(value, schema.load("retention-event"))
        said = cast("dict[str, Json]", value)
        at = from_text(cast("str", said["at"]))
    except ValueError:
        raise _changed("an event") from None
    objects = tuple(
        Gone(cast("str", each["key"]), cast("str", each["sha256"]), cast("int", each["size"]))
        for each in cast("list[dict[str, Json]]", said["objects"])
    )
    return Event(
        cast("str", said["voucher"]), cast("Kind", said["event"]), at, cast("str", said["by"]),
        cast("str", said["reason"]), objects, cast("str | None", said["before"]),
    )  # fmt: skip


def _changed(what: str) -> VerificationError:
    return VerificationError(
        "retention-changed",
        f"{what}: the record of holds and destructions was changed or has gaps",
        hint="restore retention/ from the store's versions; nothing is destroyed meanwhile",
        ko=f"{what}: 보존 조치·파기 기록이 바뀌었거나 빠졌습니다",
        ko_hint="저장소 버전에서 retention/ 을 복구하십시오. 그동안 아무것도 파기하지 않습니다",
    )
