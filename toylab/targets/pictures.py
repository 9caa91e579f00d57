"""Pictures as greys: turned upright, and laid over what holds no mass."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import imageio.v3 as iio
import numpy as np
from imageio.plugins.pillow import PillowPlugin
from PIL import Image, ImageOps, UnidentifiedImageError

from toylab.base.axes import Bool, Float
from toylab.base.errors import ToylabError
from toylab.targets.target import Reading

# Along either side, of what is kept of a picture.
MOST_PIXELS = 128
# Pillow goes by what a file holds, and would hand PostScript to another program, whatever it does there.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
READ = "Read are PNG, JPEG, GIF, BMP, TIFF, WebP and PPM."
# What else people have: its name, and where in the file's first bytes it says so.
_FOREIGN = (
    ("an SVG drawing", 0, b"<svg"),
    ("an AVIF picture", 4, b"ftypavi"),
    ("a HEIC photo", 4, b"ftyphe"),
    ("a HEIC photo", 4, b"ftypmif1"),
    ("a HEIC photo", 4, b"ftypmsf1"),
    ("a PDF", 0, b"%PDF"),
    ("PostScript", 0, b"%!PS"),
    ("an icon", 0, b"\0\0\1\0"),
    ("a Photoshop file", 0, b"8BPS"),
    ("a JPEG 2000 picture", 4, b"jP  "),
    ("a JPEG XL picture", 4, b"JXL "),
    ("a JPEG XL picture", 0, b"\xff\x0a"),
    ("an array of numpy", 0, b"\x93NUMPY"),
)


class _Forgiving(PillowPlugin):
    """Reads pictures whose note of the camera is damaged: that is no reason to refuse them."""

    def metadata(self, *args: Any, **named: Any) -> dict[str, Any]:
        """What stands beside the pixels; nothing where that cannot be read."""
        with contextlib.suppress(Exception):
            return super().metadata(*args, **named)
        return {}


def read_picture(path: Path, invert: bool = False) -> Reading:
    """Grey values 0 (black) to 1, at most 128 a side, [H, W].

    Args:
        path: The file.
        invert: Whether light places hold the mass; what is transparent is as dark as it gets then, and
            white where dark places hold it.

    Raises:
        ToylabError: If it is no picture of a format that is read.
    """
    if not path.is_file():
        raise ToylabError(f"{path}: no such file. Expected a picture.")
    try:
        # Pillow warns of damaged notes beside the pixels, and of sizes that are refused below.
        with (
            warnings.catch_warnings(action="ignore"),
            path.open("rb") as file,
            # First by these formats alone: imageio would take whatever Pillow knows.
            Image.open(file, formats=_FORMATS) as named,
        ):
            if named.width * named.height > 50_000_000:
                raise ToylabError("larger than 50 million pixels. Shrink it first")
            grey, words = _upright_grey(file, named, invert)
    except ToylabError as error:
        raise ToylabError(f"{path}: {error}.") from None
    except UnidentifiedImageError:
        raise ToylabError(f"{path}: not a picture{_named(path)} {READ}") from None
    # Pillow raises many kinds for a damaged picture, a decompression bomb among them.
    except Exception as error:
        raise ToylabError(
            f"{path}: not a picture that can be read ({type(error).__name__}); it may be cut short."
        ) from error
    values = np.asarray(grey, dtype=np.float64) / (255 if grey.mode == "L" else 1)
    if not np.isfinite(values).all():
        raise ToylabError(f"{path}: holds values that are not finite.")
    return Reading(values, f"{path.name}: {', '.join(words)}")


def _named(path: Path) -> str:
    """What a file is that no reader knows, and what to do about it."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        start = file.read(1000)
        for what, at, mark in _FOREIGN:
            if start[at:].startswith(mark) or (mark == b"<svg" and mark in start):
                return f" that is read, but {what}: save it as PNG."
    return "."


def _upright_grey(
    file: BinaryIO, named: Image.Image, invert: bool
) -> tuple[Image.Image, list[str]]:
    """A picture shrunk and greyed, and what was done, in words."""
    # Not how many there are, which Pillow finds by going through all of them.
    moving, held = getattr(named, "is_animated", False), 1
    # What a damaged note says of the camera is no reason to refuse the picture.
    with contextlib.suppress(Exception):
        held = named.getexif().get(_ORIENTATION, 1)
    deep = named.mode in _DEEP
    how: dict[str, Any] = {} if deep else {"mode": "RGBA"}
    file.seek(0)
    with iio.imopen(file, "r", plugin=_Forgiving) as picture:
        pixels = picture.read(index=0, **how)
        told = picture.metadata(index=0, exclude_applied=False)
    grey, clear = (_deep if deep else _greyed)(pixels, told.get("transparency"), invert)
    # A TIFF has been turned by now, and no longer says so.
    grey.getexif()[_ORIENTATION] = told.get("Orientation", 1)
    grey = ImageOps.exif_transpose(grey)
    words = [f"a picture of {grey.width} x {grey.height} pixels"]
    if held != 1:
        words.append("turned upright as its camera says")
    if moving:
        words.append("the first of its frames")
    if clear.any():
        words.append("transparent places left empty")
    if clear.all():
        raise ToylabError("the picture is transparent all over")
    grey.thumbnail((MOST_PIXELS, MOST_PIXELS))
    return grey, words


# EXIF's tag for how the camera was held.
_ORIENTATION = 0x0112
# Greys of more than 8 bits: Pillow's own conversion cuts them off at 255.
_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")


def _deep(pixels: Float, clear: Any, invert: bool) -> tuple[Image.Image, Bool]:
    """As floats from 0 to 1, and where they are transparent.

    What is deeper than 16 bits, or a float, goes by its own range.
    """
    values: Float = pixels.astype(np.float64)
    low, high = 0.0, 65535.0
    if pixels.dtype.kind == "f" or values.max() > high or values.min() < low:
        low, high = float(values.min()), float(values.max())
    there = values == clear if isinstance(clear, int) else np.zeros(values.shape, bool)
    grey = np.where(there, 0.0 if invert else 1.0, (values - low) / max(high - low, 1e-300))
    return Image.fromarray(grey.astype(np.float32)), there


def _greyed(pixels: Float, clear: Any, invert: bool) -> tuple[Image.Image, Bool]:
    """Colours over white, or over black where light places hold the mass, 8 bits."""
    rgba = Image.fromarray(pixels)
    ground = Image.new("RGBA", rgba.size, "black" if invert else "white")
    return Image.alpha_composite(ground, rgba).convert("L"), pixels[..., 3] == 0
