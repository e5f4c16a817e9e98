/* reorg_digest.c: one value for a plan: what is approved is this and nothing else. */

#include "common/crypto/digest.h"
#include "server/governance/reorg_plan.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_MAX_BYTES 4096

/* Lines are chained; in a line each text is preceded by its length, so that no two read alike. */
struct chain {
	uint8_t value[SHA256_LEN];
	char line[LINE_MAX_BYTES];
	size_t len;
};

static void put_number(struct chain *c, int64_t n)
{
	int len = snprintf(c->line + c->len, LINE_MAX_BYTES - c->len, "%" PRId64 ",", n);

	assert(len > 0 && (size_t)len < LINE_MAX_BYTES - c->len);
	c->len += (size_t)len;
}

static void put_text(struct chain *c, struct str s)
{
	put_number(c, str_is_null(s) ? -1 : (int64_t)s.len);
	assert(s.len < LINE_MAX_BYTES - c->len);
	for (size_t i = 0; i < s.len; i++)
		c->line[c->len++] = s.p[i];
}

static void end_line(struct chain *c)
{
	uint8_t next[SHA256_LEN];

	sha256_two(str_n(c->value, SHA256_LEN), str_n(c->line, c->len), next);
	for (size_t i = 0; i < SHA256_LEN; i++)
		c->value[i] = next[i];
	c->len = 0;
}

static void put_unit(struct chain *c, const struct reorg_unit_change *u)
{
	put_number(c, u->ref);
	put_number(c, u->parent_ref);
	put_number(c, u->verified);
	put_text(c, u->code);
	put_text(c, u->name);
	put_text(c, u->name_en);
	put_text(c, u->kind);
	put_text(c, u->ident_new);
	put_text(c, u->ident_old);
	end_line(c);
}

static void put_op(struct chain *c, const struct reorg_op *op)
{
	put_number(c, op->kind);
	put_number(c, op->unit_from);
	put_number(c, op->unit_to);
	put_number(c, op->is_further);
	put_number(c, op->share);
	put_text(c, op->person_id);
	put_text(c, op->account_id);
	put_text(c, op->subject);
	put_text(c, op->other);
	end_line(c);
}

static void put_finding(struct chain *c, const struct reorg_finding *f)
{
	put_number(c, f->code);
	put_number(c, f->step);
	put_text(c, f->person_id);
	put_text(c, f->account_id);
	put_text(c, f->subject);
	put_text(c, f->unit_code);
	end_line(c);
}

struct str reorg_plan_hash(struct arena *a, const struct reorg_plan *plan)
{
	struct chain c = { .len = 0 };
	char hex[2 * SHA256_LEN];

	put_number(&c, (int64_t)plan->n_units);
	put_number(&c, (int64_t)plan->n_ops);
	put_number(&c, (int64_t)plan->n_findings);
	put_number(&c, (int64_t)plan->people_from);
	put_number(&c, (int64_t)plan->people_to);
	end_line(&c);
	for (size_t i = 0; i < plan->n_units; i++)
		put_unit(&c, &plan->units[i]);
	for (size_t i = 0; i < plan->n_ops; i++)
		put_op(&c, &plan->ops[i]);
	for (size_t i = 0; i < plan->n_findings; i++)
		put_finding(&c, &plan->findings[i]);
	for (size_t i = 0; i < SHA256_LEN; i++) {
		hex[2 * i] = "0123456789abcdef"[c.value[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[c.value[i] & 15];
	}
	return arena_dup(a, str_n(hex, sizeof(hex)));
}
