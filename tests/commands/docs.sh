# docs/CLI.md and docs/man/tidemill.1 say what the program can do: every verb of `tidemill help` is
# in both, and every option of every verb's --help is in the manual page. The help fits a terminal
# of 80 columns, and the manual pages give no warning. Usage: docs.sh TIDEMILL WORKER ROOT
tidemill=$1
worker=$2
root=$3
failed=0

# fits WHAT TEXT
fits() {
    wide=$(printf '%s\n' "$2" | awk 'length($0) > 80')
    test -z "$wide" || {
        printf '%s is wider than 80 columns:\n%s\n' "$1" "$wide" >&2
        failed=1
    }
}

lacks() {
    echo "$1 does not name $2" >&2
    failed=1
}

manual=$(sed 's/\\-/-/g' "$root/docs/man/tidemill.1")
for page in "$root"/docs/man/*; do
    ! command -v man >/dev/null || warnings=$(man --warnings -l "$page" 2>&1 >/dev/null)
    test -z "${warnings:-}" || {
        printf '%s: %s\n' "$page" "$warnings" >&2
        failed=1
    }
done
help=$("$worker" --help)
fits 'tidemill-worker --help' "$help"
verbs=$("$tidemill" help | awk '/^  [a-z]/ { print $1 }')
test -n "$verbs" || exit 1
for verb in $verbs; do
    grep -qw -- "$verb" "$root/docs/CLI.md" || lacks docs/CLI.md "$verb"
    printf '%s\n' "$manual" | grep -qw -- "$verb" || lacks docs/man/tidemill.1 "$verb"
    help=$("$tidemill" "$verb" --help) || lacks "tidemill $verb" --help
    fits "tidemill $verb --help" "$help"
    options=$(printf '%s\n' "$help" | grep -oE -- '^ +(-[a-z], )?--[a-z-]+' |
        grep -oE -- '--[a-z-]+') || options=
    for option in $options; do
        printf '%s\n' "$manual" | grep -q -- "$option" ||
            lacks docs/man/tidemill.1 "$option of $verb"
    done
done
exit $failed
