#include "common/net/ldap_follow.h"

#include "common/net/ldap_search.h"

#include <lber.h>
#include <stdlib.h>
#include <string.h>

#define UUID_BYTES 16
#define KEEPALIVE_PROBES 3
#define KEEPALIVE_INTERVAL_S 10

struct search {
	int msgid;
	bool had_cookie; /* when it was sent */
	char cookie[LDAP_FOLLOW_COOKIE_MAX];
	size_t cookie_len;
};

struct ldap_follow {
	LDAP *ld;
	struct search searches[LDAP_FOLLOW_MAX];
	size_t n;
};

/* syncRequestValue (RFC 4533 §2.2).  *ret_value: of ber_memfree(). */
static bool request_value(struct str cookie, struct berval *ret_value)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	bool is_good = ber && ber_printf(ber, "{e", LDAP_SYNC_REFRESH_AND_PERSIST) >= 0;

	if (is_good && cookie.len > 0)
		is_good = ber_printf(ber, "o", cookie.p, (ber_len_t)cookie.len) >= 0;
	is_good = is_good && ber_printf(ber, "N}") >= 0 && ber_flatten2(ber, ret_value, 1) == 0;
	if (ber)
		ber_free(ber, 1);
	return is_good;
}

static int send_search(struct op *op, struct ldap_follow *f, const struct ldap_follow_of *of, struct search *ret)
{
	char oid[] = LDAP_CONTROL_SYNC;
	struct ldap_search_args args = { 0 };
	LDAPControl control = { .ldctl_oid = oid, .ldctl_iscritical = 1 }, *controls[] = { &control, NULL };
	int code;

	if (of->cookie.len > LDAP_FOLLOW_COOKIE_MAX)
		return op_fail(op, ERR_LIMIT, "the cookie is too long");
	if (ldap_make_search(op, 0, of->base, of->filter, &args) < 0)
		return op->error.code;
	if (!request_value(of->cookie, &control.ldctl_value))
		abort();
	/* Without a time limit of its own: it shall not end. */
	code = ldap_search_ext(f->ld, args.base, LDAP_SCOPE_SUBTREE, args.filter, (char **)(uintptr_t)of->attrs, 0, controls, NULL, NULL,
	                       LDAP_NO_LIMIT, &ret->msgid);
	ber_memfree(control.ldctl_value.bv_val);
	if (code != LDAP_SUCCESS)
		return ldap_local_error(op, code, false);
	memcpy(ret->cookie, of->cookie.p ? of->cookie.p : "", of->cookie.len);
	ret->cookie_len = of->cookie.len;
	ret->had_cookie = of->cookie.len > 0;
	return 0;
}

int ldap_follow_open(struct op *op, struct ldap_pool *p, const struct ldap_follow_of *of, size_t n, struct ldap_follow **ret_follow)
{
	const int probes = KEEPALIVE_PROBES, interval_s = KEEPALIVE_INTERVAL_S;
	struct ldap_follow *f;
	LDAP *ld;

	assert(n >= 1 && n <= LDAP_FOLLOW_MAX);
	if (ldap_conn_open(op, p, LDAP_ROLE_SERVICE, p->timeout_ms, &ld) < 0)
		return op->error.code;
	/* A peer that is gone without a word must be missed. */
	(void)ldap_set_option(ld, LDAP_OPT_X_KEEPALIVE_PROBES, &probes);
	(void)ldap_set_option(ld, LDAP_OPT_X_KEEPALIVE_INTERVAL, &interval_s);
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->ld = ld;
	for (size_t i = 0; i < n; i++) {
		if (send_search(op, f, &of[i], &f->searches[i]) < 0) {
			ldap_follow_close(f);
			return op->error.code;
		}
		f->n++;
	}
	*ret_follow = f;
	return 0;
}

void ldap_follow_close(struct ldap_follow *f)
{
	if (!f)
		return;
	ldap_conn_close(f->ld);
	free(f);
}

struct str ldap_follow_cookie(const struct ldap_follow *f, size_t search)
{
	assert(search < f->n);
	return str_n(f->searches[search].cookie, f->searches[search].cookie_len);
}

