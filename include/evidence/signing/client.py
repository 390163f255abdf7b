"""The worker's side of `dambo signer`: the Signer port over a unix socket. It holds no key and can read none."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Final

from include.errors import SignerError, VerificationError
from include.evidence.canonical import Json
from include.evidence.envelope import parse
from include.evidence.predicates import AuditPredicate
from include.evidence.signing import wire

PATIENCE: Final = 120
"""Seconds to wait for an answer: a large report is read and judged again before it is signed."""

PATIENCE_AUDIT: Final = 6 * 3600
"""The same for an audit: all evidence is read again."""


class SocketSigner:
    """Signs through the process at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sign(self, role: str, payload: bytes) -> bytes:
        """See Signer: signed, logged and published. Raises what the signer says, or SignerError "signer-unavailable"."""
        envelope = wire.decode(
            self._ask(
                {"ask": "sign", "role": role, "payload": wire.encode(payload)},
                PATIENCE_AUDIT if AuditPredicate.TYPE.encode() in payload else PATIENCE,
            )["envelope"]
        )
        if parse(envelope).payload != payload:
            raise SignerError(
                "signer-answer", "the signer signed something else", ko="서명기가 다른 내용에 서명했습니다"
            )
        return envelope

    def verifier(self, role: str) -> str | None:
        """See Signer."""
        said = self._ask({"ask": "verifier", "role": role})["verifier"]
        return None if said is None else str(said)

    def _ask(self, question: dict[str, Json], patience: float = PATIENCE) -> dict[str, Json]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(patience)
                connection.connect(str(self._path))
                wire.send(connection, question)
                answer = wire.receive(connection)
        except (OSError, VerificationError) as error:
            raise SignerError(
                "signer-unavailable",
                f"the signer does not answer ({type(error).__name__})",
                hint="Is `dambo signer` running, and may this user ask it? The step is safe to repeat.",
                ko=f"서명기가 응답하지 않습니다 ({type(error).__name__})",
                ko_hint="`dambo signer`가 실행 중이고 이 사용자가 요청할 수 있는지 확인하십시오. 다시 실행해도 안전합니다.",
            ) from None
        if "error" in answer:
            raise wire.error_of(answer["error"])
        return answer
