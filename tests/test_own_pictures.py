"""Pictures of a user's own: turned upright, transparent, of many frames, or of a format that is not read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from toylab.base.errors import ToylabError
from toylab.targets import TARGETS
from toylab.targets.boxes import Boxes


def drawn(path: Path, **settings: Any) -> Boxes:
    target = TARGETS["image"](file=str(path), **settings)
    assert isinstance(target, Boxes)
    return target


def mass(path: Path, **settings: Any) -> np.ndarray:
    """Share of each pixel, highest row first, [H, W]; from the boxes, as they are drawn from."""
    target = drawn(path, **settings)
    height, width = target.data.shape
    shares = np.zeros((height, width))
    column, row = (target.corners / target.size + [width / 2, height / 2]).round().astype(int).T
    shares[height - 1 - row, column] = target.weights_of
    return shares


# Dark in the upper left corner, and wider than high.
UPRIGHT = np.full((4, 6, 3), 255, np.uint8)
UPRIGHT[0, 0] = UPRIGHT[0, 1] = UPRIGHT[1, 0] = 0
# How the camera wrote it down, by EXIF's number: what turns it back.
TURNED = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.transpose(1, 0, 2),
    6: lambda x: np.rot90(x, 1),
    7: lambda x: np.rot90(x, 2).transpose(1, 0, 2),
    8: lambda x: np.rot90(x, -1),
}


@pytest.mark.parametrize("ending", ["tiff", "png", "webp"])
@pytest.mark.parametrize("number", TURNED)
def test_a_photo_that_a_phone_has_turned_stands_upright(
    number: int, ending: str, tmp_path: Path
) -> None:
    picture = Image.fromarray(np.ascontiguousarray(TURNED[number](UPRIGHT)))
    exif = picture.getexif()
    exif[0x0112] = number
    path = tmp_path / f"x.{ending}"
    # Of these only WebP knows the word.
    picture.save(path, exif=exif, lossless=True)
    assert np.array_equal(mass(path) > 0, UPRIGHT[..., 0] == 0)
    said = drawn(path).reading.words
    assert said.startswith(f"x.{ending}: a picture of 6 x 4 pixels")
    assert ("turned upright" in said) == (number != 1)


@pytest.mark.parametrize("mode", ["I;16", "CMYK", "L"])
@pytest.mark.parametrize("number", TURNED)
def test_a_scan_that_its_note_turns_is_turned_once(mode: str, number: int, tmp_path: Path) -> None:
    turned = np.ascontiguousarray(TURNED[number](UPRIGHT)[..., 0])
    deep = Image.fromarray(turned.astype(np.uint16) * 257)
    picture = deep if mode == "I;16" else Image.fromarray(turned).convert("RGB").convert(mode)
    exif = picture.getexif()
    exif[0x0112] = number
    picture.save(tmp_path / "x.tiff", exif=exif)
    assert np.array_equal(mass(tmp_path / "x.tiff") > 0, UPRIGHT[..., 0] == 0)


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_note_that_is_no_note_does_not_cost_the_picture(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{ending}"
    Image.fromarray(UPRIGHT).save(path, exif=b"Exif\0\0nothing", lossless=True)
    assert np.array_equal(mass(path) > 0, UPRIGHT[..., 0] == 0)


def test_a_jpeg_of_a_phone_stands_upright(tmp_path: Path) -> None:
    large = np.kron(UPRIGHT[..., 0], np.ones((16, 16), np.uint8))
    picture = Image.fromarray(np.rot90(large, 1))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "x.jpg", exif=exif, quality=95)
    found = np.array(drawn(tmp_path / "x.jpg").data)
    assert found.shape == large.shape and np.abs(found - large / 255).max() < 0.2


def test_a_damaged_note_of_the_camera_does_not_cost_the_picture(tmp_path: Path) -> None:
    Image.fromarray(UPRIGHT).save(tmp_path / "x.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(mass(tmp_path / "x.png") > 0, UPRIGHT[..., 0] == 0)


def logo(colour: int, mode: str, path: Path) -> np.ndarray:
    """A disc of one grey on transparency; which pixels it covers."""
    there = np.hypot(*np.mgrid[-7.5:8, -7.5:8]) < 5
    rgba = np.zeros((16, 16, 4), np.uint8)
    # Under what is transparent any colour may stand: here the other one.
    rgba[..., :3] = np.where(there, colour, 255 - colour)[..., None]
    rgba[..., 3] = 255 * there
    picture = Image.fromarray(rgba)
    if mode == "LA":
        picture = picture.convert("LA")
    elif mode == "P":
        picture = Image.fromarray(there.astype(np.uint8)).convert("P")
        picture.putpalette([0, 255, 0, colour, colour, colour])
        picture.info["transparency"] = 0
    elif mode in ("L", "RGB"):
        grey = np.where(there, colour, 100).astype(np.uint8)
        picture = Image.fromarray(grey).convert(mode)
        picture.info["transparency"] = 100 if mode == "L" else (100, 100, 100)
    elif mode == "I;16":
        picture = Image.fromarray(np.where(there, colour * 257, 300).astype(np.uint16))
        picture.info["transparency"] = 300
    clear = picture.info.get("transparency")
    picture.save(path) if clear is None else picture.save(path, transparency=clear)
    return there


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB", "I;16"])
@pytest.mark.parametrize(("colour", "invert"), [(0, False), (255, True)])
def test_what_is_transparent_holds_nothing_whether_dark_or_light_is_dense(
    colour: int, invert: bool, mode: str, tmp_path: Path
) -> None:
    there = logo(colour, mode, tmp_path / "x.png")
    shares = mass(tmp_path / "x.png", invert=invert)
    np.testing.assert_allclose(shares[there], 1 / there.sum())
    assert not shares[~there].any()
    assert "transparent places left empty" in drawn(tmp_path / "x.png", invert=invert).reading.words


def test_half_transparent_is_half_the_mass(tmp_path: Path) -> None:
    rgba = np.full((2, 3, 4), 255, np.uint8)
    rgba[..., 3] = [0, 128, 255]
    Image.fromarray(rgba).save(tmp_path / "x.png")
    np.testing.assert_allclose(
        mass(tmp_path / "x.png", invert=True)[0], np.array([0, 128, 255]) / 383 / 2, atol=1e-3
    )


@pytest.mark.parametrize(
    ("colour", "invert", "cure"),
    [(255, False, "write invert = true"), (0, True, "leave invert out")],
)
def test_a_logo_with_no_mass_says_how_to_draw_from_it(
    colour: int, invert: bool, cure: str, tmp_path: Path
) -> None:
    logo(colour, "RGBA", tmp_path / "x.png")
    with pytest.raises(ToylabError, match=f"all over, where it is not transparent; {cure}"):
        drawn(tmp_path / "x.png", invert=invert)
    Image.new("RGBA", (4, 4), (90, 90, 90, 0)).save(tmp_path / "y.png")
    with pytest.raises(ToylabError, match="is transparent all over"):
        drawn(tmp_path / "y.png", invert=invert)


def test_a_picture_of_one_dark_grey_is_a_square(tmp_path: Path) -> None:
    Image.new("L", (4, 4), 0).save(tmp_path / "x.png")
    np.testing.assert_allclose(mass(tmp_path / "x.png"), 1 / 16)


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "tiff"])
def test_of_a_film_the_first_frame_is_drawn_from(ending: str, tmp_path: Path) -> None:
    first = Image.fromarray(UPRIGHT)
    path = tmp_path / f"x.{ending}"
    first.save(
        path, save_all=True, append_images=[Image.new("RGB", (6, 4), "black")], lossless=True
    )
    assert np.array_equal(mass(path) > 0, UPRIGHT[..., 0] == 0)
    assert "the first of its frames" in drawn(path).reading.words


@pytest.mark.parametrize("mode", ["LAB", "YCbCr", "CMYK"])
def test_colours_of_print_and_film_are_greyed_as_well(mode: str, tmp_path: Path) -> None:
    grey = np.tile(np.linspace(0, 255, 8).astype(np.uint8), (8, 1))
    bands = {
        "LAB": [grey, np.full_like(grey, 128), np.full_like(grey, 128)],
        "YCbCr": [grey, np.full_like(grey, 128), np.full_like(grey, 128)],
        "CMYK": [np.zeros_like(grey)] * 3 + [255 - grey],
    }[mode]
    picture = Image.merge(mode, [Image.fromarray(band) for band in bands])
    picture.save(tmp_path / "x.tiff")
    # L of Lab is not quite the grey of a screen.
    close = 10 / 255 if mode == "LAB" else 3 / 255
    np.testing.assert_allclose(drawn(tmp_path / "x.tiff").data, grey / 255, atol=close)


FOREIGN = {
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
    "avif": (b"\0\0\0\x20ftypavif\0\0\0\0", "an AVIF picture"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photo"),
    "HEIF": (b"\0\0\0\x18ftypmif1\0\0\0\0", "a HEIC photo"),
    "pdf": (b"%PDF-1.7\n", "a PDF"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    "ico": (b"\0\0\1\0\1\0\x10\x10", "an icon"),
    "psd": (b"8BPS\0\1", "a Photoshop file"),
    "jp2": (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
    "jxl": (b"\xff\x0a\x00", "a JPEG XL picture"),
    "npy": (b"\x93NUMPY\1\0", "an array of numpy"),
}


@pytest.mark.parametrize(("content", "what"), FOREIGN.values(), ids=FOREIGN)
def test_a_format_that_is_not_read_is_named_with_those_that_are(
    content: bytes, what: str, tmp_path: Path
) -> None:
    # By what it holds: phones and browsers give such files any name.
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(ToylabError) as refused:
        drawn(path)
    (line,) = str(refused.value).splitlines()
    assert f"{what}: save it as PNG" in line and "PNG, JPEG, GIF, BMP, TIFF, WebP and PPM" in line


def test_a_real_avif_is_not_decoded(tmp_path: Path) -> None:
    """Pillow may be able to: its decoder is one more that a stranger's bytes would reach."""
    kept = io.BytesIO()
    try:
        Image.fromarray(UPRIGHT).save(kept, "AVIF")
    except (KeyError, OSError):
        pytest.skip("this Pillow writes no AVIF")
    (tmp_path / "x.png").write_bytes(kept.getvalue())
    with pytest.raises(ToylabError, match="an AVIF picture"):
        drawn(tmp_path / "x.png")


def test_a_picture_that_is_cut_short_is_said_to_be(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.png")
    data = (tmp_path / "x.png").read_bytes()
    (tmp_path / "x.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(ToylabError, match="not a picture that can be read .*cut short"):
        drawn(tmp_path / "x.png")
