#!/bin/sh
# Installs from Debian what the tests need and cargo and npm do not bring: PostgreSQL, Chromium, and the programs
# that make and read evidence files: exiftool, ffmpeg, qpdf.
# Does nothing when they are there. Run as root, or as somebody who may use sudo.
set -eu

missing=''
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v exiftool >/dev/null 2>&1 || missing="$missing libimage-exiftool-perl"
command -v ffmpeg >/dev/null 2>&1 || missing="$missing ffmpeg"
command -v qpdf >/dev/null 2>&1 || missing="$missing qpdf"

if [ -z "$missing" ]; then
    echo "setup: PostgreSQL, Chromium, exiftool, ffmpeg and qpdf are there."
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: missing:$missing; this is no Debian, install them by hand." >&2
    exit 1
fi

if [ "$(id -u)" = 0 ]; then
    as_root=''
elif command -v sudo >/dev/null 2>&1; then
    as_root='sudo'
else
    echo "setup: missing:$missing; run this as root, or install sudo." >&2
    exit 1
fi

echo "setup: installing$missing from Debian"
case "$missing" in
*postgresql*)
    # The tests start a server of their own: no cluster that runs all the time.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        $as_root mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
        echo "setup: wrote /etc/postgresql-common/createcluster.conf (create_main_cluster = false)"
    fi
    ;;
esac
$as_root apt-get update -q
# shellcheck disable=SC2086 # words on purpose
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-confold install -q -y --no-install-recommends $missing
echo "setup: done"
