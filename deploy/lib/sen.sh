# sen itself: built, configured, seeded and started in the state folder.
# shellcheck shell=bash
# shellcheck disable=SC2034

SEN_LIB=${SEN_LIB:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}

# Who plays in the demonstration: lines of the generated officials, by number from 1.
DEMO_ADMIN_LINE=1
DEMO_SECOND_LINE=4
DEMO_OFFICIAL_LINE=2
DEMO_TRY_LINE=3

SEN_PROGRAMS=(server/sen-server server/senctl/senctl provisioning/sen-provisioner)

# sen_build release|bench|asan|test: into $SEN_ROOT/build/KIND; nothing to do costs a second.
sen_build() {
	local kind=$1 folder=$SEN_ROOT/build/$1
	local -a options
	case "$kind" in
	release) options=(--buildtype=release -Dtests=false) ;;
	bench) options=(--buildtype=release -Dtests=false -Dbench=true) ;;
	asan) options=(--buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false) ;;
	test) options=(--buildtype=debugoptimized) ;;
	*) die "no such build: $kind" ;;
	esac
	if [ ! -e "$folder/build.ninja" ]; then
		rm -rf "$folder"
		meson setup "${options[@]}" "$folder" "$SEN_ROOT" >&2
	fi
	ninja -C "$folder" >"$folder/build.log" 2>&1 || {
		tail -n 60 "$folder/build.log" >&2
		die "the build failed: $folder/build.log"
	}
	SEN_BUILD=$folder
}

# Copies, because the checkout may be closed to the user under whom servers run.
sen_install() {
	local program
	for program in "${SEN_PROGRAMS[@]}"; do
		server_copy "$SEN_BUILD/$program" "$STATE/bin/$(basename "$program")" 755
	done
	as_server rm -rf "$STATE/schema"
	as_server mkdir -p "$STATE/schema"
	tar -C "$SEN_ROOT/schema" -cf - . | as_server tar -C "$STATE/schema" --no-same-owner -xf -
}

server_copy() {
	as_server cmp -s "$2" - <"$1" || server_file "$3" "$2" <"$1"
}

sen_configure() {
	server_secret "$STATE/secrets/master.secret" >/dev/null
	fill_template "$SEN_ROOT/deploy/sen-server.conf.in" ISSUER="$ISSUER" LISTEN="${SEN_LISTEN:-$HOST_SERVER:$PORT_SERVER}" \
		ADMIN_LISTEN="$HOST_SERVER:$PORT_ADMIN" PROXIES="${SEN_PROXIES:-}" SECRETS="$STATE/secrets" \
		CONNINFO="$(postgres_conninfo sen_server)" LDAP_URI="$(ldapi_uri ldap)" BIND_DN="$LDAP_SERVER_DN" \
		PEOPLE="ou=people,$LDAP_SUFFIX" DECOY="$LDAP_DECOY_DN" LOCK_S="${SEN_LOCK_S:-43200}" EGRESS="127.0.0.0/8" REQUEST_URI="${SEN_REQUEST_URI:-no}" CIBA_PENDING="${SEN_CIBA_PENDING:-3}" \
		IDLE_S="${SEN_IDLE_S:-900}" ABSOLUTE_S="${SEN_ABSOLUTE_S:-43200}" REGISTERED_MAX="${SEN_REGISTERED_MAX:-1000}" CA_FILE="${SEN_CA_FILE:-}" |
		server_file 600 "$STATE/sen-server.conf"
	fill_template "$SEN_ROOT/deploy/sen-provisioner.conf.in" ISSUER="$ISSUER" ADMIN_LISTEN="$HOST_SERVER:$PORT_PROVISIONER_ADMIN" \
		SECRETS="$STATE/secrets" CONNINFO="$(postgres_conninfo sen_provisioner)" LDAP_URI="$(ldapi_uri ldap)" \
		BIND_DN="$LDAP_PROVISIONER_DN" FOLLOW_DN="$LDAP_OBSERVER_DN" PEOPLE="ou=people,$LDAP_SUFFIX" \
		GROUPS="ou=groups,$LDAP_SUFFIX" UNITS="ou=units,$LDAP_SUFFIX" P02_SCIM="$P02_SCIM_URL" \
		P02_TOKEN="$P02_SCIM_TOKEN_FILE" P03_URI="$(ldapi_uri p03-ldap)" P03_DN="$P03_LDAP_CONNECTOR_DN" \
		P03_SUFFIX="$P03_LDAP_SUFFIX" LEASE_S="${SEN_LEASE_S:-60}" |
		server_file 600 "$STATE/sen-provisioner.conf"
	fill_template "$SEN_ROOT/deploy/senctl.conf.in" ISSUER="$ISSUER" SECRETS="$STATE/secrets" \
		CONNINFO="$(postgres_conninfo sen_owner)" SCHEMA="$STATE/schema/migrations" LDAP_URI="$(ldapi_uri ldap)" \
		BIND_DN="$LDAP_SERVER_DN" |
		server_file 600 "$STATE/senctl.conf"
}

