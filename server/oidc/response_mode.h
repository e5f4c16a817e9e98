/*
 * response_mode.h: by which way an authorization response goes back: OAuth 2.0 Multiple Response
 * Types, OAuth 2.0 Form Post Response Mode 1.0, JARM.  Pure.
 */
#pragma once

#include "server/oidc/authorize.h"

enum response_carrier { CARRY_QUERY, CARRY_FRAGMENT, CARRY_FORM_POST };

struct response_mode {
	enum response_carrier carrier;
	bool is_jwt; /* JARM: the parameters are claims of a signed "response" */
};

/*
 * The mode of a request, or the default of its response type.  false: not one that fits the type and the
 * client; ret_mode is then the default, for the error.  An ID token never leaves in a query or
 * fragment but for "code id_token" of the clients that may have it: "id_token", whose default is the fragment,
 * must ask for form_post.
 */
bool response_mode_read(const struct authorize_request *rq, const struct client *client, struct response_mode *ret_mode);
