"""The named data sets: where each comes from, who made it, and how to get it as a Table.

Bundled sets (scikit-learn, plotly) and generators work offline. Real sets that are not ours to
ship are looked up in the folder named by EXPLORER_DATA_DIR, then in the user's cache, and their
SHA-256 is checked at every load. Nothing here touches the network except `fetch`.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from explorer.data import toys
from explorer.data.message import DataError, Message, say
from explorer.data.table import Table
from explorer.i18n import _, n_

VARIABLE = "EXPLORER_DATA_DIR"
CACHE = "generative-explorer"  # name of the folder in the user's cache
COMMAND = "python -m explorer.data fetch {id}"
TIMEOUT = 30  # seconds for a download to answer
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)  # of a disk
TOY_ROWS = 1000
SINE_ROWS = 100

_GITHUB = "https://raw.githubusercontent.com"
_BOOK = f"{_GITHUB}/oreilly-japan/deep-learning-from-scratch-5"
_BOOK += "/8d1d521ea7f578eeb36094d6dcb436fbe125798e"
_DINO = f"{_GITHUB}/tanelp/tiny-diffusion/726b6bbbf2c9e3d23dff9eaea2fda10d0af6a78c"


class DataMissing(DataError):
    """A named set that is not on this computer, or not as it should be, and how to get it."""


@dataclass(frozen=True)
class File:
    """One file of a real set."""

    folder: str
    name: str
    size: int
    sha256: str
    url: str


@dataclass(frozen=True)
class Entry:
    """What is known about a set before it is loaded."""

    id: str
    heading: str  # message id
    captions: tuple[Message | str, ...]  # one for each column
    units: tuple[Message | str, ...]
    source: str
    licence: str
    loader: Callable[["Entry", int, int], Table]
    rows: int
    simulated: bool = False
    file: File | None = None

    @property
    def title(self) -> str:
        """The name to show, in the current language."""
        return _(self.heading)

    @property
    def dims(self) -> int:
        """D, the number of columns."""
        return len(self.captions)

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names that do not change with the language."""
        return tuple(_english(caption) for caption in self.captions)


def entry(id: str) -> Entry:
    """What is known about a set; KeyError for a name that does not exist."""
    return REGISTRY[id]


def choices(dims: int | None = None) -> list[str]:
    """The ids of all sets, or of those with so many columns."""
    return [id for id, one in REGISTRY.items() if dims is None or one.dims == dims]


def available(id: str) -> bool:
    """Whether a set can be loaded here and now: one look at the disk, no network, no reading."""
    file = REGISTRY[id].file
    return file is None or any(_has_size(path, file.size) for path in places(file))


def load(id: str, n: int | None = None, seed: int = 0) -> Table:
    """The set as a table; DataMissing if it is not on this computer.

    `n`: generators draw so many rows, other sets keep so many of theirs, chosen at random.
    """
    found = REGISTRY[id]
    table = found.loader(found, found.rows if n is None else n, seed)
    if n is None or len(table) <= n:
        return table
    kept = np.sort(np.random.default_rng(seed).choice(len(table), size=n, replace=False))
    note = n_("%(count)d of %(total)d rows, chosen at random.")
    remarks = (*table.remarks, say(note, count=n, total=len(table)))
    return replace(table.take(kept), remarks=remarks)


def default(kind: str, n: int | None = None, seed: int = 0) -> Table:
    """The real set for a lesson where it is present, else its simulated, labelled stand-in.

    Kinds: see STAND_INS.
    """
    real, stand_in = STAND_INS[kind]
    try:
        return load(real, n, seed)
    except DataMissing as missing:
        table = load(stand_in, n, seed)
        names = {"real": say(REGISTRY[real].heading), "stand_in": say(REGISTRY[stand_in].heading)}
        if missing.code == "not_here":  # nothing is wrong: most learners come without the files
            note = n_("“%(real)s” is not on this computer; the command “%(command)s” gets it.")
            why = [say(note, command=COMMAND.format(id=real), **names)]
        else:
            note = n_("The set “%(real)s” could not be used, so “%(stand_in)s” is shown instead.")
            why = [say(note, **names), missing.message]
        return replace(table, remarks=(*table.remarks, *why))


