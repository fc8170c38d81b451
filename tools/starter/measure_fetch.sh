#!/bin/sh
# Fetches what measures and never trains: the stamps (build/starter/stamps/), and the packages that measure/scenes.txt names, whose listed pictures go
# into build/starter/measure/pictures/PACKAGE/.
# About 340 MB of downloads through apt-get, nothing is installed. Repeating it is cheap.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${STARTER_WORK:-$here/../../build/starter}/measure
mkdir -p "$work/deb" && cd "$work"

sed -n '/^\[packages\]/,/^\[queries\]/p' "$here/measure/scenes.txt" | grep '	' | while IFS='	' read -r package version folder; do
    if ! ls deb/"$package"_*.deb >/dev/null 2>&1; then
        (cd deb && apt-get download "$package=$version" || apt-get download "$package")
    fi
    found=$(dpkg-deb -f deb/"$package"_*.deb Version)
    [ "$found" = "$version" ] || echo "measure_fetch.sh: $package is $found, the list was made with $version" >&2
    [ -d "unpacked/$package" ] && continue
    mkdir -p "unpacked/$package.new"
    dpkg-deb --fsys-tarfile deb/"$package"_*.deb | tar -x -C "unpacked/$package.new" "./$folder"
    mv "unpacked/$package.new" "unpacked/$package"
done
/usr/bin/python3 "$here/measure_unpack.py" "$work"

if [ ! -d ../stamps ]; then
    (cd deb && apt-get download tuxpaint-stamps-default)
    dpkg-deb -x deb/tuxpaint-stamps-default_*.deb ../stamps
fi
