"""The tests of the page: looks whether what they need is there, and hands over to node (page.mjs), which prints TAP."""

import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("IMF_SOURCE_ROOT") or os.path.join(HERE, "..", "..")
BUILD = os.environ.get("IMF_BUILD_ROOT") or os.path.join(SOURCE, "build")
MODULES = os.path.join(SOURCE, "build", "web-tests", "node_modules")
NEEDED = [
    shutil.which("node"),
    shutil.which("chromium"),
    os.path.join(MODULES, "playwright-core"),
    os.path.join(MODULES, "axe-core"),
    os.path.join(SOURCE, "build", "samples", "photos"),
    os.path.join(BUILD, "imagefinder"),
]

if not all(path and os.path.exists(path) for path in NEEDED):
    print("1..1")
    print("not ok 1 - node, chromium, build/web-tests/node_modules and build/samples/photos are there")
    print("# ./dev test web installs and fetches what is missing")
    sys.exit(1)
sys.stdout.flush()
os.execv(NEEDED[0], [NEEDED[0], os.path.join(HERE, "page.mjs"), *sys.argv[1:]])
