"""Reads all evidence again every night: the log, every signed document and its proof, every paid delivery's objects.

Wiring only. What was found is signed and logged; what does not hold makes the run red; nothing is mended here.
"""

from __future__ import annotations

import logging
import os
from dataclasses import astuple
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.errors import RegistryError, StorageError

log = logging.getLogger("airflow.task")

RETRIES: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(exception=[StorageError, RegistryError], action=RetryAction.RETRY)], default=RetryAction.FAIL
    ),
}


@dag(
    dag_id="audit_evidence",
    dag_display_name="증거 감사 · audit_evidence",
    description="보관된 증거를 매일 밤 다시 검증합니다 · verifies all evidence again every night",
    doc_md=__doc__,
    schedule="0 17 * * *",  # two in the morning in Korea
    catchup=False,
    max_active_runs=1,
    tags=["dambo", "감사", "audit"],
    default_args=RETRIES,
)
def audit_evidence() -> None:
    """Audit the evidence."""

    @task(
        queue=os.environ.get("DAMBO_SIGNING_QUEUE") or "default",  # what was found is signed
        doc_md="로그, 서명, 증명, 지급된 납품물을 다시 확인합니다 · reads log, signatures, proofs and paid deliveries again",
    )
    def audit() -> None:
        from include import line as steps
        from include.cli.console import korean
        from include.deliveries.progress import Lines
        from include.settings import settings

        line = steps.open_line(settings())
        begun = line.now()
        found = steps.audit(line, progress=Lines(log.info, korean=korean()))
        log.info("%d attempts, %d documents, %d paid deliveries", *astuple(found.covered))
        for finding in found.findings:
            log.error("%s: %s", finding.about, finding.code)
        said = steps.attest_audit(line, found, begun)
        log.info("audit %d is entry %d of the log: %s", said.says.number, said.position, said.sha256)
        if found.findings:
            raise AirflowFailException(f"{len(found.findings)} findings: the evidence does not hold")

    audit()


audit_evidence()
