"""A world in one folder: registry, storage, keys, one voucher, and deliveries of label records to put into it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from include import line as steps
from include.line import Decided, Line
from include.settings import Settings

CONTRACT_ID, VERSION = "1-001-002-NL", "1.0.0"
NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
LABELS = ("가", "나", "다")


def records(count: int = 60, *, disagree: int = 0) -> list[dict[str, Any]]:
    """Records with balanced labels of two raters; in the first `disagree` of them the second rater says something else."""
    rows = []
    for i in range(count):
        label = LABELS[i % 3]
        second = LABELS[(i + 1) % 3] if i < disagree else label
        rows.append({"id": i, "text": f"문장 {i}", "rater1": label, "rater2": second})
    return rows


def contract(rows: int = 60, **changes: Any) -> bytes:
    """A contract over `records`, as JSON (which is YAML). `changes` replace keys of the schema object."""
    text = {"logicalType": "string", "required": True}
    schema: dict[str, Any] = {
        "name": "records",
        "physicalType": "jsonl",
        "physicalName": "*.jsonl",
        "properties": [
            {"name": "id", "logicalType": "integer", "required": True, "unique": True},
            {"name": "text", **text, "logicalTypeOptions": {"minLength": 1}},
            {"name": "rater1", **text},
            {"name": "rater2", **text},
        ],
        "quality": [
            {"metric": "rowCount", "mustBe": rows},
            dambo("label-agreement", raters=["rater1", "rater2"], level="nominal", coefficient="krippendorff-alpha",
                  mustBeGreaterOrEqualTo=0.8),
            dambo("class-balance", column="rater1", measure="overlap", mustBeGreaterOrEqualTo=0.9,
                  target={"가": 0.33, "나": 0.33, "다": 0.34}),
        ],
    }  # fmt: skip
    schema.update(changes)
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": CONTRACT_ID,
        "name": "시험 계약",
        "version": VERSION,
        "status": "active",
        "schema": [schema],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def dambo(check: str, **implementation: Any) -> dict[str, Any]:
    """A quality rule of our own engine."""
    return {"id": check, "type": "custom", "engine": "dambo", "implementation": {"check": check, **implementation}}


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """JSON Lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


@dataclass
class World:
    """One folder with everything; `now` can be moved."""

    home: Path
    settings: Settings
    now: datetime = NOW

    @classmethod
    def make(cls, home: Path, **settings: Any) -> World:
        """An empty world."""
        return cls(home, Settings(home=home, **settings))

    def line(self) -> Line:
        """The line at this world's time."""
        return steps.open_line(self.settings, now=lambda: self.now)

    def voucher(
        self, data: bytes, *, voucher: str = "V-1", milestone: str = "balance", sequence: int = 1, **changes: Any
    ) -> None:
        """Register a milestone for the contract `data`, and put the contract where suppliers cannot write."""
        row = {
            "voucher": voucher, "programme": "ai-data-processing-voucher", "demand_firm": "수요", "supplier": "공급",
            "region": "서울", "sector": "금융", "milestone": milestone, "sequence": str(sequence),
            "amount_krw": "30000000", "due_on": "2026-12-31", "contract_id": CONTRACT_ID, "contract_version": VERSION,
            "contract_sha256": sha256(data).hexdigest(), **changes,
        }  # fmt: skip
        line = self.line()
        line.registry.load_vouchers([row])
        line.storage.put(f"contracts/{CONTRACT_ID}/{VERSION}.odcs.yaml", data)

    def deliver(self, data: Mapping[str, bytes], *, voucher: str = "V-1", delivery: str = "D-1", **claims: Any) -> None:
        """Put a delivery, its marker last."""
        storage = self.line().storage
        for name, content in data.items():
            storage.put(f"deliveries/{voucher}/{delivery}/{name}", content)
        claim = {
            "voucher": voucher, "milestone": "balance", "delivery": delivery, "phase": "final",
            "contract": {"id": CONTRACT_ID, "version": VERSION}, "supplier": "공급", **claims,
        }  # fmt: skip
        storage.put(f"deliveries/{voucher}/{delivery}/_DELIVERED.json", json.dumps(claim, ensure_ascii=False).encode())
        self.now = max(self.now, datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1))

    def run(self, *, voucher: str = "V-1", delivery: str = "D-1", run_id: str = "run-1") -> tuple[str, Decided]:
        """All steps; the attempt's id and what was decided."""
        return steps.run(
            self.line(), voucher=voucher, delivery=delivery, run_id=run_id, operator="tester", reason="test"
        )

    def outbox(self) -> list[str]:
        """Keys under settlement/."""
        return [info.key for info in self.line().storage.list("settlement/")]

    def report(self, attempt: str) -> dict[str, Any]:
        """The attempt's report.json."""
        return json.loads(self.line().filing.need(attempt, "report-json"))
