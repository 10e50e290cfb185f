#!/bin/sh
# The spot prices of one machine type in one zone, as AWS publishes them.
# usage: aws-prices.sh TYPE ZONE
set -eu
exec aws ec2 describe-spot-price-history --instance-types "$1" --availability-zone "$2" \
    --product-descriptions Linux/UNIX --start-time "$(date -u -d '1 day ago' +%Y-%m-%dT%H:%M:%SZ)" \
    --output json
