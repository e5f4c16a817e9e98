/* feeds.h: sources that state persons by SCIM: /api/v1/feeds. */
#pragma once

#include "server/handlers/api/api.h"

extern const struct route feeds_routes[];
extern const size_t n_feeds_routes;

int h_api_feed_list(struct request *rq);
int h_api_feed_add(struct request *rq);
int h_api_feed_get(struct request *rq);
int h_api_feed_edit(struct request *rq);
int h_api_feed_rotate(struct request *rq);
int h_api_feed_release(struct request *rq);
int h_api_feed_held(struct request *rq);
int h_api_feed_groups(struct request *rq);
int h_api_feed_group_role(struct request *rq);
