"""`dambo up`: the embedded Airflow on DAMBO_HOME until Ctrl-C: pages, schedule and verification on this machine alone."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer

from include.cli.console import Json, result, say
from include.settings import settings


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(up)


def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="On loopback; another one if it is taken.")] = 8080,
    as_json: Json = False,
) -> None:
    """Serve Airflow with Dambo's DAGs and pages until Ctrl-C. Example: dambo up --port 8090"""
    from include.embedded.configuration import USER, Embedded, exclusive, free_port
    from include.embedded.runner import running

    config = Embedded(settings().folder(), free_port(port), pickup_minutes=settings().pickup_minutes)
    say("Airflow를 시작합니다(수십 초 걸립니다)", "starting Airflow (this takes some tens of seconds)")
    try:
        with exclusive(config.home), running(config, os.environ, _ready) as airflow:
            airflow.wait_until_ready()
            password = config.password()
            if as_json:
                result({"url": config.url, "user": USER, "password": password})
            else:
                print(f"URL       {config.url}\nuser      {USER}\npassword  {password}", flush=True)
            say("멈추려면 Ctrl-C 를 누르십시오.", "Press Ctrl-C to stop.")
            while True:
                airflow.check()
                time.sleep(1)
    except KeyboardInterrupt:
        say("멈췄습니다.", "Stopped.")


def _ready(part: str) -> None:
    say(f"  준비됨: {part}", f"  ready: {part}")
