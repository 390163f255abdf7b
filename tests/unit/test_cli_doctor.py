"""`dambo doctor` says what works, what is limited and what is broken, and its exit code says the last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from include.cli.doctor import LACKING, examine, register
from include.evidence.embedded import ensure_keys
from include.settings import Settings, settings
from include.storage import Capabilities


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `dambo doctor` in an embedded home of its own."""

    def call(*arguments: str, **environment: str):
        for name, value in {"DAMBO_HOME": str(tmp_path), "DAMBO_LANG": "en", **environment}.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        app = Typer()
        register(app)
        app.command("other")(lambda: None)  # with one command alone Typer drops its name
        return CliRunner().invoke(app, ["doctor", *arguments])

    yield call
    settings.cache_clear()


def test_an_embedded_home_works_with_limits(run, tmp_path: Path) -> None:
    done = run("--json")
    said = json.loads(done.stdout)
    states = {(f["subject"], f["state"]) for f in said["findings"]}
    assert done.exit_code == 0
    assert said["ok"] is True
    assert {("python", "ok"), ("storage", "ok"), ("registry", "ok"), ("keyring", "limited")} <= states
    limits = [f["en"] for f in said["findings"] if (f["subject"], f["state"]) == ("storage", "limited")]
    assert limits == [LACKING["versions"][1], LACKING["object_lock"][1]]
    assert list((tmp_path / "storage").glob("doctor/*")) == []


def test_a_keyring_is_named_by_its_digest(tmp_path: Path) -> None:
    config = Settings(home=tmp_path)
    keyring = ensure_keys(config)
    (found,) = [f for f in examine(config) if f.subject == "keyring"]
    assert found.state == "ok"
    assert keyring.sha256 in found.en
    assert keyring.sha256 in found.ko


@pytest.mark.parametrize(
    ("name", "value", "subject"),
    [
        ("DAMBO_STORAGE", "s4://x", "storage"),
        ("DAMBO_STORAGE", "file:///proc/none", "storage"),
        ("DAMBO_REGISTRY", "postgresql+psycopg2://127.0.0.1:1/none", "registry"),
    ],
)
def test_what_is_broken_is_said_and_the_rest_is_still_examined(run, name: str, value: str, subject: str) -> None:
    done = run("--json", **{name: value})
    said = json.loads(done.stdout)
    assert done.exit_code == 1
    assert said["ok"] is False
    assert [f["subject"] for f in said["findings"] if f["state"] == "broken"] == [subject]
    assert {f["subject"] for f in said["findings"]} == {"python", "storage", "registry", "keyring"}


def test_a_broken_keyring_is_not_ok(run, tmp_path: Path) -> None:
    (tmp_path / "keyring.json").write_text("{}")
    done = run()
    assert done.exit_code == 1
    assert "broken   keyring" in done.stdout


@pytest.mark.parametrize(("lang", "word"), [("ko", "정상"), ("en", "ok")])
def test_it_speaks_both_languages(run, lang: str, word: str) -> None:
    assert run(DAMBO_LANG=lang).stdout.startswith(word)


def test_every_capability_is_explained() -> None:
    assert set(LACKING) == set(Capabilities.__dataclass_fields__)
