"""How much is sent: distinct malformed inputs by the way they come in.

`python -m tests.hostile.test_count` prints the table.
"""

from functools import cache

from tests.data.test_own_refused import REFUSED, REFUSED_POINTS, REQUIRED
from tests.hostile.tables import TABLES
from tests.pages.test_every_lesson import NONSENSE

AT_LEAST = {
    "reports of components": 30,
    "states of components": 10,
    "values of widgets": 30,
    "texts in an address": 40,
    "query strings": 20,
    "files": 40,
    "typed points": 15,
    "frames": 10,
    "paths": 25,
}


def mark(case: object) -> object:
    """Equal for equal cases; some are too large for `repr`."""
    if isinstance(case, tuple):
        return tuple(map(mark, case))
    return case if isinstance(case, bytes | str) else repr(case)


@cache
def counts() -> dict[str, int]:
    """Cases by table; those of the other tests that refuse data are counted with them."""
    here = {name: len({mark(case) for case in table.values()}) for name, table in TABLES.items()}
    return here | {
        "data refused (tests/data)": len({mark(case[1]) for case in REFUSED}),
        "typed points refused (tests/data)": len({case[1] for case in REFUSED_POINTS}),
        "tables that a lesson cannot use (tests/data)": len(REQUIRED),
        "settings of every view (tests/pages)": len(set(NONSENSE.values())),
    }


def test_no_case_is_there_twice():
    for name, table in TABLES.items():
        assert counts()[name] == len(table), name


def test_every_way_in_is_tried_and_more_than_two_hundred_times_in_all():
    found = counts()
    for name, least in AT_LEAST.items():
        assert found[name] >= least, name
    assert sum(len(table) for table in TABLES.values()) >= 300
    assert sum(found.values()) >= 450


if __name__ == "__main__":
    for name, count in counts().items():
        print(f"{count:5}  {name}")
    print(f"{sum(counts().values()):5}  in all")
