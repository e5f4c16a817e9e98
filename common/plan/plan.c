#include "common/plan/plan.h"

#include "common/base/json_out.h"
#include "common/crypto/digest.h"

static bool account_is_alive(const struct account_facts *f)
{
	return str_equal(f->status, STR("pending")) || str_equal(f->status, STR("active"));
}

static bool grant_is_of(const struct fact_grant *g, int64_t platform_id)
{
	return platform_id == PLATFORM_DIRECTORY || g->platform_id == platform_id;
}

static bool is_wanted(const struct account_facts *f, int64_t platform_id)
{
	if (!account_is_alive(f))
		return false;
	if (platform_id == PLATFORM_DIRECTORY && f->has_scope)
		return true;
	for (size_t i = 0; i < f->n_grants; i++)
		if (grant_is_of(&f->grants[i], platform_id))
			return true;
	return false;
}

static bool is_bound(const struct account_facts *f, int64_t platform_id)
{
	for (size_t i = 0; i < f->n_bound; i++)
		if (f->bound[i] == platform_id)
			return true;
	return false;
}

/* Empty and absent are the same to every platform. */
static struct str text(struct arena *a, struct str s)
{
	return str_is_null(s) ? STR("") : arena_dup(a, s);
}

/* Grants for several units give one role; facts are sorted, so equal codes are neighbours. */
static void collect_roles(struct arena *a, const struct account_facts *f, struct desired *d)
{
	struct desired_role *roles = ARENA_ARRAY(a, struct desired_role, f->n_grants);
	size_t n = 0;

	for (size_t i = 0; i < f->n_grants; i++) {
		const struct fact_grant *g = &f->grants[i];
		struct str code;

		if (!grant_is_of(g, d->platform_id))
			continue;
		/* One directory serves all platforms, so its roles say whose they are. */
		code = d->platform_id == PLATFORM_DIRECTORY
		               ? arena_printf(a, "%.*s:%.*s", STR_ARG(g->platform_code), STR_ARG(g->role_code))
		               : arena_dup(a, g->role_code);
		if (n > 0 && str_equal(roles[n - 1].code, code))
			continue;
		roles[n].code = code;
		/* Which it carries as codes alone. */
		roles[n].name = d->platform_id == PLATFORM_DIRECTORY ? STR("") : text(a, g->role_name);
		n++;
	}
	d->roles = roles;
	d->n_roles = n;
}

/* [{"code":…,"name":…},…] */
struct str plan_roles_json(struct arena *a, const struct desired *d)
{
	struct buf b = buf_new_sized(a, 2 + 96 * d->n_roles, (size_t)1 << 30);

	buf_add_char(&b, '[');
	for (size_t i = 0; i < d->n_roles; i++) {
		buf_add(&b, i > 0 ? STR(",{\"code\":") : STR("{\"code\":"));
		json_quote(&b, d->roles[i].code);
		buf_add(&b, STR(",\"name\":"));
		json_quote(&b, d->roles[i].name);
		buf_add_char(&b, '}');
	}
	buf_add_char(&b, ']');
	return buf_str(&b);
}

/* Members in their order by name: that is the canonical form. */
static struct str document(struct arena *a, const struct desired *d)
{
	struct json_out o = json_out_begin(a);

	json_out_str(&o, "account", d->account_id);
	json_out_bool(&o, "active", d->active);
	/* What is off stays as it is: a new name of somebody without access is nobody's business there. */
	if (d->active) {
		json_out_str(&o, "dem", d->dem);
		json_out_str(&o, "employee", d->employee_code);
		json_out_str(&o, "ho", d->ho);
		json_out_str(&o, "login", d->login);
		json_out_str(&o, "mail", d->mail);
		json_out_str(&o, "name", d->full_name);
		json_out_str(&o, "post", d->post);
		json_out_raw(&o, "roles", plan_roles_json(a, d));
		json_out_str(&o, "status", d->status);
		json_out_str(&o, "ten", d->ten);
		json_out_str(&o, "unit", d->unit_code);
		json_out_str(&o, "unit_name", d->unit_name);
	}
	json_out_int(&o, "v", PLAN_VERSION);
	return json_out_end(&o);
}

