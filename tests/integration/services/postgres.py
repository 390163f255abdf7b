"""PostgreSQL from the distribution's package, in a temporary folder, on loopback, with a password.

As root it runs under the package's own user `postgres` (the server refuses root). Durability is switched off: these
are tests of transactions, not of disks.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.processes import Processes, ServerError, free_port

USER = "dambo"


@dataclass(frozen=True, slots=True)
class Postgres:
    """How to reach the server; `psql` runs one statement as its owner, in `database`."""

    port: int
    password: str
    bin: Path

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of `database`."""
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """Make an empty database of its own for a test and give its SQLAlchemy URL."""
        import psycopg2

        name = f"t_{secrets.token_hex(6)}"
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user=USER, password=self.password, dbname="postgres"
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()
        return self.url(name)


def binaries() -> Path:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not found:
        raise ServerError("PostgreSQL is not installed: run tests/integration/services/install.sh as root")
    return found[-1].parent


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running server; stopped and removed on leaving."""
    bin_folder = binaries()
    with Processes("postgres", user="postgres" if os.geteuid() == 0 else None) as processes:
        facts = Postgres(port=free_port(), password=secrets.token_hex(16), bin=bin_folder)
        data, password_file = processes.folder / "data", processes.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(facts.password)
        os.chown(password_file, processes.folder.stat().st_uid, processes.folder.stat().st_gid)
        processes.run(
            bin_folder / "initdb", "-D", data, "-U", USER, "--pwfile", password_file, "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(facts.port),
            "unix_socket_directories": str(processes.folder),
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "200",
        }
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        processes.start("postgres", bin_folder / "postgres", "-D", data, *arguments, stop_by=signal.SIGINT)
        ready = bin_folder / "pg_isready"
        processes.wait("PostgreSQL", lambda: _answers(processes, ready, facts.port))
        yield facts


def _answers(processes: Processes, ready: Path, port: int) -> bool:
    try:
        processes.run(ready, "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1")
    except ServerError:
        return False
    return True
