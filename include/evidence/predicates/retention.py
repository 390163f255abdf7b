"""The statement of a legal hold, of its end, or of the destruction of a voucher's findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal, TypeAlias, cast

from include.evidence.canonical import Json, canonical, digest
from include.evidence.predicates.fields import TYPES, Object, maybe_sha256, named, to_int, to_list, to_object, to_str
from include.evidence.resource import WholeVoucher
from include.evidence.times import from_text, to_text

Event: TypeAlias = Literal["hold", "lift", "destroyed"]

MOST: Final = 2000
"""Objects that one statement names, so that it stays below a statement's 1 MiB; more are said in several."""


@dataclass(frozen=True, slots=True, order=True)
class Gone:
    """One object that was destroyed: where it lay, and what it was, by digest."""

    key: str
    sha256: str

    def to_json(self) -> Json:
        """As in the statement."""
        return {"key": self.key, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class RetentionPredicate:
    """What happened to a voucher's records. `reason`: a person's words, of a destruction the law.

    `number` counts a voucher's events from 1 and `before` is the identity of the one before, so that none is left out.
    The statement's subject is the sha256 of the list of objects; a hold is on the whole voucher and lists none.
    """

    TYPE: ClassVar = f"{TYPES}/retention/v1"
    SUBJECT: ClassVar = "objects"
    SCHEMA: ClassVar = "retention"

    voucher: str
    number: int
    before: str | None
    event: Event
    at: datetime
    by: str
    reason: str
    objects: tuple[Gone, ...] = ()

    @property
    def resource(self) -> WholeVoucher:
        """All of the voucher."""
        return WholeVoucher(self.voucher)

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.at

    @property
    def subject(self) -> str:
        """sha256 (hex) of the RFC 8785 list of objects: the statement's subject."""
        return digest(canonical([each.to_json() for each in self.objects]))

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "number": self.number,
            "before": named(self.before),
            "event": self.event,
            "at": to_text(self.at),
            "by": self.by,
            "reason": self.reason,
            "objects": [each.to_json() for each in self.objects],
        }

    @classmethod
    def from_json(cls, value: Object) -> RetentionPredicate:
        """Back. Raises ValueError where event and objects do not fit, or the objects are not in order."""
        listed = [to_object(each) for each in to_list(value["objects"])]
        made = cls(
            voucher=WholeVoucher.parse(to_str(value["resourceUri"])).voucher,
            number=to_int(value["number"]),
            before=maybe_sha256(value["before"]),
            event=cast("Event", value["event"]),
            at=from_text(to_str(value["at"])),
            by=to_str(value["by"]),
            reason=to_str(value["reason"]),
            objects=tuple(Gone(to_str(each["key"]), to_str(each["sha256"])) for each in listed),
        )
        if list(made.objects) != sorted({*made.objects}) or (made.event == "destroyed") != bool(made.objects):
            raise ValueError("the objects do not fit the event")
        if (made.number == 1) != (made.before is None):
            raise ValueError("only the first has none before it")
        return made
