#!/usr/bin/env bash
# All tests: `npm test`. The last line is "N passed, N failed"; the exit status says the same.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/set-up.sh"

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

exclude=()
if [ "$(id -u)" != 0 ]; then
  echo "Not root: the tests that cut network cables are left out; \"sudo npm test\" runs them too." >&2
  exclude=(--exclude '**/*{network,partition}*.test.ts')
fi

status=0
for project in fast simulation cluster failover; do
  # One project after the other, because the last one measures time.
  node_modules/.bin/vitest run --project "$project" "${exclude[@]}" \
    --reporter=default --reporter=json --outputFile.json="$reports/$project.json" || status=1
done

node_modules/.bin/tsx scripts/summarise-tests.ts "$reports" || status=1
exit "$status"
