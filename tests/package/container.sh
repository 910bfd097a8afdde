#!/usr/bin/env bash
# The container example in a root of its own, as an engine runs it: process 1, a user without rights, a
# read-only root, output through a pipe. The word is the root, with the package's files in it.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1
shown=$root.shown
outer=
trap '[ -z "$outer" ] || kill -KILL "$outer" 2>/dev/null || true; rm -f "$shown"' EXIT

fail() {
  printf 'FAILED: %s\n' "$1"
  cat "$shown"
  exit 1
}
ok() { printf 'ok: %s\n' "$1"; }
# Waits until the output has a text.
wait_for() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    if grep -q "$1" "$shown"; then return; fi
    sleep 0.1
  done
  fail "waited in vain for: $1"
}

cp examples/container/supervisord.conf "$root/etc/supervisor/supervisord.conf"
mkdir -p "$root/run/supervisor"

# shellcheck disable=SC2016 # the words are for the inner shell
engine='
  mount --bind "$0" "$0"
  mount -o remount,bind,ro "$0"
  mount -t proc proc "$0/proc"
  mount -t tmpfs -o uid=1000,mode=755 tmpfs "$0/run/supervisor"
  chown 1000 /proc/self/fd/1
  exec chroot --userspec=1000:1000 "$0" supervisord -n -c /etc/supervisor/supervisord.conf
'
: >"$shown"
exec {output}> >(cat >"$shown")
unshare --mount --pid --fork --kill-child sh -euc "$engine" "$root" >&"$output" 2>&1 &
outer=$!
exec {output}>&-

wait_for 'success: worker'
wait_for 'web listens'
first=$(cat "/proc/$outer/task/$outer/children")
first=${first%% *}
inside() { nsenter --target "$first" --mount --pid --root --setuid 1000 --setgid 1000 "$@"; }

inside supervisorctl status web | grep -q RUNNING || fail 'the check of health'
ok 'the check of health'
if inside touch /etc/x 2>/dev/null; then fail 'the root can be written to'; fi
ok 'the root is read-only'
# a stranger that somebody left behind
inside sh -c 'sleep 0.2 & exit' 2>/dev/null
inside supervisorctl restart web >/dev/null
inside sleep 0.4
[ -z "$(ps -o stat= --ppid "$first" | grep Z)" ] || fail 'a stranger is not reaped'
ok 'strangers are reaped'
kill -TERM "$first"
wait "$outer" || fail 'the end by SIGTERM'
ok 'SIGTERM ends it with 0'
outer=
wait
for text in 'stopped: web' 'stopped: worker'; do
  grep -q "$text" "$shown" || fail "no line: $text"
done
ok 'programs were stopped in order'
if grep -E 'seek|Traceback|reaped unknown|ERRO' "$shown"; then fail 'noise'; fi
ok 'no noise'
