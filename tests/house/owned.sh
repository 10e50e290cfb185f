#!/bin/sh
# Nothing lies about: every .c file is compiled by a target of the build in BUILD or included, every
# .h file is included, every script is named by something that runs or explains it, and the top
# level has what the design names. Prints what belongs to nobody.
# usage: owned.sh ROOT BUILD
set -eu
root=$(cd "$1" && pwd)
commands=$(cd "$2" && pwd)/compile_commands.json
cd "$root"

files() {
    find include scheduler worker examples tests "$@" -type f 2>/dev/null | sort
}

# basenames that an #include names
included=$(files -name '*.[ch]' | xargs sed -n 's/^ *# *include *["<]\([^">]*\)[">].*/\1/p' |
    sed 's|.*/||' | sort -u)

is_included() {
    printf '%s\n' "$included" | grep -qxF "$(basename "$1")"
}

# is_named: by a file that is not the script itself, or, without its extension, by a list of
# CMake's.
is_named() {
    stem=$(basename "$1")
    { files; find .ci cmake docs README.md CONTRIBUTING.md CMakeLists.txt -type f 2>/dev/null; } |
        grep -vxF "$1" | xargs grep -lqF "$stem" ||
        grep -qwF "${stem%.*}" "$(dirname "$1")/CMakeLists.txt" 2>/dev/null
}

orphans=0
count=0
orphan() {
    echo "$1: $2"
    orphans=$((orphans + 1))
}

[ -s "$commands" ] || {
    echo "owned: there is no $commands" >&2
    exit 1
}
for path in $(files -name '*.c'); do
    count=$((count + 1))
    grep -qF "\"file\": \"$root/$path\"" "$commands" || is_included "$path" ||
        orphan "$path" "no target compiles it"
done
for path in $(files -name '*.h'); do
    count=$((count + 1))
    is_included "$path" || orphan "$path" "nothing includes it"
done
for path in $(files \( -name '*.sh' -o -name '*.py' \)); do
    count=$((count + 1))
    is_named "$path" || orphan "$path" "nothing runs or explains it"
done
for path in $(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u); do
    case $path in
    scheduler | worker | include | examples | tests | docs | cmake | .ci) ;;
    CMakeLists.txt | CMakePresets.json | *.md | LICENSE | NOTICE | .clang-* | .gitignore) ;;
    *) orphan "$path" "not for the top level" ;;
    esac
done
echo "$count files, $orphans without an owner"
[ "$orphans" -eq 0 ] && [ "$count" -gt 0 ]
