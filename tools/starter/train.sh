#!/bin/sh
# Makes models/starter/ from nothing: fetches, computes features, trains, calibrates, writes the goldens, measures. Fixed seeds; under two hours on
# two cores.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=${STARTER_WORK:-$PWD/build/starter}
tools/starter/fetch.sh
tools/starter/measure_fetch.sh
LD_LIBRARY_PATH="$work/blas/usr/lib/x86_64-linux-gnu/openblas-pthread${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH PYTHONWARNINGS=ignore
python="$work/venv/bin/python"
[ -f "$work/emoji.npz" ] || "$python" tools/starter/features.py
"$python" tools/starter/train.py
"$python" tools/starter/calibrate.py
"$python" tools/golden/starter.py
