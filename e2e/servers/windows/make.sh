# Makes a Windows of Wine's in the folder $1, which holds the sources beside this: the folder "windows" there is its
# prefix, and has in C:\tools what the tests start.
set -eu
export HOME="$1" TMPDIR="$1" WINEPREFIX="$1/windows" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
unset DISPLAY
/usr/lib/wine/wine64 wineboot --init >"$1/log" 2>&1 || { cat "$1/log"; exit 1; }
/usr/lib/wine/wineserver64 -w
cc=/usr/bin/x86_64-w64-mingw32-gcc
$cc -shared -Os -s -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$1/bcryptprimitives.c" -ladvapi32
mkdir "$WINEPREFIX/drive_c/tools"
$cc -Os -s -o "$WINEPREFIX/drive_c/tools/patient.exe" "$1/patient.c"
# Debian's server is found by a folder in TMPDIR that this file names.
rm -f "$WINEPREFIX/wineserver"
# Wine would bring it up to date when Debian's package is, under the hands of tests.
echo disable >"$WINEPREFIX/.update-timestamp"
