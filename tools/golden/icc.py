"""Small ICC profiles, written byte by byte from the specification (ICC.1:2010): nothing is copied from anybody's file."""
import struct

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D65_XY, P3, ADOBE, SRGB, WIDE = (
    (0.3127, 0.3290),
    [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)],
    [(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)],
    [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)],
    [(0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)],
)


def xyz(xy):
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])


def colorants(primaries):
    """The matrix from linear RGB (white D65) to XYZ of D50."""
    m = np.stack([xyz(p) for p in primaries], 1)
    m = m * np.linalg.solve(m, xyz(D65_XY))
    scale = (BRADFORD @ D50) / (BRADFORD @ xyz(D65_XY))
    return np.linalg.inv(BRADFORD) @ np.diag(scale) @ BRADFORD @ m


def s15(*values):
    return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)


def tag_xyz(values):
    return b"XYZ \0\0\0\0" + s15(*values)


def tag_gamma(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def tag_table(values):
    return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + b"".join(struct.pack(">H", round(v * 65535)) for v in values)


def tag_srgb_curve():
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + s15(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def srgb_to_linear(v):
    v = np.asarray(v, float)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def tag_text(text):
    data = text.encode() + b"\0"
    return b"text\0\0\0\0" + data


def tag_desc(text):
    data = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(data)) + data + bytes(4 + 4 + 2 + 1 + 67)


def profile(kind, space, pcs, tags, version=0x02400000):
    tags = [(b"desc", tag_desc("a test")), (b"cprt", tag_text("CC0")), (b"wtpt", tag_xyz(D50))] + tags
    at, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, body in tags:
        body += bytes(-len(body) % 4)
        table += name + struct.pack(">II", at + len(data), len(body))
        data += body
    size = at + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", version, kind, space, pcs)
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(4 * 4 + 8 + 4) + s15(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def rgb(primaries, curve, version=0x02400000, kind=b"mntr"):
    m = colorants(primaries)
    tags = [(b"%cXYZ" % c, tag_xyz(m[:, i])) for i, c in enumerate(b"rgb")]
    return profile(kind, b"RGB ", b"XYZ ", tags + [(b"%cTRC" % c, curve) for c in b"rgb"], version)


def grey(curve):
    return profile(b"mntr", b"GRAY", b"XYZ ", [(b"kTRC", curve)])


def lab_bytes(v):
    """XYZ of D50 -> Lab as bytes of version 2."""
    t = np.asarray(v) / D50
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    lab = np.stack([(116 * f[..., 1] - 16) * 2.55, 500 * (f[..., 0] - f[..., 1]) + 128, 200 * (f[..., 1] - f[..., 2]) + 128], -1)
    return np.clip(np.round(lab), 0, 255).astype(np.uint8)


def cmyk(steps=5):
    """A press whose inks multiply, and whose black is not quite black."""
    inks = np.array([[0.05, 0.35, 0.75], [0.80, 0.06, 0.20], [0.95, 0.80, 0.04], [0.03, 0.03, 0.03]])
    a = np.linspace(0, 1, steps)
    amounts = np.stack(np.meshgrid(a, a, a, a, indexing="ij"), -1)[..., None]
    reflected = np.prod(1 - amounts + amounts * inks, axis=-2)
    table = lab_bytes(reflected @ colorants(SRGB).T)
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, steps, 0]) + s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramp * 4 + table.tobytes() + ramp * 3
    return profile(b"prtr", b"CMYK", b"Lab ", [(b"A2B0", lut)])


def display_p3():
    return rgb(P3, tag_srgb_curve(), 0x04200000)


def adobe():
    return rgb(ADOBE, tag_gamma(563 / 256))


def srgb_by_table():
    return rgb(SRGB, tag_table(srgb_to_linear(np.linspace(0, 1, 1024))))


def wide():
    return rgb(WIDE, tag_gamma(1.8))
