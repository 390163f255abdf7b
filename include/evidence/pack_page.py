"""index.html of a pack: what lies where, in Korean and English. One static page without script; every text is escaped.

It is a guide: nothing of it is signed, and it says so first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files as resources
from typing import Final
from urllib.parse import quote

from include.evidence.pack_index import KINDS, Index, Item, split_attempt


@dataclass(frozen=True, slots=True)
class About:
    """What an attempt is, for people: its phase as a folder names it, and the words of its report and latest decision."""

    phase: str
    verdict: str | None
    decision: str | None


WORDS: Final = {
    "PASS": ("적합", "good"), "FAIL": ("부적합", "bad"), "ERROR": ("점검불가", "wait"),
    "RELEASE": ("지급가능", "good"), "REJECT": ("지급거절", "bad"), "HOLD": ("지급보류", "wait"),
}  # fmt: skip
"""Korean, and the colour's class."""

FIRST: Final = ("report-html", "report-json", "decision", "manifest-lines")
"""What people open first."""

LEAD: Final = (
    ("이 페이지는 안내일 뿐 아무것도 증명하지 않습니다. 아래 순서로 직접 확인하십시오.", "This page is a guide and proves nothing. Verify for yourself, in this order."),
    ("키링 다이제스트를 기관에서 다른 경로로 받은 값과 비교", "Compare the keyring's digest with the one that the agency gave you another way"),
    ("openssl만으로: 파일의 다이제스트와 모든 서명", "With openssl alone: every file's digest, every signature"),
    ("Python과 라이브러리 두 개로: 역할, 시각, 문서의 연결, 로그까지 모두", "With Python and two libraries: roles, times, the chain of documents, the log, all of it"),
)  # fmt: skip


def page(index: Index, about: Mapping[str, About]) -> bytes:
    """The page of everything that the index lists so far. `about`: by the attempt's name in the index."""
    return "\n".join(_lines(index, about)).encode()


def _lines(index: Index, about: Mapping[str, About]) -> Iterator[str]:
    style = resources("include.evidence").joinpath("pack_page.css").read_text("utf-8")
    voucher = escape(index.voucher)
    yield '<!doctype html><html lang="ko"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
    yield "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>증거 묶음 · Evidence pack: {voucher}</title><style>{style}</style></head><body>"
    yield f"<header><p>증거 묶음 {_en('Evidence pack')}</p><h1>{voucher}</h1></header><main>"
    yield from _how(index)
    for name in index.attempts():
        yield from _attempt(name, about.get(name), [item for item in index.items if item.attempt == name])
    common = [item for item in index.items if item.attempt is None]
    yield f"<section><h2>공통 {_en('Common to all')}</h2>"
    yield from _all([item for item in common if item.kind not in {"keyring", "key"}])
    yield "<details><summary>"
    yield f"키링과 키 {_en('The keyring and its keys')}</summary>"
    yield from _all([item for item in common if item.kind in {"keyring", "key"}])
    yield "</details></section></main></body></html>\n"


def _how(index: Index) -> Iterator[str]:
    (lead, compare, shell, python) = LEAD
    yield f'<section class="how"><p>{lead[0]} {_en(lead[1])}</p><ol>'
    yield f"<li>{compare[0]} {_en(compare[1])}<code>sha256:{index.keyring}</code></li>"
    yield f"<li>{shell[0]} {_en(shell[1])}<code>sh verify.sh</code></li>"
    yield f"<li>{python[0]} {_en(python[1])}<code>python -m include.evidence.verify PACK.zip --keyring keyring.json</code></li>"
    yield "</ol></section>"


def _attempt(name: str, about: About | None, items: list[Item]) -> Iterator[str]:
    delivery, number = split_attempt(name)
    words = [] if about is None else [about.verdict, about.decision]
    chips = " ".join(_chip(word) for word in words if word is not None)
    phase = "" if about is None else f" · {escape(about.phase)}"
    yield f"<section><h2>{escape(delivery)} <small>{number}차{phase} {_en(f'attempt {number}')}</small></h2>"
    yield f'<p class="words">{chips}</p><ul class="first">'
    for item in sorted((i for i in items if i.kind in FIRST), key=lambda i: (FIRST.index(i.kind), i.path)):
        korean, english = KINDS[item.kind]
        yield f'<li><a href="{quote(item.path)}">{korean}</a> {_en(english)}</li>'
    yield f"</ul><details><summary>모든 파일 {len(items)}개 {_en(f'All {len(items)} files')}</summary>"
    yield from _all(items)
    yield "</details></section>"


def _chip(word: str) -> str:
    korean, colour = WORDS.get(word, (word, "wait"))
    return f'<span class="{colour}">{escape(korean)} {_en(word)}</span>'


def _all(items: list[Item]) -> Iterator[str]:
    yield f"<table><thead><tr><th>문서 {_en('Document')}</th><th>파일 {_en('File')}</th><th>sha256</th></tr></thead><tbody>"
    for item in sorted(items, key=lambda each: ([*KINDS].index(each.kind), each.path)):
        korean, english = KINDS[item.kind]
        link = f'<a href="{quote(item.path)}">{escape(item.path.rpartition("/")[2])}</a>'
        yield f"<tr><td>{korean} {_en(english)}</td><td>{link}</td><td><code>{item.sha256}</code></td></tr>"
    yield "</tbody></table>"


def _en(text: str) -> str:
    return f'<span lang="en">{escape(text)}</span>'
