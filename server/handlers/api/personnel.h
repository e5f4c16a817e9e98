/* personnel.h (private to the API): persons, posts, movements, kinds of accounts, shared accounts, their rules. */
#pragma once

#include "server/handlers/api/api.h"

int h_api_personnel_get(struct request *rq);
int h_api_personnel_edit(struct request *rq);
int h_api_personnel_unmask(struct request *rq);
int h_api_personnel_lift_hold(struct request *rq);

enum { P_POSTS_FORMER, P_POSTS_AFTER, P_POSTS_LIMIT, N_POSTS_PARAMS };
extern const struct param_spec api_posts_params[N_POSTS_PARAMS];
int h_api_personnel_posts(struct request *rq);
int h_api_personnel_post_add(struct request *rq);
int h_api_personnel_post_correct(struct request *rq);
int h_api_personnel_post_end(struct request *rq);

enum { P_MOVEMENTS_DRY_RUN, N_MOVEMENTS_PARAMS };
extern const struct param_spec api_movements_params[N_MOVEMENTS_PARAMS];
int h_api_personnel_join(struct request *rq);
int h_api_personnel_movements(struct request *rq);
int h_api_personnel_move(struct request *rq);

enum { P_ACCOUNTS_KIND, P_ACCOUNTS_STATUS, P_ACCOUNTS_PLATFORM, P_ACCOUNTS_MANAGER, P_ACCOUNTS_UNIT, P_ACCOUNTS_UNUSED_SINCE,
       P_ACCOUNTS_AFTER, P_ACCOUNTS_LIMIT, N_ACCOUNTS_PARAMS };
extern const struct param_spec api_accounts_params[N_ACCOUNTS_PARAMS];
int h_api_personnel_accounts(struct request *rq);
int h_api_personnel_account_add(struct request *rq);
int h_api_personnel_account_hand_over(struct request *rq);
int h_api_personnel_account_archive(struct request *rq);

int h_api_personnel_shared(struct request *rq);
int h_api_personnel_shared_approve(struct request *rq);
int h_api_personnel_shared_member_add(struct request *rq);
int h_api_personnel_shared_member_remove(struct request *rq);
int h_api_personnel_shared_uses(struct request *rq);
int h_api_personnel_shared_check_out(struct request *rq);
int h_api_personnel_shared_check_in(struct request *rq);

int h_api_personnel_vanished(struct request *rq);
int h_api_personnel_vanished_decide(struct request *rq);
int h_api_personnel_policy(struct request *rq);
int h_api_personnel_policy_set(struct request *rq);
int h_api_personnel_handover_set(struct request *rq);
int h_api_personnel_grace_set(struct request *rq);

/* One of words, separated by '|'; ERR_INVALID_VALUE naming the field. */
int personnel_check_word(struct op *op, const char *field, struct str value, const char *words) _must_check_;
