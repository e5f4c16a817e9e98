#include "provisioning/observe/listing.h"

/* One or two accounts removed by hand are no fault of a list, however few there are. */
#define SHORT_MIN 3

struct listing listing_new(void)
{
	return (struct listing){ .total = -1 };
}

static void note(struct listing *l, const char *fault)
{
	if (!l->fault)
		l->fault = fault;
}

bool listing_goes_on(struct listing *l, const struct list_page *page, size_t n_new)
{
	l->pages++;
	l->received += (int64_t)page->n;
	l->listed += (int64_t)n_new;
	/* With what comes or goes in between, others move from one page to another, past us. */
	if (page->total >= 0 && l->total >= 0 && page->total != l->total)
		note(l, "changed");
	if (page->total >= 0)
		l->total = page->total;
	/* A page that brings nothing new will not stop doing so. */
	if (page->n > 0 && n_new == 0) {
		note(l, "repeated");
		return false;
	}
	/* Without a total nothing tells what an overlap has pushed out. */
	if (n_new < page->n && l->total < 0)
		note(l, "overlap");
	return page->n > 0 && !str_is_null(page->next);
}

const char *listing_fault(const struct listing *l, enum list_proof proof)
{
	if (l->fault)
		return l->fault;
	if (l->total >= 0)
		return l->listed == l->total ? NULL : "count";
	return proof == LIST_BY_COUNT ? "unproven" : NULL;
}

static bool is_below(int64_t n, int64_t of, int64_t percent)
{
	return of - n >= SHORT_MIN && n * 100 < of * percent;
}

bool listing_is_short(const struct listing_size *s)
{
	return is_below(s->found, s->known, s->short_percent) || is_below(s->listed, s->last_listed, s->short_percent);
}
