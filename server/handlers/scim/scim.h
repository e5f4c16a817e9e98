/* scim.h: the endpoints of inbound SCIM 2.0 (RFC 7644), for sources with a token of their own. */
#pragma once

#include "server/app.h"
#include "server/http/request.h"
#include "server/scim/search.h"

#define SCIM_PATH "/scim/v2"
#define SCIM_BODY_MAX 524288
#define SCIM_CONTENT_TYPE "application/scim+json"

/* Bearer token of a feed: rq->feed.  Never in a query. */
int guard_feed(struct request *rq);

enum { P_ATTRIBUTES, P_EXCLUDED, P_FILTER, P_SORT_BY, P_SORT_ORDER, P_START_INDEX, P_COUNT, N_SCIM_PARAMS };
extern const struct param_spec scim_params[N_SCIM_PARAMS];

/* scim_answers.c: what handlers share. */
int scim_call_of(struct request *rq, struct scim_call *ret_call) _must_check_;
int scim_respond(struct request *rq, int status, const json_t *body);
/* Takes over the answer's body. */
int scim_answer(struct request *rq, struct scim_answer *answer);
int scim_get(struct request *rq, const struct scim_service *service);
int scim_query(struct request *rq, const struct scim_service *service);
int scim_create(struct request *rq, const struct scim_service *service);
int scim_replace(struct request *rq, const struct scim_service *service);
int scim_patch(struct request *rq, const struct scim_service *service);
int scim_remove(struct request *rq, const struct scim_service *service);
int scim_search(struct request *rq, const struct scim_service *const *services, size_t n);

/* scim_record.c: before what was found is answered; without the record there is no answer.  Of a filter its shape, never its values. */
int scim_record_one(struct request *rq, struct str person_id) _must_check_;
int scim_record_list(struct request *rq, const struct scim_query *query, const json_t *body) _must_check_;

/* h_scim_discovery.c */
int h_scim_config(struct request *rq);
int h_scim_schemas(struct request *rq);
int h_scim_schema(struct request *rq);
int h_scim_types(struct request *rq);
int h_scim_type(struct request *rq);
/* h_scim_users.c */
int h_scim_users_query(struct request *rq);
int h_scim_users_create(struct request *rq);
int h_scim_users_search(struct request *rq);
int h_scim_user_get(struct request *rq);
int h_scim_user_replace(struct request *rq);
int h_scim_user_patch(struct request *rq);
int h_scim_user_delete(struct request *rq);
/* h_scim_groups.c */
int h_scim_groups_query(struct request *rq);
int h_scim_groups_create(struct request *rq);
int h_scim_groups_search(struct request *rq);
int h_scim_group_get(struct request *rq);
int h_scim_group_replace(struct request *rq);
int h_scim_group_patch(struct request *rq);
int h_scim_group_delete(struct request *rq);
/* h_scim_bulk.c */
int h_scim_bulk(struct request *rq);
/* h_scim_root.c: searching everything; what is not offered */
int h_scim_root_query(struct request *rq);
int h_scim_root_search(struct request *rq);
int h_scim_me(struct request *rq);
int h_scim_nothing(struct request *rq);
