"""The gate: one good world, every way to make it bad, and the truth table of their combinations."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from gate_world import CONTRACT, NOW, PROGRAMME, RULES, SUBJECT, World, judge, keys
from hypothesis import given, settings
from hypothesis import strategies as st

from include.evidence.canonical import digest
from include.evidence.predicates import Claims, Pinned
from include.evidence.resource import Resource
from include.evidence.rules import rules_digest
from include.gate.case import AttemptFact
from include.gate.conditions import PAYMENT, TRUST
from include.gate.decide import conclude, decide
from include.gate.reasons import REASONS, text

Knob = Callable[[World], None]


def says(name: str, **changes: object) -> Knob:
    return lambda world: setattr(world, name, replace(getattr(world, name), **changes))


def facts(*later: AttemptFact) -> Knob:
    def turn(world: World) -> None:
        world.evidence["attempts"] = (*world.build()[0].attempts, *later)

    return turn


def checks(edit: Callable[[list[dict[str, object]]], object]) -> Knob:
    return lambda world: edit(world.body["checks"]) and None


def policy(**changes: object) -> Knob:
    return lambda world: world.policy.update(changes)


def evidence(**changes: object) -> Knob:
    return lambda world: world.evidence.update(changes)


ELSEWHERE = Resource("V-1", "balance", "D-9")
DISTRUST: dict[str, tuple[Knob, str]] = {
    "no manifest": (evidence(manifest=None), "manifest-missing"),
    "manifest of a thief": (lambda w: w.roles.update(manifest="verifier"), "manifest-refused"),
    "manifest is no envelope": (evidence(manifest=b"{}"), "manifest-refused"),
    "no run-started": (evidence(run_started=None), "run-started-missing"),
    "run-started by intake": (lambda w: w.roles.update(started="intake"), "run-started-refused"),
    "no report statement": (evidence(report_statement=None), "report-missing"),
    "report by the gate": (lambda w: w.roles.update(report="gate"), "report-refused"),
    "no report.json": (evidence(report=None), "report-missing"),
    "report.json edited": (lambda w: setattr(w, "body_edit", lambda d: d.replace(b"0.8", b"0.9")), "report-altered"),
    "report.json without checks": (lambda w: w.body.update(schema="other"), "report-malformed"),
    "manifest not logged": (evidence(manifest_proof=None), "not-logged"),
    "run-started not logged": (evidence(run_started_proof=None), "not-logged"),
    "report not logged": (evidence(report_proof=None), "not-logged"),
    "proof of another document": (lambda w: w.evidence.update(report_proof=w.build()[0].manifest_proof), "not-logged"),
    "proof is no proof": (evidence(manifest_proof=b"c2sp.org/tlog-proof@v1\n"), "not-logged"),
    "manifest of another delivery": (says("manifest", resource=ELSEWHERE), "another-delivery"),
    "run of another delivery": (says("started", resource=ELSEWHERE), "another-delivery"),
    "report of another milestone": (says("report", resource=Resource("V-1", "interim", "D-1")), "another-delivery"),
    "marker claims another voucher": (says("manifest", claims=Claims("V-2", None, None, "final", None, None, None)), "another-delivery"),
    "report.json of another manifest": (lambda w: w.body["delivery"]["manifest"].update(digest=digest(b"?")), "subject-mismatch"),
    "report.json counts differ": (lambda w: w.body["delivery"]["manifest"].update(objects=3), "subject-mismatch"),
    "run of another manifest statement": (lambda w: setattr(w, "chain", False), "chain-broken"),
    "run of another attempt": (says("started", attempt=1), "attempt-mismatch"),
    "report of another attempt": (says("report", attempt=3), "attempt-mismatch"),
    "checked before it was delivered": (says("started", started_at=NOW - timedelta(hours=2)), "clock-inconsistent"),
    "finished in the future": (says("report", finished_at=NOW + timedelta(hours=1)), "clock-inconsistent"),
    "marker claims another contract": (says("manifest", claims=Claims(None, None, None, "final", "c", "2", None)), "contract-not-agreed"),
    "run under another contract": (says("started", contract=Pinned("c", "1", digest(b"?"))), "contract-not-agreed"),
    "report under another contract": (lambda w: w.body["contract"].update(version="2"), "contract-not-agreed"),
    "run under another programme": (says("started", programme=Pinned("q", "1", PROGRAMME)), "programme-not-agreed"),
    "report without programme": (lambda w: w.body.update(programme=None), "programme-not-agreed"),
    "rule dropped": (checks(lambda c: c.pop(0)), "rules-differ"),
    "rule renamed": (checks(lambda c: c[2].update(rule="records.other")), "rules-differ"),
    "rule twice": (checks(lambda c: c.append(dict(c[1]))), "rules-differ"),
    "target lowered": (checks(lambda c: c[1].update(target={"op": ">=", "value": "0"})), "rules-differ"),
    "severity softened": (checks(lambda c: c[1].update(severity="info", blocking=False)), "rules-differ"),
    "fewer rules said before": (says("started", rules=rules_digest(RULES[:1]), rule_count=1), "rules-differ"),
    "other rules signed": (says("report", rules=rules_digest(RULES[:1])), "rules-differ"),
    "no rules": (policy(rules=()), "rules-differ"),
    "rule exempted by nobody": (checks(lambda c: c[2].update(verdict="NOT_APPLICABLE", reason={"code": "exempt", "params": {}})), "rule-not-judged"),
    "PASS without reaching the target": (checks(lambda c: c[1].update(verdict="PASS", reason=None) or c[1]["metric"].update(value="11")), "verdict-not-reproduced"),
    "PASS of an undefined metric": (checks(lambda c: c[1]["metric"].update(value=None, undefined="empty")), "verdict-not-reproduced"),
    "PASS with a violation": (checks(lambda c: c[1].update(violation="class-outside")), "verdict-not-reproduced"),
    "WARN under a blocking rule": (checks(lambda c: c[1].update(verdict="WARN", reason={"code": "target-missed", "params": {}})), "verdict-not-reproduced"),
    "delivery changed": (evidence(current_manifest=digest(b"now")), "delivery-changed"),
    "delivery gone": (evidence(current_manifest=None), "delivery-changed"),
    "attempt unknown": (evidence(attempts=()), "attempt-unknown"),
    "attempt not sealed": (evidence(attempts=(AttemptFact("D-1", 2, SUBJECT, CONTRACT, False, "PASS"),)), "attempt-unknown"),
    "attempt on other content": (evidence(attempts=(AttemptFact("D-1", 2, digest(b"?"), CONTRACT, True, "PASS"),)), "attempt-unknown"),
    "later attempt open": (facts(AttemptFact("D-1", 3, None, None, False, None)), "later-attempt-pending"),
    "later delivery open": (facts(AttemptFact("D-3", 1, None, None, False, None)), "later-attempt-pending"),
    "PASS then FAIL": (facts(AttemptFact("D-1", 3, SUBJECT, digest(b"other contract"), True, "FAIL")), "later-attempt-failed"),
    "PASS then ERROR": (facts(AttemptFact("D-2", 2, digest(b"?"), CONTRACT, True, "ERROR")), "later-attempt-failed"),
    "advisory programme": (policy(gate_mode="advisory"), "gate-advisory"),
    "family missing": (policy(required_families=frozenset({"balance"})), "family-missing"),
    "family only advisory": (policy(required_families=frozenset({"schema"})), "family-missing"),
    "phase preliminary": (says("manifest", claims=Claims(None, None, None, "preliminary", None, None, None)), "phase-not-releasing"),
    "phase unsaid": (says("manifest", claims=Claims(None, None, None, None, None, None, None)), "phase-not-releasing"),
    "phase remedy without number": (says("manifest", claims=Claims(None, None, None, "remedy-*", None, None, None)), "phase-not-releasing"),
    "released already": (evidence(released=frozenset({"interim", "balance"})), "already-released"),
}  # fmt: skip
OBSTACLES: dict[str, tuple[Knob, str]] = {
    "paid as another": (evidence(paid_elsewhere=True), "content-already-paid"),
    "late": (policy(due_on=date(2020, 1, 1)), "late"),
    "late beyond the accepted delay": (policy(due_on=date(2020, 1, 1), delay_accepted_until=date(2020, 2, 1)), "late"),
    "too many attempts": (policy(max_attempts=1), "attempts-exceeded"),
    "the same content failed before": (
        lambda w: w.evidence.update(attempts=(AttemptFact("D-0", 1, SUBJECT, CONTRACT, True, "FAIL"), *w.build()[0].attempts)), "failed-before"
    ),
    "amount nothing": (policy(amount_krw=0), "amount-invalid"),
    "amount negative": (policy(amount_krw=-1), "amount-invalid"),
    "amount a float": (policy(amount_krw=1.0), "amount-invalid"),
    "amount over the voucher": (policy(amount_krw=31), "amount-over-voucher"),
    "voucher over the cap": (policy(cap_krw=99), "amount-over-cap"),
    "cap unknown": (policy(cap_krw=None), "cap-unknown"),
    "milestone out of order": (evidence(released=frozenset()), "earlier-milestone-open"),
}  # fmt: skip
KNOBS = {**DISTRUST, **OBSTACLES}


def world_with(verdict: str, *names: str) -> World:
    """`names` turned, a rule dropped last so that the others find theirs."""
    world = World(verdict)
    for name in sorted(names, key=lambda n: n == "rule dropped"):
        KNOBS[name][0](world)
    return world


EXPECTED = {"PASS": ("RELEASE", ()), "FAIL": ("REJECT", ("verdict-fail",)), "ERROR": ("HOLD", ("verdict-error",))}


@pytest.mark.parametrize("verdict", EXPECTED)
def test_the_good_world(verdict: str) -> None:
    made = judge(World(verdict))
    assert (made.decision, made.reasons, made.notes) == (*EXPECTED[verdict], ())


@pytest.mark.parametrize("name", KNOBS)
@pytest.mark.parametrize("verdict", EXPECTED)
def test_every_condition_holds_a_payment_with_its_own_reason(verdict: str, name: str) -> None:
    made = judge(world_with(verdict, name))
    if verdict == "FAIL" and name in OBSTACLES:
        assert (made.decision, made.reasons) == EXPECTED["FAIL"]
    else:
        assert made.decision == "HOLD"
        assert KNOBS[name][1] in made.reasons
        assert set(made.reasons) <= REASONS.keys()


def test_every_reason_is_reached_and_has_its_words() -> None:
    """ "attempt-incomplete" is the word of the caller who has no sealed attempt to hand in."""
    reached = {code for _, code in KNOBS.values()} | {"verdict-fail", "verdict-error", "gate-failure"}
    assert reached | {"attempt-incomplete"} == REASONS.keys()
    for code, (korean, english) in REASONS.items():
        assert text(code, korean=True) == korean != english == text(code, korean=False)
    assert text("from-later", korean=True) == "from-later"


FAMILIES = (
    "manifest of a thief", "run of another delivery", "target lowered",
    "delivery changed", "report not logged", "later attempt open", "phase preliminary", "advisory programme", "late", "amount over the voucher",
)  # fmt: skip


def test_truth_table_of_worlds() -> None:
    """Every combination of one knob a group of conditions, through real signatures: exactly one cell releases."""
    released, rejected = [], []
    for verdict in EXPECTED:
        for chosen in itertools.product((False, True), repeat=len(FAMILIES)):
            names = [name for name, on in zip(FAMILIES, chosen, strict=True) if on]
            made = judge(world_with(verdict, *names))
            released += [(verdict, names)] if made.decision == "RELEASE" else []
            rejected += [(verdict, names)] if made.decision == "REJECT" else []
    assert released == [("PASS", [])]
    assert rejected == [
        ("FAIL", list(names))
        for names in ([], ["amount over the voucher"], ["late"], ["late", "amount over the voucher"])
    ]


def test_truth_table_of_conclusions() -> None:
    """All subsets of all conditions would be 2^21; what they do to the verdict depends on their group alone."""
    groups = [[c.__name__ for c in group] for group in (TRUST, PAYMENT)]
    for verdict in ("PASS", "FAIL", "ERROR", None, "pass", ""):
        for distrust in [(), *((name,) for name in groups[0]), tuple(groups[0])]:
            for size in range(len(groups[1]) + 1):
                for obstacles in itertools.combinations(groups[1], size):
                    made = conclude(verdict, distrust, obstacles)
                    assert (made.decision == "RELEASE") == (verdict == "PASS" and not distrust and not obstacles)
                    assert (made.decision == "REJECT") == (verdict == "FAIL" and not distrust)
                    assert (made.reasons == ()) == (
                        made.decision == "RELEASE" or (verdict is None and not distrust and not obstacles)
                    )


PAIRS = list(itertools.combinations(KNOBS, 2))


@pytest.mark.parametrize("part", range(10))
def test_no_two_wrongs_make_a_right(part: int) -> None:
    for names in PAIRS[part::10]:
        assert judge(world_with("PASS", *names)).decision == "HOLD"


@pytest.mark.parametrize(
    ("delivered_at", "good"),
    [
        (datetime(2026, 3, 31, 14, 59, 59, 999999, UTC), True),
        (datetime(2026, 3, 31, 15, 0, 0, tzinfo=UTC), False),
    ],
)
def test_the_due_day_ends_in_korea(delivered_at: datetime, *, good: bool) -> None:
    world = World()
    world.policy.update(due_on=date(2026, 3, 31), delivered_at=delivered_at)
    assert ("late" not in judge(world).reasons) == good
    world.policy.update(delay_accepted_until=date(2026, 4, 1))
    assert "late" not in judge(world).reasons


def test_exact_fractions_decide() -> None:
    """0.7999999999999 rounds to the target at 12 digits, and still misses it; one third is no decimal."""
    for exact, verdict, good in (
        ("7999999999999/10000000000000", "PASS", False),
        ("7999999999999/10000000000000", "FAIL", True),
        ("8/10", "PASS", True),
    ):
        world = World("PASS" if verdict == "PASS" else "FAIL")
        world.body["checks"][0]["metric"] = {"value": "0.8", "exact": exact, "undefined": None}
        assert (judge(world).decision != "HOLD") == good


@pytest.mark.parametrize("exact", ["1/0", "9/10", "-8/10", "8/10\n", "٨/10", "1" * 5000 + "/1", 5, ["8/10"]])
def test_exact_fractions_that_lie(exact: object) -> None:
    world = World()
    world.body["checks"][0]["metric"]["exact"] = exact
    assert judge(world).reasons == ("report-malformed",)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+99999", "0x1", "1_0", " 1", "", "9" * 500])
def test_numbers_that_are_none(value: str) -> None:
    world = World()
    world.body["checks"][0]["metric"]["value"] = value
    assert judge(world).reasons == ("report-malformed",)


def test_an_exemption_of_the_contract_is_one() -> None:
    world = world_with("PASS", "rule exempted by nobody")
    world.policy["exempt"] = frozenset({"records.note"})
    assert judge(world).decision == "RELEASE"


def test_remedy_phases_are_numbered() -> None:
    world = World()
    says("manifest", claims=Claims(None, None, None, "remedy-12", None, None, None))(world)
    assert judge(world).decision == "RELEASE"


def test_uncapped_is_said_in_a_word() -> None:
    world = World()
    world.policy["cap_krw"] = "uncapped"
    assert judge(world).decision == "RELEASE"


JUNK = st.none() | st.booleans() | st.integers(-5, 200) | st.text(max_size=5) | st.binary(max_size=5) | st.just(NOW.replace(tzinfo=None)) | st.lists(st.none(), max_size=2).map(tuple)  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(["evidence", "policy"]), st.data())
def test_arguments_that_are_not_what_they_should_be(which: str, data: st.DataObject) -> None:
    """decide is total: any field may be anything; what is still the good value releases, nothing raises."""
    built = dict(zip(("evidence", "policy"), World().build(), strict=True))
    name = data.draw(st.sampled_from([f.name for f in dataclasses.fields(built[which])]))
    good, junk = built[which], data.draw(JUNK)
    if junk == getattr(good, name):
        return  # junk by chance the good value
    built[which] = replace(good, **{name: junk})
    made = decide(built["evidence"], keys()[0], built["policy"], NOW)
    if made.decision != "HOLD":
        harmless = {
            "required_families",
            "exempt",
            "max_attempts",
            "paid_krw",
            "voucher_krw",
            "cap_krw",
            "amount_krw",
            "earlier_milestones",
            "delay_accepted_until",
            "due_on",  # a time is a day too
        }
        assert name in harmless


@pytest.mark.parametrize("junk", [None, 5, b"", "keyring", {}])
def test_any_argument_may_be_junk(junk: object) -> None:
    evidence_, policy_ = World().build()
    good = (evidence_, keys()[0], policy_, NOW)
    for place in range(4):
        made = decide(*(junk if i == place else argument for i, argument in enumerate(good)))
        assert made.decision == "HOLD"
        assert made.reasons
