/* registration_file.h: what an initial access token is to allow, as options and a file of a policy say it. */
#pragma once

#include "common/base/json.h"
#include "server/senctl/ctl.h"

struct registration_file {
	struct str label;    /* "" for none */
	struct str platform; /* code; STR_NULL: whoever registers is no platform's */
	json_t *policy;      /* server/oidc/registration_policy.h; a reference of the caller's, NULL: none */
	int64_t uses, days;
};
/* --uses N --days N [--label TEXT] [--policy FILE.json] behind n_words words.  EXIT_OK or printed. */
int registration_file_options(struct ctl *c, size_t n_words, struct registration_file *ret) _must_check_;
int registration_token_print(const struct ctl *c, struct str id, struct str token);
