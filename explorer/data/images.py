"""The image sets: MNIST, Fashion-MNIST (grey) and static binarized MNIST, as arrays in memory.

    x, y = load("mnist", "test")      # (10000, 28, 28) float32 in [0, 1], (10000,) int64

Files are looked for where the tables' are (EXPLORER_DATA_DIR, then the user's cache) and are
checked by the SHA-256 of their unpacked content, since archives of the same images differ. Nothing
here touches the network except `fetch`.

Sources: LeCun, Cortes & Burges, The MNIST database (1998); Xiao, Rasul & Vollgraf, Fashion-MNIST
(2017, arXiv:1708.07747), MIT licence; Larochelle & Murray, The Neural Autoregressive Distribution
Estimator (AISTATS 2011) for the fixed binarization.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from explorer.data import registry
from explorer.data.registry import DataMissing, File
from explorer.i18n import n_

SPLITS = ("train", "valid", "test")
SIDE = 28  # pixels
VALID = 5000  # of the grey sets, the last so many training images are kept for validation


@dataclass(frozen=True)
class Images:
    """One split: pixels in [0, 1] (ink or cloth is 1) and classes 0..9 (-1: the set has none)."""

    x: np.ndarray  # (N, 28, 28) float32
    y: np.ndarray  # (N,) int64
    sha256: str  # of the unpacked files it was read from, for a checkpoint's card


@dataclass(frozen=True)
class Source:
    """The files of a set, by split and part, and how to read them."""

    files: dict[str, File]
    read: Callable[[dict[str, bytes], str], tuple[np.ndarray, np.ndarray]]
    licence: str


def load(name: str, split: str) -> Images:
    """A split of a set; DataMissing if its files are not here, KeyError for an unknown name.

    The arrays are shared and read-only.
    """
    if split not in SPLITS:
        raise KeyError(split)
    return _load(name, split, tuple(str(path) for path in _paths(name)))


@lru_cache(maxsize=8)
def _load(name: str, split: str, paths: tuple[str, ...]) -> Images:
    source = SETS[name]
    # Only the binarized set has a file of its own for validation.
    part = split if any(key.startswith(split) for key in source.files) else "train"
    wanted = [key for key in source.files if key.startswith(part)]
    raw = {key: _content(name, source.files[key]) for key in wanted}
    x, y = source.read(raw, split)
    x.flags.writeable = y.flags.writeable = False
    digest = hashlib.sha256(b"".join(raw[key] for key in wanted)).hexdigest()
    return Images(x, y, digest)


def available(name: str) -> bool:
    """Whether every file of the set lies somewhere here: no network, no reading."""
    return all(any(p.is_file() for p in registry.places(f)) for f in SETS[name].files.values())


def _paths(name: str) -> list[Path]:
    return [path for file in SETS[name].files.values() for path in registry.places(file)]


def _content(name: str, file: File) -> bytes:
    """The unpacked bytes from the first place where they are what they should be."""
    spoiled = None
    for path in registry.places(file):
        try:
            raw = path.read_bytes()
            raw = gzip.decompress(raw) if file.name.endswith(".gz") else raw
        except FileNotFoundError:
            continue
        except (OSError, EOFError, zlib.error):
            spoiled = path
            continue
        if hashlib.sha256(raw).hexdigest() == file.sha256:
            return raw
        spoiled = path
    values: dict[str, Any] = {"name": name, "file": file.name}
    values["command"] = f"python -m explorer data {name}"
    if spoiled:
        text = n_(
            "The file %(path)s of the image set “%(name)s” is damaged (its SHA-256 differs); delete"
            " it and run “%(command)s”."
        )
        raise DataMissing("hash_mismatch", text, path=str(spoiled), **values)
    text = n_(
        "The image set “%(name)s” is not on this computer (%(file)s is missing); run “%(command)s”,"
        " or put its files into %(folder)s."
    )
    folder = str(registry.places(file)[0].parent)
    raise DataMissing("not_here", text, folder=folder, **values)


def fetch(name: str) -> list[Path]:
    """Download what is missing into the user's cache. The only function that uses the network."""
    import pooch
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel("WARNING")
    found = []
    for file in SETS[name].files.values():
        folder = registry.cache_folder() / file.folder
        try:
            _content(name, file)
        except DataMissing:
            try:
                pooch.retrieve(file.url, None, fname=file.name, path=folder)
            except (RequestException, OSError, ValueError) as error:
                if getattr(error, "errno", None) in registry.NO_ROOM:
                    raise registry.not_written(folder, error) from error  # type: ignore[arg-type]
                text = n_(
                    "The image set “%(name)s” could not be downloaded (%(reason)s); get online, or"
                    " put the file from %(url)s into %(folder)s."
                )
                reason = type(error).__name__
                values: dict[str, Any] = {"name": name, "url": file.url, "folder": str(folder)}
                raise DataMissing("offline", text, reason=reason, **values) from error
            _content(name, file)
        found.append(next(path for path in registry.places(file) if path.is_file()))
    return found


