"""`dambo signer`: the process that holds the keys. In production it runs under its own user; nobody else can read them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from include.cli.console import Json, result, say
from include.errors import SignerError
from include.settings import settings

if TYPE_CHECKING:
    from include.evidence.signer import KeyHolder


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("signer")(signer)


def signer(
    socket: Annotated[Path, typer.Option(help="Where to listen; workers get DAMBO_SIGNER=unix:///this/path.")],
    allow: Annotated[
        list[str] | None, typer.Option(help="A user (name or uid) who may ask; repeat. Default: only this one.")
    ] = None,
    json: Json = False,
) -> None:
    """Sign and log what can be reached again from storage, for the named users, until SIGTERM.

    Example: dambo signer --socket /run/dambo/signer.sock --allow airflow
    """
    from include.evidence.embedded import ROLES
    from include.evidence.signer import open_keys
    from include.evidence.signing.opening import open_notary
    from include.evidence.signing.server import SignerServer
    from include.registry import open_registry
    from include.steps.context import utc_now
    from include.storage import open_storage

    keys = open_keys(settings())
    held = [role for role in ROLES if _holds(keys, role)]
    with open_registry(settings()) as registry:
        storage = open_storage(settings().storage_url(), settings())
        notary = open_notary(settings(), registry, storage, utc_now)
        allowed = frozenset(map(_uid, allow)) if allow else frozenset({os.geteuid()})
        server = SignerServer(socket, notary, allowed, lambda uid: say(f"거절: uid {uid}", f"refused: uid {uid}"))
        signal.signal(signal.SIGTERM, _stop)
        if json:
            result({"socket": str(socket), "roles": held, "allowed": sorted(allowed)})
            sys.stdout.flush()
        say(f"서명기 준비: {', '.join(held)}", f"ready to sign as {', '.join(held)}")
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            say("서명기를 멈춥니다", "stopping")
        finally:
            server.server_close()


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _holds(keys: KeyHolder, role: str) -> bool:
    """Is the role's key here and in the keyring? Other roles may be held by another signer, on another machine."""
    try:
        keys.verifier(role)
    except SignerError as error:
        if error.code not in {"key-unreadable", "key-not-in-keyring"}:
            raise
        return False
    return True


def _uid(name: str) -> int:
    import pwd

    try:
        return int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid
    except KeyError:
        raise SignerError("unknown-user", f"there is no user {name!r}", ko=f"없는 사용자입니다: {name}") from None
