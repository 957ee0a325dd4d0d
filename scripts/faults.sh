#!/usr/bin/env bash
# Real faults in real clusters: `npm run faults`, with -- --only NAME, --runs N, --short, --list or --help.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/set-up.sh"
exec node --import tsx scripts/faults.ts "$@"
