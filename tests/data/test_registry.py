"""Named sets: what they hold, that they are what they claim, and what happens when they are not."""

import functools
import hashlib
import http.server
import re
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer import i18n
from explorer.data import registry
from explorer.data.__main__ import main
from explorer.data.message import DataError
from tests.data.test_own_refused import assert_clear

REAL = [id for id, one in registry.REGISTRY.items() if one.file]
OFFLINE = [id for id in registry.REGISTRY if id not in REAL]


def need(id: str) -> None:
    if not registry.available(id):
        pytest.skip(f"{id} is not on this computer: {registry.COMMAND.format(id=id)}")


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """No data folder named, and an empty user cache."""
    monkeypatch.delenv(registry.VARIABLE, raising=False)
    monkeypatch.setattr(registry, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path


@pytest.fixture
def tiny(nowhere, monkeypatch) -> bytes:
    """`old_faithful` replaced by three known rows."""
    raw = b"3.6 79\n1.8 54\n3.333 74\n"
    one = registry.REGISTRY["old_faithful"]
    file = replace(one.file, size=len(raw), sha256=hashlib.sha256(raw).hexdigest())
    entries = dict(registry.REGISTRY) | {"old_faithful": replace(one, file=file, rows=3)}
    monkeypatch.setattr(registry, "REGISTRY", entries)
    return raw


def put(path: Path, raw: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


# --- every set ----------------------------------------------------------------------------------


@pytest.mark.parametrize("id", registry.REGISTRY)
def test_a_set_is_what_its_entry_says(id):
    need(id)
    one, table = registry.entry(id), registry.load(id)
    assert one.id == id == table.name
    assert table.values.shape == (one.rows, one.dims) and np.isfinite(table.values).all()
    assert table.columns == one.columns and len(set(one.columns)) == one.dims
    assert table.simulated == one.simulated == any("simulated" in note for note in table.notes)
    assert table.title == one.title and table.source == one.source
    assert one.licence and (one.source or one.simulated)
    if table.groups is not None and table.group_names:
        assert set(np.unique(table.groups)) == set(range(len(table.group_names)))


@pytest.mark.parametrize("id", registry.REGISTRY)
def test_titles_and_columns_speak_both_languages(id):
    one = registry.entry(id)
    english = one.title, [str(caption) for caption in one.captions]
    i18n.use("ko")
    korean = one.title, [str(caption) for caption in one.captions]
    i18n.use("en")
    assert english[0] != korean[0] and re.search("[가-힣]", korean[0])
    for name, translated in zip(english[1], korean[1], strict=True):
        assert name in ("x", "y") or (name != translated and re.search("[가-힣]", translated))


@pytest.mark.parametrize("id", OFFLINE)
def test_offline_sets_are_always_there(id, nowhere):
    assert registry.available(id)
    assert len(registry.load(id)) == registry.entry(id).rows
    assert registry.fetch(id) is None


def test_choices_by_dimension():
    assert set(registry.choices()) == set(registry.REGISTRY)
    assert "moons" in registry.choices(2) and "iris" not in registry.choices(2)
    assert set(registry.choices(1)) == {"heights", "simulated_heights"}
    with pytest.raises(KeyError):
        registry.entry("no such set")


def test_bundled_sets_hold_their_known_numbers():
    iris = registry.load("iris")
    np.testing.assert_allclose(iris.values.mean(axis=0), [5.843, 3.057, 3.758, 1.199], atol=1e-3)
    assert iris.labels[0] == "sepal length (cm)" and iris.group_names[0].text == "setosa"
    gapminder = registry.load("gapminder")
    assert gapminder.columns == ("income per person", "life expectancy", "number of people")
    np.testing.assert_allclose(
        gapminder.values.mean(axis=0), [11680.07, 67.007, 44.0212], rtol=1e-4
    )
    tips = registry.load("tips")
    np.testing.assert_allclose(tips.values.mean(axis=0), [19.7859, 2.9983, 2.5697], atol=1e-3)
    digits = registry.load("digits")
    assert digits.values.max() == 16 and digits.dims == 64
    assert registry.load("wine").columns[0] == "alcohol"
    cancer = registry.load("breast_cancer")
    assert cancer.columns[::10] == ("mean radius", "radius error", "worst radius")
    assert cancer.values[:, 20].min() >= cancer.values[:, 0].min()


def test_columns_stand_in_the_order_of_scikit_learn():
    from sklearn import datasets

    spelling = {"flavanoids": "flavonoids", "nonflavanoid": "nonflavonoid", "color_": "colour_"}
    spelling |= {"alcalinity": "alkalinity", "/": "/"}
    for id in ("wine", "breast_cancer", "iris"):
        theirs = getattr(datasets, f"load_{id}")().feature_names
        for mine, name in zip(registry.entry(id).columns, theirs, strict=True):
            for old, new in spelling.items():
                name = name.replace(old, new)
            name = name.replace("_", " ").removesuffix(" (cm)").lower()
            mine = mine.replace("colour hue", "hue").lower()
            assert (
                mine == name
                or set(mine.split()) == set(name.replace("/", " ").split())
                or (mine.startswith("od280/od315") and name.startswith("od280/od315"))
            )


def test_generators_draw_as_many_rows_as_asked_with_the_seed_given():
    first, again = registry.load("moons", n=37, seed=1), registry.load("moons", n=37, seed=1)
    np.testing.assert_array_equal(first.values, again.values)
    assert len(first) == 37 and len(first.groups) == 37
    assert not np.array_equal(first.values, registry.load("moons", n=37, seed=2).values)
    assert first.simulated and len(first.notes) == 1


def test_other_sets_give_a_random_part_and_say_so():
    whole, part = registry.load("iris"), registry.load("iris", n=30, seed=3)
    assert len(part) == 30 and "30 of 150 rows" in part.notes[-1]
    rows = {tuple(row): group for row, group in zip(whole.values, whole.groups, strict=True)}
    assert all(tuple(row) in rows for row in part.values)
    assert len(set(part.groups)) == 3  # not the first rows, which are all of one kind
    np.testing.assert_array_equal(part.values, registry.load("iris", n=30, seed=3).values)
    assert len(registry.load("iris", n=10_000)) == 150 and registry.load("iris", 10_000).notes == ()


# --- real files ---------------------------------------------------------------------------------


def test_old_faithful_holds_the_published_numbers():
    need("old_faithful")
    table = registry.load("old_faithful")
    np.testing.assert_array_equal(table.values[:3], [[3.6, 79], [1.8, 54], [3.333, 74]])
    np.testing.assert_allclose(table.values.mean(axis=0), [3.487783, 70.897059], atol=1e-6)
    np.testing.assert_allclose(table.values.std(axis=0, ddof=1), [1.141371, 13.594974], atol=1e-6)
    assert table.labels == ("eruption length (minutes)", "waiting time (minutes)")
    assert not table.simulated


def test_heights_hold_the_published_numbers_and_admit_to_being_simulated():
    need("heights")
    need("height_weight")
    heights, both = registry.load("heights"), registry.load("height_weight")
    assert heights.simulated and both.simulated
    np.testing.assert_array_equal(heights.values[:, 0], both.values[:, 0])
    assert heights.values.mean() == pytest.approx(172.7025, abs=5e-5)
    assert heights.values.std() == pytest.approx(4.8302, abs=5e-5)
    np.testing.assert_allclose(both.values.mean(axis=0), [172.7025, 57.6422], atol=5e-5)
    expected = [[23.3315, 12.8474], [12.8474, 27.9766]]
    np.testing.assert_allclose(np.cov(both.values.T), expected, atol=5e-5)


def test_the_dinosaur_has_the_statistics_of_its_dozen():
    need("datasaurus")
    values = registry.load("datasaurus").values
    np.testing.assert_array_equal(values[0], [55.3846, 97.1795])  # the others share the rest
    np.testing.assert_allclose(values.mean(axis=0), [54.26, 47.83], atol=0.01)
    np.testing.assert_allclose(values.std(axis=0, ddof=1), [16.77, 26.94], atol=0.01)
    assert np.corrcoef(values.T)[0, 1] == pytest.approx(-0.06, abs=0.01)


def test_the_simulated_geyser_resembles_the_real_one():
    need("old_faithful")
    real = registry.load("old_faithful").values
    drawn = registry.load("simulated_geyser", n=20_000).values
    assert len(registry.load("simulated_geyser")) == len(real)
    np.testing.assert_allclose(drawn.mean(axis=0), real.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(real.T), rtol=0.04)


# --- missing, spoiled, misplaced ----------------------------------------------------------------


@pytest.mark.parametrize("id", REAL)
def test_a_missing_set_names_the_folder_and_the_command(id, nowhere, monkeypatch):
    folder = nowhere / "data"
    folder.mkdir()
    monkeypatch.setenv(registry.VARIABLE, str(folder))
    assert not registry.available(id)
    with pytest.raises(registry.DataMissing) as caught:
        registry.load(id)
    error, file = caught.value, registry.entry(id).file
    assert error.code == "not_here" and isinstance(error, DataError)
    for piece in (str(folder / file.folder), file.name, f"python -m explorer.data fetch {id}"):
        assert piece in str(error)
    assert_quoted_clear(error)


def assert_quoted_clear(error: DataError) -> None:
    """As `assert_clear`, with paths and addresses, which hold points, out of the way."""
    values = {
        key: "x" if key in ("folder", "file", "path", "url", "command") else value
        for key, value in error.message.values.items()
    }
    assert_clear(DataError(error.code, error.message.text, **values))


def test_without_a_named_folder_the_cache_is_named(nowhere):
    with pytest.raises(registry.DataMissing) as caught:
        registry.load("heights")
    assert caught.value.code == "not_here"
    assert str(nowhere / "cache" / "heights") in str(caught.value)


def test_a_named_folder_that_does_not_exist(nowhere, monkeypatch):
    monkeypatch.setenv(registry.VARIABLE, str(nowhere / "gone"))
    with pytest.raises(registry.DataMissing) as caught:
        registry.load("heights")
    assert caught.value.code == "no_data_dir"
    assert str(nowhere / "gone") in str(caught.value) and registry.VARIABLE in str(caught.value)
    assert_quoted_clear(caught.value)
    assert registry.default("heights", n=10).simulated


@pytest.mark.parametrize("where", ["data/old_faithful", "data", "cache/old_faithful"])
def test_a_file_is_found_in_each_of_its_places(where, tiny, nowhere, monkeypatch):
    monkeypatch.setenv(registry.VARIABLE, str(nowhere / "data"))
    put(nowhere / where / "old_faithful.txt", tiny)
    assert registry.available("old_faithful")
    expected = [[3.6, 79], [1.8, 54], [3.333, 74]]
    np.testing.assert_array_equal(registry.load("old_faithful").values, expected)


def test_a_spoiled_file_is_refused_at_every_load(tiny, nowhere):
    path = put(nowhere / "cache/old_faithful/old_faithful.txt", tiny)
    registry.load("old_faithful")
    path.write_bytes(tiny.replace(b"54", b"55"))  # the same size, so it still looks available
    assert registry.available("old_faithful")
    with pytest.raises(registry.DataMissing) as caught:
        registry.load("old_faithful")
    assert caught.value.code == "hash_mismatch"
    assert str(path) in str(caught.value) and "fetch old_faithful" in str(caught.value)
    assert_quoted_clear(caught.value)


def test_a_sound_copy_is_used_where_the_first_is_spoiled(tiny, nowhere, monkeypatch):
    monkeypatch.setenv(registry.VARIABLE, str(nowhere / "data"))
    put(nowhere / "data/old_faithful/old_faithful.txt", b"1 2\n")
    put(nowhere / "cache/old_faithful/old_faithful.txt", tiny)
    assert len(registry.load("old_faithful")) == 3


def test_a_file_of_another_size_is_not_available(tiny, nowhere):
    put(nowhere / "cache/old_faithful/old_faithful.txt", tiny + b"\n")
    assert not registry.available("old_faithful")
    folder = nowhere / "cache/heights/height.txt"
    folder.mkdir(parents=True)  # a folder where a file should be
    assert not registry.available("heights")
    with pytest.raises(registry.DataMissing):
        registry.load("heights")


@pytest.mark.parametrize("kind", registry.STAND_INS)
def test_the_default_is_a_labelled_stand_in_where_the_real_set_is_missing(kind, nowhere):
    real, stand_in = registry.STAND_INS[kind]
    table = registry.default(kind, n=50, seed=4)
    assert table.name == stand_in and table.simulated and len(table) == 50
    assert table.dims == registry.entry(real).dims
    simulated, missing = table.notes
    assert "simulated" in simulated and registry.entry(real).title in missing
    assert f"python -m explorer.data fetch {real}" in missing
    assert str(nowhere) not in missing  # a learner far away has nothing to do with this disk


def test_a_stand_in_for_a_spoiled_set_says_what_is_wrong_with_it(tiny, nowhere):
    put(nowhere / "cache/old_faithful/old_faithful.txt", tiny[:-1] + b"x")
    table = registry.default("geyser")
    assert table.simulated and len(table.notes) == 3
    assert "could not be used" in table.notes[1] and "differs" in table.notes[2]


def test_the_default_is_the_real_set_where_it_is_present(tiny, nowhere):
    put(nowhere / "cache/old_faithful/old_faithful.txt", tiny)
    table = registry.default("geyser")
    assert table.name == "old_faithful" and not table.simulated and table.notes == ()


# --- the network --------------------------------------------------------------------------------


def test_loading_never_touches_the_network(nowhere, monkeypatch):
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, touched)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, touched)
    for id in registry.REGISTRY:
        registry.available(id)
        try:
            registry.load(id)
        except registry.DataMissing:
            assert id in REAL
    for kind in registry.STAND_INS:
        registry.default(kind, n=5)
    with pytest.raises(AssertionError, match="touched"):  # the trap itself works
        registry.fetch("heights")


