#!/usr/bin/env bash
# A sandbox in a folder of its own, one run of the load generator against it, and afterwards the journal verified.
#   ./dev load [OPTIONS OF run]      default: --saturate 20000 --duration 30s
#   HOTPATH_SANDBOX_ARGS=…           more options for the sandbox
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- --saturate 20000 --duration 30s

dotnet build HotPath.sln -c Release --nologo -v quiet
program=artifacts/bin/HotPath.Host/release/hotpath.dll
# Not in /tmp, which is memory on many machines: a sync must mean something.
data=$(mktemp -d "$PWD/artifacts/load-XXXXXX")
log="$data/sandbox.out"
dotnet exec "$program" sandbox --data "$data/sandbox" --port 0 --admin-port 0 --no-demo --no-notify ${HOTPATH_SANDBOX_ARGS:-} > "$log" &
sandbox=$!
trap 'kill -TERM $sandbox 2>/dev/null || true; wait $sandbox 2>/dev/null || true; rm -rf "$data"' EXIT

for _ in $(seq 300); do
  grep -q '^hotpath ready' "$log" && break
  kill -0 $sandbox || { echo "the sandbox did not start"; exit 1; }
  sleep 0.1
done
read -r _ _ url _ admin _ pid < <(grep '^hotpath ready' "$log")

status=0
dotnet run -c Release --no-build --project loadtest -- run --data "$data/sandbox" --url "$url" --admin "$admin" --pid "$pid" "$@" || status=$?
kill -TERM $sandbox
wait $sandbox || status=$?
dotnet exec "$program" journal verify "$data/sandbox" || status=$?
exit $status
