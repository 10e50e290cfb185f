#!/bin/sh
# The worker needs libzmq, jansson, libsodium and what those bring; no GSL, no SQLite, no BLAS, no
# YAML: looked up in the list of what the dynamic linker would load at once for the program itself.
# usage: links.sh PROGRAM
set -eu
needed=$(objdump -p "$1" | sed -n 's/^ *NEEDED *//p')
for library in $needed; do
    case $library in
    libzmq.so.* | libjansson.so.* | libsodium.so.* | libarchive.so.* | libcurl.so.*) ;;
    libc.so.* | libm.so.*) ;;
    libasan.so.* | libubsan.so.* | libtsan.so.* | ld-linux*.so.* | libgcc_s.so.*) ;;
    *)
        echo "links: the worker is linked with $library" >&2
        exit 1
        ;;
    esac
done
if ldd "$1" | grep -E 'libgsl|libsqlite|openblas|libnlopt|libyaml'; then
    echo "links: the worker loads one of those above" >&2
    exit 1
fi
echo "$needed"
