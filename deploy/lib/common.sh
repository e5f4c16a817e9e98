# Messages, root rights and templates: what every other part uses.
# shellcheck shell=bash

say() {
	printf '%s\n' "$*" >&2
}

die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "root rights are needed for: $* (run as root, or install sudo)"
		sudo "$@"
	fi
}

# 256 random bits, 64 hexadecimal digits.
random_secret() {
	od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

# fill_template FILE KEY=VALUE...: FILE to standard output, each @KEY@ replaced.  A key left over is an
# error.  (The quotes around the replacement keep its "&" an "&".)
fill_template() {
	local file=$1 text pair
	shift
	text=$(<"$file")
	for pair in "$@"; do
		text=${text//"@${pair%%=*}@"/"${pair#*=}"}
	done
	if [[ $text =~ @[A-Z][A-Z0-9_]*@ ]]; then
		die "$file: no value for ${BASH_REMATCH[0]}"
	fi
	printf '%s\n' "$text"
}
