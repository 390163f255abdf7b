"""`dambo doctor`: is everything reachable, and what can the store not do? It changes nothing but its own trial objects.

Opening the registry brings its schema up to date, and the embedded store's folder is made if need be, as any verb would.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import typer

from include.cli.console import Json, korean, plain, result
from include.errors import DamboError
from include.settings import Settings, settings

PYTHON = ((3, 11), (3, 14))
"""From, and before."""

WORDS = {"ok": "정상", "limited": "제한", "broken": "장애"}

LACKING = {
    "versions": (
        "버전을 보관하지 않습니다: 접수 뒤에 덮어쓴 납품물은 처음 내용을 다시 읽을 수 없어 지급보류됩니다",
        "keeps no versions: a delivery that is overwritten after pick-up cannot be read as it was, and is held",
    ),
    "put_once": (
        "조건부 게시(put-once)를 지키지 않습니다: 같은 순간에 쓰는 두 프로세스가 모두 게시할 수 있습니다",
        "does not honour put-once: two processes that write at the very same moment can both publish",
    ),
    "object_lock": (
        "객체 잠금이 없습니다: 쓰기 권한이 있으면 게시된 증거를 지우거나 바꿀 수 있습니다 (서명과 로그로 드러날 뿐입니다)",
        "has no object lock: who may write may delete or replace evidence (signatures and log show it, no more)",
    ),
}
"""What it means where the store lacks it, by the field of Capabilities."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`limited` works with less protection; `broken` does not work."""

    subject: str
    state: Literal["ok", "limited", "broken"]
    ko: str
    en: str


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor(json: Json = False) -> None:
    """Check Python, storage, registry and keyring; exit 1 if something does not work. Example: dambo doctor --json"""
    found = list(examine(settings()))
    broken = any(f.state == "broken" for f in found)
    if json:
        result({"ok": not broken, "findings": [asdict(f) for f in found]})
    for f in () if json else found:
        state, text = (WORDS[f.state], f.ko) if korean() else (f.state, f.en)
        print(plain(f"{state:8} {f.subject:9} {text}"))
    raise typer.Exit(1 if broken else 0)


def examine(config: Settings) -> Iterator[Finding]:
    """All findings; what cannot be examined is `broken` with its error."""
    subjects: dict[str, Callable[[Settings], Iterator[Finding]]] = {
        "python": _python,
        "storage": _storage,
        "registry": _registry,
        "keyring": _keyring,
    }
    for subject, look in subjects.items():
        try:
            yield from look(config)
        except DamboError as error:
            ko, en = (f"{error.ko} → {error.ko_hint}", f"{error.code}: {error.message} → {error.hint}")
            yield Finding(subject, "broken", ko, en)


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = PYTHON[0] <= sys.version_info[:2] < PYTHON[1]
    yield Finding("python", "ok" if fits else "broken", f"{version} (3.11-3.13 필요)", f"{version} (3.11-3.13 wanted)")


def _storage(config: Settings) -> Iterator[Finding]:
    from include.storage import open_storage

    store = open_storage(config.storage_url(), config)
    able = asdict(store.capabilities())
    yield Finding("storage", "ok", f"{store.url}: 읽고 쓸 수 있습니다", f"{store.url}: can be read and written")
    for capability, (ko, en) in LACKING.items():
        if not able[capability]:
            yield Finding("storage", "limited", ko, en)


def _registry(config: Settings) -> Iterator[Finding]:
    from include.registry import open_registry

    with open_registry(config):
        yield Finding("registry", "ok", "접속됩니다", "can be reached")


def _keyring(config: Settings) -> Iterator[Finding]:
    from include.evidence.signer import open_keyring

    file = config.keyring_file()
    if not file.exists():
        yield Finding(
            "keyring",
            "limited",
            f"{file}이 없습니다: 첫 실행 때 내장 키와 함께 만들어집니다. 운영에서는 감사자와 확인한 키링을 두세요",
            f"{file} is not there: the first run makes one with embedded keys; production puts an agreed one there",
        )
        return
    keyring = open_keyring(config)
    keys = len(keyring.keys)
    yield Finding(
        "keyring", "ok", f"버전 {keyring.version}, 키 {keys}개, sha256 {keyring.sha256}",
        f"version {keyring.version}, {keys} keys, sha256 {keyring.sha256}",
    )  # fmt: skip
