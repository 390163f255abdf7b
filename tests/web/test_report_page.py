"""report.html: complete, self-contained, the same twice, and harmless whatever the data says."""

import importlib.util
import json
import re
import sys
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.kernel import CheckResult, Example, Failures, Metric, Outcome, Reason, Table
from include.contracts.model import NotChecked
from include.reports.page import digest_of, render_html
from include.reports.texts import named, names, page, reason
from include.reports.texts.page import PAGE, STATEMENT
from include.reports.texts.reasons import REASONS
from include.reports.view import rule_views

_spec = importlib.util.spec_from_file_location(
    "report_examples", Path(__file__).parents[1] / "golden/report/report_examples.py"
)
examples = sys.modules.setdefault("report_examples", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(examples)

VOID = {"meta", "input", "br", "hr", "path", "circle", "line", "rect"}
LOADING = {"src", "srcset", "background", "poster", "data", "action", "formaction", "xlink:href", "style"}

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'--></style></title><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe\u2066",
    "\x1b[2J\x1b]0;owned\x07",
    "=HYPERLINK(1)",
    "\u200b\u3164\ufeff",
    "e\u0301한글",
    "👩‍👩‍👧",
    "가" * 5000,
    "a" * 5000,
    "</text></svg><script>1</script>",
    "&lt;b&gt;&amp;",
    "\ud800",
    "",
)


