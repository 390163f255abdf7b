"""What must hold before money moves, one function a condition: it yields the reason codes of what does not hold.

`TRUST` are about the evidence and the agreement: while one fails, neither RELEASE nor REJECT is possible. `PAYMENT` are
about paying only: a delivery that failed its checks is rejected whatever they say. A later condition (waivers,
objections, suspensions) is one more function in one of these tuples and one more field of `Case`.
Documents that are None have their reason already (`Case.refused`); conditions about them say nothing more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta, timezone
from typing import Final, TypeAlias

from include.evidence.rules import rules_digest
from include.gate.case import AttemptFact
from include.gate.reading import Case

Condition: TypeAlias = Callable[[Case], Iterator[str]]

KST: Final = timezone(timedelta(hours=9))
SKEW: Final = timedelta(minutes=5)
"""How far the clocks of store, worker and gate may differ."""


def documents(case: Case) -> Iterator[str]:
    """Every document is there, signed by its role, and is what it should be."""
    yield from case.refused


def logged(case: Case) -> Iterator[str]:
    """Every document is in the log, where whoever watches it sees that it was made."""
    if case.unlogged:
        yield "not-logged"


def about_this_delivery(case: Case) -> Iterator[str]:
    """All documents are about this voucher, milestone and delivery, and the marker claims no other."""
    wanted = case.policy.resource
    documents = (case.manifest, case.started, case.report)
    strays = any(document is not None and document.says.resource != wanted for document in documents)
    claims = case.manifest.says.claims if case.manifest else None
    if claims is not None:
        claimed = (
            (claims.voucher, wanted.voucher),
            (claims.milestone, wanted.milestone),
            (claims.delivery, wanted.delivery),
        )
        strays |= any(said not in (None, is_) for said, is_ in claimed)
    if strays:
        yield "another-delivery"


def one_subject(case: Case) -> Iterator[str]:
    """All name one manifest, and report.json its digest and counts."""
    subjects = {document.subject for document in (case.manifest, case.started, case.report) if document is not None}
    if case.body is not None:
        subjects.add(case.body.manifest[0])
    if len(subjects) > 1:
        yield "subject-mismatch"
    elif case.manifest is not None and case.body is not None:
        counted = (case.manifest.says.objects, case.manifest.says.bytes)
        if counted != case.body.manifest[1:]:
            yield "subject-mismatch"


def chain(case: Case) -> Iterator[str]:
    """Manifest, run and report follow from each other, by the identity of the statement before."""
    broken = (
        case.manifest is not None and case.started is not None and case.started.says.manifest != case.manifest.sha256
    ) or (case.started is not None and case.report is not None and case.report.says.run_started != case.started.sha256)
    if broken:
        yield "chain-broken"


def one_attempt(case: Case) -> Iterator[str]:
    """Run and report are of the attempt that is decided."""
    if any(d is not None and d.says.attempt != case.evidence.attempt for d in (case.started, case.report)):
        yield "attempt-mismatch"


def clock(case: Case) -> Iterator[str]:
    """Delivered, picked up, started, finished, decided: in this order, whatever a clock was set to in between."""
    times: list[datetime] = [case.policy.delivered_at - SKEW]
    times += [case.manifest.says.taken_at] if case.manifest else []
    times += [case.started.says.started_at] if case.started else []
    times += [case.report.says.started_at, case.report.says.finished_at] if case.report else []
    times.append(case.now + SKEW)
    if times != sorted(times):
        yield "clock-inconsistent"


def contract_agreed(case: Case) -> Iterator[str]:
    """Run and reported under the contract of the registry, and the marker claims no other."""
    agreed = case.policy.contract
    claims = case.manifest.says.claims if case.manifest else None
    if (
        (claims is not None and claims.contract_id not in (None, agreed.id))
        or (claims is not None and claims.contract_version not in (None, agreed.version))
        or (case.started is not None and case.started.says.contract != agreed)
        or (case.body is not None and case.body.contract != agreed)
    ):
        yield "contract-not-agreed"


def programme_agreed(case: Case) -> Iterator[str]:
    """Run and reported under the programme profile of the registry."""
    agreed = case.policy.programme
    if (case.started is not None and case.started.says.programme != agreed) or (
        case.body is not None and case.body.programme != agreed
    ):
        yield "programme-not-agreed"


def rules(case: Case) -> Iterator[str]:
    """Exactly the contract's rules, each once, with their severity and target; as said before the run, too."""
    required = case.policy.rules
    expected = rules_digest(required)
    counted = case.started is not None and case.started.says.rule_count != len(required)
    signed = {document.says.rules for document in (case.started, case.report) if document is not None}
    same = case.body is None or Counter(row.required for row in case.body.rows) == Counter(required)
    if not required or counted or signed - {expected} or not same:
        yield "rules-differ"


def judged(case: Case) -> Iterator[str]:
    """Only rules that contract or programme exempt may go without a verdict."""
    if case.body is not None and set(case.body.by_verdict().exempt) - case.policy.exempt:
        yield "rule-not-judged"


def verdict_reproduced(case: Case) -> Iterator[str]:
    """Each check's verdict follows from its numbers, the report's from its checks, the signed one from the report."""
    if case.body is None or case.report is None:
        return
    reached = case.body.concluded(tuple(rule.name for rule in case.policy.rules))
    said = (case.report.says.verdict, case.report.says.tests)
    follows = all(row.follows() for row in case.body.rows)
    if not follows or reached != case.body.verdict or said != (case.body.verdict, case.body.by_verdict()):
        yield "verdict-not-reproduced"