def fetch(id: str) -> Path | None:
    """Download a real set into the user's cache and check it; None where nothing is needed.

    The only function that uses the network. Raises DataMissing when that fails.
    """
    one = REGISTRY[id]
    if one.file is None:
        return None
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel("WARNING")
    target = cache_folder() / one.file.folder
    values: dict[str, Any] = {"title": say(one.heading), "folder": str(target), "url": one.file.url}
    try:
        path = pooch.retrieve(
            url=one.file.url,
            known_hash=f"sha256:{one.file.sha256}",
            fname=one.file.name,
            path=target,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except (RequestException, OSError) as error:
        if getattr(error, "errno", None) in NO_ROOM:
            raise not_written(target, error) from error
        text = n_(
            "The set “%(title)s” could not be downloaded (%(reason)s); get online, or put the file"
            " from %(url)s into %(folder)s."
        )
        raise DataMissing("offline", text, reason=type(error).__name__, **values) from error
    except ValueError as error:
        text = n_(
            "What %(url)s sent is not the set “%(title)s” (its SHA-256 differs); try again later."
        )
        raise DataMissing("hash_mismatch", text, **values) from error
    return Path(path)


def not_written(folder: Path, error: OSError) -> DataMissing:
    """A download for which there is no room."""
    text = n_(
        "What was downloaded could not be written into %(folder)s (%(reason)s); make room there, or"
        " allow it to be written, and try again."
    )
    return DataMissing(
        "not_written", text, folder=str(folder), reason=os.strerror(error.errno or 0)
    )


def cache_folder() -> Path:
    """The folder in the user's cache where downloads go."""
    import pooch

    return Path(pooch.os_cache(CACHE))


def places(file: File) -> list[Path]:
    """Where a file may lie, in the order in which it is looked for."""
    named = os.environ.get(VARIABLE)
    folders = [Path(named).expanduser()] if named else []
    folders.append(cache_folder())
    return [path for f in folders for path in (f / file.folder / file.name, f / file.name)]


# --- reading files ------------------------------------------------------------------------------


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


def _read(one: Entry) -> bytes:
    """The bytes of a set's file, from the first place where they are what they should be."""
    assert one.file is not None
    spoiled: Path | None = None
    for path in places(one.file):
        try:
            raw = path.read_bytes()
        except OSError:
            continue
        if hashlib.sha256(raw).hexdigest() == one.file.sha256:
            return raw
        spoiled = spoiled or path
    raise _spoiled(one, spoiled) if spoiled else _absent(one, one.file)


def _spoiled(one: Entry, path: Path) -> DataMissing:
    text = n_(
        "The file %(path)s is not the set “%(title)s” (its SHA-256 differs); delete it and run"
        " “%(command)s”."
    )
    values: dict[str, Any] = {"title": say(one.heading), "command": COMMAND.format(id=one.id)}
    return DataMissing("hash_mismatch", text, path=str(path), **values)


def _absent(one: Entry, file: File) -> DataMissing:
    values: dict[str, Any] = {"title": say(one.heading), "file": file.name}
    values["command"] = COMMAND.format(id=one.id)
    named = os.environ.get(VARIABLE)
    if named and not Path(named).expanduser().is_dir():
        text = n_(
            "The set “%(title)s” is not here because the folder %(folder)s named by %(variable)s"
            " does not exist; correct the variable, or run “%(command)s”."
        )
        return DataMissing("no_data_dir", text, folder=named, variable=VARIABLE, **values)
    folder = Path(named).expanduser() if named else cache_folder()
    text = n_(
        "The set “%(title)s” is not on this computer; run “%(command)s”, or put %(file)s into"
        " %(folder)s."
    )
    return DataMissing("not_here", text, folder=str(folder / file.folder), **values)


# --- loaders: (entry, rows, seed) -> Table ------------------------------------------------------


def _table(one: Entry, values: np.ndarray, **more: Any) -> Table:
    return Table(
        name=one.id,
        columns=one.columns,
        values=values,
        source=one.source,
        simulated=one.simulated,
        units=one.units,
        heading=say(one.heading),
        captions=one.captions,
        **more,
    )


def _numbers(one: Entry, rows: int, seed: int) -> Table:
    """A file of nothing but numbers."""
    values = np.array(_read(one).split(), dtype=np.float64).reshape(-1, one.dims)  # (N, D)
    remarks = (say(_SIMULATED),) if one.simulated else ()
    return _table(one, values, remarks=remarks)


def _dino(one: Entry, rows: int, seed: int) -> Table:
    """The dinosaur among the thirteen sets of the Datasaurus Dozen."""
    lines = [line.split("\t") for line in _read(one).decode("ascii").splitlines()]
    return _table(one, np.array([cells[1:] for cells in lines if cells[0] == "dino"], float))


def _generated(draw: Callable[[int, np.random.Generator], toys.Points]) -> Callable[..., Table]:
    def load(one: Entry, rows: int, seed: int) -> Table:
        values = draw(rows, np.random.default_rng(seed))
        return _table(one, values, remarks=(say(_SIMULATED),))

    return load


def _toy(one: Entry, rows: int, seed: int) -> Table:
    points, part = toys.sample(one.id, rows, np.random.default_rng(seed))
    return _table(one, points, remarks=(say(_SIMULATED),), groups=part)


def _bundled(one: Entry, rows: int, seed: int) -> Table:
    """A set inside scikit-learn."""
    from sklearn import datasets

    found = getattr(datasets, f"load_{one.id}")()
    names = tuple(say(_CLASSES.get(str(name), str(name))) for name in found.target_names)
    groups = found.target.astype(np.int64)
    return _table(one, found.data, groups=groups, group_names=names)


def _gapminder(one: Entry, rows: int, seed: int) -> Table:
    """All countries in the last year of plotly's extract, so that rows are comparable."""
    from plotly import data

    frame = data.gapminder()
    frame = frame[frame["year"] == 2007]
    values = np.stack([frame["gdpPercap"], frame["lifeExp"], frame["pop"] / 1e6], axis=1)
    return _table(one, values, **_grouped(frame["continent"]))


def _tips(one: Entry, rows: int, seed: int) -> Table:
    from plotly import data

    frame = data.tips()
    values = np.stack([frame["total_bill"], frame["tip"], frame["size"]], axis=1)
    return _table(one, values, **_grouped(frame["time"]))


def _grouped(labels: object) -> dict[str, Any]:
    names, groups = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    shown = tuple(say(_CLASSES.get(str(name), str(name))) for name in names)
    return {"groups": groups.astype(np.int64), "group_names": shown}


# --- the table of sets --------------------------------------------------------------------------

_SIMULATED = n_("These numbers were simulated, not measured.")
_CLASSES = {
    name: name
    for name in (
        *(n_("setosa"), n_("versicolor"), n_("virginica"), n_("malignant"), n_("benign")),
        *(n_("Africa"), n_("Americas"), n_("Asia"), n_("Europe"), n_("Oceania")),
        *(n_("Dinner"), n_("Lunch")),
    )
}
_X_Y = ("x", "y")
_CM, _MIN = "cm", say(n_("minutes"))
_CELL = (
    *(n_("radius"), n_("texture"), n_("perimeter"), n_("area"), n_("smoothness")),
    *(n_("compactness"), n_("concavity"), n_("concave points"), n_("symmetry")),
    n_("fractal dimension"),
)
_CELL_CAPTIONS = tuple(
    say(template, what=say(what))
    for template in (n_("mean %(what)s"), n_("%(what)s error"), n_("worst %(what)s"))
    for what in _CELL
)
_WINE = (
    *(n_("alcohol"), n_("malic acid"), n_("ash"), n_("alkalinity of ash"), n_("magnesium")),
    *(n_("total phenols"), n_("flavonoids"), n_("nonflavonoid phenols"), n_("proanthocyanins")),
    *(n_("colour intensity"), n_("colour hue"), n_("OD280/OD315 of diluted wine"), n_("proline")),
)
_UCI = "CC BY 4.0 (UCI Machine Learning Repository)"
_OWN = "Drawn by this program; free to use"
_GEYSER_COLUMNS = (say(n_("eruption length")), say(n_("waiting time")))
_HEIGHT = say(n_("body height"))
_WEIGHT = say(n_("body weight"))
_SOCR = (
    "25,000 simulated records after a 1993 growth survey in Hong Kong, SOCR (UCLA); file of"
    " “Deep Learning from Scratch 5” (O'Reilly Japan)"
)
_SOCR_LICENCE = "MIT (repository of the book); the licence of the SOCR data is not stated"


def _english(caption: Message | str) -> str:
    if isinstance(caption, str):
        return caption
    return caption.text % {
        key: _english(value) if isinstance(value, Message) else value
        for key, value in caption.values.items()
    }


def _toy_entry(id: str, heading: str) -> Entry:
    return Entry(id, heading, _X_Y, ("", ""), "", _OWN, _toy, TOY_ROWS, simulated=True)


_ENTRIES = (
    Entry(
        "old_faithful",
        n_("Old Faithful geyser"),
        _GEYSER_COLUMNS,
        (_MIN, _MIN),
        "Azzalini & Bowman (1990), A look at some data on the Old Faithful geyser, Applied"
        " Statistics 39, 357-365",
        "Distributed with R; this file: MIT (repository of “Deep Learning from Scratch 5”)",
        _numbers,
        272,
        file=File(
            "old_faithful",
            "old_faithful.txt",
            2253,
            "524af5093c5b20e1e044591fd9a4d4202bd86cf5fb7228b66fbb837af98cf144",
            f"{_BOOK}/step04/old_faithful.txt",
        ),
    ),
    Entry(
        "heights",
        n_("25,000 heights"),
        (_HEIGHT,),
        (_CM,),
        _SOCR,
        _SOCR_LICENCE,
        _numbers,
        25_000,
        simulated=True,
        file=File(
            "heights",
            "height.txt",
            275_000,
            "ffd6d443e89b397f7d1282e81e699382de831ca9e1c1d65513afbb8123e9fed7",
            f"{_BOOK}/step02/height.txt",
        ),
    ),
    Entry(
        "height_weight",
        n_("25,000 heights and weights"),
        (_HEIGHT, _WEIGHT),
        (_CM, "kg"),
        _SOCR,
        _SOCR_LICENCE,
        _numbers,
        25_000,
        simulated=True,
        file=File(
            "heights",
            "height_weight.txt",
            525_000,
            "a149dacbc33240e398020604e2d1f19b11fa9a5bfaccdde3f1c5df98458fe3a0",
            f"{_BOOK}/step03/height_weight.txt",
        ),
    ),
    Entry(
        "datasaurus",
        n_("Datasaurus"),
        _X_Y,
        ("", ""),
        "Alberto Cairo's dinosaur in Matejka & Fitzmaurice (2017), Same stats, different graphs,"
        " CHI 2017",
        "Not stated by the source",
        _dino,
        142,
        file=File(
            "datasaurus",
            "DatasaurusDozen.tsv",
            64_046,
            "c8c4792c3ed15238ba07dad6ab778adc79d72e3e1324ead4d8c1ae52849780f8",
            f"{_DINO}/static/DatasaurusDozen.tsv",
        ),
    ),
    Entry(
        "simulated_geyser",
        n_("Old Faithful geyser, simulated"),
        _GEYSER_COLUMNS,
        (_MIN, _MIN),
        "Drawn from two Gaussians fitted to the data of Azzalini & Bowman (1990)",
        _OWN,
        _generated(toys.geyser),
        toys.GEYSER_ROWS,
        simulated=True,
    ),
    Entry(
        "simulated_heights",
        n_("Heights, simulated"),
        (_HEIGHT,),
        (_CM,),
        "Drawn from a normal distribution with the moments of the SOCR heights",
        _OWN,
        _generated(toys.heights),
        toys.HEIGHT_ROWS,
        simulated=True,
    ),
    Entry(
        "simulated_height_weight",
        n_("Heights and weights, simulated"),
        (_HEIGHT, _WEIGHT),
        (_CM, "kg"),
        "Drawn from a normal distribution with the moments of the SOCR heights and weights",
        _OWN,
        _generated(toys.heights_weights),
        toys.HEIGHT_ROWS,
        simulated=True,
    ),
    Entry(
        "noisy_sine",
        n_("Noisy sine wave"),
        _X_Y,
        ("", ""),
        "y = sin 2πx + noise, x and noise uniform on [0, 1): the curve fitted by a first network in"
        " Saito, Deep Learning from Scratch (O'Reilly Japan)",
        _OWN,
        _generated(toys.noisy_sine),
        SINE_ROWS,
        simulated=True,
    ),
    _toy_entry("moons", n_("Two moons")),
    _toy_entry("rings", n_("Three rings")),
    _toy_entry("spirals", n_("Two spirals")),
    _toy_entry("eight_gaussians", n_("Eight Gaussians")),
    _toy_entry("checkerboard", n_("Checkerboard")),
    _toy_entry("blobs", n_("Three unequal Gaussians")),
    Entry(
        "iris",
        n_("Iris flowers"),
        (
            *(say(n_("sepal length")), say(n_("sepal width"))),
            *(say(n_("petal length")), say(n_("petal width"))),
        ),
        (_CM,) * 4,
        "Fisher (1936), The use of multiple measurements in taxonomic problems; bundled with"
        " scikit-learn",
        _UCI,
        _bundled,
        150,
    ),
    Entry(
        "wine",
        n_("Wines of three growers"),
        tuple(say(name) for name in _WINE),
        ("",) * 13,
        "Forina et al. (1991), PARVUS; bundled with scikit-learn",
        _UCI,
        _bundled,
        178,
    ),
    Entry(
        "breast_cancer",
        n_("Breast cancer cells"),
        _CELL_CAPTIONS,
        ("",) * 30,
        "Street, Wolberg & Mangasarian (1993), Nuclear feature extraction for breast tumor"
        " diagnosis; bundled with scikit-learn",
        _UCI,
        _bundled,
        569,
    ),
    Entry(
        "digits",
        n_("Handwritten digits, 8 × 8"),
        tuple(
            say(n_("pixel (%(row)d, %(column)d)"), row=row, column=column)
            for row in range(8)
            for column in range(8)
        ),
        ("",) * 64,
        "Alpaydin & Kaynak (1998), Optical recognition of handwritten digits; bundled with"
        " scikit-learn",
        _UCI,
        _bundled,
        1797,
    ),
    Entry(
        "gapminder",
        n_("Countries in 2007 (Gapminder)"),
        (
            say(n_("income per person")),
            say(n_("life expectancy")),
            say(n_("number of people")),
        ),
        ("$", say(n_("years")), say(n_("millions"))),
        "Gapminder.org, extract of 142 countries; bundled with plotly",
        "CC BY 4.0 (Gapminder.org)",
        _gapminder,
        142,
    ),
    Entry(
        "tips",
        n_("Tips in a restaurant"),
        (say(n_("total bill")), say(n_("tip left")), say(n_("people at the table"))),
        ("$", "$", ""),
        "Bryant & Smith (1995), Practical data analysis; bundled with plotly",
        "Not stated by the source",
        _tips,
        244,
    ),
)
REGISTRY: Mapping[str, Entry] = MappingProxyType({one.id: one for one in _ENTRIES})

# What a lesson asks for: (the real set, the generator that stands in for it).
STAND_INS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "geyser": ("old_faithful", "simulated_geyser"),
        "heights": ("heights", "simulated_heights"),
        "height_weight": ("height_weight", "simulated_height_weight"),
        "dino": ("datasaurus", "moons"),
    }
)
