/* settings.h: the section [mail] of the configuration file, checked. */
#pragma once

#include "common/base/arena.h"

struct mail_settings {
	struct str smtp_url;      /* empty: no e-mail is sent */
	bool starttls;
	struct str from, from_name;
	struct str user, password;
	struct str ca_file;
	struct str link;          /* where the reader signs in */
	int64_t timeout_s;        /* of one message */
	int64_t gather_s, daily_max;
};

/* NULL, or what is wrong with it.  Nothing is when smtp_url is empty. */
const char *mail_settings_fault(const struct mail_settings *s);
/* smtp:// without TLS: to this machine, as the configuration says. */
bool mail_settings_are_plain(const struct mail_settings *s);
