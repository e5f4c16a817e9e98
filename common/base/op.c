#include "common/base/op.h"

#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/base/random.h"

#include <string.h>

#define OP_ID_BYTES 16
#define IDS_AT_A_TIME 32

/* An id is no secret, so its bytes may be had from the kernel with those of the next ones. */
static void draw_id(struct arena *arena, char ret_id[OP_ID_LEN])
{
	static _Thread_local unsigned char bytes[IDS_AT_A_TIME][OP_ID_BYTES];
	static _Thread_local size_t n_left;
	struct str id;

	if (n_left == 0) {
		random_bytes(bytes, sizeof(bytes));
		n_left = IDS_AT_A_TIME;
	}
	id = base64url_encode(arena, str_n(bytes[--n_left], OP_ID_BYTES));
	assert(id.len == OP_ID_LEN);
	memcpy(ret_id, id.p, OP_ID_LEN);
}

void op_init(struct op *op, struct arena *arena, struct db *db, const struct keyring *keys)
{
	*op = (struct op){ .arena = arena, .db = db, .keys = keys, .now_s = clock_now_s() };
	draw_id(arena, op->id);
}

int op_fail(struct op *op, enum err code, const char *text)
{
	assert(code > ERR_FIRST_ && code < ERR_END_ && text);
	if (op->error.code == ERR_NONE) {
		op->error.code = code;
		op->error.text = text;
	}
	return op->error.code;
}

int op_fail_detail(struct op *op, enum err code, const char *text, const char *detail_format, ...)
{
	bool is_first = op->error.code == ERR_NONE;
	int result = op_fail(op, code, text);

	if (is_first) {
		va_list ap;

		va_start(ap, detail_format);
		op->error.detail = arena_vprintf(op->arena, detail_format, ap);
		va_end(ap);
	}
	return result;
}

int op_fail_arg(struct op *op, const char *name, struct str value)
{
	struct error *e = &op->error;

	assert(e->code != ERR_NONE && e->n_args < ERROR_ARGS_MAX);
	e->args[e->n_args++] = (struct error_arg){ name, arena_dup(op->arena, value) };
	return e->code;
}

void op_forgive(struct op *op)
{
	op->error = (struct error){ 0 };
}
