# The demo platforms.  P02: scimmy for its accounts, openid-client for its page.  P03: a directory for its
# accounts (openldap.sh), Apache with mod_auth_openidc for its page.
# shellcheck shell=bash
# shellcheck disable=SC2034

# platforms_npm: installs what P02 needs (after node_ready), and makes the platforms' secrets.
platforms_npm() {
	platforms_secrets
	npm_install "$SEN_ROOT/deploy/platforms/p02-scim" "$STATE/p02"
}

# platforms_secrets: makes the secrets that both sides know, and sets the names of their files.
platforms_secrets() {
	P02_SCIM_TOKEN_FILE=$STATE/secrets/p02-scim.token
	P02_CLIENT_SECRET_FILE=$STATE/secrets/p02-client.secret
	P03_CLIENT_SECRET_FILE=$STATE/secrets/p03-client.secret
	P03_CRYPTO_FILE=$STATE/secrets/p03-cookie.secret
	local file
	for file in "$P02_SCIM_TOKEN_FILE" "$P02_CLIENT_SECRET_FILE" "$P03_CLIENT_SECRET_FILE" "$P03_CRYPTO_FILE"; do
		server_secret "$file" >/dev/null
	done
}

# platforms_start: all but P03's directory.  The pages ask the issuer only when somebody signs in.
platforms_start() {
	p02_scim_start
	p02_rp_start
	p03_rp_start
}

p02_scim_start() {
	platforms_secrets
	service_start p02-scim env LISTEN_HOST="$HOST_P02" LISTEN_PORT="$PORT_P02_SCIM" TOKEN_FILE="$P02_SCIM_TOKEN_FILE" \
		DATA_FILE="$STATE/p02/accounts.json" "$NODE" "$STATE/p02/server.mjs"
	wait_for_http p02-scim "http://$HOST_P02:$PORT_P02_SCIM/healthz"
}

p02_rp_start() {
	platforms_secrets
	service_start p02-rp env LISTEN_HOST="$HOST_P02" LISTEN_PORT="$PORT_P02_RP" ISSUER="$ISSUER" CLIENT_ID=p02 \
		CLIENT_SECRET_FILE="$P02_CLIENT_SECRET_FILE" "$NODE" "$STATE/p02/rp.mjs"
	wait_for_http p02-rp "$P02_RP_URL/healthz"
}

p03_rp_start() {
	platforms_secrets
	local source=$SEN_ROOT/deploy/platforms/p03-mail root=$STATE/p03-web file
	as_server mkdir -p "$root/htdocs"
	for file in index.shtml logged-out.html healthz.txt; do
		server_file 644 "$root/htdocs/$file" <"$source/$file"
	done
	fill_template "$source/apache.conf" ROOT="$root" RUN="$STATE/run" MODULES=/usr/lib/apache2/modules HOST="$HOST_P03" \
		PORT="$PORT_P03_RP" ISSUER="$ISSUER" CLIENT_ID=p03 CLIENT_SECRET="$(server_secret "$P03_CLIENT_SECRET_FILE")" \
		CRYPTO="$(server_secret "$P03_CRYPTO_FILE")" | server_file 600 "$root/apache.conf"
	service_start p03-rp env TMPDIR="$STATE/tmp" /usr/sbin/apache2 -f "$root/apache.conf" -D FOREGROUND
	wait_for_http p03-rp "$P03_RP_URL/healthz.txt"
}
