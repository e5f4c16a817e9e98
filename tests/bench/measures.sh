# The stack of tests/bench/run and each of its measures.  Every measure adds a line of JSON to $BENCH_RESULTS.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the settings are the caller's

BENCH_PROGRAMS=(bench_load bench_echo bench_disk bench_bind bench_prepare)
# More persons than accounts: a few have no post today.
BENCH_PERSONS=2500
BENCH_OFFICIALS=2000
BENCH_DIRECTORY_OFFICIALS=200

# As many as can be under way in the server (fast_threads, slow_threads) and some that wait.
BENCH_CONNECTIONS=64
BENCH_SIGN_IN_CONNECTIONS=16
# What an official's password check may take of slapd at a time: slow_threads.
BENCH_BIND_THREADS=8

# Unique codes and refresh tokens for so many seconds at this rate; a faster server ends the measure sooner.
BENCH_RATE_MAX=8000
BENCH_FAMILIES=4000

stack_start() {
	local program
	load_before=$(cut -d' ' -f1-3 /proc/loadavg)
	postgres_start
	openldap_start
	platforms_secrets
	sen_seed "$BENCH_PERSONS"
	for program in "${BENCH_PROGRAMS[@]}"; do
		server_copy "$SEN_BUILD/tests/bench/$program" "$STATE/bin/$program" 755
	done
	as_server mkdir -m 700 "$STATE/bench"
	bench_password | server_file 600 "$STATE/bench/password"
	bench_partitions
	bench_officials
	bench_tables
	service_start sen-server "$STATE/bin/sen-server" --config "$STATE/sen-server.conf"
	wait_for_http sen-server "http://$HOST_SERVER:$PORT_ADMIN/readyz"
	PORT_ECHO=$((PORT_BASE + 30))
	PORT_ECHO_SIGN=$((PORT_BASE + 31))
	service_start echo "$STATE/bin/bench_echo" "$PORT_ECHO"
	service_start echo-sign "$STATE/bin/bench_echo" "$PORT_ECHO_SIGN" sign
	wait_for_port echo 127.0.0.1 "$PORT_ECHO"
	wait_for_port echo-sign 127.0.0.1 "$PORT_ECHO_SIGN"
	prepare jwks "$STATE/bench/jwks"
}

bench_password() {
	printf 'Bench-%s' "$(random_secret | cut -c1-20)"
}

prepare() {
	as_server "$STATE/bin/bench_prepare" "$STATE/sen-server.conf" "$@"
}

# The partitions of a system that has run for long: a new one has none of the past, and costs less.
bench_partitions() {
	postgres_super -d "$PG_DATABASE" <<'SQL'
SET client_min_messages = warning;
DO $$
DECLARE
	plan sen.partition_plan;
	step interval;
	from_day date;
	child text;
BEGIN
	FOR plan IN SELECT * FROM sen.partition_plan LOOP
		step := CASE WHEN plan.by_month THEN interval '1 month' ELSE interval '1 day' END;
		from_day := date_trunc(CASE WHEN plan.by_month THEN 'month' ELSE 'day' END, now() AT TIME ZONE 'UTC')::date;
		WHILE from_day + step > (now() AT TIME ZONE 'UTC') - plan.keep_days * interval '1 day' LOOP
			child := plan.parent || to_char(from_day, CASE WHEN plan.by_month THEN '_YYYYMM' ELSE '_YYYYMMDD' END);
			EXECUTE format('CREATE TABLE IF NOT EXISTS sen.%I PARTITION OF sen.%I FOR VALUES FROM (%L) TO (%L)',
				child, plan.parent, from_day, (from_day + step)::date);
			from_day := (from_day - step)::date;
		END LOOP;
	END LOOP;
END
$$;
SQL
}

bench_officials() {
	say "preparing $BENCH_OFFICIALS officials"
	prepare officials "$BENCH_OFFICIALS" "$BENCH_DIRECTORY_OFFICIALS" "$STATE/bench/password" "$STATE/bench/officials.ldif" "$STATE/bench/dns"
	ldap_admin ldap ldapadd -f "$STATE/bench/officials.ldif" >/dev/null
	# As autovacuum does: what holds rows.  An empty partition must not look empty for ever.
	postgres_super -d "$PG_DATABASE" <<'SQL'
SELECT format('ANALYZE %s', oid::regclass) FROM pg_class
WHERE relnamespace = 'sen'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
\gexec
SQL
}

