# Sourced by the scripts that a person runs first on a fresh machine: checks Node, installs the npm packages
# and builds, and ends with one line that says what to do if it can't.

fail() {
  echo "$*" >&2
  exit 1
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v node >/dev/null || fail "Node is missing: install Node 20.19 or later (https://nodejs.org, or apt-get install nodejs)"
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
  fail "Node $(node --version) is too old: install Node 20.19 or later"

# By content: a fresh checkout is newer than packages that are just right.
if [ ! -e node_modules/.bin/tsx ] || ! cmp -s package-lock.json node_modules/.installed-package-lock.json; then
  # npm empties what a link leads to, from under whoever else works with it.
  [ ! -L node_modules ] || fail "node_modules is a link to packages of another package-lock.json: run npm ci where they are"
  echo "Installing the npm packages…" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2 ||
    fail "npm ci failed: see above; a connection to the npm registry is needed"
  cp package-lock.json node_modules/.installed-package-lock.json
fi

node_modules/.bin/tsx scripts/require-postgres.ts || exit 1

if [ ! -e dist/bin/repmgr ] || [ -n "$(find src scripts/build.ts scripts/build-program.ts package.json -newer dist/bin/repmgr -print -quit)" ]; then
  npm run --silent build >&2 || fail "the build failed: see above"
fi
