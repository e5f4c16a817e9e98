# The account under which servers run: never root.  Started as root, a system user; else the caller.
# shellcheck shell=bash
# shellcheck disable=SC2016  # the quoted scripts expand in their own shell

SEN_DEMO_USER=${SEN_DEMO_USER:-sen-demo}

# account_ready: sets SEN_USER, and makes the system user where it is missing.
account_ready() {
	if [ "$(id -u)" -ne 0 ]; then
		SEN_USER=$(id -un)
		return
	fi
	SEN_USER=$SEN_DEMO_USER
	if ! getent passwd "$SEN_USER" >/dev/null; then
		useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$SEN_USER"
	fi
	[ "$(id -u "$SEN_USER")" -ne 0 ] || die "the user $SEN_USER is root: servers do not run as root"
}

# as_server COMMAND...: as SEN_USER, with a home folder of its own.  The command replaces the
# shell where it stands last, so its pid is the one that was started.
as_server() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid="$SEN_USER" --regid="$SEN_USER" --init-groups --inh-caps=-all \
			env -u XDG_STATE_HOME -u XDG_CONFIG_HOME -u XDG_CACHE_HOME HOME="$STATE/home" USER="$SEN_USER" LOGNAME="$SEN_USER" "$@"
	fi
}

# server_file MODE FILE: standard input becomes FILE of SEN_USER, whole or not at all.
server_file() {
	as_server sh -c 'umask 077 && cat >"$2.new" && chmod "$1" "$2.new" && mv -f "$2.new" "$2"' sh "$1" "$2"
}

# server_secret FILE: 64 random digits, kept over restarts; prints them.
server_secret() {
	if ! as_server test -s "$1"; then
		random_secret | server_file 600 "$1"
	fi
	as_server cat "$1"
}
