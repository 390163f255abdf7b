"""The gate's decision: a SLSA verification summary, what payment reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, cast

from include.evidence.predicates.fields import (
    TYPES,
    Object,
    Verdict,
    to_int,
    to_list,
    to_object,
    to_sha256,
    to_str,
    to_texts,
)
from include.evidence.resource import Resource
from include.evidence.times import from_text, to_text

LEVEL: Final = "DAMBO_RELEASE"
EXTENSION: Final = f"{TYPES}/decision/v1"


@dataclass(frozen=True, slots=True)
class DecisionPredicate:
    """A SLSA verification summary: what payment reads. Only RELEASE is PASSED.

    `policy_uri` and `policy` (sha256) name the programme; `inputs` are the identities of the statements that were read.
    """

    TYPE: ClassVar = "https://slsa.dev/verification_summary/v1"
    SUBJECT: ClassVar = "manifest"
    SCHEMA: ClassVar = "decision"

    resource: Resource
    verifier: str
    verifier_version: str
    time_verified: datetime
    policy_uri: str
    policy: str
    inputs: tuple[str, ...]
    decision: Verdict
    reasons: tuple[str, ...]
    attempt: int

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.time_verified

    @property
    def released(self) -> bool:
        """The one question payment asks."""
        return self.decision == "RELEASE"

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "verifier": {"id": self.verifier, "version": {"dambo": self.verifier_version}},
            "timeVerified": to_text(self.time_verified),
            "resourceUri": self.resource.uri,
            "policy": {"uri": self.policy_uri, "digest": {"sha256": self.policy}},
            "inputAttestations": [{"digest": {"sha256": each}} for each in self.inputs],
            "verificationResult": "PASSED" if self.released else "FAILED",
            "verifiedLevels": [LEVEL if self.released else "FAILED"],
            f"{EXTENSION}/decision": self.decision,
            f"{EXTENSION}/reasons": [*self.reasons],
            f"{EXTENSION}/attempt": self.attempt,
        }

    @classmethod
    def from_json(cls, value: Object) -> DecisionPredicate:
        """Back. Raises ValueError if the standard's fields and ours disagree."""
        verifier, policy = to_object(value["verifier"]), to_object(value["policy"])
        inputs = to_list(value["inputAttestations"])
        made = cls(
            resource=Resource.parse(to_str(value["resourceUri"])),
            verifier=to_str(verifier["id"]),
            verifier_version=to_str(to_object(verifier["version"])["dambo"]),
            time_verified=from_text(to_str(value["timeVerified"])),
            policy_uri=to_str(policy["uri"]),
            policy=to_sha256(policy["digest"]),
            inputs=tuple(to_sha256(to_object(each)["digest"]) for each in inputs),
            decision=cast("Verdict", value[f"{EXTENSION}/decision"]),
            reasons=to_texts(value[f"{EXTENSION}/reasons"]),
            attempt=to_int(value[f"{EXTENSION}/attempt"]),
        )
        if made.released == bool(made.reasons):
            raise ValueError("a RELEASE has no reasons, any other decision has")
        return made