class Page(HTMLParser):
    """The elements, attributes and texts of a page; notes what is not closed."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(data.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def document(results=examples.PASSING, **changed) -> dict:
    return json.loads(examples.report(results, **changed).to_bytes())


def rendered(results=examples.PASSING, **changed) -> Page:
    return Page(render_html(document(results, **changed)))


def harmless(found: Page) -> None:
    """What must hold of every page: nothing is loaded or run, nothing is left open, nothing unseen is shown."""
    assert found.open == []
    assert not {"script", "iframe", "object", "embed", "link", "img", "form", "image", "use", "foreignobject"} & set(
        found.tags
    )
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in LOADING, (tag, name)
        assert name != "href" or re.fullmatch(r"#[a-z0-9-]+", value), value
        assert name == "content" or "url(" not in value
    shown = found.text + " ".join(value for _, _, value in found.attributes)
    assert all(c.isprintable() or c in "\n\u00a0" for c in shown)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (examples.PASSING, ("적합", "Pass", "필수 규칙 4건이 모두", "All blocking rules (4)")),
        (examples.FAILING, ("부적합", "Fail", "필수 규칙 5건 중 4건", "4 of 5 blocking rules")),
        (examples.ERRING, ("점검불가", "No verdict", "판정할 수 없습니다", "could not be checked")),
        ((), ("점검불가", "No verdict", "필수 규칙이 하나도 없어", "No blocking rule")),
    ],
)
def test_the_verdict_stands_first_with_its_reason_in_both_languages(results, words):
    found = rendered(results)
    harmless(found)
    first_screen = found.text[: found.text.index("납품 데이터")]
    collapsed = re.sub(r"\s+", " ", first_screen)
    for word in words:
        assert word in collapsed
    assert found.tags.index("h1") < found.tags.index("table") if results else True


def test_every_rule_has_a_row_with_target_result_and_verdict_and_failing_ones_come_first():
    data = document(examples.FAILING)
    views = rule_views(data)
    assert [v.verdict for v in views] == ["FAIL", "FAIL", "FAIL", "FAIL", "WARN", "PASS", "NOT_APPLICABLE"]
    text = rendered(examples.FAILING).text
    for check in data["checks"]:
        assert text.count(check["rule"]) >= 2  # in the table, and over its details
    for word in ("정량목표", "결과값", "판정", "크리펜도르프 알파", "≥ 0.8", "0.1259", "37건", "경고", "점검제외"):
        assert word in text


def test_charts_tables_examples_and_exemptions_are_there():
    found = rendered(examples.FAILING)
    assert found.tags.count("figure") == 3  # confusion, pairs of raters, distribution
    for word in ("50.0 % / 33.0 %", "라벨 교차표", "작업자 쌍별", "data/part-0.csv", "row 4", "99aaa", "readme.txt",
                 "파일 전체", "findings/records.age.type.csv", "records.naturalness", "text rule: read by people",
                 "대상 3000개에 대한 델타 방법", "dambo verify"):  # fmt: skip
        assert word in found.text


def test_the_page_says_which_report_it_shows_in_full():
    data = document()
    text = rendered().text
    for digest in (
        digest_of(data),
        data["delivery"]["manifest"]["digest"],
        data["contract"]["digest"],
        data["code"]["digest"],
    ):
        assert digest in text


def test_the_same_report_gives_the_same_bytes():
    data = document(examples.FAILING)
    assert render_html(data) == render_html(json.loads(json.dumps(data)))


def test_it_forbids_itself_every_request_and_script():
    found = rendered()
    policy = next(
        value for tag, name, value in found.attributes if tag == "meta" and name == "content" and "src" in value
    )
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "http" not in policy


def test_both_languages_are_whole_and_one_is_shown():
    html = render_html(document(examples.FAILING)).decode()
    assert html.count('<span lang="ko">') == html.count('<span lang="en">') > 100
    assert "#lang-ko:checked~main [lang=en]" in html
    assert 'id="lang-ko" checked' in html


def hostile_results(text: str) -> list[CheckResult]:
    """The text wherever the data, the contract or the supplier can put one."""
    distribution = Table("distribution", ("class", "count", "share", "target-share"), ((text, 1, Fraction(1, 3), Fraction(1, 2)), ("b", 2, Fraction(2, 3), Fraction(1, 2))))  # fmt: skip
    confusion = Table("confusion", (text, text, "b"), ((text, 3, 1), ("b", 1, 3)))
    pairs = Table("per-pair", ("rater", "other-rater", text), ((text, "b", Fraction(1, 2)), ("b", "c", Fraction(1, 3))))
    plain = Table("other", (text, "code"), ((text, text),))
    failures = Failures(1, (Example(text, 0, text, text),), ((text, 0, 0),))
    made = examples.check(f"records.{text}x", "class-balance", "balance", examples.at_least("0.9"), nia=text)
    outcome = Outcome(
        Metric("overlap", Fraction(1, 2)), 3, (distribution, confusion, pairs, plain), failures, sample=text
    )
    absent = examples.check(f"records.{text}.other", "required", "completeness", examples.ZERO)
    return [
        CheckResult(made, "FAIL", Reason("target-missed"), outcome),
        CheckResult(absent, "FAIL", Reason("column-absent", {"column": text, "files": text, "file": text}), None),
        CheckResult(examples.check("records.z", "required", "completeness", examples.ZERO), "FAIL", Reason("new-code", {"a": text}), None),
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_and_does_nothing(text):
    found = rendered(hostile_results(text), not_checked=[NotChecked(text, text, text)])
    harmless(found)
    ordinary = rendered(hostile_results("ordinary"), not_checked=[NotChecked("a", "b", "c")])
    assert set(found.tags) <= set(ordinary.tags)


@settings(max_examples=8, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_harmless(text):
    harmless(rendered(hostile_results(text)))


def test_hidden_and_reordering_characters_are_spelt_out():
    text = rendered(hostile_results("\u202egnp.exe")).text
    assert "\\u202egnp.exe" in text


def test_a_result_is_never_rounded_onto_its_target():
    result = examples.agreement(Fraction(799_999_999, 10**9), "FAIL", Reason("target-missed"))
    assert "0.799999999" in rendered([result, examples.rows(3000)]).text
    exactly, below = (rule_views(document([r]))[0].result for r in (examples.agreement(Fraction(4, 5)), result))
    assert (exactly, below) == ("<bdi>0.8</bdi>", "<bdi>0.799999999</bdi>")


def test_long_tables_are_not_inlined_and_say_where_they_are():
    made = examples.check("records.x", "class-balance", "balance", examples.at_least("0.5"))
    table = Table(
        "distribution", ("class", "count", "share"), tuple((f"class-{i}", i, Fraction(i, 5000)) for i in range(1500))
    )
    middle = Table("split", ("group", "count"), tuple((f"group-{i}", i) for i in range(900)))
    found = rendered([CheckResult(made, "PASS", None, Outcome(Metric("overlap", Fraction(1)), 9, (table, middle)))])
    harmless(found)
    assert "class-1499" not in found.text
    assert re.search(r"1,500 rows is in.*?tables/[0-9a-f]{64}\.jsonl", found.text, re.DOTALL)
    assert "group-199" in found.text
    assert "group-200" not in found.text


def test_three_hundred_rules_stay_usable():
    results = [examples.types(1 if i == 7 else 0) for i in range(300)]
    named_apart = [
        CheckResult(examples.check(f"records.c{i:03}.type", "type", "schema", examples.ZERO), r.verdict, r.reason, r.outcome)
        for i, r in enumerate(results)
    ]  # fmt: skip
    html = render_html(document(named_apart))
    found = Page(html)
    harmless(found)
    assert len(html) < 2_000_000
    openly = re.findall(rb'<details class="rule[^"]*" id="rule-\d+" open', html)
    assert len(openly) == 1
    assert "The other" in found.text


def test_the_statement_is_shown_and_a_foreign_one_raises_an_alarm():
    data = document()
    statement = {
        "subject": [{"digest": {"sha256": data["delivery"]["manifest"]["digest"]}}],
        "predicate": {
            "resourceUri": "urn:dambo:voucher:V-2026-000123:milestone:balance:delivery:D-1",
            "attempt": 2, "operator": "<kim>", "verdict": "PASS", "report": {"sha256": digest_of(data)},
        },
    }  # fmt: skip
    good = Page(render_html(data, statement=statement))
    harmless(good)
    assert not any(name == "role" and value == "alert" for _, name, value in good.attributes)
    for word in ("V-2026-000123", "balance", "D-1", "<kim>", "점검 회차"):
        assert word in good.text
    for path, alarm in (
        ({"subject": []}, "about another delivery"),
        ({"predicate": {**statement["predicate"], "report": {"sha256": "0" * 64}}}, "names another report.json"),
        ({"predicate": {**statement["predicate"], "verdict": "FAIL"}}, "has another verdict"),
    ):
        assert alarm in Page(render_html(data, statement={**statement, **path})).text


def test_a_verdict_that_does_not_follow_from_the_rules_raises_an_alarm():
    data = document(examples.FAILING)
    forged = {**data, "verdict": "PASS", "reason": None}
    assert "Do not trust this report" in Page(render_html(forged)).text
    assert "Do not trust this report" not in Page(render_html(data)).text


def test_texts_are_plain_and_have_the_same_holes_in_both_languages():
    for text in (*PAGE.values(), *REASONS.values(), *STATEMENT.values()):
        assert not set('<>&"') & set(text.ko + text.en)
        assert sorted(set(re.findall(r"\{\w+\}", text.ko))) == sorted(set(re.findall(r"\{\w+\}", text.en)))


def test_an_unknown_code_is_shown_with_its_parameters():
    assert reason("brand-new", {"a": "1"}).en == "brand-new (a: 1)"
    assert named(names.CHECKS, "brand-new").ko == "brand-new"
    assert reason("undefined", {"why": "one-class"}).en.endswith("only one class occurs")
    assert reason("undefined", {"why": "brand-new"}).ko.endswith("brand-new")
    assert page("version", version="{count}").en == "version {count}"


def test_an_example_that_is_a_fault_says_it_in_words():
    """Masked values stay as they are, also beside a code."""
    values = {
        "box-empty": "넓이가 없는 박스",
        "box-empty, outside-image": "넓이가 없는 박스",
        "key-absent": "a key or element that must be there is not",
        "box-empty, aaa": "<code><bdi>box-empty, aaa</bdi></code>",
        "aaa": "<code><bdi>aaa</bdi></code>",
        "": "<code>",
    }
    row = document(examples.FAILING)
    (failing,) = [check for check in row["checks"] if check["failures"]["examples"]][:1]
    example = failing["failures"]["examples"][0]
    failing["failures"]["examples"] = [{**example, "value": value} for value in values]
    (view,) = [view for view in rule_views(row) if view.rule == failing["rule"]]
    for shown, expected in zip(view.examples, values.values(), strict=True):
        assert expected in shown["value"]
