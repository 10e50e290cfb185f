#!/bin/sh
# Shows that libtidemill can be used by a project outside the tree: installs it into an empty
# prefix, builds the example through pkg-config and through the CMake package, and runs both: they
# give the same answer.
# usage: packages.sh CMAKE BUILD EXAMPLE COMPILER
set -eu
cmake=$1
build=$2
example=$3
compiler=$4
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$cmake" --install "$build" --prefix "$scratch/prefix" --component libtidemill >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$scratch/prefix" -name tidemill.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --define-variable=prefix="$scratch/prefix" --cflags --libs tidemill)
# shellcheck disable=SC2086
"$compiler" -std=c17 "$example" $flags -o "$scratch/by-pkg-config"

mkdir "$scratch/project"
cp "$example" "$scratch/project/main.c"
cat >"$scratch/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(tidemill 0.1 REQUIRED)
add_executable(by-cmake main.c)
target_link_libraries(by-cmake PRIVATE tidemill::tidemill)
END
"$cmake" -S "$scratch/project" -B "$scratch/project/build" -DCMAKE_PREFIX_PATH="$scratch/prefix" \
    -DCMAKE_C_COMPILER="$compiler" >/dev/null
"$cmake" --build "$scratch/project/build" >/dev/null

first=$("$scratch/by-pkg-config")
second=$("$scratch/project/build/by-cmake")
echo "pkg-config: $first"
echo "cmake:      $second"
[ -n "$first" ] && [ "$first" = "$second" ]
case $first in *"value 0.397"* | *"value 0.398"*) ;; *) echo "not the optimum" >&2 && exit 1 ;; esac
