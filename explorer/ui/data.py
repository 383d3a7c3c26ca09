"""The learner's data: a bundled set, an upload, pasted text or points drawn by hand.

What is chosen follows the learner from lesson to lesson in the session. A lesson that cannot work
with it says so in one sentence and shows its own example instead.
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.components.sketchpad import sketchpad
from explorer.data import own, registry
from explorer.data.limits import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from explorer.data.message import DataError, plain
from explorer.data.table import Table
from explorer.i18n import _
from explorer.ui import state as parsers
from explorer.ui.controls import Controls

OWN = "own"  # the id of whatever the learner brought
LITERAL = 200  # rows; up to here an exported script writes the numbers out


@dataclass(frozen=True, eq=False)
class Chosen:
    """The data a lesson works on. `x` (N, dims); `labels` are axis titles with units."""

    id: str
    table: Table

    @property
    def x(self) -> np.ndarray:
        """The numbers, (N, dims), read-only."""
        return self.table.values

    @property
    def labels(self) -> tuple[str, ...]:
        """Axis titles with units, in the current language."""
        return self.table.labels

    @property
    def title(self) -> str:
        """The set's name, in the current language."""
        return self.table.title

    @property
    def simulated(self) -> bool:
        """Drawn by a program, not measured."""
        return self.table.simulated

    @cached_property
    def identity(self) -> Hashable:
        """Equal for equal numbers: the key of caches."""
        return hashlib.sha1(self.x.tobytes(), usedforsecurity=False).hexdigest(), self.x.shape

    @property
    def code(self) -> str:
        """Python source that defines `x`, for the exported script."""
        if self.id != OWN:
            columns = list(self.table.columns)
            return (
                "from explorer.data import registry\n\n"
                f"x = registry.load({self.id!r}).pick({columns!r}).values"
            )
        if len(self.x) <= LITERAL:
            return f"import numpy as np\n\nx = np.array({self.x.tolist()!r})"
        packed = base64.b85encode(zlib.compress(self.x.tobytes())).decode()
        return (
            "import base64\nimport zlib\n\nimport numpy as np\n\n"
            f"packed = {packed!r}  # your {len(self.x)} rows\n"
            f"x = np.frombuffer(zlib.decompress(base64.b85decode(packed))).reshape{self.x.shape}"
        )


@st.cache_resource(max_entries=32, show_spinner=False)
def _load(name: str) -> Table:
    return registry.load(name)


def choose(
    controls: Controls,
    dims: int,
    default: str,
    min_rows: int,
    full_rank: bool,
    line: DeltaGenerator,
) -> Chosen:
    """Write what is in use into `line`, show the ways to change it here; return the data."""
    wanted = _wanted(controls, default)
    problem: DataError | None = None
    try:
        chosen = Chosen(wanted, _suited(controls, _table(wanted), dims, min_rows, full_rank))
    except DataError as error:
        problem = None if wanted == default else error
        chosen = _fallback(default, dims)
    box = st.expander(
        _("Data: choose a set, upload, paste or draw your own"),
        icon=":material/database:",
        key=controls.state.key("data_fold"),
        on_change="rerun",
    )
    if problem is not None:
        line.warning(f"{problem.markdown()} {_('Until then this page shows its own example.')}")
    count = _("{count} rows").format(count=f"{len(chosen.x):,}")
    facts = f"**{plain(chosen.title)}** · {count} · {plain(' × '.join(chosen.labels))}"
    line.caption(" · ".join((facts, *chosen.table.notes_markdown)))
    if box.open:
        with box:
            _ways(controls, chosen, dims)
    return chosen


def _wanted(controls: Controls, default: str) -> str:
    """The address, when the page is entered with one; else what the learner chose last."""
    asked = controls.state.read("data", "", parsers.one_of(registry.REGISTRY))
    if asked:
        st.session_state["data_id"] = asked
        controls.state.put(data="")
    wanted = st.session_state.get("data_id") or default
    return default if wanted == OWN and "data_own" not in st.session_state else wanted


