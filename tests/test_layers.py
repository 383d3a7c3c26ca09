"""The shape of the house: who may import whom, how long a displayed file may be, what is banned.

Everything here reads the source (`ast`), so a rule also holds for imports inside functions.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from explorer import catalog
from tests.conftest import NetworkUsed

ROOT = catalog.ROOT
PAGES = sorted((ROOT / "pages").rglob("*.py"))
EXPLORER = sorted((ROOT / "explorer").rglob("*.py"))
SOURCES = [*EXPLORER, *PAGES, ROOT / "streamlit_app.py"]
MODELS = sorted((ROOT / "explorer" / "models").rglob("*.py"))

#: Part of the house -> parts of ours it may import. Arrows point downwards, so there is no cycle.
BELOW: dict[str, set[str]] = {
    "i18n": set(),
    "models": set(),
    "catalog": {"i18n"},
    "lessons": {"i18n"},
    "metrics": {"models"},
    "data": {"models", "i18n"},
    "training": {"models", "metrics", "data", "catalog", "checkpoints"},
    "checkpoints": {"catalog", "models", "i18n"},
    "inference": {"models", "data", "checkpoints", "training"},
    "sampling": {"models", "inference", "training"},
    "figures": {"models", "metrics", "data", "checkpoints", "i18n"},
    "components": {"figures", "i18n"},
    "ui": {
        *{"components", "figures", "lessons", "metrics", "data", "models", "catalog", "i18n"},
        *{"inference", "checkpoints", "training", "sampling"},
    },
}
BELOW["__main__"] = {"training", "checkpoints", "data"}
BELOW["pages"] = {"ui", *BELOW["ui"]}

#: Packages of others that must not appear in a part.
FOREIGN_TO = {
    "figures": {"streamlit", "torch", "sklearn"},
    "data": {"streamlit", "torch"},  # plotly brings two tables of its own
    "metrics": {"streamlit", "torch", "plotly"},
    "lessons": {"streamlit", "torch", "plotly", "numpy"},
    "catalog": {"streamlit", "torch", "plotly", "numpy"},
    "i18n": {"streamlit", "torch", "plotly", "numpy"},
    "components": {"torch", "sklearn", "scipy"},
    "ui": {"torch", "sklearn", "scipy"},
    "pages": {
        "torch",
        "plotly",
    },  # no plotting code on a page; scipy only as an oracle in "Checked"
}
MODEL_LIBRARIES = {"numpy", "scipy", "torch", "einops"}
#: The estimator's manners (constructor, checks, attributes), next to the algorithm they serve.
ESTIMATOR = {"gmm.py", "gmm_start.py"}
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
MAY_BE_BUILT = {"Generator", "default_rng", "SeedSequence", "PCG64", "RandomState", "BitGenerator"}


@lru_cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def part(path: Path) -> str:
    """The part of the house a file belongs to: "models", "ui", …; "pages" for the entry too."""
    names = path.relative_to(ROOT).with_suffix("").parts
    return names[1] if names[0] == "explorer" else "pages"


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports, wherever the import stands."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def ours(path: Path) -> set[str]:
    """The parts of ours that a file imports, other than its own."""
    found = set()
    for dotted in imports(path):
        names = dotted.split(".")
        if names[0] == "explorer" and len(names) > 1:
            found.add(names[1])
        assert names[0] not in ("pages", "streamlit_app", "tests"), f"{path} imports {dotted}"
    return found - {part(path)}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_run_downwards_only(path):
    if path == ROOT / "explorer" / "__init__.py":
        assert not ours(path)
        return
    assert ours(path) <= BELOW[part(path)]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_part_uses_only_its_libraries(path):
    top = {dotted.split(".")[0] for dotted in imports(path)}
    assert not top & FOREIGN_TO.get(part(path), set())
    if path in MODELS:
        foreign = top - set(sys.stdlib_module_names) - MODEL_LIBRARIES - {"explorer"}
        assert foreign <= ({"sklearn"} if path.name in ESTIMATOR else set())
    assert not top & PICKLES
    assert "importlib" not in top, "an import by name escapes these rules"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_builds_no_figure(path):
    """Figures come from explorer.figures, so that scripts and tests can build them too."""
    calls = {dotted_name(n.func) for n in ast.walk(tree(path)) if isinstance(n, ast.Call)}
    drawing = re.compile(r"^(go|px|plotly)\.|\.add_(trace|shape|annotation)$|\.update_layout$")
    assert not {name for name in calls if drawing.search(name)}


def test_the_table_of_parts_names_every_part():
    names = {path.relative_to(ROOT / "explorer").parts[0] for path in EXPLORER}
    parts = {name.removesuffix(".py") for name in names} - {"__init__", "__main__"}
    assert parts == set(BELOW) - {"pages", "__main__"}


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_displayed_code_is_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (250 if path.name == "gmm.py" else 150)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 25, f"{path.name}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", MODELS, ids=name_of)
def test_displayed_code_says_what_it_is(path):
    """A module docstring everywhere; one on each public function and class."""
    assert ast.get_docstring(tree(path))
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


def dotted_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_randomness_is_an_argument(path):
    """Many learners share one process: no global seed, no draw from a global generator."""
    assert "random" not in set(imports(path)), "the module `random` is one global generator"
    for node in ast.walk(tree(path)):
        name = dotted_name(node)
        if name.startswith(("np.random.", "numpy.random.")):
            assert name.split(".")[2] in MAY_BE_BUILT, name
        assert name not in ("torch.manual_seed", "torch.seed", "torch.set_rng_state"), name


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_unpickled_or_evaluated(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            assert dotted_name(node.func) not in ("eval", "exec", "torch.load", "pd.read_pickle")
            assert "allow_pickle" not in {keyword.arg for keyword in node.keywords}


def test_the_catalogue_and_the_files_agree():
    for entry in catalog.LESSONS:
        assert entry.part in catalog.PARTS
        assert (ROOT / entry.path).is_file()
        for language in ("en", "ko"):
            assert (ROOT / "explorer" / "lessons" / language / f"{entry.slug}.md").is_file()
    order = [entry.slug for entry in catalog.LESSONS]
    assert len(set(order)) == len(order)
    for entry in catalog.LESSONS:  # nothing is built on what comes later or does not exist
        assert set(entry.needs) <= set(order[: order.index(entry.slug)])
    for path in PAGES:
        assert path.stem in (*order, "home"), f"{name_of(path)} is in no navigation"


#: What must not be loaded by opening lessons: torch takes seconds and 200 MB.
PROBE = """
import json, sys
from tests.pages.helpers import open_lesson
from explorer import catalog
heavy = {}
for entry in catalog.LESSONS:
    if entry.part in ("latent", "diffusion") or entry.slug == "network":
        continue  # these show what a network paints
    open_lesson(entry.slug)
    open_lesson(entry.slug, "ko", alone=True)
    heavy[entry.slug] = sorted({"torch", "sklearn"} & set(sys.modules))
