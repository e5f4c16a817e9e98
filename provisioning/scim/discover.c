/*
 * What a server says of itself: ServiceProviderConfig, ResourceTypes, Schemas (RFC 7643 §5 to §7, RFC 9865 §5, RFC 9967 §4).
 *
 * None of them need be there, or be JSON: what is not said is as the profile has it.  Asked for again after some time.
 */
#include "provisioning/scim/http.h"

#include "common/base/clock.h"

#define AGAIN_AFTER_FAULT_MS 10000
#define AGAIN_UNSURE_MS 60000

static bool says(const json_t *config, const char *name)
{
	return json_get_bool(json_object_get(config, name), "supported", false);
}

static int64_t number_of(const json_t *object, const char *name)
{
	int64_t n = json_get_int(object, name, 0);

	return n > 0 ? n : 0;
}

static void take_config(const json_t *config, struct scim_known *k)
{
	const json_t *bulk = json_object_get(config, "bulk"), *paging = json_object_get(config, "pagination");
	struct str async = json_get_str(json_object_get(config, "securityEvents"), "asyncRequest");
	int64_t results = number_of(json_object_get(config, "filter"), "maxResults");

	if (!json_is_object(json_object_get(config, "patch")))
		return;
	k->has_config = true;
	k->patch = says(config, "patch");
	k->etag = says(config, "etag");
	k->bulk = says(config, "bulk");
	k->bulk_ops = number_of(bulk, "maxOperations");
	k->bulk_bytes = number_of(bulk, "maxPayloadSize");
	k->cursor = json_get_bool(paging, "cursor", false);
	k->page_max = number_of(paging, "maxPageSize");
	if (results > 0 && (k->page_max == 0 || results < k->page_max))
		k->page_max = results;
	k->async = str_equal_nocase(async, STR("long")) || str_equal_nocase(async, STR("request"));
}

/* A list, or a bare array of some. */
static const json_t *items_of(const json_t *answer)
{
	return json_is_array(answer) ? answer : json_object_get(answer, "Resources");
}

static void take_types(const json_t *answer, struct scim_known *k)
{
	size_t i;
	json_t *type;

	json_array_foreach((json_t *)(uintptr_t)items_of(answer), i, type)
		if (str_equal_nocase(json_get_str(type, "name"), STR("Group")))
			k->groups = true;
}

static bool has_attribute(const json_t *schema, const char *name)
{
	size_t i;
	json_t *attribute;

	json_array_foreach(json_object_get(schema, "attributes"), i, attribute)
		if (str_equal_nocase(json_get_str(attribute, "name"), str_c(name)))
			return true;
	return false;
}

static void take_schemas(const json_t *answer, struct scim_known *k)
{
	size_t i;
	json_t *schema;

	json_array_foreach((json_t *)(uintptr_t)items_of(answer), i, schema) {
		struct str id = json_get_str(schema, "id");

		if (str_equal_nocase(id, STR(SCIM_ENTERPRISE)))
			k->enterprise = true;
		if (!str_equal_nocase(id, STR(SCIM_USER)) || !has_attribute(schema, "userName"))
			continue;
		k->has_schemas = true;
		k->roles = has_attribute(schema, "roles");
	}
}

/* Not even one word from there, or none yet: then no other request would do better. */
static bool is_the_platform(enum verdict verdict)
{
	return verdict == VERDICT_DOWN || verdict == VERDICT_LIMITED;
}

/* *ret_unsure: something of it could not be had now, and perhaps could later. */
static enum verdict ask(struct call *c, struct scim_known *k, bool *ret_unsure)
{
	static const struct {
		const char *path;
		void (*take)(const json_t *answer, struct scim_known *k);
	} documents[] = { { "/ServiceProviderConfig", take_config }, { "/ResourceTypes", take_types }, { "/Schemas", take_schemas } };

	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET", .path = str_c(documents[i].path), .is_plain = true };
		enum verdict verdict = scim_exchange(c, &x);

		if (is_the_platform(verdict))
			return verdict;
		*ret_unsure = *ret_unsure || verdict == VERDICT_NOT_DONE || x.status == 401;
		if (verdict == VERDICT_DONE)
			documents[i].take(x.json, k);
		/* One without this has seldom the others; and who we are is for the request itself to find out. */
		else if (i == 0 && x.status == 401)
			break;
	}
	c->fault = (struct fault){ .retry_after_s = -1 };
	c->status = 0;
	op_forgive(c->op);
	return VERDICT_DONE;
}

/* What was known holds until something better is: a fault of an hour shall not turn groups into an attribute. */
static void keep(struct scim *s, const struct scim_known *known, bool is_unsure)
{
	int64_t ms = s->switches.of[SCIM_SW_DISCOVERY_S] * 1000;

	pthread_mutex_lock(&s->lock);
	if (!is_unsure || !s->known.was_asked)
		s->known = *known;
	s->known.was_asked = true;
	pthread_mutex_unlock(&s->lock);
	atomic_store(&s->known_until_ms, clock_mono_ms() + (is_unsure && ms > AGAIN_UNSURE_MS ? AGAIN_UNSURE_MS : ms));
}

