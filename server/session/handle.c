#include "server/session/handle.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/random.h"
#include "common/crypto/keyring.h"

#include <string.h>

#define UUID_BYTES 16
#define HEAD_BYTES (UUID_BYTES + 4)
#define RANDOM_BYTES 32
#define SECONDS_PER_DAY 86400
/* Longer texts are none of ours. */
#define TEXT_MAX 160

static const struct {
	const char *prefix;  /* lets a secret scanner recognise a leaked one */
	const char *purpose; /* additional data of the seal */
	size_t tail_bytes;
} kinds[] = {
	[HANDLE_SESSION] = { "sns_", "session", RANDOM_BYTES },
	[HANDLE_CODE] = { "snc_", "code", RANDOM_BYTES },
	[HANDLE_REFRESH] = { "snr_", "refresh", UUID_BYTES + 4 },
	[HANDLE_TOKEN_ID] = { "snt_", "token-id", UUID_BYTES },
	[HANDLE_DEVICE] = { "snd_", "device-code", RANDOM_BYTES },
	[HANDLE_CIBA] = { "snb_", "auth-req-id", RANDOM_BYTES },
};

static bool is_random(enum handle_kind kind)
{
	return kind != HANDLE_REFRESH && kind != HANDLE_TOKEN_ID;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The uuid comes from the database or from random_uuid(): its form is certain. */
static void put_uuid(struct arena *a, uint8_t *p, struct str uuid)
{
	struct str bytes;
	char hex[UUID_BYTES * 2];
	size_t n = 0;

	assert(uuid_is_valid(uuid));
	for (size_t i = 0; i < uuid.len; i++)
		if (uuid.p[i] != '-')
			hex[n++] = uuid.p[i];
	if (!hex_decode(a, str_n(hex, n), &bytes))
		assert(!"a valid uuid is hexadecimal");
	memcpy(p, bytes.p, UUID_BYTES);
}

static struct str get_uuid(struct arena *a, const uint8_t *p)
{
	struct str hex = hex_encode(a, str_n(p, UUID_BYTES));
	char *text = arena_alloc(a, UUID_TEXT_LEN + 1), *at = text;

	for (size_t i = 0; i < hex.len; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*at++ = '-';
		*at++ = hex.p[i];
	}
	return str_n(text, UUID_TEXT_LEN);
}

static void put_digits(char *p, size_t n, int value)
{
	for (; n > 0; value /= 10)
		p[--n] = (char)('0' + value % 10);
}

static struct str day_text(struct arena *a, int64_t day)
{
	time_t t = (time_t)(day * SECONDS_PER_DAY);
	struct tm tm;

	char *text;

	gmtime_r(&t, &tm);
	/* A sealed handle may be of any server, but none of ours counts beyond the year 9999. */
	if (tm.tm_year < -900 || tm.tm_year > 8099)
		return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	text = arena_alloc(a, DAY_LEN + 1);
	put_digits(text, 4, tm.tm_year + 1900);
	text[4] = text[7] = '-';
	put_digits(text + 5, 2, tm.tm_mon + 1);
	put_digits(text + 8, 2, tm.tm_mday);
	return str_n(text, DAY_LEN);
}

static uint32_t day_number(struct str day)
{
	struct tm tm = { 0 };
	uint64_t y = 0, m = 0, d = 0;

	assert(day.len == DAY_LEN);
	for (size_t i = 0; i < DAY_LEN; i++) {
		uint64_t *part = i < 4 ? &y : i < 7 ? &m : &d;

		if (day.p[i] != '-')
			*part = *part * 10 + (uint64_t)(day.p[i] - '0');
	}
	tm.tm_year = (int)y - 1900;
	tm.tm_mon = (int)m - 1;
	tm.tm_mday = (int)d;
	return (uint32_t)(timegm(&tm) / SECONDS_PER_DAY);
}

struct str handle_today(struct op *op)
{
	return day_text(op->arena, op->now_s / SECONDS_PER_DAY);
}

static struct str seal(struct op *op, enum handle_kind kind, const uint8_t *plain)
{
	const uint8_t *key = keyring_key(op->keys, kind == HANDLE_REFRESH ? KEY_REFRESH : KEY_SEAL);
	struct str text = str_n(plain, HEAD_BYTES + kinds[kind].tail_bytes);
	struct buf handle = buf_new_sized(op->arena, TEXT_MAX + 1, TEXT_MAX);
	struct str sealed;

	if (kind == HANDLE_REFRESH)
		sealed = aead_seal_derived(op->arena, key, kinds[kind].purpose, STR_NULL, text);
	else
		sealed = aead_seal(op->arena, key, kinds[kind].purpose, STR_NULL, text);
	buf_add_c(&handle, kinds[kind].prefix);
	buf_add(&handle, sealed);
	assert(buf_ok(&handle));
	return buf_str(&handle);
}

static struct str tail_hash(struct op *op, enum handle_kind kind, const uint8_t *tail)
{
	return keyring_hash(op->arena, op->keys, KEY_HANDLE, kinds[kind].purpose, str_n(tail, RANDOM_BYTES));
}

struct str handle_new(struct op *op, enum handle_kind kind, struct str account_id, struct handle *ret_handle)
{
	uint8_t *plain = ARENA_ARRAY(op->arena, uint8_t, HEAD_BYTES + RANDOM_BYTES);

	assert(is_random(kind));
	put_uuid(op->arena, plain, account_id);
	put_u32(plain + UUID_BYTES, (uint32_t)(op->now_s / SECONDS_PER_DAY));
	random_bytes(plain + HEAD_BYTES, RANDOM_BYTES);
	*ret_handle = (struct handle){ .account_id = account_id, .on = handle_today(op), .hash = tail_hash(op, kind, plain + HEAD_BYTES) };
	return seal(op, kind, plain);
}

struct str handle_refresh(struct op *op, struct str account_id, struct str on, struct str family_id, uint32_t generation)
{
	uint8_t plain[HEAD_BYTES + UUID_BYTES + 4];

	put_uuid(op->arena, plain, account_id);
	put_u32(plain + UUID_BYTES, day_number(on));
	put_uuid(op->arena, plain + HEAD_BYTES, family_id);
	put_u32(plain + HEAD_BYTES + UUID_BYTES, generation);
	return seal(op, HANDLE_REFRESH, plain);
}

struct str handle_token_id(struct op *op, struct str account_id, struct str on, struct str family_id)
{
	uint8_t plain[HEAD_BYTES + UUID_BYTES];

	put_uuid(op->arena, plain, account_id);
	put_u32(plain + UUID_BYTES, day_number(on));
	put_uuid(op->arena, plain + HEAD_BYTES, family_id);
	return seal(op, HANDLE_TOKEN_ID, plain);
}

bool handle_read(struct op *op, enum handle_kind kind, struct str text, struct handle *ret_handle)
{
	const uint8_t *key = keyring_key(op->keys, kind == HANDLE_REFRESH ? KEY_REFRESH : KEY_SEAL);
	struct str prefix = str_c(kinds[kind].prefix);
	struct str plain;
	const uint8_t *p;
	struct handle h = { 0 };

	if (text.len > TEXT_MAX || !str_starts(text, prefix) ||
	    !aead_open(op->arena, key, kinds[kind].purpose, STR_NULL, str_skip(text, prefix.len), &plain) ||
	    plain.len != HEAD_BYTES + kinds[kind].tail_bytes)
		return false;
	p = (const uint8_t *)plain.p;
	h.account_id = get_uuid(op->arena, p);
	h.on = day_text(op->arena, get_u32(p + UUID_BYTES));
	if (is_random(kind))
		h.hash = tail_hash(op, kind, p + HEAD_BYTES);
	else
		h.family_id = get_uuid(op->arena, p + HEAD_BYTES);
	if (kind == HANDLE_REFRESH)
		h.generation = get_u32(p + HEAD_BYTES + UUID_BYTES);
	*ret_handle = h;
	return true;
}
