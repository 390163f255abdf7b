"""The plugin's pages: closed to strangers, read-only, escaped, and a report only as the registry knows it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from dambo_web.app import create_app
from dambo_web.source import PER_PAGE, REPORT, Source
from dambo_web.texts import EN, KO, language
from include.registry import Registry, open_registry
from include.settings import Settings
from include.storage import open_storage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HTML = "<!doctype html><h1>품질 검증 보고서</h1>".encode()
DIGEST = hashlib.sha256(HTML).hexdigest()
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return open_registry(settings)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(Source(settings), reader=lambda: None)


def get(app: FastAPI, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dambo.test") as client:
            return await client.get(path, headers=headers)

    return anyio.run(ask)


def sealed(
    registry: Registry, settings: Settings, *, voucher: str = "V-1", delivery: str = "D-1", run: str = "r1"
) -> str:
    attempt = registry.begin_attempt(
        run_id=run, voucher=voucher, delivery=delivery, operator="kim", reason="first", now=NOW
    ).id
    open_storage(settings.storage_url(), settings).put("evidence/report.html", HTML)
    registry.seal(attempt, "PASS", DIGEST, NOW)
    registry.add_document(attempt, REPORT, DIGEST, None, "evidence/report.html", NOW)
    registry.add_decision(attempt, "RELEASE", [], DIGEST, NOW)
    return attempt


def test_lists_deliveries_with_verdict_decision_and_links(registry: Registry, settings: Settings, app: FastAPI) -> None:
    attempt = sealed(registry, settings, delivery="2차 납품")
    page = get(app, "/?lang=ko").text
    assert KO["PASS"] in page
    assert KO["RELEASE"] in page
    assert f"/attempts/{attempt}?lang=ko" in page
    assert "/rerun/V-1/2%EC%B0%A8%20%EB%82%A9%ED%92%88?lang=ko" in page
    assert "2026-11-20 21:00 KST" in page


def test_a_delivery_shows_every_attempt(registry: Registry, app: FastAPI) -> None:
    for n in range(3):
        registry.begin_attempt(
            run_id=f"r{n}", voucher="V-1", delivery="D-1", operator=f"person{n}", reason=f"why{n}", now=NOW
        )
    page = get(app, "/deliveries/V-1/D-1").text
    assert all(f"person{n}" in page and f"why{n}" in page for n in range(3))
    assert get(app, "/deliveries/V-1/D-2").status_code == 404


def test_the_report_is_served_as_the_bytes_that_the_registry_knows(
    registry: Registry, settings: Settings, app: FastAPI
) -> None:
    attempt = sealed(registry, settings)
    for path in (f"/reports/{attempt}", "/runs/r1"):
        answer = get(app, path)
        assert answer.content == HTML
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert f'src="/reports/{attempt}"' in get(app, f"/attempts/{attempt}").text


def test_a_changed_report_is_not_shown(registry: Registry, settings: Settings, app: FastAPI) -> None:
    attempt = sealed(registry, settings)
    open_storage(settings.storage_url(), settings).put("evidence/report.html", HTML + b"<p>PASS</p>")
    answer = get(app, f"/reports/{attempt}")
    assert answer.status_code == 500
    assert b"report-changed" in answer.content
    assert "품질 검증 보고서".encode() not in answer.content


def test_a_lost_report_is_said_to_be_unavailable(registry: Registry, settings: Settings, app: FastAPI) -> None:
    attempt = sealed(registry, settings)
    (settings.folder() / "storage/evidence/report.html").unlink()
    assert get(app, f"/reports/{attempt}").status_code == 503


def test_an_attempt_without_report_says_so(registry: Registry, app: FastAPI) -> None:
    attempt = registry.begin_attempt(run_id="r", voucher="V", delivery="D", operator="o", reason="r", now=NOW).id
    assert EN["no_report"] in get(app, f"/reports/{attempt}").text
    assert EN["no_report"] in get(app, f"/attempts/{attempt}").text
    assert EN["no_run"] in get(app, "/runs/another").text
    assert get(app, "/attempts/unknown").status_code == 404


def test_names_from_outside_are_escaped_and_made_visible(registry: Registry, app: FastAPI) -> None:
    evil = "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}"
    attempt = registry.begin_attempt(run_id="r", voucher="V", delivery=evil, operator=evil, reason=evil, now=NOW)
    registry.add_decision(attempt.id, "HOLD", [evil], DIGEST, NOW)
    for path in ("/", f"/deliveries/V/{evil}", f"/attempts/{attempt.id}", f"/rerun/V/{evil}"):
        page = get(app, path).text
        assert "<img" not in page
        if "/rerun/" not in path:
            assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page


def test_pages_allow_exactly_their_own_style_and_script(app: FastAPI) -> None:
    policy = get(app, "/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in policy


def test_search_and_paging(registry: Registry, app: FastAPI) -> None:
    for n in range(PER_PAGE + 1):
        registry.begin_attempt(
            run_id=f"r{n}", voucher="V", delivery=f"D-{n:03d}", operator="o", reason="r", now=NOW + timedelta(minutes=n)
        )
    first, second, far = (get(app, f"/?page={n}").text for n in (1, 2, 99))
    assert f"D-{PER_PAGE:03d}" in first
    assert "D-000" not in first
    assert "D-000" in second
    assert "D-000" in far
    found = get(app, "/?q=D-007").text
    assert "D-007" in found
    assert "D-008" not in found
    assert EN["none_found"] in get(app, "/?q=nothing").text


def test_every_text_is_there_in_both_languages(app: FastAPI) -> None:
    assert KO.keys() == EN.keys()
    assert EN["none"] in get(app, "/", **{"Accept-Language": "fr,en;q=0.8,ko;q=0.5"}).text
    assert KO["none"] in get(app, "/", **{"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}).text


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        (None, None, "en"),
        ("ko", "en", "ko"),
        ("xx", "ko", "ko"),
        (None, "en;q=0.2, ko;q=0.9", "ko"),
        (None, "ko;q=oops, en", "en"),
        (None, "de", "en"),
    ],
)
def test_language(asked: str | None, accepted: str | None, spoken: str) -> None:
    assert language(asked, accepted) == spoken


def test_no_route_changes_anything(app: FastAPI) -> None:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) == len(app.routes)  # no docs, no static files, nothing mounted that would miss the login
    assert {method for route in routes for method in route.methods} == {"GET"}


STRANGER = """
import anyio, httpx, json, warnings
warnings.simplefilter("ignore")
from dambo_web.app import create_app
from fastapi.routing import APIRoute

