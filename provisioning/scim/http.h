/*
 * http.h: requests to one SCIM platform, and what was learned of it.
 *
 * Written against servers as they are: a media type may be unknown, a filter or paging ignored.  What it can do is data
 * (profile.h), told by itself (discover.c) or learned from a refusal; what is learned is kept until the restart.
 */
#pragma once

#include "provisioning/combine.h"
#include "provisioning/scim/auth.h"
#include "provisioning/scim/map.h"
#include "provisioning/scim/profile.h"
#include "provisioning/scim/shape.h"

#include <stdatomic.h>

#define SCIM_PROVEN_MAX 16
#define SCIM_LIST_MESSAGE "urn:ietf:params:scim:api:messages:2.0:ListResponse"

/* What a server says of itself; false and 0: nothing. */
struct scim_known {
	bool was_asked, has_config, has_schemas; /* that these could be had */
	bool patch, bulk, etag, cursor, async;
	int64_t bulk_ops, bulk_bytes; /* at most; 0: not said */
	int64_t page_max;
	bool roles, groups, enterprise; /* attribute and resource types there are */
};

struct scim {
	const struct connector_config *config;
	struct http_client *http;
	struct str base;       /* without a final '/' */
	struct scim_auth auth;
	struct scim_switches switches;

	pthread_mutex_t asking; /* who finds out what it can do has it */
	int64_t no_answer_ms;   /* when that last failed; of asking */
	pthread_mutex_t lock;  /* of known, group_ids, group_state, answers, acks */
	struct scim_known known;
	json_t *group_ids;     /* names of groups of ours -> ids there */
	json_t *group_state;   /* ids of groups -> when they were counted last, or -1: they lose members */
	json_t *answers;       /* of RFC 9967: Set-Txn -> what became of it, or null while somebody waits for that */
	json_t *acks;          /* events to acknowledge with the next request for events */
	pthread_mutex_t hearing; /* who fetches events has it */
	atomic_int_least64_t known_until_ms; /* clock_mono_ms(); 0: never asked */

	struct combine bulk, members;

	/* Learned. */
	atomic_bool plain_json;      /* it does not know application/scim+json */
	atomic_bool is_scim_json;    /* it does: it took one */
	atomic_bool only_put;        /* it does not know PATCH */
	atomic_bool no_search;       /* nor POST /.search */
	atomic_bool is_filter_proven; /* groups are found by their members there */
	atomic_int style;            /* enum scim_style that worked, or SCIM_STYLE_AUTO */
	atomic_int page, chunk, bulk_ops; /* at most; 0: as the switches say */
	_Atomic(const char *) proven[SCIM_PROVEN_MAX]; /* paths of rules of matching by which its filters were seen to find */
};

/* One request and its answer. */
struct scim_exchange {
	enum scim_request kind;
	const char *method;
	struct str path;         /* behind the base */
	struct str url;          /* instead: an address that the platform gave */
	const json_t *body;
	struct str if_match;     /* only while it is of this version; STR_NULL: of any */
	bool is_json;            /* application/json, whatever it knows */
	bool is_plain;           /* by itself and at once: no discovery before it, no company, no waiting */
	int status;
	int contradiction;       /* an error that the body tells of and the status does not; 0: none */
	struct http_answer answer;
	json_t *json;            /* of the answer, or NULL; owned */
};

void scim_exchange_done(struct scim_exchange *x);
#define _exchange_ _cleanup_(scim_exchange_done)

/* Sends and judges.  VERDICT_DONE: a 2xx; its JSON, if any, in x->json. */
enum verdict scim_exchange(struct call *c, struct scim_exchange *x);
/* One request, by itself: VERDICT_DONE: an answer, whatever its status. */
enum verdict scim_send(struct call *c, struct scim_exchange *x);

/* discover.c: asks what it can do, when that is not known or too long ago; anything but VERDICT_DONE: it cannot be spoken to. */
enum verdict scim_discover(struct call *c);
struct scim_known scim_known(struct scim *s);
/* A switch of yes and no: as set, else as the server says, else fallback. */
bool scim_can(struct scim *s, enum scim_switch which);
enum scim_roles scim_roles_in(struct scim *s);
struct scim_shape scim_shape(struct scim *s);
int64_t scim_page_size(struct scim *s);
/* Is that too much at a time?  Then it is half as much from now on; false: it is the least already. */
bool scim_learn_half(atomic_int *learned, int64_t now, int64_t least);

/* bulk.c: with others' operations, if there are any; VERDICT_DONE: an answer.  *ret_alone: it has to be sent by itself. */
bool scim_bulk_takes(struct scim *s, const struct scim_exchange *x);
enum verdict scim_bulk(struct call *c, struct scim_exchange *x, bool *ret_alone);

/* async.c: what became of a request that was answered 202 (RFC 9967 §2.5.1), in place of that answer. */
enum verdict scim_async_wait(struct call *c, struct scim_exchange *x);
/* Sleeps a little, longer each time, from *ms = 0 on; false: there is no time for that and a request. */
bool scim_pause(struct call *c, int64_t *ms);

/* Into the call's changes. */
void scim_note_changes(struct call *c, const json_t *current, const json_t *patch);
struct str scim_user_path(struct arena *a, struct str ext_id);
/* What a user in an answer says. */
void scim_observe(struct call *c, const json_t *user, struct str etag, struct observed *ret);
/* Users by a filter: by a search request, since values are data of persons; by GET where there is none. */
enum verdict scim_search(struct call *c, struct str filter, int64_t start, struct scim_exchange *x);
/* A list, as far as one can tell. */
bool scim_is_list(const json_t *json);
/* Is that all of it?  n: received so far, each once.  By the total, or where there are cursors by their end (RFC 9865 §2). */
bool scim_is_whole(struct scim *s, const json_t *list, size_t n);
bool scim_has_cursors(struct scim *s);

/* match.c */
enum verdict scim_match(struct call *c, size_t rule_index, struct candidates *all);
enum verdict scim_adopt(struct call *c, struct observed *ret);
/* By externalId, then by user name, then in the whole list; every user received is verified here. */
enum verdict scim_look_up(struct call *c, struct observed *ret);

/* list.c: all users, page by page (connector.h). */
enum verdict scim_list(struct call *c, struct list_page *page);
