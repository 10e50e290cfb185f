#!/bin/sh
# Installs with apt what tidemill needs on Debian 12 and is not there yet: the project's one list of
# packages. Says what it installs; does nothing when nothing is missing.
# usage: sh tests/install.sh [build|tests] [--list]
#   build    what building and running needs
#   tests    that, and what the tests and the Python examples need (the default)
#   --list   only print the packages
set -eu

build='
    gcc libc6-dev cmake ninja-build pkg-config
    libgsl-dev libopenblas-dev libnlopt-dev
    libzmq3-dev libsodium-dev libjansson-dev
    libsqlite3-dev sqlite3 libyaml-dev libarchive-dev
    libcurl4-openssl-dev libmicrohttpd-dev libglib2.0-dev tzdata'
tests='
    clang clang-tidy clang-format cppcheck libclang-rt-14-dev libcmocka-dev libical-dev
    binutils procps iproute2 nftables munge slurmctld slurmd slurm-client
    git python3 python3-zmq python3-sklearn python3-xgboost'

packages="$build $tests"
list=no
for word in "$@"; do
    case $word in
    build) packages=$build ;;
    tests) packages="$build $tests" ;;
    --list) list=yes ;;
    *)
        echo "usage: sh tests/install.sh [build|tests] [--list]" >&2
        exit 2
        ;;
    esac
done

if [ "$list" = yes ]; then
    printf '%s\n' $packages
    exit 0
fi

missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "install: every package is there"
    exit 0
fi

echo "install: apt-get install$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "install: neither root nor sudo: install these packages, then use --no-install" >&2
        exit 1
    }
    as_root='sudo -E'
fi
export DEBIAN_FRONTEND=noninteractive
# munge and Slurm are for a test that runs them itself: no service is started for them
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap '$as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086  # the list is words
$as_root apt-get install -qq -y --no-install-recommends $missing >/dev/null
