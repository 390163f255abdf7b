"""docker-compose.yaml: valid, pinned, closed to the outside, and without a secret in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docker-compose.yaml"
DEPLOY = PROJECT / "deploy"
PINNED = re.compile(r"[a-z0-9/.-]+:[\w.-]+@sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(FILE)
    return found


def test_docker_compose_takes_it_without_a_word() -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("docker-compose is not installed (Debian package docker-compose)")
    done = subprocess.run(
        [command, "--file", str(FILE), "config", "--quiet"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_all_services_of_the_house_are_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {
        *("initialize", "api-server", "scheduler", "dag-processor", "worker", "signer"),
        *("postgres", "redis", "objects"),
    }


def test_only_the_api_server_is_published_and_on_loopback(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"api-server": ["127.0.0.1:8080:8080"]}
    assert compose["networks"]["inside"]["internal"] is True
    outside = [name for name, service in compose["services"].items() if "outside" in service["networks"]]
    assert outside == ["api-server"]


def test_every_image_is_pinned_by_digest(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if "build" in service:
            folder = PROJECT / service["build"]["context"]
            text = (folder / service["build"]["dockerfile"]).read_text()
            bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
        else:
            bases = [service["image"]]
        assert bases, name
        assert all(PINNED.fullmatch(base) for base in bases), (name, bases)


def test_no_service_runs_as_root_or_may_become_it(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        if "build" in service:
            text = (PROJECT / service["build"]["context"] / service["build"]["dockerfile"]).read_text()
            assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] not in {"root", "0"}, name
        else:
            assert service["user"] not in {"root", "0"}, name


def test_secrets_come_from_files_that_one_script_makes(compose: dict[str, Any]) -> None:
    script = (DEPLOY / "make-secrets.sh").read_text()
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./deploy/secrets/{name}"}
        assert re.search(rf"\b{name}\b", script), name
    used = {name for service in compose["services"].values() for name in service.get("secrets", ())}
    assert used == set(compose["secrets"])


def test_no_secret_stands_in_the_environment(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PASSPHRASE|SECRET|KEY(?!RING)|CONN|BROKER_URL|BACKEND", name):
                assert "/run/secrets/" in value, name
            assert not re.search(r"://[^/]*:[^/]*@", str(value)), name


def mounts(service: dict[str, Any]) -> dict[str, list[str]]:
    """Named volumes (and "" for anonymous ones) with their options."""
    found: dict[str, list[str]] = {}
    for volume in service.get("volumes", ()):
        name, *rest = volume.split(":")
        if name.startswith("/"):
            found[""] = [name]
        elif not name.startswith("."):
            found[name] = rest
    return found


def test_only_the_signer_has_the_keys_and_a_user_of_its_own(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert [name for name, s in services.items() if "keys" in mounts(s)] == ["signer"]
    assert [name for name, s in services.items() if "key_passphrase" in s.get("secrets", ())] == ["signer"]
    uid = services["signer"]["user"].partition(":")[0]
    users = dict(re.findall(r"useradd --uid (\d+) .* (\S+) \\$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    assert users[uid] == "dambo-signer"
    script = (DEPLOY / "signer.sh").read_text()
    assert set(re.findall(r"--allow (\S+)", script)) == set(users.values()) == {"dambo", "dambo-signer"}
    assert "keys init --encrypt" in script
    assert "signer.sh" in (DEPLOY / "Dockerfile.dockerignore").read_text()


def test_only_workers_can_ask_the_signer_and_all_see_one_keyring(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {name: mounts(s)["socket"] for name, s in services.items() if "socket" in mounts(s)} == {
        "worker": ["/run/dambo", "ro"],
        "signer": ["/run/dambo"],
    }
    assert {name: mounts(s)["keyring"][1:] for name, s in services.items() if "keyring" in mounts(s)} == {
        "api-server": ["ro"],
        "worker": ["ro"],
        "signer": [],
    }
    assert services["worker"]["environment"]["DAMBO_SIGNER"] == "unix:///run/dambo/signer.sock"
    assert "--socket /run/dambo/signer.sock" in (DEPLOY / "signer.sh").read_text()
    for name in ("worker", "signer", "api-server"):
        assert services[name]["environment"]["DAMBO_KEYRING"] == "/etc/dambo/keyring.json"


def test_a_worker_has_nothing_of_airflows_own(compose: dict[str, Any]) -> None:
    """What tests/integration/test_workers.py shows to be enough."""
    worker = compose["services"]["worker"]
    assert not {"airflow_database_url", "jwt_secret", "api_secret_key", "fernet_key"} & set(worker["secrets"])
    names = set(worker["environment"])
    assert not {name for name in names if name.startswith(("AIRFLOW__DATABASE", "AIRFLOW__API"))}
    assert "celery" in (DEPLOY / "postgres.sh").read_text()  # results have a database of their own
    assert mounts(worker)[""] == ["/var/lib/dambo"]  # a folder of its own in each


def test_there_are_as_many_workers_as_wanted(compose: dict[str, Any]) -> None:
    worker = compose["services"]["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert not {"container_name", "ports", "hostname"} & set(worker)  # what would make the second one fail
    slots = worker["deploy"]["replicas"] * int(worker["environment"]["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert int(worker["environment"]["AIRFLOW__CORE__PARALLELISM"]) >= slots


def test_the_settings_that_find_a_lost_worker_are_those_of_the_page(compose: dict[str, Any]) -> None:
    """The same options as in the test that kills a worker, there with seconds; the scheduler and workers agree."""
    page = (PROJECT / "docs/how-to/machines.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+__\w+)` \| (\S+) \|", page, re.MULTILINE))
    assert {
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT",
        "SCHEDULER__TASK_QUEUED_TIMEOUT",
        "CELERY__TASK_ACKS_LATE",
        "CELERY__WORKER_PREFETCH_MULTIPLIER",
        "CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT",
        "CORE__PARALLELISM",
    } <= set(rows)
    for service in ("worker", "scheduler"):
        found = compose["services"][service]["environment"]
        assert {name: str(found[f"AIRFLOW__{name}"]) for name in rows} == rows


def test_every_service_has_limits(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        assert service["pids_limit"] == 500, name
        assert service.get("read_only", False) is (name != "postgres"), name


def test_every_service_but_the_first_step_is_watched(compose: dict[str, Any]) -> None:
    watched = {name for name, service in compose["services"].items() if "healthcheck" in service}
    assert watched == set(compose["services"]) - {"initialize"}


def test_the_script_makes_each_secret_once(tmp_path: Path, compose: dict[str, Any]) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    shutil.copytree(DEPLOY, tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets"))
    (tmp_path / "deploy/secrets").mkdir()
    made = []
    for _ in range(2):
        subprocess.run(["sh", str(tmp_path / "deploy/make-secrets.sh")], check=True, timeout=60)
        made.append({path.name: path.read_text() for path in (tmp_path / "deploy/secrets").iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == set(compose["secrets"])
    assert all(len(content) >= 32 and "\n" not in content for content in made[0].values())
