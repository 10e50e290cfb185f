#!/bin/sh
# The limits of size: functions of at most 70 lines, files of 500, lines of 100 columns; `goto`
# only to `out`, `typedef` only for the installed types; nothing left to do, no white space at a
# line's end; and every test begins by saying what it shows. Prints each offender as file:line.
# usage: limits.sh ROOT
set -eu
cd "$1"

code() {
    find include scheduler worker examples tests .ci -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -path '.ci/run' \) 2>/dev/null | sort
}

prose() {
    find . -path ./build -prune -o -path ./.git -prune -o -type f \
        \( -name '*.md' -o -name '*.txt' -o -name '*.cmake' -o -name '*.yaml' -o -name '*.json' \) \
        -print |
        sed 's|^\./||' | sort
}

# Columns are characters: a continuation byte of UTF-8 adds none.
measure() {
    LC_ALL=C xargs awk '
    function wrong(line, what) {
        print FILENAME ":" line ": " what
        bad++
    }

    function begin_file() {
        files++
        open = 0
        inner = 0
        if (FILENAME ~ /(^|\/)tests\/.*\/(test|fuzz|bench)_[^\/]*\.c$/ && $0 !~ /^\/[*\/]/) {
            wrong(1, "a test begins with a comment that says what it shows and how")
        }
    }

    function end_function(length_) {
        functions++
        if (length_ > 70) {
            wrong(open, "a function of " length_ " lines, 70 are allowed")
        }
        open = 0
    }

    FNR == 1 { begin_file() }
    FNR == 501 { wrong(FNR, "a file of more than 500 lines") }
    {
        columns = $0
        gsub(/[\200-\277]/, "", columns)
        if (length(columns) > 100) {
            wrong(FNR, "a line of " length(columns) " columns, 100 are allowed")
        }
    }
    FILENAME ~ /\.[ch]$/ && /^[ \t]*goto / && !/goto out;/ {
        wrong(FNR, "goto to a label other than out")
    }
    FILENAME ~ /\.[ch]$/ && FILENAME !~ /^include\// && /^[ \t]*typedef / {
        wrong(FNR, "typedef")
    }

    # clang-format puts the braces of a function, and of nothing else, at the first column.
    FILENAME ~ /\.[ch]$/ && /^\{/ { open = FNR }
    FILENAME ~ /\.sh$|\.ci\/run$/ && /^[a-z_]+\(\) [{(]$/ { open = FNR }
    FILENAME !~ /\.py$/ && open && /^[})]/ { end_function(FNR - open + 1) }
    FILENAME ~ /\.py$/ && /^ *def / {
        match($0, /^ */)
        open = FNR
        inner = RLENGTH
        last = FNR
    }
    FILENAME ~ /\.py$/ && open && FNR > open && /[^ ]/ {
        match($0, /^ */)
        if (RLENGTH <= inner && $0 !~ /^ *\)/) {
            end_function(last - open + 1)
        }
        last = FNR
    }
    END {
        print files + 0 " files, " functions + 0 " functions, " bad + 0 " over a limit"
        exit bad > 0 || files == 0 || functions == 0
    }'
}

status=0
code | measure || status=1
unfinished=$( (code && prose) | xargs grep -nwE 'TO[D]O|FIX[M]E|XX[X]' || true)
blanks=$( (code && prose) | xargs grep -nE '[[:blank:]]+$' || true)
if [ -n "$unfinished" ]; then
    printf '%s\n' "$unfinished" | sed 's/$/   <- unfinished/'
    status=1
fi
if [ -n "$blanks" ]; then
    printf '%s\n' "$blanks" | sed 's/$/   <- white space at the end/'
    status=1
fi
exit $status
