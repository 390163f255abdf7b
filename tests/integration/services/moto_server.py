"""moto's S3 in this process, on a free loopback port: fast, accepts any key, locks nothing. Proof of little; see ceph.py.

Requests are answered one after the other: moto checks If-None-Match and writes in two steps, which is no atomic put.
`Fault`s make it behave like stores that know less.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from services.s3_user import S3User

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application."""
Fault = Callable[[App], App]


@contextmanager
def moto(fault: Fault = lambda app: app) -> Iterator[S3User]:
    """A running server; stopped on leaving. Its buckets outlive it within the process: use fresh names."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log(self, *_: object) -> None:
            pass

    app = fault(_one_by_one(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield S3User(f"http://127.0.0.1:{server.server_port}", "any", "any")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _one_by_one(app: App) -> App:
    lock = threading.Lock()

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            return [b"".join(app(environ, start))]

    return answer


def without_condition(app: App) -> App:
    """A store that ignores If-None-Match."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop("HTTP_IF_NONE_MATCH", None)
        return app(environ, start)

    return answer


def without_list_v2(app: App) -> App:
    """A store that takes ListObjectsV2 for ListObjects."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ["QUERY_STRING"] = environ.get("QUERY_STRING", "").replace("list-type=2&", "").replace("list-type=2", "")
        return app(environ, start)

    return answer


def pages_of(count: int) -> Fault:
    """A store that lists `count` objects at a time at most, as any store may."""

    def fault(app: App) -> App:
        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "GET" and "prefix=" in environ.get("QUERY_STRING", ""):
                environ["QUERY_STRING"] = f"max-keys={count}&" + environ["QUERY_STRING"].replace("max-keys=", "x=")
            return app(environ, start)

        return answer

    return fault


def both(first: Fault, second: Fault) -> Fault:
    """Two faults at once."""
    return lambda app: first(second(app))


def refusing(method: str, part: str) -> Fault:
    """A store that answers 501 to `method` where the query string or headers have `part`."""

    def fault(app: App) -> App:
        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            asked = environ.get("QUERY_STRING", "") + " ".join(k for k in environ if k.startswith("HTTP_"))
            if environ["REQUEST_METHOD"] != method or part not in asked:
                return app(environ, start)
            start("501 Not Implemented", [("Content-Type", "application/xml")])
            return [b"<Error><Code>NotImplemented</Code><Message>no</Message></Error>"]

        return answer

    return fault


def breaking_off(times: int, after: int) -> Fault:
    """A store whose GetObject answers stop after `after` bytes, the first `times` times."""
    left = [times]

    def fault(app: App) -> App:
        def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            body = b"".join(app(environ, start))
            if environ["REQUEST_METHOD"] == "GET" and not environ.get("QUERY_STRING") and len(body) > after and left[0]:
                left[0] -= 1
                return [body[:after]]  # Content-Length promises more: the client sees a broken connection
            return [body]

        return answer

    return fault
