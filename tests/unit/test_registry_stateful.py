"""Any order of steps, retries and refusals leaves the registry as a plain model says: nothing lost, nothing rewritten."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from include.errors import VerificationError
from include.registry import Registry, open_registry
from include.settings import Settings

START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = itertools.count()
DIGESTS = st.sampled_from(["a" * 64, "b" * 64])
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "milestone": st.sampled_from(["interim", "balance"]),
        "phase": st.sampled_from(["final", "self"]),
        "manifest_sha256": DIGESTS,
        "shard_plan": st.sampled_from(["[0]", "[1]"]),
    },
)


class Attempts(RuleBasedStateMachine):
    """The model: what was said first stays, per attempt; decisions are a list without immediate repeats."""

    registry: Registry
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.voucher = f"V-{next(NAMES)}"
        self.runs: dict[str, str] = {}
        self.order: dict[str, list[str]] = {}
        self.facts: dict[str, dict[str, object]] = {}
        self.decisions: dict[str, list[tuple[object, ...]]] = {}
        self.clock = START

    def now(self) -> datetime:
        self.clock -= timedelta(seconds=1)  # clocks may go backwards
        return self.clock

    @rule(target=attempts, run=st.integers(0, 5))
    def begin(self, run: int) -> str:
        run_id, delivery = f"{self.voucher}/{run}", f"D-{run % 2}"
        made = self.registry.begin_attempt(
            run_id=run_id, voucher=self.voucher, delivery=delivery, operator="", reason="", now=self.now()
        )
        if run_id not in self.runs:
            self.order.setdefault(delivery, []).append(made.id)
            self.facts[made.id], self.decisions[made.id] = {}, []
        assert self.runs.setdefault(run_id, made.id) == made.id
        assert made.number == self.order[delivery].index(made.id) + 1
        return made.id

    @rule(attempt=attempts, facts=FACTS)
    def note(self, attempt: str, facts: dict[str, str]) -> None:
        known = self.facts[attempt]
        clash = any(known.get(name, value) != value for name, value in facts.items())
        late = "verdict" in known and not facts.keys() <= known.keys()
        if clash or late:
            with pytest.raises(VerificationError):
                self.registry.note(attempt, **facts)
        else:
            self.registry.note(attempt, **facts)
            known.update(facts)

    @rule(attempt=attempts, verdict=st.sampled_from(["PASS", "FAIL"]), report=DIGESTS)
    def seal(self, attempt: str, verdict: str, report: str) -> None:
        said = {"verdict": verdict, "report_sha256": report}
        known = self.facts[attempt]
        if "verdict" in known and known | said != known:
            with pytest.raises(VerificationError):
                self.registry.seal(attempt, verdict, report, self.now())
        else:
            self.registry.seal(attempt, verdict, report, self.now())
            known.update(said)

    @rule(attempt=attempts, decision=st.sampled_from(["HOLD", "REJECT"]), statement=DIGESTS)
    def decide(self, attempt: str, decision: str, statement: str) -> None:
        said = (decision, ("late",), statement)
        self.registry.add_decision(attempt, decision, ["late"], statement, self.now())
        if self.decisions[attempt][-1:] != [said]:
            self.decisions[attempt].append(said)

    @rule(attempt=consumes(attempts))
    def read(self, attempt: str) -> None:
        found = self.registry.attempt(attempt)
        for name in ("milestone", "phase", "manifest_sha256", "shard_plan", "verdict", "report_sha256"):
            assert getattr(found, name) == self.facts[attempt].get(name)
        said = [(d.decision, d.reasons, d.statement_sha256) for d in self.registry.decisions(attempt)]
        assert said == self.decisions[attempt]

    @invariant()
    def attempts_are_numbered_without_gaps(self) -> None:
        for delivery, ids in self.order.items():
            found = self.registry.attempts(self.voucher, delivery)
            assert [(a.id, a.number) for a in found] == [(id_, n) for n, id_ in enumerate(ids, 1)]


def test_any_order_of_steps_agrees_with_the_model() -> None:
    with TemporaryDirectory() as folder, open_registry(Settings(home=Path(folder))) as registry:

        class OnThisRegistry(Attempts):
            pass

        OnThisRegistry.registry = registry
        case = OnThisRegistry.TestCase()
        case.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
        case.runTest()
