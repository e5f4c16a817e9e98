/*
 * write.h: how an account of a SCIM platform is read and brought to what is wanted.
 *
 * Read, then what differs is sent: by PATCH in the manner that the server takes, else by PUT of the whole; only while the
 * account is as it was read, where versions are known.
 */
#pragma once

#include "provisioning/scim/http.h"

/* VERDICT_DONE: an object that is about this account. */
enum verdict scim_read_user(struct call *c, struct scim_exchange *x);
/* For If-Match, of an account that was read; STR_NULL: the platform has no versions. */
struct str scim_version(struct call *c, const struct scim_exchange *now);
/* Also takes an account down: the desired document says so. */
enum verdict scim_update(struct call *c, struct observed *ret);
