"""The one way to the database: an engine, reading and writing transactions, and errors by who must act.

Writing is serial per voucher, and on the log: on PostgreSQL by advisory locks held to the transaction's end, on SQLite
because a writing transaction begins with BEGIN IMMEDIATE. So "read the latest, then add the next" is safe everywhere without retries;
unique constraints stand behind it. Error messages carry no statement and no parameter.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, func, make_url, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from include.errors import ContractError, RegistryError
from include.registry.keeper import Keeper

BUSY_SECONDS = 60
"""How long a connection waits for another writer before the registry counts as unavailable."""


def engine_for(url: str, password: str | None) -> Engine:
    """An engine for SQLite (a file) or PostgreSQL; a bare `postgresql://` means psycopg2 here."""
    try:
        target = make_url(url)
    except exc.ArgumentError as error:
        raise ContractError(
            "registry-url",
            "DAMBO_REGISTRY is not a database URL",
            hint="sqlite:////folder/registry.db or postgresql+psycopg2://user@host/name",
            ko="DAMBO_REGISTRY가 데이터베이스 URL이 아닙니다",
        ) from error
    if password is not None:
        target = target.set(password=password)
    match target.get_backend_name():
        case "sqlite":
            return _sqlite(target)
        case "postgresql":
            return _postgresql(target)
        case other:
            raise ContractError(
                "registry-url",
                f"the registry runs on SQLite or PostgreSQL, not on {other}",
                ko=f"등록부는 SQLite 또는 PostgreSQL만 지원합니다: {other}",
            )


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ContractError(
            "registry-url",
            "the registry needs a SQLite file: several processes share it",
            ko="등록부에는 SQLite 파일이 필요합니다(여러 프로세스가 함께 씁니다)",
        )
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": True}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Per connection. Switching off the driver's own BEGIN lets `_begin_sqlite` say which one it is."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # money: a commit is on the disk when it returns


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("dambo_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg2")
    return create_engine(
        url,
        pool_size=2,
        max_overflow=8,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "options": f"-c timezone=UTC -c lock_timeout={BUSY_SECONDS}s"},
    )


class Database:
    """Transactions on one engine. Safe to share between threads; a forked child gets its own connections."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(dambo_write=True)
        self._pid = os.getpid()
        self._keeper = Keeper(engine.url.database or "") if engine.dialect.name == "sqlite" else None

    def close(self) -> None:
        """Give every connection back. The database may be used again afterwards."""
        self.engine.dispose()
        if self._keeper is not None:
            self._keeper.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent look; nothing is written."""
        self._ready()
        with translated(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self, voucher: str | None) -> Iterator[Session]:
        """A transaction alone on `voucher` (None: alone on the whole registry); commits at the end, or not at all."""
        with self._alone(None if voucher is None else f"voucher/{voucher}") as session:
            yield session

    @contextmanager
    def appending(self) -> Iterator[Session]:
        """A transaction alone on the log's sequence."""
        with self._alone("log/sequence") as session:
            yield session

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Alone with the log's checkpoint in storage; nothing is written here."""
        with self._alone("log/checkpoint"):
            yield

    @contextmanager
    def _alone(self, name: str | None) -> Iterator[Session]:
        self._ready()
        with translated(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            self._lock(session, name)
            yield session

    def _ready(self) -> None:
        if self._keeper is not None:
            self._keeper.hold()
        if self._pid != os.getpid():
            self.engine.dispose(close=False)  # the sockets are the parent's
            self._pid = os.getpid()

    def _lock(self, session: Session, name: str | None) -> None:
        if self.engine.dialect.name != "postgresql":
            session.connection()  # begins, and BEGIN IMMEDIATE waits for its turn
        elif name is None:
            session.execute(select(func.pg_advisory_xact_lock(lock_number("registry"))))
        else:
            session.execute(
                select(
                    func.pg_advisory_xact_lock_shared(lock_number("registry")),
                    func.pg_advisory_xact_lock(lock_number(name)),
                )
            )


def lock_number(name: str) -> int:
    """A signed 64-bit number for an advisory lock. Two names with one number only wait for each other."""
    return int.from_bytes(hashlib.sha256(f"dambo/{name}".encode()).digest()[:8], signed=True)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as RegistryError: "registry-unavailable" may mend by itself, the others will not."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise RegistryError(
            "registry-unavailable",
            f"the registry database does not answer ({_reason(error)})",
            hint="Is it running and reachable? The step is safe to repeat.",
            ko=f"등록부 데이터베이스가 응답하지 않습니다 ({_reason(error)})",
            ko_hint="실행 중이고 연결할 수 있는지 확인하십시오. 이 단계는 다시 실행해도 안전합니다.",
        ) from error
    except exc.IntegrityError as error:
        raise RegistryError(
            "registry-conflict",
            f"the registry's rules refuse this change ({_reason(error)})",
            ko=f"등록부 규칙에 어긋나는 변경입니다 ({_reason(error)})",
        ) from error
    except exc.DBAPIError as error:
        raise RegistryError(
            "registry-broken",
            f"the registry database is not what it should be ({_reason(error)})",
            hint="dambo doctor",
            ko=f"등록부 데이터베이스의 상태가 올바르지 않습니다 ({_reason(error)})",
        ) from error


def _reason(error: exc.SQLAlchemyError) -> str:
    """The kind of error, without the driver's text: that may hold values, hosts and paths."""
    original = getattr(error, "orig", None)
    name = getattr(original, "sqlite_errorname", None) or getattr(original, "pgcode", None)
    return str(name or type(original or error).__name__)
