"""How long from a delivery's marker to its signed decision under the embedded Airflow, on this machine.

Three small deliveries, one after the other: the marker is put, pick_up_deliveries is asked to look (as its schedule
would), and the registry is watched until the decision stands. Prints each stage; writes benchmarks/results/line.json.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from include.demo.deliveries import DEMO, contract, contract_key, objects, voucher_rows
from include.demo.play import embedded_settings
from include.embedded.configuration import USER, Embedded, free_port
from include.embedded.runner import running
from include.registry import open_registry
from include.storage import open_storage

GOAL_SECONDS = 15.0
ROUNDS = 3
LIMIT_SECONDS = 120.0
RESULTS = Path(__file__).parent / "results" / "line.json"


def ask(config: Embedded, path: str, body: dict, token: str | None = None) -> dict:
    """POST to the embedded Airflow's API."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(config.url + path, json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def put(settings, name: str) -> tuple[str, float]:
    """One good demo delivery under another name; its marker is put last, and timed."""
    storage = open_storage(settings.storage_url(), settings)
    for key, data in objects(DEMO[0]).items():
        renamed = json.dumps({**json.loads(data), "delivery": name}).encode() if key.endswith(".json") else data
        storage.put(key.replace("/D-1/", f"/{name}/"), renamed)
    return DEMO[0].voucher, time.monotonic()


def one(config: Embedded, settings, name: str, token: str) -> dict[str, float]:
    """Seconds from the marker to: found, frozen, sealed, decided."""
    voucher, start = put(settings, name)
    ask(config, "/api/v2/dags/pick_up_deliveries/dagRuns", {"logical_date": None}, token)
    seconds: dict[str, float] = {}
    with open_registry(settings) as registry:
        while "decided" not in seconds:
            now = time.monotonic() - start
            if now > LIMIT_SECONDS:
                raise SystemExit(f"{name}: no decision after {LIMIT_SECONDS:.0f} s; got to {list(seconds)}")
            for attempt in registry.attempts(voucher, name):
                seconds.setdefault("found", now)
                if attempt.rules_sha256:
                    seconds.setdefault("frozen", now)
                if attempt.sealed:
                    seconds.setdefault("sealed", now)
                if registry.latest_decision(attempt.id):
                    seconds["decided"] = now
            time.sleep(0.05)
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dambo-bench-") as folder:
        settings = embedded_settings(Path(folder) / "home")
        config = Embedded(settings.folder(), free_port(), pickup_minutes=24 * 60)
        with open_registry(settings) as registry:
            registry.load_vouchers(voucher_rows(datetime.now(UTC).date().replace(month=12, day=31)))
        open_storage(settings.storage_url(), settings).put(contract_key(), contract())
        clean = {k: v for k, v in os.environ.items() if not k.startswith("DAMBO_")}
        with running(config, clean, lambda part: print(f"  ready: {part}")) as airflow:
            airflow.wait_until_ready()
            token = ask(config, "/auth/token", {"username": USER, "password": config.password()})["access_token"]
            time.sleep(15)  # the first scheduled look and the parsing of the DAG files end here
            rounds = []
            for number in range(ROUNDS):
                rounds.append(one(config, settings, f"D-{number + 1}", token))
                print("  " + ", ".join(f"{stage} {s:.1f} s" for stage, s in rounds[-1].items()))
                time.sleep(5)
    median = statistics.median(r["decided"] for r in rounds)
    seen = statistics.median(r["decided"] - r["found"] for r in rounds)
    print(
        f"marker to signed decision: median {median:.1f} s of {ROUNDS} (goal {GOAL_SECONDS:.0f} s); from found: {seen:.1f} s"
    )
    RESULTS.parent.mkdir(exist_ok=True)
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rounds": rounds,
        "median_seconds": round(median, 2),
        "median_from_found_seconds": round(seen, 2),
        "goal_seconds": GOAL_SECONDS,
    }
    RESULTS.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
