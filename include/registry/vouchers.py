"""Vouchers and their milestones: loaded whole or not at all, and fixed once money was claimed on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from include.registry.records import LoadReport, Milestone
from include.registry.store import Store, refused, storable
from include.registry.tables import Base, MilestoneT, ReleaseT, VoucherT, record
from include.registry.voucher_rules import (
    VOUCHER_COLUMNS,
    RowProblem,
    VoucherRow,
    VouchersError,
    read_rows,
    together,
)

MILESTONE_COLUMNS = ("sequence", "amount_krw", "due_on", "contract_id", "contract_version", "contract_sha256")


@dataclass(frozen=True, slots=True)
class _Known:
    """What the registry holds already of the vouchers that are being loaded."""

    vouchers: Mapping[str, VoucherT]
    milestones: Mapping[tuple[str, str], MilestoneT]
    released: frozenset[tuple[str, str]]


class Vouchers(Store):
    """The vouchers' part of the registry."""

    def load_vouchers(self, rows: Iterable[Mapping[str, object]], *, lines: Sequence[int] | None = None) -> LoadReport:
        """Add or change milestones, one row each with the CSV's columns (`voucher_rules.COLUMNS`); all or nothing.

        `lines`: the rows' line numbers for messages. A milestone that has a release, and the facts of its voucher,
        stay as they are. Changing a fact of the voucher takes all its milestones. Raises: VouchersError.
        """
        wanted = read_rows(rows, lines)
        with self._database.writing(None) as session:
            known = _known(session, {row.voucher for row in wanted})
            problems = [*_against(wanted, known)]
            if problems:
                raise VouchersError(sorted(problems, key=lambda p: p.line))
            return _store(session, wanted, known)

    def milestone(self, voucher: str, milestone: str) -> Milestone | None:
        """The milestone, or None."""
        return next((m for m in self.milestones(voucher) if m.milestone == milestone), None)

    def milestones(self, voucher: str) -> tuple[Milestone, ...]:
        """The voucher's milestones in their sequence; () for an unknown voucher."""
        with self._database.reading() as session:
            return milestones_of(session, voucher)

    def vouchers(self, *, search: str = "", limit: int = 1000, offset: int = 0) -> tuple[str, ...]:
        """Names of vouchers that contain `search`, sorted."""
        query = select(VoucherT.voucher).where(VoucherT.voucher.icontains(search, autoescape=True))
        with self._database.reading() as session:
            return tuple(session.scalars(query.order_by(VoucherT.voucher).limit(limit).offset(offset)))

    def accept_delay(self, voucher: str, milestone: str, until: date, note: str) -> Milestone:
        """A person agrees to a later date. Raises: ContractError "unknown-milestone", "milestone-released", "no-delay"."""
        with self._database.writing(voucher) as session:
            row = session.get(MilestoneT, (voucher, milestone))
            if row is None:
                raise refused("unknown-milestone", "there is no such milestone", "없는 마일스톤입니다")
            if session.get(ReleaseT, (voucher, milestone)) is not None:
                raise refused("milestone-released", "the milestone is already released", "이미 지급된 마일스톤입니다")
            if until <= row.due_on or not note.strip():
                raise refused(
                    "no-delay",
                    "a delay needs a date after the due date, and a note on who agreed to it and why",
                    "기한보다 늦은 날짜와 승인자·사유를 적은 비고가 필요합니다",
                )
            row.delay_accepted_until, row.delay_note = until, storable(note.strip())
            session.flush()
            return next(m for m in milestones_of(session, voucher) if m.milestone == milestone)


def milestones_of(session: Session, voucher: str) -> tuple[Milestone, ...]:
    """The voucher's milestones, as this transaction sees them."""
    head = session.get(VoucherT, voucher)
    rows = session.scalars(select(MilestoneT).where(MilestoneT.voucher == voucher).order_by(MilestoneT.sequence)).all()
    return tuple(record(Milestone, row, head) for row in rows)


