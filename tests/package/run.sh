#!/usr/bin/env bash
# The package in a Debian of its own: takes the place of Python's Supervisor, is upgraded, removed and
# purged, and goes back. Needs root, debootstrap, debhelper and the mirror that this machine's apt uses.
#
#   tests/package/run.sh [SUITE...]     bookworm, unless others are named
#
# Roots are kept in target/package for the next time; PACKAGE=FILE tries a package that is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
work=${CARGO_TARGET_DIR:-$here/target}/package

skip() {
  printf 'skipped %s: %s\n' "$0" "$1"
  exit 0
}

[ "$(id -u)" = 0 ] || skip 'needs root'
for tool in debootstrap unshare fakeroot dh; do
  [ -n "$(command -v "$tool")" ] || skip "needs $tool; apt-get install debootstrap debhelper fakeroot"
done
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
[ -n "$mirror" ] || skip 'needs a mirror of Debian in the configuration of apt'

mkdir -p "$work"
if [ -z "${PACKAGE:-}" ]; then
  rm -f "$work"/supervisor-rs_*.deb
  fakeroot debian/rules binary PACKAGES="$work" >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log"; exit 1; }
  PACKAGE=$(echo "$work"/supervisor-rs_*.deb)
fi

# The same files once more, as a later version.
later=$work/later
rm -rf "$later" "$later.deb"
dpkg-deb --raw-extract "$PACKAGE" "$later"
sed -i 's/^Version: .*/&+later/' "$later/DEBIAN/control"
dpkg-deb --build --root-owner-group "$later" "$later.deb" >/dev/null
rm -rf "$later"

# A root with all archives in it, so that each run downloads nothing.
make_root() {
  local suite=$1 base=$work/base-$1
  [ -e "$base.ready" ] && return
  rm -rf "$base"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$base" "$mirror" >"$work/debootstrap.log"
  cp /etc/resolv.conf "$base/etc/resolv.conf"
  # proxies and the like
  apt-config dump | grep -E '^Acquire::(http|https|Check)' >"$base/etc/apt/apt.conf.d/90host" || true
  echo "deb $mirror $suite main" >"$base/etc/apt/sources.list"
  chroot "$base" apt-get -q update
  chroot "$base" apt-get -q -y --no-install-recommends --download-only install \
    supervisor systemd systemd-sysv
  # without an init system services are started only where a policy says so
  printf '#!/bin/sh\nexit 0\n' >"$base/usr/sbin/policy-rc.d"
  chmod +x "$base/usr/sbin/policy-rc.d"
  touch "$base.ready"
} >>"$work/root.log" 2>&1

[ $# -gt 0 ] || set -- bookworm
stories=(take_over replace)
if [ -n "$(command -v systemd-nspawn)" ]; then
  stories+=(under_systemd)
else
  printf 'skipped the unit under systemd: needs systemd-nspawn; apt-get install systemd-container\n'
fi

for suite; do
  make_root "$suite" || { tail -n 20 "$work/root.log"; exit 1; }
  for story in "${stories[@]}"; do
    root=$work/root-$suite-$story
    rm -rf "$root"
    cp -a --reflink=auto "$work/base-$suite" "$root"
    cp "$PACKAGE" "$root/ours.deb"
    cp "$later.deb" "$root/later.deb"
    cp tests/package/inside.sh "$root/inside.sh"
    printf '== %s: %s\n' "$suite" "$story"
    if [ "$story" = under_systemd ]; then
      tests/package/systemd.sh "$root"
      rm -rf "$root"
      continue
    fi
    # everything that was started in there ends with it
    unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" \
      chroot "$root" /inside.sh "$story" </dev/null
    rm -rf "$root"
  done
  root=$work/root-$suite-container
  rm -rf "$root"
  cp -a --reflink=auto "$work/base-$suite" "$root"
  dpkg-deb --fsys-tarfile "$PACKAGE" | tar -x -C "$root" ./usr ./etc
  printf '== %s: container\n' "$suite"
  tests/package/container.sh "$root"
  rm -rf "$root"
done

if [ -n "$(command -v lintian)" ]; then
  printf '== lintian\n'
  lintian --allow-root --fail-on error "$PACKAGE"
fi
if [ -n "$(command -v systemd-analyze)" ]; then
  printf '== systemd-analyze verify\n'
  # in a root of the package alone, with what the unit waits for
  unit=$work/unit
  rm -rf "$unit"
  dpkg-deb --extract "$PACKAGE" "$unit"
  mkdir -p "$unit/usr/lib"
  cp -a --parents /lib/systemd/system "$unit"
  said=$(systemd-analyze verify --man=no --root="$unit" supervisor.service 2>&1 | grep supervisor || true)
  rm -rf "$unit"
  [ -z "$said" ] || { printf '%s\n' "$said"; exit 1; }
fi
