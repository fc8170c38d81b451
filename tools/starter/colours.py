"""The colour part of the vectors: which bin a pixel's colour falls into, where in the picture it counts, and the histogram of a view."""
import numpy as np

# One bin a name; its examples in sRGB. A colour belongs to the bin of its nearest example in OKLab.
EXAMPLES = {
    "black": ["000000", "141414", "101828", "1c1410"],
    "dark-grey": ["3c3c3c", "505050", "48505a"],
    "grey": ["787878", "8c8c8c", "7d8790"],
    "light-grey": ["b4b4b4", "cccccc", "b8c0c8"],
    "white": ["ebebeb", "ffffff", "f0f4ff", "fff8ee"],
    "red": ["e00000", "ff2010", "c81020", "f04038", "d83030"],
    "dark-red": ["800000", "5c0c10", "901c28"],
    "pink": ["ffb0c0", "ff80a8", "f8c8d0", "f060a0"],
    "orange": ["ff8000", "f08820", "ffa040", "e06810"],
    "brown": ["6a3c14", "845028", "4a2c14", "a06838"],
    "beige": ["e0c8a0", "f0e0c0", "c8ac80"],
    "yellow": ["ffe000", "fff040", "f8d020", "ffff90", "f4c000"],
    "gold": ["c89820", "b08828", "d4af37"],
    "olive": ["808020", "a09830", "606020", "b8a838"],
    "lime": ["80e020", "a8e050", "60f040", "c0f080"],
    "green": ["209020", "40a040", "10b050", "50b848", "509050"],
    "dark-green": ["0c3c10", "204c20", "305030", "104830"],
    "turquoise": ["20c0b0", "40e0d0", "108888", "80e0d8"],
    "light-blue": ["70b8f0", "a0d0f8", "40a0f0", "88b0d8"],
    "blue": ["1040e0", "2060f0", "3050c0", "0030ff", "3068c0"],
    "dark-blue": ["0c1860", "102040", "183070", "000080"],
    "violet": ["6020a0", "8030d0", "5030b0", "7848c0", "401870"],
    "magenta": ["d010c0", "e830a0", "a01080", "ff40ff"],
    "lilac": ["c0a0e0", "d8c0f0", "a888c8"],
    "skin": ["f0c0a0", "d89878", "e8b090", "b87858"],
}
BINS = list(EXAMPLES)
SIDE, BLOCK = 224, 8


def oklab(rgb):
    """sRGB 0..255 [..., 3] -> OKLab (Bjorn Ottosson, 2020), [..., 3]."""
    c = np.asarray(rgb, np.float64) / 255
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(c @ np.array([[0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376], [0.0514459929, 0.1073969566, 0.6299787005]]))
    return lms @ np.array([[0.2104542553, 1.9779984951, 0.0259040371], [0.7936177850, -2.4285922050, 0.7827717662], [-0.0040720468, 0.4505937099, -0.8086757660]])


def perceived(rgb):
    """OKLab with low chroma stretched, because people name the hue of pale and dull colours, too, and with lightness counting for less."""
    lab = oklab(rgb)
    chroma = np.hypot(lab[..., 1], lab[..., 2])[..., None]
    return np.concatenate([0.5 * lab[..., :1], lab[..., 1:] * 0.6 * np.maximum(chroma, 0.004) ** -0.4], -1)


def table():
    """U8 [32768]: the bin of a colour, 5 bits a channel."""
    examples = [(k, [int(e[i:i + 2], 16) for i in (0, 2, 4)]) for k, name in enumerate(BINS) for e in EXAMPLES[name]]
    owner = np.array([k for k, _ in examples])
    points = perceived(np.array([rgb for _, rgb in examples]))
    levels = np.arange(32) * 8 + 4
    cells = perceived(np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3))
    distance = ((cells[:, None] - points[None]) ** 2).sum(-1)
    return owner[distance.argmin(1)].astype(np.uint8)


def window():
    """U8 [2, 28, 28]: how much each block of 8 x 8 pixels counts inside, and as border."""
    n = SIDE // BLOCK
    at = (np.arange(n) + 0.5) / n * 2 - 1
    x, y = np.meshgrid(at, at)
    inside = np.exp(-((x ** 2 + y ** 2) / (2 * 0.5 ** 2)))
    border = (np.maximum(np.abs(x), np.abs(y)) > 1 - 2 * 2.5 / n).astype(float)
    return np.stack([np.round(255 * inside), 255 * border]).astype(np.uint8)


def histogram(pixels, tensors, config):
    """A view [224, 224, 3] uint8 -> its colour vector, unit length [25]."""
    p = pixels.astype(np.int64) >> 3
    bins = tensors["picture.colour.table"][(p[..., 0] << 10) | (p[..., 1] << 5) | p[..., 2]]
    shares = []
    for plane in tensors["picture.colour.window"]:
        weights = np.repeat(np.repeat(plane.astype(np.int64), BLOCK, 0), BLOCK, 1)
        counts = np.bincount(bins.reshape(-1), weights.reshape(-1), config["colour_dim"])
        shares.append(counts / max(counts.sum(), 1))
    share = np.maximum(shares[0] - config["colour_background"] * shares[1], 0) + config["colour_floor"] * shares[0]
    return np.sqrt(share / share.sum())


def mixture(text):
    """`red 0.8 dark-red 0.5` -> unit vector [25]."""
    parts = text.split()
    v = np.zeros(len(BINS))
    for name, weight in zip(parts[::2], parts[1::2]):
        v[BINS.index(name)] += float(weight)
    return v / np.linalg.norm(v)
