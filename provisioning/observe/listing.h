/*
 * listing.h: when a listing goes on, and whether it may count as whole.  Pure.
 *
 * Paging is where platforms err most: a page comes twice, pages overlap, the total is that of the page, the parameters
 * are ignored, accounts come and go in between.  So nothing is believed but what was counted: whoever is
 * in no listing that is whole may be missing, in any other nothing follows from absence.
 */
#pragma once

#include "provisioning/connector.h"

struct listing {
	int64_t pages;
	int64_t received; /* accounts, however often */
	int64_t listed;   /* each once */
	int64_t total;    /* as the platform said last; -1: never */
	const char *fault; /* NULL: none so far; else a word for people */
};

/* A listing from its beginning. */
struct listing listing_new(void);
/*
 * Takes a page of which n_new accounts had not been seen; n_received is how many the platform sent (those without an
 * identifier are not among page->n).  True: page->next is to be asked for.
 */
bool listing_goes_on(struct listing *l, const struct list_page *page, size_t n_new);
/* At the end: NULL when it is whole, else "count", "changed", "repeated", "overlap" or "unproven". */
const char *listing_fault(const struct listing *l, enum list_proof proof);

/* Few accounts of those that are known, or of those of the last good listing: a person looks first. */
struct listing_size {
	int64_t known, found; /* of ours that should be there */
	int64_t listed, last_listed; /* 0: there was no good one */
	int64_t short_percent;
};
bool listing_is_short(const struct listing_size *s) _pure_;
