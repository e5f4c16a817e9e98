/*
 * entity_id.h: names of entities in a federation (OpenID Federation 1.0 §1.2): https addresses without query and
 * fragment; http to a loopback address literal, where the egress guard lets requests go anyway.  Pure.
 */
#pragma once

#include "common/base/json.h"

#define ENTITY_ID_MAX 512

bool entity_id_is_valid(struct str id) _must_check_;
/* An address of an endpoint: the same, and a query is allowed. */
bool entity_endpoint_is_valid(struct str uri) _must_check_;
/* The host of a valid one, without the brackets of IPv6; *ret_is_ip: it is an address literal, no name. */
struct str entity_id_host(struct str id, bool *ret_is_ip);
/* Where its configuration is: §9. */
struct str entity_configuration_url(struct arena *a, struct str id);

/* An array of 1 to max entity identifiers, each once. */
bool entity_ids_are_valid(const json_t *array, size_t max) _must_check_;
/* A JSON string as a view; STR_NULL for anything else. */
struct str json_text(const json_t *string);
bool json_array_has_text(const json_t *array, struct str text);