void plan_hash(struct str text, char ret_hash[UUID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_LEN];
	size_t at = 0;

	sha256(text, digest);
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			ret_hash[at++] = '-';
		ret_hash[at++] = digits[digest[i] >> 4];
		ret_hash[at++] = digits[digest[i] & 15];
	}
	ret_hash[at] = '\0';
}

void plan_platform(struct arena *a, const struct account_facts *facts, int64_t platform_id, struct str mail_domain,
                   struct desired *ret)
{
	const struct mapping *mapping;
	bool is_broken;
	struct desired d = {
		.platform_id = platform_id,
		.active = is_wanted(facts, platform_id),
		.is_bound = is_bound(facts, platform_id),
		.account_id = text(a, facts->account_id),
		.login = text(a, facts->login),
		/* Whether a password is set is the directory's business alone. */
		.status = platform_id == PLATFORM_DIRECTORY ? text(a, facts->status) : STR(""),
		.employee_code = text(a, facts->employee_code),
		.ho = text(a, facts->ho),
		.dem = text(a, facts->dem),
		.ten = text(a, facts->ten),
		.full_name = text(a, facts->full_name),
		.mail = arena_printf(a, "%.*s@%.*s", STR_ARG(facts->login), STR_ARG(mail_domain)),
		.unit_code = text(a, facts->unit_code),
		.unit_name = text(a, facts->unit_name),
		.post = text(a, facts->post),
	};

	mapping = plan_mapping_of(facts, platform_id, &is_broken);
	if (d.active)
		collect_roles(a, facts, &d);
	if (d.active && is_broken)
		d.fault = STR("the mapping of the platform cannot be read by this version of the program");
	if (mapping && platform_id == PLATFORM_DIRECTORY)
		plan_matched(a, facts, mapping, &d);
	else if (mapping)
		plan_mapped(a, facts, mapping, &d);
	/* Off is off, with or without a mapping. */
	if (!d.active || !mapping || platform_id == PLATFORM_DIRECTORY)
		d.document = document(a, &d);
	plan_hash(d.document, d.hash);
	*ret = d;
}

/* The next platform above `above` that is granted or bound, or -1. */
static int64_t next_platform(const struct account_facts *f, int64_t above)
{
	int64_t best = -1;

	for (size_t i = 0; i < f->n_grants; i++)
		if (f->grants[i].platform_id > above && (best < 0 || f->grants[i].platform_id < best))
			best = f->grants[i].platform_id;
	for (size_t i = 0; i < f->n_bound; i++)
		if (f->bound[i] > above && (best < 0 || f->bound[i] < best))
			best = f->bound[i];
	return best;
}

static bool is_unreadable(const struct account_facts *facts, const struct desired *d)
{
	bool is_broken;

	(void)plan_mapping_of(facts, d->platform_id, &is_broken);
	return d->active && is_broken;
}

void plan_account(struct arena *a, const struct account_facts *facts, struct str mail_domain,
                  const struct desired **ret_desired, size_t *ret_n)
{
	struct desired *all = ARENA_ARRAY(a, struct desired, 1 + facts->n_grants + facts->n_bound);
	size_t n = 0;

	for (int64_t p = PLATFORM_DIRECTORY; p >= 0; p = next_platform(facts, p)) {
		if (!is_wanted(facts, p) && !is_bound(facts, p))
			continue;
		plan_platform(a, facts, p, mail_domain, &all[n]);
		/* What cannot be read wants nothing: the binding stays as it is, but for "off". */
		n += !is_unreadable(facts, &all[n]);
	}
	*ret_desired = all;
	*ret_n = n;
}

int64_t plan_priority(const struct desired *d, int64_t woken_prio)
{
	if (!d->active)
		return 0;
	if (!d->is_bound)
		return 2;
	/* Something was revoked: a role that ends goes as early as an account that does. */
	return woken_prio >= 3 || woken_prio == 0 ? woken_prio : 1;
}

bool desired_leaves(const struct desired *want, const char *attribute)
{
	for (size_t i = 0; want->active && i < want->n_left; i++)
		if (str_equal_nocase(want->left[i], str_c(attribute)))
			return true;
	return false;
}
