#!/usr/bin/env bash
# Puts Python's Supervisor, the reference, and what people run with it into target/reference (a virtual
# environment), once: superlance and dependent-startup, which are event listeners, and sdnotify. Tests that
# need them skip themselves while they are not there.
set -euo pipefail
cd "$(dirname "$0")/.."
version=4.3.0
superlance=2.0.0
dependent_startup=1.4.0
sdnotify=0.3.2
venv=${CARGO_TARGET_DIR:-target}/reference
has() { compgen -G "$venv/lib/python3*/site-packages/$1.dist-info" >/dev/null; }
if has "supervisor-$version" && has "superlance-$superlance" && has "sdnotify-$sdnotify" &&
  has "supervisord_dependent_startup-$dependent_startup"; then
  exit 0
fi
command -v python3 >/dev/null || { echo "needs python3 with its venv module" >&2; exit 1; }
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  "supervisor==$version" "superlance==$superlance" "sdnotify==$sdnotify" \
  "supervisord-dependent-startup==$dependent_startup"
