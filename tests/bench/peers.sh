# The peers of tests/bench/run: npm oidc-provider with its in-memory adapter, and Debian's glewlwyd on the same PostgreSQL.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the settings are the caller's

# Nobody but the benchmark wants these.  dbconfig-no-thanks: its database is made here, not by its package.
PACKAGES_BENCH=(glewlwyd dbconfig-no-thanks)
PEERS=(oidc-provider glewlwyd)
PEER_MEASURES=(jwks client_credentials introspect userinfo refresh code_exchange)
PEER_CROWD_MEASURES=(jwks client_credentials introspect)
GLEWLWYD_SQL=/usr/share/dbconfig-common/data/glewlwyd/install
# oidc-provider is made for the Node.js of today.
PEERS_NODE_MIN=22

peers_packages() {
	local package
	local -a node=()
	while read -r package; do
		node+=("$package")
	done < <(node_packages)
	packages_ready "${PACKAGES_BENCH[@]}" "${node[@]}"
}

peers_start() {
	say "starting the peers, after $SECONDS s"
	NODE_MIN=$PEERS_NODE_MIN
	node_ready
	npm_install "$SEN_ROOT/tests/bench/peers" "$STATE/peers"
	PORT_OIDC_PROVIDER=$((PORT_BASE + 40))
	PORT_GLEWLWYD=$((PORT_BASE + 41))
	as_server mkdir -p "$STATE/bench/oidc-provider" "$STATE/bench/glewlwyd"
	glewlwyd_start
	oidc_provider_start
}

# Codes and tokens that each is sure not to use up in the measures of a run.
oidc_provider_start() {
	service_start oidc-provider env NODE_ENV=production "$NODE" "$STATE/peers/oidc-provider.mjs" "$PORT_OIDC_PROVIDER" "$STATE/bench/oidc-provider" \
		"$rounds" $((4000 * $(half))) 2000
	wait_for_port oidc-provider 127.0.0.1 "$PORT_OIDC_PROVIDER" 120
}

glewlwyd_start() {
	postgres_super -c 'CREATE DATABASE glewlwyd'
	postgres_super -d glewlwyd -c 'CREATE EXTENSION pgcrypto' -f "$GLEWLWYD_SQL/pgsql" -f "$GLEWLWYD_SQL/postgre.default.sql"
	fill_template "$SEN_ROOT/tests/bench/peers/glewlwyd.conf.in" PORT="$PORT_GLEWLWYD" \
		CONNINFO="host=$STATE/run port=$PORT_POSTGRES dbname=glewlwyd user=postgres" | server_file 600 "$STATE/glewlwyd.conf"
	service_start glewlwyd glewlwyd --config-file="$STATE/glewlwyd.conf"
	wait_for_port glewlwyd 127.0.0.1 "$PORT_GLEWLWYD"
	as_server "$NODE" "$STATE/peers/glewlwyd.mjs" "$PORT_GLEWLWYD" "$STATE/bench/glewlwyd" "$rounds" $((150 * $(half))) $((300 * $(half)))
}

peers_measure() {
	local peer measure port
	for peer in "${PEERS[@]}"; do
		port=PORT_${peer^^}
		port=${port//-/_}
		for measure in "${PEER_MEASURES[@]}"; do
			peer_load "$peer" "${!port}" "$measure" "$BENCH_CONNECTIONS"
		done
		# A thousand wait for long at a slow one: once.
		for measure in "${PEER_CROWD_MEASURES[@]}"; do
			[ "$round" -gt 1 ] || peer_load "$peer" "${!port}" "$measure" "$BENCH_CROWD"
		done
	done
}

# peer_load PEER PORT MEASURE CONNECTIONS
peer_load() {
	local peer=$1 port=$2 measure=$3 connections=$4 requests=$STATE/bench/$1/$3
	local -a options=(--cpu "server:$(service_pid "$peer")" --cpu "postgres:$(service_pid postgres)")
	wanted "$measure" || return 0
	case "$measure" in
	code_exchange | refresh)
		requests=$requests.$round
		options+=(--once)
		;;
	introspect) options+=(--contains '"active":true') ;;
	esac
	load "$peer/c$connections/$measure" "$port" "$requests" "$(half)" "$connections" "${options[@]}"
}

peers_versions() {
	[ -n "$with_peers" ] || return 0
	printf 'oidc-provider %s on Node.js %s, glewlwyd %s\n' \
		"$(as_server python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["version"])' "$STATE/peers/node_modules/oidc-provider/package.json")" \
		"$("$NODE" --version)" "$(dpkg-query -W -f='${Version}' glewlwyd)"
}
