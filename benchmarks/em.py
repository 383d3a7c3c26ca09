"""EM for Gaussian mixtures: ours beside scikit-learn's. Run: python -m benchmarks.em [--quick]

Both start from the same weights, means and precisions and make the same number of iterations
(tol=0), so they do the same work and must end at the same parameters. Times alternate between the
two in one process; a ratio is the median over the pairs, below 1 if ours is faster. The ratio of
processor seconds (all threads) says the same on a machine that others use too. Memory is the
rise of resident memory during fit (VmHWM after it less VmRSS before, Linux), each in a process of
its own that has already imported the library, read the points and fitted a few of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from explorer.models.mixture import Mixture

ITERATIONS = 20
CASES = [  # points, dimensions, components, covariance type
    (1_000_000, 2, 8, "full"),
    (10_000, 2, 3, "full"),
    (100_000, 16, 8, "full"),
    (100_000, 16, 8, "diag"),
    (100_000, 2, 8, "tied"),
    (100_000, 2, 8, "spherical"),
]


def make_points(n: int, d: int, k: int) -> np.ndarray:
    """(n, d) draws from k overlapping components with scales between 0.3 and 3, seed 0."""
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(k, d, d)) * 0.5 + np.eye(d) * generator.uniform(0.3, 3, d)
    truth = Mixture(
        np.full(k, 1 / k), generator.normal(size=(k, d)) * 4, factors @ factors.transpose(0, 2, 1)
    )
    return truth.sample(n, generator)[0]


def estimator(library: str, points: np.ndarray, k: int, covariance_type: str) -> Any:
    """An unfitted estimator of either library with the common start."""
    if library == "ours":
        from explorer.models.gmm import GaussianMixture
    else:
        from sklearn.mixture import GaussianMixture
    precision = np.linalg.inv(np.cov(points[:10_000].T))
    diagonal = np.diag(precision)
    precisions = {
        "full": np.array([precision] * k),
        "tied": precision,
        "diag": np.array([diagonal] * k),
        "spherical": np.full(k, diagonal.mean()),
    }
    return GaussianMixture(
        k, covariance_type=covariance_type, tol=0, max_iter=ITERATIONS, random_state=0,
        weights_init=np.full(k, 1 / k), means_init=points[:k],
        precisions_init=precisions[covariance_type],
    )  # fmt: skip


def fit(
    library: str, points: np.ndarray, k: int, covariance_type: str
) -> tuple[tuple[float, float], Any]:
    """Seconds by the clock and of the processor, and the fitted estimator."""
    model = estimator(library, points, k, covariance_type)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # tol=0 never converges
        clock, processor = time.perf_counter(), time.process_time()
        model.fit(points)
    return (time.perf_counter() - clock, time.process_time() - processor), model


def compare_times(points: np.ndarray, k: int, covariance_type: str, repeats: int) -> dict[str, Any]:
    """Alternate the two libraries; medians in seconds, their ratio, and how far results differ."""
    for library in ("ours", "sklearn"):
        fit(library, points[:1000], k, covariance_type)
    pairs = []
    for _ in range(repeats):
        ours, mine = fit("ours", points, k, covariance_type)
        theirs, other = fit("sklearn", points, k, covariance_type)
        pairs.append((*ours, *theirs))
    return {
        "ours_s": median(pair[0] for pair in pairs),
        "sklearn_s": median(pair[2] for pair in pairs),
        "time_ratio": median(pair[0] / pair[2] for pair in pairs),
        "processor_ratio": median(pair[1] / pair[3] for pair in pairs),
        "difference": max(
            float(abs(mine.means_ - other.means_).max()),
            float(abs(mine.covariances_ - other.covariances_).max()),
            float(abs(np.array(mine.lower_bounds_) - other.lower_bounds_).max()),
        ),
    }


def resident_mib(name: str) -> float:
    """VmRSS (now) or VmHWM (the peak) of this process, as Linux counts them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {name}: memory is measured on Linux only")


def peak_mib(library: str, path: str, k: int, covariance_type: str) -> float:
    """In this process: how far resident memory rises above its level before fit, MiB."""
    points = np.load(path)
    fit(library, points[:1000], k, covariance_type)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far, see man 5 proc
    before = resident_mib("VmRSS")
    fit(library, points, k, covariance_type)
    return resident_mib("VmHWM") - before


def compare_memory(points: np.ndarray, k: int, covariance_type: str) -> dict[str, float]:
    """Peak MiB of each library during fit, in fresh processes."""
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "points.npy")
        np.save(path, points)
        for library in ("ours", "sklearn"):
            command = [sys.executable, "-m", "benchmarks.em", "--peak", library, path, str(k)]
            done = subprocess.run(
                [*command, covariance_type], check=True, capture_output=True, text=True
            )
            peaks[f"{library}_mib"] = float(done.stdout)
    return peaks


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3, help="pairs of alternating runs")
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first so many")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the points, one pair")
    parser.add_argument("--json", action="store_true", help="one JSON object per case")
    parser.add_argument("--peak", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.peak:
        library, path, k, covariance_type = options.peak
        print(peak_mib(library, path, int(k), covariance_type))
        return
    for n, d, k, covariance_type in CASES[: options.cases]:
        points = make_points(n // 100 if options.quick else n, d, k)
        row = {"points": len(points), "d": d, "k": k, "covariance": covariance_type}
        repeats = 1 if options.quick else options.repeats
        row |= compare_times(points, k, covariance_type, repeats)
        row |= compare_memory(points, k, covariance_type)
        print(json.dumps(row) if options.json else sentence(row), flush=True)


def sentence(row: dict[str, Any]) -> str:
    """One case, for reading."""
    return (
        f"{row['points']:>9,} x {row['d']:<2} K={row['k']} {row['covariance']:<9} "
        f"ours {row['ours_s']:7.3f} s, scikit-learn {row['sklearn_s']:7.3f} s, "
        f"time ratio {row['time_ratio']:.2f}, of processor seconds {row['processor_ratio']:.2f}; "
        f"peak {row['ours_mib']:6.1f} and {row['sklearn_mib']:6.1f} MiB; "
        f"largest difference {row['difference']:.0e}"
    )


if __name__ == "__main__":
    main()
