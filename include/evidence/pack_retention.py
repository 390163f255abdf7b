"""What became of a voucher's findings: the signed statements of holds, lifts and destructions in a pack.

What must hold: they are this voucher's, each follows from the one before from the first on, and whatever is gone of an
attempt's findings is something that one of them says was destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from include.evidence.canonical import Json
from include.evidence.keyring import Keyring
from include.evidence.pack_index import Index
from include.evidence.pack_proofs import Proofs, Read
from include.evidence.predicates import RetentionPredicate
from include.evidence.refusals import refuse
from include.evidence.resource import WholeVoucher
from include.evidence.times import to_text


@dataclass(frozen=True, slots=True)
class Kept:
    """One event of a voucher's retention. `logged`: proven in the log; `witnessed`: seen there from outside."""

    event: str
    at: datetime
    by: str
    objects: int
    logged: bool
    witnessed: bool

    def to_json(self) -> Json:
        """For machines."""
        return {"event": self.event, "at": to_text(self.at), "by": self.by, "objects": self.objects,
                "logged": self.logged, "witnessed": self.witnessed}  # fmt: skip


def verify_retention(index: Index, keyring: Keyring, read: Read, gone: Iterable[str]) -> list[Kept]:
    """The voucher's events, verified. `gone`: sha256 of findings that are not in the pack. Raises VerificationError."""
    proofs, before, known, kept = Proofs(keyring, read), None, [], []
    proofs.take(index.of_kind("proof"))
    destroyed = set[str]()
    for number, item in enumerate(index.of_kind("retention"), 1):
        proven = proofs.proven
        found = proofs.verified(item, "intake")
        says = found.statement.predicate
        if not isinstance(says, RetentionPredicate):
            raise refuse("wrong-document", "intake")
        if says.resource != WholeVoucher(index.voucher):
            raise refuse("pack-another-delivery", "retention")
        if (says.number, says.before) != (number, before):
            raise refuse("pack-chain", "retention")
        before = found.statement_sha256
        destroyed |= {each.sha256 for each in says.objects}
        known.append(found)
        kept.append(Kept(says.event, says.at, says.by, len(says.objects), proofs.proven > proven, found.witnessed))
    proofs.none_astray(known)
    if {*gone} - destroyed:
        raise refuse("pack-findings-missing")
    return kept
