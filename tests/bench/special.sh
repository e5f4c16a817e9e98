# Measures of tests/bench/run that are no round: the storm of sign-ins, and a large database.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the settings are the caller's

STORM_TIMES=10      # the capacity of sign-ins
STORM_SECONDS=3     # offered so long
STORM_CONNECTIONS=1900 # under per_ip_connection_max, with the others
STORM_LINGER=40
STORM_TAKES_S=25
PROBE_RATE=200
PROBE_SECONDS=5
PROBE_CONNECTIONS=16

LARGE_SESSIONS=1000000
LARGE_FAMILIES=10000000
LARGE_DAYS=130      # keep_days of token_family, and the expired month

# last_rate NAME: of the newest measure of that name; 100 where there is none.
last_rate() {
	local rate
	rate=$(sed -n 's|^{"name":"'"$1"'".*"rate":\([0-9]*\).*|\1|p' "$BENCH_RESULTS" | tail -n 1)
	printf '%s\n' "${rate:-100}"
}

# probe KIND: introspection and keys at a modest rate, side by side, in an open loop.
probe() {
	local kind=$1 jwks introspect
	load "$kind/c16/jwks" "$PORT_SERVER" "$STATE/bench/jwks" "$PROBE_SECONDS" "$PROBE_CONNECTIONS" --rate "$PROBE_RATE" &
	jwks=$!
	load "$kind/c16/introspect" "$PORT_SERVER" "$STATE/bench/introspect" "$PROBE_SECONDS" "$PROBE_CONNECTIONS" --rate "$PROBE_RATE" \
		--contains '"active":true' &
	introspect=$!
	wait "$jwks"
	wait "$introspect"
}

# Ten times as many sign-ins as slapd can check, and what the others feel of it.
storm() {
	local rate login
	rate=$((STORM_TIMES * $(last_rate floor/c64/ldap_bind)))
	say "storm: $rate sign-ins a second for $STORM_SECONDS s"
	prepare sign-in "$BENCH_DIRECTORY_OFFICIALS" "$STATE/bench/password" "$STATE/bench/login"
	probe calm
	load "storm/c$STORM_CONNECTIONS/login" "$PORT_SERVER" "$STATE/bench/login" "$STORM_SECONDS" "$STORM_CONNECTIONS" --rate "$rate" \
		--status 303 --contains 'code=' --busy --linger "$STORM_LINGER" &
	login=$!
	sleep 0.5
	probe storm
	wait "$login"
}

# Names begin with large/: the same measures as the rounds', with the same options.
large_measure() {
	local rows=$((LARGE_SESSIONS - BENCH_SESSIONS)) families=$((LARGE_FAMILIES - BENCH_SESSIONS)) start_us
	say "large: preparing $LARGE_SESSIONS sessions and $LARGE_FAMILIES token families"
	start_us=$(now_us)
	bench_rows "$rows" "$families" "$LARGE_DAYS"
	result large/prepare "\"seconds\":$(seconds_since "$start_us"),\"sessions\":$(large_count session),\"families\":$(large_count token_family)"
	# What the server would feel of it is not the checkpoint that the loading left behind.
	postgres_super -c CHECKPOINT
	for ((round = 1; round <= rounds; round++)); do
		say "large: round $round of $rounds"
		endpoint_tokens large "$BENCH_CONNECTIONS" "$seconds"
	done
	large_drop
}

# The drop, while introspection goes on.
large_drop() {
	local start_us probe
	probe calm_before_drop
	probe drop &
	probe=$!
	sleep 1
	start_us=$(now_us)
	postgres_super -At -d "$PG_DATABASE" -c 'SELECT sen.partitions_maintain()' | server_file 600 "$STATE/bench/dropped"
	result large/drop "\"seconds\":$(seconds_since "$start_us"),\"partitions\":$(as_server cat "$STATE/bench/dropped"),\"families_left\":$(large_count token_family)"
	wait "$probe"
}

# large_count TABLE: as ANALYZE saw it.
large_count() {
	postgres_super -At -d "$PG_DATABASE" -c "SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'sen.$1'::regclass"
}

now_us() {
	local now=$EPOCHREALTIME
	printf '%s\n' "${now/[.,]/}"
}

seconds_since() {
	local us
	us=$(($(now_us) - $1))
	printf '%d.%06d\n' $((us / 1000000)) $((us % 1000000))
}

# result NAME MEMBERS
result() {
	printf '{"name":"%s","errors":0,%s}\n' "$1" "$2" >>"$BENCH_RESULTS"
}
