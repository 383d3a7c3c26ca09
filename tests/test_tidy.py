"""Memory that has been freed goes back to the computer while the server runs."""

import subprocess
import sys

import pytest

from explorer import catalog

KEPT_IN_PIECES = """
import asyncio
from explorer.ui.app import tidy

def resident():
    lines = open("/proc/self/status")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

kept = [bytearray(9000) for _ in range(30_000)][::50]  # 270 MB, and little of it stays

async def main():
    before = resident()
    task = asyncio.create_task(tidy(0.01))
    await asyncio.sleep(1)
    task.cancel()
    print(before - resident())

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked")
def test_freed_memory_goes_back():
    done = subprocess.run(
        [sys.executable, "-c", KEPT_IN_PIECES],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=catalog.ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 150  # MiB