/* With s->asking. */
static enum verdict ask_and_keep(struct call *c, struct scim *s)
{
	struct scim_known known = { .has_config = false };
	bool is_unsure = false;
	enum verdict verdict = ask(c, &known, &is_unsure);

	if (verdict == VERDICT_DONE) {
		keep(s, &known, is_unsure);
		return verdict;
	}
	/* What was known of it holds; before anything is, nothing is sent. */
	if (scim_known(s).was_asked)
		atomic_store(&s->known_until_ms, clock_mono_ms() + AGAIN_AFTER_FAULT_MS);
	s->no_answer_ms = clock_mono_ms();
	return verdict;
}

static bool is_due(struct scim *s)
{
	return s->switches.of[SCIM_SW_DISCOVERY] != SCIM_NO && clock_mono_ms() >= atomic_load(&s->known_until_ms);
}

enum verdict scim_discover(struct call *c)
{
	struct scim *s = c->instance;
	int64_t began_ms = clock_mono_ms();
	enum verdict verdict = VERDICT_DONE;
	bool has_waited = false;

	if (!is_due(s))
		return VERDICT_DONE;
	/* Others go on with what is known; as long as nothing is, they wait. */
	if (pthread_mutex_trylock(&s->asking) != 0) {
		if (scim_known(s).was_asked)
			return VERDICT_DONE;
		pthread_mutex_lock(&s->asking);
		has_waited = true;
	}
	if (has_waited && s->no_answer_ms >= began_ms)
		verdict = call_fault(c, VERDICT_DOWN, "down", "no answer to the question what it can do");
	else if (is_due(s))
		verdict = ask_and_keep(c, s);
	pthread_mutex_unlock(&s->asking);
	return verdict;
}

struct scim_known scim_known(struct scim *s)
{
	struct scim_known known;

	pthread_mutex_lock(&s->lock);
	known = s->known;
	pthread_mutex_unlock(&s->lock);
	return known;
}

bool scim_can(struct scim *s, enum scim_switch which)
{
	struct scim_known k = scim_known(s);
	int64_t set = s->switches.of[which];

	if (which == SCIM_SW_SEARCH)
		return set != SCIM_NO && !atomic_load(&s->no_search);
	if (which == SCIM_SW_PATCH && atomic_load(&s->only_put))
		return false;
	if (set != SCIM_AUTO)
		return set == SCIM_YES;
	switch (which) {
	case SCIM_SW_PATCH:
		return true; /* one that says no is asked nevertheless, once */
	case SCIM_SW_ETAG:
		return k.etag;
	case SCIM_SW_BULK:
		return k.bulk;
	case SCIM_SW_ASYNC:
		return k.async;
	case SCIM_SW_ENTERPRISE:
		return !k.has_schemas || k.enterprise;
	default:
		return false;
	}
}

enum scim_roles scim_roles_in(struct scim *s)
{
	enum scim_roles set = (enum scim_roles)s->switches.of[SCIM_SW_ROLES];
	struct scim_known k;

	if (set != SCIM_ROLES_AUTO)
		return set;
	k = scim_known(s);
	return k.has_schemas && !k.roles && k.groups ? SCIM_ROLES_GROUPS : SCIM_ROLES_ATTRIBUTE;
}

struct scim_shape scim_shape(struct scim *s)
{
	int learned = atomic_load(&s->style);

	return (struct scim_shape){
		.has_roles = scim_roles_in(s) == SCIM_ROLES_ATTRIBUTE,
		.has_enterprise = scim_can(s, SCIM_SW_ENTERPRISE),
		.one_email = s->switches.of[SCIM_SW_EMAILS] == SCIM_EMAILS_ONE,
		.both_names = s->switches.of[SCIM_SW_NAMES] == SCIM_NAMES_BOTH,
		.has_password = s->switches.of[SCIM_SW_PASSWORD] == SCIM_PASSWORD_RANDOM,
		.capital = s->switches.of[SCIM_SW_OPS] == SCIM_OPS_CAPITAL,
		.style = learned != SCIM_STYLE_AUTO ? (enum scim_style)learned : (enum scim_style)s->switches.of[SCIM_SW_STYLE],
	};
}

int64_t scim_page_size(struct scim *s)
{
	struct scim_known k = scim_known(s);
	int64_t size = s->switches.of[SCIM_SW_PAGE], learned = atomic_load(&s->page);

	if (k.page_max > 0 && k.page_max < size)
		size = k.page_max;
	return learned > 0 && learned < size ? learned : size;
}

bool scim_learn_half(atomic_int *learned, int64_t now, int64_t least)
{
	int64_t half = now / 2 > least ? now / 2 : least;

	if (now <= least)
		return false;
	atomic_store(learned, (int)half);
	return true;
}
