/* client_members.h (private): the table of client metadata: name, kind, limits, place in struct client. */
#pragma once

#include "server/oidc/client_metadata.h"

enum member_kind {
	MEMBER_TEXT,
	MEMBER_WORD,      /* one of words */
	MEMBER_ALG,       /* one of words, kept as enum jws_alg */
	MEMBER_URI,       /* https, or http to a loopback literal */
	MEMBER_REDIRECTS, /* array of such, without fragment */
	MEMBER_URIS,      /* array of such; a fragment is allowed */
	MEMBER_WORDS,     /* array of words */
	MEMBER_LIST,      /* array of texts */
	MEMBER_BOOL,
	MEMBER_INT,       /* 0 to max */
	MEMBER_JWKS,      /* a JWK Set, kept as text */
};

struct client_member {
	const char *name;
	enum member_kind kind;
	size_t offset;        /* in struct client; MEMBER_NOWHERE: only stored */
	unsigned max;         /* bytes of a text or of each item; greatest number */
	const char *words;    /* allowed, separated by '|' */
	const char *fallback; /* default as JSON; NULL: absent */
};

#define MEMBER_NOWHERE ((size_t)-1)
#define CLIENT_ITEMS_MAX 20

extern const struct client_member client_members[];
extern const size_t n_client_members;

static inline struct str member_text(const json_t *value)
{
	return json_is_string(value) ? str_n(json_string_value(value), json_string_length(value)) : STR_NULL;
}
