#include "server/federation/entity_id.h"

#include "common/base/url.h"

static bool is_address(struct str uri, struct url *ret)
{
	if (uri.len == 0 || uri.len > ENTITY_ID_MAX || !url_parse(uri, ret) || ret->has_userinfo || ret->has_fragment || str_is_empty(ret->host))
		return false;
	return str_equal(ret->scheme, STR("https")) || (str_equal(ret->scheme, STR("http")) && url_host_is_loopback_ip(ret));
}

bool entity_id_is_valid(struct str id)
{
	struct url u;

	return is_address(id, &u) && str_is_null(u.query);
}

bool entity_endpoint_is_valid(struct str uri)
{
	struct url u;

	return is_address(uri, &u);
}

/* A name's last label is never all digits (RFC 1123 §2.1). */
static bool is_ipv4(struct str host)
{
	struct str label = STR_NULL;
	bool is_number = false;

	while (str_split(&host, '.', &label)) {
		is_number = label.len > 0;
		for (size_t i = 0; i < label.len; i++)
			is_number = is_number && label.p[i] >= '0' && label.p[i] <= '9';
	}
	return is_number;
}

struct str entity_id_host(struct str id, bool *ret_is_ip)
{
	struct url u;

	if (!url_parse(id, &u)) {
		*ret_is_ip = true;
		return STR_NULL;
	}
	*ret_is_ip = u.host_is_ipv6 || is_ipv4(u.host);
	return u.host;
}

struct str entity_configuration_url(struct arena *a, struct str id)
{
	if (str_ends(id, STR("/")))
		id.len--;
	return arena_printf(a, "%.*s/.well-known/openid-federation", STR_ARG(id));
}

struct str json_text(const json_t *string)
{
	return json_is_string(string) ? str_n(json_string_value(string), json_string_length(string)) : STR_NULL;
}

static size_t count_text(const json_t *array, struct str text)
{
	const json_t *item;
	size_t i, n = 0;

	json_array_foreach(array, i, item)
		n += json_is_string(item) && str_equal(json_text(item), text);
	return n;
}

bool json_array_has_text(const json_t *array, struct str text)
{
	return count_text(array, text) > 0;
}

bool entity_ids_are_valid(const json_t *array, size_t max)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) == 0 || json_array_size(array) > max)
		return false;
	json_array_foreach(array, i, item)
		if (!entity_id_is_valid(json_text(item)) || count_text(array, json_text(item)) != 1)
			return false;
	return true;
}
