#!/bin/bash
# Fails when a C++ source is not as `make format` leaves it.
set -euo pipefail
cd "$(dirname "$0")/.."
find src apps demo tests bench -name '*.h' -o -name '*.cc' | xargs clang-format --dry-run --Werror
