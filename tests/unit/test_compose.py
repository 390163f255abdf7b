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
        *("initialize", "api-server", "scheduler", "dag-processor", "worker"),
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
            if re.search(r"PASSWORD|SECRET|KEY|CONN|BROKER|BACKEND", name):
                assert "/run/secrets/" in value, name
            assert not re.search(r"://[^/]*:[^/]*@", str(value)), name


def test_only_the_worker_has_the_signing_keys(compose: dict[str, Any]) -> None:
    holders = [
        name for name, s in compose["services"].items() if any(v.startswith("dambo:") for v in s.get("volumes", ()))
    ]
    assert holders == ["worker"]


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
