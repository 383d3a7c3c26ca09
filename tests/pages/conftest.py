"""Pages leave no work behind: what a test has started is not computed beside the next one."""

from collections.abc import Iterator

import pytest

from explorer import sampling


@pytest.fixture(autouse=True)
def nobody_waits() -> Iterator[None]:
    """Stop what the page has asked to be sampled; each test asks anew, unless it is finished."""
    yield
    sampling.SERVICE.stop()
