#include "provisioning/ldap/standing.h"

enum verdict ldap_standing_read(struct call *c, struct ldap_standing *s)
{
	enum verdict verdict = VERDICT_DONE;

	for (size_t i = 0; verdict == VERDICT_DONE && i < s->n; i++)
		verdict = ldap_groups_read(c, &s->in[i]);
	return verdict;
}

bool ldap_standing_matches(const struct call *c, const struct ldap_standing *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!ldap_groups_match(c, &s->in[i]))
			return false;
	return true;
}

enum verdict ldap_standing_bring(struct call *c, const struct ldap_standing *s)
{
	enum verdict verdict = VERDICT_DONE;

	for (size_t i = 0; verdict == VERDICT_DONE && i < s->n; i++)
		verdict = ldap_groups_bring(c, &s->in[i]);
	return verdict;
}

bool ldap_standing_is_in_any(const struct ldap_standing *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->in[i].n_groups > 0)
			return true;
	return false;
}
