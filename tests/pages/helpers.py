"""Lessons in tests: open one, read what a learner reads, move what a hand moves.

at = open_lesson("normal", mu="1.5")       # through the entry, as in the browser
at = open_lesson("normal", "ko", alone=True)  # the page's file by itself
stage_data(at)["summary"], figure(at)["data"][0]["x"], texts(at), address(at)
at.slider(key="normal.mu").set_value(2.0).run(); healthy(at)
drag(at, "a", -2.0, 0.1)                   # a handle, through the page's own callback
same_figure(run_script(script(at))["figure"], figure(at))
"""

import base64
import json
import math
import os
import random
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from plotly.graph_objects import Figure, Frame
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test

from explorer import catalog, i18n
from explorer.data.table import Table
from explorer.ui import export

config.set_option("client.showErrorDetails", "full")  # learners see none of it; tests see all

# AppTest compiles the page anew at every run, two thirds of a run's time; a server compiles once.
_COMPILED = ScriptCache()
app_test.ScriptCache = lambda: _COMPILED

# Nor does a server look through every installed package for components more than once; AppTest does
# so whenever a page is opened, again two thirds of the time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

ENTRY = catalog.ROOT / "streamlit_app.py"
TIMEOUT = 60  # seconds a run may take on a busy machine; a page needs a fraction of one


def open_lesson(slug: str, lang: str = "en", alone: bool = False, **query: str) -> AppTest:
    """The lesson as it stands after its first run; a page that shows an exception fails here.

    `query` is the address with which the page is entered; every value is text, as in a URL.
    """
    path = catalog.ROOT / catalog.lesson(slug).path
    at = AppTest.from_file(str(path if alone else ENTRY), default_timeout=TIMEOUT)
    if not alone:  # as a link does that leads straight there
        at.switch_page(str(path.relative_to(catalog.ROOT)))
    for name, text in {"lang": lang, **query}.items():
        at.query_params[name] = text
    return healthy(at.run())


def healthy(at: AppTest) -> AppTest:
    """`at` itself; AssertionError with the traceback if the page shows an exception."""
    for shown in at.exception:
        raise AssertionError(f"{shown.message}\n" + "\n".join(shown.stack_trace))
    return at


# ------------------------------------------------------------------------ what a learner sees


def stage_data(at: AppTest, index: int = 0) -> dict:
    """What the page's stage number `index` was given.

    "figure" and each entry of "frames" are parsed; beside them "summary", "summaries", "handles",
    "live", "film", "start", … as `explorer.components.stage` sends them.
    """
    rest, figure, frames = _protos(at, "explorer_stage")[index].bytes.decode().split("\n")
    film = json.loads(frames) if frames else []
    return {**json.loads(rest), "figure": json.loads(figure), "frames": film}


def stages(at: AppTest) -> int:
    """How many stages the page has."""
    return len(_protos(at, "explorer_stage"))


def figure(at: AppTest, index: int = 0) -> dict:
    """The stage's figure as a plain dictionary: lists for arrays, the film under "frames"."""
    data = stage_data(at, index)
    content = dict(data["figure"])
    if data["frames"]:
        content["frames"] = data["frames"]
    return plain(content)


def texts(at: AppTest) -> list[str]:
    """Everything written on the page, top to bottom by kind, and the stages' summaries."""
    kinds = ("title", "header", "subheader", "markdown", "latex", "caption", "text")
    boxes = ("info", "warning", "error", "success")
    written = [element.value for kind in kinds + boxes for element in at.get(kind)]
    written += [fold.label for fold in at.expander]
    written += [f"{metric.label}: {metric.value}" for metric in at.metric]
    written += [stage_data(at, index)["summary"] for index in range(stages(at))]
    return [text for text in written if text]


def reading(at: AppTest) -> str:
    """`texts` as one string, for `in` and regular expressions."""
    return "\n".join(texts(at))


