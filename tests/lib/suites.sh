# The suites of tests/run.
# shellcheck shell=bash
# shellcheck disable=SC2034

TESTS_PORT_BASE=${TESTS_PORT_BASE:-28400}
# An address that slapd's certificate does not name.
SLAPD_ALSO_ON=127.0.0.2
# Its data lives for one run, and the kit's tools sign in thousands of times.
SLAPD_NOSYNC=yes
SLAPD_SERVICE_COST='m=64 t=1 p=1'

# A new state folder for each run, gone at its end, with everything that was started in it.
tests_begin() {
	mapfile -t node_missing < <(node_packages)
	packages_ready "${PACKAGES_BUILD[@]}" "${PACKAGES_RUN[@]}" "${PACKAGES_DEMO[@]}" "${PACKAGES_TEST[@]}" "${node_missing[@]}"
	account_ready
	TESTS_DIR=$(mktemp -d /tmp/sen-tests.XXXXXX)
	state_ready "$TESTS_DIR"
	TESTS_LOG=$TESTS_DIR/log
	state_lock
	trap tests_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	ports_set "$TESTS_PORT_BASE"
}

tests_end() {
	local code=$?
	trap - EXIT INT TERM
	beside_stop
	services_stop_all
	if [ "${FAILED:-1}" -eq 0 ] || [ -n "${TESTS_DROP:-}" ]; then
		rm -rf "$TESTS_DIR"
	else
		say "logs are kept in $TESTS_DIR/log"
	fi
	exit "$code"
}

suite_style() {
	local name
	for name in check_layers check_sizes check_text; do
		check "style: $name" "$SEN_ROOT/tests/style/$name"
	done
}

# meson_suites N SUITE...: each test program is one check; N at a time.  The suites share their processors, and each its own count.
# What failed stands in the log twice, the second time in its summary.
meson_suites() {
	local at_once=$1 log suite status name result
	local -a of=()
	shift
	log=$TESTS_LOG/meson-$1.log
	for suite in "$@"; do
		of+=(--suite "$suite")
	done
	meson test -C "$SEN_BUILD" --no-rebuild "${of[@]}" --print-errorlogs --timeout-multiplier "${TESTS_TIMEOUT_FACTOR:-2}" \
		--num-processes "$at_once" >"$log" 2>&1 || status=$?
	cp "$SEN_BUILD/meson-logs/testlog.txt" "$TESTS_LOG/meson-$1.txt" 2>/dev/null || true
	while read -r result suite name; do
		case "$result" in
		OK) count_pass ;;
		*) count_fail "$suite: $name ($result)" ;;
		esac
	done < <(sed -nE 's/^ *[0-9]+\/[0-9]+ +[^ ]*:([^ ]+) +\/ +(.*[^ ]) +(OK|FAIL|TIMEOUT|ERROR|SKIP|UNEXPECTEDPASS) +[0-9.]+ *s.*$/\3 \1 \2/p' "$log" | sort -u)
	for suite in "$@"; do
		grep -qE "^ *[0-9]+/[0-9]+ +[^ ]*:$suite +/.* OK " "$log" || count_fail "$suite: no test ran"
	done
	meson_slowest "$log"
	if [ "${status:-0}" -ne 0 ]; then
		tail -n 80 "$log" >&2
		[ "$FAILED" -gt 0 ] || count_fail "$*: meson test ended with $status"
	fi
}

# The five that took longest, to see where the time goes.
meson_slowest() {
	sed -nE 's/^ *[0-9]+\/[0-9]+ +[^ ]*:[^ ]+ +\/ +(.*[^ ]) +[A-Z]+ +([0-9]+)\.[0-9]+ *s.*$/\2 \1/p' "$1" | sort -u | sort -rn |
		awk 'NR <= 5 && $1 >= 5 { line = line (line ? ", " : "   ") $2 " " $1 " s" } END { if (line) print line }' >&2
}

# What is delivered is built otherwise than what is tested: the compiler sees further, and warnings are errors.
release_builds() {
	(sen_build release)
}

suite_unit() {
	[ -n "${TESTS_BUILD:-}" ] || check "unit: the release builds" release_builds
	sen_build "${TESTS_BUILD:-test}"
	meson_suites 2 unit
}

suite_fuzz() {
	sen_build "${TESTS_BUILD:-test}"
	meson_suites 2 fuzz
}

# They wait more than they compute: for time-outs, retries, and answers that never come.
WAITING_SUITES=(ldap connectors http)