print(json.dumps(heavy))
"""


def test_a_lesson_without_a_network_loads_neither_torch_nor_scikit_learn(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert result.returncode == 0, result.stderr
    heavy = json.loads(result.stdout.strip().splitlines()[-1])
    assert set(heavy) >= {entry.slug for entry in catalog.LESSONS if entry.part == "foundations"}
    assert not any(heavy.values()), heavy


def test_requirements_are_pinned_and_complete():
    """Whoever follows the README gets what these tests saw, and nothing is missing."""
    pinned = {}
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert version, f"{line!r} is not pinned"
            pinned[name.lower()] = version
    distributions = {"sklearn": "scikit-learn", "google": "protobuf"}
    distributions["requests"] = "pooch"  # which downloads with it
    used = {dotted.split(".")[0] for path in SOURCES for dotted in imports(path)}
    foreign = used - set(sys.stdlib_module_names) - {"explorer"}
    assert {distributions.get(name, name) for name in foreign} <= set(pinned)


def test_collection_after_each_rerun_is_off_and_nothing_is_reported_home():
    """The two settings that the speed and the privacy of every lesson rest on."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["showEmailPrompt"] is False
    assert settings["client"]["showErrorDetails"] == "none"


def test_tests_have_no_network():
    import socket

    with pytest.raises(NetworkUsed):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkUsed):
        socket.getaddrinfo("example.org", 443)
