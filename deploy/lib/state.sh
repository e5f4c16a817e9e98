# The state folder, its lock, and the background processes that belong to it.
#
# $STATE/run/NAME.pid holds "PID START SIGNAL BOOT": start time (clock ticks since boot) and boot id make
# a process that merely re-uses the number another one, so only what this folder started is ever signalled
# and a stale file never blocks a start.
# shellcheck shell=bash

state_default_dir() {
	if [ "$(id -u)" -eq 0 ]; then
		printf '/var/lib/sen-demo\n'
	else
		printf '%s/sen-demo\n' "${XDG_STATE_HOME:-$HOME/.local/state}"
	fi
}

# state_ready [DIR]: sets STATE, makes the folder for SEN_USER (account_ready first).
state_ready() {
	local dir=${1:-$(state_default_dir)}
	mkdir -p -- "$dir"
	STATE=$(cd -- "$dir" && pwd -P)
	case "$STATE" in
	*[!A-Za-z0-9/._+-]*) die "the state folder's path may have letters, digits and . _ + - only: $STATE" ;;
	esac
	# A socket's address has 107 bytes; the longest one here is run/p03-ldapi.
	[ "${#STATE}" -le 80 ] || die "the state folder's path is too long for unix sockets (80 characters): $STATE"
	state_own
	as_server mkdir -p "$STATE/run" "$STATE/log" "$STATE/secrets" "$STATE/bin" "$STATE/home" "$STATE/tmp"
	as_server chmod 700 "$STATE/secrets" "$STATE/home" "$STATE/tmp"
}

# Only a new, empty folder changes its owner: nothing of somebody else's is taken over.
state_own() {
	if [ "$(id -u)" -eq 0 ] && [ -z "$(ls -A "$STATE")" ]; then
		chown "$SEN_USER:$SEN_USER" "$STATE"
		chmod 755 "$STATE"
	fi
	# Asked from /, since the caller's own folder may be closed to that user.
	(cd / && as_server test -O "$STATE" -a -w "$STATE" -a -x "$STATE") ||
		die "$STATE must belong to, and be reachable by, the user $SEN_USER: give another folder with --dir"
}

# state_lock: one run per folder.  The lock is this shell's pid and start time, so it ends with the shell,
# however that ends; a flock would live on in its children.
state_lock() (
	flock 9
	if [ -s "$STATE/run/owner" ] && read -r pid start boot <"$STATE/run/owner" && [ "$pid" -ne $$ ] &&
		process_is "$pid" "$start" "$boot"; then
		die "another run uses $STATE (pid $pid)"
	fi
	printf '%s %s %s\n' $$ "$(process_start $$)" "$(boot_id)" >"$STATE/run/owner"
) 9>>"$STATE/run/lock"

# in_state COMMAND...: as_server, in the state folder, since the caller's own may be closed to that user.
in_state() {
	(cd "$STATE" && as_server "$@")
}

boot_id() {
	cat /proc/sys/kernel/random/boot_id
}

# process_start PID: its start time; fails where there is no such process, or only its corpse.
process_start() {
	local stat
	local -a fields
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
	read -ra fields <<<"${stat##*) }"
	[ "${fields[0]}" != Z ] && [ "${fields[0]}" != X ] || return 1
	printf '%s\n' "${fields[19]}"
}

# process_is PID START BOOT: it runs, and is the one that was noted.
process_is() {
	[ "$3" = "$(boot_id)" ] && [ "$(process_start "$1")" = "$2" ]
}

# service_pid NAME: prints the pid of the running service, or fails.
service_pid() {
	local pid start signal boot
	[ -r "$STATE/run/$1.pid" ] || return 1
	read -r pid start signal boot <"$STATE/run/$1.pid" || return 1
	process_is "$pid" "$start" "$boot" || return 1
	printf '%s\n' "$pid"
}

service_is_running() {
	service_pid "$1" >/dev/null
}

# service_start NAME [-s SIGNAL] COMMAND...: in a session of its own (a Ctrl-C at the terminal does not
# reach it), standard streams to $STATE/log/NAME.log, no other descriptor inherited.  SIGNAL ends it
# cleanly (TERM).  The command must stay in the foreground.
service_start() {
	local name=$1 signal=TERM i
	shift
	if [ "$1" = -s ]; then
		signal=$2
		shift 2
	fi
	if service_is_running "$name"; then
		die "$name is running already (pid $(service_pid "$name"))"
	fi
	as_server rm -f "$STATE/run/$name.pid"
	# shellcheck disable=SC2016
	in_state setsid --fork bash -c '
		exec </dev/null >>"$2" 2>&1
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			[ "$fd" -le 2 ] || eval "exec $fd>&-"
		done
		stat=$(<"/proc/$$/stat")
		read -ra fields <<<"${stat##*) }"
		printf "%s %s %s %s\n" "$$" "${fields[19]}" "$3" "$(</proc/sys/kernel/random/boot_id)" >"$1.new"
		mv -f "$1.new" "$1"
		shift 3
		exec "$@"' service "$STATE/run/$name.pid" "$STATE/log/$name.log" "$signal" "$@"
	for ((i = 0; i < 100; i++)); do
		[ -s "$STATE/run/$name.pid" ] && return
		sleep 0.02
	done
	die "$name did not start: $STATE/log/$name.log"
}

# service_stop NAME [SECONDS]: its own signal, and KILL after SECONDS (10).  Nothing to stop is success.
service_stop() {
	local name=$1 limit=${2:-10} pid start signal boot i
	if pid=$(service_pid "$name"); then
		read -r pid start signal boot <"$STATE/run/$name.pid"
		process_signal "$pid" "$signal"
		for ((i = 0; i < limit * 20; i++)); do
			[ "$(process_start "$pid")" = "$start" ] || break
			sleep 0.05
		done
		if [ "$(process_start "$pid")" = "$start" ]; then
			say "$name did not stop within $limit s: killed"
			process_signal "$pid" KILL
			sleep 0.2
		fi
	fi
	as_server rm -f "$STATE/run/$name.pid"
}

# It may end between the look and the signal: that is no failure.
process_signal() {
	kill -s "$2" "$1" 2>/dev/null || ! process_start "$1" >/dev/null || die "cannot signal the process $1"
}

# services_stop_all: everything this folder started, the latest first.
services_stop_all() {
	local file
	while read -r file; do
		service_stop "$(basename "$file" .pid)"
	done < <(find "$STATE/run" -maxdepth 1 -name '*.pid' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
}

# service_died NAME: dies with the end of its log.
service_died() {
	say "---- $STATE/log/$1.log"
	tail -n 20 "$STATE/log/$1.log" >&2
	die "$1 ended before it answered"
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds; at once an error when the service ends.
# Asked first after 20 ms, later every 100 ms.
wait_for() {
	local name=$1 seconds=$2 start_s=$SECONDS pause=0.02
	shift 2
	until "$@" >/dev/null 2>&1; do
		service_is_running "$name" || service_died "$name"
		[ $((SECONDS - start_s)) -le "$seconds" ] || die "$name does not answer after $seconds s: $STATE/log/$name.log"
		sleep "$pause"
		[ $((SECONDS - start_s)) -lt 1 ] || pause=0.1
	done
}

port_answers() {
	(exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# wait_for_port NAME HOST PORT [SECONDS]
wait_for_port() {
	wait_for "$1" "${4:-30}" port_answers "$2" "$3"
}

# wait_for_http NAME URL [SECONDS]: until it answers with a 2xx or 3xx.
wait_for_http() {
	wait_for "$1" "${3:-30}" curl --noproxy '*' -fsS -m 2 -o /dev/null "$2"
}
