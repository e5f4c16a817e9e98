#include "server/governance/offboarding.h"

#include "common/base/random.h"
#include "common/crypto/jws.h"
#include "common/crypto/keyring.h"
#include "server/governance/governance_audit.h"
#include "server/governance/json_rows.h"
#include "server/governance/offboarding_store.h"
#include "server/governance/person_admin.h"

/* Of sen.binding.state. */
enum { STATE_IDLE = 0, STATE_BLOCKED = 5, STATE_HELD = 6, STATE_GRACE = 7, STATE_GONE = 8 };

enum off_reason offboarding_judge(const struct off_platform *p)
{
	if (p->is_planning)
		return OFF_PLANNING;
	if (p->is_bound ? p->want_active : !p->is_alive)
		return OFF_GRANTED;
	if (p->state == STATE_BLOCKED)
		return OFF_BLOCKED;
	if (p->state == STATE_HELD)
		return OFF_HELD;
	if (p->is_bound && p->state != STATE_IDLE && p->state != STATE_GRACE && p->state != STATE_GONE)
		return OFF_WAITING;
	if (p->state == STATE_IDLE && !p->is_as_wanted)
		return OFF_CHANGED;
	if (p->is_alive)
		return OFF_ALIVE;
	return p->is_proved ? OFF_PROVED : OFF_UNPROVED;
}

const char *off_reason_name(enum off_reason reason)
{
	static const char *const names[OFF_REASONS_] = {
		[OFF_PROVED] = "proved",   [OFF_PLANNING] = "planning", [OFF_GRANTED] = "granted", [OFF_WAITING] = "waiting",
		[OFF_BLOCKED] = "blocked", [OFF_HELD] = "held",         [OFF_CHANGED] = "changed", [OFF_ALIVE] = "alive",
		[OFF_UNPROVED] = "unproved",
	};

	return names[reason];
}

static void take_bool(json_t *object, const char *name, bool *ret)
{
	*ret = json_is_true(json_object_get(object, name));
	(void)json_object_del(object, name);
}

/* Puts the reason in the place of what it follows from; false: not proved. */
static bool judge(json_t *platform)
{
	struct off_platform p = { .state = json_get_int(platform, "state", -1) };
	enum off_reason reason;

	take_bool(platform, "is_bound", &p.is_bound);
	take_bool(platform, "want_active", &p.want_active);
	take_bool(platform, "is_planning", &p.is_planning);
	take_bool(platform, "is_as_wanted", &p.is_as_wanted);
	(void)json_object_del(platform, "state");
	p.is_alive = json_array_size(json_object_get(platform, "alive")) > 0;
	p.is_proved = !str_is_null(json_get_str(platform, "gone_at"));
	reason = offboarding_judge(&p);
	json_set_take(platform, "reason", reason == OFF_PROVED ? json_null() : json_from_str(str_c(off_reason_name(reason))));
	if (reason == OFF_PROVED)
		return true;
	/* A proof of another state than the present one would only mislead. */
	json_set_str(platform, "proof", STR("none"));
	return false;
}

static void add_reason(json_t *reasons, const char *reason)
{
	json_array_append_new(reasons, json_from_str(str_c(reason)));
}

static int64_t open_of(const json_t *state, const char *what)
{
	return json_get_int(json_object_get(state, what), "open", 0);
}

/* Sets complete, reasons and access_gone_at from the rest. */
static void conclude(json_t *state)
{
	static const char *const others[] = { "sessions", "tokens", "administration", "shared" };
	json_t *reasons = json_new_array(), *platform;
	struct str latest = STR_NULL, at;
	size_t i, n_open = 0;

	json_array_foreach(json_object_get(state, "platforms"), i, platform) {
		n_open += !judge(platform);
		at = json_get_str(platform, "gone_at");
		if (str_is_null(latest) || (!str_is_null(at) && str_compare(latest, at) < 0))
			latest = at;
	}
	if (n_open > 0)
		add_reason(reasons, "platforms");
	for (i = 0; i < ARRAY_LEN(others); i++)
		if (open_of(state, others[i]) > 0)
			add_reason(reasons, others[i]);
	at = json_get_str(json_object_get(state, "tokens"), "valid_until");
	if (str_is_null(latest) || (!str_is_null(at) && str_compare(latest, at) < 0))
		latest = at;
	at = json_get_str(json_object_get(state, "sessions"), "ended_at");
	if (str_is_null(latest) || (!str_is_null(at) && str_compare(latest, at) < 0))
		latest = at;
	json_set_bool(state, "complete", json_array_size(reasons) == 0);
	json_set_take(state, "access_gone_at", json_array_size(reasons) > 0 || str_is_null(latest) ? json_null() : json_from_str(latest));
	json_set_take(state, "reasons", reasons);
}

