"""verify_delivery and pick_up_deliveries, run: outcomes, crashes and their resumption, and what Airflow's users may try."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
SCENARIOS = Path(__file__).with_name("scenarios.py")

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]


def airflow_environment(folder: Path) -> dict[str, str]:
    """An Airflow of this test's own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "DAMBO_"))}
    return env | {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "DAMBO_TEST_HOMES": str(folder / "homes"),
        "DAMBO_TEST_RESULTS": str(folder / "results.json"),
    }


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Every scenario's results, run once for all workers of the test run: Airflow takes seconds to import."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "dag-runs"
    folder.mkdir(exist_ok=True)
    written = folder / "results.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not written.exists():
            env = airflow_environment(folder)
            for command in (["-m", "airflow", "db", "migrate"], [str(SCENARIOS)]):
                with (folder / "log").open("w") as log:
                    done = subprocess.run(
                        [sys.executable, "-W", "ignore", *command],
                        env=env, cwd=folder, stdout=log, stderr=log, timeout=800, check=False,
                    )  # fmt: skip
                assert done.returncode == 0, (folder / "log").read_text()[-4000:]
    found: dict[str, Any] = json.loads(written.read_text())
    return {**found, "log": (folder / "log").read_text(errors="replace")}


@pytest.fixture(scope="session")
def scenario_log(results: dict[str, Any]) -> str:
    """What the runs said."""
    return str(results["log"])


def test_three_deliveries_end_as_they_should(results: dict[str, Any]) -> None:
    found = results["outcomes"]
    assert [found[v]["run"] for v in sorted(found)] == ["success"] * 3
    assert [found[v]["decisions"][-1][0] for v in sorted(found)] == ["RELEASE", "REJECT", "REJECT"]
    assert [found[v]["releases"] for v in sorted(found)] == [1, 0, 0]
    assert found["V-DEMO-0003"]["outbox"] == ["settlement/V-DEMO-0001--balance.csv"]


def checked(filed: dict[str, str], folder: Path) -> bytes:
    """The report.json of `dambo check` on the delivery that the DAG verified."""
    (folder / "c.yaml").write_text(filed["contract"], "utf-8")
    command = [str(Path(sys.executable).with_name("dambo")), "check", filed["delivery"], "-c", str(folder / "c.yaml")]
    env = {k: v for k, v in os.environ.items() if not k.startswith("DAMBO_")} | {"DAMBO_HOME": str(folder / "home")}
    subprocess.run(
        [*command, "-o", str(folder / "out"), "--json"], env=env, capture_output=True, timeout=120, check=False
    )
    return (folder / "out/report.json").read_bytes()


@pytest.mark.parametrize("voucher", ["V-DEMO-0001", "V-DEMO-0002", "V-DEMO-0003"])
def test_airflows_report_has_the_bytes_of_dambo_check(results: dict[str, Any], tmp_path: Path, voucher: str) -> None:
    filed = results["outcomes"][voucher]["filed"]
    assert checked(filed, tmp_path) == filed["report"].encode()


def test_one_task_a_shard_reaches_the_same_bytes(results: dict[str, Any], tmp_path: Path) -> None:
    found = results["sharded"]
    assert [name for name in found["tasks"] if name.startswith("observe")] == [f"observe{n}" for n in range(5)]
    assert found["decisions"] == [["RELEASE", []]]
    assert checked(found["filed"], tmp_path) == found["filed"]["report"].encode()


def test_the_task_log_says_how_far_it_is(results: dict[str, Any], scenario_log: str) -> None:
    assert results["sharded"]["run"] == "success"
    assert len(re.findall(r"파일 1/1, 12행, 0.0/0.0 MiB", scenario_log)) == 5
    assert "해시 계산: 파일 5/5" in scenario_log
    assert re.search(r"1/1 files, [\d,]+ rows", scenario_log)  # the other scenarios, in English


def test_the_operator_is_whom_airflow_knows(results: dict[str, Any]) -> None:
    assert results["outcomes"]["V-DEMO-0001"]["operators"] == ["dag_test"]


