# A private PostgreSQL 15 cluster in $STATE/pg.  Its superuser "postgres" comes in only over the unix
# socket and as SEN_USER; the three roles of the programs come in by password (SCRAM).
# shellcheck shell=bash
# shellcheck disable=SC2034

PG_BIN=/usr/lib/postgresql/15/bin
PG_DATABASE=sen
PG_ROLES=(sen_owner sen_server sen_provisioner)

# postgres_start [nofsync]: makes the cluster at its first start.  "nofsync" is for tests only: a crash
# of the machine may lose the cluster.
postgres_start() {
	local fsync=on
	[ "${1:-}" != nofsync ] || fsync=off
	postgres_init
	postgres_configure "$fsync"
	postgres_forget
	service_start postgres -s INT "$PG_BIN/postgres" -D "$STATE/pg"
	wait_for postgres 60 in_state "$PG_BIN/pg_isready" -q -h "$STATE/run" -p "$PORT_POSTGRES" -U postgres -d postgres
	postgres_roles
}

# Made beside its place and moved there whole: a killed run leaves no half a cluster.
postgres_init() {
	local password
	for password in "${PG_ROLES[@]}"; do
		server_secret "$STATE/secrets/$password.password" >/dev/null
	done
	as_server test ! -s "$STATE/pg/PG_VERSION" || return 0
	as_server rm -rf "$STATE/pg.new"
	in_state "$PG_BIN/initdb" --no-instructions --no-sync --username=postgres --auth-local=peer \
		--auth-host=reject --locale=C.UTF-8 --encoding=UTF8 -D "$STATE/pg.new" | server_file 644 "$STATE/log/initdb.log"
	as_server mv "$STATE/pg.new" "$STATE/pg"
}

# A killed server leaves lock files, which block the next start as long as the number in them is somebody's
# (or a corpse's).  Its processes work in the data folder: when none does any more, the files go.
postgres_forget() {
	local i
	service_is_running postgres && return
	for ((i = 0; i < 100; i++)); do
		if [ -z "$(find /proc -maxdepth 2 -name cwd -lname "$STATE/pg" 2>/dev/null)" ]; then
			as_server rm -f "$STATE/pg/postmaster.pid" "$STATE"/run/.s.PGSQL.*.lock
			return
		fi
		sleep 0.1
	done
	die "processes that this folder did not start work in $STATE/pg"
}

# Written at each start: the ports and the switch may have changed since.
postgres_configure() {
	fill_template "$SEN_ROOT/deploy/postgresql/demo.conf" \
		SOCKET_DIR="$STATE/run" PORT="$PORT_POSTGRES" FSYNC="$1" | server_file 600 "$STATE/pg/postgresql.auto.conf"
	server_file 600 "$STATE/pg/pg_hba.conf" <"$SEN_ROOT/deploy/postgresql/pg_hba.conf"
	printf 'super %s postgres\n' "$SEN_USER" | server_file 600 "$STATE/pg/pg_ident.conf"
}

# postgres_super [PSQL-ARGUMENT...]: psql as the superuser of the cluster.
postgres_super() {
	in_state psql -X -q -v ON_ERROR_STOP=1 -h "$STATE/run" -p "$PORT_POSTGRES" -U postgres -d postgres "$@"
}

postgres_roles() {
	local role
	postgres_super <"$SEN_ROOT/schema/roles.sql"
	for role in "${PG_ROLES[@]}"; do
		printf "ALTER ROLE %s PASSWORD '%s';\n" "$role" "$(server_secret "$STATE/secrets/$role.password")"
	done | postgres_super
	if [ -z "$(postgres_super -At -c "SELECT 1 FROM pg_database WHERE datname = '$PG_DATABASE'")" ]; then
		postgres_super -c "CREATE DATABASE $PG_DATABASE OWNER sen_owner"
		postgres_super -c "REVOKE CONNECT, TEMPORARY ON DATABASE $PG_DATABASE FROM PUBLIC"
		postgres_super -c "GRANT CONNECT ON DATABASE $PG_DATABASE TO sen_server, sen_provisioner"
	fi
}

# postgres_conninfo ROLE: without the password, which is in $STATE/secrets/ROLE.password (and .pgpass form by
# postgres_passfile).
postgres_conninfo() {
	printf 'host=%s port=%s dbname=%s user=%s\n' "$STATE/run" "$PORT_POSTGRES" "$PG_DATABASE" "$1"
}

# postgres_passfile: writes $STATE/secrets/pgpass with the three roles' passwords; prints its path.
postgres_passfile() {
	local role
	for role in "${PG_ROLES[@]}"; do
		printf '*:*:*:%s:%s\n' "$role" "$(server_secret "$STATE/secrets/$role.password")"
	done | server_file 600 "$STATE/secrets/pgpass"
	printf '%s\n' "$STATE/secrets/pgpass"
}
