"""Retention: records are kept for a least time and destroyed after a longest, both by programme; a legal hold stops that.

What goes is what may hold personal data: the objects under `findings/`, every version of them. Digests, signed
documents, reports and decisions stay, so that all of it stays provable. Years count from the last thing that happened
to a voucher; while a payment is open, or a hold is in force, nothing of it goes; what another voucher still needs stays.
Each hold, its end and each destruction is a signed minute of the log (include.evidence.records): first the word, then
the deed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal, TypeAlias

from include.errors import ContractError, StorageError
from include.evidence.log.audit import audit as audit_log
from include.evidence.predicates import Gone, RetentionPredicate
from include.evidence.predicates.retention import MOST, Event
from include.evidence.records import Minuted, Records
from include.evidence.resource import WholeVoucher
from include.evidence.signer import Signer
from include.evidence.statement import Statement
from include.programmes import Retention, load_programme
from include.registry import Registry
from include.storage import Storage

State: TypeAlias = Literal["open", "keep", "may-go", "due", "held", "unknown-programme"]

FINDINGS: Final = "findings/"
KST: Final = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Object:
    """One object that retention is about. `size`: None if it is not in storage; `recorded`: its destruction is minuted."""

    key: str
    sha256: str
    size: int | None
    recorded: bool

    @property
    def there(self) -> bool:
        """Not destroyed yet."""
        return self.size is not None


@dataclass(frozen=True)
class Term:
    """A voucher's retention on a day. The dates are days in Korea: kept until the day before `may_go`, gone by `due`."""

    voucher: str
    programme: str | None
    basis: str
    ended: date
    may_go: date | None
    due: date | None
    state: State
    objects: tuple[Object, ...]


def terms(records: Records, on: date) -> list[Term]:
    """The retention of every voucher that has attempts, on a day."""
    said = records.minutes(RetentionPredicate)
    vouchers = sorted({voucher for voucher, _ in records.registry.known_deliveries()})
    return [_term(records, voucher, said.get(WholeVoucher(voucher).uri, []), on) for voucher in vouchers]


def expire(
    records: Records, signer: Signer, on: date, *, by: str, now: datetime
) -> list[tuple[Term, tuple[Object, ...]]]:
    """Destroy what is due, and have that said in each voucher's minutes. Repeating goes on.

    What two vouchers share (the same report on the same data) goes when both are due. Before anything goes, the whole
    log is read: VerificationError if a hold could have been taken out of it.
    """
    audit_log(records.registry, records.storage, records.keyring)
    done = []
    known = terms(records, on)
    by_voucher = {term.voucher: term for term in known}
    for voucher, going in due(known).items():
        if held(records, voucher):  # since we looked
            continue
        unsaid = sorted(Gone(each.key, each.sha256) for each in going if not each.recorded)
        for start in range(0, len(unsaid), MOST):
            part, basis = unsaid[start : start + MOST], by_voucher[voucher].basis
            _say(records, signer, _event(voucher, "destroyed", now, by, basis, *part))
        for each in going:
            records.storage.destroy(each.key)
        done.append((by_voucher[voucher], going))
    return done


def due(known: Sequence[Term]) -> dict[str, tuple[Object, ...]]:
    """What is to be destroyed, by voucher. `known`: the terms of all vouchers, since what one still keeps stays for all.

    An object that is gone without a minute of this voucher (another one's, which shared it, went first) is among them:
    it is said of each voucher what became of its findings.
    """
    needed = {each.key for term in known if term.state != "due" for each in term.objects}
    found = {}
    for term in known:
        going = tuple(o for o in term.objects if o.key not in needed and (o.there or not o.recorded))
        if term.state == "due" and going:
            found[term.voucher] = going
    return found


def hold(records: Records, signer: Signer, voucher: str, *, by: str, reason: str, now: datetime) -> None:
    """Put a legal hold on a voucher: from now on nothing of it is destroyed. Raises ContractError if there is one."""
    if held(records, voucher):
        raise ContractError("already-held", f"{voucher} is on hold already", ko=f"{voucher}: 이미 보존 조치 중입니다")
    _say(records, signer, _event(voucher, "hold", now, by, reason))


