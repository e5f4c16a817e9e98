/* unit_store.h: organisational units: a tree whose paths ("1.17.230.") make a subtree a prefix. */
#pragma once

#include "common/db/db.h"

struct unit {
	int64_t id;
	struct str code;
	struct str name;
	struct str name_en; /* STR_NULL: none */
	struct str kind;    /* central, province, department, commune, ward, division */
	struct str path;
	bool verified;
};

/* ERR_UNKNOWN_UNIT when there is none or it does not exist any more. */
int unit_find(struct op *op, struct str code, struct unit *ret_unit) _must_check_;
/* The unit that a person belongs to (sen.home_unit); ERR_UNKNOWN_UNIT for a person without any post. */
int unit_of_person(struct op *op, struct str person_id, struct unit *ret_unit) _must_check_;
