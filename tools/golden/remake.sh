#!/bin/sh
# Makes the goldens of the published models again with the original implementations, in a copy of what the scripts need,
# and compares every file with the committed one.
#
#     tools/golden/remake.sh ENVIRONMENT FOLDER      ENVIRONMENT: made by venv.sh; FOLDER: is written anew
#
# Status 1 and the names of what differs, if something does. Not compared: containers that hold addresses or line
# numbers of the run that wrote them (their contents are, by weights/expected.txt).
set -eu

[ $# -eq 2 ] || { echo "usage: $0 ENVIRONMENT FOLDER" >&2; exit 2; }
cd "$(dirname -- "$0")/../.."
environment=$(cd -- "$1" && pwd)
rm -rf "$2"
mkdir -p "$2/tests/cli"
again=$(cd -- "$2" && pwd)
cp -R tools "$again/tools"
cp -R tests/golden "$again/tests/golden"
cp tests/cli/*.py "$again/tests/cli/"

for script in weights clip models preprocess; do
    echo "making $script again" >&2
    "$environment/bin/python" "$again/tools/golden/$script.py" >"$again/$script.log" 2>&1 ||
        { tail -n 15 "$again/$script.log" >&2; echo "tools/golden/$script.py failed" >&2; exit 1; }
done
echo "making tokenizers again" >&2
"$environment/bin/python" tools/golden/tokenizers.py --check >"$again/tokenizers.log" 2>&1 ||
    { tail -n 15 "$again/tokenizers.log" >&2; echo "tokenizers differ" >&2; exit 1; }

status=0
diff -rq tests/golden "$again/tests/golden" | grep -v -e '_legacy.bin and ' -e 'script.pt and ' -e 'ViT-tiny.pt and ' >"$again/differences" || true
if [ -s "$again/differences" ]; then
    cat "$again/differences" >&2
    status=1
fi
exit $status