# waiting_suites SUITE...: some of them, at once.
waiting_suites() {
	local suite
	sen_build "${TESTS_BUILD:-test}"
	for suite in "$@"; do
		"${suite}_begin"
	done
	meson_suites 6 "$@"
	for suite in "$@"; do
		"${suite}_end"
	done
}

# suites_run SUITE...: one after the other, those that wait together; each with its time.
suites_run() {
	local suite begin
	local -a waiting=()
	for suite in "$@" ""; do
		begin=$SECONDS
		if [ -n "$suite" ] && [[ " ${WAITING_SUITES[*]} " == *" $suite "* ]]; then
			waiting+=("$suite")
			continue
		fi
		if [ "${#waiting[@]}" -gt 0 ]; then
			say "== ${TESTS_BUILD:+$TESTS_BUILD: }${waiting[*]}"
			waiting_suites "${waiting[@]}"
			say "   ${waiting[*]}: $((SECONDS - begin)) s"
			waiting=()
			begin=$SECONDS
		fi
		if [ -n "$suite" ]; then
			say "== ${TESTS_BUILD:+$TESTS_BUILD: }$suite"
			"suite_$suite"
			say "   $suite: $((SECONDS - begin)) s"
		fi
	done
}

http_begin() {
	:
}

http_end() {
	:
}

# Whoever runs the tests may be superuser of their cluster: it lives for this run only.
tests_postgres() {
	service_is_running postgres && return
	postgres_start nofsync
	printf 'local all all trust\nhost all sen_test_kit,sen_test_form 127.0.0.1/32 scram-sha-256\n' | server_file 600 "$STATE/pg/pg_hba.conf"
	in_state "$PG_BIN/pg_ctl" -s -D "$STATE/pg" reload
	export SEN_TEST_PG="host=$STATE/run port=$PORT_POSTGRES dbname=postgres user=postgres"
}

suite_db() {
	sen_build "${TESTS_BUILD:-test}"
	tests_postgres
	SEN_TEST_MIGRATIONS=$SEN_ROOT/schema/migrations meson_suites 4 db
}

ldap_begin() {
	service_is_running ldap || openldap_start
	tests_ldap_env
}

ldap_end() {
	:
}

tests_ldap_env() {
	rm -f "$TESTS_LOG/ldap.password"
	(umask 077 && as_server cat "$STATE/secrets/ldap-sen-provisioner.password" >"$TESTS_LOG/ldap.password")
	rm -f "$TESTS_LOG/ldap.crt"
	as_server cat "$STATE/ldap/tls.crt" >"$TESTS_LOG/ldap.crt"
	export SEN_TEST_LDAP_CA=$TESTS_LOG/ldap.crt SEN_TEST_LDAP_OTHER_NAME=$SLAPD_ALSO_ON
	export SEN_TEST_LDAP_URI=ldap://127.0.0.1:$PORT_LDAP SEN_TEST_LDAP_BIND_DN=$LDAP_PROVISIONER_DN
	export SEN_TEST_LDAP_PASSWORD_FILE=$TESTS_LOG/ldap.password SEN_TEST_LDAP_BASE="ou=people,$LDAP_SUFFIX"
	export SEN_TEST_LDAP_PLATFORM_BASE="ou=groups,$LDAP_SUFFIX"
}

connectors_begin() {
	tests_postgres
	mariadb_start
	ldap_begin
	connectors_memberof_start
	connectors_scim_start
	connectors_scim_peer_start
	connectors_webhook_start es256 "$PORT_P02_RP" "$PORT_PROXY"
	connectors_webhook_start hmac $((PORT_BASE + 16)) $((PORT_BASE + 17))
	export SEN_TEST_SQL_STATEMENTS=$SEN_ROOT/tests/connectors/statements.sql SEN_TEST_PG_PORT=$PORT_POSTGRES
	export SEN_TEST_MARIADB_SOCKET=$STATE/run/mariadb.sock SEN_TEST_MARIADB_PORT=$PORT_MARIADB
}

connectors_end() {
	local name
	for name in mariadb p02-scim scim-peer webhook-es256 webhook-hmac ldap-memberof; do
		service_stop "$name"
	done
	as_server rm -f "$STATE/p02/accounts.json"
}

# The accounts' directory once more, one that keeps on each entry in which groups it is.
connectors_memberof_start() {
	slapd_create ldap-memberof "$LDAP_SUFFIX" connectors_memberof_config openldap_tree
	slapd_run ldap-memberof "$((PORT_BASE + 14))"
	export SEN_TEST_LDAP_MEMBEROF_URI=ldap://127.0.0.1:$((PORT_BASE + 14))
}