# For pgbench: a table with a key like ours, in a database of its own.
bench_tables() {
	postgres_super -c 'CREATE DATABASE bench'
	postgres_super -d bench <<'SQL'
CREATE TABLE entry (account_id uuid, id uuid, hash bytea NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (account_id, id));
CREATE TABLE fact (id integer PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now());
INSERT INTO fact SELECT n, 'official ' || n FROM generate_series(1, 100000) n;
VACUUM ANALYZE;
SQL
	server_file 600 "$STATE/bench/pg_insert.sql" <<'SQL'
INSERT INTO entry (account_id, id, hash) VALUES (gen_random_uuid(), gen_random_uuid(), '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
SQL
	server_file 600 "$STATE/bench/pg_read.sql" <<'SQL'
\set id random(1, 100000)
SELECT id, name, at FROM fact WHERE id = :id;
SQL
}

floors() {
	say "round $round of $rounds: floors"
	as_server "$STATE/bin/bench_disk" "$STATE/bench/disk" $((seconds < 2 ? seconds : 2)) >>"$BENCH_RESULTS"
	load echo "$PORT_ECHO" "$STATE/bench/jwks" --cpu "server:$(service_pid echo)"
	load echo_sign "$PORT_ECHO_SIGN" "$STATE/bench/jwks" --cpu "server:$(service_pid echo-sign)"
	pgbench_floor pg_insert
	pgbench_floor pg_read
	as_server "$STATE/bin/bench_bind" "$(ldapi_uri ldap)" "$STATE/bench/dns" "$STATE/bench/password" "$BENCH_BIND_THREADS" "$seconds" >>"$BENCH_RESULTS"
}

endpoints() {
	local secret=$STATE/secrets/p02-client.secret unique=$((BENCH_RATE_MAX * seconds)) dir=$STATE/bench
	local generations=$((unique / BENCH_FAMILIES + 1))
	local -a of_server
	of_server=(--cpu "server:$(service_pid sen-server)" --cpu "postgres:$(service_pid postgres)" --cpu "slapd:$(service_pid ldap)")
	say "round $round of $rounds: endpoints"
	load jwks "$PORT_SERVER" "$dir/jwks" "${of_server[@]}"
	prepare introspect 2000 "$secret" "$dir/introspect"
	load introspect "$PORT_SERVER" "$dir/introspect" "${of_server[@]}"
	prepare codes "$unique" "$secret" "$dir/codes"
	load redeem "$PORT_SERVER" "$dir/codes" --once "${of_server[@]}"
	prepare refresh "$BENCH_FAMILIES" "$generations" "$secret" "$dir/refresh"
	load refresh "$PORT_SERVER" "$dir/refresh" --once "${of_server[@]}"
	prepare sign-in "$BENCH_DIRECTORY_OFFICIALS" "$dir/password" "$dir/sign-in"
	load sign_in "$PORT_SERVER" "$dir/sign-in" --status 303 --connections "$BENCH_SIGN_IN_CONNECTIONS" "${of_server[@]}"
}

# load NAME PORT REQUESTS [OPTION...]
load() {
	local name=$1 port=$2 requests=$3
	shift 3
	as_server "$STATE/bin/bench_load" --name "$name" --port "$port" --requests "$requests" --seconds "$seconds" \
		--connections "$BENCH_CONNECTIONS" "$@" >>"$BENCH_RESULTS"
}

pgbench_floor() {
	as_server "$PG_BIN/pgbench" -h "$STATE/run" -p "$PORT_POSTGRES" -U postgres -n -M prepared -c 32 -j 2 -T "$seconds" \
		-f "$STATE/bench/$1.sql" bench 2>>"$BENCH_DIR/log/pgbench.log" | awk -v name="$1" '
		/^number of transactions actually processed:/ { split($6, n, "/"); requests = n[1] }
		/^number of failed transactions:/ { errors = $5 }
		/^latency average/ { mean = $4 }
		/^tps/ { rate = $3 }
		END { printf "{\"name\":\"%s\",\"requests\":%d,\"errors\":%d,\"rate\":%.1f,\"mean_ms\":%s}\n", name, requests, errors, rate, mean }' \
		>>"$BENCH_RESULTS"
}

# KEY=VALUE: where and on what it was measured.
environment() {
	local pid
	pid=$(service_pid sen-server)
	printf 'date=%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	printf 'commit=%s\n' "$(git -C "$SEN_ROOT" rev-parse --short HEAD 2>/dev/null || printf 'unknown')"
	printf 'cpu=%s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	printf 'cores=%s\n' "$(nproc)"
	printf 'kernel=%s\n' "$(uname -r)"
	printf 'postgresql=%s\n' "$("$PG_BIN/postgres" --version | cut -d' ' -f3)"
	printf 'load_before=%s\n' "$load_before"
	printf 'seconds=%s\n' "$seconds"
	printf 'rounds=%s\n' "$rounds"
	printf 'rss_kib=%s\n' "$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")"
	printf 'rss_peak_kib=%s\n' "$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")"
	printf 'threads=%s\n' "$(awk '/^Threads:/ { print $2 }' "/proc/$pid/status")"
}
