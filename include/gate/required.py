"""The contract's rules as the gate compares them and as the run-started statement commits to them."""

from __future__ import annotations

from collections.abc import Iterable

from checks.kernel import Check
from include.evidence.rules import RequiredRule
from include.reports.decimals import text_of


def required_rules(checks: Iterable[Check]) -> tuple[RequiredRule, ...]:
    """One per check (a contract's `checks`), in their order, the target's bounds as the report writes them."""
    return tuple(
        RequiredRule(
            name=check.rule.name,
            check=check.id,
            family=check.family,
            severity=check.rule.severity,
            op=check.target.op,
            values=tuple(text_of(bound) for bound in check.target.values),
        )
        for check in checks
    )
