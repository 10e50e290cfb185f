#!/bin/sh
# The hook scripts of examples/launch hold what its README says: every one is sh, prints the ids of
# what it launched and nothing else, and takes ids to end. Clouds are stand-ins that note their
# words. usage: launch.sh ROOT
set -eu
scripts=$1/examples/launch
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
TIDEMILL_POOL=burst
PATH=$here:$PATH
export TIDEMILL_POOL PATH

stand_in() { # stand_in NAME: a program that notes its words and does what stands on stdin
    {
        echo '#!/bin/sh'
        echo "echo \"$1 \$*\" >>\"$here/words\""
        cat
    } >"$here/$1"
    chmod +x "$here/$1"
}
stand_in aws <<'END'
case $2 in
run-instances) printf 'i-0a1\ti-0b2\n' ;;
terminate-instances) echo '{"TerminatingInstances": []}' ;;
esac
END
stand_in gcloud <<'END'
shift 3
for word; do case $word in --*) break ;; *) echo "$word" ;; esac done
END
stand_in sbatch <<'END'
cat >/dev/null
echo "$(wc -l <"${0%/*}/words");cluster"
END
stand_in scancel <<'END'
exit 1
END

same() { # same WHAT GOT WANT
    [ "$2" = "$3" ] || { echo "$1: got '$2', want '$3'" >&2; exit 1; }
}
for script in "$scripts"/*.sh; do
    sh -n "$script"
done
same 'ids of aws' "$(sh "$scripts/aws.sh" t spot up 3 | tr '\n' ' ')" 'i-0a1 i-0b2 '
grep -q 'launch-template LaunchTemplateName=t --count 1:3 .*MarketType=spot' "$here/words"
same 'what aws says of an end' "$(sh "$scripts/aws.sh" t spot down i-0a1 i-0b2)" ''
grep -q 'terminate-instances --instance-ids i-0a1 i-0b2$' "$here/words"
same 'names of gcp' "$(sh "$scripts/gcp.sh" t z up 2 | grep -c '^burst-[0-9a-f]\{12\}$')" 2
: >"$here/words"
same 'jobs of slurm' "$(sh "$scripts/slurm.sh" /keys up 2 | tr '\n' ' ')" 'slurm-1 slurm-2 '
sh "$scripts/slurm.sh" /keys down slurm-1 slurm-2
grep -q 'scancel 2$' "$here/words"
sh "$scripts/aws-prices.sh" p3.2xlarge eu-west-1a
grep -q 'describe-spot-price-history --instance-types p3.2xlarge' "$here/words"
