"""The DAG files as the dag-processor sees them: they load, light and fast, and are named after their DAG."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
HEAVY = (
    "pandas",
    "numpy",
    "pyarrow",
    "sklearn",
    "scipy",
    "great_expectations",
    "boto3",
    "polars",
    "altair",
    "include.line",
)

PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
print("PARSED" + json.dumps({
    "errors": bag.import_errors,
    "files": {dag_id: dag.fileloc for dag_id, dag in bag.dags.items()},
    "seconds": [stat.duration.total_seconds() for stat in bag.dagbag_stats],
    "heavy": [name for name in sys.argv[2:] if name in sys.modules],
    "schedule": bag.dags["pick_up_deliveries"].timetable.delta.total_seconds(),
    "form": {name: bag.dags["verify_delivery"].params.get_param(name).schema for name in bag.dags["verify_delivery"].params},
    "queues": {f"{dag.dag_id}.{task.task_id}": task.queue for dag in bag.dags.values() for task in dag.tasks},
    "titles": [dag.dag_display_name for dag in bag.dags.values()],
    "docs": [bool(dag.doc_md) for dag in bag.dags.values()],
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("parse")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "DAMBO_"))} | {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DAMBO_PICKUP_MINUTES": "7",
        "DAMBO_SIGNING_QUEUE": "beside-the-signer",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE, str(PROJECT / "dags"), *HEAVY],
        env=env, cwd=folder, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("PARSED")]
    assert lines, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(lines[0].removeprefix("PARSED"))
    return found


@pytest.mark.airflow
def test_every_dag_loads_from_the_file_of_its_name(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    names = {path.stem for path in (PROJECT / "dags").glob("*.py")}
    assert parsed["files"] == {name: str(PROJECT / "dags" / f"{name}.py") for name in names}
    assert all(parsed["docs"])
    assert all(any("가" <= letter <= "힣" for letter in title) for title in parsed["titles"])


@pytest.mark.airflow
def test_parsing_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert parsed["heavy"] == []
    assert max(parsed["seconds"]) < 2  # 0.05 s on an idle machine


@pytest.mark.airflow
def test_the_schedule_comes_from_the_environment(parsed: dict[str, Any]) -> None:
    assert parsed["schedule"] == 7 * 60


@pytest.mark.airflow
def test_what_signs_runs_beside_the_signer_and_the_rest_anywhere(parsed: dict[str, Any]) -> None:
    signing = {f"verify_delivery.{name}" for name in ("freeze", "seal", "decide")} | {"audit_evidence.audit"}
    assert {name for name, queue in parsed["queues"].items() if queue == "beside-the-signer"} == signing
    assert {queue for name, queue in parsed["queues"].items() if name not in signing} == {"default"}


@pytest.mark.airflow
def test_the_form_asks_for_all_three_in_both_languages(parsed: dict[str, Any]) -> None:
    assert set(parsed["form"]) == {"voucher", "delivery", "reason"}
    for schema in parsed["form"].values():
        assert schema["type"] == "string"
        assert " · " in schema["title"]
        assert "pattern" in schema or "minLength" in schema
