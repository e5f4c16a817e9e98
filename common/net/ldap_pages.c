/* Lists in pages (RFC 2696), on a connection of their own: the server's cookie is bound to it. */
#include "common/net/ldap_search.h"

#include <stdlib.h>

DEFINE_CLEANUP(LDAPControl *, ldap_control_freep, ldap_control_free);

struct ldap_pages {
	LDAP *ld;
	int timeout_ms;
	int page_entries;
	struct arena *arena; /* of one entry */
	struct berval cookie;
	bool is_last;
};

int ldap_pages_open(struct op *op, struct ldap_pool *p, const struct ldap_pages_size *size, struct ldap_pages **ret_pages)
{
	struct ldap_pages *pages;
	LDAP *ld;

	if (ldap_conn_open(op, p, LDAP_ROLE_SERVICE, p->timeout_ms, &ld) < 0)
		return op->error.code;
	/* A group of ten thousand is one message. */
	if (!ldap_conn_allow(ld, size->entry_bytes)) {
		ldap_conn_close(ld);
		return op_fail(op, ERR_INTERNAL, "the size of entries cannot be set");
	}
	pages = calloc(1, sizeof(*pages));
	if (!pages)
		abort();
	pages->ld = ld;
	pages->timeout_ms = p->timeout_ms;
	pages->page_entries = size->page_entries;
	pages->arena = arena_new(size->entry_bytes);
	*ret_pages = pages;
	return 0;
}

void ldap_pages_close(struct ldap_pages *pages)
{
	if (!pages)
		return;
	ber_memfree(pages->cookie.bv_val);
	ldap_conn_close(pages->ld);
	arena_free(pages->arena);
	free(pages);
}

static int each_entry(struct op *op, struct ldap_pages *pages, LDAPMessage *chain, int (*each)(void *context, struct op *op, const struct ldap_entry *entry), void *context)
{
	struct ldap_entry entry;
	int result;

	for (LDAPMessage *m = ldap_first_entry(pages->ld, chain); m; m = ldap_next_entry(pages->ld, m)) {
		arena_reset(pages->arena);
		if (ldap_copy_entry(op, pages->arena, pages->ld, m, &entry) < 0)
			return op->error.code;
		result = each(context, op, &entry);
		if (result < 0)
			return result;
	}
	return 0;
}

/* The server's cookie for the next page; empty after the last (RFC 2696 §3). */
static void take_cookie(struct ldap_pages *pages, LDAPControl **controls)
{
	LDAPControl *control = controls ? ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL) : NULL;
	ber_int_t estimate = 0;

	ber_memfree(pages->cookie.bv_val);
	pages->cookie = (struct berval){ 0 };
	if (control && ldap_parse_pageresponse_control(pages->ld, control, &estimate, &pages->cookie) != LDAP_SUCCESS)
		pages->cookie = (struct berval){ 0 };
	pages->is_last = pages->cookie.bv_len == 0;
}

/* One page; the reply is the caller's to end. */
static int get_page(struct op *op, struct ldap_pages *pages, struct ldap_search_args *args, struct ldap_reply *reply)
{
	_cleanup_(ldap_control_freep) LDAPControl *page = NULL;
	struct berval copy = pages->cookie;
	int msgid;

	/* Critical: a server that cannot do it says so, instead of stopping at its limit. */
	if (ldap_create_page_control(pages->ld, pages->page_entries, &copy, 1, &page) != LDAP_SUCCESS)
		return op_fail(op, ERR_INTERNAL, "the control for pages cannot be made");
	args->page = page;
	reply->code = ldap_send_search(pages->ld, args, &msgid);
	args->page = NULL;
	if (reply->code == LDAP_SUCCESS)
		ldap_conn_await(op, pages->ld, msgid, pages->timeout_ms, reply);
	if (reply->code < 0)
		return ldap_local_error(op, reply->code, false);
	return ldap_reply_error(op, reply);
}

int ldap_pages_next(struct op *op, struct ldap_pages *pages, const struct ldap_list_of *of, int (*each)(void *context, struct op *op, const struct ldap_entry *entry), void *context)
{
	struct ldap_search_args args = { .scope = LDAP_SCOPE_SUBTREE, .attrs = (char **)(uintptr_t)of->attrs };
	struct ldap_reply reply = { 0 };
	int result;

	if (ldap_make_search(op, pages->timeout_ms, of->base, of->filter, &args) < 0)
		return op->error.code;
	result = get_page(op, pages, &args, &reply);
	if (result == 0)
		result = each_entry(op, pages, reply.message, each, context);
	take_cookie(pages, result == 0 ? reply.controls : NULL);
	ldap_reply_done(&reply);
	return result;
}

bool ldap_pages_is_last(const struct ldap_pages *pages)
{
	return pages->is_last;
}

int ldap_list(struct op *op, struct ldap_pool *p, struct str base, struct str filter, const char *const *attrs,
              int (*each)(void *context, struct op *op, const struct ldap_entry *entry), void *context)
{
	static const struct ldap_pages_size size = { LDAP_PAGE_ENTRIES, LDAP_ENTRY_BYTES };
	const struct ldap_list_of of = { base, filter, attrs };
	struct ldap_pages *pages;
	int result;

	if (ldap_pages_open(op, p, &size, &pages) < 0)
		return op->error.code;
	do
		result = ldap_pages_next(op, pages, &of, each, context);
	while (result == 0 && !ldap_pages_is_last(pages));
	ldap_pages_close(pages);
	return result;
}