def test_fetching_offline_says_so(nowhere, monkeypatch):
    def offline(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(registry.DataMissing) as caught:
        registry.fetch("heights")
    assert caught.value.code == "offline"
    for piece in (registry.entry("heights").file.url, str(nowhere / "cache" / "heights")):
        assert piece in str(caught.value)
    assert_quoted_clear(caught.value)
    assert not (nowhere / "cache/heights/height.txt").exists()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tiny, nowhere, monkeypatch):
    """A server on this computer that holds the three rows."""
    put(nowhere / "www/old_faithful.txt", tiny)
    handler = functools.partial(Quiet, directory=str(nowhere / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        one = registry.REGISTRY["old_faithful"]
        url = f"http://127.0.0.1:{server.server_port}/old_faithful.txt"
        entries = dict(registry.REGISTRY)
        entries["old_faithful"] = replace(one, file=replace(one.file, url=url))
        monkeypatch.setattr(registry, "REGISTRY", entries)
        yield nowhere
        server.shutdown()


def test_fetching_puts_a_checked_file_into_the_cache(server, capsys):
    assert main(["fetch", "old_faithful", "moons"]) == 0
    out = capsys.readouterr().out
    assert "old_faithful.txt" in out and "moons: nothing to download" in out
    assert registry.available("old_faithful") and len(registry.load("old_faithful")) == 3
    assert registry.fetch("old_faithful") == server / "cache/old_faithful/old_faithful.txt"


def test_fetching_mends_a_spoiled_file(server, tiny):
    path = put(server / "cache/old_faithful/old_faithful.txt", tiny.replace(b"54", b"55"))
    registry.fetch("old_faithful")
    assert path.read_bytes() == tiny


def test_a_download_that_is_something_else_is_refused(server, capsys):
    put(server / "www/old_faithful.txt", b"<html>moved</html>")
    with pytest.raises(registry.DataMissing) as caught:
        registry.fetch("old_faithful")
    assert caught.value.code == "hash_mismatch"
    assert_quoted_clear(caught.value)
    assert not registry.available("old_faithful")
    assert not (server / "cache/old_faithful/old_faithful.txt").exists()
    assert main(["fetch", "old_faithful"]) == 1
    assert "SHA-256" in capsys.readouterr().err


def test_a_page_that_is_gone_counts_as_no_download(server):
    (server / "www/old_faithful.txt").unlink()
    with pytest.raises(registry.DataMissing) as caught:
        registry.fetch("old_faithful")
    assert caught.value.code == "offline"


def test_a_cache_that_cannot_be_written(nowhere, monkeypatch):
    put(nowhere / "cache", b"a file where the folder should be")
    with pytest.raises(registry.DataMissing) as caught:
        registry.fetch("heights")
    assert caught.value.code == "offline" and str(nowhere / "cache") in str(caught.value)


def test_the_command_line_lists_and_complains(nowhere, capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(registry.REGISTRY)
    assert any(line.startswith("heights ") and "fetch heights" in line for line in lines)
    assert any(line.startswith("moons ") and line.endswith("here") for line in lines)
    assert main(["fetch", "no_such_set"]) == 1
    assert main(["fetch"]) == 2 and main(["what"]) == 2
    assert "usage" in capsys.readouterr().err


def test_urls_name_a_commit_and_sums_are_whole():
    for id in REAL:
        file = registry.entry(id).file
        assert re.search(r"/[0-9a-f]{40}/", file.url) and file.url.endswith(file.name)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.size > 0


# --- importing ----------------------------------------------------------------------------------


def test_importing_is_cheap():
    """A page that only draws a toy should not pay for scikit-learn or pandas."""
    code = (
        "import sys\n"
        "from explorer.data import own, registry, table, toys\n"
        "heavy = {'sklearn', 'scipy', 'pandas', 'plotly', 'pooch', 'requests', 'torch'}\n"
        "own.parse('1,2\\n3,4'); registry.load('moons')\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
