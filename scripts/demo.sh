#!/usr/bin/env bash
# The demonstration: `npm run demo`, with -- --keep, -- --json or -- --help.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/set-up.sh"
exec node --import tsx scripts/demo.ts "$@"
