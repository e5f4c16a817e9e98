#include "provisioning/ldap/watch.h"

#include "common/base/base64.h"
#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "common/net/ldap_follow.h"

#include <stdlib.h>

enum { PEOPLE, GROUPS };

struct watch {
	struct ldap_watching what;
	struct ldap_pool *pool;
	struct ldap_follow *follow;
	size_t n;
	bool is_first; /* everything comes: groups are the listing's business */
	bool is_current[LDAP_FOLLOW_MAX];
};

void ldap_watch_end(void *session)
{
	struct watch *w = session;

	if (!w)
		return;
	ldap_follow_close(w->follow);
	ldap_pool_free(w->pool);
	free(w);
}

struct ldap_pool *ldap_watch_pool(const void *session)
{
	const struct watch *w = session;

	return w->pool;
}

static enum verdict watch_verdict(struct call *c, bool is_first)
{
	int64_t code = ldap_result_code(c->op);

	if (!is_first && (code == LDAP_FOLLOW_REFRESH_REQUIRED || code == LDAP_FOLLOW_UNWILLING))
		return call_fault(c, VERDICT_ABSENT, "cursor", "the server cannot go on where it stood");
	if (c->op->error.code == ERR_NOT_FOUND)
		return call_fault(c, VERDICT_REFUSED, "config", "an entry to follow below is not there");
	return ldap_verdict(c, false);
}

/* Of nobody, or damaged: from the beginning. */
static void read_cursor(struct arena *a, struct str cursor, struct ldap_follow_of *searches, size_t n)
{
	struct str rest = cursor, part;

	for (size_t i = 0; i < n; i++) {
		if (!str_split(&rest, '.', &part) || part.len == 0 || !base64url_decode(a, part, &searches[i].cookie))
			searches[i].cookie = STR("");
	}
}

static int open_pool(struct op *op, const struct connector_config *config, struct ldap_pool **ret_pool)
{
	struct connector_config reader = *config;

	reader.bind_dn = config->follow_dn;
	reader.password = config->follow_password;
	reader.concurrency = 1;
	return ldap_map_open(op, &reader, ret_pool);
}

enum verdict ldap_watch(struct call *c, const struct ldap_watching *what, struct str cursor, void **ret_session)
{
	static const char *const group_attrs[] = { "cn", "modifiersName", NULL };
	struct ldap_follow_of searches[LDAP_FOLLOW_MAX] = {
		[PEOPLE] = { what->listing.people_base, what->listing.people_filter, what->listing.attrs, STR("") },
		[GROUPS] = { what->listing.groups_base, what->groups_filter, group_attrs, STR("") },
	};
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->what = *what;
	w->n = str_is_null(what->groups_filter) ? 1 : 2;
	read_cursor(c->op->arena, str_is_null(cursor) ? STR("") : cursor, searches, w->n);
	w->is_first = searches[PEOPLE].cookie.len == 0;
	if (open_pool(c->op, what->config, &w->pool) < 0 || ldap_follow_open(c->op, w->pool, searches, w->n, &w->follow) < 0) {
		ldap_watch_end(w);
		return watch_verdict(c, true);
	}
	*ret_session = w;
	return VERDICT_DONE;
}

static void tell_account(struct call *c, const struct watch *w, const struct ldap_entry *entry, struct news *ret)
{
	struct arena *a = c->op->arena;
	_json_ json_t *document = json_new_object();

	ret->what = TOLD_ACCOUNT;
	ldap_list_entry(a, &w->what.listing, c->instance, entry, document, &ret->account);
	ret->account.document = json_write(a, document, true);
}

/* uid=<login>,… as we name our entries; another name says nothing. */
static struct str login_of(struct arena *a, struct str dn)
{
	struct str rest = dn, first;

	if (!str_split(&rest, ',', &first) || first.len < 4 || !str_equal_nocase(str_n(first.p, 4), STR("uid=")) || str_index(first, '\\') >= 0)
		return STR_NULL;
	return arena_dup(a, str_skip(first, 4));
}

static void tell_gone(struct call *c, const struct ldap_entry *entry, struct news *ret)
{
	ret->what = TOLD_GONE;
	ret->account = (struct listed){ .ext_id = arena_dup(c->op->arena, entry->dn), .login = login_of(c->op->arena, entry->dn) };
}

/* Our own changes are no news. */
static void tell_role(struct call *c, const struct watch *w, const struct ldap_entry *entry, struct news *ret)
{
	struct str role = ldap_entry_value(entry, "cn");

	if ((w->is_first && !w->is_current[GROUPS]) || str_is_empty(role) || ldap_dn_equal(ldap_entry_value(entry, "modifiersName"), w->what.config->bind_dn))
		return;
	ret->what = TOLD_ROLE;
	ret->role = arena_dup(c->op->arena, role);
}

enum verdict ldap_watch_next(struct call *c, void *session, int timeout_ms, struct news *ret)
{
	struct watch *w = session;
	struct ldap_follow_event event;

	*ret = (struct news){ .what = TOLD_NOTHING };
	if (ldap_follow_next(c->op, w->follow, timeout_ms, &event) < 0)
		return watch_verdict(c, w->is_first);
	ret->is_unsure = event.is_unsure;
	if (event.what == LDAP_FOLLOW_CURRENT)
		w->is_current[event.search] = true;
	else if (event.what == LDAP_FOLLOW_ENTRY && event.search == PEOPLE)
		tell_account(c, w, &event.entry, ret);
	else if (event.what == LDAP_FOLLOW_ENTRY)
		tell_role(c, w, &event.entry, ret);
	else if (event.what == LDAP_FOLLOW_GONE && event.search == PEOPLE)
		tell_gone(c, &event.entry, ret);
	else if (event.what == LDAP_FOLLOW_GONE)
		ret->is_unsure = true;
	ret->is_current = w->is_current[PEOPLE] && (w->n == 1 || w->is_current[GROUPS]);
	return VERDICT_DONE;
}

struct str ldap_watch_cursor(struct arena *a, const void *session)
{
	const struct watch *w = session;
	struct str people = base64url_encode(a, ldap_follow_cookie(w->follow, PEOPLE));

	if (w->n == 1)
		return people;
	return arena_printf(a, "%.*s.%.*s", STR_ARG(people), STR_ARG(base64url_encode(a, ldap_follow_cookie(w->follow, GROUPS))));
}