senctl() {
	(cd "$STATE" && as_server "$STATE/bin/senctl" --config "$STATE/senctl.conf" "$@")
}

# sen_seed OFFICIALS: idempotent.
sen_seed() {
	local officials=$1 persons=$STATE/persons.csv
	sen_install
	sen_configure
	senctl migrate >&2 ||
		die "the database in $STATE does not fit this version of sen (see above): remove that folder to begin anew, or name another with --dir"
	senctl bootstrap import units "$STATE/schema/seed/units.csv" >&2
	[ ! -e "$STATE/schema/seed/divisions.csv" ] || senctl bootstrap import units "$STATE/schema/seed/divisions.csv" >&2
	senctl bootstrap import platforms "$STATE/schema/seed/platforms.csv" >&2
	senctl bootstrap import roles "$STATE/schema/seed/roles.csv" >&2
	if as_server test ! -s "$persons" || [ "$(as_server cat "$persons.count")" != "$officials" ]; then
		as_server "$STATE/schema/seed/generate" --seed 2026 --count "$officials" | server_file 600 "$persons"
		printf '%s\n' "$officials" | server_file 600 "$persons.count"
	fi
	senctl bootstrap import persons "$persons" >&2
	sen_clients
	sen_registration_token
	sen_bootstrap
}

# The relying parties and senctl, as clients.  Adding one that is there already changes nothing.
sen_clients() {
	local client
	for client in senctl p02 p03; do
		fill_template "$SEN_ROOT/deploy/clients/$client.json.in" P02_RP="$P02_RP_URL" P03_RP="$P03_RP_URL" SECRETS="$STATE/secrets" |
			server_file 600 "$STATE/client-$client.json"
		senctl bootstrap client "$STATE/client-$client.json" >&2
	done
}

# An initial access token, with which clients register themselves; one for each policy, made once.
# SEN_REGISTRATION names the policy: deploy/clients/registration-NAME.json.
sen_registration_token() {
	local name=${SEN_REGISTRATION:-tests}
	REGISTRATION_TOKEN_FILE=$STATE/secrets/initial-access-$name.token
	as_server test ! -s "$REGISTRATION_TOKEN_FILE" || return 0
	server_file 600 "$STATE/registration-$name.json" <"$SEN_ROOT/deploy/clients/registration-$name.json"
	senctl --json bootstrap token --uses 100000 --days 365 --label "$name" --policy "$STATE/registration-$name.json" |
		python3 -c 'import json,sys; print(json.load(sys.stdin)["token"], end="")' | server_file 600 "$REGISTRATION_TOKEN_FILE"
}

# employee_of LINE: the employee code of that official (a person's further posts are further lines).
employee_of() {
	as_server awk -F, 'NR > 1 && !seen[$1]++ && ++n == '"$1"' { print $1; exit }' "$STATE/persons.csv"
}

