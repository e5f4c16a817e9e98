# Debian packages: installs what is missing, starts none of the services they bring.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016  # the lists are the callers'; the quoted scripts expand in their own shell

PACKAGES_BUILD=(
	meson ninja-build gcc libc6-dev pkg-config libmicrohttpd-dev libjansson-dev libssl-dev libldap-dev libargon2-dev
	libpq-dev libmariadb-dev libcurl4-openssl-dev libinih-dev libutf8proc-dev libcsv-dev libzxcvbn-dev libcmocka-dev
	libsystemd-dev libp11-kit-dev
)
PACKAGES_RUN=(postgresql-15 slapd ldap-utils curl ca-certificates openssl python3)
PACKAGES_DEMO=(chromium apache2 libapache2-mod-auth-openidc fonts-dejavu-core)
# git tells the style suite which files are the project's: a clone can have been made on another machine.
PACKAGES_TEST=(nginx pmccabe jose softhsm2 git mariadb-server faketime python3-aiosmtpd)
# The relying parties of docs/integrate/ that e2e runs.
PACKAGES_TEST+=(
	libnginx-mod-http-js python3-flask python3-authlib python3-requests python3-jwt dovecot-imapd
	golang-go golang-github-coreos-go-oidc-dev oidc-agent-cli
)

# Services that those packages would start at every boot.
PACKAGES_SERVICES=(postgresql mariadb slapd apache2 nginx dovecot glewlwyd)

POLICY_RC=/usr/sbin/policy-rc.d
POLICY_MARK='# made by deploy/lib/packages.sh while it installs; may be removed'

package_is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# packages_ready PACKAGE...: a second run costs one dpkg-query per package.
packages_ready() {
	local package
	local -a missing=()
	command -v dpkg-query >/dev/null || die "this is no Debian machine: dpkg-query is missing"
	for package in "$@"; do
		package_is_installed "$package" || missing+=("$package")
	done
	[ "${#missing[@]}" -eq 0 ] && return
	say "installing Debian packages: ${missing[*]}"
	packages_install "${missing[@]}"
}

# In a subshell, so that its trap does not replace the caller's.
packages_install() (
	services_before=$(packages_enabled_services)
	trap packages_allow_services EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	packages_forbid_services
	packages_apt update
	packages_apt install -y --no-install-recommends "$@"
	packages_disable_new_services "$services_before"
)

packages_apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

# A policy-rc.d of the machine's own is left as it is; one of ours that a killed run left is taken over.
packages_forbid_services() {
	if [ -e "$POLICY_RC" ] && ! grep -qF "$POLICY_MARK" "$POLICY_RC"; then
		return
	fi
	printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | as_root sh -c 'cat >"$1" && chmod 755 "$1"' sh "$POLICY_RC"
}

packages_allow_services() {
	if [ -e "$POLICY_RC" ] && grep -qF "$POLICY_MARK" "$POLICY_RC"; then
		as_root rm -f "$POLICY_RC"
	fi
}

packages_enabled_services() {
	local service
	for service in "${PACKAGES_SERVICES[@]}"; do
		if [ -n "$(find /etc/systemd/system /etc/rc2.d -name "$service.service" -o -name "S[0-9][0-9]$service" 2>/dev/null)" ]; then
			printf ' %s ' "$service"
		fi
	done
}

# The stack runs its own servers: a service that came with a package installed here need not start at
# the next boot.  Services that were there before stay as they were.
packages_disable_new_services() {
	local before=$1 service
	command -v systemctl >/dev/null || return 0
	for service in $(packages_enabled_services); do
		case "$before" in
		*" $service "*) ;;
		*) as_root systemctl --quiet disable "$service" >&2 ;;
		esac
	done
}
