#!/bin/sh
# The checks of this folder can fail: each is run on a small tree that is as it should be, which
# must pass, and then on the same tree with one fault planted, which must be refused by name.
# usage: canary.sh CC
set -eu
cc=$1
house=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-canary-XXXXXX")
trap 'rm -rf "$tree"' EXIT
faults=0

die() {
    echo "canary: $*" >&2
    exit 1
}

# plant: a tree that no check has anything against.
plant() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/scheduler/core" "$tree/scheduler/base" "$tree/scheduler/store" \
        "$tree/worker" "$tree/tests/core" "$tree/build" "$tree/include/tidemill"
    printf 'int number(void);\n' >"$tree/scheduler/base/base.h"
    printf 'int text(void);\n' >"$tree/include/tidemill/wire.h"
    printf 'int rows(void);\n' >"$tree/scheduler/store/store.h"
    cat >"$tree/scheduler/core/step.c" <<'END'
#include "base/base.h"
#include <tidemill/wire.h>

int step(void)
{
    return 0;
}
END
    printf '#include "base/base.h"\n#include <zmq.h>\n' >"$tree/worker/link.c"
    printf '/* Shows a step. */\n#include "store/store.h"\n' >"$tree/tests/core/test_step.c"
    for file in scheduler/core/step.c worker/link.c tests/core/test_step.c; do
        printf '  "file": "%s"\n' "$tree/$file"
    done >"$tree/build/compile_commands.json"
}

# refused CHECK FILE WORDS: the check must fail now and say WORDS about FILE; then the tree is
# planted anew.
refused() {
    case $1 in
    owned) set -- "$@" "$tree/build" ;;
    *) set -- "$@" "" ;;
    esac
    if sh "$house/$1.sh" "$tree" ${4:+"$4"} >"$tree/said" 2>&1; then
        die "$1.sh passes a tree where $2: $3"
    fi
    grep -F "$2" "$tree/said" | grep -qF "$3" || die "$1.sh did not say '$3': $(cat "$tree/said")"
    faults=$((faults + 1))
    plant
}

# many COUNT TEXT: the text on that many lines.
many() {
    awk -v count="$1" -v text="$2" 'BEGIN { while (count-- > 0) { print text } }'
}

plant
for check in "includes.sh $tree" "limits.sh $tree" "owned.sh $tree $tree/build" \
    "links.sh $tree"; do
    # shellcheck disable=SC2086  # a command and its words
    sh "$house/"$check >"$tree/said" 2>&1 || die "$check refuses a good tree: $(cat "$tree/said")"
done

core=scheduler/core/step.c
for header in '<sqlite3.h>' '<zmq.h>' '<jansson.h>' '<yaml.h>' '<gsl/gsl_math.h>' '<unistd.h>' \
    '"store/store.h"' '<tidemill/optimizer.h>'; do
    echo "#include $header" >>"$tree/$core"
    refused includes "$core:8" 'room core may not include'
done
echo '#include <nonsense.h>' >>"$tree/$core"
refused includes "$core:8" 'nothing that rooms.txt knows'
echo '#include "../store/store.h"' >>"$tree/$core"
refused includes "$core:8" 'nothing that rooms.txt knows'
echo '  #  include "store/store.h"' >>"$tree/worker/link.c"
refused includes worker/link.c:3 'room worker may not include store'
echo '/* docs/GONE.md says why */' >>"$tree/$core"
refused links "$core:8" 'no page docs/GONE.md'
mkdir "$tree/scheduler/attic" && echo >"$tree/scheduler/attic/old.c"
refused includes scheduler/attic/old.c 'no room'
echo '#include <zmq.h>' >>"$tree/include/tidemill/wire.h"
refused includes include/tidemill/wire.h:2 'room public may not include zmq'

{ echo 'int long_one(void)' && echo '{' && many 69 '    step();' && echo '}'; } >>"$tree/$core"
refused limits "$core:9" 'a function of 71 lines'
{ echo 'long_one() {' && many 69 '    :' && echo '}'; } >"$tree/tests/long.sh"
refused limits tests/long.sh:1 'a function of 71 lines'
{ echo 'def long_one():' && many 70 '    pass' && echo 'done = 1'; } >"$tree/worker/long.py"
refused limits worker/long.py:1 'a function of 71 lines'
many 494 '' >>"$tree/$core"
refused limits "$core:501" 'more than 500 lines'
printf '/* %098d */\n' 0 >>"$tree/$core"
refused limits "$core:8" 'a line of 104 columns'
echo '    goto again;' >>"$tree/$core"
refused limits "$core:8" 'goto'
echo 'typedef int step;' >>"$tree/$core"
refused limits "$core:8" 'typedef'
printf '// TO%s: step\n' DO >>"$tree/$core"
refused limits "$core:8" 'unfinished'
printf 'int x; \n' >>"$tree/$core"
refused limits "$core:8" 'white space'
printf '# Title\t\n' >>"$tree/README.md"
refused limits README.md:1 'white space'
echo 'int main(void);' >"$tree/tests/core/test_step.c"
refused limits tests/core/test_step.c:1 'a test begins with'

