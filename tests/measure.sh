#!/usr/bin/env bash
# The figures of README.md, for the supervisord and supervisorctl in a folder:
#     tests/measure.sh target/release
#     tests/measure.sh target/reference/bin
set -euo pipefail
programs=$(cd "${1:?the folder of the programs}" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

configure() {
  cat <<END >s.conf
[unix_http_server]
file=$folder/s.sock
[supervisord]
logfile=$folder/s.log
pidfile=$folder/s.pid
childlogdir=$folder
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://$folder/s.sock
[program:x]
command=/bin/cat
process_name=%(program_name)s%(process_num)d
numprocs=$1
END
  rm -f s.log
}

ctl() { "$programs/supervisorctl" -c s.conf "$@"; }
now() { date +%s%N; }
milliseconds() { echo "$((($2 - $1) / 1000000)).$((($2 - $1) / 100000 % 10)) ms"; }

# Waits until the command says so.
until_true() { until "$@" >/dev/null 2>&1; do sleep 0.001; done; }
running() { [ "$(grep -c "$1" s.log)" -ge "$2" ]; }
# a zombie has no program any more
gone() { ! readlink "/proc/$1/exe"; }
switches() { awk '/ctxt_switches/ {sum += $2} END {print sum}' "/proc/$1/status"; }

configure 1
begin=$(now)
"$programs/supervisord" -c s.conf
until_true running spawned: 1
printf 'from the start to the first program: %s\n' "$(milliseconds "$begin" "$(now)")"
until_true running success: 1
daemon=$(cat s.pid)
before=$(switches "$daemon")
sleep 30
printf 'wake-ups in 30 s: %s\n' "$(($(switches "$daemon") - before))"
printf 'memory: %s KiB\n' "$(awk '/VmRSS/ {print $2}' "/proc/$daemon/status")"
child=$(ctl pid x:x0)
begin=$(now)
kill -9 "$child"
until_true running spawned: 2
printf 'from a death to the replacement: %s\n' "$(milliseconds "$begin" "$(now)")"
begin=$(now)
ctl status >/dev/null
printf 'supervisorctl status: %s\n' "$(milliseconds "$begin" "$(now)")"
ctl shutdown >/dev/null
until_true gone "$daemon"

configure 20
"$programs/supervisord" -c s.conf
until_true running success: 20
daemon=$(cat s.pid)
begin=$(now)
kill "$daemon"
until_true gone "$daemon"
printf 'shutdown with 20 programs: %s\n' "$(milliseconds "$begin" "$(now)")"