def _table(name: str) -> Table:
    return st.session_state["data_own"] if name == OWN else _load(name)


def _suited(controls: Controls, table: Table, dims: int, min_rows: int, full_rank: bool) -> Table:
    """The columns the learner picked, if the lesson can work with them; else DataError."""
    own.require(table, dims, min_rows=1, spread=False)
    picked = []
    for index in range(dims):
        free = [name for name in table.columns if name not in picked]
        name = controls.state.read(_column(index), free[0], str)
        name = name if name in free else free[0]
        controls.state.put(**{_column(index): name})
        picked.append(name)
    return own.require(table.pick(picked), dims, min_rows, full_rank=full_rank)


def _column(index: int) -> str:
    return f"column{index + 1}"


def _fallback(default: str, dims: int) -> Chosen:
    """The lesson's own example, or its simulated stand-in, with a note, where that is not here."""
    kinds = {real: kind for kind, (real, _stand_in) in registry.STAND_INS.items()}
    table = _default(kinds[default]).first(dims) if default in kinds else _load(default).first(dims)
    return Chosen(table.name, table)


def is_example(name: str, default: str) -> bool:
    """Whether a set is the lesson's own example or stands in for it."""
    return name == default or name == dict(registry.STAND_INS.values()).get(default)


@st.cache_resource(max_entries=8, show_spinner=False)
def _default(kind: str) -> Table:
    return registry.default(kind)


