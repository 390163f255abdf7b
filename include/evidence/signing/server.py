"""`dambo signer`: the Signer port on a unix socket, in a process of its own, in production under a user of its own.

Who asks is told by the kernel (SO_PEERCRED), never by the message: only the users named at the start get an answer, and
for anybody else the connection ends. The socket is open to others only if others are named.
"""

from __future__ import annotations

import os
import socket
import socketserver
import stat
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from include.errors import DamboError, SignerError, VerificationError
from include.evidence.canonical import Json
from include.evidence.signer import Signer
from include.evidence.signing import wire

SECONDS_TO_ASK: Final = 30


class SignerServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers `allowed` users (uids). The socket is made when this is, and removed by `server_close`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, path: Path, signer: Signer, allowed: frozenset[int], refused: Callable[[int], None] = lambda _: None
    ) -> None:
        self.path = path
        self.signer = signer
        self.allowed = allowed
        self.refused = refused
        _make_way(path)
        before = os.umask(0o177)  # until it is decided who may ask, nobody may
        try:
            super().__init__(str(path), _Asked)
        finally:
            os.umask(before)
        path.chmod(0o600 if allowed <= {os.geteuid()} else 0o666)

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002 - the base class's shape
        """Only users that were named."""
        assert isinstance(request, socket.socket)
        uid = peer_uid(request)
        if uid not in self.allowed:
            self.refused(uid)
        return uid in self.allowed

    def server_close(self) -> None:
        """Stop listening and take the socket away."""
        super().server_close()
        self.path.unlink(missing_ok=True)


def peer_uid(connection: socket.socket) -> int:
    """The user id of the process at the other end, in the kernel's word."""
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)


def _make_way(path: Path) -> None:
    """Remove the socket that a killed signer left. SignerError if one is running, or if something else lies there."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise SignerError(
                "signer-socket", "something else lies at the socket's path", ko="소켓 경로에 다른 파일이 있습니다"
            )
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
                return
        raise SignerError(
            "signer-running", "a signer answers there already", ko="그 소켓에서 이미 서명기가 실행 중입니다"
        )


class _Asked(socketserver.BaseRequestHandler):
    server: SignerServer

    def handle(self) -> None:
        """One question, one answer; who goes away meanwhile can ask again."""
        with suppress(OSError):
            self.request.settimeout(SECONDS_TO_ASK)
            try:
                question = wire.receive(self.request)
            except VerificationError as error:
                wire.send(self.request, wire.error_json(error))
                return
            self.request.settimeout(None)
            wire.send(self.request, answer(self.server.signer, question))


def answer(signer: Signer, question: dict[str, Json]) -> dict[str, Json]:
    """The answer to any question: errors are answers too."""
    try:
        match question:
            case {"ask": "sign", "role": str(role), "payload": str(payload)}:
                return {"envelope": wire.encode(signer.sign(role, wire.decode(payload)))}
            case {"ask": "verifier", "role": str(role)}:
                return {"verifier": signer.verifier(role)}
            case _:
                return wire.error_json(
                    SignerError("signer-question", "not a question to a signer", ko="서명기에 대한 요청이 아닙니다")
                )
    except DamboError as error:
        return wire.error_json(error)
    except Exception as error:  # noqa: BLE001 - a crash must not take the process down; its text may hold values
        kind = type(error).__name__
        return wire.error_json(SignerError("signer-failure", f"the signer failed ({kind})", ko=f"서명기 오류 ({kind})"))
