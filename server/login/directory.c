#include "server/login/directory.h"

#include "common/base/clock.h"
#include "common/crypto/password_hash.h"
#include "common/net/ldap_filter.h"

#define WAIT_STEP_MS 100
#define PASSWORD_MAX_BYTES 128

/* Search, then bind by the DN that came back: exactly one entry (RFC 4513 §6.3.1 leaves no other safe way). */
static int find_dn(struct op *op, const struct directory *d, struct str login, struct str *ret_dn)
{
	static const char *const no_attrs[] = { "1.1", NULL };
	const struct ldap_entry *entries;
	struct str filter;
	size_t n;
	int r = ldap_filter_eq(op, "uid", login, &filter);

	if (r >= 0)
		r = ldap_search(op, d->pool, d->people_base, LDAP_SUB, filter, no_attrs, 2, &entries, &n);
	if (r < 0)
		return r;
	if (n != 1)
		return op_fail_detail(op, ERR_NOT_FOUND, "no such entry in the directory", "%zu entries", n);
	*ret_dn = entries[0].dn;
	return 0;
}

/* What no entry has, and what the directory client refuses to send. */
static bool is_impossible(struct str password)
{
	return password.len > PASSWORD_MAX_BYTES || str_index(password, '\0') >= 0;
}

int directory_check_password(struct op *op, const struct directory *d, struct str login, struct str password, bool *ret_ok)
{
	struct str dn = d->decoy_dn;
	bool real = false, ok;
	int r;

	if (is_impossible(password)) {
		login = STR_NULL;
		password = STR("-");
	}
	if (!str_is_null(login)) {
		r = find_dn(op, d, login, &dn);
		if (r == ERR_NOT_FOUND) {
			op_forgive(op);
			dn = d->decoy_dn;
		} else if (r < 0) {
			return r;
		} else {
			real = true;
		}
	} else {
		struct str ignored;

		/* The same search as for a known name. */
		r = find_dn(op, d, STR("-"), &ignored);
		if (r < 0 && r != ERR_NOT_FOUND)
			return r;
		op_forgive(op);
	}
	r = ldap_check_password(op, d->pool, dn, password, &ok);
	if (r < 0)
		return r;
	*ret_ok = real && ok;
	return 0;
}

int directory_set_password(struct op *op, const struct directory *d, struct str login, struct str password, int wait_ms)
{
	int64_t give_up = clock_mono_ms() + wait_ms;
	struct str dn, hash;
	int r = password_hash(op, password, &hash);

	if (r < 0)
		return r;
	while ((r = find_dn(op, d, login, &dn)) == ERR_NOT_FOUND && clock_mono_ms() < give_up) {
		op_forgive(op);
		nanosleep(&(struct timespec){ .tv_nsec = WAIT_STEP_MS * 1000000L }, NULL);
	}
	if (r < 0)
		return r;
	return ldap_modify(op, d->pool, dn,
	                   &(struct ldap_change){ LDAP_CHANGE_REPLACE, { STR("userPassword"), &hash, 1 } }, 1);
}
