#!/bin/sh
# Machines of AWS EC2 from a launch template, on the spot market or not.
# usage: aws.sh TEMPLATE spot|on-demand up COUNT | aws.sh TEMPLATE spot|on-demand down ID...
# The template's user data starts the worker under the machine's own id (see README.md).
set -eu
template=$1
market=$2
verb=$3
shift 3

# From one up to COUNT: what can be had now is better than nothing.
up() {
    set -- --count "1:$1"
    [ "$market" = on-demand ] || set -- "$@" --instance-market-options MarketType=spot
    tags="[{Key=tidemill-pool,Value=$TIDEMILL_POOL}]"
    aws ec2 run-instances --launch-template "LaunchTemplateName=$template" "$@" \
        --tag-specifications "ResourceType=instance,Tags=$tags" \
        --query 'Instances[].InstanceId' --output text | tr '\t' '\n'
}

down() {
    aws ec2 terminate-instances --instance-ids "$@" >/dev/null
}

"$verb" "$@"
