/*
 * details_type.h: what stands in a type of rich authorization requests (RFC 9396 §2), as the operator describes it: the least that
 * is needed to refuse what is misspelt, missing or out of bounds (§5), and no more.
 *
 *   {"fields": {"actions": {"kind": "list", "of": {"kind": "text", "values": ["read", "write"]}, "required": true, "max": 2},
 *               "amount": {"kind": "object", "fields": {"value": {"kind": "integer", "min": 1}, "currency": {"kind": "text"}}}},
 *    "others": false}
 *
 *   kind      text, integer, number, boolean, list, object, any
 *   required  it must be there; values: of a text, one of these; min, max: of a number, of the bytes of a text, of the items of a list
 *   of        what each item of a list is; fields: of an object; others: members that are not among them are let through
 *
 * Immutable once read; lives in an arena.  Pure.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

#define DETAILS_TYPE_MAX 255
#define DETAILS_DESCRIPTION_DEPTH 16

struct details_field;

struct details_type {
	struct str type;
	const struct details_field *body;
};

struct details_types {
	const struct details_type *p;
	size_t n;
};

/* description: an object as above.  ERR_INVALID_VALUE, with what is wrong and where. */
int details_type_read(struct op *op, struct str type, const json_t *description, struct details_type *ret) _must_check_;
/* One whose description cannot be read any more: nothing fits it but the bare type. */
struct details_type details_type_closed(struct arena *a, struct str type);
/* NULL: not described. */
const struct details_type *details_type_find(const struct details_types *types, struct str type);
/* NULL: detail, an object of this type, is as described; else what is wrong with it, in names of the description only. */
const char *details_type_fault(struct arena *a, const struct details_type *type, const json_t *detail);
