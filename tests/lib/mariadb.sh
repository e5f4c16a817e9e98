# A MariaDB of the tests' own in $STATE/mariadb, for this run only: root comes in without a password over the unix
# socket, the connector's user by password on loopback.
# shellcheck shell=bash

mariadb_start() {
	service_is_running mariadb && return
	as_server rm -rf "$STATE/mariadb"
	as_server mkdir -m 700 -p "$STATE/mariadb"
	in_state mariadb-install-db --no-defaults --datadir="$STATE/mariadb/data" --auth-root-authentication-method=normal \
		--skip-test-db >"$TESTS_LOG/mariadb-install.log" 2>&1
	service_start mariadb mariadbd --no-defaults --datadir="$STATE/mariadb/data" --socket="$STATE/run/mariadb.sock" \
		--port="$PORT_MARIADB" --bind-address="$HOST_SERVER" --pid-file="$STATE/mariadb/pid" \
		--innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M --skip-name-resolve
	wait_for mariadb 60 in_state mariadb-admin --no-defaults -S "$STATE/run/mariadb.sock" -u root ping
}
