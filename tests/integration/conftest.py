"""Servers for integration tests, all on 127.0.0.1, started once a session when first asked for, always stopped.

For tests marked `services` (run by `make test-services`; there with one worker):
  ceph      services.s3_user.S3User of a real S3 server (Ceph radosgw): .endpoint, .access_key, .secret_key,
            .create_bucket(versioning=False, object_lock=False) -> name, .settings(folder, **fields) -> Settings
  redis     URL of a Redis with a password
  postgres  services.postgres.Postgres: .create_database() -> SQLAlchemy URL (postgresql+psycopg2://...) of a fresh
            empty database, .url(database) -> the same of a named one; .port, .password, .bin
For every test:
  moto_s3   S3User as above of moto's server in this process: fast, but accepts wrong keys and enforces no lock

A server that is not installed makes the test fail, not skip: whoever asks for `services` wants to know.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from services.ceph import ceph as running_ceph
from services.moto_server import moto
from services.postgres import Postgres
from services.postgres import postgres as running_postgres
from services.redis_server import redis as running_redis
from services.s3_user import S3User


@pytest.fixture(scope="session")
def ceph() -> Iterator[S3User]:
    with running_ceph() as user:
        yield user


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def moto_s3() -> Iterator[S3User]:
    with moto() as user:
        yield user
