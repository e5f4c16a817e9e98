# Addresses and ports, all on loopback and all counted from one base.  The relying parties have a
# loopback address of their own, so that a browser keeps their cookies apart.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the other files and by the callers

PORT_BASE_DEFAULT=18400

HOST_SERVER=127.0.0.1
HOST_P02=127.0.0.2
HOST_P03=127.0.0.3

# ports_set [BASE]
ports_set() {
	local base=${1:-$PORT_BASE_DEFAULT}
	if ! [[ $base =~ ^[1-9][0-9]{3,4}$ ]] || [ "$base" -lt 1024 ] || [ "$base" -gt 65500 ]; then
		die "--port-base wants a number from 1024 to 65500, not: $base"
	fi
	PORT_BASE=$base
	PORT_SERVER=$base
	PORT_ADMIN=$((base + 1))
	PORT_PROVISIONER_ADMIN=$((base + 2))
	PORT_PROXY=$((base + 3))
	PORT_POSTGRES=$((base + 4))
	PORT_LDAP=$((base + 5))
	PORT_MARIADB=$((base + 6))
	PORT_P02_SCIM=$((base + 10))
	PORT_P02_RP=$((base + 11))
	PORT_P03_LDAP=$((base + 20))
	PORT_P03_RP=$((base + 21))
	ISSUER=http://$HOST_SERVER:$PORT_SERVER
	P02_SCIM_URL=http://$HOST_P02:$PORT_P02_SCIM/scim/v2
	P02_RP_URL=http://$HOST_P02:$PORT_P02_RP
	P03_RP_URL=http://$HOST_P03:$PORT_P03_RP
}

# ports_free: dies where something else listens on one of them.
ports_free() {
	local pair
	for pair in \
		"$HOST_SERVER $PORT_SERVER" "$HOST_SERVER $PORT_ADMIN" "$HOST_SERVER $PORT_PROVISIONER_ADMIN" \
		"$HOST_SERVER $PORT_PROXY" "$HOST_SERVER $PORT_POSTGRES" "$HOST_SERVER $PORT_LDAP" \
		"$HOST_P02 $PORT_P02_SCIM" "$HOST_P02 $PORT_P02_RP" "$HOST_SERVER $PORT_P03_LDAP" "$HOST_P03 $PORT_P03_RP"; do
		# shellcheck disable=SC2086
		if port_answers $pair; then
			die "port ${pair#* } on ${pair% *} is taken by another program: choose other ports with --port-base N"
		fi
	done
}
