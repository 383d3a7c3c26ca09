"""Where codes lie on a plane, and where none do.

A place is called empty when it is farther from every code than nearly all codes are from their own
nearest neighbour: the codes themselves set the measure, so it holds on a plane of any size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, KDTree, Voronoi

Decode = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Hole:
    """The largest circle around `centre` that holds no code; `touching`: indices of its three."""

    centre: tuple[float, float]
    radius: float
    touching: tuple[int, ...]


def nearest(places: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each place (M, 2) among codes (N, 2): distance (M,) and index (M,) of the nearest."""
    distance, index = KDTree(codes).query(np.asarray(places, dtype=float))
    return distance, index


def reach(codes: np.ndarray, share: float = 0.95) -> float:
    """The distance within which this share of the codes has another code."""
    distance, _index = KDTree(codes).query(codes, k=2)
    return float(np.quantile(distance[:, 1], share))


def largest(codes: np.ndarray, classes: np.ndarray, count: int = 3) -> list[Hole]:
    """The largest empty circles between classes, centred within the codes' convex hull.

    Between: the three codes touched are not all of one class. None covers another's centre.

    An empty circle that cannot grow touches three codes, and so its centre is a corner of their
    Voronoi diagram (Preparata & Shamos, Computational Geometry, 1985, section 6.4).
    """
    corners = Voronoi(codes).vertices  # (K, 2)
    edges = ConvexHull(codes).equations  # (E, 3): outward normal and offset of each edge
    inside = corners[(corners @ edges[:, :2].T + edges[:, 2] <= 0).all(axis=1)]
    radius, index = KDTree(codes).query(inside, k=3)
    found: list[Hole] = []
    for k in np.argsort(-radius[:, 0]):
        x, y = map(float, inside[k])
        apart = all(np.hypot(x - h.centre[0], y - h.centre[1]) > h.radius for h in found)
        if apart and len(set(classes[index[k]])) > 1:
            found.append(Hole((x, y), float(radius[k, 0]), tuple(map(int, index[k]))))
        if len(found) == count:
            break
    return found


def stretch(decode: Decode, places: np.ndarray, step: float = 0.01) -> np.ndarray:
    """How far the picture moves per unit of code: the norm of the Jacobian, (M, 2) -> (M,).

    Central differences; the square root of the squared changes of all pixels, in both directions.
    """
    places = np.asarray(places, dtype=float)
    total = np.zeros(len(places))
    for shift in (np.array([step, 0.0]), np.array([0.0, step])):
        after, before = (np.asarray(decode(places + s), dtype=float) for s in (shift, -shift))
        total += (((after - before) / (2 * step)) ** 2).sum(axis=1)
    return np.sqrt(total)


def draw(
    kind: str,
    count: int,
    codes: np.ndarray,
    box: tuple[tuple[float, float], tuple[float, float]],
    spread: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Codes (count, 2) drawn from "box" (evenly), "standard" (the normal with mean 0 and variance
    1), "normal" (the one fitted to the codes) or "near" (a code, moved by normal noise)."""
    if kind == "box":
        low, high = np.array(box).T
        return rng.uniform(low, high, size=(count, 2))
    noise = rng.normal(size=(count, 2))
    if kind == "standard":
        return noise
    if kind == "normal":
        root = np.linalg.cholesky(np.cov(codes.T))
        return codes.mean(axis=0) + noise @ root.T
    if kind == "near":
        return codes[rng.integers(len(codes), size=count)] + spread * noise
    raise ValueError(kind)


def effective(shares: np.ndarray) -> float:
    """How many equally frequent classes would be as varied: exp of the entropy of the shares."""
    kept = np.asarray(shares, dtype=float)
    kept = kept[kept > 0] / kept.sum()
    return float(np.exp(-(kept * np.log(kept)).sum()))
