"""Retention: records are kept for a least time and destroyed after a longest, both by programme; a legal hold stops that.

What goes is what may hold personal data: the objects under `findings/`, every version of them. Digests, signed
documents, reports and decisions stay, so that all of it stays provable. Years count from the last thing that happened
to a voucher; while a payment is open, or a hold is in force, nothing of it goes; what another voucher still needs stays.
Each hold, its end and each destruction is an event in storage, written once and naming the one before by digest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal, TypeAlias

from include.errors import ContractError, StorageError
from include.evidence.retention_events import Event, Gone, events, record
from include.programmes import Retention, load_programme
from include.registry import Registry
from include.storage import Storage

State: TypeAlias = Literal["open", "keep", "may-go", "due", "held", "unknown-programme"]

FINDINGS: Final = "findings/"
KST: Final = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Object:
    """One object that retention is about. `there`: is it still in storage?"""

    key: str
    sha256: str
    size: int | None

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


def terms(registry: Registry, storage: Storage, on: date) -> list[Term]:
    """The retention of every voucher that has attempts, on a day."""
    vouchers = sorted({voucher for voucher, _ in registry.known_deliveries()})
    return [_term(registry, storage, voucher, on) for voucher in vouchers]


def expire(
    registry: Registry, storage: Storage, on: date, *, by: str, now: datetime
) -> list[tuple[Term, tuple[Object, ...]]]:
    """Destroy what is due, and say so in each voucher's events: first the record, then the deed. Repeating goes on.

    What two vouchers share (the same report on the same data) goes when both are due.
    """
    done = []
    known = terms(registry, storage, on)
    by_voucher = {term.voucher: term for term in known}
    for voucher, going in due(known).items():
        if held(storage, voucher):  # since we looked
            continue
        gone = tuple(Gone(each.key, each.sha256, each.size or 0) for each in going)
        record(storage, Event(voucher, "destroyed", now, by, by_voucher[voucher].basis, gone))
        for each in going:
            storage.destroy(each.key)
        done.append((by_voucher[voucher], going))
    return done


def due(known: Sequence[Term]) -> dict[str, tuple[Object, ...]]:
    """What is to be destroyed, by voucher. `known`: the terms of all vouchers, since what one still keeps stays for all."""
    needed = {each.key for term in known if term.state != "due" for each in term.objects}
    found = {}
    for term in known:
        going = tuple(each for each in term.objects if each.there and each.key not in needed)
        if term.state == "due" and going:
            found[term.voucher] = going
    return found


def hold(storage: Storage, voucher: str, *, by: str, reason: str, now: datetime) -> None:
    """Put a legal hold on a voucher: from now on nothing of it is destroyed. Raises ContractError if there is one."""
    if held(storage, voucher):
        raise ContractError("already-held", f"{voucher} is on hold already", ko=f"{voucher}: 이미 보존 조치 중입니다")
    record(storage, Event(voucher, "hold", now, by, reason))


def lift(storage: Storage, voucher: str, *, by: str, reason: str, now: datetime) -> None:
    """End a voucher's hold. Raises ContractError if there is none."""
    if not held(storage, voucher):
        raise ContractError("not-held", f"{voucher} is not on hold", ko=f"{voucher}: 보존 조치가 없습니다")
    record(storage, Event(voucher, "lift", now, by, reason))


def held(storage: Storage, voucher: str) -> bool:
    """Is a legal hold in force?"""
    said = [event.kind for event in events(storage, voucher) if event.kind in {"hold", "lift"}]
    return bool(said) and said[-1] == "hold"


def _term(registry: Registry, storage: Storage, voucher: str, on: date) -> Term:
    ended, unsettled = _ended(registry, voucher)
    milestones = registry.milestones(voucher)
    programme = milestones[0].programme if milestones else None
    rule = _rule(programme)
    may_go = None if rule is None else years_later(ended, rule.min_years)
    due = None if rule is None else years_later(ended, rule.max_years)
    state = _state(on, may_go, due)
    if unsettled:
        state = "open"
    if held(storage, voucher):
        state = "held"
    basis = "" if rule is None else rule.basis
    return Term(voucher, programme, basis, ended, may_go, due, state, _objects(registry, storage, voucher))


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


def _objects(registry: Registry, storage: Storage, voucher: str) -> tuple[Object, ...]:
    """The voucher's findings, each once."""
    found: dict[str, str] = defaultdict(str)
    for attempt in registry.attempts(voucher):
        for document in registry.documents(attempt.id):
            if document.storage_key.startswith(FINDINGS):
                found[document.storage_key] = document.sha256
    return tuple(Object(key, sha256, _size(storage, key)) for key, sha256 in sorted(found.items()))


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
