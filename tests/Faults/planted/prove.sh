#!/usr/bin/env bash
# Proves the suite: each bug of this folder is planted into a copy of the last commit, built there, and the kinds of real faults that
# must catch it are run until one does. By hand: it takes a quarter of an hour. ./dev fault --planted [NAME...]
set -uo pipefail
cd "$(dirname "$0")/../../.."

# Bug, kind, points (of account: payments): enough of them that a catch is certain and not luck.
catches=(
  "skip-a-sync power-loss 12"
  "answer-before-durable kill 42"
  "resend-in-doubt kill 14"
  "ignore-a-short-write short-write 16"
  "expire-a-pending-claim clock 8"
  "cancel-without-reversal kill 14"
  "fail-over-in-doubt account 3000"
)

repo=$PWD
suite=$repo/artifacts/bin/HotPath.Faults/release/HotPath.Faults.dll
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
missed=0

for line in "${catches[@]}"; do
  read -r bug kind points <<<"$line"
  [ $# -eq 0 ] || [[ " $* " == *" $bug "* ]] || continue
  rm -rf "$copy/src"
  git archive HEAD | tar -x -C "$copy"
  if ! (cd "$copy" && git apply "$repo/tests/Faults/planted/$bug.patch" && dotnet build src/Host -c Release --nologo -v quiet >build.log 2>&1); then
    echo "MISSED $bug: it cannot be planted"; missed=$((missed + 1)); continue
  fi
  command=(inject "$kind" --points "$points" --seed 1)
  [ "$kind" != account ] || command=(account --payments "$points" --seed 1)
  said=$(dotnet "$suite" "${command[@]}" --hotpath "$copy/artifacts/bin/HotPath.Host/release/hotpath.dll" 2>&1)
  if [ $? -eq 1 ] && grep -q '^BROKEN' <<<"$said"; then
    echo "caught $bug by $kind: $(grep -A1 -m1 '^BROKEN' <<<"$said" | tail -1 | sed 's/^ *//')"
    rm -rf "$(grep -m1 -o '/[^ ]*hotpath-\(faults\|account\)-[^/ ]*' <<<"$said")"
  else
    echo "MISSED $bug: $kind broke nothing in $points points"; missed=$((missed + 1))
  fi
done
[ "$missed" -eq 0 ]
