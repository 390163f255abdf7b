"""The run-started statement: what is going to be checked, said before it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from include.evidence.predicates.fields import TYPES, Object, Pinned, to_int, to_object, to_sha256, to_str
from include.evidence.resource import Resource
from include.evidence.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class RunStartedPredicate:
    """What is going to be checked, said before it is: so that a dropped rule or a hidden attempt shows.

    `manifest`: identity (sha256 of the payload) of the manifest statement; `rules`: see include.evidence.rules.
    """

    TYPE: ClassVar = f"{TYPES}/run-started/v1"
    SUBJECT: ClassVar = "manifest"
    SCHEMA: ClassVar = "run-started"

    resource: Resource
    attempt: int
    manifest: str
    contract: Pinned
    programme: Pinned
    rules: str
    rule_count: int
    operator: str
    reason: str
    started_at: datetime

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.started_at

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "attempt": self.attempt,
            "manifest": {"sha256": self.manifest},
            "contract": self.contract.to_json(),
            "programme": self.programme.to_json(),
            "rules": {"sha256": self.rules, "count": self.rule_count},
            "operator": self.operator,
            "reason": self.reason,
            "startedAt": to_text(self.started_at),
        }

    @classmethod
    def from_json(cls, value: Object) -> RunStartedPredicate:
        """Back."""
        return cls(
            resource=Resource.parse(to_str(value["resourceUri"])),
            attempt=to_int(value["attempt"]),
            manifest=to_sha256(value["manifest"]),
            contract=Pinned.from_json(value["contract"]),
            programme=Pinned.from_json(value["programme"]),
            rules=to_sha256(value["rules"]),
            rule_count=to_int(to_object(value["rules"])["count"]),
            operator=to_str(value["operator"]),
            reason=to_str(value["reason"]),
            started_at=from_text(to_str(value["startedAt"])),
        )
