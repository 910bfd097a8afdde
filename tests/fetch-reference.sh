#!/usr/bin/env bash
# Puts Python's Supervisor, the reference, into target/reference (a virtual environment), once.
# Tests that compare with it skip themselves while it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
version=4.3.0
venv=${CARGO_TARGET_DIR:-target}/reference
if [ "$("$venv/bin/supervisord" --version 2>/dev/null || true)" = "$version" ]; then
  exit 0
fi
command -v python3 >/dev/null || { echo "needs python3 with its venv module" >&2; exit 1; }
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "supervisor==$version"
