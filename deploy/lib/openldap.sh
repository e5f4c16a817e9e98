# Private slapd servers: the accounts' directory, and the account store of platform P03.  Each has its
# folder $STATE/NAME/{config,data}, a unix socket $STATE/run/NAME-ldapi and a TCP port on loopback.
# shellcheck shell=bash
# shellcheck disable=SC2016  # the quoted scripts expand in their own shell
# shellcheck disable=SC2034

LDAP_SUFFIX=dc=nghean,dc=sen
P03_LDAP_SUFFIX=dc=mail,dc=example

LDAP_SERVER_DN=cn=sen-server,ou=services,$LDAP_SUFFIX
LDAP_PROVISIONER_DN=cn=sen-provisioner,ou=services,$LDAP_SUFFIX
LDAP_OBSERVER_DN=cn=sen-observer,ou=services,$LDAP_SUFFIX
LDAP_DECOY_DN=cn=decoy,ou=services,$LDAP_SUFFIX
P03_LDAP_CONNECTOR_DN=cn=connector,ou=services,$P03_LDAP_SUFFIX
P03_LDAP_READER_DN=cn=reader,ou=services,$P03_LDAP_SUFFIX

# openldap_start: the accounts' directory.
openldap_start() {
	slapd_copy
	slapd_create ldap "$LDAP_SUFFIX" openldap_config openldap_tree
	slapd_run ldap "$PORT_LDAP"
	slapd_reader ldap "$LDAP_OBSERVER_DN" "$STATE/secrets/ldap-sen-observer.password"
	slapd_folder ldap "ou=units,$LDAP_SUFFIX"
}

# openldap_config [NAME]
openldap_config() {
	slapd_config "${1:-ldap}" "$LDAP_SUFFIX" "$SEN_ROOT/deploy/openldap/accounts.ldif" "$(<"$SEN_ROOT/schema/ldap/sen.ldif")" \
		"ldap:///ou=people,$LDAP_SUFFIX?senAccountId,uid?sub"
}

openldap_tree() {
	fill_template "$SEN_ROOT/deploy/openldap/tree.ldif" SUFFIX="$LDAP_SUFFIX" \
		HASH_SERVER="$(slapd_hash_of "$STATE/secrets/ldap-sen-server.password")" \
		HASH_PROVISIONER="$(slapd_hash_of "$STATE/secrets/ldap-sen-provisioner.password")" \
		HASH_DECOY="$(random_secret | slapd_hash)"
}

# p03_ldap_start: the account store of the mail platform.
p03_ldap_start() {
	slapd_copy
	slapd_create p03-ldap "$P03_LDAP_SUFFIX" p03_ldap_config p03_ldap_tree
	slapd_run p03-ldap "$PORT_P03_LDAP"
	slapd_reader p03-ldap "$P03_LDAP_READER_DN" "$STATE/secrets/p03-ldap-reader.password"
}

p03_ldap_config() {
	slapd_config p03-ldap "$P03_LDAP_SUFFIX" "$SEN_ROOT/deploy/platforms/p03-mail/ldap-config.ldif" "" \
		"ldap:///ou=users,$P03_LDAP_SUFFIX?uid?sub"
}

p03_ldap_tree() {
	fill_template "$SEN_ROOT/deploy/platforms/p03-mail/ldap-tree.ldif" SUFFIX="$P03_LDAP_SUFFIX" \
		HASH_CONNECTOR="$(slapd_hash_of "$STATE/secrets/p03-ldap-connector.password")"
}

# Debian's AppArmor profile confines /usr/sbin/slapd, by its path, to /etc/ldap and /var/lib/ldap.
slapd_copy() {
	if ! as_server cmp -s /usr/sbin/slapd "$STATE/bin/slapd"; then
		server_file 755 "$STATE/bin/slapd" </usr/sbin/slapd
	fi
}

# slapd_hash [COST]: standard input: a password; prints its {ARGON2} form.
slapd_hash() {
	as_server sh -c 'umask 077 && f=$(mktemp -p "$2") && trap "rm -f \"$f\"" EXIT && cat >"$f" &&
		"$1" -T passwd -n -h "{ARGON2}" -o "module-path=/usr/lib/ldap" -o "module-load=argon2 $3" -T "$f"' \
		sh "$STATE/bin/slapd" "$STATE/tmp" "${1:-m=19456 t=2 p=1}"
}

# Of a service: its password is 256 random bits.  SLAPD_SERVICE_COST is for tests, whose tools sign in all the time.
slapd_hash_of() {
	server_secret "$1" | slapd_hash "${SLAPD_SERVICE_COST:-}"
}