def equations(at: AppTest) -> list[str]:
    """The formulas standing on lines of their own, without the dollar signs."""
    blocks = re.findall(r"^\$\\displaystyle (.*)\$$", "\n".join(m.value for m in at.markdown), re.M)
    return blocks + [element.value for element in at.latex]


def address(at: AppTest) -> dict[str, str]:
    """The query the page asks the browser to show."""
    return _component(at, "explorer_address", 0)["query"]


def shown(at: AppTest) -> str:
    """All that a learner sees but the controls: what the components draw, and what is written."""
    parts = [e.proto for e in at.get("bidi_component")]
    parts = [p for p in parts if p.component_name.split(".")[-1] != "explorer_address"]
    pictures = [part.json or part.bytes.decode() for part in parts]
    return "\n".join([*pictures, *texts(at)])


def _protos(at: AppTest, name: str) -> list[Any]:
    found = [element.proto for element in at.get("bidi_component")]
    return [proto for proto in found if proto.component_name.split(".")[-1] == name]


def _component(at: AppTest, name: str, index: int) -> dict:
    protos = _protos(at, name)
    assert len(protos) > index, f"the page has {len(protos)} component(s) {name!r}"
    return json.loads(protos[index].json)


def words(at: AppTest) -> str:
    """What a screen reader says of the picture: the summary of the frame that is shown."""
    data = stage_data(at)
    return data["summaries"][data["start"]] if data["summaries"] else data["summary"]


def drawn(at: AppTest) -> dict:
    """The figure, after checking that there is something on it and that words go with it."""
    picture = figure(at)
    assert picture["data"], "an empty stage"
    assert len(words(at).strip()) > 20, words(at)
    assert not re.search(r"\b(nan|inf|None)\b|[{}]", words(at)), words(at)
    for index in range(stages(at)):
        data = stage_data(at, index)
        assert len(data["summaries"]) in (0, len(data["frames"]))
        assert not data["frames"] or 0 <= data["start"] < len(data["frames"])
        for handle in data["handles"]:
            assert np.isfinite([handle["x"], handle["y"]]).all(), handle
    return picture


def speaks(at: AppTest) -> None:
    """A page that cannot draw says so in one calm sentence, and how to go on."""
    if not stages(at):
        assert [box.value for box in (*at.info, *at.warning)], "neither picture nor explanation"
    else:
        drawn(at)


# ------------------------------------------------------------------------ what a hand does


#: What Streamlit calls a control -> the extremes of one, or all its options.
KINDS: dict[str, Callable[[Any], tuple]] = {
    "slider": lambda widget: (widget.min, widget.max),
    "number_input": lambda widget: (widget.min, widget.max),
    "select_slider": lambda widget: tuple(widget.options),
    "button_group": lambda widget: tuple(widget.options),
    "selectbox": lambda widget: tuple(widget.options),
    "toggle": lambda widget: (False, True),
}


@dataclass(frozen=True)
class Knob:
    """One control of a lesson. `ends`: its extremes, or every option it has, as shown."""

    key: str
    kind: str
    ends: tuple[Any, ...]
    step: float = 1.0

    @property
    def name(self) -> str:
        """The setting's name, as in the address."""
        return self.key.split(".", 1)[1]

    def anywhere(self, rng: random.Random) -> Any:
        """A position of the knob drawn at random, with its ends drawn more often."""
        if self.kind not in ("slider", "number_input") or rng.random() < 0.2:
            return rng.choice(self.ends)
        low, high = self.ends
        steps = rng.randint(0, round((high - low) / self.step))
        value = min(high, low + steps * self.step)
        return round(value, 9) if isinstance(low, float) else value


def knobs(at: AppTest) -> list[Knob]:
    """The lesson's own controls on the page, top to bottom by kind; buttons are not among them."""
    own = f"{at.session_state['page']}."
    return [
        Knob(widget.key, kind, ends(widget), getattr(widget, "step", 1.0))
        for kind, ends in KINDS.items()
        for widget in at.get(kind)
        if (widget.key or "").startswith(own)
    ]


