# docs/CLI.md and docs/man/tidemill.1 say what the program can do: every verb of `tidemill help`
# is in both, and every
# option of every verb's --help is in the manual page. Usage: docs.sh TIDEMILL ROOT
tidemill=$1
root=$2
failed=0

lacks() {
    echo "$1 does not name $2" >&2
    failed=1
}

manual=$(sed 's/\\-/-/g' "$root/docs/man/tidemill.1")
verbs=$("$tidemill" help | awk '/^  [a-z]/ { print $1 }')
test -n "$verbs" || exit 1
for verb in $verbs; do
    grep -qw -- "$verb" "$root/docs/CLI.md" || lacks docs/CLI.md "$verb"
    printf '%s\n' "$manual" | grep -qw -- "$verb" || lacks docs/man/tidemill.1 "$verb"
    options=$("$tidemill" "$verb" --help </dev/null 2>/dev/null |
        grep -oE -- '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+') || options=
    for option in $options; do
        printf '%s\n' "$manual" | grep -q -- "$option" ||
            lacks docs/man/tidemill.1 "$option of $verb"
    done
done
exit $failed
