# The local stack: everything deploy/demo and the tests need to run real parts on one machine.
# Source this file; README.md beside it lists what each part offers.
# shellcheck shell=bash
# shellcheck disable=SC2034

SEN_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SEN_ROOT=$(cd "$SEN_LIB/../.." && pwd)

# shellcheck source=deploy/lib/common.sh
. "$SEN_LIB/common.sh"
# shellcheck source=deploy/lib/packages.sh
. "$SEN_LIB/packages.sh"
# shellcheck source=deploy/lib/node.sh
. "$SEN_LIB/node.sh"
# shellcheck source=deploy/lib/account.sh
. "$SEN_LIB/account.sh"
# shellcheck source=deploy/lib/state.sh
. "$SEN_LIB/state.sh"
# shellcheck source=deploy/lib/ports.sh
. "$SEN_LIB/ports.sh"
# shellcheck source=deploy/lib/postgres.sh
. "$SEN_LIB/postgres.sh"
# shellcheck source=deploy/lib/openldap.sh
. "$SEN_LIB/openldap.sh"
# shellcheck source=deploy/lib/platforms.sh
. "$SEN_LIB/platforms.sh"
