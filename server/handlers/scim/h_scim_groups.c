/* h_scim_groups.c: /Groups. */

#include "server/handlers/scim/scim.h"

int h_scim_groups_query(struct request *rq)
{
	return scim_query(rq, &scim_groups);
}

int h_scim_groups_create(struct request *rq)
{
	return scim_create(rq, &scim_groups);
}

int h_scim_group_get(struct request *rq)
{
	return scim_get(rq, &scim_groups);
}

int h_scim_group_replace(struct request *rq)
{
	return scim_replace(rq, &scim_groups);
}

int h_scim_group_patch(struct request *rq)
{
	return scim_patch(rq, &scim_groups);
}

int h_scim_group_delete(struct request *rq)
{
	return scim_remove(rq, &scim_groups);
}

int h_scim_groups_search(struct request *rq)
{
	static const struct scim_service *const services[] = { &scim_groups };

	return scim_search(rq, services, ARRAY_LEN(services));
}