/* An empty one, or one that is too long, is no cookie: the old one stays. */
static void keep_cookie(struct search *s, const struct berval *cookie)
{
	if (cookie->bv_len == 0 || cookie->bv_len > sizeof(s->cookie))
		return;
	memcpy(s->cookie, cookie->bv_val, cookie->bv_len);
	s->cookie_len = cookie->bv_len;
}

/* A cookie may come next. */
static bool read_cookie(struct search *s, BerElement *ber)
{
	struct berval cookie = { 0 };
	ber_len_t len;

	if (ber_peek_tag(ber, &len) != LDAP_TAG_SYNC_COOKIE)
		return true;
	if (ber_scanf(ber, "m", &cookie) == LBER_ERROR)
		return false;
	keep_cookie(s, &cookie);
	return true;
}

static int is_malformed(struct op *op)
{
	return op_fail(op, ERR_TARGET, "the directory's word on a change cannot be read");
}

/* syncStateValue (§2.3): add, modify, delete, or still present. */
static int read_state(struct op *op, struct search *s, LDAPControl **controls, ber_int_t *ret_state)
{
	LDAPControl *control = controls ? ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, NULL) : NULL;
	BerElement *ber = control ? ber_init(&control->ldctl_value) : NULL;
	struct berval uuid = { 0 };
	bool is_good;

	if (!ber)
		return is_malformed(op);
	is_good = ber_scanf(ber, "{em", ret_state, &uuid) != LBER_ERROR && uuid.bv_len == UUID_BYTES && read_cookie(s, ber);
	ber_free(ber, 1);
	return is_good ? 0 : is_malformed(op);
}

static int take_entry(struct op *op, struct ldap_follow *f, struct search *s, LDAPMessage *message, struct ldap_follow_event *ret)
{
	LDAPControl **controls = NULL;
	ber_int_t state = LDAP_SYNC_PRESENT;
	int result;

	if (ldap_get_entry_controls(f->ld, message, &controls) != LDAP_SUCCESS)
		return is_malformed(op);
	result = read_state(op, s, controls, &state);
	ldap_controls_free(controls);
	if (result < 0)
		return result;
	if (state == LDAP_SYNC_PRESENT) {
		ret->what = LDAP_FOLLOW_COOKIE;
		return 0;
	}
	ret->what = state == LDAP_SYNC_DELETE ? LDAP_FOLLOW_GONE : LDAP_FOLLOW_ENTRY;
	return ldap_copy_entry(op, op->arena, f->ld, message, &ret->entry);
}

/* refreshDelete, refreshPresent: the end of a phase of the refresh, and maybe of all of it. */
static bool take_phase(struct search *s, BerElement *ber, ber_tag_t tag, struct ldap_follow_event *ret)
{
	ber_int_t is_done = 1;
	ber_len_t len;

	if (ber_skip_tag(ber, &len) == LBER_ERROR || !read_cookie(s, ber))
		return false;
	if (ber_peek_tag(ber, &len) == LDAP_TAG_REFRESHDONE && ber_scanf(ber, "b", &is_done) == LBER_ERROR)
		return false;
	ret->what = is_done ? LDAP_FOLLOW_CURRENT : LDAP_FOLLOW_COOKIE;
	/* Who was not among the present ones is gone. */
	ret->is_unsure = tag == LDAP_TAG_SYNC_REFRESH_PRESENT && s->had_cookie;
	return true;
}

/* syncIdSet: identifiers of what is gone, or of what is still there. */
static bool take_id_set(struct search *s, BerElement *ber, struct ldap_follow_event *ret)
{
	ber_int_t are_deleted = 0;
	ber_len_t len;

	if (ber_skip_tag(ber, &len) == LBER_ERROR || !read_cookie(s, ber))
		return false;
	if (ber_peek_tag(ber, &len) == LDAP_TAG_REFRESHDELETES && ber_scanf(ber, "b", &are_deleted) == LBER_ERROR)
		return false;
	ret->what = LDAP_FOLLOW_COOKIE;
	ret->is_unsure = are_deleted;
	return true;
}

