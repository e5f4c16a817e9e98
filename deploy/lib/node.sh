# Node.js 20 or newer, and an npm: the machine's own where it has them, else a binary that the npm
# package "node" brings, kept in the state folder.
# shellcheck shell=bash

NODE_MIN=20

# node_is_new PROGRAM
node_is_new() {
	local version
	version=$("$1" --version 2>/dev/null) || return 1
	version=${version#v}
	[[ ${version%%.*} =~ ^[0-9]+$ ]] && [ "${version%%.*}" -ge "$NODE_MIN" ]
}

# node_packages: the Debian packages that are missing for it, one a line.  Debian 12's nodejs is 18,
# but its npm fetches the newer one.
node_packages() {
	command -v node >/dev/null || printf 'nodejs\n'
	command -v npm >/dev/null || printf 'npm\n'
}

# node_ready: sets NODE (after packages_ready and state_ready).
node_ready() {
	NODE=$(command -v node)
	node_is_new "$NODE" && return
	NODE=$(node_fetched)
	node_is_new "$NODE" && return
	say "this machine's Node.js is older than $NODE_MIN: fetching the npm package node"
	npm_install "$SEN_ROOT/deploy/platforms/node" "$STATE/node"
	# npm passes over an optional package that it cannot fetch, without a word.
	node_is_new "$NODE" || die "no Node.js came, or it does not run: $NODE (npm's log: $(as_server sh -c 'echo "$HOME"')/.npm/_logs)"
}

node_fetched() {
	local machine
	case "$(uname -m)" in
	x86_64) machine=x64 ;;
	aarch64) machine=arm64 ;;
	*) die "no Node.js binary is known for $(uname -m)" ;;
	esac
	printf '%s/node/node_modules/node-linux-%s/bin/node\n' "$STATE" "$machine"
}

# npm_install SOURCE TARGET: copies the folder SOURCE to TARGET and installs what its package-lock.json
# says; costs nothing where TARGET has it already.  npm runs with the machine's own Node.js (Debian's npm
# needs Debian's), and no package's own scripts run.
npm_install() {
	local source=$1 target=$2 file
	as_server mkdir -p "$target"
	(cd "$source" && find . -maxdepth 1 -type f -printf '%P\n') | while read -r file; do
		as_server cmp -s "$target/$file" - <"$source/$file" || server_file 644 "$target/$file" <"$source/$file"
	done
	if as_server cmp -s "$target/package-lock.json" "$target/node_modules/.installed"; then
		return
	fi
	(cd "$target" && as_server npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >&2)
	as_server cp "$target/package-lock.json" "$target/node_modules/.installed"
}
