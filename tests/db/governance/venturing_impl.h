/* venturing_impl.h: one try: who, and the end that is asked for; what is drawn for it. */
#pragma once

#include "server/governance/governed.h"
#include "tests/db/governance/venturing.h"

struct venture {
	struct op op;
	struct principal who;
	struct str asked; /* timestamp; STR_NULL: none */
};
struct venture_role {
	const char *platform, *role;
};

void venture_note(const char *action, int64_t n);
void venture_try(struct venture *v, const struct governed_kind *kind, const struct db_param *params, size_t n);
#define TRY(v, kind, ...) \
	venture_try((v), &(kind), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param))
#define ME(v) P_STR((v)->who.account_id)
#define S(text) P_STR(STR(text))

/* One of the first so many; false: there is none. */
bool venture_pick(struct venture *v, const struct query *q, struct db_rows *ret_rows, unsigned of);
#define ID(rows) P_STR(db_str(&(rows), 0, 0))
#define VERSION(rows) P_I64(db_i64(&(rows), 0, 1))

struct str venture_id(struct venture *v);
struct str venture_person(struct venture *v); /* code, of all */
struct str venture_login(struct venture *v);  /* of an official */
struct str venture_unit(void);
struct venture_role venture_role(void);
struct str venture_day(struct venture *v, int offset);
/* A midnight, which is asked for. */
struct str venture_end(struct venture *v, unsigned days);
struct str venture_maybe_end(struct venture *v);

/* venturing_more.c */
void venture_review(struct venture *v);
void venture_separate(struct venture *v);
void venture_look(struct venture *v);
void venture_give_scope(struct venture *v);
void venture_take_scope(struct venture *v);
void venture_move(struct venture *v);
void venture_post(struct venture *v);
void venture_import(struct venture *v);
