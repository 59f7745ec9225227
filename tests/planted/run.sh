#!/usr/bin/env bash
# Tests the tests: plants each bug of tests/planted/*.patch in a copy of the tree and expects the
# tests that the patch names to go red. A bug that they miss, a patch that no longer applies or
# builds, and a filter that matches no test are failures.
#
# usage: tests/planted/run.sh [NAME...]     only the patches whose name holds one of NAME
#
# A patch is a plain diff of `src/` or `migrations/`, made by `git diff`, below lines that say
#   # bug: what was broken, in a sentence
#   # caught-by: names (or parts of names) of the tests that must notice, separated by blanks
#   # features: default       only where the tests need drivers; else they run without
#   # tests: lib              only where they lie in the library; else in tests/it
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
patches="$root/tests/planted"
work="$root/target/planted"
tree="$work/tree"
log="$work/log"
export CARGO_TARGET_DIR="${PLANTED_TARGET_DIR:-$work/build}"
export CARGO_TERM_COLOR=never
export ECICOMM_SIM_SEEDS="${ECICOMM_SIM_SEEDS:-100}"
# Longer than any of the tests takes; one that hangs has caught nothing.
limit_seconds="${PLANTED_LIMIT_SECONDS:-600}"

# What the patch says of itself: `header FILE NAME`.
header() { sed -n "s/^# $2: *//p" "$1" | head -n 1; }

features_of() {
  case "$(header "$1" features)" in
    default) ;;
    *) echo --no-default-features ;;
  esac
}

# Where the tests of a patch are, as cargo has it.
tests_of() {
  case "$(header "$1" tests)" in
    lib) echo --lib ;;
    *) echo "--test it" ;;
  esac
}

# The tree as it stands, changes that are not committed included. Copies are new files, newer than
# anything built before, so that cargo never takes an earlier run's planted bug for this source.
copy_tree() {
  rm -rf "$tree"
  mkdir -p "$tree" "$log"
  git -C "$root" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do
      if [ -e "$root/$file" ]; then printf '%s\0' "$file"; fi
    done |
    tar -C "$root" --null -T - -cf - | tar -C "$tree" -xmf -
}

# Applies a patch to the copy, all of it or nothing. The copy lies inside a repository, and git would
# pass over files there in silence; told of no repository it patches what it finds.
plant() { GIT_CEILING_DIRECTORIES="$work" git -C "$tree" apply --whitespace=nowarn "$1"; }

files_of() { sed -n 's,^\(---\|+++\) [ab]/,,p' "$1" | sort -u; }

# Puts back what the patch touched, again as new files.
restore() {
  local file
  files_of "$1" | while IFS= read -r file; do
    rm -f "$tree/$file"
    if [ -e "$root/$file" ]; then
      cp "$root/$file" "$tree/$file"
      touch "$tree/$file"
    fi
  done
}

# Builds the tests: `build TARGET LOG`. A target is the tests of a patch with its features.
build() {
  # shellcheck disable=SC2086
  (cd "$tree" && cargo test --locked --quiet $1 --no-run) >"$2" 2>&1
}

# Runs the tests that match: `run_tests TARGET FILTERS LOG`. Each filter is one word.
run_tests() {
  # shellcheck disable=SC2086
  (cd "$tree" && timeout "$limit_seconds" cargo test --locked $1 --no-fail-fast -- $2) >"$3" 2>&1
}

tests_run() { sed -n 's/^running \([0-9]*\) tests\{0,1\}$/\1/p' "$1" | awk '{ n += $1 } END { print n + 0 }'; }
tests_failed() { sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$1" | sort -u; }

failures=0
fail() {
  failures=$((failures + 1))
  printf 'FAILED  %s: %s\n' "$1" "$2"
  if [ -n "${3:-}" ]; then tail -n 15 "$3" | sed 's/^/        /'; fi
}

# Whether the patch is what this script can judge; says why where not.
well_formed() {
  local name=$1 patch=$2 stray
  if [ -z "$(header "$patch" bug)" ] || [ -z "$(header "$patch" caught-by)" ]; then
    fail "$name" "has no '# bug:' or no '# caught-by:' line"
    return 1
  fi
  stray=$(files_of "$patch" | grep -Ev '^(src|migrations)/' || true)
  if [ -n "$stray" ] || [ -z "$(files_of "$patch")" ]; then
    fail "$name" "must change files of src/ or migrations/ and nothing else ${stray}"
    return 1
  fi
}

# The tests must exist and be green before anything is planted.
baseline() {
  local name=$1 patch=$2 target filters key
  target="$(tests_of "$patch") $(features_of "$patch")"
  filters=$(header "$patch" caught-by)
  key="$target $filters"
  if [ -n "${green[$key]:-}" ]; then return; fi
  if ! build "$target" "$log/$name.baseline"; then
    fail "$name" "the tree does not build without the bug" "$log/$name.baseline"
    return 1
  fi
  if ! run_tests "$target" "$filters" "$log/$name.baseline"; then
    fail "$name" "its tests fail without the bug" "$log/$name.baseline"
    return 1
  fi
  if [ "$(tests_run "$log/$name.baseline")" -eq 0 ]; then
    fail "$name" "no test matches '$filters'"
    return 1
  fi
  green[$key]=yes
}

# Runs the tests over the planted bug and says who noticed.
judge() {
  local name=$1 patch=$2 target status=0 started=$SECONDS
  target="$(tests_of "$patch") $(features_of "$patch")"
  if ! build "$target" "$log/$name.planted"; then
    fail "$name" "the tree does not build with the bug" "$log/$name.planted"
    return
  fi
  run_tests "$target" "$(header "$patch" caught-by)" "$log/$name.planted" || status=$?
  if [ "$status" -eq 124 ]; then
    fail "$name" "the tests did not end within $limit_seconds s" "$log/$name.planted"
  elif [ "$status" -eq 0 ]; then
    fail "$name" "NOT CAUGHT: $(header "$patch" bug)"
  elif [ -z "$(tests_failed "$log/$name.planted")" ]; then
    fail "$name" "cargo ended with $status, yet no test failed" "$log/$name.planted"
  else
    printf 'caught  %s (%s s): %s\n' "$name" "$((SECONDS - started))" "$(header "$patch" bug)"
    tests_failed "$log/$name.planted" | sed 's/^/        by /'
  fi
}

chosen() {
  local name=$1 part
  shift
  if [ $# -eq 0 ]; then return 0; fi
  for part in "$@"; do
    if [[ $name == *"$part"* ]]; then return 0; fi
  done
  return 1
}

declare -A green
count=0
shopt -s nullglob
copy_tree
for patch in "$patches"/*.patch; do
  name=$(basename "$patch" .patch)
  chosen "$name" "$@" || continue
  count=$((count + 1))
  well_formed "$name" "$patch" || continue
  baseline "$name" "$patch" || continue
  if ! plant "$patch" >"$log/$name.apply" 2>&1; then
    fail "$name" "no longer applies" "$log/$name.apply"
    continue
  fi
  judge "$name" "$patch"
  restore "$patch"
done

echo
if [ "$count" -eq 0 ]; then
  echo "no planted bug to run"
  exit 1
fi
echo "planted bugs: $count run, $((count - failures)) caught, $failures failed"
[ "$failures" -eq 0 ]
