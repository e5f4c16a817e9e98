# Counting: every check that ran is passed or failed; a suite that could not run is a failure.
# shellcheck shell=bash

PASSED=0
FAILED=0
FAILURES=()

count_pass() {
	PASSED=$((PASSED + ${1:-1}))
}

# count_fail WHAT
count_fail() {
	FAILED=$((FAILED + 1))
	FAILURES+=("$1")
	say "FAILED: $1"
}

# check WHAT COMMAND...: one check; its output is shown when it fails.
check() {
	local what=$1 log=$TESTS_LOG/check.log
	shift
	if "$@" >"$log" 2>&1; then
		count_pass
	else
		tail -n 60 "$log" >&2
		count_fail "$what"
	fi
}

count_report() {
	local failure
	for failure in "${FAILURES[@]}"; do
		say "failed: $failure"
	done
	printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
	[ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}
