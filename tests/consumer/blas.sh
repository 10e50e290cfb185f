#!/bin/sh
# Shows that libgsl's calls into BLAS are bound to OpenBLAS and not to gslcblas, by asking the
# loader what it binds: a wrong order on the link line changes this without a word and costs a
# factor of ten.
# usage: blas.sh PROGRAM
set -eu
bindings=$(LD_BIND_NOW=1 LD_DEBUG=bindings "$1" 2>&1 >/dev/null |
    grep 'symbol `cblas_dtrsm' || true)
echo "$bindings"
echo "$bindings" | grep -q 'libgsl.*to .*openblas'
! echo "$bindings" | grep -q 'to .*gslcblas'
