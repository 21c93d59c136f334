#!/usr/bin/env bash
# Builds etcd and etcdutl of each version that has a folder here, once, into .cache/etcd/<version>/ or $ETCD_CACHE/<version>/.
# Versions may be named: build.sh 3.6.14. It needs Go; what is there already is left alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${ETCD_CACHE:-$here/../../.cache/etcd}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

complain() {
  echo "interop/etcd/build.sh: $*" >&2
  exit 1
}

says_version() {
  [ -x "$cache/$1/etcd" ] && [ -x "$cache/$1/etcdutl" ] || return 1
  "$cache/$1/etcd" --version 2>/dev/null | grep -x "etcd Version: $1" >/dev/null
}

build() {
  local version=$1
  command -v go >/dev/null || complain "etcd $version is not built yet, and Go is not on PATH"
  # Next to the target, so that moving it there is atomic: whoever looks finds all of it or nothing.
  scratch=$(mktemp -d "$cache/$version.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  # Static, as etcd's releases are. -mod=readonly: what go.sum does not vouch for is not built.
  (cd "$here/$version" && CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false -o "$scratch/etcd" . &&
    CGO_ENABLED=0 go build -mod=readonly -trimpath -buildvcs=false -o "$scratch/etcdutl" go.etcd.io/etcd/etcdutl/v3) ||
    complain "etcd $version cannot be built"
  rm -rf "${cache:?}/$version"
  chmod 755 "$scratch"
  mv "$scratch" "$cache/$version"
  trap - EXIT
  says_version "$version" || complain "what was built for $version says that it is $("$cache/$version/etcd" --version | head -1)"
}

if [ $# -eq 0 ]; then
  for folder in "$here"/*/; do set -- "$@" "$(basename "$folder")"; done
fi
for version; do
  [ -f "$here/$version/go.mod" ] || complain "there is no etcd $version here"
  if says_version "$version"; then
    echo "etcd $version is there: $cache/$version/etcd"
  else
    echo "etcd $version: building"
    build "$version"
    echo "etcd $version is built: $cache/$version/etcd"
  fi
done