# --- formats ------------------------------------------------------------------------------------


def idx(raw: bytes) -> np.ndarray:
    """The idx format of the MNIST files: magic 0 0 8 ndim, big-endian sizes, then bytes."""
    if len(raw) < 4 or raw[:3] != b"\0\0\x08":
        raise ValueError("no idx file of bytes")
    ndim = raw[3]
    shape = np.frombuffer(raw, ">i4", count=ndim, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * ndim).reshape(shape)


def _grey(raw: dict[str, bytes], split: str) -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = (idx(raw[key]) for key in sorted(raw))  # "..-images" before "..-labels"
    kept = {"train": slice(0, -VALID), "valid": slice(-VALID, None), "test": slice(None)}[split]
    return pixels[kept].astype(np.float32) / 255, labels[kept].astype(np.int64)


def _binary(raw: dict[str, bytes], split: str) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io import loadmat

    (content,) = raw.values()
    bits = loadmat(io.BytesIO(content))["X"]
    x = np.ascontiguousarray(bits.reshape(-1, SIDE, SIDE), dtype=np.float32)
    return x, np.full(len(x), -1)


def _idx_files(folder: str, base: str, hashes: dict[str, tuple[int, str]]) -> dict[str, File]:
    names = {
        "train-images": "train-images-idx3-ubyte.gz",
        "train-labels": "train-labels-idx1-ubyte.gz",
        "test-images": "t10k-images-idx3-ubyte.gz",
        "test-labels": "t10k-labels-idx1-ubyte.gz",
    }
    return {
        key: File(folder, name, hashes[key][0], hashes[key][1], f"{base}/{name}")
        for key, name in names.items()
    }


_MNIST = {
    "train-images": (9912422, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels": (28881, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "test-images": (1648877, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "test-labels": (4542, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}
_FASHION = {
    "train-images": (26421880, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    "train-labels": (29515, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    "test-images": (4422102, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    "test-labels": (5148, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
}
_BINARIZED = {
    "train": (2852060, "79a0312c7389d855cfc97e3812de3998417c5829d8a51543b56a90a91252ae7e"),
    "valid": (571883, "7436afc856959075c7787025bb8a4ba2b520b9230ee39667c66aa7dd2819dd68"),
    "test": (490132, "5bc30222e1e7896cbccd1e1db6b28540cc1230f4d2d5473841a5f6cc54be8d38"),
}
_ARM = "https://raw.githubusercontent.com/mingzhang-yin/ARM-gradient"
_ARM += "/9b5f74da4e4009c5556e8d7a87c88c8e291c253d"

#: Every image set by name. Of a file, the size is the original archive's, the hash its content's.
SETS = {
    "mnist": Source(
        _idx_files("mnist", "https://ossci-datasets.s3.amazonaws.com/mnist", _MNIST),
        _grey,
        "CC BY-SA 3.0",
    ),
    "fashion_mnist": Source(
        _idx_files(
            "fashion_mnist", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com", _FASHION
        ),
        _grey,
        "MIT",
    ),
    "binarized_mnist": Source(
        {
            key: File(
                "binarized_mnist",
                f"binarized_mnist_{key}.amat",
                size,
                digest,
                f"{_ARM}/binarized_mnist_{key}.amat",
            )
            for key, (size, digest) in _BINARIZED.items()
        },
        _binary,
        "MIT",
    ),
}
