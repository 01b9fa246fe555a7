#!/usr/bin/env python3
"""Writes tests/io/tiny_images.hpp: small images in forms that pupil itself cannot write, made by Pillow (python3-pil),
jpegtran (libjpeg-turbo-progs) and, where nobody writes a form any more, by hand.

Usage: tools/make_tiny_images.py > tests/io/tiny_images.hpp
"""

import io
import struct
import subprocess
import zlib

from PIL import Image

LEFT, RIGHT = (200, 40, 30), (30, 60, 180)


def halves(mode, left, right):
    """16 x 8 pixels (two JPEG blocks), the left half of one colour and the right half of the other."""
    image = Image.new(mode, (16, 8), left)
    image.paste(right, (8, 0, 16, 8))
    return image


def encoded(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def resized(width, height):
    """The pattern of resize_test.cpp at another size, as raw RGB bytes."""
    pattern = bytes((x * x * 31 + y * 57 + c * 101 + x * y * 13) % 256 for y in range(7) for x in range(11) for c in range(3))
    return Image.frombytes("RGB", (11, 7), pattern).resize((width, height), Image.BILINEAR).tobytes()


def rgba():
    return halves("RGBA", LEFT + (255,), RIGHT + (0,))


def palette():
    image = halves("P", 0, 1)
    image.putpalette(LEFT + RIGHT)
    return image


def by_jpegtran(jpeg, *options):
    """The same pixels in another form of JPEG."""
    return subprocess.run(["jpegtran", *options], input=jpeg, stdout=subprocess.PIPE, check=True).stdout


def chunk(kind, contents):
    return struct.pack(">I", len(contents)) + kind + contents + struct.pack(">I", zlib.crc32(kind + contents))


def apple_png(image):
    """As Xcode's pngcrush writes it: blue before red, alpha multiplied in, deflate without zlib's header and checksum."""
    rgba = image.convert("RGBA")
    rows = b""
    for y in range(rgba.height):
        rows += b"\0"
        for x in range(rgba.width):
            red, green, blue, alpha = rgba.getpixel((x, y))
            rows += bytes([(value * alpha + 127) // 255 for value in (blue, green, red)] + [alpha])
    compress = zlib.compressobj(9, zlib.DEFLATED, -15)
    header = struct.pack(">IIBBBBB", rgba.width, rgba.height, 8, 6, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"CgBI", b"\x50\x00\x20\x06") + chunk(b"IHDR", header)
            + chunk(b"IDAT", compress.compress(rows) + compress.flush()) + chunk(b"IEND", b""))


def interlaced_png(image):
    """Adam7, which Pillow does not write."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for left, top, right, down in passes:
        for y in range(top, image.height, down):
            data += b"\0" + b"".join(bytes(image.getpixel((x, y))) for x in range(left, image.width, right))
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b""))


def small_gif(image):
    """A first frame of the right half only, in a screen whose background is colour 1."""
    right = encoded(image.crop((8, 0, 16, 8)), "GIF")
    gif = bytearray(right)
    gif[6:8] = struct.pack("<H", 16)
    gif[11] = 1
    frame = gif.index(b"\x2c\0\0\0\0\x08\0\x08\0")
    gif[frame + 1 : frame + 3] = struct.pack("<H", 8)
    return bytes(gif)


def bmp_of_os2(image):
    """The oldest header, of 12 bytes, and colours of 3."""
    colours = image.getpalette()[: 256 * 3]
    colours += [0] * (256 * 3 - len(colours))
    palette = b"".join(bytes(colours[3 * i : 3 * i + 3][::-1]) for i in range(256))
    rows = b"".join(bytes(image.getpixel((x, y)) for x in range(16)) for y in reversed(range(8)))
    head = struct.pack("<IHHHH", 12, 16, 8, 1, 8)
    return b"BM" + struct.pack("<IHHI", 26 + len(palette) + len(rows), 0, 0, 26 + len(palette)) + head + palette + rows


JPEG = dict(quality=95, optimize=True)
CMYK = encoded(halves("CMYK", (0, 200, 200, 55), (200, 150, 0, 55)), "JPEG", **JPEG)

IMAGES = {
    "jpeg_rgb": encoded(halves("RGB", LEFT, RIGHT), "JPEG", subsampling=0, **JPEG),
    "jpeg_subsampled": encoded(halves("RGB", LEFT, RIGHT).resize((32, 16)), "JPEG", subsampling=2, **JPEG),
    "jpeg_progressive": encoded(halves("RGB", LEFT, RIGHT), "JPEG", subsampling=0, progressive=True, **JPEG),
    "jpeg_grey": encoded(halves("L", 200, 50), "JPEG", **JPEG),
    "jpeg_cmyk": CMYK,
    "jpeg_cmyk_progressive": by_jpegtran(CMYK, "-progressive"),
    "jpeg_restarts": by_jpegtran(encoded(halves("RGB", LEFT, RIGHT).resize((48, 24), Image.NEAREST), "JPEG",
                                         subsampling=0, **JPEG), "-restart", "4B"),
    "jpeg_arithmetic": by_jpegtran(encoded(halves("L", 200, 50), "JPEG", **JPEG), "-arithmetic"),
    "jpeg_plain_tables": encoded(halves("RGB", LEFT, RIGHT), "JPEG", subsampling=0, quality=95),
    "png_rgb": encoded(halves("RGB", LEFT, RIGHT), "PNG"),
    "png_grey": encoded(halves("L", 200, 50), "PNG"),
    "png_grey_16_bits": encoded(halves("I;16", 200 * 257, 50 * 257), "PNG"),
    "png_one_bit": encoded(halves("1", 1, 0), "PNG"),
    "png_grey_alpha": encoded(halves("LA", (200, 255), (50, 128)), "PNG"),
    "png_rgba": encoded(rgba(), "PNG"),
    "png_palette_transparent": encoded(palette(), "PNG", transparency=1),
    "png_colour_key": encoded(halves("RGB", LEFT, RIGHT), "PNG", transparency=RIGHT),
    "png_interlaced": interlaced_png(halves("RGB", LEFT, RIGHT)),
    "png_apple": apple_png(halves("RGBA", LEFT + (255,), RIGHT + (128,))),
    "gif_right_half": small_gif(palette()),
    "gif_transparent": encoded(palette(), "GIF", transparency=1),
    "gif_animated": encoded(palette(), "GIF", save_all=True, append_images=[halves("L", 0, 255)]),
    "bmp_rgb": encoded(halves("RGB", LEFT, RIGHT), "BMP"),
    "bmp_palette": encoded(palette(), "BMP"),
    "bmp_os2": bmp_of_os2(palette()),
    "resized_to_5x3": resized(5, 3),
    "resized_to_13x20": resized(13, 20),
    "resized_to_4x15": resized(4, 15),
    "resized_to_11x2": resized(11, 2),
}

print("#pragma once")
print("// Made by tools/make_tiny_images.py with Pillow: unless its name says otherwise, an image is 16 x 8 pixels, the left")
print("// half (200, 40, 30) or grey 200, the right half (30, 60, 180) or grey 50.")
print()
print("#include <array>\n")
print("namespace pupil::tiny {\n")
print("// clang-format off")
for name, data in IMAGES.items():
    print(f"inline constexpr std::array<unsigned char, {len(data)}> {name}{{")
    for start in range(0, len(data), 30):
        print("    " + "".join(f"{byte}," for byte in data[start : start + 30]))
    print("};\n")
print("// clang-format on")
print("\n}  // namespace pupil::tiny")
