/* mapping.h: endpoints of mappings of platforms. */
#pragma once

#include "server/handlers/api/overlap.h"

int h_api_mapping_overview(struct request *rq);
int h_api_mapping_draw(struct request *rq);
int h_api_mapping_get(struct request *rq);
int h_api_mapping_edit(struct request *rq);
int h_api_mapping_test(struct request *rq);
int h_api_mapping_count(struct request *rq);
int h_api_mapping_activate(struct request *rq);
int h_api_mapping_disputes(struct request *rq);
int h_api_mapping_adopt(struct request *rq);
