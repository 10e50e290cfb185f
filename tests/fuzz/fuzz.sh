#!/bin/sh
# Fuzzes every target for a while, from its committed corpus on, with AddressSanitizer and
# UndefinedBehaviorSanitizer; then the one with a planted fault, which has to be found. Two run at a
# time. What ends badly is left in the folder that is named.
# usage: fuzz.sh SOURCE SECONDS [TARGET...]
set -eu
source=$1
seconds=$2
shift 2
[ -z "${TIDE_LONG:-}" ] || seconds=300
[ $# -gt 0 ] || set -- wire spec report config civil price outbox archive events handlers
work=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-fuzz-XXXXXX")

targets=
for name in "$@"; do
    targets="$targets fuzz_$name"
done
cd "$source"
cmake --preset fuzz >"$work/build.log"
# shellcheck disable=SC2086
cmake --build --preset fuzz --target $targets fuzz_spec_canary >>"$work/build.log" 2>&1 || {
    tail -n 20 "$work/build.log"
    exit 1
}

cat >"$work/one" <<'END'
#!/bin/sh
# usage: one SOURCE WORK SECONDS NAME
set -u
mkdir -p "$2/$4" && cd "$2/$4" && mkdir -p found
dictionary=
[ -f "$1/tests/fuzz/$4.dict" ] && dictionary="-dict=$1/tests/fuzz/$4.dict"
"$1/build/fuzz/tests/fuzz/fuzz_$4" $dictionary -max_total_time="$3" -max_len=65536 -timeout=25 \
    -rss_limit_mb=1024 -close_fd_mask=1 -print_final_stats=1 -artifact_prefix="$2/$4/" \
    "$2/$4/found" "$1/tests/fuzz/corpus/$4" >"$2/$4.log" 2>&1 || {
    tail -n 30 "$2/$4.log"
    echo "FAILED: $4, see $2"
    exit 1
}
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$2/$4.log")
echo "$4: $runs runs in $3 s, none ended badly"
END
chmod +x "$work/one"
printf '%s\n' "$@" | xargs -P 2 -n 1 "$work/one" "$source" "$work" "$seconds"

# The same with a planted fault: a fuzzer that does not find it finds nothing.
mkdir "$work/canary"
if build/fuzz/tests/fuzz/fuzz_spec_canary -max_total_time=60 -artifact_prefix="$work/canary/" \
    "$work/canary" tests/fuzz/corpus/spec >"$work/canary.log" 2>&1; then
    echo "the canary lives: its planted fault was not found"
    exit 1
fi
echo "the planted fault was found"
rm -rf "$work"