def _known(session: Session, vouchers: set[str]) -> _Known:
    heads: dict[str, VoucherT] = {}
    milestones: dict[tuple[str, str], MilestoneT] = {}
    released: set[tuple[str, str]] = set()
    names = sorted(vouchers)
    for start in range(0, len(names), 500):  # well under every database's limit of parameters
        part = names[start : start + 500]
        heads |= {row.voucher: row for row in session.scalars(select(VoucherT).where(VoucherT.voucher.in_(part)))}
        for row in session.scalars(select(MilestoneT).where(MilestoneT.voucher.in_(part))):
            milestones[row.voucher, row.milestone] = row
        claimed = session.execute(select(ReleaseT.voucher, ReleaseT.milestone).where(ReleaseT.voucher.in_(part)))
        released |= {(row.voucher, row.milestone) for row in claimed}
    return _Known(heads, milestones, frozenset(released))


def _against(wanted: Sequence[VoucherRow], known: _Known) -> Iterable[RowProblem]:
    """Problems with what the registry holds: changes of released milestones, and clashes with rows not loaded now."""
    paid_vouchers = {voucher for voucher, _ in known.released}
    for row in wanted:
        stored, head = known.milestones.get((row.voucher, row.milestone)), known.vouchers.get(row.voucher)
        changed = _changes(row, stored, MILESTONE_COLUMNS) if (row.voucher, row.milestone) in known.released else []
        if row.voucher in paid_vouchers:
            changed += _changes(row, head, VOUCHER_COLUMNS)
        for name in changed:
            yield RowProblem(
                row.line,
                name,
                f"{name} cannot change: money was already claimed on it",
                f"이미 지급 청구된 건이라 {name} 값을 바꿀 수 없습니다",
            )
    loaded = {(row.voucher, row.milestone) for row in wanted}
    others = [_as_row(row, known.vouchers[row.voucher]) for key, row in known.milestones.items() if key not in loaded]
    touched = {row.voucher for row in others}
    yield from together([*others, *(row for row in wanted if row.voucher in touched)])


def _changes(row: VoucherRow, stored: object | None, names: Iterable[str]) -> list[str]:
    return [] if stored is None else [name for name in names if getattr(row, name) != getattr(stored, name)]


def _as_row(row: MilestoneT, head: VoucherT) -> VoucherRow:
    """A stored milestone as if it stood on line 0 of what is loaded."""
    names = [f.name for f in fields(VoucherRow) if f.name != "line"]
    return VoucherRow(line=0, **{n: getattr(row if hasattr(row, n) else head, n) for n in names})


def _store(session: Session, wanted: Sequence[VoucherRow], known: _Known) -> LoadReport:
    changed = {row.voucher for row in wanted if _changes(row, known.vouchers.get(row.voucher), VOUCHER_COLUMNS)}
    for row in {row.voucher: row for row in wanted}.values():
        _put(session, row, known.vouchers.get(row.voucher), VoucherT, ("voucher", *VOUCHER_COLUMNS))
    stored = {row: known.milestones.get((row.voucher, row.milestone)) for row in wanted}
    counts = Counter(
        "added"
        if at is None
        else "changed"
        if row.voucher in changed or _changes(row, at, MILESTONE_COLUMNS)
        else "same"
        for row, at in stored.items()
    )
    for row, at in stored.items():
        if at is not None and at.sequence != row.sequence:
            at.sequence += 1_000_000  # out of the way, so that two milestones may swap places
    session.flush()
    for row, at in stored.items():
        _put(session, row, at, MilestoneT, ("voucher", "milestone", *MILESTONE_COLUMNS))
    session.flush()
    return LoadReport(added=counts["added"], changed=counts["changed"], unchanged=counts["same"])


def _put(session: Session, row: VoucherRow, at: Base | None, table: type[Base], names: Iterable[str]) -> None:
    """Write the named facts of `row` to its stored row, or to a new one."""
    facts = {name: getattr(row, name) for name in names}
    if at is None:
        session.add(table(**facts))
    else:
        for name, value in facts.items():
            setattr(at, name, value)
