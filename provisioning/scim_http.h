/*
 * scim_http.h: requests to one SCIM platform and how its users are found.
 *
 * Written against servers as they are: a media type may be unknown, a filter or paging ignored.
 */
#pragma once

#include "common/net/http_client.h"
#include "provisioning/scim_map.h"

#include <stdatomic.h>

#define SCIM_PROVEN_MAX 16

struct scim {
	const struct connector_config *config;
	struct http_client *http;
	struct str base;       /* without a final '/' */
	char *authorization;
	atomic_bool plain_json; /* it does not know application/scim+json */
	atomic_bool only_put;   /* it does not know PATCH */
	_Atomic(const char *) proven[SCIM_PROVEN_MAX]; /* paths of rules of matching by which its filters were seen to find */
};

/* One request and its answer. */
struct scim_exchange {
	enum scim_request kind;
	const char *method;
	struct str path;         /* behind the base */
	const json_t *body;
	int status;
	struct http_answer answer;
	json_t *json;            /* of the answer, or NULL; owned */
};

void scim_exchange_done(struct scim_exchange *x);
#define _exchange_ _cleanup_(scim_exchange_done)

/* Sends and judges.  VERDICT_DONE: a 2xx; its JSON, if any, in x->json. */
enum verdict scim_exchange(struct call *c, struct scim_exchange *x);
/* Into the call's changes. */
void scim_note_changes(struct call *c, const json_t *current, const json_t *patch);
struct str scim_user_path(struct arena *a, struct str ext_id);
/* What a user in an answer says. */
void scim_observe(struct call *c, const json_t *user, struct str etag, struct observed *ret);
/* scim_match.c */
enum verdict scim_match(struct call *c, size_t rule_index, struct candidates *all);
enum verdict scim_adopt(struct call *c, struct observed *ret);
/* By externalId, then by user name, then in the whole list; every user received is verified here. */
enum verdict scim_look_up(struct call *c, struct observed *ret);

/* scim_list.c: all users, page by page (connector.h). */
enum verdict scim_list(struct call *c, struct list_page *page);
