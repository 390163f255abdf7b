"""The tutorial is run word for word: every `sh` block in one shell, each `text` block compared with what was printed.

In a `text` block `…` stands for anything within a line; alone on a line, for any lines. Setting up (`console`) is not run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "docs/tutorial"
PAGES = sorted(page.name for page in TUTORIALS.glob("*.md"))
MARK = "@@ block"


@dataclass(frozen=True)
class Step:
    """A block of commands and the output that the page prints below it, if any."""

    commands: str
    shown: str | None


def steps(page: str) -> list[Step]:
    """The page's steps in order."""
    text = (TUTORIALS / page).read_text("utf-8")
    found = re.findall(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```$)?", text, re.DOTALL | re.MULTILINE)
    return [Step(commands, shown or None) for commands, shown in found]


def pattern(shown: str) -> re.Pattern[str]:
    """The shown output as an expression."""
    lines = []
    for line in shown.splitlines():
        if line == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(r".*?".join(re.escape(part) for part in line.split("…")) + r"\n")
    return re.compile("".join(lines))


def played(page: str, home: Path) -> list[str]:
    """What each step printed, trailing blanks and byte order marks apart."""
    script = "".join(f"echo '{MARK}'\n{step.commands}" for step in steps(page))
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "COLUMNS": "110",
        "PYTHONUNBUFFERED": "1",
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240, check=False,
    )  # fmt: skip
    output = done.stdout.decode().replace("\ufeff", "").replace("\r\n", "\n")
    assert done.returncode == 0, output
    tidy = "".join(line.rstrip() + "\n" for line in output.splitlines())
    return tidy.split(MARK + "\n")[1:]


@pytest.mark.parametrize("page", PAGES)
def test_the_tutorial_prints_what_it_says(page: str, tmp_path: Path) -> None:
    outputs = played(page, tmp_path)
    assert len(outputs) == len(steps(page)) > 10
    differs = [
        f"{step.commands}\nprinted:\n{output}\nshown:\n{step.shown}"
        for step, output in zip(steps(page), outputs, strict=True)
        if step.shown is not None and not pattern(step.shown).fullmatch(output)
    ]
    assert not differs, "\n".join(differs)


def test_a_block_that_differs_is_noticed() -> None:
    assert pattern("a … c\n…\nend\n").fullmatch("a b c\nx\ny\nend\n")
    assert not pattern("a … c\n").fullmatch("a b c\nmore\n")
    assert not pattern("exit code 1\n").fullmatch("exit code 2\n")
