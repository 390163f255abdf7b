"""The schema: migrated from empty, equal to the models, safe to start twice at once, never older than the database."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import create_engine, inspect, text

from include.errors import ContractError, RegistryError
from include.registry import Registry, migrate, open_registry
from include.registry.database import engine_for
from include.registry.tables import Base
from include.settings import Settings

KEPT = ("attempts", "documents", "decisions", "releases", "log_entries")


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'new' / 'registry.db'}"


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    open_registry(Settings(registry=url_in(tmp_path))).close()
    engine = create_engine(url_in(tmp_path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=migrate.OPTIONS)
        assert compare_metadata(context, Base.metadata) == []
        checks = {t: len(inspect(connection).get_check_constraints(t)) for t in Base.metadata.tables}
    engine.dispose()
    declared = {
        name: sum(type(c).__name__ == "CheckConstraint" for c in table.constraints)
        for name, table in Base.metadata.tables.items()
    }
    assert checks == declared  # alembic does not compare these


def test_head_is_the_last_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_the_database_is_a_durable_one(tmp_path: Path) -> None:
    registry = open_registry(Settings(registry=url_in(tmp_path)))
    with registry._database.reading() as session:
        pragma = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 60_000}


def test_every_promised_trigger_is_there(tmp_path: Path) -> None:
    registry = open_registry(Settings(registry=url_in(tmp_path)))
    with registry._database.reading() as session:
        triggers = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    assert triggers == {
        *(f"{table}_refuse_delete" for table in KEPT),
        *(f"{table}_refuse_update" for table in KEPT),
        "releases_refuse_insert",
    }


def test_opening_again_changes_nothing_and_needs_no_alembic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_registry(Settings(registry=url_in(tmp_path))).close()
    monkeypatch.setattr(migrate, "_upgrade", None)
    with open_registry(Settings(registry=url_in(tmp_path))) as registry:
        assert registry.known_deliveries() == frozenset()


def test_many_may_open_an_empty_database_at_once(tmp_path: Path) -> None:
    def open_and_write(i: int) -> int:
        with open_registry(Settings(registry=url_in(tmp_path))) as registry:
            return registry.begin_attempt(
                run_id=str(i), voucher="V", delivery="D", operator="", reason="", now=datetime.now(UTC)
            ).number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(open_and_write, range(8))) == list(range(1, 9))


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    open_registry(Settings(registry=url_in(tmp_path))).close()
    engine = create_engine(url_in(tmp_path))
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = 'r9999'"))
    engine.dispose()
    with pytest.raises(ContractError) as caught:
        open_registry(Settings(registry=url_in(tmp_path)))
    assert caught.value.code == "registry-newer"


def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(url_in(tmp_path))
    real = migrate._upgrade

    def crash(connection: object) -> None:
        real(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, "_upgrade", crash)
    with pytest.raises(KeyboardInterrupt):
        registry.migrate()
    monkeypatch.setattr(migrate, "_upgrade", real)
    with registry._database.reading() as session:
        assert inspect(session.connection()).get_table_names() == []
    registry.migrate()
    assert registry.known_deliveries() == frozenset()


def test_an_unusable_file_is_an_error_of_the_registry(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "registry.db").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    with pytest.raises(RegistryError) as caught:
        open_registry(Settings(registry=url_in(tmp_path)))
    assert caught.value.code == "registry-broken"
    assert str(tmp_path) not in str(caught.value)


def test_a_locked_database_is_unavailable_and_may_be_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.registry.database.BUSY_SECONDS", 0.05)
    registry = open_registry(Settings(registry=url_in(tmp_path)))
    other = sqlite3.connect(tmp_path / "new" / "registry.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    named = {"run_id": "r", "voucher": "V", "delivery": "D", "operator": "", "reason": "", "now": datetime.now(UTC)}
    with pytest.raises(RegistryError) as caught:
        registry.begin_attempt(**named)
    assert caught.value.code == "registry-unavailable"
    assert registry.known_deliveries() == frozenset()  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    assert registry.begin_attempt(**named).number == 1


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://h/d", "not a url", "oracle://h"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ContractError) as caught:
        open_registry(Settings(registry=url))
    assert caught.value.code == "registry-url"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2"])
def test_a_postgresql_url_gets_its_driver_and_its_password(tmp_path: Path, scheme: str) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss\n")
    settings = Settings(registry=f"{scheme}://dambo@127.0.0.1/dambo", registry_password_file=secret)
    password = settings.registry_password()
    assert isinstance(password, SecretStr)
    engine = engine_for(settings.registry_url(), password.get_secret_value())
    assert engine.url.drivername == "postgresql+psycopg2"
    assert engine.url.password == "p@ss"
    assert "p@ss" not in repr(engine)
