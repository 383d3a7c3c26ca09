"""Many pictures as one: arrays -> a sheet of tiles in one PNG, which the browser scrubs through.

    sheet = sprite.mosaic(decoded)            # (rows, cols, H, W): a latent plane
    sheet = sprite.film(samples)              # (T, H, W): one picture per step of a film
    sheet = sprite.film(many)                 # (T, R, C, H, W): a grid of pictures per step

Pictures are grey, or RGB with a last axis of length 3; uint8, or floats in [0, 1] (clipped, and NaN
is black). The PNG is written here: it takes zlib and ten lines, and nothing is lost.
"""

import hashlib
import math
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Sprite:
    """A sheet of equal tiles without gaps, row by row from the top left.

    `tiles` is (rows, cols) of the sheet, `size` (H, W) of one tile in pixels, `count` how many
    tiles are filled, `grid` (R, C) into how many pictures one tile is divided.
    """

    png: bytes
    tiles: tuple[int, int]
    size: tuple[int, int]
    count: int
    grid: tuple[int, int] = (1, 1)

    @cached_property
    def digest(self) -> str:
        """What tells this sheet from another."""
        return hashlib.sha256(self.png).hexdigest()[:16]


def mosaic(pictures: np.ndarray) -> Sprite:
    """(rows, cols, H, W) or (rows, cols, H, W, 3) -> a sheet laid out as the plane is."""
    pictures = _with_channels(pictures, 4)
    rows, cols, height, width, _channels = pictures.shape
    return Sprite(_sheet(pictures), (rows, cols), (height, width), rows * cols)


def film(frames: np.ndarray) -> Sprite:
    """T pictures, (T, H, W) or (T, H, W, 3), or T grids of them, (T, R, C, H, W) (and 3), in order.

    The sheet is as square as it can be: browsers limit the sides of a picture.
    """
    frames = np.asarray(frames)
    many = frames.ndim >= 5
    frames = _with_channels(frames, 5 if many else 3)
    grid = (frames.shape[1], frames.shape[2]) if many else (1, 1)
    if many:  # (T, R, C, H, W, c) -> (T, R*H, C*W, c)
        frames = _join(frames)
    count, height, width, channels = frames.shape
    cols = max(1, min(count, round(math.sqrt(count * height / width))))
    rows = -(-count // cols)
    padded = np.zeros((rows * cols, height, width, channels), np.uint8)
    padded[:count] = frames
    sheet = _sheet(padded.reshape(rows, cols, height, width, channels))
    return Sprite(sheet, (rows, cols), (height, width), count, grid)


def cells(
    x_range: tuple[float, float], y_range: tuple[float, float], tiles: tuple[int, int]
) -> np.ndarray:
    """The (rows * cols, 2) places whose pictures make a mosaic, row by row from the top left.

    Each is the middle of its cell, so the mosaic covers the two ranges exactly; y falls from row
    to row, because it grows upwards in the plane.
    """
    rows, cols = tiles
    x = x_range[0] + (np.arange(cols) + 0.5) / cols * (x_range[1] - x_range[0])
    y = y_range[1] - (np.arange(rows) + 0.5) / rows * (y_range[1] - y_range[0])
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures as uint8: bytes stay as they are, other numbers are read as 0 to 1 and clipped."""
    pictures = np.asarray(pictures)
    if pictures.dtype == np.uint8:
        return pictures
    unit = np.nan_to_num(np.clip(pictures.astype(float), 0.0, 1.0), nan=0.0)
    return np.rint(unit * 255).astype(np.uint8)


def png(picture: np.ndarray) -> bytes:
    """A PNG of a grey (H, W) or an RGB (H, W, 3) picture, lossless."""
    picture = to_bytes(picture)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if not (picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)):
        raise ValueError(f"a picture is (H, W) or (H, W, 3), not {picture.shape}")
    if 0 in picture.shape:
        raise ValueError(f"a picture needs pixels, not {picture.shape}")
    height, width = picture.shape[:2]
    rows = picture.reshape(height, -1)
    filtered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)  # 0: no filter
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if picture.ndim == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    """Length, name, content, and the checksum of the last two (PNG specification, 5.3)."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def _with_channels(pictures: np.ndarray, grey: int) -> np.ndarray:
    """uint8 with a last axis of 1 or 3 channels; `grey` is how many axes grey pictures have."""
    pictures = np.asarray(pictures)
    if pictures.ndim == grey:
        pictures = pictures[..., None]
    if pictures.ndim != grey + 1 or pictures.shape[-1] not in (1, 3) or 0 in pictures.shape:
        raise ValueError(f"no pictures of {grey} axes (and 3 for RGB): {pictures.shape}")
    return to_bytes(pictures)


def _join(frames: np.ndarray) -> np.ndarray:
    """(..., R, C, H, W, c) -> (..., R*H, C*W, c): rows of pictures become rows of pixels."""
    *front, rows, cols, height, width, channels = frames.shape
    moved = np.moveaxis(frames, -4, -3)  # (..., R, H, C, W, c)
    return moved.reshape(*front, rows * height, cols * width, channels)


def _sheet(pictures: np.ndarray) -> bytes:
    return png(_join(pictures))
