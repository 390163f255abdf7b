"""Attacks on the gate with evidence that is properly signed: replays, reruns, thefts, clocks. Each by name.

A world is everything the gate sees (tests/unit/gate_world.py); an attacker takes genuine documents of one world and
shows them in another, or holds a key himself.
"""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from include.evidence.canonical import digest
from include.evidence.envelope import Envelope, Signature
from include.evidence.keyring import KEYRING_TYPE, Keyring
from include.evidence.resource import Resource
from include.gate.case import AttemptFact, Decision, Evidence, Policy
from include.gate.decide import decide
from include.gate.reasons import REASONS

sys.path.append(str(Path(__file__).parents[1] / "unit"))
world = importlib.import_module("gate_world")

World, NOW, CONTRACT, SUBJECT = world.World, world.NOW, world.CONTRACT, world.SUBJECT
DOCUMENTS = ("manifest", "run_started", "report_statement", "report")

Scene = tuple[Evidence, Keyring, Policy]


def scene(made: object | None = None) -> Scene:
    evidence, policy = (made or World()).build()
    return evidence, world.keys()[0], policy


def shown_for(**parts: str) -> Callable[[], Scene]:
    """Genuine documents of V-1/balance/D-1, shown for another voucher, milestone or delivery of the same content."""

    def attack() -> Scene:
        evidence, keyring, policy = scene()
        other = replace(policy.resource, **parts)
        facts = tuple(
            replace(fact, delivery=other.delivery if fact.delivery == "D-1" else fact.delivery)
            for fact in evidence.attempts
        )
        return replace(evidence, attempts=facts), keyring, replace(policy, resource=other)

    return attack


def other_content() -> World:
    """A second genuine run: attempt 2 of the same delivery, whose content was another."""
    made = World()
    made.subject = digest(b"good content")
    made.body["delivery"]["manifest"]["digest"] = made.subject
    return made


def documents_of(made: object, names: tuple[str, ...]) -> Callable[[], Scene]:
    """The documents `names` are taken from another run."""

    def attack() -> Scene:
        evidence, keyring, policy = scene()
        stolen = made().build()[0]
        return replace(evidence, **{name: getattr(stolen, name) for name in names}), keyring, policy

    return attack


def failed() -> World:
    return World("FAIL")


def old_attempt() -> World:
    """The attempt before: genuine, and PASS."""
    made = World()
    made.started = replace(made.started, attempt=1)
    made.report = replace(made.report, attempt=1)
    return made


def rerun_until_it_passes() -> Scene:
    evidence, keyring, policy = scene()
    tries = tuple(AttemptFact("D-1", n, SUBJECT, CONTRACT, True, "ERROR") for n in range(1, 6))
    return replace(evidence, attempts=(*tries, *evidence.attempts[1:])), keyring, policy


def reuploaded_until_it_passes() -> Scene:
    """The same content under new delivery names: counted, and recognised."""
    evidence, keyring, policy = scene()
    tries = tuple(AttemptFact(f"D-0{n}", 1, SUBJECT, CONTRACT, True, "FAIL") for n in range(6))
    return replace(evidence, attempts=(*tries, *evidence.attempts)), keyring, policy


def reissued(**changes: object) -> Keyring:
    """The keyring with its verifier key changed, signed by root."""
    old = world.keys()[0]
    edited = tuple(replace(key, **changes) if key.role == "verifier" else key for key in old.keys)
    body = replace(old.body, version=2, keys=edited, thresholds={"root": 1})
    keyid, private = world.keys()[1]["root"]
    unsigned = Envelope(body.to_bytes(), (), KEYRING_TYPE)
    return old.update(replace(unsigned, signatures=(Signature(keyid, private.sign(unsigned.pae())),)).to_bytes())


def with_keyring(**changes: object) -> Callable[[], Scene]:
    return lambda: (scene()[0], reissued(**changes), scene()[2])


def clock(**changes: object) -> Callable[[], Scene]:
    def attack() -> Scene:
        made = World()
        made.report = replace(made.report, **changes)
        return scene(made)

    return attack


