#!/bin/bash
# What happens in the root that run.sh has made; see there. The word says which story.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

log=/var/log/story
fail() {
  printf 'FAILED: %s\n' "$1"
  tail -n 40 "$log"
  exit 1
}
check() {
  local what=$1
  shift
  "$@" >>"$log" 2>&1 || fail "$what"
  printf 'ok: %s\n' "$what"
}
quietly() {
  echo "+ $*" >>"$log"
  "$@" >>"$log" 2>&1 || fail "$*"
}
install() { quietly apt-get -q -y --no-install-recommends --allow-downgrades install "$@"; }
not() { ! "$@"; }

# Both programs run, under a daemon of ours or of Python's, as the word says.
runs_under() {
  local whose=$1 tries
  for ((tries = 0; tries < 60; tries++)); do
    if [ "$(supervisorctl status 2>/dev/null | grep -c ' RUNNING ')" = 2 ]; then
      case "$whose $(supervisorctl version)" in
        ours*+rs.* | python*[0-9]) break ;;
      esac
    fi
    sleep 0.2
  done
  echo "daemon: $(supervisorctl version)"
  supervisorctl status
  case "$whose $(supervisorctl version)" in
    ours*+rs.*) ;;
    python*+rs.*) return 1 ;;
    python*) ;;
    *) return 1 ;;
  esac
  [ "$(sleepers)" = '1 1' ]
}
# How many processes have just this command line.
count() {
  local file number=0
  for file in /proc/[0-9]*/cmdline; do
    if [ "$(tr '\0' ' ' 2>/dev/null <"$file")" = "$1 " ]; then number=$((number + 1)); fi
  done 2>/dev/null
  echo $number
}
sleepers() { echo "$(count '/bin/sleep 1234') $(count '/bin/sleep 5678')"; }
nothing_runs() { [ "$(sleepers)" = '0 0' ] && [ ! -e /var/run/supervisord.pid ]; }

configuration() { find /etc/supervisor /etc/default/supervisor -type f -exec md5sum {} + | sort -k 2; }
kept() { diff /configuration <(configuration); }
links() { ls /etc/rc2.d | grep -q '^S.*supervisor$'; }
enabled() { [ -L /etc/systemd/system/multi-user.target.wants/supervisor.service ]; }
has_unit() { [ -s /lib/systemd/system/supervisor.service ]; }
# An init script that says so, and does what its name says.
restarts() {
  local before after
  before=$(cat /var/run/supervisord.pid)
  /etc/init.d/supervisor restart
  after=$(cat /var/run/supervisord.pid)
  [ "$before" != "$after" ] && /etc/init.d/supervisor status
}

# The daemon opens its log again when it is told to, in its own time.
writes_logs() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    supervisorctl restart one
    if grep "success: one" /var/log/supervisor/supervisord.log; then return; fi
  done
  return 1
}

python_with_two_programs() {
  mkdir -p /etc/supervisor/conf.d
  printf '[program:one]\ncommand=/bin/sleep 1234\n' >/etc/supervisor/conf.d/one.conf
  printf '[program:two]\ncommand=/bin/sleep 5678\nuser=nobody\n' >/etc/supervisor/conf.d/two.conf
  install supervisor
  check 'two programs under Python' runs_under python
}

# Apt does the switch, the files are as they were installed.
take_over() {
  python_with_two_programs
  configuration >/configuration
  install /ours.deb
  check 'configuration kept byte for byte' kept
  check 'the same programs under ours' runs_under ours
  check 'the init script may be run' test -x /etc/init.d/supervisor
  check 'start links' links
  check 'unit' has_unit
  check 'unit enabled' enabled
  check 'restart restarts' restarts
  check 'programs after it' runs_under ours
  check 'sample' sh -c 'echo_supervisord_conf | grep -q "^\[supervisord\]"'
  check 'only libc and what comes with it' sh -c '! ldd /usr/bin/supervisord | grep -vE "linux-vdso|libc\.so|libgcc_s\.so|ld-linux"'

  quietly /etc/init.d/supervisor stop
  check 'stop stops' nothing_runs
  check 'status says so' not /etc/init.d/supervisor status
  quietly /etc/init.d/supervisor start

  printf '; edited\n' >>/etc/supervisor/supervisord.conf
  printf '# edited\n' >>/etc/default/supervisor
  configuration >/configuration
  install /later.deb
  check 'edited configuration kept in an upgrade' kept
  check 'programs after an upgrade' runs_under ours

  # as later versions of the Python package do
  echo 'rm -rf /var/log/supervisor' >>/var/lib/dpkg/info/supervisor.postrm
  quietly dpkg --purge supervisor
  check 'logs are written when Python is purged' writes_logs
  check 'it says so' grep -q 'supervisor-rs: another package deleted' "$log"
  check 'configuration kept when Python is purged' kept
  check 'programs when Python is purged' runs_under ours
  check 'start links when Python is purged' links
  check 'unit enabled when Python is purged' enabled
  check 'init script when Python is purged' test -x /etc/init.d/supervisor

  quietly apt-get -q -y remove supervisor-rs
  check 'remove stops' nothing_runs
  check 'remove keeps the configuration' kept
  check 'remove keeps logs' test -s /var/log/supervisor/supervisord.log
  check 'remove takes the programs' not test -e /usr/bin/supervisord
  install /ours.deb
  check 'configuration kept in a reinstallation' kept
  check 'programs after a reinstallation' runs_under ours

  quietly apt-get -q -y purge supervisor-rs
  check 'purge stops' nothing_runs
  check 'purge takes the configuration' not test -e /etc/supervisor/supervisord.conf
  check 'purge takes logs' not test -e /var/log/supervisor
  check 'purge takes links' not links
  check 'purge disables' not enabled
  check 'purge takes the init script' not test -e /etc/init.d/supervisor
  check 'purge leaves what the admin wrote' test -s /etc/supervisor/conf.d/one.conf
  install /ours.deb
  check 'programs after purge and installation' runs_under ours
}

