"""The pages as one FastAPI app. Every route asks for a reader's login; every route only reads.

Docs and OpenAPI routes are off: they would answer without a login. Style and script stand in the pages, so there are
no static files to guard.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, Response

from dambo_web.headers import REPORT
from dambo_web.render import Page
from dambo_web.source import Source
from include.errors import DamboError, StorageError, VerificationError


def create_app(source: Source | None = None, reader: Callable[..., object] | None = None) -> FastAPI:
    """The app over `source` (default: the process's settings), its readers told by `reader` (default: Airflow)."""
    if reader is None:
        from dambo_web.access import reader
    if source is None:
        from include.settings import settings

        source = Source(settings())
    app = FastAPI(title="Dambo", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(reader)])
    app.state.source = source
    _add_routes(app, source)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(DamboError, _failed)
    return app


def _add_routes(app: FastAPI, source: Source) -> None:
    @app.get("/")
    def deliveries(request: Request, q: str = "", page: int = 1) -> HTMLResponse:
        return Page(request).html("deliveries.html", listed=source.deliveries(q[:200].strip(), page))

    @app.get("/deliveries/{voucher}/{delivery}")
    def delivery(request: Request, voucher: str, delivery: str) -> HTMLResponse:
        if not (tried := source.tried(voucher, delivery)):
            raise HTTPException(404)
        return Page(request).html("delivery.html", voucher=voucher, delivery=delivery, tried=tried)

    @app.get("/attempts/{attempt_id}")
    def attempt(request: Request, attempt_id: str) -> HTMLResponse:
        return Page(request).html("attempt.html", tried=source.attempt(attempt_id))

    @app.get("/reports/{attempt_id}")
    def report(request: Request, attempt_id: str) -> Response:
        return _report(request, source, attempt_id)

    @app.get("/runs/{run_id:path}")
    def run(request: Request, run_id: str) -> Response:
        if (attempt_id := source.attempt_of_run(run_id)) is None:
            return Page(request).html("message.html", message="no_run")
        return _report(request, source, attempt_id)

    @app.get("/rerun/{voucher}/{delivery}")
    def rerun(request: Request, voucher: str, delivery: str) -> HTMLResponse:
        return Page(request).html("rerun.html", voucher=voucher, delivery=delivery)


def _report(request: Request, source: Source, attempt_id: str) -> Response:
    content = source.report(attempt_id)
    if content is None:
        return Page(request).html("message.html", message="no_report")
    return Response(content, media_type="text/html; charset=utf-8", headers=REPORT)


def _refused(request: Request, error: Exception) -> Response:
    """401, 403 and 404 as a page."""
    assert isinstance(error, HTTPException)
    message = {401: "login", 403: "forbidden", 404: "missing"}.get(error.status_code, "broken")
    return Page(request).html("message.html", status=error.status_code, message=message)


def _failed(request: Request, error: Exception) -> Response:
    """A DamboError as a page: what is unknown is 404, what does not answer 503, what is not as recorded 500."""
    assert isinstance(error, DamboError)
    missing = isinstance(error, VerificationError) and error.code == "unknown-attempt"
    status = 404 if missing else 503 if isinstance(error, StorageError) else 500
    return Page(request).html("message.html", status=status, message="missing" if missing else "broken", error=error)
