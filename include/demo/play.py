"""Plays the demo: a home of its own, three deliveries put into storage, Airflow finding and verifying them.

Everything runs on embedded defaults, whatever DAMBO_* says: the demo touches no other storage or registry.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from include.demo.deliveries import DEMO, DemoDelivery, contract, contract_key, objects, voucher_rows
from include.embedded.configuration import LOCK, Embedded, exclusive, free_port
from include.embedded.runner import Airflow, AirflowError, running
from include.errors import ContractError
from include.registry import Attempt, DecisionRow, Registry, Release, open_registry
from include.settings import Settings
from include.storage import open_storage

DECIDED_SECONDS = 180.0
"""From Airflow being ready to the last decision; a third of it on an idle two-core machine."""

Tell = Callable[[str, str], None]
"""Says one line to a person, in Korean and English."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one demo delivery."""

    demo: DemoDelivery
    attempt: Attempt
    decision: DecisionRow
    release: Release | None

    @property
    def as_expected(self) -> bool:
        """Is it what the demo is made to show?"""
        return self.decision.decision == self.demo.expected


def embedded_settings(home: Path) -> Settings:
    """Settings of the embedded defaults in `home`, untouched by the environment."""
    defaults = {name: field.get_default() for name, field in Settings.model_fields.items()}
    return Settings(**{**defaults, "home": home, "pickup_minutes": 1})


@contextmanager
def fresh(home: Path) -> Iterator[None]:
    """`home` emptied, for one demo at a time. ContractError if one is running there, or if the folder is not a demo's."""
    ours = home / ".demo"
    with exclusive(home):
        found = [path for path in home.iterdir() if path.name != LOCK]
        if found and not ours.exists():
            raise ContractError(
                "not-a-demo-folder",
                f"{home} holds something that no demo made",
                hint="remove it, or set DAMBO_HOME to another folder",
                ko=f"{home} 에 시연이 만들지 않은 내용이 있습니다",
                ko_hint="폴더를 지우거나 DAMBO_HOME 을 다른 폴더로 정하십시오",
            )
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        ours.touch()
        yield


def play(home: Path, tell: Tell) -> tuple[list[Outcome], Settings]:
    """Run the demo in `home`: what was decided, and the settings to look it up. Airflow is gone when this returns or raises."""
    settings = embedded_settings(home)
    config = Embedded(home, free_port(), pickup_minutes=settings.pickup_minutes)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DAMBO_")}
    tell("Airflow를 시작합니다(수십 초 걸립니다)", "starting Airflow (this takes some tens of seconds)")
    with running(config, clean, lambda part: tell(f"  준비됨: {part}", f"  ready: {part}")) as airflow:
        deliver(settings, tell)
        airflow.wait_until_ready()
        tell(f"Airflow 화면: {config.url}", f"Airflow is at {config.url}")
        outcomes = _watch(airflow, settings, tell)
        tell("Airflow를 멈춥니다", "stopping Airflow")
    if left := airflow.members.pids():
        raise AirflowError(
            "processes-left", f"processes did not end: {left}", ko=f"끝나지 않은 프로세스가 있습니다: {left}"
        )
    return outcomes, settings


def deliver(settings: Settings, tell: Tell) -> None:
    """Vouchers into the registry, contract and deliveries into storage, each marker last."""
    with open_registry(settings) as registry:
        registry.load_vouchers(voucher_rows((datetime.now(UTC) + timedelta(days=30)).date()))
    storage = open_storage(settings.storage_url(), settings)
    storage.put(contract_key(), contract())
    for demo in DEMO:
        for key, data in objects(demo).items():
            storage.put(key, data)
        tell(f"납품됨: {demo.prefix} ({demo.ko})", f"delivered: {demo.prefix} ({demo.en})")


def _watch(airflow: Airflow, settings: Settings, tell: Tell) -> list[Outcome]:
    """Wait until every delivery is decided and its run has ended, telling each change that the registry shows."""
    deadline = time.monotonic() + DECIDED_SECONDS
    told: dict[str, str] = {}
    with open_registry(settings) as registry:
        while True:
            airflow.check()
            outcomes = [_outcome(registry, demo) for demo in DEMO]
            for demo in DEMO:
                ko, en = _stage(registry, demo)
                if told.get(demo.voucher) != en:
                    told[demo.voucher] = en
                    tell(f"  {demo.voucher}: {ko}", f"  {demo.voucher}: {en}")
            if all(outcomes) and _ended(airflow):
                return [outcome for outcome in outcomes if outcome]
            if time.monotonic() > deadline:
                raise AirflowError(
                    "demo-undecided",
                    f"not everything was decided within {DECIDED_SECONDS:.0f} s",
                    hint=f"read the task logs under {airflow.config.folder / 'logs'}",
                    ko=f"{DECIDED_SECONDS:.0f}초 안에 결정되지 않은 납품이 있습니다",
                    ko_hint=f"{airflow.config.folder / 'logs'} 의 태스크 로그를 확인하십시오",
                )
            time.sleep(0.3)


def _ended(airflow: Airflow) -> bool:
    """Has every run of verify_delivery ended? AirflowError if one ended in failure."""
    states = airflow.runs("verify_delivery")
    if failed := [run for run, state in states.items() if state == "failed"]:
        raise AirflowError(
            "demo-run-failed",
            f"runs failed: {', '.join(failed)}",
            hint=f"read the task logs under {airflow.config.folder / 'logs'}",
            ko=f"실패한 실행이 있습니다: {', '.join(failed)}",
            ko_hint=f"{airflow.config.folder / 'logs'} 의 태스크 로그를 확인하십시오",
        )
    return set(states.values()) == {"success"}


def _stage(registry: Registry, demo: DemoDelivery) -> tuple[str, str]:
    attempts = registry.attempts(demo.voucher, demo.delivery)
    if not attempts:
        return "접수 대기", "waiting to be found"
    attempt = attempts[-1]
    if decision := registry.latest_decision(attempt.id):
        return f"결정 {decision.decision}", f"decided {decision.decision}"
    if attempt.sealed:
        return f"보고서 봉인, 판정 {attempt.verdict}", f"report sealed, verdict {attempt.verdict}"
    if attempt.rules_sha256:
        return "목록 고정, 점검 중", "frozen, checking"
    return "접수됨", "found"


def _outcome(registry: Registry, demo: DemoDelivery) -> Outcome | None:
    attempts = registry.attempts(demo.voucher, demo.delivery)
    decision = registry.latest_decision(attempts[-1].id) if attempts else None
    if decision is None:
        return None
    return Outcome(demo, attempts[-1], decision, registry.release_of(demo.voucher, "balance"))
