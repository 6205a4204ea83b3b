#!/usr/bin/env bash
# The graphs of the bench `run-time-tasks` in two libraries of Python, where Python is there.
set -euo pipefail
cd "$(dirname "$0")"

if ! python3 -c 'import venv, sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    echo "skipped: no Python 3.9 or later with venv here"
    exit 0
fi

folder="$(mktemp -d)"
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check aiodag==0.4 dagio==0.0.2
"$folder/bin/python" run-time-tasks.py
