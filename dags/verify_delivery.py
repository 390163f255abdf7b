"""The line as an Airflow DAG: freeze -> observe (one task a shard) -> judge -> seal -> decide.

Wiring only. Every task finds its attempt in the registry by this run's id and re-checks everything there, so nothing
that Airflow holds (task states, XCom, Variables, a run's configuration) is an input to payment: marking a task as
success gives `decide` no evidence, and it holds. Only the list of shards passes between tasks, for the mapping.

Clearing tasks resumes the same attempt (same run id). A new attempt is a new run, with a reason.
"""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.errors import RegistryError, SignerError, StorageError

log = logging.getLogger("airflow.task")

# START retries
# Only infrastructure is tried again. A contract, a delivery or a signature does not get better by waiting.
INFRASTRUCTURE = ExceptionRetryPolicy(
    rules=[RetryRule(exception=[StorageError, RegistryError, SignerError], action=RetryAction.RETRY)],
    default=RetryAction.FAIL,
)
RETRIES: dict[str, Any] = {
    "retries": 3,  # a task whose process was killed counts as infrastructure too
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=2),
    "retry_policy": INFRASTRUCTURE,
}
# END retries

# Read here and not through Settings: this file is parsed every few seconds.
SIGNING = {"queue": os.environ.get("DAMBO_SIGNING_QUEUE") or "default"}
"""Of the tasks that sign: with CeleryExecutor only workers beside the signer take them; `observe` and `judge` run anywhere."""

NAME = r"^(?!\.{1,2}$)[^/\x00-\x1f\x7f]{1,255}$"
"""One plain path segment, as in storage."""
FORM = {
    "voucher": Param(
        type="string",
        title="바우처 번호 · Voucher",
        description_md="등록된 바우처 번호, 예: `V-2026-000123`  \nThe voucher as the registry knows it.",
        pattern=NAME,
    ),
    "delivery": Param(
        type="string",
        title="납품 번호 · Delivery",
        description_md="`deliveries/<바우처>/<납품>/` 의 납품 폴더 이름  \nThe delivery's folder under its voucher.",
        pattern=NAME,
    ),
    "reason": Param(
        type="string",
        title="사유 · Reason",
        description_md="왜 이 검증을 실행합니까? 서명된 기록에 남습니다.  \nWhy this run? It is kept in the signed record.",
        minLength=2,
        maxLength=500,
        format="multiline",
    ),
}


@dag(
    dag_id="verify_delivery",
    dag_display_name="납품 검증 · verify_delivery",
    description="납품 한 건을 검증하고 지급을 결정합니다 · verifies one delivery and decides its payment",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["dambo", "검증", "verify"],
    params=FORM,
    default_args=RETRIES,
)
def verify_delivery() -> None:
    """Verify one delivery."""

    @task(**SIGNING, doc_md="목록을 고정하고 시도를 엽니다 · hashes every object, opens the attempt, plans its shards")
    def freeze(params: dict[str, Any], run_id: str, dag_run: Any) -> list[int]:
        steps, line = _open()
        attempt = steps.freeze(line, **_who(params, run_id, dag_run), progress=_lines())
        plan = steps.shards(line, attempt)
        log.info("attempt %s: %d shard(s)", attempt, len(plan))
        return plan

    @task(doc_md="파일 묶음 하나를 집계합니다 · tallies one shard", map_index_template="{{ task.op_kwargs['shard'] }}")
    def observe(shard: int, run_id: str) -> None:
        steps, line = _open()
        steps.observe(line, steps.attempt_of_run(line, run_id), shard, progress=_lines())

    @task(doc_md="집계를 합쳐 판정합니다 · merges the tallies and judges every rule")
    def judge(run_id: str) -> None:
        steps, line = _open()
        steps.judge(line, steps.attempt_of_run(line, run_id))

    @task(**SIGNING, doc_md="보고서를 서명해 봉인합니다 · signs the report and closes the attempt")
    def seal(run_id: str) -> None:
        steps, line = _open()
        steps.seal(line, steps.attempt_of_run(line, run_id))

    @task(
        **SIGNING,
        trigger_rule=TriggerRule.ALL_DONE,
        doc_md="무슨 일이 있었든 등록부와 증거만으로 결정합니다 · decides from registry and evidence, whatever happened",
    )
    def decide(params: dict[str, Any], run_id: str, dag_run: Any) -> None:
        steps, line = _open()
        # The run's attempt; if `freeze` died before it began one, it begins here, so that holding it is on record too.
        begun = line.registry.begin_attempt(**_who(params, run_id, dag_run), now=line.now())
        decided = steps.decide(line, begun.id)
        log.info("decision %s %s", decided.outcome, ", ".join(decided.reasons))
        if not decided.complete:
            raise AirflowFailException("held: the attempt is incomplete. Clear the failed tasks to complete it.")

    observe.expand(shard=freeze()) >> judge() >> seal() >> decide()


def _open() -> tuple[Any, Any]:
    """The line's steps and the line, opened; imported here, because this file is parsed every few seconds."""
    from include import line as steps
    from include.settings import settings

    return steps, steps.open_line(settings())


def _lines() -> Any:
    """Progress as lines of the task's log, in the language of the settings."""
    from include.cli.console import korean
    from include.deliveries.progress import Lines

    return Lines(log.info, korean=korean())


def _who(params: dict[str, Any], run_id: str, dag_run: Any) -> dict[str, str]:
    """What began the attempt. The operator is whom Airflow logged in, never what a form says."""
    operator = dag_run.triggering_user_name or "schedule"
    return {
        "voucher": params["voucher"],
        "delivery": params["delivery"],
        "run_id": run_id,
        "operator": operator,
        "reason": params["reason"],
    }


verify_delivery()
