/* offboarding_paper.c: a certificate as a page to print.  It shows what was signed, and nothing else. */

#include "server/handlers/api/proofs.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "server/web/page.h"

#include <time.h>

#define CLAIMS_DEPTH 8
/* Việt Nam has one time, without summer. */
#define VIETNAM_S ((time_t)7 * 3600)

static struct str text(struct request *rq, const char *key)
{
	return page_text(rq->op.arena, STR("vi"), key, NULL, 0);
}

/* A word of ours in the language of the paper; one that is not known stays as it is. */
static struct str word(struct request *rq, const char *kind, struct str name)
{
	const char *key = arena_printf(rq->op.arena, "paper.%s.%.*s", kind, STR_ARG(name)).p;

	return page_text_exists(key) ? text(rq, key) : name;
}

static struct tm in_vietnam(int64_t seconds)
{
	time_t t = (time_t)seconds + VIETNAM_S;
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm;
}

static struct str moment(struct request *rq, int64_t seconds)
{
	struct tm tm = in_vietnam(seconds);
	const struct page_arg args[] = {
		{ "time", arena_printf(rq->op.arena, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec) },
		{ "date", arena_printf(rq->op.arena, "%02d/%02d/%d", tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900) },
	};

	return page_text(rq->op.arena, STR("vi"), "paper.moment", args, ARRAY_LEN(args));
}

static struct str stamp(struct request *rq, const json_t *object, const char *name)
{
	struct str iso = json_get_str(object, name);

	return str_is_null(iso) ? STR_NULL : moment(rq, api_stamp_seconds(iso));
}

/* Days under ten and the months one and two are written with a nought (Nghị định 30/2020/NĐ-CP, phụ lục I). */
static struct str place_and_day(struct request *rq, int64_t seconds)
{
	struct tm tm = in_vietnam(seconds);
	const struct page_arg args[] = {
		{ "day", arena_printf(rq->op.arena, "%02d", tm.tm_mday) },
		{ "month", arena_printf(rq->op.arena, tm.tm_mon < 2 ? "%02d" : "%d", tm.tm_mon + 1) },
		{ "year", arena_printf(rq->op.arena, "%d", tm.tm_year + 1900) },
	};

	return page_text(rq->op.arena, STR("vi"), "paper.place_and_day", args, ARRAY_LEN(args));
}

static json_t *accounts_of(struct request *rq, const json_t *claims)
{
	json_t *list = json_new_array();
	const json_t *account;
	size_t i;

	json_array_foreach(json_object_get(claims, "accounts"), i, account) {
		json_t *row = json_new_object();

		json_set_str(row, "login", json_get_str(account, "login"));
		json_set_str(row, "kind", word(rq, "kind", json_get_str(account, "kind")));
		json_set_str(row, "status", word(rq, "status", json_get_str(account, "status")));
		json_array_append_new(list, row);
	}
	return list;
}

static void set_word(struct request *rq, json_t *row, const char *name, const char *kind, struct str value)
{
	if (!str_is_null(value))
		json_set_str(row, name, word(rq, kind, value));
}

