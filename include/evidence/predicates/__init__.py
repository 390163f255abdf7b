"""The predicates of our statements: frozen types, their JSON and back. Shapes are held by `schemas/*.json`.

`from_json` takes what has passed its schema; what a schema cannot say (that a result follows from its verdict, that
times are in order) it checks itself and raises ValueError. A predicate's `SUBJECT` names what its statement is about.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from include.evidence.predicates.audit import AuditPredicate, Covered, Finding
from include.evidence.predicates.decision import EXTENSION, LEVEL, DecisionPredicate
from include.evidence.predicates.fields import TYPES, Object, Pinned, ReportVerdict, Verdict
from include.evidence.predicates.manifest import Claims, ManifestPredicate
from include.evidence.predicates.report import ByVerdict, ReportPredicate
from include.evidence.predicates.retention import Gone, RetentionPredicate
from include.evidence.predicates.run_started import RunStartedPredicate

__all__ = [
    "EXTENSION",
    "LEVEL",
    "PREDICATES",
    "SIGNED_BY",
    "TYPES",
    "AuditPredicate",
    "ByVerdict",
    "Claims",
    "Covered",
    "DecisionPredicate",
    "DeliveryPredicate",
    "Finding",
    "Gone",
    "ManifestPredicate",
    "Minute",
    "Object",
    "Pinned",
    "Predicate",
    "ReportPredicate",
    "ReportVerdict",
    "RetentionPredicate",
    "RunStartedPredicate",
    "Verdict",
]

DeliveryPredicate: TypeAlias = ManifestPredicate | RunStartedPredicate | ReportPredicate | DecisionPredicate
"""What is said about one delivery, from pick-up to payment."""

Minute: TypeAlias = AuditPredicate | RetentionPredicate
"""What is said about the keeping of evidence; found again in the log (include.evidence.minutes)."""

Predicate: TypeAlias = DeliveryPredicate | Minute

PREDICATES: Final = {
    kind.TYPE: kind
    for kind in (
        ManifestPredicate,
        RunStartedPredicate,
        ReportPredicate,
        DecisionPredicate,
        RetentionPredicate,
        AuditPredicate,
    )
}

SIGNED_BY: Final = {
    ManifestPredicate.TYPE: "intake",
    RunStartedPredicate.TYPE: "verifier",
    ReportPredicate.TYPE: "verifier",
    DecisionPredicate.TYPE: "gate",
    RetentionPredicate.TYPE: "intake",
    AuditPredicate.TYPE: "verifier",
}
"""Which role signs which type: intake keeps what it took in, the verifier verifies, the gate decides."""