@pytest.mark.parametrize("name", ["crash-freeze", "crash-observe", "crash-judge", "crash-seal", "exit-observe"])
def test_a_crashed_step_is_held_and_resumes_the_same_attempt(results: dict[str, Any], name: str) -> None:
    first, again = results[name]["first"], results[name]["again"]
    assert first["run"] == "failed"
    assert [decision for decision, _ in first["decisions"]] == ["HOLD"]
    assert (first["releases"], first["outbox"]) == (0, [])
    step = name.partition("-")[2]
    crashed = [state for task, state in first["tasks"].items() if task.startswith(step)]
    assert crashed == [["failed", 1]]  # a fault of ours is not tried again
    assert again["run"] == "success"
    assert again["run_id"] == first["run_id"]
    assert again["attempts"] == 1
    assert [decision for decision, _ in again["decisions"]] == ["HOLD", "RELEASE"]
    assert again["releases"] == 1


def test_a_crashed_decision_releases_nothing_until_it_is_made(results: dict[str, Any]) -> None:
    first, again = results["crash-decide"]["first"], results["crash-decide"]["again"]
    assert (first["run"], first["decisions"], first["releases"]) == ("failed", [], 0)
    assert (again["run"], again["attempts"], again["releases"]) == ("success", 1, 1)


@pytest.mark.parametrize(
    "name", ["marked-judge", "marked-seal", "marked-observe", "marked-all-but-decide", "lost-shards"]
)
def test_airflow_saying_success_is_no_evidence(results: dict[str, Any], name: str) -> None:
    found = results[name]
    assert found["run"] == "failed"
    assert [decision for decision, _ in found["decisions"]] == ["HOLD"]
    assert (found["releases"], found["outbox"]) == (0, [])


def test_marking_the_decision_as_success_decides_nothing(results: dict[str, Any]) -> None:
    found = results["marked-decide"]
    assert (found["decisions"], found["releases"], found["outbox"]) == ([], 0, [])


def test_an_edited_configuration_moves_no_attempt_to_another_delivery(results: dict[str, Any]) -> None:
    found = results["edited-conf"]
    assert found["first"]["releases"] == 1
    assert found["again"]["conf"]["voucher"] != found["first"]["conf"]["voucher"]
    assert found["again"]["run_id"] == found["first"]["run_id"]
    assert found["again"]["run"] == "failed"
    assert (found["other"]["attempts"], found["other"]["decisions"], found["other"]["releases"]) == (0, [], 0)
    assert (found["good"]["attempts"], found["good"]["releases"]) == (1, 1)


def test_infrastructure_is_tried_again(results: dict[str, Any]) -> None:
    found = results["infrastructure"]
    assert found["run"] == "success"
    assert found["tasks"]["observe0"] == ["success", 3]
    assert (found["attempts"], found["releases"]) == (1, 1)


def test_a_wrong_contract_is_not_tried_again(results: dict[str, Any]) -> None:
    found = results["contract"]
    assert found["tasks"]["judge"] == ["failed", 1]
    assert [decision for decision, _ in found["decisions"]] == ["HOLD"]


def test_each_delivery_is_picked_up_once_however_often_it_looks(results: dict[str, Any]) -> None:
    first, second, third = (results["looks"][look] for look in ("first", "second", "third"))
    assert sorted(conf["voucher"] for conf, _ in first["runs"].values()) == [f"V-DEMO-000{n}" for n in (1, 2, 3)]
    assert first["runs"] == second["runs"] == third["runs"]
    assert [look["state"] for look in (first, second, third)] == ["success"] * 3
    assert second["tasks"] == ["skipped"] * 3 + ["success"]
    assert third["tasks"] == ["skipped", "success"]  # nothing pending: nothing to map over


def test_a_night_that_finds_something_is_red_and_what_it_found_is_logged(results: dict[str, Any]) -> None:
    first, second = results["nightly"]
    assert first == {"run": "success", "number": 1, "found": []}
    assert (second["run"], second["number"]) == ("failed", 2)
    ((about, code),) = second["found"]
    assert (about.endswith(" delivery"), code) == (True, "delivery-changed")
