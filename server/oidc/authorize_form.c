#include "server/oidc/authorize_form.h"

#include "common/base/url.h"

struct str authorize_form_write(struct op *op, const struct authorize_request *rq)
{
	struct buf b = buf_new(op->arena, AUTHORIZE_FORM_MAX);
	struct authorize_request copy = *rq;
	bool first = true;

	for (size_t i = 0; i < n_authorize_fields; i++) {
		struct str value = *authorize_field_of(&copy, i);

		if (!str_is_null(value))
			form_append(&b, &first, str_c(authorize_fields[i].name), value);
	}
	return !buf_ok(&b) ? STR_NULL : b.len == 0 ? STR("") : buf_str(&b);
}

bool authorize_form_read(struct op *op, struct str text, struct authorize_request *ret_request)
{
	struct str name, value;
	int r;

	*ret_request = (struct authorize_request){ 0 };
	while ((r = form_next(op->arena, &text, &name, &value)) > 0)
		for (size_t i = 0; i < n_authorize_fields; i++)
			if (str_equal(name, str_c(authorize_fields[i].name)))
				*authorize_field_of(ret_request, i) = value;
	return r == 0;
}
