"""Bring a registry database to the schema of this code. Safe when several processes start at once.

The first one in holds the write lock (SQLite) or an advisory lock (PostgreSQL) over all its migrations, in one
transaction; the others find the work done. A database that is newer than this code is refused.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, column, inspect, select, table

from include.errors import ContractError, RegistryError
from include.registry.database import BUSY_SECONDS, Database

HEAD: Final = "r0002"
"""The revision that this code works on."""

VERSION_TABLE: Final = "dambo_registry_version"
"""Not Alembic's default name, so that a shared database never mixes up whose version it is."""

OPTIONS: Final[dict[str, Any]] = {
    "version_table": VERSION_TABLE,
    "transactional_ddl": True,
    "compare_type": True,
    "compare_server_default": True,
}


def migrate(database: Database) -> None:
    """Upgrade to HEAD, or do nothing if the database is there already. RegistryError or ContractError otherwise."""
    if database.engine.dialect.name == "sqlite":
        _write_ahead_log(database.engine)
    with database.reading() as session:
        if revision(session.connection()) == HEAD:
            return
    with database.writing(None) as session:
        if revision(session.connection()) != HEAD:
            _upgrade(session.connection())


def revision(connection: Connection) -> str | None:
    """The database's revision, None where there is none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        upgrade(config, HEAD)
    except CommandError as error:
        raise ContractError(
            "registry-newer",
            f"the registry database is at revision {revision(connection)}, which this version of Dambo does not know",
            hint="Use the version of Dambo that migrated it, or a newer one.",
            ko="등록부 데이터베이스가 이 버전의 담보보다 새롭습니다",
            ko_hint="데이터베이스를 올린 버전 이상의 담보를 사용하십시오.",
        ) from error


def _write_ahead_log(engine: Engine) -> None:
    """Readers and the writer don't block each other. The switch ignores the busy timeout, so it is repeated here."""
    deadline = time.monotonic() + BUSY_SECONDS
    try:
        with closing(engine.raw_connection()) as raw:
            driver = raw.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            while not _switched(driver, last=time.monotonic() > deadline):
                time.sleep(0.01)
    except sqlite3.Error as error:
        broken = not isinstance(error, sqlite3.OperationalError)
        raise RegistryError(
            "registry-broken" if broken else "registry-unavailable",
            f"the registry file cannot be opened ({error.sqlite_errorname})",
            hint="dambo doctor",
            ko=f"등록부 파일을 열 수 없습니다 ({error.sqlite_errorname})",
        ) from error


def _switched(driver: sqlite3.Connection, *, last: bool) -> bool:
    """Without an error it is done: a file system that cannot do it keeps its mode, which is slower but right."""
    try:
        driver.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        if last:
            raise
        return False
    return True
