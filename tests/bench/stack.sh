# The stack of tests/bench/run: what runs, and what it holds before anything is measured.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the settings are the caller's

BENCH_PROGRAMS=(bench_load bench_echo bench_disk bench_bind bench_start bench_prepare)
# More persons than accounts: a few have no post today.
BENCH_PERSONS=2500
# Those whose tokens and sessions are played, and those of them that can sign in.
BENCH_OFFICIALS=2000
BENCH_DIRECTORY_OFFICIALS=200
# The rest of the province, and what it has left behind on a day.
BENCH_ACCOUNTS=50000
BENCH_SESSIONS=100000
BENCH_CLIENT=p02
# Older partitions that --large fills and drops.
BENCH_EXPIRED_DAYS=30

# wanted NAME: is this measure asked for?
wanted() {
	[ -z "$only" ] || [[ ",$only," == *",$1,"* ]]
}

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
	as_server mkdir -m 700 -p "$STATE/bench"
	bench_password | server_file 600 "$STATE/bench/password"
	bench_client
	bench_partitions $((${large:-0} * BENCH_EXPIRED_DAYS))
	bench_officials
	bench_tables
	! wanted start || bench_start start 5 >>"$BENCH_RESULTS"
	service_start sen-server "$STATE/bin/sen-server" --config "$STATE/sen-server.conf"
	wait_for_http sen-server "http://$HOST_SERVER:$PORT_ADMIN/readyz"
	sleep 1
	rss_idle_kib=$(awk '/^VmRSS:/ { print $2 }' "/proc/$(service_pid sen-server)/status")
	bench_requests
	echo_start
}

bench_password() {
	printf 'Bench-%s' "$(random_secret | cut -c1-20)"
}

prepare() {
	as_server "$STATE/bin/bench_prepare" "$STATE/sen-server.conf" "$@"
}

# A client that acts for itself.
bench_client() {
	fill_template "$SEN_ROOT/tests/bench/client.json.in" SECRETS="$STATE/secrets" | server_file 600 "$STATE/client-bench.json"
	senctl bootstrap client "$STATE/client-bench.json" >&2
}

# bench_partitions DAYS: those of a system that has run for long, and DAYS older ones: a new system has none of the past, and
# costs less.
bench_partitions() {
	postgres_super -d "$PG_DATABASE" -v older="$1" <<'SQL'
SET client_min_messages = warning;
SELECT set_config('bench.older', :'older', false) \g /dev/null
DO $$
DECLARE
	plan sen.partition_plan;
	unit text;
	step interval;
	from_day date;
	child text;
BEGIN
	FOR plan IN SELECT * FROM sen.partition_plan LOOP
		unit := CASE WHEN plan.by_month THEN 'month' WHEN plan.by_week THEN 'week' ELSE 'day' END;
		step := ('1 ' || unit)::interval;
		from_day := date_trunc(unit, now() AT TIME ZONE 'UTC')::date;
		WHILE from_day + step > (now() AT TIME ZONE 'UTC') - (plan.keep_days + current_setting('bench.older')::integer) * interval '1 day' LOOP
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
	postgres_super -d "$PG_DATABASE" -v accounts="$BENCH_ACCOUNTS" -v client="$BENCH_CLIENT" <"$SEN_ROOT/tests/bench/bulk_accounts.sql"
	bench_rows "$BENCH_SESSIONS" "$BENCH_SESSIONS" 1
	# A system that has run for long has made them: on the first use of each a request pays for it.
	postgres_super -q -d "$PG_DATABASE" -c "SELECT count(sen.cards_renew(id)) FROM sen.account WHERE login NOT LIKE 'bulk.%'" >/dev/null
	# As autovacuum does: what holds rows.  An empty partition must not look empty for ever.
	postgres_super -d "$PG_DATABASE" <<'SQL'
SELECT format('ANALYZE %s', oid::regclass) FROM pg_class
WHERE relnamespace = 'sen'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
\gexec
SQL
}

# bench_rows SESSIONS FAMILIES DAYS
bench_rows() {
	postgres_super -d "$PG_DATABASE" -v sessions="$1" -v families="$2" -v days="$3" -v client="$BENCH_CLIENT" \
		<"$SEN_ROOT/tests/bench/bulk_rows.sql"
}

