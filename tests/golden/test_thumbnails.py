#!/usr/bin/python3
"""Thumbnails of the real decode worker against Pillow's own. Prints TAP.

The worker is asked in its own protocol (src/media/protocol.h). Both are compared as JPEGs of the same quality: the mean
difference of a sample from Pillow's Image.thumbnail may be MEAN levels, and the size may not differ."""
import io
import os
import socket
import struct
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

MAGIC, VERSION, SOCKET, MEMORY = 0x31444D49, 3, 3, 4
VIEW_BYTES, THUMB_BYTES = 4 * 1024 * 1024 * 3, 256 * 1024
WANT_THUMBNAIL, SIDE, QUALITY, MEAN = 1, 320, 78, 2.0
PROGRAM = os.path.join(os.environ["IMF_BUILD_ROOT"], "imagefinder-decode")


class Worker:
    def __init__(self):
        self.ours, theirs = socket.socketpair()
        self.memory = os.memfd_create("shared")
        os.ftruncate(self.memory, VIEW_BYTES + THUMB_BYTES)
        sock, memory = os.dup(theirs.fileno()), os.dup(self.memory)
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate((sock, memory))]

        def arrange():
            os.dup2(100, SOCKET)
            os.dup2(101, MEMORY)

        self.process = subprocess.Popen([PROGRAM, "--worker", str(1 << 30), "60000"], preexec_fn=arrange,
                                        pass_fds=(SOCKET, MEMORY), env={"LC_ALL": "C"})
        for fd in [sock, memory, *high]:
            os.close(fd)
        theirs.close()
        magic, version, _, _ = struct.unpack("<4I", self.ours.recv(16, socket.MSG_WAITALL))
        assert (magic, version) == (MAGIC, VERSION), (magic, version)

    def ask(self, path, flags=WANT_THUMBNAIL):
        """The reply's fields and the thumbnail's bytes."""
        with open(path, "rb") as f:
            size = os.fstat(f.fileno()).st_size
            request = struct.pack("<2I3Q2I", MAGIC, 0, 1, size, 100_000_000, flags, 0) + bytes(24 * 4)
            socket.send_fds(self.ours, [request], [f.fileno()])
        reply = self.ours.recv(200, socket.MSG_WAITALL)
        magic, status, _, w, h, alpha, _, thumb, _ = struct.unpack("<2IQ6I", reply[:40])
        assert magic == MAGIC
        return status, (w, h), alpha, os.pread(self.memory, thumb, VIEW_BYTES)

    def close(self):
        self.ours.close()
        os.close(self.memory)
        return self.process.wait()


def scene(w, h, noise=6):
    """Smooth colours, hard edges and a little noise."""
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 255 / w, y * 255 / h, 128 + 100 * np.sin(x * 12 / w) * np.cos(y * 9 / h)], -1)
    a[h // 3 : h // 2, w // 4 : w // 2] = (230, 20, 60)
    a[(x * 8 // w + y * 8 // h) % 5 == 0] *= 0.5
    a = a + np.random.default_rng(1).normal(0, noise, a.shape)
    return Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))


def soft(image):
    w, h = image.size
    y, x = np.mgrid[0:h, 0:w]
    alpha = np.clip((1.2 - np.hypot((x - w / 2) / (w / 2.5), (y - h / 2) / (h / 2.5))) * 500, 0, 255).astype(np.uint8)
    out = image.copy()
    out.putalpha(Image.fromarray(alpha))
    return out


def turned(image, orientation):
    e = Image.Exif()
    e[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, exif=e)
    return out.getvalue()


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def expected(data):
    """Pillow's own thumbnail: upright, on white, RGB, and through a JPEG."""
    image = Image.open(io.BytesIO(data))
    orientation = image.getexif().get(0x0112, 1)
    image.load()
    image = image.transpose(Image.ROTATE_270) if orientation == 6 else image
    if image.mode in ("RGBA", "LA"):
        white = Image.new("RGB", image.size, "white")
        white.paste(image.convert("RGBA"), mask=image.getchannel("A"))
        image = white
    image = image.convert("RGB")
    image.thumbnail((SIDE, SIDE))
    return Image.open(io.BytesIO(saved(image, "JPEG", quality=QUALITY)))


def cases():
    big = scene(1600, 1200)
    yield "a photograph", saved(big, "JPEG", quality=95), (320, 240)
    yield "upright", saved(scene(600, 900), "PNG"), (213, 320)
    yield "just above the size", saved(scene(321, 200), "PNG"), (320, 199)
    yield "twice the size", saved(scene(640, 480), "PNG"), (320, 240)
    yield "sides that nothing divides", saved(scene(1009, 757), "PNG"), (320, 240)
    yield "the very size", saved(scene(320, 320), "PNG"), (320, 320)
    yield "small: never enlarged", saved(scene(31, 23), "PNG"), (31, 23)
    yield "one pixel", saved(Image.new("RGB", (1, 1), (200, 100, 50)), "PNG"), (1, 1)
    yield "10000 x 1", saved(scene(10000, 1), "PNG"), (320, 1)
    yield "1 x 10000", saved(scene(1, 10000), "PNG"), (1, 320)
    yield "20000 x 30", saved(scene(20000, 30, 0), "PNG"), (320, 1)
    yield "turned", turned(scene(800, 600), 6), (240, 320)
    yield "alpha", saved(soft(scene(900, 900)), "PNG"), (320, 320)
    yield "nothing to see", saved(Image.new("RGBA", (500, 400), (10, 20, 30, 0)), "PNG"), (320, 256)
    yield "grey", saved(scene(700, 500).convert("L"), "JPEG", quality=95), (320, 229)
    yield "CMYK", saved(scene(700, 500).convert("CMYK"), "JPEG", quality=95), (320, 229)
    yield "palette", saved(scene(400, 300, 0).quantize(128), "GIF"), (320, 240)


class Points:
    def __init__(self):
        self.n = self.failed = 0

    def check(self, good, what):
        self.n += 1
        self.failed += not good
        print("ok" if good else "not ok", self.n, "-", what, flush=True)


def check_thumbnails(points, worker, path):
    for name, data, size in cases():
        with open(path, "wb") as f:
            f.write(data)
        status, _, _, thumb = worker.ask(path)
        good, why = status == 0 and 0 < len(thumb) <= THUMB_BYTES, f"status {status}, {len(thumb)} bytes"
        if good:
            ours = Image.open(io.BytesIO(thumb))
            ours.load()
            theirs = expected(data)
            plain = ours.format == "JPEG" and ours.mode == "RGB" and not ours.getexif() and "icc_profile" not in ours.info
            good = plain and ours.size == size and theirs.size == size
            why = f"{ours.size}, Pillow {theirs.size}"
            if good:
                mean = np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).mean()
                good, why = mean <= MEAN, f"{len(thumb)} bytes, mean difference {mean:.2f}"
        points.check(good, f"{name}: {why}")


def main():
    points, worker = Points(), Worker()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "picture")
        check_thumbnails(points, worker, path)
        with open(path, "wb") as f:
            f.write(saved(scene(400, 300), "PNG"))
        status, size, _, thumb = worker.ask(path, 0)
        points.check(status == 0 and size == (400, 300) and not thumb, "none is made that nobody wants")
        with open(path, "wb") as f:
            f.write(saved(scene(400, 300), "PNG")[:5000])
        status, _, _, thumb = worker.ask(path)
        points.check(status == 2 and not thumb, "a damaged picture has none")
    points.check(worker.close() == 0, "the worker ends well")
    print(f"1..{points.n}")
    return points.failed > 0


if __name__ == "__main__":
    sys.exit(main())