# Dpkg alone does the switch, on edited files; then back.
replace() {
  python_with_two_programs
  printf '[inet_http_server]\nport=127.0.0.1:9009\n' >>/etc/supervisor/supervisord.conf
  printf 'export X=1\n' >>/etc/default/supervisor
  configuration >/configuration
  quietly dpkg -i /ours.deb
  check 'edited configuration kept byte for byte' kept
  check 'the same programs under ours' runs_under ours
  check 'the init script may be run' test -x /etc/init.d/supervisor
  check 'start links' links
  check 'unit' has_unit
  check 'unit enabled' enabled

  install supervisor
  # without systemd, Python's package "restarts" here, which only stops: the flaw of its init script
  quietly /etc/init.d/supervisor start
  check 'configuration kept on the way back' kept
  check 'the same programs under Python' runs_under python
  check 'start links on the way back' links
  check 'unit on the way back' has_unit
  quietly dpkg --purge supervisor-rs
  check 'configuration kept when ours is purged' kept
  check 'logs kept when ours is purged' test -s /var/log/supervisor/supervisord.log
  check 'programs when ours is purged' runs_under python
  check 'start links when ours is purged' links
  check 'unit enabled when ours is purged' enabled
}

status_text() { systemctl show --property StatusText --value supervisor; }
says() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    if [ "$(status_text)" = "$1" ]; then return; fi
    sleep 0.1
  done
  status_text
  return 1
}
# More lines for the unit.
drop_in() {
  mkdir -p /etc/systemd/system/supervisor.service.d
  printf '[Service]\n%s\n' "$@" >/etc/systemd/system/supervisor.service.d/test.conf
  quietly systemctl daemon-reload
  quietly systemctl restart supervisor
}

# As take_over, with the unit instead of the init script.
under_systemd() {
  python_with_two_programs
  install /ours.deb
  check 'the same programs under ours' runs_under ours
  check 'active' systemctl is-active supervisor
  check 'status text' says '2 processes: 2 RUNNING'
  check 'reload' systemctl reload supervisor
  check 'programs after it' runs_under ours
  printf '[broken\n' >/etc/supervisor/conf.d/broken.conf
  check 'reload of a broken configuration fails' not systemctl reload supervisor
  check 'and changes nothing' runs_under ours
  rm /etc/supervisor/conf.d/broken.conf
  install /later.deb
  check 'programs after an upgrade' runs_under ours
  quietly dpkg --purge supervisor
  check 'unit enabled when Python is purged' systemctl is-enabled supervisor
  check 'programs when Python is purged' runs_under ours

  drop_in WatchdogSec=1
  sleep 3
  check 'the watchdog is content' test "$(systemctl show --property NRestarts --value supervisor)" = 0

  drop_in TimeoutStopSec=1
  local slow='command=/bin/bash -c "trap : TERM; sleep 1000 & wait; sleep 4"'
  printf '[program:slow]\n%s\nstopwaitsecs=20\n' "$slow" >/etc/supervisor/conf.d/slow.conf
  quietly supervisorctl update
  quietly systemctl stop supervisor
  check 'stopwaitsecs counts, not the limit of systemd' grep 'stopped: slow (exit status 0)' \
    /var/log/supervisor/supervisord.log
  rm /etc/supervisor/conf.d/slow.conf

  drop_in Type=forking PIDFile=/run/supervisord.pid ExecStart= \
    'ExecStart=/usr/bin/supervisord -c /etc/supervisor/supervisord.conf'
  check 'in the background' runs_under ours
  check 'in the background, to systemd' systemctl is-active supervisor
  rm -r /etc/systemd/system/supervisor.service.d
  quietly systemctl daemon-reload

  quietly systemctl disable supervisor
  install --reinstall /ours.deb
  check 'a disabled unit stays so' not systemctl is-enabled supervisor
  quietly apt-get -q -y purge supervisor-rs
  check 'purge stops' nothing_runs
  check 'purge takes the unit' not systemctl cat supervisor
}

"$1"
