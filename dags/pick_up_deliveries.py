"""Looks for complete deliveries and starts one verification for each, once, however often it looks.

Wiring only. What is new is asked of the registry and the store (`_DELIVERED.json` there, no attempt yet), never of
Airflow. The run id is a function of voucher and delivery, so two looks, a retry or a crash between the tasks never
make a second run: Airflow refuses a second run of one id, and the task that asked is skipped.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

log = logging.getLogger("airflow.task")

# Read here and not through Settings: this file is parsed every few seconds.
MINUTES = int(os.environ.get("DAMBO_PICKUP_MINUTES", "5"))
AT_MOST = 500
"""Deliveries started by one look; Airflow maps at most 1,024 tasks. The rest follow with the next look."""


@dag(
    dag_id="pick_up_deliveries",
    dag_display_name="납품 접수 · pick_up_deliveries",
    description="완결된 납품을 찾아 검증을 시작합니다 · finds complete deliveries and starts their verification",
    doc_md=__doc__,
    schedule=timedelta(minutes=MINUTES),
    catchup=False,
    max_active_runs=1,
    tags=["dambo", "접수", "pick-up"],
)
def pick_up_deliveries() -> None:
    """Find complete deliveries."""

    @task(doc_md="시도가 없는 완결 납품을 찾습니다 · lists complete deliveries without an attempt")
    def look() -> list[dict[str, Any]]:
        from include import line as steps
        from include.settings import settings

        found = [names for names in steps.pending(steps.open_line(settings())) if _can_be_verified(*names)]
        return [
            {
                "trigger_run_id": run_id(voucher, delivery),
                "conf": {"voucher": voucher, "delivery": delivery, "reason": "정기 접수 · found by pick_up_deliveries"},
            }
            for voucher, delivery in found[:AT_MOST]
        ]

    TriggerDagRunOperator.partial(
        task_id="start",
        trigger_dag_id="verify_delivery",
        logical_date=None,  # Airflow allows one run per logical date, and these start together
        skip_when_already_exists=True,
        map_index_template="{{ task.conf['voucher'] }}/{{ task.conf['delivery'] }}",
        doc_md="납품마다 검증 실행 하나 · one verification run for each delivery",
    ).expand_kwargs(look())


def _can_be_verified(voucher: str, delivery: str) -> bool:
    """Will the registry take these names? One that it never will must not stand in the others' way at each look."""
    from include.errors import DeliveryError
    from include.registry.store import check_name

    try:
        check_name("voucher", voucher)
        check_name("delivery", delivery)
    except DeliveryError as error:
        log.warning("skipped %r/%r: %s", voucher, delivery, error)
        return False
    return True


def run_id(voucher: str, delivery: str) -> str:
    """The one run id of a delivery's first verification, in Airflow's alphabet and length: readable, then a digest."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{voucher}.{delivery}")[:100]
    return f"pickup__{name}__{hashlib.sha256(f'{voucher}/{delivery}'.encode()).hexdigest()[:32]}"


pick_up_deliveries()
