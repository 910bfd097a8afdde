#!/usr/bin/env bash
# The unit under a real systemd, booted in a root of its own with Python's package in it. The word is the
# root, which has ours.deb, later.deb and inside.sh.
set -euo pipefail
root=$1
log=$root.log

rm -f "$root/usr/sbin/policy-rc.d"
chroot "$root" apt-get -q -y --no-install-recommends install systemd systemd-sysv >"$log" 2>&1
# everything in there ends with the container, and the container with this script
systemd-nspawn --quiet --register=no --keep-unit --kill-signal=SIGKILL --console=pipe --boot \
  --directory="$root" </dev/null >>"$log" 2>&1 &
container=$!
first=
end() {
  kill -KILL "$first" "$container" || true
  wait "$container" || true
  rm -f "$log"
} 2>/dev/null
trap end EXIT
for ((tries = 0; tries < 300; tries++)); do
  first=$(cat "/proc/$container/task/$container/children")
  first=${first%% *}
  if [ -n "$first" ] && nsenter --target "$first" --all systemctl is-active --quiet basic.target 2>/dev/null
  then break; fi
  sleep 0.1
done
nsenter --target "$first" --all /inside.sh under_systemd </dev/null