def turn(at: AppTest, **positions: Any) -> AppTest:
    """Set controls by their setting's name (`sigma=2.0`; an option by its shown text); one run."""
    page = at.session_state["page"]
    for name, position in positions.items():
        _widget(at, f"{page}.{name}").set_value(position)
    return healthy(at.run())


def shake(at: AppTest, rng: random.Random, turns: int = 6) -> AppTest:
    """Turn a few knobs to random positions."""
    for _ in range(turns):
        knob = rng.choice(knobs(at))
        turn(at, **{knob.name: knob.anywhere(rng)})
    return at


def press(at: AppTest, name: str) -> AppTest:
    """Press the lesson's button of this name ("reset", "die", …)."""
    return healthy(at.button(key=f"{at.session_state['page']}.{name}").click().run())


def answer(at: AppTest, question: str, option: int) -> AppTest:
    """Answer one of the lesson's questions."""
    radio = at.radio(key=f"{at.session_state['page']}.predict.{question}")
    return healthy(radio.set_value(option).run())


def _widget(at: AppTest, key: str) -> Any:
    found = [widget for kind in KINDS for widget in at.get(kind) if widget.key == key]
    assert found, f"no control {key!r}; there are {[knob.key for knob in knobs(at)]}"
    return found[0]


def drag(at: AppTest, handle: str, x: float, y: float, index: int = 0) -> AppTest:
    """Move a handle of stage number `index` to data coordinates, as the browser reports it."""
    return healthy(send(at, "moved", {"id": handle, "x": x, "y": y}, index))


def scrub(at: AppTest, position: int, index: int = 0) -> AppTest:
    """Let the film (or the live slider) of stage number `index` rest on a position."""
    return healthy(send(at, "scrubbed", position, index))


def send(at: AppTest, event: str, value: Any, index: int = 0) -> AppTest:
    """Any report from a stage's browser side, sensible or not, through the page's callback."""
    protos = _protos(at, "explorer_stage")
    assert len(protos) > index, f"the page has {len(protos)} stage(s)"
    return _report(at, protos[index], event, value)


def let_go(at: AppTest, x: float, y: float) -> AppTest:
    """Let go of the cross-hair on the page's plane of pictures, as the browser reports it."""
    [proto] = _protos(at, "explorer_filmstrip")
    return healthy(_report(at, proto, "settled", {"x": x, "y": y, "number": 1}))


def _report(at: AppTest, proto: Any, event: str, value: Any) -> AppTest:
    report = json.dumps([{"event": event, "value": value}])
    states = at._tree.get_widget_states()
    name = f"$$STREAMLIT_INTERNAL_KEY_{proto.id}__events"
    states.widgets.append(WidgetState(id=name, json_trigger_value=report))
    return at._run(states)


def unfold(at: AppTest, name: str) -> AppTest:
    """Open one of the page's own folds: "data_fold" or "checked"."""
    at.session_state[f"{at.session_state['page']}.{name}"] = True
    return healthy(at.run())


def own_data(at: AppTest, values: Any) -> AppTest:
    """The learner's own numbers (N, D), taken over as if they had been pasted and accepted."""
    array = np.asarray(values, dtype=float)
    names = tuple(f"column {index + 1}" for index in range(array.shape[1]))
    at.session_state["data_own"] = Table("own numbers", names, array)
    at.session_state["data_id"] = "own"
    return healthy(at.run())


def paste(at: AppTest, text: str) -> AppTest:
    """Text pasted into the data fold, through the widgets a learner uses."""
    at.session_state["data_way"] = "paste"
    unfold(at, "data_fold")
    healthy(at.text_area(key="data_text").input(text).run())
    return healthy(at.button(key="data_use").click().run())