app = create_app()

async def ask():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dambo.test") as client:
        codes = {}
        for route in app.routes:
            path = route.path.replace("{", "").replace("}", "").replace(":path", "")
            for name, headers in {
                "none": {}, "bearer": {"Authorization": "Bearer x.y.z"}, "cookie": {"Cookie": "_token=x.y.z"},
            }.items():
                codes[f"{route.path} {name}"] = (await client.get(path, headers=headers)).status_code
        return codes

from airflow.api_fastapi.app import create_auth_manager
create_auth_manager()
print("CODES" + json.dumps(anyio.run(ask)))
"""

PLUGINS = """
import sys, warnings
warnings.simplefilter("ignore")
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
import json
ours = [name for name, module in list(sys.modules.items()) if "/plugins/" in (getattr(module, "__file__", None) or "") and "site-packages" not in module.__file__]
print("PLUGINS" + json.dumps({"errors": errors, "names": [p.name for p in plugins], "modules": sorted(ours)}))
"""


def in_airflow(program: str, tmp_path: Path, mark: str) -> object:
    """Airflow is imported in a process of its own: it changes logging, warnings and the environment of its process."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")} | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(tmp_path / "passwords.json"),
        "DAMBO_HOME": str(tmp_path / "dambo"),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=False,
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(mark)]
    assert lines, done.stderr[-3000:]
    return json.loads(lines[0].removeprefix(mark))


@pytest.mark.airflow
def test_every_route_refuses_who_is_not_logged_in(tmp_path: Path, app: FastAPI) -> None:
    codes = in_airflow(STRANGER, tmp_path, "CODES")
    assert isinstance(codes, dict)
    assert len(codes) == 3 * len(app.routes)
    assert set(codes.values()) <= {401, 403}


@pytest.mark.airflow
def test_airflow_loads_the_plugin_and_no_other_module(tmp_path: Path) -> None:
    found = in_airflow(PLUGINS, tmp_path, "PLUGINS")
    assert isinstance(found, dict)
    assert found["errors"] == {}
    assert "dambo" in found["names"]
    assert found["modules"] == ["dambo_plugin"]
