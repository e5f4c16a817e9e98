/* map_internal.h: between the parts of the mapping: where each value of the desired document stands in a user. */
#pragma once

#include "provisioning/scim/map.h"

struct scim_place {
	const char *parent; /* NULL: top level */
	const char *name;
	const char *path;   /* in a PATCH */
	size_t offset;      /* of a struct str in struct desired */
	bool nocase;
	bool is_key;        /* says whose account it is */
};

extern const struct scim_place scim_places[];
extern const size_t n_scim_places;

struct str scim_place_wanted(const struct desired *want, const struct scim_place *p);
struct str scim_place_value(const json_t *user, const struct scim_place *p);
