"""The prose of the lessons: one Markdown file per lesson and language, with fixed headings.

    # Title
    > one-line summary
    ## story      an everyday analogy
    ## goals      what you will be able to do
    ## predict    ### <id> blocks: a question, `- [ ]` / `- [x]` options, then the explanation
    ## try        ### <id> blocks: small tasks, recognised by the page when done
    ## recap

Headings are machine words, the same in every language; the page shows them translated. In
formulas \\data{..}, \\model{..}, \\sample{..}, \\truth{..}, \\latent{..}, \\condition{..} colour a
symbol as it is coloured in the picture.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
SECTIONS = ("story", "goals", "predict", "try", "recap")


@dataclass(frozen=True)
class Question:
    """A question to answer before looking: options, the index of the right one, the explanation."""

    id: str
    text: str
    options: tuple[str, ...]
    answer: int
    reveal: str


@dataclass(frozen=True)
class Prose:
    """One lesson's text in one language; `tasks` maps a task's id to its instruction."""

    title: str
    summary: str
    story: str
    goals: str
    questions: tuple[Question, ...]
    tasks: dict[str, str]
    recap: str


@lru_cache
def read(slug: str, language: str) -> Prose:
    """The prose of a lesson; ValueError names the file and what is missing in it."""
    path = HERE / language / f"{slug}.md"
    return parse(path.read_text(encoding="utf-8"), str(path.relative_to(HERE)))


def parse(text: str, name: str = "lesson") -> Prose:
    """Split a lesson's Markdown into its parts (see the module's docstring)."""
    title = re.search(r"^# (.+)$", text, re.M)
    summary = re.search(r"^> (.+)$", text, re.M)
    sections = _blocks(text, "## ")
    missing = [section for section in SECTIONS if not sections.get(section)]
    if title is None or summary is None or missing:
        raise ValueError(f"{name}: missing {', '.join(missing) or 'title or summary'}")
    return Prose(
        title=title[1],
        summary=summary[1],
        story=sections["story"],
        goals=sections["goals"],
        questions=tuple(
            _question(key, body, name) for key, body in _blocks(sections["predict"], "### ").items()
        ),
        tasks=_blocks(sections["try"], "### "),
        recap=sections["recap"],
    )


def _blocks(text: str, mark: str) -> dict[str, str]:
    """{heading: body} for every line that starts with `mark`, in order."""
    parts = re.split(rf"^{re.escape(mark)}(.+)$", text, flags=re.M)
    return {key.strip(): body.strip() for key, body in zip(parts[1::2], parts[2::2], strict=True)}


def _question(key: str, body: str, name: str) -> Question:
    options = re.findall(r"^- \[( |x)\] (.+)$", body, re.M)
    right = [index for index, (mark, _text) in enumerate(options) if mark == "x"]
    if len(options) < 2 or len(right) != 1:
        raise ValueError(f"{name}: question {key!r} needs two options or more, one marked [x]")
    question, _, rest = body.partition("- [")
    reveal = re.sub(r"^- \[( |x)\] .+$", "", "- [" + rest, flags=re.M)
    return Question(key, question.strip(), tuple(t for _m, t in options), right[0], reveal.strip())
