#!/bin/sh
# What other tools think of the whole tree: clang-format about its layout, clang-tidy and cppcheck
# about its code, clang about its warnings, and the sanitizers about its tests. Each must have
# nothing to say. BUILD is the build whose compile_commands.json is judged.
# usage: tools.sh format|tidy|cppcheck|clang|asan ROOT BUILD
set -eu
what=$1
build=$3
cd "$2"
cores=$(nproc)

case $what in
format)
    find include scheduler worker examples tests -name '*.[ch]' | sort |
        xargs clang-format --dry-run --Werror
    ;;
tidy)
    # Its count of warnings in system headers is noise; what it prints for our files is not.
    run-clang-tidy -quiet -p "$build" -j "$cores" >"$build/clang-tidy.log" 2>&1 || {
        grep -vE '^([0-9]+ warnings? (and [0-9]+ errors? )?generated|clang-tidy(-[0-9]+)? )' \
            "$build/clang-tidy.log"
        exit 1
    }
    ;;
cppcheck)
    # It knows noreturn as an attribute, not as C11's keyword, and does not see that a pointer was
    # compared with NULL in the same expression.
    mkdir -p "$build/cppcheck"
    cppcheck --project="$build/compile_commands.json" --cppcheck-build-dir="$build/cppcheck" \
        --enable=warning,performance,portability --suppress=nullPointerArithmetic \
        --inline-suppr --quiet -j "$cores" \
        '-D_Noreturn=__attribute__((noreturn))' --error-exitcode=1
    ;;
clang)
    cmake --preset clang
    cmake --build --preset clang
    ;;
asan)
    cmake --preset asan
    cmake --build --preset asan
    # The checks of this folder are about the source, not about a build.
    ctest --preset asan --parallel "$cores" --label-exclude '^(house|long)$'
    ;;
*)
    sed -n 's/^# usage: //p' "$0" >&2
    exit 2
    ;;
esac
