# The measures of tests/bench/run: each adds a line of JSON to $BENCH_RESULTS.  Names are KIND/CONNECTIONS/MEASURE.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the settings are the caller's

# As many as can be under way in the server (fast_threads, slow_threads) and some that wait; and a crowd.
BENCH_CONNECTIONS=64
BENCH_CROWD=1000
# What an official's password check may take of slapd at a time: slow_threads; and some that wait.
BENCH_BIND_THREADS=8
BENCH_LOGIN_CONNECTIONS=16

# Unique codes and refresh tokens for so many seconds at this rate; a faster server ends the measure sooner.
BENCH_RATE_MAX=12000
BENCH_FAMILIES=6000

# load NAME PORT REQUESTS SECONDS CONNECTIONS [OPTION...]
load() {
	local name=$1 port=$2 requests=$3 length=$4 connections=$5
	shift 5
	as_server "$STATE/bin/bench_load" --name "$name" --port "$port" --requests "$requests" --seconds "$length" \
		--connections "$connections" "$@" >>"$BENCH_RESULTS"
}

half() {
	printf '%s\n' $(((seconds + 1) / 2))
}

# echo_floor MEASURE WORK REQUESTS
echo_floor() {
	local measure=$1 work=$2 requests=$STATE/bench/$3 bare=PORT_ECHO_bare_$2 listener=PORT_ECHO_listener_$2
	wanted "$measure" || return 0
	load "floor/c64/$measure" "${!bare}" "$requests" "$seconds" "$BENCH_CONNECTIONS" --cpu "server:$(service_pid "echo-bare-$work")" \
		--cpu "postgres:$(service_pid postgres)"
	load "listener/c64/$measure" "${!listener}" "$requests" "$(half)" "$BENCH_CONNECTIONS" --cpu "server:$(service_pid "echo-listener-$work")" \
		--cpu "postgres:$(service_pid postgres)"
	load "floor/c1000/$measure" "${!bare}" "$requests" "$(half)" "$BENCH_CROWD"
}

floors() {
	! wanted fdatasync || as_server "$STATE/bin/bench_disk" floor/c64/fdatasync "$STATE/bench/disk" 1 >>"$BENCH_RESULTS"
	echo_floor echo alone jwks
	echo_floor echo_sign sign client_credentials
	echo_floor echo_read read introspect
	echo_floor echo_commit_sign commit_sign codes
	pgbench_floor pg_commit
	pgbench_floor pg_read
	! wanted ldap_bind || as_server "$STATE/bin/bench_bind" floor/c64/ldap_bind "$(ldapi_uri ldap)" "$STATE/bench/dns" "$STATE/bench/password" \
		"$BENCH_BIND_THREADS" "$seconds" >>"$BENCH_RESULTS"
}

pgbench_floor() {
	wanted "$1" || return 0
	as_server "$PG_BIN/pgbench" -h "$STATE/run" -p "$PORT_POSTGRES" -U postgres -n -M prepared -c 32 -j 2 -T "$seconds" \
		-f "$STATE/bench/$1.sql" bench 2>>"$BENCH_DIR/log/pgbench.log" | awk -v name="floor/c64/$1" '
		/^number of transactions actually processed:/ { split($6, n, "/"); requests = n[1] }
		/^number of failed transactions:/ { errors = $5 }
		/^latency average/ { mean = $4 }
		/^tps/ { rate = $3 }
		END { printf "{\"name\":\"%s\",\"requests\":%d,\"errors\":%d,\"rate\":%.1f,\"mean_ms\":%s}\n", name, requests, errors, rate, mean }' \
		>>"$BENCH_RESULTS"
}

# endpoint KIND CONNECTIONS SECONDS MEASURE [OPTION...]: of sen-server.
endpoint() {
	local kind=$1 connections=$2 length=$3 measure=$4
	shift 4
	load "$kind/c$connections/$measure" "$PORT_SERVER" "$STATE/bench/$measure" "$length" "$connections" "$@" \
		--cpu "server:$(service_pid sen-server)" --cpu "postgres:$(service_pid postgres)" --cpu "slapd:$(service_pid ldap)"
}

# What may be used once is made just before it is.
endpoint_code_exchange() {
	wanted code_exchange || return 0
	prepare codes $((BENCH_RATE_MAX * $3)) "$STATE/secrets/p02-client.secret" "$STATE/bench/code_exchange"
	endpoint "$@" code_exchange --once --contains '"id_token"'
}

# endpoint_refresh MEASURE SCOPE KIND CONNECTIONS SECONDS
endpoint_refresh() {
	local measure=$1 scope=$2
	shift 2
	wanted "$measure" || return 0
	prepare refresh "$BENCH_FAMILIES" $((BENCH_RATE_MAX * $3 / BENCH_FAMILIES + 1)) "$STATE/secrets/p02-client.secret" "$scope" "$STATE/bench/$measure"
	endpoint "$@" "$measure" --once --contains '"refresh_token"'
}

# endpoint_login KIND CONNECTIONS SECONDS [OPTION...]
endpoint_login() {
	local kind=$1 connections=$2 length=$3
	shift 3
	wanted login || return 0
	prepare sign-in "$BENCH_DIRECTORY_OFFICIALS" "$STATE/bench/password" "$STATE/bench/login"
	endpoint "$kind" "$connections" "$length" login --status 303 --contains 'code=' "$@"
}

# Tokens that the server has not seen: repeated ones spare it the signature.
endpoint_introspect_first() {
	wanted introspect_first || return 0
	prepare introspect $((BENCH_RATE_MAX * $3)) "$STATE/secrets/p02-client.secret" "$STATE/bench/introspect_first"
	endpoint "$@" introspect_first --once --contains '"active":true'
}

# endpoint_tokens KIND CONNECTIONS SECONDS
endpoint_tokens() {
	! wanted introspect || endpoint "$@" introspect --contains '"active":true'
	endpoint_code_exchange "$@"
	endpoint_refresh refresh '' "$@"
}

# endpoints_at CONNECTIONS SECONDS
endpoints_at() {
	! wanted jwks || endpoint sen "$@" jwks --contains '"keys"'
	! wanted client_credentials || endpoint sen "$@" client_credentials --contains '"access_token"'
	! wanted userinfo || endpoint sen "$@" userinfo --contains '"sub"'
	! wanted authorize_sso || endpoint sen "$@" authorize_sso --status 303 --contains 'code='
	endpoint_tokens sen "$@"
	# Without openid there is no ID token (OpenID Connect Core 12.2): one signature, as in its floor.
	endpoint_refresh refresh_no_id_token 'profile unit roles' sen "$@"
}

endpoints() {
	endpoints_at "$BENCH_CONNECTIONS" "$seconds"
	endpoint_introspect_first sen "$BENCH_CONNECTIONS" "$(half)"
	endpoint_login sen "$BENCH_LOGIN_CONNECTIONS" "$seconds"
	endpoints_at "$BENCH_CROWD" "$(half)"
	# A queue of a thousand takes slapd ten seconds: once.
	[ "$round" -gt 1 ] || endpoint_login sen "$BENCH_CROWD" 1 --linger 30 --busy
}
