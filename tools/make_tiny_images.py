#!/usr/bin/env python3
"""Writes tests/io/tiny_images.hpp: small images in forms that pupil itself cannot write, made by Pillow (python3-pil).

Usage: tools/make_tiny_images.py > tests/io/tiny_images.hpp
"""

import io

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


JPEG = dict(quality=95, optimize=True)

IMAGES = {
    "jpeg_rgb": encoded(halves("RGB", LEFT, RIGHT), "JPEG", subsampling=0, **JPEG),
    "jpeg_subsampled": encoded(halves("RGB", LEFT, RIGHT).resize((32, 16)), "JPEG", subsampling=2, **JPEG),
    "jpeg_progressive": encoded(halves("RGB", LEFT, RIGHT), "JPEG", subsampling=0, progressive=True, **JPEG),
    "jpeg_grey": encoded(halves("L", 200, 50), "JPEG", **JPEG),
    "jpeg_cmyk": encoded(halves("CMYK", (0, 200, 200, 55), (200, 150, 0, 55)), "JPEG", **JPEG),
    "png_rgb": encoded(halves("RGB", LEFT, RIGHT), "PNG"),
    "png_grey": encoded(halves("L", 200, 50), "PNG"),
    "png_grey_16_bits": encoded(halves("I;16", 200 * 257, 50 * 257), "PNG"),
    "png_one_bit": encoded(halves("1", 1, 0), "PNG"),
    "png_grey_alpha": encoded(halves("LA", (200, 255), (50, 128)), "PNG"),
    "png_rgba": encoded(rgba(), "PNG"),
    "png_palette_transparent": encoded(palette(), "PNG", transparency=1),
    "png_colour_key": encoded(halves("RGB", LEFT, RIGHT), "PNG", transparency=RIGHT),
    "gif_transparent": encoded(palette(), "GIF", transparency=1),
    "gif_animated": encoded(palette(), "GIF", save_all=True, append_images=[halves("L", 0, 255)]),
    "bmp_rgb": encoded(halves("RGB", LEFT, RIGHT), "BMP"),
    "bmp_palette": encoded(palette(), "BMP"),
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
