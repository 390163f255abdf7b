"""Registers Dambo's pages with Airflow: a menu entry, and a tab beside each run of verify_delivery's.

Airflow imports every .py under plugins/ by its bare stem, in every component and task: this file is the only one that
it sees (`.airflowignore` hides the package), and it imports the pages only when the api-server asks for one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

Message = MutableMapping[str, Any]


class Pages:
    """The pages as an ASGI app that is built with its first request."""

    def __init__(self) -> None:
        self._app: Callable[..., Awaitable[None]] | None = None

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Serve one request."""
        if self._app is None:
            from dambo_web.app import create_app

            self._app = create_app()
        await self._app(scope, receive, send)


ROOT = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")


class DamboPlugin(AirflowPlugin):
    """담보: deliveries, their verdicts, decisions and reports."""

    name = "dambo"
    fastapi_apps = [{"app": Pages(), "url_prefix": "/dambo", "name": "dambo"}]  # noqa: RUF012 - Airflow's own form
    external_views = [  # noqa: RUF012 - Airflow's own form
        {
            "name": "담보 Dambo",
            "href": f"{ROOT}/dambo/",
            "destination": "nav",
            "url_route": "dambo",
            "nav_top_level": True,
        },
        {
            "name": "담보 보고서 · Report",
            "href": f"{ROOT}/dambo/runs/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "dambo-run",
        },
    ]
