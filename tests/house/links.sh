#!/bin/sh
# A page that is named is there: whatever ends in .md in sources, scripts and pages, as seen from
# the root, from docs/ or from the folder of the file that names it. Prints each offender as
# file:line.
# usage: links.sh ROOT
set -eu
cd "$1"
wrong=0
named=$(find . -path ./build -prune -o -path ./.git -prune -o -type f \
    \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.txt' -o -name '*.sql' -o \
    -name '*.yaml' -o -name '*.md' \) ! -name canary.sh -print | sort |
    xargs grep -noP '(?<![\w./$}-])[A-Za-z0-9_.][\w./-]*\.md\b' /dev/null | sed 's|^\./||')
for name in $named; do
    file=${name%%:*}
    page=${name##*:}
    for place in "$page" "docs/$page" "$(dirname "$file")/$page"; do
        [ ! -e "$place" ] || continue 2
    done
    echo "${name%:*}: there is no page $page"
    wrong=$((wrong + 1))
done
echo "$(echo "$named" | wc -l) names of pages, $wrong of them of none"
[ "$wrong" -eq 0 ]
