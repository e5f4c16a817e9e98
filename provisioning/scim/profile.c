#include "provisioning/scim/profile.h"

#define WORDS_MAX 4

struct known_switch {
	const char *name;
	const char *words[WORDS_MAX]; /* 0, 1, …; none: a number between min and max */
	int64_t min, max;
};

#define AUTO_YES_NO { "auto", "yes", "no" }

static const struct known_switch switches[SCIM_SWITCHES] = {
	[SCIM_SW_DISCOVERY] = { "discovery", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_DISCOVERY_S] = { "discovery_s", { NULL }, 1, 7 * 86400 },
	[SCIM_SW_PATCH] = { "patch", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_STYLE] = { "style", { "auto", "path", "value", "pathless" }, 0, 0 },
	[SCIM_SW_OPS] = { "ops", { "lower", "capital" }, 0, 0 },
	[SCIM_SW_SEARCH] = { "search", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_ETAG] = { "etag", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_BULK] = { "bulk", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_BULK_OPS] = { "bulk_ops", { NULL }, 2, 1000 },
	[SCIM_SW_ASYNC] = { "async", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_PAGING] = { "paging", { "auto", "index", "cursor" }, 0, 0 },
	[SCIM_SW_PAGE] = { "page", { NULL }, 1, 1000 },
	[SCIM_SW_ROLES] = { "roles", { "auto", "attribute", "groups", "none" }, 0, 0 },
	[SCIM_SW_MEMBERSHIP] = { "membership", { "user", "filter", "each" }, 0, 0 },
	[SCIM_SW_REMOVAL] = { "removal", { "path", "value" }, 0, 0 },
	[SCIM_SW_CHUNK] = { "chunk", { NULL }, 1, 1000 },
	[SCIM_SW_EMAILS] = { "emails", { "many", "one" }, 0, 0 },
	[SCIM_SW_NAMES] = { "names", { "any", "both" }, 0, 0 },
	[SCIM_SW_ENTERPRISE] = { "enterprise", AUTO_YES_NO, 0, 0 },
	[SCIM_SW_PASSWORD] = { "password", { "no", "random" }, 0, 0 },
};

/* Where a profile says nothing. */
static const struct scim_switches generic = { .of = {
	[SCIM_SW_DISCOVERY] = SCIM_AUTO,
	[SCIM_SW_DISCOVERY_S] = 3600,
	[SCIM_SW_BULK_OPS] = 100,
	[SCIM_SW_PAGE] = 200,
	[SCIM_SW_CHUNK] = 100,
} };

struct setting {
	enum scim_switch which;
	int64_t value;
};

struct profile {
	const char *name;
	struct setting settings[SCIM_SWITCHES]; /* a number of 0 ends them only behind the last */
	size_t n;
};

#define PROFILE(name, ...) { name, { __VA_ARGS__ }, sizeof((const struct setting[]){ __VA_ARGS__ }) / sizeof(struct setting) }

static const struct profile profiles[] = {
	PROFILE("generic", { SCIM_SW_PATCH, SCIM_AUTO }),
	/* Servers that were written for Entra ID as their client. */
	PROFILE("entra", { SCIM_SW_OPS, SCIM_OPS_CAPITAL }, { SCIM_SW_STYLE, SCIM_STYLE_VALUE }, { SCIM_SW_SEARCH, SCIM_NO },
	        { SCIM_SW_BULK, SCIM_NO }, { SCIM_SW_ETAG, SCIM_NO }, { SCIM_SW_REMOVAL, SCIM_REMOVAL_VALUE }, { SCIM_SW_PAGE, 100 },
	        { SCIM_SW_PAGING, SCIM_PAGING_INDEX }),
	/* AWS IAM Identity Center: eq and and only, 100 members a request, 50 results and no pages, one address, both names, no roles. */
	PROFILE("aws", { SCIM_SW_ROLES, SCIM_ROLES_GROUPS }, { SCIM_SW_MEMBERSHIP, SCIM_MEMBERSHIP_EACH },
	        { SCIM_SW_REMOVAL, SCIM_REMOVAL_VALUE }, { SCIM_SW_CHUNK, 100 }, { SCIM_SW_PAGE, 50 }, { SCIM_SW_EMAILS, SCIM_EMAILS_ONE },
	        { SCIM_SW_NAMES, SCIM_NAMES_BOTH }, { SCIM_SW_SEARCH, SCIM_NO }, { SCIM_SW_BULK, SCIM_NO }, { SCIM_SW_ETAG, SCIM_NO },
	        { SCIM_SW_ASYNC, SCIM_NO }),
	/* Keycloak's own server: pages of 100, no bulk, no etag, 100 operations in a PATCH, members by PATCH alone. */
	PROFILE("keycloak", { SCIM_SW_ROLES, SCIM_ROLES_GROUPS }, { SCIM_SW_MEMBERSHIP, SCIM_MEMBERSHIP_USER }, { SCIM_SW_CHUNK, 100 },
	        { SCIM_SW_PAGE, 100 }, { SCIM_SW_PAGING, SCIM_PAGING_INDEX }, { SCIM_SW_BULK, SCIM_NO }, { SCIM_SW_ETAG, SCIM_NO },
	        { SCIM_SW_ASYNC, SCIM_NO }),
};

const char *scim_switch_name(enum scim_switch which)
{
	return switches[which].name;
}

static const struct profile *profile_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
		if (str_equal(str_c(profiles[i].name), str_is_empty(name) ? STR("generic") : name))
			return &profiles[i];
	return NULL;
}

static bool word_read(const struct known_switch *s, struct str word, int64_t *ret)
{
	uint64_t number;

	if (!s->words[0]) {
		if (!str_to_u64(word, (uint64_t)s->max, &number) || (int64_t)number < s->min)
			return false;
		*ret = (int64_t)number;
		return true;
	}
	for (size_t i = 0; i < WORDS_MAX && s->words[i]; i++)
		if (str_equal(word, str_c(s->words[i]))) {
			*ret = (int64_t)i;
			return true;
		}
	return false;
}

static const char *override(struct arena *a, struct str one, struct scim_switches *ret)
{
	struct str name = STR_NULL;

	if (!str_split(&one, '=', &name))
		return "switches: name=word, …";
	name = str_trim(name);
	for (size_t i = 0; i < SCIM_SWITCHES; i++) {
		if (!str_equal(name, str_c(switches[i].name)))
			continue;
		if (!word_read(&switches[i], str_trim(one), &ret->of[i]))
			return arena_printf(a, "switches: %s cannot be \"%.*s\"", switches[i].name, STR_ARG(str_trim(one))).p;
		return NULL;
	}
	return arena_printf(a, "switches: there is no \"%.*s\"", STR_ARG(name)).p;
}

const char *scim_profile_read(struct arena *a, struct str profile, struct str overrides, struct scim_switches *ret)
{
	const struct profile *p = profile_find(profile);
	struct str one;

	if (!p)
		return "profile is none of: generic, entra, aws, keycloak";
	*ret = generic;
	for (size_t i = 0; i < p->n; i++)
		ret->of[p->settings[i].which] = p->settings[i].value;
	while (overrides.len > 0 && str_split(&overrides, ',', &one)) {
		const char *fault = override(a, one, ret);

		if (fault)
			return fault;
	}
	return NULL;
}