# The first administrator and the second, once: what needs approval is handed on by two.
sen_bootstrap() {
	sen_bootstrap_one admin "$DEMO_ADMIN_LINE"
	sen_bootstrap_one second "$DEMO_SECOND_LINE" --second
}

# sen_bootstrap_one NAME LINE [OPTION]: the activation code waits in a file that only the driver reads.
sen_bootstrap_one() {
	local name=$1 line=$2 code=$STATE/secrets/$1-activation.code
	shift 2
	as_server test ! -s "$code" || return 0
	senctl --json bootstrap admin --employee-code "$(employee_of "$line")" --unit 40 "$@" | server_file 600 "$STATE/secrets/$name.json"
	as_server python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["code"])' "$STATE/secrets/$name.json" | server_file 600 "$code"
}

# admin_login NAME: of one of the two.
admin_login() {
	as_server python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["login"])' "$STATE/secrets/$1.json"
}

sen_start() {
	service_start sen-server "$STATE/bin/sen-server" --config "$STATE/sen-server.conf"
	service_start sen-provisioner "$STATE/bin/sen-provisioner" --config "$STATE/sen-provisioner.conf"
	wait_for_http sen-server "http://$HOST_SERVER:$PORT_ADMIN/readyz"
	wait_for_http sen-provisioner "http://$HOST_SERVER:$PORT_PROVISIONER_ADMIN/readyz"
}

# demo.env: what scripts need of the running stack; shell syntax, values in single quotes.
sen_write_env() {
	server_file 600 "$STATE/demo.env" <<TEXT
SEN_STATE='$STATE'
SEN_ISSUER='$ISSUER'
SEN_API='$ISSUER/api/v1'
SEN_ADMIN_URL='http://$HOST_SERVER:$PORT_ADMIN'
SEN_PROVISIONER_URL='http://$HOST_SERVER:$PORT_PROVISIONER_ADMIN'
SEN_PG='$(postgres_conninfo sen_owner)'
SEN_PG_SUPER='host=$STATE/run port=$PORT_POSTGRES dbname=sen user=postgres'
SEN_PG_PASSFILE='$(postgres_passfile)'
SEN_LDAP_URI='ldap://127.0.0.1:$PORT_LDAP'
SEN_LDAP_OPERATOR_URI='$(ldapi_uri ldap)'
SEN_LDAP_BASE='$LDAP_SUFFIX'
P02_SCIM='$P02_SCIM_URL'
P02_SCIM_TOKEN_FILE='$P02_SCIM_TOKEN_FILE'
P02_CLIENT_SECRET_FILE='$STATE/secrets/p02-client.secret'
P03_CLIENT_SECRET_FILE='$STATE/secrets/p03-client.secret'
P02_RP='$P02_RP_URL'
P02_ROLE='MC_TIEPNHAN'
P03_LDAP_OPERATOR_URI='$(ldapi_uri p03-ldap)'
P03_LDAP_BASE='$P03_LDAP_SUFFIX'
P03_RP='$P03_RP_URL'
P03_ROLE='NGUOIDUNG'
SENCTL='$STATE/bin/senctl'
SENCTL_CONFIG='$STATE/senctl.conf'
SEN_INITIAL_ACCESS_TOKEN='$(as_server cat "$REGISTRATION_TOKEN_FILE")'
SEN_ADMIN_LOGIN='$(admin_login admin)'
SEN_ADMIN_CODE_FILE='$STATE/secrets/admin-activation.code'
SEN_ADMIN_TOKEN_FILE='$STATE/secrets/admin-token.json'
SEN_SECOND_LOGIN='$(admin_login second)'
SEN_SECOND_CODE_FILE='$STATE/secrets/second-activation.code'
DEMO_EMPLOYEE='$(employee_of "$DEMO_OFFICIAL_LINE")'
TRY_EMPLOYEE='$(employee_of "$DEMO_TRY_LINE")'
TEXT
}
