#!/usr/bin/env bash
# Installs the independent readers that ours are compared with, once; prints the
# Python that has them. Needs python3 with venv, and a package index.
set -euo pipefail
place="${1:-$(dirname "$0")/../../target/independent}"
if ! [ -x "$place/bin/python" ] || ! "$place/bin/python" -c 'import openpyxl, pydifact, pyx12, xlsxwriter' 2>/dev/null; then
  python3 -m venv "$place" >&2
  "$place/bin/pip" --quiet --disable-pip-version-check install \
    'openpyxl==3.1.5' 'pydifact==0.2.3' 'pyx12==4.0.0' 'XlsxWriter==3.3.1' >&2
fi
echo "$(cd "$place" && pwd)/bin/python"
