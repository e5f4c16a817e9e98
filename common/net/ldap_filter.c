#include "common/net/ldap_filter.h"

#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/net/ldap_conn.h"

#include <string.h>

#define TEXT_MAX_LEN ((size_t)8192)

static int check_part(struct op *op, const char *attr, struct str value)
{
	assert(ldap_is_attr_name(str_c(attr)));
	if (value.len == 0 || str_index(value, '\0') >= 0 || !utf8_is_valid(value))
		return op_fail(op, ERR_BAD_REQUEST, "a value for the directory is empty, not UTF-8 or has a NUL");
	return 0;
}

/* Both RFCs escape with a backslash and two hexadecimal digits. */
static void add_escaped(struct buf *b, char c)
{
	buf_printf(b, "\\%02x", (unsigned)(unsigned char)c);
}

static int finish(struct op *op, const struct buf *b, struct str *ret)
{
	if (!buf_ok(b))
		return op_fail(op, ERR_LIMIT, "a filter or name for the directory is too long");
	*ret = buf_str(b);
	return 0;
}

/* RFC 4515 §3: normal / escaped; control characters are escaped too, for the reader of logs. */
int ldap_filter_eq(struct op *op, const char *attr, struct str value, struct str *ret_filter)
{
	struct buf b = buf_new(op->arena, TEXT_MAX_LEN);

	if (check_part(op, attr, value) < 0)
		return op->error.code;
	buf_printf(&b, "(%s=", attr);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.p[i];

		if (strchr("*()\\", c) || (unsigned char)c < 0x20 || c == 0x7f)
			add_escaped(&b, c);
		else
			buf_add_char(&b, c);
	}
	buf_add_char(&b, ')');
	return finish(op, &b, ret_filter);
}

/* "(&)" would be true of everything (RFC 4526 §2). */
static struct str combine(struct arena *a, char sign, const struct str *filters, size_t n)
{
	size_t len = 3;
	struct buf b;

	assert(n > 0);
	for (size_t i = 0; i < n; i++)
		len += filters[i].len;
	b = buf_new(a, len);
	buf_add_char(&b, '(');
	buf_add_char(&b, sign);
	for (size_t i = 0; i < n; i++) {
		assert(filters[i].len > 0);
		buf_add(&b, filters[i]);
	}
	buf_add_char(&b, ')');
	assert(buf_ok(&b));
	return buf_str(&b);
}

struct str ldap_filter_and(struct arena *a, const struct str *filters, size_t n)
{
	return combine(a, '&', filters, n);
}

struct str ldap_filter_or(struct arena *a, const struct str *filters, size_t n)
{
	return combine(a, '|', filters, n);
}

struct str ldap_filter_present(struct arena *a, const char *attr)
{
	assert(ldap_is_attr_name(str_c(attr)));
	return arena_printf(a, "(%s=*)", attr);
}

/*
 * RFC 4514 §2.4: ' ' and '#' at the beginning, ' ' at the end, and these anywhere.  '=' need
 * not be escaped but may be.
 */
static bool is_dn_special(struct str value, size_t i)
{
	char c = value.p[i];

	if (strchr("\"+,;<>\\=", c) || (unsigned char)c < 0x20 || c == 0x7f)
		return true;
	if (i == 0 && (c == ' ' || c == '#'))
		return true;
	return i + 1 == value.len && c == ' ';
}

int ldap_dn_child(struct op *op, const char *attr, struct str value, struct str parent, struct str *ret_dn)
{
	struct buf b = buf_new(op->arena, TEXT_MAX_LEN);

	if (check_part(op, attr, value) < 0)
		return op->error.code;
	buf_printf(&b, "%s=", attr);
	for (size_t i = 0; i < value.len; i++) {
		if (is_dn_special(value, i))
			add_escaped(&b, value.p[i]);
		else
			buf_add_char(&b, value.p[i]);
	}
	if (parent.len > 0) {
		buf_add_char(&b, ',');
		buf_add(&b, parent);
	}
	return finish(op, &b, ret_dn);
}

static struct str str_of(const struct berval *v)
{
	return str_n(v->bv_val ? v->bv_val : "", v->bv_len);
}

static size_t rdn_length(LDAPRDN rdn)
{
	size_t n = 0;

	while (rdn && rdn[n])
		n++;
	return n;
}

static bool rdn_has(LDAPRDN rdn, const LDAPAVA *wanted)
{
	for (size_t i = 0; rdn && rdn[i]; i++)
		if (str_equal_nocase(str_of(&rdn[i]->la_attr), str_of(&wanted->la_attr)) &&
		    str_equal(str_of(&rdn[i]->la_value), str_of(&wanted->la_value)) &&
		    (rdn[i]->la_flags & LDAP_AVA_BINARY) == (wanted->la_flags & LDAP_AVA_BINARY))
			return true;
	return false;
}

/* The parts of a multi-valued RDN are a set (RFC 4512 §2.3.1). */
static bool rdn_equal(LDAPRDN a, LDAPRDN b)
{
	if (rdn_length(a) != rdn_length(b))
		return false;
	for (size_t i = 0; a && a[i]; i++)
		if (!rdn_has(b, a[i]))
			return false;
	for (size_t i = 0; b && b[i]; i++)
		if (!rdn_has(a, b[i]))
			return false;
	return true;
}

static bool read_dn(struct str text, LDAPDN *ret_dn)
{
	char copy[TEXT_MAX_LEN + 1]; /* libldap looks for a NUL behind the length */
	struct berval v = { .bv_val = copy, .bv_len = text.len };

	*ret_dn = NULL;
	if (str_is_null(text) || text.len > TEXT_MAX_LEN || str_index(text, '\0') >= 0)
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return ldap_bv2dn(&v, ret_dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS;
}

static bool dn_equal(LDAPDN a, LDAPDN b)
{
	size_t i = 0;

	if (!a || !b) /* both empty */
		return !a && !b;
	for (; a[i] && b[i]; i++)
		if (!rdn_equal(a[i], b[i]))
			return false;
	return !a[i] && !b[i];
}

/* Servers write names with the case they like, and most attributes of DNs have none. */
static bool dn_equal_nocase(LDAPDN a, LDAPDN b)
{
	size_t i = 0;

	for (; a[i] && b[i]; i++)
		if (rdn_length(a[i]) != 1 || rdn_length(b[i]) != 1 || !str_equal_nocase(str_of(&a[i][0]->la_attr), str_of(&b[i][0]->la_attr)) ||
		    !str_equal_nocase(str_of(&a[i][0]->la_value), str_of(&b[i][0]->la_value)))
			return false;
	return !a[i] && !b[i];
}

bool ldap_dn_is_child(struct arena *a, struct str dn, struct str parent, struct str *ret_value)
{
	LDAPDN child = NULL, above = NULL;
	bool is_child = read_dn(dn, &child) && read_dn(parent, &above) && child && above && child[0] && rdn_length(child[0]) == 1 &&
	                dn_equal_nocase(&child[1], above);

	if (is_child)
		*ret_value = arena_dup(a, str_of(&child[0][0]->la_value));
	ldap_dnfree(child);
	ldap_dnfree(above);
	return is_child;
}

bool ldap_dn_equal(struct str a, struct str b)
{
	LDAPDN dn_a = NULL, dn_b = NULL;
	bool is_equal = read_dn(a, &dn_a) && read_dn(b, &dn_b) && dn_equal(dn_a, dn_b);

	ldap_dnfree(dn_a);
	ldap_dnfree(dn_b);
	return is_equal;
}
