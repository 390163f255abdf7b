"""decide: RELEASE, HOLD or REJECT. Pure and total: no clock, storage or registry, and whatever it is given, it answers.

RELEASE needs every condition and the verdict PASS; REJECT needs every condition of trust and the verdict FAIL; anything
that is not explicitly good is HOLD. A condition that fails to run is one that does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from include.evidence.keyring import Keyring
from include.gate.case import Decision, Evidence, Policy
from include.gate.conditions import PAYMENT, TRUST, Condition
from include.gate.reading import Case, read_case

VERDICT_REASONS: Final[Mapping[str | None, tuple[str, ...]]] = {None: (), "PASS": (), "FAIL": ("verdict-fail",)}
"""None: there is no report, for which there is a reason already."""


def decide(evidence: Evidence, keyring: Keyring, policy: Policy, now: datetime) -> Decision:
    """The decision on one attempt. `now` is aware. Reasons stand in the order of the conditions, each once."""
    try:
        case = read_case(evidence, keyring, policy, now)
    except Exception as error:  # noqa: BLE001 - total: a case that cannot be read is held
        return Decision("HOLD", ("gate-failure",), (type(error).__name__,))
    return conclude(_verdict(case), _fails(TRUST, case), _fails(PAYMENT, case), case.notes)


def conclude(
    verdict: str | None, distrust: tuple[str, ...], obstacles: tuple[str, ...], notes: tuple[str, ...] = ()
) -> Decision:
    """The table: from the signed verdict (None if there is none) and what does not hold."""
    match verdict, bool(distrust), bool(obstacles):
        case "PASS", False, False:
            return Decision("RELEASE", (), notes)
        case "FAIL", False, _:
            return Decision("REJECT", ("verdict-fail",), notes)
    reasons = dict.fromkeys((*distrust, *VERDICT_REASONS.get(verdict, ("verdict-error",)), *obstacles))
    return Decision("HOLD", tuple(reasons), notes)


def _verdict(case: Case) -> str | None:
    return None if case.body is None else case.body.verdict


def _fails(conditions: Iterable[Condition], case: Case) -> tuple[str, ...]:
    return tuple(reason for condition in conditions for reason in _run(condition, case))


def _run(condition: Condition, case: Case) -> tuple[str, ...]:
    try:
        return tuple(condition(case))
    except Exception:  # noqa: BLE001 - total: a condition that cannot be told does not hold
        return ("gate-failure",)
