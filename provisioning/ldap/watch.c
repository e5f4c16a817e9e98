#include "provisioning/ldap/watch.h"

#include "common/base/base64.h"
#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "common/net/ldap_follow.h"
#include "provisioning/ldap/members.h"

#include <stdlib.h>

/* Of the searches; folder i of the listing is search i + 1. */
enum { PEOPLE };

struct watch {
	struct ldap_watching what;
	struct ldap_pool *pool;
	struct ldap_follow *follow;
	size_t n;
	bool is_first;                  /* everything comes */
	bool begins[LDAP_FOLLOW_MAX];   /* of this search: groups are the listing's business then */
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

static const struct ldap_folder *folder_of(const struct watch *w, size_t search)
{
	return w->what.listing.folders[search - 1];
}

enum verdict ldap_watch_members(struct call *c, void *session, struct group_members *m)
{
	const struct watch *w = session;

	for (size_t i = 1; i < w->n; i++)
		if (folder_of(w, i)->is_units == m->group.is_unit)
			return ldap_members(c, w->pool, folder_of(w, i), m);
	return call_fault(c, VERDICT_REFUSED, "not_able", "there are no such groups");
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
	};
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->what = *what;
	w->n = 1 + what->listing.n_folders;
	for (size_t i = 1; i < w->n; i++)
		searches[i] = (struct ldap_follow_of){ folder_of(w, i)->base, arena_printf(c->op->arena, "(objectClass=%s)", folder_of(w, i)->kind->class),
			                               group_attrs, STR("") };
	read_cursor(c->op->arena, str_is_null(cursor) ? STR("") : cursor, searches, w->n);
	w->is_first = searches[PEOPLE].cookie.len == 0;
	for (size_t i = 0; i < w->n; i++)
		w->begins[i] = searches[i].cookie.len == 0;
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

/* attr=<name>,… as we name our entries; another name says nothing. */
static struct str name_of(struct arena *a, struct str dn, struct str attr)
{
	struct str rest = dn, first;

	if (!str_split(&rest, ',', &first) || first.len <= attr.len || !str_equal_nocase(str_n(first.p, attr.len), attr) || str_index(first, '\\') >= 0)
		return STR_NULL;
	return arena_dup(a, str_skip(first, attr.len));
}

static void tell_gone(struct call *c, const struct ldap_entry *entry, struct news *ret)
{
	ret->what = TOLD_GONE;
	ret->account = (struct listed){ .ext_id = arena_dup(c->op->arena, entry->dn), .login = name_of(c->op->arena, entry->dn, STR("uid=")) };
}

/* Our own changes are no news. */
static void tell_group(struct call *c, const struct watch *w, const struct ldap_follow_event *event, struct news *ret)
{
	const size_t search = event->search;
	struct str name = ldap_entry_value(&event->entry, "cn");

	if ((w->begins[search] && !w->is_current[search]) || str_is_empty(name) ||
	    ldap_dn_equal(ldap_entry_value(&event->entry, "modifiersName"), w->what.config->bind_dn))
		return;
	ret->what = TOLD_GROUP;
	ret->group = (struct told_group){ folder_of(w, search)->is_units, arena_dup(c->op->arena, name) };
}

/* We delete none that anybody is in. */
static void tell_group_gone(struct call *c, const struct watch *w, const struct ldap_follow_event *event, struct news *ret)
{
	struct str name = name_of(c->op->arena, event->entry.dn, STR("cn="));

	if (str_is_null(name)) {
		ret->is_unsure = true;
		return;
	}
	ret->what = TOLD_GROUP;
	ret->group = (struct told_group){ folder_of(w, event->search)->is_units, name };
}

static bool all_are_current(const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->is_current[i])
			return false;
	return true;
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
		tell_group(c, w, &event, ret);
	else if (event.what == LDAP_FOLLOW_GONE && event.search == PEOPLE)
		tell_gone(c, &event.entry, ret);
	else if (event.what == LDAP_FOLLOW_GONE)
		tell_group_gone(c, w, &event, ret);
	ret->is_current = all_are_current(w);
	return VERDICT_DONE;
}

struct str ldap_watch_cursor(struct arena *a, const void *session)
{
	const struct watch *w = session;
	struct str all = base64url_encode(a, ldap_follow_cookie(w->follow, PEOPLE));

	for (size_t i = 1; i < w->n; i++)
		all = arena_printf(a, "%.*s.%.*s", STR_ARG(all), STR_ARG(base64url_encode(a, ldap_follow_cookie(w->follow, i))));
	return all;
}
