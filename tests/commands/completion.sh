# The completion scripts are scripts: bash completes a verb, an option and an experiment's name
# with its own; zsh and fish
# parse theirs, where they are installed. Usage: completion.sh TIDEMILL
PATH=$(dirname "$1"):$PATH
export PATH
command -v bash >/dev/null || exit 77

bash -eu <<'END' || exit 1
source <(tidemill completion bash)
completes() {
    want=$1
    shift
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _tidemill
    [[ " ${COMPREPLY[*]} " == *" $want "* ]] || { echo "no $want in: ${COMPREPLY[*]}" >&2; exit 1; }
}
completes trials tidemill tri
completes --limit tidemill trials --l
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
touch a.yaml
completes a.yaml tidemill run a
END
for shell in zsh fish; do
    tidemill completion $shell >/dev/null || exit 1
    if command -v $shell >/dev/null; then
        tidemill completion $shell | $shell -n || exit 1
    fi
done
