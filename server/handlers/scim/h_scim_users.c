/* h_scim_users.c: /Users. */

#include "server/handlers/scim/scim.h"

int h_scim_users_query(struct request *rq)
{
	return scim_query(rq, &scim_users);
}

int h_scim_users_create(struct request *rq)
{
	return scim_create(rq, &scim_users);
}

int h_scim_user_get(struct request *rq)
{
	return scim_get(rq, &scim_users);
}

int h_scim_user_replace(struct request *rq)
{
	return scim_replace(rq, &scim_users);
}

int h_scim_user_patch(struct request *rq)
{
	return scim_patch(rq, &scim_users);
}

int h_scim_user_delete(struct request *rq)
{
	return scim_remove(rq, &scim_users);
}

int h_scim_users_search(struct request *rq)
{
	static const struct scim_service *const services[] = { &scim_users };

	return scim_search(rq, services, ARRAY_LEN(services));
}
