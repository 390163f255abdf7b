"""Redis from the distribution's package, in a temporary folder, on loopback, with a password, keeping nothing on disk."""

from __future__ import annotations

import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from services.processes import Processes, ServerError, free_port


@contextmanager
def redis() -> Iterator[str]:
    """The URL of a running server; stopped and removed on leaving."""
    server = shutil.which("redis-server")
    if server is None:
        raise ServerError("redis-server is not installed: run tests/integration/services/install.sh as root")
    with Processes("redis") as processes:
        port, password = free_port(), secrets.token_hex(16)
        conf = processes.folder / "redis.conf"
        conf.touch(mode=0o600)  # so that no process list shows the password
        conf.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {processes.folder}\n'
        )
        processes.start("redis", server, conf)
        processes.wait("Redis", lambda: _pong(port, password))
        yield f"redis://:{password}@127.0.0.1:{port}/0"


def _pong(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = b""
            while b"PONG" not in said:
                block = connection.recv(256)
                if not block:
                    return False
                said += block
            return True
    except OSError:
        return False
