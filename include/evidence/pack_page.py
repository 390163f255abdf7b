"""index.html of a pack: what lies where, in Korean and English. One static page without script; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final
from urllib.parse import quote

from include.evidence.pack_index import KINDS, Index, Item

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid #ccc}td code{font-size:.75rem;word-break:break-all}h2{margin-top:2rem}"
    "p.lead{max-width:45rem}pre{background:#f4f4f4;padding:.6rem;overflow:auto}"
)


def page(index: Index) -> bytes:
    """The page of everything that the index lists so far."""
    return "\n".join(_lines(index)).encode()


def _lines(index: Index) -> Iterator[str]:
    title = escape(f"증거 묶음 · Evidence pack: {index.voucher}")
    yield '<!doctype html><html lang="ko"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
    yield "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
    yield '<p class="lead">이 페이지는 안내일 뿐이며 아무것도 증명하지 않습니다. 아래 명령으로 직접 확인하십시오. 키링의 다이제스트를 기관에서 받은 값과 비교하십시오.</p>'
    yield '<p class="lead" lang="en">This page is a guide and proves nothing. Verify for yourself with the commands below, and compare the keyring\'s digest with the one the agency gave you.</p>'
    yield f"<p>키링 · keyring: <code>sha256:{index.keyring}</code></p>"
    yield "<pre>sh verify.sh\npython -m include.evidence.verify PACK.zip --keyring keyring.json</pre>"
    for attempt in index.attempts():
        yield f"<h2>{escape(attempt)}</h2>"
        yield from _table([item for item in index.items if item.attempt == attempt])
    yield "<h2>공통 · common</h2>"
    yield from _table([item for item in index.items if item.attempt is None])
    yield "</body></html>\n"


def _table(items: list[Item]) -> Iterator[str]:
    yield "<table><thead><tr><th>문서 · document</th><th>파일 · file</th><th>sha256</th></tr></thead><tbody>"
    for item in sorted(items, key=lambda each: ([*KINDS].index(each.kind), each.path)):
        korean, english = KINDS[item.kind]
        link = f'<a href="{quote(item.path)}">{escape(item.path.rpartition("/")[2])}</a>'
        yield f"<tr><td>{korean}<br><span lang=en>{english}</span></td><td>{link}</td><td><code>{item.sha256}</code></td></tr>"
    yield "</tbody></table>"
