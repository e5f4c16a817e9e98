/* proofs.h (private to the API): certificates about the end of access; runs on demand. */
#pragma once

#include "server/governance/offboarding.h"
#include "server/handlers/api/api.h"

enum { P_OFFBOARDING_CERTIFICATE, N_OFFBOARDING_PARAMS };
extern const struct param_spec api_offboarding_params[N_OFFBOARDING_PARAMS];
int h_api_offboarding(struct request *rq);
int h_api_offboarding_issue(struct request *rq);
int h_api_provision(struct request *rq);
int h_api_provision_run(struct request *rq);

/* offboarding_paper.c: the certificate as a page to print, from what was signed. */
int offboarding_respond_paper(struct request *rq, const struct off_certificate *c) _must_check_;
