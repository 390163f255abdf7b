"""The audit's statement: what the nightly reading of all evidence covered, and what did not hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from include.evidence.predicates.fields import TYPES, Object, maybe_sha256, named, to_int, to_list, to_object, to_str
from include.evidence.resource import Everything
from include.evidence.times import from_text, to_text

MOST: Final = 500
"""Findings that are written out; further ones are counted."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that does not hold: what it is about ("log", "V-1/D-1 #1 report"), and the refusal's code."""

    about: str
    code: str


@dataclass(frozen=True, slots=True)
class Covered:
    """How much was read: attempts, signed documents, and paid deliveries whose objects were hashed again."""

    attempts: int
    documents: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class AuditPredicate:
    """One audit. `number` counts audits from 1 and `before` is the identity of the one before, so that none is left out.

    `log_size`: entries of the log that was audited, whose checkpoint (the note's bytes) is the statement's subject.
    `found` counts all findings; `findings` are the first MOST of them, sorted.
    """

    TYPE: ClassVar = f"{TYPES}/audit/v1"
    SUBJECT: ClassVar = "checkpoint"
    SCHEMA: ClassVar = "audit"

    number: int
    before: str | None
    started_at: datetime
    finished_at: datetime
    log_size: int
    covered: Covered
    found: int
    findings: tuple[Finding, ...]

    @property
    def resource(self) -> Everything:
        """All evidence."""
        return Everything()

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.finished_at

    @property
    def verdict(self) -> str:
        """PASS if nothing was found."""
        return "FAIL" if self.found else "PASS"

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "number": self.number,
            "before": named(self.before),
            "startedAt": to_text(self.started_at),
            "finishedAt": to_text(self.finished_at),
            "logSize": self.log_size,
            "checked": {
                "attempts": self.covered.attempts,
                "documents": self.covered.documents,
                "deliveries": self.covered.deliveries,
            },
            "verdict": self.verdict,
            "found": self.found,
            "findings": [{"about": each.about, "code": each.code} for each in self.findings],
        }

    @classmethod
    def from_json(cls, value: Object) -> AuditPredicate:
        """Back. Raises ValueError if count and list of findings disagree or the times run backwards."""
        checked = to_object(value["checked"])
        listed = [to_object(each) for each in to_list(value["findings"])]
        made = cls(
            number=to_int(value["number"]),
            before=maybe_sha256(value["before"]),
            started_at=from_text(to_str(value["startedAt"])),
            finished_at=from_text(to_str(value["finishedAt"])),
            log_size=to_int(value["logSize"]),
            covered=Covered(*(to_int(checked[name]) for name in ("attempts", "documents", "deliveries"))),
            found=to_int(value["found"]),
            findings=tuple(Finding(to_str(each["about"]), to_str(each["code"])) for each in listed),
        )
        if list(made.findings) != sorted(set(made.findings)) or len(made.findings) != min(made.found, MOST):
            raise ValueError("the findings are not those that are counted")
        if made.finished_at < made.started_at:
            raise ValueError("finishedAt before startedAt")
        if (made.number == 1) != (made.before is None):
            raise ValueError("only the first has none before it")
        return made
