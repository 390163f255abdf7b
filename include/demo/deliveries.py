"""The three demo deliveries: real digits, four raters whose mistakes are a function of item and rater, no randomness.

Pure: makes bytes and rows, stores nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Final, Literal

CONTRACT_ID: Final = "0-001-001-DG"
CONTRACT_VERSION: Final = "1.0.0"
CLASSES: Final = 10
RATERS: Final = 4
COLUMNS: Final = ("item_id", "pixels", "gold_label", *(f"rater{n}" for n in range(1, RATERS + 1)))


@dataclass(frozen=True, slots=True)
class DemoDelivery:
    """One delivery. `mistakes`: how many of 100 labels a rater gets wrong; `items`: delivered of the 1,797, None all."""

    voucher: str
    delivery: str
    supplier: str
    ko: str
    en: str
    mistakes: int
    items: int | None
    expected: Literal["RELEASE", "REJECT", "HOLD"]

    @property
    def prefix(self) -> str:
        """Its folder in storage."""
        return f"deliveries/{self.voucher}/{self.delivery}/"


DEMO: Final = (
    DemoDelivery("V-DEMO-0001", "D-1", "가온데이터", "좋은 납품", "good", 3, None, "RELEASE"),
    DemoDelivery("V-DEMO-0002", "D-1", "나래라벨링", "라벨 일치도 미달", "raters disagree", 30, None, "REJECT"),
    DemoDelivery(
        "V-DEMO-0003", "D-1", "다솜에이아이", "계약 수량 부족", "short of the contracted quantity", 3, 1200, "REJECT"
    ),
)


def contract() -> bytes:
    """The contract that all three are held to."""
    return files("include.demo").joinpath("digits.odcs.yaml").read_bytes()


def contract_key() -> str:
    """Where it lies in storage."""
    return f"contracts/{CONTRACT_ID}/{CONTRACT_VERSION}.odcs.yaml"


def objects(demo: DemoDelivery) -> dict[str, bytes]:
    """The delivery's objects by key, in the order to put them: the marker last."""
    marker = {
        "voucher": demo.voucher,
        "milestone": "balance",
        "delivery": demo.delivery,
        "phase": "final",
        "contract": {"id": CONTRACT_ID, "version": CONTRACT_VERSION},
        "supplier": demo.supplier,
    }
    return {
        f"{demo.prefix}digits.csv": _table(demo),
        f"{demo.prefix}_DELIVERED.json": json.dumps(marker, ensure_ascii=False, indent=2).encode(),
    }


def voucher_rows(due_on: date) -> list[dict[str, object]]:
    """The vouchers as `dambo voucher load` reads them."""
    digest = hashlib.sha256(contract()).hexdigest()
    return [
        {
            "voucher": demo.voucher,
            "programme": "ai-data-processing-voucher",
            "demand_firm": "담보 시연 주식회사",
            "supplier": demo.supplier,
            "region": "서울",
            "sector": "교육",
            "milestone": "balance",
            "sequence": 1,
            "amount_krw": 30_000_000 + 1_000_000 * number,
            "due_on": due_on.isoformat(),
            "contract_id": CONTRACT_ID,
            "contract_version": CONTRACT_VERSION,
            "contract_sha256": digest,
        }
        for number, demo in enumerate(DEMO)
    ]


def _table(demo: DemoDelivery) -> bytes:
    from sklearn.datasets import load_digits

    digits = load_digits()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, (pixels, gold) in enumerate(zip(digits.data, digits.target, strict=True)):
        if number == demo.items:
            break
        item = f"digit-{number:04d}"
        labels = (rated(item, rater, int(gold), demo.mistakes) for rater in range(RATERS))
        writer.writerow([item, " ".join(str(int(p)) for p in pixels), int(gold), *labels])
    return text.getvalue().encode()


def rated(item: str, rater: int, gold: int, mistakes: int) -> int:
    """The label that a rater gives: the gold one, or for `mistakes` of 100 (item, rater) pairs one of the other nine."""
    word = hashlib.sha256(f"{item}/rater{rater + 1}".encode()).digest()
    if int.from_bytes(word[:8]) % 100 >= mistakes:
        return gold
    return (gold + 1 + int.from_bytes(word[8:16]) % (CLASSES - 1)) % CLASSES