static json_t *platforms_of(struct request *rq, const json_t *claims)
{
	json_t *list = json_new_array();
	const json_t *platform;
	size_t i;

	json_array_foreach(json_object_get(claims, "platforms"), i, platform) {
		json_t *row = json_new_object();
		bool is_open = !str_is_null(json_get_str(platform, "reason"));

		json_set_str(row, "n", arena_printf(rq->op.arena, "%zu", i + 1));
		json_set_str(row, "name", json_get_str(platform, "name"));
		json_set_str(row, "platform", json_get_str(platform, "platform"));
		json_set_str(row, "login", json_get_str(platform, "login"));
		set_word(rq, row, "proof", "proof", json_get_str(platform, "proof"));
		set_word(rq, row, "read", "read", is_open ? STR_NULL : json_get_str(platform, "read"));
		set_word(rq, row, "reason", "reason", json_get_str(platform, "reason"));
		json_set_str(row, "gone_at", is_open ? STR_NULL : stamp(rq, platform, "gone_at"));
		json_set_str(row, "verified_at", is_open ? STR_NULL : stamp(rq, platform, "verified_at"));
		json_set_str(row, "operation", is_open ? STR_NULL : json_get_str(platform, "operation"));
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *reasons_of(struct request *rq, const json_t *claims)
{
	json_t *list = json_new_array();
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(claims, "reasons"), i, reason) {
		json_t *row = json_new_object();

		json_set_str(row, "text", word(rq, "reason", str_c(json_string_value(reason))));
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *model_of(struct request *rq, const struct off_certificate *c, const json_t *claims)
{
	const json_t *person = json_object_get(claims, "person");
	int64_t issued_s = json_get_int(claims, "iat", 0);
	json_t *model = json_new_object();
	uint8_t digest[SHA256_LEN];

	sha256(c->jws, digest);
	json_set_str(model, "number", json_get_str(claims, "number"));
	json_set_str(model, "place_and_day", place_and_day(rq, issued_s));
	json_set_str(model, "read_at", moment(rq, issued_s));
	json_set_str(model, "full_name", json_get_str(person, "full_name"));
	json_set_str(model, "employee_code", json_get_str(person, "employee_code"));
	json_set_str(model, "title_of_post", json_get_str(person, "title"));
	json_set_str(model, "unit_name", json_get_str(person, "unit_name"));
	json_set_take(model, "accounts", accounts_of(rq, claims));
	json_set_take(model, "platforms", platforms_of(rq, claims));
	json_set_bool(model, "platforms_any", json_array_size(json_object_get(claims, "platforms")) > 0);
	json_set_take(model, "reasons", reasons_of(rq, claims));
	json_set_bool(model, "complete", json_is_true(json_object_get(claims, "complete")));
	json_set_str(model, "gone_at", stamp(rq, claims, "access_gone_at"));
	json_set_str(model, "sessions_ended_at", stamp(rq, json_object_get(claims, "sessions"), "ended_at"));
	json_set_str(model, "tokens_until", stamp(rq, json_object_get(claims, "tokens"), "valid_until"));
	json_set_str(model, "signer", json_get_str(claims, "issued_by"));
	json_set_str(model, "kid", c->kid);
	json_set_str(model, "id", c->id);
	json_set_str(model, "issuer", json_get_str(claims, "iss"));
	json_set_str(model, "sha256", hex_encode(rq->op.arena, str_n((const char *)digest, sizeof(digest))));
	return model;
}

/* The payload of a compact JWS that we made; NULL: it is none. */
static json_t *claims_of(struct request *rq, struct str jws)
{
	struct str rest = jws, header, payload, bytes;

	if (!str_split(&rest, '.', &header) || !str_split(&rest, '.', &payload) || !base64url_decode(rq->op.arena, payload, &bytes))
		return NULL;
	return json_read(bytes, CLAIMS_DEPTH, NULL);
}

int offboarding_respond_paper(struct request *rq, const struct off_certificate *c)
{
	_json_ json_t *claims = claims_of(rq, c->jws);
	_json_ json_t *model = NULL;
	uint8_t digest[SHA256_LEN];

	if (!claims)
		return op_fail_detail(&rq->op, ERR_INTERNAL, "the certificate cannot be read", "%.*s", STR_ARG(c->number));
	model = model_of(rq, c, claims);
	sha256(page_paper_style(), digest);
	response_header(rq, "Content-Security-Policy",
	                arena_printf(rq->op.arena, "default-src 'none'; style-src 'sha256-%.*s'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	                             STR_ARG(base64_encode(rq->op.arena, str_n((const char *)digest, sizeof(digest))))));
	response_header(rq, "Content-Language", STR("vi"));
	return respond_bytes(rq, 200, "text/html; charset=utf-8", page_paper(rq->op.arena, "paper_offboarding", model));
}
