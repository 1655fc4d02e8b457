#!/bin/sh
# Installs the Python packages that `gangway-bench extract` compares with, into .venv-bench. They are not needed otherwise.
set -eu
cd "$(dirname "$0")/.."
python3 -m venv .venv-bench
.venv-bench/bin/pip install --quiet --disable-pip-version-check 'markitdown[pdf,docx,pptx,xlsx,xls]==0.1.9' xberg==1.3.9
.venv-bench/bin/pip list 2>/dev/null | grep -iE '^(markitdown|xberg) '
