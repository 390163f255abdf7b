"""The log's sequence on a real PostgreSQL: no gap, no index twice, one index a statement, nothing changed afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from services.postgres import Postgres
from sqlalchemy import create_engine, exc, make_url, text

from include.evidence.embedded import ensure_keys
from include.evidence.envelope import parse
from include.evidence.log.audit import audit
from include.evidence.log.writer import LogWriter
from include.evidence.predicates import DecisionPredicate
from include.evidence.resource import Resource
from include.evidence.signer import open_keys
from include.evidence.statement import Statement
from include.registry import Registry, open_registry
from include.settings import Settings
from include.storage import open_storage

pytestmark = pytest.mark.services

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, registry=postgres.create_database())


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    with open_registry(settings) as opened:
        yield opened


def name(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def test_many_append_at_once_and_each_statement_has_one_index(registry: Registry) -> None:
    def append(number: int) -> tuple[int, int]:
        data = b"%d" % (number % 50)
        row = registry.append_entry(name(number % 50), name(0), data, data + b"!", published=0)
        return number % 50, row.position

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(append, range(200)))
    assert sorted(position for _, position in given) == list(range(50))
    leaves = registry.log_leaves(0, 50)
    assert {int(leaves[position]) for _, position in given} == set(range(50))
    assert all(int(leaves[position]) == number for number, position in given)
    assert registry.log_size() == 50
    row = registry.log_entry(name(7))
    assert row is not None
    assert (row.entry, row.envelope) == (b"7", b"7!")


@pytest.mark.parametrize("statement", ["UPDATE log_entries SET position = position + 1", "DELETE FROM log_entries"])
def test_what_is_logged_stays(registry: Registry, settings: Settings, statement: str) -> None:
    registry.append_entry(name(1), name(1), b"", b"", published=0)
    engine = create_engine(make_url(settings.registry).set(drivername="postgresql+psycopg2"))
    with pytest.raises(exc.IntegrityError, match="what is written stays"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert registry.log_size() == 1


def test_writers_at_once_publish_one_log(registry: Registry, settings: Settings) -> None:
    keyring, keys = ensure_keys(settings), open_keys(settings)
    storage = open_storage(settings.storage_url(), settings)

    def log(writer: int) -> None:
        mine = LogWriter(registry, storage, keyring, keys, lambda: NOW)
        for number in range(20):
            about = Resource("V", "m", f"D-{writer % 3}-{number}")
            verifier = keys.verifier("gate") or ""
            says = DecisionPredicate(about, verifier, "0", NOW, "urn:x", "0" * 64, (), "HOLD", ("late",), 1)
            made = Statement("0" * 64, says)
            envelope = keys.sign("gate", made.to_bytes())
            mine.append(made, envelope, parse(envelope).signatures[0].keyid)
            mine.publish()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(log, range(6)))
    found = audit(registry, storage, keyring)
    assert found.head is not None
    assert (found.head.size, found.unpublished) == (60, 0)
