#!/bin/sh
# Include directions: every #include of the tree under ROOT is one that rooms.txt allows. Prints
# each that is not, as file:line, and fails.
# usage: includes.sh ROOT [ROOMS]
set -eu
rooms=${2:-$(dirname "$0")/rooms.txt}
case $rooms in /*) ;; *) rooms=$PWD/$rooms ;; esac
cd "$1"

find include scheduler worker examples -name '*.[ch]' 2>/dev/null | sort | awk -v rooms="$rooms" '
function room_of(path,    prefix, best, room) {
    best = ""
    for (prefix in room_at) {
        if (index(path, prefix) == 1 && length(prefix) > length(best)) {
            best = prefix
        }
    }
    return best == "" ? "" : room_at[best]
}

function library_of(header,    pattern) {
    for (pattern in library_at) {
        if (header ~ pattern) {
            return library_at[pattern]
        }
    }
    return ""
}

# what_is: the word of rooms.txt for a header that a file in `folder` includes.
function what_is(header, folder,    room) {
    if (header ~ /^tidemill\//) {
        return header
    }
    if (header !~ /\//) {
        return (folder "/" header) in exists ? room_of(folder "/" header) : library_of(header)
    }
    if (header in exists) {
        return room_of(header)
    }
    room = room_of("scheduler/" header)
    if (room == "" || !(("scheduler/" header) in exists)) {
        room = ("worker/" header) in exists ? room_of("worker/" header) : library_of(header)
    }
    return room
}

function check(path,    line, number, header, folder, room, what) {
    folder = path
    sub(/\/[^\/]*$/, "", folder)
    room = room_of(path)
    if (room == "") {
        print path ": it is in no room of rooms.txt"
        bad++
    }
    number = 0
    while ((getline line < path) > 0) {
        number++
        if (line !~ /^[ \t]*#[ \t]*include/) {
            continue
        }
        header = line
        sub(/^[^<"]*[<"]/, "", header)
        sub(/[>"].*$/, "", header)
        what = what_is(header, folder)
        if (header ~ /\.\.\// || what == "") {
            print path ":" number ": <" header "> is nothing that rooms.txt knows"
            bad++
        } else if (what != room && !((room, what) in allowed)) {
            print path ":" number ": room " room " may not include " what " (" header ")"
            bad++
        }
    }
    close(path)
    count++
}

BEGIN {
    while ((getline line < rooms) > 0) {
        words = split(line, word, " ")
        if (word[1] == "library") {
            for (i = 3; i <= words; i++) {
                pattern = word[i]
                gsub(/\./, "\\.", pattern)
                gsub(/\*/, "[^/]*", pattern)
                library_at["^" pattern "$"] = word[2]
            }
        } else if (word[1] == "room") {
            for (i = 3; word[i] != ":"; i++) {
                room_at[word[i]] = word[2]
            }
            for (i++; i <= words; i++) {
                allowed[word[2], word[i]] = 1
            }
        }
    }
}
{ exists[$0] = 1; path[NR] = $0 }
END {
    for (n = 1; n <= NR; n++) {
        check(path[n])
    }
    print count " files, " bad + 0 " wrong includes"
    exit bad > 0 || count == 0
}'
