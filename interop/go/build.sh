#!/usr/bin/env bash
# Builds the programs here into .cache/interop/: those that are named, else all. It needs Go (without it, it ends with 127);
# what is built already costs a look at it, and several may build at once.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v go >/dev/null; then
  echo 'interop/go/build.sh: Go is not on PATH' >&2
  exit 127
fi
mkdir -p ../../.cache/interop
# Where renaming puts a program into its place: copying would write into one that runs.
GOTMPDIR=$(cd ../../.cache/interop && pwd)
export GOTMPDIR CGO_ENABLED=0
if [ $# -eq 0 ]; then set -- ...; fi
# -mod=readonly: what go.sum does not vouch for is not built.
go build -mod=readonly -trimpath -buildvcs=false -o "$GOTMPDIR/" "${@/#/./}"
