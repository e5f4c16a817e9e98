/* turn_impl.h: between the parts of a turn. */
#pragma once

#include "provisioning/units/turn.h"

struct turn {
	const struct units_keeping *k;
	const struct units_lease *lease;
	struct units_done *done;
	struct arena *kept;  /* beyond the turn */
	struct arena *whole; /* of the turn */
	struct arena *page;
	struct op op;       /* of the page */
	struct str *again;  /* codes of the page that were raced for */
	size_t n_again;
	uint64_t *seen;     /* hashes of the codes that have an entry */
	size_t n_seen, seen_room;
};

/* An entry of ours, or none. */
struct found {
	struct str code; /* by which it is named */
	struct unit_facts is;
	bool is_there;
};

void turn_begin_page(struct turn *t);
/* false: a fault has ended it, or the program stops. */
bool turn_goes_on(const struct turn *t);
void turn_stop(struct turn *t, const struct fault *fault);
int turn_unit_dn(struct turn *t, struct str code, struct str *ret) _must_check_;
/* As the entry stands; *ret_is_ours: false: another's. */
enum verdict turn_read_entry(struct call *c, const struct units_keeping *k, struct str dn, struct found *ret, bool *ret_is_ours);
/* Writes what differs; what is raced for is in again. */
void turn_bring(struct turn *t, const struct found *found, const struct unit_facts *want);
