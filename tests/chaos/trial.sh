# A trial of the chaos run: STEPS steps, each witnessed once computed, then saved and announced as a
# checkpoint. usage: trial.sh X STEPS MOOD: mood 0 fails once, its result is X
trap '' TERM # its children too: the notice says enough
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
[ "$TIDEMILL_RESUME" = 0 ] || read -r step <step || exit 1
trial=${TIDEMILL_TRIAL#*.}

witness() {
    read -r up _ </proc/uptime
    echo "$trial $TIDEMILL_ATTEMPT $1 $$ $up $2" >>"$WITNESS"
}

while [ "$step" -lt "$2" ]; do
    sleep 0.5
    step=$((step + 1))
    witness $step "$1"
    echo $step >step.new && mv step.new step || exit 1
    echo '{"step":'$step',"metrics":{"loss":'"$1"'},"checkpoint":'$step'}' >>"$TIDEMILL_REPORT"
    [ "$3$TIDEMILL_ATTEMPT" != 01 ] || exit 1
    [ ! -e "$TIDEMILL_NOTICE" ] || exit 75
done
witness end "$1"
echo '{"final":true,"metrics":{"loss":'"$1"'}}' >>"$TIDEMILL_REPORT"
