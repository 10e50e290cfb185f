#!/bin/sh
# Machines of Google Compute Engine from an instance template.
# usage: gcp.sh TEMPLATE ZONE up COUNT | gcp.sh TEMPLATE ZONE down ID...
# The template's start-up script starts the worker under the machine's own name (see README.md).
set -eu
template=$1
zone=$2
verb=$3
shift 3

# Names are chosen here: they are the ids.
up() {
    names=
    count=$1
    while [ "$count" -gt 0 ]; do
        names="$names $TIDEMILL_POOL-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')"
        count=$((count - 1))
    done
    # shellcheck disable=SC2086 # names have no blanks
    gcloud compute instances create $names --zone "$zone" --source-instance-template "$template" \
        --format 'value(name)'
}

down() {
    gcloud compute instances delete "$@" --zone "$zone" --quiet
}

"$verb" "$@"
