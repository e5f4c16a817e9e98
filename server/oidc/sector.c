#include "server/oidc/sector.h"

#include "common/base/json.h"
#include "server/oidc/remote_document.h"

static bool has_text(const json_t *array, struct str text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		if (json_is_string(item) && str_equal(text, str_n(json_string_value(item), json_string_length(item))))
			return true;
	return false;
}

bool sector_lists(struct str document, struct str_list redirect_uris)
{
	_json_ json_t *array = json_read(document, 1, NULL);

	for (size_t i = 0; i < redirect_uris.n; i++)
		if (!has_text(array, redirect_uris.p[i]))
			return false;
	return json_is_array(array);
}

static int bad(struct op *op, struct str detail)
{
	return op_fail_detail(op, ERR_INVALID_CLIENT_METADATA, "sector_identifier_uri cannot be used: it must lead by https to a JSON array that "
	                                                       "lists every redirect URI", "%.*s", STR_ARG(detail));
}

int sector_check(struct op *op, struct remote_documents *documents, const struct client *c)
{
	struct str document;
	int r;

	if (str_is_null(c->sector_uri))
		return 0;
	if (!str_starts(c->sector_uri, STR("https:")))
		return bad(op, STR("not https"));
	r = remote_document_get(op, documents, c->sector_uri, "application/json", &document);
	if (r == ERR_UNAVAILABLE) {
		struct str detail = op->error.detail;

		op_forgive(op);
		return bad(op, detail);
	}
	if (r < 0)
		return r;
	return sector_lists(document, c->redirect_uris) ? 0 : bad(op, STR("a redirect URI is not in the list"));
}