def upload(at: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    """A file given to the data fold's uploader."""
    at.session_state["data_way"] = "upload"
    unfold(at, "data_fold")
    at.file_uploader(key="data_upload").upload(name, content)
    return healthy(at.run())


# ------------------------------------------------------------------------ what is taken home


def offered(at: AppTest) -> dict:
    """{"columns": …, "body": …} of the lesson on the page, for its current state."""
    slug = at.session_state["page"]
    return at.session_state[f"offer:{slug}"]


def columns(at: AppTest) -> dict[str, np.ndarray]:
    """The data behind the picture, as the CSV export gets it."""
    return {name: np.asarray(values) for name, values in _made(at, "columns").items()}


def script(at: AppTest) -> str:
    """The stand-alone Python script, as the export hands it out."""
    return export.script("test", _made(at, "body"), at.session_state["lang"])


def _made(at: AppTest, name: str) -> Any:
    """What an offer makes, in the language of the page."""
    before = i18n.current()
    try:
        i18n.use(at.session_state["lang"])
        return offered(at)[name]()
    finally:
        i18n.use(before)


def run_script(source: str) -> dict[str, Any]:
    """Execute an exported script as a module, in an empty folder and in English; its names."""
    before, language = Path.cwd(), i18n.current()
    namespace: dict[str, Any] = {"__name__": "exported_figure"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.chdir(folder)
            i18n.use("en")
            exec(compile(source, "exported_figure.py", "exec"), namespace)
        finally:
            i18n.use(language)
            os.chdir(before)
    return namespace


# ------------------------------------------------------------------------ comparing figures


def plain(value: Any) -> Any:
    """A figure, or part of one, with lists for every kind of array and None for what is no number.

    plotly writes arrays as base64 ({"dtype", "bdata", "shape"}); a script's figure holds numpy.
    """
    kind = type(value)
    if kind in (int, str, bool):  # most of a figure is numbers: first what is quick
        return value
    if kind is float:
        return value if math.isfinite(value) else None  # JSON has neither NaN nor infinity
    if kind is list or kind is tuple:
        if {*map(type, value)} <= {int, float} and all(map(math.isfinite, value)):
            return list(value)
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        if "bdata" in value and "dtype" in value:
            return plain(_decoded(value))
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Figure | Frame):
        return plain(value.to_dict())
    return value


def _decoded(packed: Mapping) -> np.ndarray:
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), dtype=np.dtype(packed["dtype"]))
    if "shape" not in packed:
        return flat
    return flat.reshape([int(size) for size in str(packed["shape"]).split(",")])


def same_figure(one: Any, other: Any, rtol: float = 1e-12, atol: float = 1e-300) -> None:
    """AssertionError naming the first place where two figures differ. Both may be Figure or dict.

    Titles, colours, traces, frames and numbers all count; numbers may differ by `rtol` or `atol`.
    """
    sides = _without_empty(plain(one)), _without_empty(plain(other))
    difference = _difference(*sides, (rtol, atol))
    assert difference is None, difference


def _without_empty(content: Any) -> Any:
    """A figure without film is written with "frames": [] or without the word."""
    if isinstance(content, dict) and content.get("frames") == []:
        return {key: value for key, value in content.items() if key != "frames"}
    return content


def _difference(
    one: Any, other: Any, within: tuple[float, float], path: str = "figure"
) -> str | None:
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"{path}: only in one of the two: {sorted(set(one) ^ set(other))}"
        parts = ((one[key], other[key], f"{path}.{key}") for key in one)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} entries against {len(other)}"
        if {*map(type, one), *map(type, other)} <= {int, float} and one == other:
            return None
        parts = ((a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True)))
    else:
        return None if _alike(one, other, within) else f"{path}: {one!r} against {other!r}"
    found = (_difference(a, b, within, where) for a, b, where in parts)
    return next((text for text in found if text is not None), None)


def _alike(one: Any, other: Any, within: tuple[float, float]) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (one, other))
    if numbers:
        return math.isclose(one, other, rel_tol=within[0], abs_tol=within[1])
    return type(one) is type(other) and one == other
