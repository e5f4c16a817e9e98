# A suite in a run of its own beside this one: own state, own ports; what it said is shown at the end.
# shellcheck shell=bash

BESIDE_PORTS=100 # above ours
BESIDE_PID=

# beside_start SUITE
beside_start() {
	BESIDE_LOG=$TESTS_LOG/beside.log
	TESTS_PORT_BASE=$((TESTS_PORT_BASE + BESIDE_PORTS)) setsid "$SEN_ROOT/tests/run" "$1" >"$BESIDE_LOG" 2>&1 &
	BESIDE_PID=$!
}

# Shows what it said, and takes its count over.
beside_end() {
	local passed failed status=0
	[ -n "$BESIDE_PID" ] || return 0
	wait "$BESIDE_PID" || status=$?
	BESIDE_PID=
	sed '$d' "$BESIDE_LOG"
	read -r passed failed < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$BESIDE_LOG") || true
	count_pass "${passed:-0}"
	FAILED=$((FAILED + ${failed:-0}))
	if [ -z "$passed" ]; then
		tail -n 1 "$BESIDE_LOG"
		count_fail "the run beside this one ended with $status"
	fi
}

# A run that is broken off takes the other one with it.
beside_stop() {
	[ -n "$BESIDE_PID" ] || return 0
	kill -- "-$BESIDE_PID" 2>/dev/null || true
	wait "$BESIDE_PID" 2>/dev/null || true
}
