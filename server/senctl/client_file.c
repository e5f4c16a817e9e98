#include "server/senctl/client_file.h"

#include "common/base/url.h"

#define JSON_DEPTH 3
#define URI_MAX_BYTES 512
#define URIS_MAX 16

static bool is_one_of(struct str value, const char *words)
{
	struct str rest = str_c(words), word;

	while (str_split(&rest, ' ', &word))
		if (str_equal(word, value))
			return true;
	return false;
}

bool client_redirect_uri_is_plain(struct str uri)
{
	struct url u;

	if (uri.len > URI_MAX_BYTES || !url_parse(uri, &u) || u.has_userinfo || u.has_fragment || str_is_empty(u.host))
		return false;
	if (str_index(uri, '*') >= 0 || str_contains(u.path, STR("..")) || str_contains(uri, STR("%2e")) || str_contains(uri, STR("%2E")))
		return false;
	return str_equal(u.scheme, STR("https")) || (str_equal(u.scheme, STR("http")) && url_host_is_loopback_ip(&u));
}

static bool read_list(struct arena *a, const json_t *object, const char *name, const struct str **ret_list, size_t *ret_n)
{
	const json_t *array = json_object_get(object, name);
	size_t n = json_array_size(array);
	struct str *list = ARENA_ARRAY(a, struct str, n);

	if ((array && !json_is_array(array)) || n > URIS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);

		if (!json_is_string(item))
			return false;
		list[i] = arena_dup(a, str_n(json_string_value(item), json_string_length(item)));
	}
	*ret_list = list;
	*ret_n = n;
	return true;
}

static bool members_are_known(const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		if (!is_one_of(str_c(name), "client_id name platform home_url auth_method secret_file redirect_uris post_logout_redirect_uris"
		                            " scopes pkce_required subject_type sector may_introspect access_token_s"))
			return false;
	return true;
}

static bool all_plain(const struct str *uris, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!client_redirect_uri_is_plain(uris[i]))
			return false;
	return true;
}

static bool all_known_scopes(const struct client_file *f)
{
	for (size_t i = 0; i < f->n_scopes; i++)
		if (!is_one_of(f->scopes[i], "openid profile unit roles admin"))
			return false;
	return f->n_scopes > 0;
}

static const char *find_address_fault(const struct client_file *f)
{
	if (f->n_redirect_uris == 0 || !all_plain(f->redirect_uris, f->n_redirect_uris))
		return "redirect_uris must be https (or http to a loopback address literal), without fragment, user info, * and ..";
	if (!all_plain(f->post_logout_uris, f->n_post_logout_uris))
		return "post_logout_redirect_uris must be as redirect_uris";
	if (!str_is_null(f->home_url) && !client_redirect_uri_is_plain(f->home_url))
		return "home_url must be https (or http to a loopback address literal)";
	return NULL;
}

static const char *find_fault(const struct client_file *f)
{
	bool is_public = str_equal(f->auth_method, STR("none"));

	if (str_is_empty(f->id) || f->id.len > 64)
		return "client_id is missing or too long";
	if (str_is_empty(f->name))
		return "name is missing";
	if (!is_one_of(f->auth_method, "none client_secret_basic client_secret_post"))
		return "auth_method must be client_secret_basic, client_secret_post or none";
	if (is_public != str_is_null(f->secret_file))
		return "secret_file is needed, except with auth_method none";
	if (is_public && !f->pkce_required)
		return "a public client needs pkce_required";
	if (!all_known_scopes(f))
		return "scopes must be some of openid, profile, unit, roles, admin";
	if (!is_one_of(f->subject_type, "public pairwise") || (str_equal(f->subject_type, STR("pairwise")) && str_is_empty(f->sector)))
		return "subject_type must be public, or pairwise with a sector";
	if (f->access_token_s < 10 || f->access_token_s > 600)
		return "access_token_s must be between 10 and 600";
	return find_address_fault(f);
}

static struct str copy_of(struct arena *a, const json_t *json, const char *name, struct str fallback)
{
	struct str value = json_get_str(json, name);

	return str_is_null(value) ? fallback : arena_dup(a, value);
}

bool client_file_read(struct arena *a, struct str text, struct client_file *ret_client, const char **ret_reason)
{
	const char *reason = "not a JSON object";
	_json_ json_t *json = json_read(text, JSON_DEPTH, &reason);

	*ret_reason = reason;
	if (!json_is_object(json))
		return false;
	*ret_reason = "there is a member that is not known";
	if (!members_are_known(json))
		return false;
	struct client_file f = {
		.id = copy_of(a, json, "client_id", STR_NULL),
		.name = copy_of(a, json, "name", STR_NULL),
		.platform = copy_of(a, json, "platform", STR_NULL),
		.home_url = copy_of(a, json, "home_url", STR_NULL),
		.auth_method = copy_of(a, json, "auth_method", STR("client_secret_basic")),
		.secret_file = copy_of(a, json, "secret_file", STR_NULL),
		.pkce_required = json_get_bool(json, "pkce_required", true),
		.may_introspect = json_get_bool(json, "may_introspect", false),
		.subject_type = copy_of(a, json, "subject_type", STR("public")),
		.sector = copy_of(a, json, "sector", STR("")),
		.access_token_s = json_get_int(json, "access_token_s", 300),
	};
	*ret_reason = "redirect_uris, post_logout_redirect_uris and scopes must be arrays of at most 16 strings";
	if (!read_list(a, json, "redirect_uris", &f.redirect_uris, &f.n_redirect_uris) ||
	    !read_list(a, json, "post_logout_redirect_uris", &f.post_logout_uris, &f.n_post_logout_uris) ||
	    !read_list(a, json, "scopes", &f.scopes, &f.n_scopes))
		return false;
	*ret_reason = find_fault(&f);
	if (*ret_reason)
		return false;
	*ret_client = f;
	return true;
}
