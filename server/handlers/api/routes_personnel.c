/* routes_personnel.c: persons, posts, movements, kinds of accounts. */

#include "server/handlers/api/routes_personnel.h"

#include "server/handlers/api/personnel.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };
static int (*const official_guards[])(struct request *) = { guard_official, NULL };

#define ABOUT(name_, path_, needs_, handler) \
	{ .name = name_, .methods = HTTP_GET, .path = path_, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, \
	  .needs = needs_, .personal = true, .handle = handler }
#define GET(name_, path_, needs_, handler) \
	{ .name = name_, .methods = HTTP_GET, .path = path_, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, \
	  .needs = needs_, .handle = handler }
/* Every list here names persons. */
#define LIST(name_, path_, needs_, params_, n_, handler) \
	{ .name = name_, .methods = HTTP_GET, .path = path_, .params = params_, .n_params = n_, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, \
	  .guards = admin_guards, .needs = needs_, .personal = true, .handle = handler }
#define SEND(methods_, name_, path_, needs_, handler) \
	{ .name = name_, .methods = methods_, .path = path_, .body = BODY_JSON, .max_body = 16384, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, \
	  .guards = admin_guards, .needs = needs_, .handle = handler }
#define MAKE(name_, path_, needs_, handler) \
	{ .name = name_, .methods = HTTP_POST, .path = path_, .body = BODY_JSON, .max_body = 16384, \
	  .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = needs_, .creates = true, .handle = handler }
/* Or previewed: a reading, of which a record is made; what is done has one of its own. */
#define MOVE(name_, path_, handler) \
	{ .name = name_, .methods = HTTP_POST, .path = path_, .params = api_movements_params, .n_params = N_MOVEMENTS_PARAMS, .body = BODY_JSON, \
	  .max_body = 16384, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_PERSONNEL, .creates = true, \
	  .personal = true, .handle = handler }

const struct route personnel_routes[] = {
	MOVE("api_person_join", "/api/v1/persons", h_api_personnel_join),
	ABOUT("api_person", "/api/v1/persons/{employee_code}", RIGHT_READ, h_api_personnel_get),
	SEND(HTTP_PUT, "api_person_edit", "/api/v1/persons/{employee_code}", RIGHT_PERSONNEL, h_api_personnel_edit),
	{ .name = "api_person_unmask", .methods = HTTP_POST, .path = "/api/v1/persons/{employee_code}/unmask", .body = BODY_JSON, .max_body = 16384,
	  .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_UNMASK,
	  .no_dry_run = "it shows a personal number, with a record of the reason", .handle = h_api_personnel_unmask },
	SEND(HTTP_POST, "api_person_hold_lift", "/api/v1/persons/{employee_code}/legal-hold/lift", RIGHT_PERSONNEL, h_api_personnel_lift_hold),
	LIST("api_posts", "/api/v1/persons/{employee_code}/posts", RIGHT_READ, api_posts_params, N_POSTS_PARAMS, h_api_personnel_posts),
	MAKE("api_post_add", "/api/v1/persons/{employee_code}/posts", RIGHT_PERSONNEL, h_api_personnel_post_add),
	SEND(HTTP_PUT, "api_post_correct", "/api/v1/persons/{employee_code}/posts/{id}", RIGHT_PERSONNEL, h_api_personnel_post_correct),
	SEND(HTTP_POST, "api_post_end", "/api/v1/persons/{employee_code}/posts/{id}/end", RIGHT_PERSONNEL, h_api_personnel_post_end),
	LIST("api_movements", "/api/v1/persons/{employee_code}/movements", RIGHT_READ, api_page_params, N_PAGE_PARAMS, h_api_personnel_movements),
	MOVE("api_movement_add", "/api/v1/persons/{employee_code}/movements", h_api_personnel_move),

	LIST("api_accounts", "/api/v1/accounts", RIGHT_READ, api_accounts_params, N_ACCOUNTS_PARAMS, h_api_personnel_accounts),
	MAKE("api_account_add", "/api/v1/accounts", RIGHT_PERSONNEL, h_api_personnel_account_add),
	SEND(HTTP_POST, "api_account_hand_over", "/api/v1/accounts/{login}/hand-over", RIGHT_PERSONNEL, h_api_personnel_account_hand_over),
	SEND(HTTP_POST, "api_account_archive", "/api/v1/accounts/{login}/archive", RIGHT_PERSONNEL, h_api_personnel_account_archive),

	LIST("api_shared", "/api/v1/shared-accounts", RIGHT_READ, api_page_params, N_PAGE_PARAMS, h_api_personnel_shared),
	SEND(HTTP_POST, "api_shared_approve", "/api/v1/shared-accounts/{login}/approve", RIGHT_APPROVE, h_api_personnel_shared_approve),
	SEND(HTTP_POST, "api_shared_member_add", "/api/v1/shared-accounts/{login}/members", RIGHT_PERSONNEL, h_api_personnel_shared_member_add),
	SEND(HTTP_POST, "api_shared_member_remove", "/api/v1/shared-accounts/{login}/members/remove", RIGHT_PERSONNEL,
	     h_api_personnel_shared_member_remove),
	LIST("api_shared_uses", "/api/v1/shared-accounts/{login}/uses", RIGHT_READ, api_page_params, N_PAGE_PARAMS, h_api_personnel_shared_uses),
	/* By members, who need administer nothing. */
	{ .name = "api_shared_check_out", .methods = HTTP_POST, .path = "/api/v1/shared-accounts/{login}/check-out", .body = BODY_JSON,
	  .max_body = 16384, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = official_guards, .creates = true, .secret_answer = true,
	  .handle = h_api_personnel_shared_check_out },
	{ .name = "api_shared_check_in", .methods = HTTP_POST, .path = "/api/v1/shared-accounts/{login}/check-in", .body = BODY_JSON,
	  .max_body = 16384, .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = official_guards, .handle = h_api_personnel_shared_check_in },

	LIST("api_vanished", "/api/v1/vanished", RIGHT_PERSONNEL, api_page_params, N_PAGE_PARAMS, h_api_personnel_vanished),
	SEND(HTTP_POST, "api_vanished_decide", "/api/v1/vanished/{employee_code}/decide", RIGHT_PERSONNEL, h_api_personnel_vanished_decide),
	GET("api_personnel_policy", "/api/v1/personnel-policy", RIGHT_READ, h_api_personnel_policy),
	SEND(HTTP_PUT, "api_personnel_policy_set", "/api/v1/personnel-policy", RIGHT_RULES, h_api_personnel_policy_set),
	SEND(HTTP_POST, "api_handover_set", "/api/v1/personnel-policy/handover", RIGHT_RULES, h_api_personnel_handover_set),
	SEND(HTTP_POST, "api_grace_set", "/api/v1/personnel-policy/grace", RIGHT_RULES, h_api_personnel_grace_set),
};
const size_t n_personnel_routes = ARRAY_LEN(personnel_routes);
