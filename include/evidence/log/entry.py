"""What is logged of a statement: digests and names of keys, nothing personal. RFC 8785 JSON, one leaf of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from include.evidence import schema
from include.evidence.canonical import Json, canonical, require_canonical, verification_only
from include.evidence.merkle import leaf_hash
from include.evidence.refusals import refuse
from include.evidence.times import from_text, to_text

VERSION: Final = 1
ENTRY_LIMIT: Final = 2**13


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One logged statement. `type`: its predicateType; `subject`: the manifest's sha256; `keyid`: the first key that signed.

    `logged_at` is the log's own word: it proves nothing against a thief of its key.
    """

    type: str
    statement: str
    envelope: str
    subject: str
    resource: str
    keyid: str
    logged_at: datetime

    def to_bytes(self) -> bytes:
        """The leaf's data."""
        return canonical(
            {
                "v": VERSION,
                "type": self.type,
                "statementSha256": self.statement,
                "envelopeSha256": self.envelope,
                "subjectSha256": self.subject,
                "resourceUri": self.resource,
                "keyid": self.keyid,
                "loggedAt": to_text(self.logged_at),
            }
        )

    @property
    def leaf(self) -> bytes:
        """The leaf's hash."""
        return leaf_hash(self.to_bytes())

    @classmethod
    @verification_only
    def from_bytes(cls, data: bytes) -> LogEntry:
        """The entry of exactly these bytes."""
        value = require_canonical(data, limit=ENTRY_LIMIT, depth=2)
        try:
            schema.validate(value, schema.load("log-entry"))
            said = cast("dict[str, str]", cast("dict[str, Json]", value))
            made = cls(
                said["type"],
                said["statementSha256"],
                said["envelopeSha256"],
                said["subjectSha256"],
                said["resourceUri"],
                said["keyid"],
                from_text(said["loggedAt"]),
            )
        except ValueError as error:
            raise refuse("entry-shape", str(error)) from None
        return made
