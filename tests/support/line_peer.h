/* line_peer.h: a program that other implementations are compared with: one JSON object a line on stdin, one on stdout. */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

/* What main() returns. */
int line_peer(void (*answer)(struct op *op, const json_t *in, json_t *out));
