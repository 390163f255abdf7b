"""The verdict of a report: the table of the architecture page, every combination of up to four rules, and odd input."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.kernel import Rule
from include.reports.verdict import report_verdict

VERDICTS = ("PASS", "FAIL", "WARN", "ERROR", "NOT_APPLICABLE")


def rule(name: str, blocking: bool = True) -> Rule:
    return Rule(name, name, "error" if blocking else "warning")


def table(rows: list[tuple[bool, str]]) -> str:
    """The table as the architecture page writes it, read another way than the code reads it."""
    blocking = {verdict for is_blocking, verdict in rows if is_blocking and verdict != "NOT_APPLICABLE"}
    if not blocking or blocking & {"ERROR", "WARN"}:
        return "ERROR"
    return "FAIL" if "FAIL" in blocking else "PASS"


@pytest.mark.parametrize("size", range(4))
def test_every_combination_of_up_to_three_rules(size):
    for rows in product(product((True, False), VERDICTS), repeat=size):
        results = [(rule(f"r{i}", blocking), verdict) for i, (blocking, verdict) in enumerate(rows)]
        concluded = report_verdict(results, [r.name for r, _ in results])
        assert concluded.verdict == table(list(rows)), rows
        assert (concluded.reason is None) == (concluded.verdict == "PASS")


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(VERDICTS)), max_size=12), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_a_missing_result_is_an_error(rows, random):
    results = [(rule(f"r{i}", blocking), verdict) for i, (blocking, verdict) in enumerate(rows)]
    declared = [r.name for r, _ in results]
    shuffled = list(results)
    random.shuffle(shuffled)
    assert report_verdict(shuffled, declared) == report_verdict(results, declared)
    assert report_verdict(results, [*declared, "dropped"]).verdict == "ERROR"


@pytest.mark.parametrize(
    ("results", "declared", "code"),
    [
        ([], [], "no-blocking-rule"),
        ([(rule("a", blocking=False), "PASS")], ["a"], "no-blocking-rule"),
        ([(rule("a"), "NOT_APPLICABLE")], ["a"], "no-blocking-rule"),
        ([(rule("a"), "PASS")], ["a", "b"], "rule-without-result"),
        ([(rule("a"), "PASS"), (rule("a"), "PASS")], ["a"], "rule-twice"),
        ([(rule("a"), "PASS"), (rule("b"), "PASS")], ["a"], "rule-not-declared"),
        ([(rule("a"), "pass")], ["a"], "rules-not-checked"),
        ([(rule("a"), "")], ["a"], "rules-not-checked"),
        ([(rule("a"), "FAIL"), (rule("b"), "ERROR")], ["a", "b"], "rules-not-checked"),
    ],
)
def test_whatever_is_not_explicitly_good_is_an_error(results, declared, code):
    concluded = report_verdict(results, declared)
    assert (concluded.verdict, concluded.reason.code) == ("ERROR", code)


def test_the_reason_counts():
    results = [(rule("a"), "FAIL"), (rule("b"), "PASS"), (rule("c", blocking=False), "WARN"), (rule("d"), "FAIL")]
    concluded = report_verdict(results, ["a", "b", "c", "d"])
    assert concluded.verdict == "FAIL"
    assert concluded.reason.params == {"count": "2", "of": "3"}