def lift(records: Records, signer: Signer, voucher: str, *, by: str, reason: str, now: datetime) -> None:
    """End a voucher's hold. Raises ContractError if there is none."""
    if not held(records, voucher):
        raise ContractError("not-held", f"{voucher} is not on hold", ko=f"{voucher}: 보존 조치가 없습니다")
    _say(records, signer, _event(voucher, "lift", now, by, reason))


def events(records: Records, voucher: str) -> list[Minuted[RetentionPredicate]]:
    """A voucher's holds, lifts and destructions, the first one first. Raises VerificationError."""
    return records.minutes(RetentionPredicate).get(WholeVoucher(voucher).uri, [])


def held(records: Records, voucher: str) -> bool:
    """Is a legal hold in force?"""
    return _held(events(records, voucher))


def _held(said: Sequence[Minuted[RetentionPredicate]]) -> bool:
    words = [each.says.event for each in said if each.says.event != "destroyed"]
    return bool(words) and words[-1] == "hold"


def _say(records: Records, signer: Signer, says: RetentionPredicate) -> None:
    """Have it signed and logged as the voucher's next minute."""

    def made(number: int, before: str | None) -> Statement:
        return Statement(says.subject, replace(says, number=number, before=before))

    records.add(signer, says.resource.uri, made, RetentionPredicate)


def _event(voucher: str, event: Event, now: datetime, by: str, reason: str, *objects: Gone) -> RetentionPredicate:
    """Not numbered yet."""
    return RetentionPredicate(voucher, 1, None, event, now.replace(microsecond=0), by, reason, objects)


def _term(records: Records, voucher: str, said: Sequence[Minuted[RetentionPredicate]], on: date) -> Term:
    registry = records.registry
    ended, unsettled = _ended(registry, voucher)
    milestones = registry.milestones(voucher)
    programme = milestones[0].programme if milestones else None
    rule = _rule(programme)
    may_go = None if rule is None else years_later(ended, rule.min_years)
    until = None if rule is None else years_later(ended, rule.max_years)
    state = _state(on, may_go, until)
    if unsettled:
        state = "open"
    if _held(said):
        state = "held"
    basis = "" if rule is None else rule.basis
    recorded = {(gone.key, gone.sha256) for each in said for gone in each.says.objects}
    return Term(
        voucher, programme, basis, ended, may_go, until, state, _objects(registry, records.storage, voucher, recorded)
    )


def _rule(programme: str | None) -> Retention | None:
    """None where nobody says how long: then it is kept."""
    try:
        return None if programme is None else load_programme(programme).retention
    except ContractError:
        return None


def _state(on: date, may_go: date | None, due: date | None) -> State:
    if may_go is None or due is None:
        return "unknown-programme"
    if on >= due:
        return "due"
    return "may-go" if on >= may_go else "keep"


def _ended(registry: Registry, voucher: str) -> tuple[date, bool]:
    """The day of the last thing that happened, and whether a payment is still under way."""
    times: list[datetime] = []
    for attempt in registry.attempts(voucher):
        times += [attempt.began_at, *([attempt.sealed_at] if attempt.sealed_at else [])]
        times += [decision.decided_at for decision in registry.decisions(attempt.id)]
    releases = registry.releases(voucher)
    for release in releases:
        times += [each for each in (release.claimed_at, release.submitted_at, release.settled_at) if each is not None]
    return max(times).astimezone(KST).date(), any(release.settled_at is None for release in releases)


def _objects(registry: Registry, storage: Storage, voucher: str, recorded: set[tuple[str, str]]) -> tuple[Object, ...]:
    """The voucher's findings, each once."""
    found: dict[str, str] = defaultdict(str)
    for attempt in registry.attempts(voucher):
        for document in registry.documents(attempt.id):
            if document.storage_key.startswith(FINDINGS):
                found[document.storage_key] = document.sha256
    return tuple(
        Object(key, sha256, _size(storage, key), (key, sha256) in recorded) for key, sha256 in sorted(found.items())
    )


def _size(storage: Storage, key: str) -> int | None:
    try:
        return storage.stat(key).size
    except StorageError as error:
        if error.code != "object-missing":
            raise
        return None


def years_later(day: date, years: int) -> date:
    """The same day years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