def silent_marker() -> Scene:
    """A marker that claims nothing opens nothing."""
    made = World()
    made.manifest = replace(made.manifest, claims=replace(made.manifest.claims, phase=None))
    return scene(made)


ATTACKS: dict[str, tuple[Callable[[], Scene], str]] = {
    "PASS replayed for another delivery": (shown_for(delivery="D-7"), "another-delivery"),
    "PASS replayed for another milestone": (shown_for(milestone="final"), "another-delivery"),
    "PASS replayed for another voucher": (shown_for(voucher="V-2"), "another-delivery"),
    "names that only look the same": (shown_for(voucher="V-1:milestone:balance"), "another-delivery"),
    "data swapped after checking": (lambda: (replace(scene()[0], current_manifest=digest(b"bad")), *scene()[1:]), "delivery-changed"),
    "report of other content": (documents_of(other_content, ("report_statement", "report")), "subject-mismatch"),
    "all documents of other content": (documents_of(other_content, DOCUMENTS), "delivery-changed"),
    "report of an earlier attempt": (documents_of(old_attempt, ("report_statement", "report")), "attempt-mismatch"),
    "all documents of an earlier attempt": (documents_of(old_attempt, DOCUMENTS), "attempt-mismatch"),
    "PASS report.json under a FAIL statement": (documents_of(failed, ("report_statement",)), "report-altered"),
    "FAIL shown as the registry's PASS": (documents_of(failed, ("report_statement", "report")), "attempt-unknown"),
    "report statement as run-started": (
        lambda: (replace(scene()[0], run_started=scene()[0].report_statement), *scene()[1:]), "run-started-refused"
    ),
    "decision shown as report": (lambda: (replace(scene()[0], report_statement=scene()[0].manifest), *scene()[1:]), "report-refused"),
    "rerun until it passes": (rerun_until_it_passes, "attempts-exceeded"),
    "uploaded again until it passes": (reuploaded_until_it_passes, "failed-before"),
    "stolen key, revoked meanwhile": (with_keyring(revoked_at=NOW - timedelta(minutes=1)), "report-refused"),
    "stolen key, revoked before": (with_keyring(revoked_at=NOW - timedelta(days=1)), "report-refused"),
    "key expired since": (with_keyring(not_after=NOW - timedelta(minutes=1)), "report-refused"),
    "verifier key of another role": (with_keyring(role="intake"), "report-refused"),
    "clock set back": (clock(started_at=NOW - timedelta(days=400), finished_at=NOW - timedelta(days=400)), "report-refused"),
    "clock set forward": (clock(finished_at=NOW + timedelta(days=400)), "clock-inconsistent"),
    "marker that claims nothing": (silent_marker, "phase-not-releasing"),
}  # fmt: skip


def judge(made: Scene) -> Decision:
    return decide(*made, NOW)


def test_without_an_attack_it_releases() -> None:
    assert judge(scene()) == Decision("RELEASE", ())
    assert judge((scene()[0], reissued(), scene()[2])) == Decision("RELEASE", ())


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str) -> None:
    attack, reason = ATTACKS[name]
    made = judge(attack())
    assert made.decision == "HOLD"
    assert reason in made.reasons
    assert set(made.reasons) <= REASONS.keys()


def test_resources_cannot_be_confused() -> None:
    assert Resource("a:milestone:b", "c", "d").uri != Resource("a", "b:milestone:c", "d").uri


@pytest.mark.parametrize("seed", range(4))
def test_random_mutations_of_the_evidence_never_release(seed: int) -> None:
    """Any bytes of any document changed: no release, no exception. A changed hint changes nothing, and may pass."""
    random_ = random.Random(seed)
    evidence, keyring, policy = scene()
    signed = [f.name for f in fields(evidence) if f.name in DOCUMENTS]
    for _ in range(100):
        name = random_.choice(signed)
        data = bytearray(getattr(evidence, name))
        place = random_.randrange(len(data))
        data[place] ^= 1 << random_.randrange(8)
        made = decide(replace(evidence, **{name: bytes(data)}), keyring, policy, NOW)
        if made.decision != "HOLD":
            assert name != "report"
            start = data.find(b'"keyid"')
            assert start <= place <= start + len('"keyid":""') + 64