# slapd_config NAME SUFFIX DATABASE-FILE SCHEMA UNIQUE-URI: the whole of cn=config.  SLAPD_NOSYNC is for tests only: a crash of
# the machine may lose the entries.
slapd_config() {
	fill_template "$SEN_ROOT/deploy/openldap/config.ldif" NAME="$1" RUN="$STATE/run" DATA="$STATE/$1/data" TLS="$STATE/$1/tls" \
		SUFFIX="$2" UID="$(id -u "$SEN_USER")" GID="$(id -g "$SEN_USER")" SCHEMA="$4" \
		DATABASE="${SLAPD_NOSYNC:+olcDbNoSync: TRUE$'\n'}$(fill_template "$3" SUFFIX="$2")" UNIQUE="olcUniqueURI: $5"
}

# slapd_create NAME SUFFIX CONFIG-FUNCTION TREE-FUNCTION: cn=config anew at each start, so that it follows
# the templates; the entries at the first.  The file "complete" comes last: what a killed run left half
# made is made anew.
slapd_create() {
	local name=$1 suffix=$2 config=$3 tree=$4 dir=$STATE/$1
	if as_server test ! -e "$dir/complete"; then
		as_server rm -rf "$dir"
		as_server mkdir -m 700 "$dir" "$dir/data"
	fi
	slapd_certificate "$dir"
	as_server rm -rf "$dir/config"
	as_server mkdir -m 700 "$dir/config"
	"$config" | slapd_add "$dir" -n 0
	if as_server test ! -e "$dir/complete"; then
		"$tree" | slapd_add "$dir" -b "$suffix"
		as_server touch "$dir/complete"
	fi
}

# slapd_certificate DIR: for StartTLS on loopback, its own authority.
slapd_certificate() {
	as_server test ! -s "$1/tls.crt" || return 0
	in_state sh -c 'umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=slapd \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$1/tls.key" -out "$1/tls.new" 2>/dev/null && mv "$1/tls.new" "$1/tls.crt"' sh "$1"
}

# slapd_add DIR SLAPADD-ARGUMENT...: entries from standard input.
slapd_add() {
	local dir=$1
	shift
	as_server "$STATE/bin/slapd" -T add -F "$dir/config" "$@"
}

# slapd sizes its tables by the limit of open files, hence the limit.
slapd_run() {
	local name=$1 port=$2
	(
		ulimit -n 4096
		service_start "$name" "$STATE/bin/slapd" -d 0 -F "$STATE/$name/config" \
			-h "$(ldapi_uri "$name") ldap://127.0.0.1:$port${SLAPD_ALSO_ON:+ ldap://$SLAPD_ALSO_ON:$port}"
	)
	wait_for "$name" 30 ldap_admin "$name" ldapwhoami
}

# slapd_reader NAME DN SECRET-FILE: the account that follows changes; an older tree has none yet.
slapd_reader() {
	local name=$1 dn=$2 secret=$3 rdn=${2%%,*}
	server_secret "$secret" >/dev/null
	ldap_admin "$name" ldapsearch -LLL -s base -b "$dn" 1.1 >/dev/null 2>&1 ||
		printf 'dn: %s\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: %s\ndescription: %s\nuserPassword: %s\n' \
			"$dn" "${rdn#cn=}" "sen-provisioner, where it follows what others change: reads" "$(slapd_hash_of "$secret")" |
		ldap_admin "$name" ldapadd >/dev/null
}

# slapd_folder NAME DN: an entry for others to stand below; an older tree has none yet.
slapd_folder() {
	local name=$1 dn=$2 rdn=${2%%,*}
	ldap_admin "$name" ldapsearch -LLL -s base -b "$dn" 1.1 >/dev/null 2>&1 ||
		printf 'dn: %s\nobjectClass: organizationalUnit\nou: %s\n' "$dn" "${rdn#ou=}" | ldap_admin "$name" ldapadd >/dev/null
}

# ldapi_uri NAME
ldapi_uri() {
	local path=$STATE/run/$1-ldapi
	printf 'ldapi://%s\n' "${path//\//%2F}"
}

# ldap_admin NAME TOOL [ARGUMENT...]: an OpenLDAP client tool as the directory's operator; NAME is ldap or
# p03-ldap.
ldap_admin() {
	local name=$1 tool=$2
	shift 2
	as_server env LDAPNOINIT=1 "$tool" -Q -Y EXTERNAL -H "$(ldapi_uri "$name")" "$@"
}