int offboarding_state(struct op *op, const struct principal *p, struct str employee_code, json_t **ret_state)
{
	struct str person_id;
	int r = offboarding_may_see(op, p, employee_code, &person_id);

	if (r == 0)
		r = offboarding_read(op, person_id, ret_state);
	if (r == 0)
		conclude(*ret_state);
	return r;
}

static int sign(struct op *op, struct str issuer, json_t *claims, struct off_certificate *c)
{
	const struct jwk *key = keyring_signing(op->keys, JWS_ES256);
	_json_ json_t *jwk = NULL;

	if (!key)
		return op_fail(op, ERR_UNAVAILABLE, "there is no key to sign with at this moment");
	jwk = jwk_public_json(key);
	c->kid = arena_dup(op->arena, jwk_kid(key));
	c->jwk = json_write(op->arena, jwk, true);
	json_set_str(claims, "iss", issuer);
	json_set_str(claims, "jti", c->id);
	json_set_str(claims, "number", c->number);
	json_set_int(claims, "iat", json_get_int(claims, "read_at", 0));
	(void)json_object_del(claims, "read_at");
	return jws_sign_document(op, key, OFFBOARDING_TYP, json_write(op->arena, claims, true), &c->jws);
}

static int issue(struct op *op, const struct principal *p, struct str issuer, struct str person_id, struct off_certificate *c)
{
	_json_ json_t *claims = NULL;
	char id[UUID_TEXT_LEN + 1];
	struct str issued_by;
	int64_t year, number;
	int r = offboarding_number(op, p, &year, &number, &issued_by);

	if (r == 0)
		r = offboarding_read(op, person_id, &claims);
	if (r < 0)
		return r;
	random_uuid(id);
	c->id = arena_dup_c(op->arena, id);
	c->number = arena_printf(op->arena, "%lld/%lld", (long long)number, (long long)year);
	conclude(claims);
	json_set_str(claims, "issued_by", issued_by);
	c->complete = json_is_true(json_object_get(claims, "complete"));
	r = sign(op, issuer, claims, c);
	return r < 0 ? r : offboarding_add(op, p, person_id, year, number, c);
}

int offboarding_issue(struct op *op, const struct principal *p, struct str issuer, struct str employee_code, struct off_certificate *ret)
{
	struct governance_act act = { .action = "offboarding.certify", .account_id = STR_NULL };
	struct person person;
	json_t *data = NULL;
	int r = person_admin_find(op, p, "personnel", employee_code, &person);

	*ret = (struct off_certificate){ .id = STR_NULL };
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = issue(op, p, issuer, person.id, ret);
	if (r == 0) {
		act.person_id = person.id;
		act.object = arena_printf(op->arena, "offboarding:%.*s", STR_ARG(ret->number));
		data = offboarding_record(op, employee_code, ret);
	}
	return governance_commit(op, p, r, &act, data);
}

int offboarding_find(struct op *op, const struct principal *p, struct str employee_code, struct str number, struct off_certificate *ret)
{
	struct str person_id;
	int r = offboarding_may_see(op, p, employee_code, &person_id);

	return r < 0 ? r : offboarding_get(op, person_id, number, ret);
}

int offboarding_list(struct op *op, const struct principal *p, struct str employee_code, json_t **ret_list)
{
	struct str person_id;
	int r = offboarding_may_see(op, p, employee_code, &person_id);

	return r < 0 ? r : offboarding_all(op, person_id, ret_list);
}