# For the floors: a table with a key like ours, in a database of its own.
bench_tables() {
	postgres_super -c 'CREATE DATABASE bench'
	postgres_super -d bench <<'SQL'
CREATE TABLE entry (account_id uuid, id uuid, hash bytea NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (account_id, id));
CREATE TABLE fact (id integer PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now());
INSERT INTO fact SELECT n, 'official ' || n FROM generate_series(1, 100000) n;
VACUUM ANALYZE;
SQL
	server_file 600 "$STATE/bench/pg_commit.sql" <<'SQL'
INSERT INTO entry (account_id, id, hash) VALUES (gen_random_uuid(), gen_random_uuid(), '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
SQL
	server_file 600 "$STATE/bench/pg_read.sql" <<'SQL'
\set id random(1, 100000)
SELECT id, name, at FROM fact WHERE id = :id;
SQL
}

# Requests that may be sent again.
bench_requests() {
	local dir=$STATE/bench secrets=$STATE/secrets
	prepare jwks "$dir/jwks"
	prepare client-credentials bench "$secrets/bench-client.secret" bench.read "$dir/client_credentials"
	prepare introspect 2000 "$secrets/p02-client.secret" "$dir/introspect"
	prepare userinfo 2000 "$dir/userinfo"
	prepare authorize 2000 "$dir/authorize_sso"
}

# bench_start NAME TIMES: from exec to ready, and ended again.
bench_start() {
	as_server "$STATE/bin/bench_start" "$1" "$PORT_ADMIN" "$2" "$STATE/bin/sen-server" --config "$STATE/sen-server.conf" 2>>"$STATE/log/start.log"
}

# The floors answer with the bytes and header fields of a real answer of each kind.
answer_of() {
	local name=$1 requests=$2
	shift 2
	as_server "$STATE/bin/bench_load" --name "$name" --port "$PORT_SERVER" --requests "$requests" --connections 1 --once --seconds 5 \
		--save "$STATE/bench/$name.answer" "$@" >/dev/null
}

# echo_serve CARRIER WORK PORT IO-THREADS ANSWER
echo_serve() {
	service_start "echo-$1-$2" "$STATE/bin/bench_echo" "$1" "$2" "$3" "$4" "$STATE/bench/$5.answer" \
		"host=$STATE/run port=$PORT_POSTGRES dbname=bench user=postgres" "$HOST_SERVER:$PORT_SERVER"
	wait_for_port "echo-$1-$2" 127.0.0.1 "$3"
}

echo_start() {
	local dir=$STATE/bench work carrier port=$((PORT_BASE + 50))
	prepare codes 8 "$STATE/secrets/p02-client.secret" "$dir/codes"
	answer_of jwks "$dir/jwks"
	answer_of token "$dir/client_credentials"
	answer_of introspect "$dir/introspect" --contains '"active":true'
	answer_of code "$dir/codes"
	for carrier in bare listener; do
		for work in alone sign read commit_sign; do
			echo_serve "$carrier" "$work" "$port" "$(io_threads_of "$work")" "$(answer_like "$work")"
			printf -v "PORT_ECHO_${carrier}_$work" '%s' "$port"
			port=$((port + 1))
		done
	done
}

# As many as sen-server has, but two where the signature is made on them: else a core would stand idle.
io_threads_of() {
	case "$1" in
	sign) printf '2\n' ;;
	*) printf '1\n' ;;
	esac
}

answer_like() {
	case "$1" in
	alone) printf 'jwks\n' ;;
	sign) printf 'token\n' ;;
	read) printf 'introspect\n' ;;
	*) printf 'code\n' ;;
	esac
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
	printf 'peers=%s\n' "$(peers_versions)"
	printf 'load_before=%s\n' "$load_before"
	printf 'load_after=%s\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
	printf 'seconds=%s\n' "$seconds"
	printf 'rounds=%s\n' "$rounds"
	printf 'rss_idle_kib=%s\n' "$rss_idle_kib"
	printf 'rss_peak_kib=%s\n' "$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")"
	printf 'threads=%s\n' "$(awk '/^Threads:/ { print $2 }' "/proc/$pid/status")"
}