/* syncInfoValue (§2.5). */
static bool take_info(struct search *s, struct berval *value, struct ldap_follow_event *ret)
{
	BerElement *ber = ber_init(value);
	struct berval cookie = { 0 };
	ber_len_t len;
	ber_tag_t tag;
	bool is_good = false;

	if (!ber)
		return false;
	tag = ber_peek_tag(ber, &len);
	if (tag == LDAP_TAG_SYNC_NEW_COOKIE) {
		is_good = ber_scanf(ber, "m", &cookie) != LBER_ERROR;
		keep_cookie(s, &cookie);
		ret->what = LDAP_FOLLOW_COOKIE;
	} else if (tag == LDAP_TAG_SYNC_REFRESH_DELETE || tag == LDAP_TAG_SYNC_REFRESH_PRESENT) {
		is_good = take_phase(s, ber, tag, ret);
	} else if (tag == LDAP_TAG_SYNC_ID_SET) {
		is_good = take_id_set(s, ber, ret);
	}
	ber_free(ber, 1);
	return is_good;
}

static int take_intermediate(struct op *op, struct ldap_follow *f, struct search *s, LDAPMessage *message, struct ldap_follow_event *ret)
{
	struct berval *value = NULL;
	char *oid = NULL;
	bool is_good = ldap_parse_intermediate(f->ld, message, &oid, &value, NULL, 0) == LDAP_SUCCESS;

	ret->what = LDAP_FOLLOW_COOKIE;
	/* Others may be sent, and mean nothing to us. */
	if (is_good && oid && value && strcmp(oid, LDAP_SYNC_INFO) == 0)
		is_good = take_info(s, value, ret);
	ldap_memfree(oid);
	ber_bvfree(value);
	return is_good ? 0 : is_malformed(op);
}

/* It should go on for ever: the server's word why not. */
static int take_end(struct op *op, struct ldap_follow *f, LDAPMessage *message)
{
	struct ldap_reply reply = { 0 };
	char *diagnostic = NULL;
	int parsed = ldap_parse_result(f->ld, message, &reply.code, NULL, &diagnostic, NULL, NULL, 0);

	reply.diagnostic = diagnostic ? arena_dup_c(op->arena, diagnostic) : STR("");
	ldap_memfree(diagnostic);
	if (parsed != LDAP_SUCCESS)
		return is_malformed(op);
	return reply.code == LDAP_SUCCESS ? op_fail(op, ERR_UNAVAILABLE, "the directory has ended the search") : ldap_reply_error(op, &reply);
}

static struct search *search_of(struct ldap_follow *f, int msgid, size_t *ret_index)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->searches[i].msgid == msgid) {
			*ret_index = i;
			return &f->searches[i];
		}
	return NULL;
}

static int take_message(struct op *op, struct ldap_follow *f, LDAPMessage *message, struct ldap_follow_event *ret)
{
	struct search *s = search_of(f, ldap_msgid(message), &ret->search);

	/* The notice of disconnection has no number of ours (RFC 4511 §4.4.1). */
	if (!s)
		return op_fail(op, ERR_UNAVAILABLE, "the directory is closing the connection");
	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		return take_entry(op, f, s, message, ret);
	case LDAP_RES_INTERMEDIATE:
		return take_intermediate(op, f, s, message, ret);
	case LDAP_RES_SEARCH_RESULT:
		return take_end(op, f, message);
	default: /* references: not followed */
		ret->what = LDAP_FOLLOW_COOKIE;
		return 0;
	}
}

int ldap_follow_next(struct op *op, struct ldap_follow *f, int timeout_ms, struct ldap_follow_event *ret_event)
{
	struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	LDAPMessage *message = NULL;
	int type = ldap_result(f->ld, LDAP_RES_ANY, LDAP_MSG_ONE, &timeout, &message), code = LDAP_SERVER_DOWN, result;

	*ret_event = (struct ldap_follow_event){ .what = LDAP_FOLLOW_NOTHING };
	if (type == 0)
		return 0;
	if (type < 0) {
		(void)ldap_get_option(f->ld, LDAP_OPT_RESULT_CODE, &code);
		return ldap_local_error(op, code < 0 ? code : LDAP_SERVER_DOWN, false);
	}
	result = take_message(op, f, message, ret_event);
	ldap_msgfree(message);
	return result;
}
