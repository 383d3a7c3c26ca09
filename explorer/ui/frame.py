"""The frame every lesson shares: story and goals, stage, equation, predict, try, code, recap.

A page reads top to bottom in the order the learner sees it. What answers to a control stands in
one function decorated with `lesson.live`: a fragment, so the rest of the page is not sent again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from explorer import catalog, i18n, lessons
from explorer.components import filmstrip
from explorer.components.address import address
from explorer.figures import theme
from explorer.i18n import _
from explorer.training.worker import HANDS
from explorer.ui import data, export, language, live_sampling, lost, source
from explorer.ui.controls import Controls
from explorer.ui.live_training import polling
from explorer.ui.state import State

PICTURE, PANEL = 7, 3  # widths of the stage and of the controls beside it


@dataclass(frozen=True)
class Check:
    """One line of "Checked": what was compared, with what, and by how much they differ."""

    what: str
    ours: float
    oracle: str
    theirs: float

    @property
    def difference(self) -> float:
        """Absolute difference of the two numbers."""
        return abs(self.ours - self.theirs)


class Lesson:
    """One page. Open it first; it settles language and settings."""

    def __init__(self, slug: str) -> None:
        language.settle()
        self.entry = catalog.lesson(slug)
        self.slug = slug
        self.prose = lessons.read(slug, i18n.current())
        self.controls = Controls(slug)
        if self.controls.state.enter():
            live_sampling.leave()
        self._data = ""  # the chosen set, if it belongs in the address
        self._stage_area: DeltaGenerator | None = None

    @property
    def state(self) -> State:
        """The settings, for callbacks and presets."""
        return self.controls.state

    def opening(self) -> None:
        """Title, language switch, story and goals."""
        filmstrip.keep()
        style()
        lost.notice()
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.title(self.prose.title, anchor=False)
            language.switch()
        story, goals = st.columns([6, 5], gap="large")
        story.markdown(tex(self.prose.story))
        with goals:
            st.markdown(f"**{_('After this page you can')}**\n\n{tex(self.prose.goals)}")

    def data(
        self, dims: int, default: str, min_rows: int = 2, full_rank: bool = False
    ) -> data.Chosen:
        """The learner's data, with the ways to change it; `default` is a set of the registry.

        min_rows, full_rank: what this lesson cannot do without (see explorer.data.own.require).
        """
        line = st.container()
        self._stage_area = st.container()  # the picture first, the ways to change its data after
        chosen = data.choose(self.controls, dims, default, min_rows, full_rank, line)
        own = chosen.id == data.OWN or data.is_example(chosen.id, default)
        self._data = "" if own else chosen.id
        return chosen

    def live(self, body: Callable[[], None]) -> Callable[[], None]:
        """Decorator: run `body` now and again, alone, whenever one of its controls moves."""

        def run() -> None:
            language.resume()
            with HANDS.moving():
                body()
            query = self.state.query()
            if self._data:
                query["data"] = self._data
            if st.session_state.get("lang_from"):
                query["lang"] = i18n.current()
            held = lost.held(self.slug)
            address(query, i18n.current(), f"{self.slug}.address", held, lost.heard)
            self.state.sent()

        run.__qualname__ = f"{self.slug}.{body.__qualname__}"
        stage_area = self._stage_area or st.container()
        self._predict_area, self._try_area = st.columns(2, gap="large")
        with stage_area:
            st.fragment(run, run_every=polling(self.slug))()
        return body

    def columns(self) -> Sequence[AbstractContextManager]:
        """(picture, panel): two thirds for the stage, controls beside it; stacked on a phone."""
        return st.columns([PICTURE, PANEL], gap="large")

    def more(self) -> AbstractContextManager:
        """The controls that are not needed at first sight."""
        return st.expander(_("More"), icon=":material/tune:")

    def reset(self) -> None:
        """A button that brings back the page's first picture."""
        st.button(
            _("Start over"),
            key=f"{self.slug}.reset",
            icon=":material/restart_alt:",
            on_click=self.state.reset,
        )

    def equation(self, *formulas: str) -> None:
        r"""Formulas with the current numbers; \model{..} and its kin colour the symbols.

        Set inline, in display style: on a narrow screen such a formula breaks at its relations,
        where one on a line of its own would have to be scrolled.
        """
        lines = (rf"$\displaystyle {tex(formula)}$" for formula in formulas)
        with st.container(border=True, key=f"{self.slug}.equation"):
            # One element: each costs the browser some milliseconds.
            st.markdown("\n\n".join(lines), text_alignment="center")

    def predict(self, on_reveal: Mapping[str, Callable[[], None]] | None = None) -> None:
        """The questions. A reveal may set the stage: {question id: callback}."""
        with self._predict_area:
            st.header(_("Predict, then look"), anchor=False)
            for question in self.prose.questions:
                self._question(question, (on_reveal or {}).get(question.id))

    def _question(self, question: lessons.Question, show: Callable[[], None] | None) -> None:
        answers = st.session_state.setdefault(f"answers:{self.slug}", {})
        key = f"{self.slug}.predict.{question.id}"

        def answered() -> None:
            answers[question.id] = st.session_state[key]
            if show is not None and st.session_state[key] is not None:
                show()

        given = answers.get(question.id)
        if key not in st.session_state:
            st.session_state[key] = given
        st.markdown(tex(question.text))
        st.radio(
            question.text,
            range(len(question.options)),
            format_func=lambda index: tex(question.options[index]),
            key=key,
            on_change=answered,
            index=None,
            label_visibility="collapsed",
        )
        if given is None:
            return
        right = given == question.answer
        mark = _("Yes.") if right else _("Not quite.")
        colour = "green" if right else "orange"
        st.markdown(f":{colour}[**{mark}**] {tex(question.reveal)}")

    def tasks(self, done: Mapping[str, bool]) -> None:
        """Small tasks, ticked for good once the page's state shows that they were done.

        One element, not one per task: every element in a fragment costs the reader time.
        """
        ticked: set = st.session_state.setdefault(f"tasks:{self.slug}", set())
        ticked.update(task for task, state in done.items() if state)
        count = len(ticked & set(self.prose.tasks))
        title = _("Try this ({done} of {all} done)").format(done=count, all=len(self.prose.tasks))
        lines = [f"## {title}\n"]
        for task, text in self.prose.tasks.items():
            icon, colour, word = (
                (":material/check_circle:", "green", _("done"))
                if task in ticked
                else (":material/radio_button_unchecked:", "gray", _("open"))
            )
            lines.append(f":{colour}[{icon} {word}] {tex(text)}")
        self._try_area.markdown("\n\n".join(lines))

    def seen(self, what: str, now: bool) -> bool:
        """Whether `now` was true once in this session: the first half of "cause, then mend"."""
        before: set = st.session_state.setdefault(f"seen:{self.slug}", set())
        if now:
            before.add(what)
        return what in before

    def checked(self, compare: Callable[[], Sequence[Check]]) -> None:
        """What the numbers were compared with, computed here; run only once it is opened."""
        box = st.expander(
            _("Checked: the same numbers by another road"),
            icon=":material/verified:",
            key=f"{self.slug}.checked",
            on_change="rerun",
        )
        if not box.open:
            return
        with box:
            for line in compare():
                st.markdown(
                    f"- {line.what}: {line.ours:.10g}. {line.oracle}: {line.theirs:.10g}. "
                    + _("Difference {difference}").format(difference=f"{line.difference:.1e}")
                )

    def offer(self, columns: Callable[[], Mapping], body: Callable[[], str]) -> None:
        """Say, inside `live`, what the export menu would hand out for the current state."""
        self._offer.update(columns=columns, body=body)

    @property
    def _offer(self) -> dict:
        return st.session_state.setdefault(f"offer:{self.slug}", {})

    def closing(self, *code: Callable | str) -> None:
        """Predict, export, the code behind the picture, the recap, and where it leads."""
        offer = self._offer  # the dictionary itself: the download runs outside of any script
        with st.container(horizontal=True):
            export.buttons(self.slug, offer, self.prose.title)
            self.reset()
        source.show(*code)
        st.header(_("Recap"), anchor=False)
        st.markdown(tex(self.prose.recap))
        nexts = catalog.leads_to(self.slug)
        if nexts:
            st.markdown(f"**{_('Where it leads')}**")
            with st.container(horizontal=True):
                for entry in nexts:
                    link(entry)