connectors_memberof_config() {
	openldap_config ldap-memberof | sed 's/^olcModuleLoad: {4}syncprov$/&\nolcModuleLoad: {5}memberof/'
	printf '\n\n'
	printf '%s\n' 'dn: olcOverlay={3}memberof,olcDatabase={1}mdb,cn=config' 'objectClass: olcOverlayConfig' 'objectClass: olcMemberOfConfig' \
		'olcOverlay: {3}memberof' 'olcMemberOfRefInt: TRUE'
}

# P02's accounts, where the kit's proxy can reach them; gone again before the demonstration needs P02.
connectors_scim_start() {
	node_ready
	platforms_npm
	HOST_P02=$HOST_SERVER p02_scim_start
	(umask 077 && as_server cat "$P02_SCIM_TOKEN_FILE" >"$TESTS_LOG/scim.token")
	export SEN_TEST_SCIM_PORT=$PORT_P02_SCIM SEN_TEST_SCIM_TOKEN_FILE=$TESTS_LOG/scim.token
	export SEN_TEST_SCIM_DATA=$STATE/p02/accounts.json
}

# SCIM servers of other makers, by their limits; with a port for those who want a certificate of ours.
connectors_scim_peer_start() {
	local folder=$STATE/scim-peer http=$((PORT_BASE + 12)) tls=$((PORT_BASE + 13))
	as_server mkdir -p "$folder"
	server_copy "$SEN_ROOT/tests/connectors/scim_peer.mjs" "$folder/scim_peer.mjs" 644
	(cd "$folder" && as_server sh -c '
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 -subj "/CN=test CA" \
			-addext basicConstraints=critical,CA:TRUE
		for name in server client; do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name" -addext subjectAltName=IP:127.0.0.1
			openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -copy_extensions copy -out $name.crt
		done' 2>"$TESTS_LOG/scim-peer.openssl")
	service_start scim-peer env LISTEN_HOST="$HOST_SERVER" LISTEN_PORT="$http" TOKEN_FILE="$P02_SCIM_TOKEN_FILE" \
		TLS_PORT="$tls" TLS_KEY="$folder/server.key" TLS_CERT="$folder/server.crt" TLS_CA="$folder/ca.crt" "$NODE" "$folder/scim_peer.mjs"
	wait_for_http scim-peer "http://$HOST_SERVER:$http/healthz"
	(umask 077 && as_server cat "$folder/ca.crt" >"$TESTS_LOG/peer-ca.crt" && as_server cat "$folder/client.crt" >"$TESTS_LOG/peer-client.crt" &&
		as_server cat "$folder/client.key" >"$TESTS_LOG/peer-client.key")
	export SEN_TEST_SCIM_PEER_PORT=$http SEN_TEST_SCIM_PEER_TLS_PORT=$tls SEN_TEST_SCIM_PEER_CA=$TESTS_LOG/peer-ca.crt
	export SEN_TEST_SCIM_PEER_CERT=$TESTS_LOG/peer-client.crt SEN_TEST_SCIM_PEER_KEY=$TESTS_LOG/peer-client.key
}

# The receiver as docs/integrate/webhook.md has it, one for each kind of signature.  Its address is that of the kit's proxy.
connectors_webhook_start() {
	local name=$1 port=$2 proxy=$3 folder=$STATE/webhook-$1
	as_server mkdir -p "$folder"
	sed -n '/^```js file=webhook\/receiver.mjs$/,/^```$/{/^```/!p}' "$SEN_ROOT/docs/integrate/webhook.md" | server_file 644 "$folder/receiver.mjs"
	printf '{"accounts":{},"keys":{},"last":0,"missing":{}}' | server_file 644 "$folder/accounts.json"
	printf '{"keys":[]}' | server_file 644 "$folder/jwks.json"
	printf 'a secret of the platform and of us' | server_file 644 "$folder/secret"
	service_start "webhook-$name" env LISTEN_HOST="$HOST_SERVER" LISTEN_PORT="$port" URL="http://$HOST_SERVER:$proxy/accounts" \
		ACCOUNTS_FILE="$folder/accounts.json" ROLES=MC,TK,LD,ADMIN JWKS="$folder/jwks.json" JWKS_EVERY_MS=0 MISSING_MS=500 \
		SECRET_FILE="$folder/secret" SECRET_ID=P09 "$NODE" "$folder/receiver.mjs"
	wait_for_http "webhook-$name" "http://$HOST_SERVER:$port/healthz"
	export "SEN_TEST_WEBHOOK_${name^^}_PORT=$port" "SEN_TEST_WEBHOOK_${name^^}_PROXY_PORT=$proxy" "SEN_TEST_WEBHOOK_${name^^}_FOLDER=$folder"
}

# The end-to-end tests run as the servers' user, from a copy: the checkout may be closed to it.
e2e_copy() {
	as_server rm -rf "$STATE/src/tests/e2e/lib"
	as_server mkdir -p "$STATE/src"
	tar -C "$SEN_ROOT" --exclude=node_modules -cf - deploy docs schema tests/connectors/scim_peer.mjs tests/e2e tests/bench | as_server tar -C "$STATE/src" --no-same-owner -xf -
	server_copy "$SEN_BUILD/tests/support/jose_peer" "$STATE/bin/jose_peer" 755
	server_copy "$SEN_BUILD/tests/support/scim_peer" "$STATE/bin/scim_peer" 755
	npm_install "$SEN_ROOT/tests/e2e" "$STATE/src/tests/e2e"
	npm_install "$SEN_ROOT/deploy/driver" "$STATE/driver"
	platforms_npm
}

e2e_stack() {
	# Quick expiry of what a killed provisioner held, and of locks.
	export SEN_LEASE_S=6 SEN_LOCK_S=600 SEN_REQUEST_URI=yes
	tests_postgres
	service_is_running ldap || openldap_start
	p03_ldap_start
	sen_seed "${TESTS_OFFICIALS:-2000}"
	sen_start
	platforms_start
	sen_write_env
}

suite_e2e() {
	local file names
	sen_build "${TESTS_BUILD:-test}"
	node_ready
	e2e_copy
	e2e_stack
	check "e2e: the main job" e2e_main_job
	# Several names or patterns, not expanded in the folder where we happen to be.
	read -ra names <<<"${TESTS_E2E:-*}"
	for file in "${names[@]/#/$SEN_ROOT/tests/e2e/}"; do
		for file in $file.test.mjs; do
			e2e_file "$(basename "$file")"
		done
	done
	services_stop_all
	check "e2e: no sanitizer report, no assertion, no crash in the servers' logs" e2e_logs_are_clean
}

e2e_main_job() {
	(cd "$STATE/driver" && as_server "$NODE" main-job.mjs "$STATE/demo.env")
}

# Each test of the file counts.
e2e_file() {
	local name=$1 log=$TESTS_LOG/e2e-$1.log begin=$SECONDS pass fail
	(cd "$STATE/src/tests/e2e" && as_server env SEN_E2E_ENV="$STATE/demo.env" SEN_NODE="$NODE" "$NODE" --test \
		--test-reporter=spec --test-timeout=600000 "$name") >"$log" 2>&1 || true
	pass=$(sed -nE 's/^ℹ pass ([0-9]+)$/\1/p' "$log")
	fail=$(sed -nE 's/^ℹ (fail|cancelled|skipped|todo) ([0-9]+)$/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
	say "   $name: ${pass:-0} passed, $fail failed, $((SECONDS - begin)) s"
	count_pass "${pass:-0}"
	if [ "$fail" -gt 0 ] || [ "${pass:-0}" -eq 0 ]; then
		sed -n '/failing tests/,$p' "$log" | sed -n 1,120p >&2
		[ "$fail" -eq 0 ] && count_fail "e2e: $name: no test ran"
		while [ "$fail" -gt 0 ]; do
			count_fail "e2e: $name"
			fail=$((fail - 1))
		done
	fi
}

e2e_logs_are_clean() {
	local file bad=0
	for file in "$STATE"/log/sen-*.log; do
		if as_server grep -nE 'AddressSanitizer|LeakSanitizer|runtime error|Assertion|\*\*\* ' "$file"; then
			bad=1
		fi
	done
	return $bad
}

# Databases and accounts anew; what npm installed stays.
tests_forget() {
	services_stop_all
	(cd "$STATE" && as_server sh -c 'rm -rf pg mariadb ldap p03-ldap p02/accounts.json persons.csv* try.env secrets/account-* secrets/admin* secrets/initial-access-*')
}

suite_asan() {
	tests_forget
	export TESTS_BUILD=asan TESTS_TIMEOUT_FACTOR=5
	export ASAN_OPTIONS=abort_on_error=0:halt_on_error=1:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	suites_run unit fuzz db ldap connectors http e2e
}