def _ways(controls: Controls, chosen: Chosen, dims: int) -> None:
    ways = {
        "bundled": _("Ready-made"),
        "upload": _("Upload a file"),
        "paste": _("Type or paste"),
        "draw": _("Draw points"),
    }
    way = st.segmented_control(
        _("Where the data comes from"),
        list(ways),
        format_func=ways.__getitem__,
        key="data_way",
        default=None if "data_way" in st.session_state else "bundled",
        required=True,
    )
    {"bundled": _bundled, "upload": _upload, "paste": _paste, "draw": _draw}[way or "bundled"](
        chosen, dims
    )
    if chosen.id == OWN or way == "bundled":
        _columns(controls, dims)
    if way != "bundled":
        st.caption(
            _(
                "Your data stays in the memory of this session and is not part of the link. "
                "Up to {bytes} MB, {rows} rows, {columns} columns."
            ).format(bytes=MAX_BYTES // 1_000_000, rows=f"{MAX_ROWS:,}", columns=MAX_COLUMNS)
        )


def use(name: str, table: Table | None = None) -> None:
    """Make a set the learner's choice on every page; `table` if it is their own."""
    if table is not None:
        st.session_state["data_own"] = table
    st.session_state["data_id"] = name


def _bundled(chosen: Chosen, dims: int) -> None:
    names = [name for name, entry in registry.REGISTRY.items() if entry.dims >= dims]
    here = {name: registry.available(name) for name in names}

    def title(name: str) -> str:
        entry = registry.REGISTRY[name]
        missing = "" if here[name] else f" ({_('not on this computer yet')})"
        return f"{entry.title}{missing}"

    def changed() -> None:
        if st.session_state["data_bundled"]:
            use(st.session_state["data_bundled"])

    current = st.session_state.get("data_id") or chosen.id
    st.session_state["data_bundled"] = current if current in names else None
    st.selectbox(
        _("Data set"),
        names,
        format_func=title,
        key="data_bundled",
        on_change=changed,
        index=None,
        placeholder=_("Choose a set"),
    )
    if current not in registry.REGISTRY:
        return
    entry = registry.REGISTRY[current]
    st.caption(" · ".join(part for part in (entry.source, entry.licence) if part))
    if not registry.available(current) and st.button(_("Download it from its source")):
        try:
            with st.spinner(_("Downloading…")):
                registry.fetch(current)
            st.rerun()
        except DataError as error:
            st.error(error.markdown())


def _upload(chosen: Chosen, dims: int) -> None:
    file = st.file_uploader(
        _("A text file with columns of numbers (CSV, TSV, TXT)"), key="data_upload"
    )
    if file is None:
        return
    if st.session_state.get("data_file") == file.file_id and chosen.id == OWN:
        return  # already taken; reading it again would undo what was drawn since
    _take(lambda drop: own.parse(file.getvalue(), file.name, drop), f"upload {file.file_id}")
    if _is_taken(f"upload {file.file_id}"):
        st.session_state["data_file"] = file.file_id


def _paste(chosen: Chosen, dims: int) -> None:
    text = st.text_area(
        _("Numbers, one row per line"),
        key="data_text",
        height=150,
        placeholder="1.2, 3.4\n5, 6" if dims == 2 else "1.2\n3.4\n5",
    )
    st.button(_("Use these numbers"), key="data_use", on_click=_ask)
    what = f"paste {hash(text)}"
    if st.session_state.get("data_asked") == what:
        _take(lambda drop: own.parse(text, _("pasted numbers"), drop), what)


def _ask() -> None:
    """The text of this very click: leaving the field and pressing the button come as one."""
    st.session_state["data_asked"] = f"paste {hash(st.session_state['data_text'])}"


def _is_taken(what: str) -> bool:
    return st.session_state.get("data_taken") == what


def _take(parse: Callable[[bool], Table], what: str) -> None:
    """Parse once and switch to the result; ask before leaving incomplete rows out."""
    if _is_taken(what):
        return
    drop = bool(st.session_state.get(f"data_drop {what}"))
    try:
        table = parse(drop)
    except DataError as error:
        st.error(error.markdown())
        if error.can_drop_rows:
            st.checkbox(_("Leave the incomplete rows out"), key=f"data_drop {what}")
        return
    use(OWN, table)
    st.session_state["data_taken"] = what
    st.rerun()


def _columns(controls: Controls, dims: int) -> None:
    """Which columns the lesson reads, where there are more than it needs."""
    try:
        table = _table(st.session_state.get("data_id") or "")
    except (DataError, KeyError):
        return
    if table.dims <= dims:
        return
    names = dict(zip(table.columns, table.labels, strict=True))
    titles = (_("Horizontal axis"), _("Vertical axis")) if dims == 2 else (_("Column"),)
    for index, (title, place) in enumerate(zip(titles, st.columns(dims), strict=True)):
        with place:
            controls.pick(_column(index), title, names, list(names)[index])


def _draw(chosen: Chosen, dims: int) -> None:
    """The sketchpad opens on the axes of the data in use, with its points if they are few."""
    drawing = st.session_state.get("data_taken") == f"draw {dims}" and chosen.id == OWN
    if not drawing:
        st.session_state["data_pad"] = (
            chosen.x if len(chosen.x) <= 300 else np.empty((0, dims)),
            [_padded(column) for column in chosen.x.T],
            chosen.labels,
        )
    start, ranges, labels = st.session_state["data_pad"]
    points = sketchpad(
        start,
        key=f"data_pad_{dims}",
        dims=dims,  # type: ignore[arg-type]
        x_range=ranges[0],
        y_range=ranges[1] if dims == 2 else None,
        x_title=labels[0],
        y_title=labels[1] if dims == 2 else "",
        revision=st.session_state.get("data_pad_revision", 0),
    )
    current = chosen.x if drawing else start
    if len(points) and not np.array_equal(points, current):
        kept = st.session_state["data_own"] if drawing else None
        if kept is None or not np.array_equal(kept.values, points):
            table = Table(_("drawn points"), tuple("xy"[:dims]), points, captions=tuple(labels))
            use(OWN, table)
            st.session_state["data_taken"] = f"draw {dims}"
            st.rerun()


def _padded(column: np.ndarray) -> tuple[float, float]:
    low, high = float(column.min()), float(column.max())
    margin = 0.1 * (high - low) or 1.0
    return low - margin, high + margin
