#!/usr/bin/env bash
# Measures what the project promises: `npm run bench`, with -- --runs=N or -- --json.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/set-up.sh"
exec node --import tsx scripts/bench.ts "$@"
