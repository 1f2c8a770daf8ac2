#!/bin/bash
# Installs what only the benchmarks need on Debian 12: the peers and the tool that makes the load.
set -euo pipefail

packages=(mariadb-client-core mydumper percona-toolkit sysbench)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [[ $status == ii* ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install-peers: run 'apt-get install ${missing[*]}' as root, or install sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "install-peers: installing ${missing[*]}"
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --no-install-recommends "${missing[@]}"