def unchanged(case: Case) -> Iterator[str]:
    """What lies in storage now is what was checked."""
    if case.manifest is None or case.evidence.current_manifest != case.manifest.subject:
        yield "delivery-changed"


def attempts(case: Case) -> Iterator[str]:
    """The registry knows this attempt as the documents do, and no later one is open or did other than pass."""
    facts = case.evidence.attempts
    mine = [place for place, fact in enumerate(facts) if _is_this(case, fact)]
    if len(mine) != 1 or not _as_documented(case, facts[mine[0]]):
        yield "attempt-unknown"
        return
    later = facts[mine[0] + 1 :]
    if any(fact.sealed is not True for fact in later):
        yield "later-attempt-pending"
    if any(fact.sealed is True and fact.verdict != "PASS" for fact in later):
        yield "later-attempt-failed"


def _is_this(case: Case, fact: AttemptFact) -> bool:
    return (fact.delivery, fact.number) == (case.policy.resource.delivery, case.evidence.attempt)


def _as_documented(case: Case, fact: AttemptFact) -> bool:
    """Sealed with the signed verdict, on the signed subject, under the agreed contract."""
    return (
        fact.sealed is True
        and (case.report is None or (fact.verdict, fact.subject) == (case.report.says.verdict, case.report.subject))
        and fact.contract == case.policy.contract.sha256
    )


def blocking_programme(case: Case) -> Iterator[str]:
    """Where the programme only advises, a person decides."""
    if case.policy.gate_mode != "blocking":
        yield "gate-advisory"


def families(case: Case) -> Iterator[str]:
    """Every family that the programme demands has a blocking rule that was not exempted."""
    if case.body is not None:
        covered = {row.required.family for row in case.body.rows if row.blocking and row.verdict != "NOT_APPLICABLE"}
        if case.policy.required_families - covered:
            yield "family-missing"


def phase(case: Case) -> Iterator[str]:
    """Only phases that the milestone lists lead to a payment or its refusal."""
    if case.manifest is None:
        return
    claimed = case.manifest.says.claims.phase or ""
    patterns = (re.escape(allowed).replace(r"\*", "[1-9][0-9]*") for allowed in case.policy.releasing_phases)
    if not any(re.fullmatch(pattern, claimed) for pattern in patterns):
        yield "phase-not-releasing"


def not_released(case: Case) -> Iterator[str]:
    """A milestone is paid once. A FAIL after that is a case of recovery, not of this gate."""
    if case.policy.resource.milestone in case.evidence.released:
        yield "already-released"


def content_new(case: Case) -> Iterator[str]:
    """One content is paid once, whatever voucher, milestone or delivery it comes under."""
    if case.evidence.paid_elsewhere is not False:
        yield "content-already-paid"


def in_time(case: Case) -> Iterator[str]:
    """Delivered by the end of the due day in Korea, or of the later day that a person accepted."""
    accepted = case.policy.delay_accepted_until
    last = case.policy.due_on if accepted is None else max(case.policy.due_on, accepted)
    if case.policy.delivered_at >= datetime.combine(last + timedelta(days=1), time(), KST):
        yield "late"


def attempts_capped(case: Case) -> Iterator[str]:
    """Not tried until it passed: attempts on this delivery or on the same content under another name are counted, and
    so are the contents that failed for this milestone."""
    subject = None if case.manifest is None else case.manifest.subject
    delivery = case.policy.resource.delivery
    alike = [fact for fact in case.evidence.attempts if fact.delivery == delivery or fact.subject == subject]
    failed = {fact.subject for fact in case.evidence.attempts if fact.verdict == "FAIL"} - {subject}
    if len(alike) > case.policy.max_attempts or len(failed) >= case.policy.max_attempts:
        yield "attempts-exceeded"
    agreed = (None, case.policy.contract.sha256)
    if any(fact.subject == subject and fact.verdict == "FAIL" and fact.contract in agreed for fact in alike):
        yield "failed-before"


def amount(case: Case) -> Iterator[str]:
    """The milestone's amount fits into what is left of the voucher, and the voucher into the cap."""
    policy = case.policy
    if not all(type(won) is int and won >= 0 for won in (policy.amount_krw, policy.paid_krw, policy.voucher_krw)):
        yield "amount-invalid"
        return
    if policy.amount_krw == 0:
        yield "amount-invalid"
    if policy.paid_krw + policy.amount_krw > policy.voucher_krw:
        yield "amount-over-voucher"
    if policy.cap_krw == "uncapped":
        return
    if type(policy.cap_krw) is not int:
        yield "cap-unknown"
    elif policy.voucher_krw > policy.cap_krw:
        yield "amount-over-cap"


def order(case: Case) -> Iterator[str]:
    """Milestones are paid in their order."""
    if set(case.policy.earlier_milestones) - case.evidence.released:
        yield "earlier-milestone-open"


TRUST: Final[tuple[Condition, ...]] = (
    documents,
    logged,
    about_this_delivery,
    one_subject,
    chain,
    one_attempt,
    clock,
    contract_agreed,
    programme_agreed,
    rules,
    judged,
    verdict_reproduced,
    unchanged,
    attempts,
    blocking_programme,
    families,
    phase,
    not_released,
)

PAYMENT: Final[tuple[Condition, ...]] = (content_new, in_time, attempts_capped, amount, order)
