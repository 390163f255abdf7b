"""in-toto Statement v1 around our predicates. A statement's identity is the sha256 of these bytes, never of an envelope.

Invariant: `parse` accepts exactly the bytes that `to_bytes` makes, so that one content has one identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from include.evidence import schema
from include.evidence.canonical import Json, canonical, digest, require_canonical, verification_only
from include.evidence.predicates import PREDICATES, Predicate, RetentionPredicate
from include.evidence.refusals import refuse

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True)
class Statement:
    """`subject`: a sha256 (hex), of the manifest in every document about one delivery; else as the predicate says."""

    subject: str
    predicate: Predicate

    def to_json(self) -> dict[str, Json]:
        """As in-toto writes it."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": self.predicate.SUBJECT, "digest": {"sha256": self.subject}}],
            "predicateType": self.predicate.TYPE,
            "predicate": self.predicate.to_json(),
        }

    def to_bytes(self) -> bytes:
        """The payload to be signed. Raises ValueError if it would not be accepted again."""
        return self._bytes

    @cached_property
    def _bytes(self) -> bytes:
        data = canonical(self.to_json())
        if parse(data) != self:
            raise ValueError("the statement does not survive its own bytes (a time with fractions?)")
        return data

    @cached_property
    def sha256(self) -> str:
        """The identity."""
        return digest(self.to_bytes())


@verification_only
def parse(data: bytes) -> Statement:
    """The statement of these bytes: canonical, of a known type, of its schema, without contradiction."""
    made = from_json(require_canonical(data))
    made.__dict__["_bytes"] = data  # as it was found to be; cached_property would make the same again
    return made


@verification_only
def from_json(value: Json) -> Statement:
    """The same from the value that `require_canonical` gave."""
    if not isinstance(value, dict):
        raise refuse("statement-shape", "not an object")
    kind = PREDICATES.get(str(value.get("predicateType")))
    if kind is None:
        raise refuse("statement-type")
    try:
        schema.validate(value, schema.load(kind.SCHEMA))
    except schema.Mismatch as error:
        raise refuse("statement-shape", str(error)) from None
    return _build(value, kind)


def _build(value: dict[str, Json], kind: type[Predicate]) -> Statement:
    subject, predicate = value["subject"], value["predicate"]
    assert isinstance(subject, list)
    assert isinstance(predicate, dict)
    try:
        made = Statement(subject[0]["digest"]["sha256"], kind.from_json(predicate))  # type: ignore[index,call-overload,arg-type]
    except ValueError as error:
        raise refuse("statement-contradiction", str(error)) from None
    if isinstance(made.predicate, RetentionPredicate) and made.subject != made.predicate.subject:
        raise refuse("statement-contradiction", "the subject is not the digest of the objects")
    if made.to_json() != value:
        raise refuse("statement-contradiction", "the fields do not follow from each other")
    return made
