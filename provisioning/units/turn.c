#include "provisioning/units/turn_impl.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/ldap/members.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE_BYTES ((size_t)8 * 1024 * 1024)
#define WHOLE_BYTES ((size_t)8 * 1024 * 1024)
#define SEEN_FIRST 1024
#define CODE_MAX_BYTES 64

static int note_seen(struct turn *t, struct str code)
{
	if (t->n_seen == UNITS_MAX)
		return op_fail(&t->op, ERR_LIMIT, "there are too many units");
	if (t->n_seen == t->seen_room) {
		size_t room = t->seen_room > 0 ? 2 * t->seen_room : SEEN_FIRST;

		t->seen = arena_grow(t->whole, t->seen, t->seen_room * sizeof(*t->seen), room * sizeof(*t->seen));
		t->seen_room = room;
	}
	t->seen[t->n_seen++] = ldap_dn_hash(t->page, code);
	return 0;
}

/* ---- all of them ---- */

struct listed_units {
	struct turn *turn;
	struct found items[UNITS_PAGE];
	size_t n;
};

static int take_entry(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct listed_units *page = context;
	struct turn *t = page->turn;
	struct found *f = &page->items[page->n];

	if (page->n == UNITS_PAGE)
		return op_fail(op, ERR_LIMIT, "the page is larger than asked for");
	if (!unit_entry_read(t->page, entry, t->k->config->units_base, &f->code, &f->is)) {
		t->done->strangers++;
		return 0;
	}
	f->is_there = true;
	page->n++;
	return 0;
}

static int compare_page(struct turn *t, const struct listed_units *page)
{
	struct str *codes = ARENA_ARRAY(t->page, struct str, page->n + 1);
	struct unit_facts *want = ARENA_ARRAY(t->page, struct unit_facts, page->n + 1);
	int err;

	for (size_t i = 0; i < page->n; i++)
		codes[i] = page->items[i].code;
	err = units_read(&t->op, t->lease->platform_id, codes, page->n, want);
	for (size_t i = 0; err == 0 && i < page->n && turn_goes_on(t); i++) {
		if (str_is_null(want[i].code)) {
			t->done->strangers++;
			continue;
		}
		err = note_seen(t, want[i].code);
		if (err == 0)
			turn_bring(t, &page->items[i], &want[i]);
	}
	return err;
}

/* Of a page: what was raced for, and that we are still the ones. */
static int end_page(struct turn *t, int err)
{
	if (err == 0 && t->n_again > 0)
		err = units_mark_again(&t->op, t->lease->platform_id, t->again, t->n_again);
	if (err == 0)
		err = units_keep(&t->op, t->lease);
	db_op_done(&t->op);
	return err;
}

static void stop_by(struct turn *t)
{
	struct call c = { .op = &t->op, .fault = { .retry_after_s = -1 } };

	if (t->op.error.code == ERR_NOT_FOUND)
		call_fault(&c, VERDICT_REFUSED, "config", "units_base is not there");
	else
		ldap_verdict(&c, false);
	turn_stop(t, &c.fault);
	op_forgive(&t->op);
}

static int compare_listed(struct turn *t)
{
	static const struct ldap_pages_size size = { UNITS_PAGE, LDAP_ENTRY_BYTES };
	const struct ldap_list_of of = { t->k->config->units_base, STR("(objectClass=groupOfNames)"), unit_attrs };
	struct listed_units *page = ARENA_NEW(t->whole, struct listed_units);
	struct ldap_pages *pages = NULL;
	int err = 0;

	page->turn = t;
	turn_begin_page(t);
	if (ldap_pages_open(&t->op, t->k->pool, &size, &pages) < 0)
		stop_by(t);
	while (err == 0 && turn_goes_on(t) && !ldap_pages_is_last(pages)) {
		turn_begin_page(t);
		page->n = 0;
		if (ldap_pages_next(&t->op, pages, &of, take_entry, page) < 0) {
			stop_by(t);
			break;
		}
		err = end_page(t, compare_page(t, page));
	}
	ldap_pages_close(pages);
	return err;
}

