"""A picture file -> the network's views, exactly as docs/internals/starter.md "Views" (8-bit RGB(A), Pillow's BICUBIC)."""
import numpy as np
from PIL import Image, ImageOps

SIZE = 224


def subject(rgba):
    """An RGBA picture -> the 224 x 224 RGB of the view `subject`."""
    mask = np.asarray(rgba)[..., 3] > 8
    if mask.any():
        ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        rgba = rgba.crop((int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1))
    w, h = rgba.size
    m = max(w, h)
    side = m + 2 * ((8 * m + 50) // 100)
    a = np.asarray(rgba).astype(np.int32)
    t = a[..., :3] * a[..., 3:] + 255 * (255 - a[..., 3:]) + 128
    white = np.full((side, side, 3), 255, np.uint8)
    x, y = (side - w) // 2, (side - h) // 2
    white[y:y + h, x:x + w] = ((t + (t >> 8)) >> 8).astype(np.uint8)
    return Image.fromarray(white).resize((SIZE, SIZE), Image.BICUBIC)


def views(path, wanted=("centre", "squash")):
    """The views of a file: [n, 224, 224, 3] uint8; the picture's vector is the mean of its views' unit vectors. wanted: those of an opaque picture."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        if np.asarray(image)[..., 3].min() < 255:
            return np.stack([np.asarray(subject(image))])
    image = image.convert("RGB")
    w, h = image.size
    side = min(w, h)
    x, y = ((w - side) // 2, 0) if w >= h else (0, (h - side) // 2)
    centre = image.crop((x, y, x + side, y + side)).resize((SIZE, SIZE), Image.BICUBIC)
    made = {"centre": centre, "squash": image.resize((SIZE, SIZE), Image.BICUBIC)}
    return np.stack([np.asarray(made[name]) for name in wanted])


def normalised(pixels):
    """[..., 224, 224, 3] uint8 -> [..., 3, 224, 224] float32."""
    return np.ascontiguousarray(np.moveaxis((pixels.astype(np.float32) - 127) / 128, -1, -3))