echo >"$tree/worker/lost.c"
refused owned worker/lost.c 'no target compiles it'
echo >"$tree/worker/lost.h"
refused owned worker/lost.h 'nothing includes it'
echo '# lost.sh' >"$tree/worker/lost.sh"
refused owned worker/lost.sh 'nothing runs or explains it'

# Purity is judged on object code.
# impure SYMBOL ROOMS CODE: the call is refused in each of the rooms; `nothing` is refused in none.
impure() {
    printf '%s\n' "$3" >"$tree/impure.c"
    "$cc" -w -c "$tree/impure.c" -o "$tree/impure.c.o"
    rm -f "$tree/libimpure.a"
    ar rc "$tree/libimpure.a" "$tree/impure.c.o"
    for room in $2; do
        if sh "$house/purity.sh" "$room" "$tree/libimpure.a" >"$tree/said" 2>&1; then
            [ "$1" = nothing ] || die "purity.sh lets $room call $1"
        else
            grep -qxF "$room: impure.c.o $1" "$tree/said" || die "purity.sh: $(cat "$tree/said")"
        fi
        faults=$((faults + 1))
    done
}

all='base wire civil optimizer core agent sim'
without_heap='core agent'
impure nothing "$all" '#include <string.h>
    unsigned long f(const char *s) { return strlen(s); }'
impure time "$all" '#include <time.h>
    long f(void) { return time(0); }'
impure clock_gettime "$all" '#include <time.h>
    int f(struct timespec *t) { return clock_gettime(CLOCK_REALTIME, t); }'
impure rand "$all" '#include <stdlib.h>
    int f(void) { return rand(); }'
impure printf "$all" '#include <stdio.h>
    int f(int x) { return printf("%d", x); }'
impure exit "$all" '#include <stdlib.h>
    void f(void) { exit(1); }'
impure getenv "$all" '#include <stdlib.h>
    char *f(void) { return getenv("X"); }'
impure open "$all" '#include <fcntl.h>
    int f(void) { return open("x", 0); }'
impure malloc "$without_heap" '#include <stdlib.h>
    void *f(void) { return malloc(8); }'
impure free "$without_heap" '#include <stdlib.h>
    void f(void *p) { free(p); }'
impure exp 'base wire civil core agent sim' '#include <math.h>
    double f(double x) { return exp(x); }'
# The tools are really asked, and what they say counts.
# blamed TOOL WORDS CODE: the tool must refuse the tree with this code in it, and say WORDS; or
# pass it, if WORDS is `nothing`.
blamed() {
    plant
    cp "$house/../../.clang-tidy" "$house/../../.clang-format" "$tree"
    printf '[{"directory": "%s", "command": "%s -c worker/link.c", "file": "%s"}]\n' \
        "$tree" "$cc" "$tree/worker/link.c" >"$tree/build/compile_commands.json"
    printf '%s\n' "$3" >"$tree/worker/link.c"
    if sh "$house/tools.sh" "$1" "$tree" "$tree/build" >"$tree/said" 2>&1; then
        [ "$2" = nothing ] || die "$1 passes: $3"
    else
        grep -qF -e "$2" "$tree/said" || die "$1 did not say '$2': $(cat "$tree/said")"
    fi
    faults=$((faults + 1))
}

for tool in format tidy cppcheck; do
    blamed $tool nothing 'int link_number(void);'
done
blamed format 'should be clang-formatted' 'int   link_number( void );'
blamed tidy 'bugprone-sizeof-expression' '#include <string.h>
void link_clear(char *p) { memset(p, 0, sizeof(sizeof(p))); }'
blamed cppcheck 'nullPointer' 'int link_number(int *p) { if (p) { *p = 1; } return *p; }'
echo "canary: $faults planted cases, each judged rightly"