static int by_hash(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

static int make_missing(struct turn *t)
{
	static const struct found nothing;
	char after[CODE_MAX_BYTES + 1] = "";
	size_t n = UNITS_PAGE;
	int err = 0;

	if (t->n_seen > 1)
		qsort(t->seen, t->n_seen, sizeof(*t->seen), by_hash);
	while (err == 0 && n == UNITS_PAGE && turn_goes_on(t)) {
		const struct unit_facts *units;

		turn_begin_page(t);
		err = units_page(&t->op, t->lease->platform_id, str_c(after), &units, &n);
		for (size_t i = 0; err == 0 && i < n && turn_goes_on(t); i++) {
			uint64_t hash = ldap_dn_hash(t->page, units[i].code);

			if (t->n_seen == 0 || !bsearch(&hash, t->seen, t->n_seen, sizeof(hash), by_hash))
				turn_bring(t, &nothing, &units[i]);
		}
		if (err == 0 && n > 0)
			(void)snprintf(after, sizeof(after), "%.*s", STR_ARG(units[n - 1].code));
		err = end_page(t, err);
	}
	return err;
}

static int whole(struct turn *t)
{
	int err = compare_listed(t);

	if (err == 0 && turn_goes_on(t))
		err = make_missing(t);
	t->done->entries = (int64_t)t->n_seen + t->done->made;
	return err;
}

/* ---- those that have been marked ---- */

static bool was_raced(const struct turn *t, struct str code)
{
	for (size_t i = 0; i < t->n_again; i++)
		if (str_equal(t->again[i], code))
			return true;
	return false;
}

/* The directory first. */
static void read_marked(struct turn *t, const struct units_mark *marks, size_t n, struct found *found)
{
	for (size_t i = 0; i < n && turn_goes_on(t); i++) {
		struct call c = { .op = &t->op, .fault = { .retry_after_s = -1 } };
		bool is_ours;
		struct str dn;

		if (str_is_null(marks[i].code) || turn_unit_dn(t, marks[i].code, &dn) < 0)
			continue;
		if (turn_read_entry(&c, t->k, dn, &found[i], &is_ours) != VERDICT_DONE)
			turn_stop(t, &c.fault);
		/* Adding it finds out. */
		found[i].is_there = found[i].is_there && is_ours && str_equal(found[i].code, marks[i].code);
		op_forgive(&t->op);
	}
}

static int marked(struct turn *t)
{
	const struct units_mark *marks;
	struct units_mark *finished;
	struct unit_facts *want;
	struct found *found;
	struct str *codes;
	size_t n, n_finished = 0;
	int err;

	turn_begin_page(t);
	err = units_marks(&t->op, t->lease->platform_id, &marks, &n);
	if (err < 0)
		return end_page(t, err);
	codes = ARENA_ARRAY(t->page, struct str, n + 1);
	want = ARENA_ARRAY(t->page, struct unit_facts, n + 1);
	found = ARENA_ARRAY(t->page, struct found, n + 1);
	finished = ARENA_ARRAY(t->page, struct units_mark, n + 1);
	for (size_t i = 0; i < n; i++)
		codes[i] = marks[i].code;
	read_marked(t, marks, n, found);
	err = units_read(&t->op, t->lease->platform_id, codes, n, want);
	for (size_t i = 0; err == 0 && i < n && turn_goes_on(t); i++) {
		if (!str_is_null(want[i].code))
			turn_bring(t, &found[i], &want[i]);
		if (turn_goes_on(t) && !was_raced(t, marks[i].code))
			finished[n_finished++] = marks[i];
	}
	t->n_again = 0;
	if (err == 0)
		err = units_unmark(&t->op, t->lease->platform_id, finished, n_finished);
	return end_page(t, err);
}

int units_turn(const struct units_keeping *k, struct arena *a, const struct units_lease *l, struct units_done *ret, struct units_hold *ret_opened)
{
	_cleanup_(arena_freep) struct arena *page = arena_new(PAGE_BYTES), *all = arena_new(WHOLE_BYTES);
	struct turn t = { .k = k, .lease = l, .done = ret, .kept = a, .page = page, .whole = all };

	int err;

	*ret = (struct units_done){ 0 };
	turn_begin_page(&t);
	err = units_guard(&t.op, l, ret_opened);
	db_op_done(&t.op);
	if (err < 0)
		return err;
	err = l->is_whole ? whole(&t) : marked(&t);
	ret->is_cut = atomic_load(k->is_stopping);
	return err;
}
