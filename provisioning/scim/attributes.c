/* What a listing shows of users, and what it should show (map.h). */
#include "provisioning/scim/map_internal.h"

#include "provisioning/attributes.h"

#define ROLES_MAX 1000
#define EMAILS_MAX 64

static struct str item_value(const json_t *item)
{
	/* Some keep them as plain strings. */
	return json_is_string(item) ? str_n(json_string_value(item), json_string_length(item)) : json_get_str(item, "value");
}

static void add_values(struct arena *a, json_t *document, const char *name, const json_t *list, size_t max)
{
	size_t n = json_array_size(list) < max ? json_array_size(list) : max;
	struct str *values = ARENA_ARRAY(a, struct str, n + 1);

	for (size_t i = 0; i < n; i++)
		values[i] = item_value(json_array_get(list, i));
	attributes_list(a, document, name, values, n);
}

/* Addresses are compared without case. */
static void add_emails(struct arena *a, json_t *document, const json_t *list)
{
	size_t n = json_array_size(list) < EMAILS_MAX ? json_array_size(list) : EMAILS_MAX;
	struct str *values = ARENA_ARRAY(a, struct str, n + 1);

	for (size_t i = 0; i < n; i++)
		values[i] = attributes_lower(a, item_value(json_array_get(list, i)));
	attributes_list(a, document, "emails", values, n);
}

json_t *scim_attributes(struct arena *a, const json_t *user)
{
	json_t *document = json_new_object();

	for (size_t i = 0; i < n_scim_places; i++) {
		struct str value = scim_place_value(user, &scim_places[i]);

		if (!scim_places[i].is_key && !str_is_empty(value))
			attributes_text(a, document, scim_places[i].path, value, scim_places[i].nocase);
	}
	if (json_array_size(json_object_get(user, "emails")) > 0)
		add_emails(a, document, json_object_get(user, "emails"));
	add_values(a, document, "roles", json_object_get(user, "roles"), ROLES_MAX);
	return document;
}

/* What a mapping keeps right, as far as a listing shows it; the rest is compared when the account is read. */
static void expect_mapped(struct arena *a, json_t *document, const struct desired *want)
{
	attributes_text(a, document, "userName", want->login, true);
	for (size_t i = 0; i < want->n_values; i++) {
		const struct desired_value *v = &want->values[i];

		for (size_t k = 0; k < n_scim_places; k++)
			if (v->row->owner == MAPPING_OURS && v->value.type == MAPPING_STRING && str_equal(v->row->path, str_c(scim_places[k].path)))
				attributes_text(a, document, scim_places[k].path, v->value.text, scim_places[k].nocase);
	}
}

json_t *scim_expected(struct arena *a, const struct desired *want)
{
	json_t *document = json_new_object();
	struct str *roles = ARENA_ARRAY(a, struct str, want->n_roles + 1);
	size_t n_roles = want->active ? want->n_roles : 0;

	for (size_t i = 0; i < n_roles; i++)
		roles[i] = want->roles[i].code;
	attributes_list(a, document, "roles", roles, n_roles);
	if (!want->active)
		return document;
	if (want->mapping) {
		expect_mapped(a, document, want);
		return document;
	}
	for (size_t i = 0; i < n_scim_places; i++)
		if (!scim_places[i].is_key)
			attributes_text(a, document, scim_places[i].path, scim_place_wanted(want, &scim_places[i]), scim_places[i].nocase);
	attributes_any(a, document, "emails", want->mail, true);
	return document;
}
