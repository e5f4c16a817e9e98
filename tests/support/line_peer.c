#include "tests/support/line_peer.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)256 * 1024)
#define ARENA_BYTES ((size_t)16 * 1024 * 1024)

int line_peer(void (*answer)(struct op *op, const json_t *in, json_t *out))
{
	static char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), stdin)) {
		_cleanup_(arena_freep) struct arena *a = arena_new(ARENA_BYTES);
		_json_ json_t *in = json_read(str_trim(str_n(line, strcspn(line, "\n"))), 16, NULL), *out = json_new_object();
		struct str text;
		struct op op;

		op_init(&op, a, NULL, NULL);
		answer(&op, in, out);
		text = json_write(a, out, false);
		(void)printf("%.*s\n", STR_ARG(text));
		(void)fflush(stdout);
	}
	return 0;
}
