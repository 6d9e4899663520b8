#!/bin/bash
# visit.sh SERVER CLIENT: a visit to the server, in which workers are killed and sessions are not.
set -eu
server=$1
client=$2
folder=$(mktemp -d)
socket=$folder/socket
"$server" "$socket" &
pid=$!
trap 'kill -9 "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
until "$client" "$socket" "nobody show" >/dev/null 2>&1; do
  kill -0 "$pid"
  sleep 0.02
done

# expect REQUEST REPLY: whichever worker answers.
expect() {
  local reply
  reply=$("$client" "$socket" "$1")
  echo "$1 -> $reply"
  if [[ ${reply#* } != "$2" ]]; then
    echo "expected: $2" >&2
    exit 1
  fi
}

expect "ada add a-difference-engine-in-brass" "request 1: a-difference-engine-in-brass"
expect "bob add tea" "request 1: tea"
expect "ada add cards" "request 2: a-difference-engine-in-brass cards"

# A worker that is killed between two requests, from outside, and is replaced.
victim=$("$client" "$socket" "ada show" | cut -d ' ' -f 1)
kill -9 "$victim"
while kill -0 "$victim" 2>/dev/null; do
  sleep 0.01
done
expect "ada show" "request 4: a-difference-engine-in-brass cards"

# Workers that die inside the change, more often than there are workers: what they did has not happened.
for _ in 1 2 3 4 5 6; do
  if "$client" "$socket" "ada die"; then
    echo "expected no reply of a dead worker" >&2
    exit 1
  fi
done
expect "ada show" "request 5: a-difference-engine-in-brass cards"
expect "bob show" "request 2: tea"

kill -TERM "$pid"
wait "$pid"
if [[ -e $socket ]]; then
  echo "the socket is left" >&2
  exit 1
fi