def prose(entry: catalog.Lesson) -> lessons.Prose:
    """A lesson's text in the current language."""
    return lessons.read(entry.slug, i18n.current())


def link(entry: catalog.Lesson, label: str = "") -> None:
    """A link to another lesson; plain text where the page runs without the app around it."""
    label = label or prose(entry).title
    try:
        st.page_link(entry.path, label=label, icon=entry.icon)
    except (StreamlitAPIException, KeyError):
        st.markdown(label)


ROLE_MACRO = re.compile(r"\\(" + "|".join(theme.ROLES) + r")\{")


def tex(text: str) -> str:
    r"""Colour macros: \model{\mu} -> \textcolor{#1f5fbf}{\mu}; CSS swaps in the dark twin."""
    return ROLE_MACRO.sub(lambda m: rf"\textcolor{{{theme.ROLES[m[1]][0]}}}{{", text)


#: Streamlit's own colours of code and captions are too faint for the page behind them.
CODE = {
    "model": ("keyword", "function", "class-name", "decorator", "builtin"),
    "truth": ("string", "triple-quoted-string"),
    "latent": ("number", "boolean"),
    "muted": ("comment", "operator", "punctuation"),
}


def _either(role: str) -> str:
    """A role's colour in CSS, for whichever theme is on."""
    light, dark = theme.ROLES[role]
    return f"light-dark({light}, {dark})"


def style() -> None:
    """The few rules Streamlit has no setting for."""
    colours = "\n".join(
        f'.katex :is([style*="{light}"], [style*="{_rgb(light)}"]) '
        f"{{ color: light-dark({light}, {dark}) !important; }}"
        for light, dark in theme.ROLES.values()
    )
    code = "\n".join(
        f".stCode .token:is(.{', .'.join(tokens)}) {{ color: {_either(role)}; }}"
        for role, tokens in CODE.items()
    )
    st.html(
        f"""<style>
        .stMainBlockContainer {{ max-width: 1360px; padding-top: 4rem; }}
        .stMainBlockContainer h1 {{ font-size: clamp(1.7rem, 4.2vw, 2.6rem); }}
        .stMainBlockContainer h2 {{ font-size: clamp(1.3rem, 2.4vw, 1.6rem); padding-top: 0.4rem; }}
        [data-testid=stCaptionContainer] {{ opacity: 0.8; color: inherit; }}
        [class*="-equation"] p > .katex {{ line-height: 1.9; }}
        @media (max-width: 640px) {{ [class*="-equation"] p > .katex {{ font-size: 0.85em; }} }}
        {colours}
        {code}
        </style>"""
    )


def _rgb(hex_color: str) -> str:
    """The browser rewrites an inline #rrggbb as rgb(r, g, b)."""
    return ", ".join(str(int(hex_color[i : i + 2], 16)) for i in (1, 3, 5))
