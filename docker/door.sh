#!/bin/sh
# Passes ports on to loopback: door.sh OUTSIDE:INSIDE… Ends, to be started again, when one of them does.
for pair in "$@"; do
  socat "TCP-LISTEN:${pair%%:*},fork,reuseaddr,max-children=128" "TCP:127.0.0.1:${pair##*:}" &
done
while :; do
  for job in $(jobs -p); do kill -0 "$job" 2>/dev/null || exit 1; done
  sleep 1
done
