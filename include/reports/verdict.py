"""The verdict of a report from the verdicts of its rules. Pure and total: whatever is not explicitly good is ERROR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from checks.kernel import Reason, Rule

ReportVerdict = Literal["PASS", "FAIL", "ERROR"]


class Concluded(NamedTuple):
    """The verdict of a report; `reason` is None for PASS only."""

    verdict: ReportVerdict
    reason: Reason | None


def report_verdict(results: Iterable[tuple[Rule, str]], declared: Collection[str]) -> Concluded:
    """Any blocking ERROR -> ERROR; else any blocking FAIL -> FAIL; else PASS.

    ERROR before all that: a declared rule without a result, a result twice or for a rule that nobody declared, and no
    blocking rule that was judged (an exempt rule shows nothing). A blocking rule with a verdict other than PASS, FAIL
    or NOT_APPLICABLE counts as ERROR.
    """
    rows = list(results)
    broken = _mismatch([rule.name for rule, _ in rows], declared)
    if broken is not None:
        return Concluded("ERROR", broken)
    judged = [verdict for rule, verdict in rows if rule.blocking and verdict != "NOT_APPLICABLE"]
    if not judged:
        return Concluded("ERROR", Reason("no-blocking-rule"))
    unchecked = sum(verdict not in {"PASS", "FAIL"} for verdict in judged)
    if unchecked:
        return Concluded("ERROR", Reason("rules-not-checked", {"count": str(unchecked), "of": str(len(judged))}))
    failed = judged.count("FAIL")
    if failed:
        return Concluded("FAIL", Reason("rules-failed", {"count": str(failed), "of": str(len(judged))}))
    return Concluded("PASS", None)


def _mismatch(names: list[str], declared: Collection[str]) -> Reason | None:
    """The first way in which the results are not exactly those of the declared rules."""
    ways = {
        "rule-without-result": [name for name in declared if name not in set(names)],
        "rule-twice": [name for name, times in Counter(names).items() if times > 1],
        "rule-not-declared": [name for name in names if name not in set(declared)],
    }
    for code, found in ways.items():
        if found:
            shown = ", ".join(sorted(found)[:5]) + (" …" if len(found) > 5 else "")
            return Reason(code, {"count": str(len(found)), "rules": shown})
    return None
