#include "server/governance/lifecycle_move.h"

#include "common/base/buf.h"
#include "common/model/platform_store.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/governance_audit.h"
#include "server/governance/lifecycle.h"
#include "server/governance/overlap_finding.h"
#include "server/governance/principal_store.h"

/* A platform that opens or closes changes what rules give, to everybody. */
#define TIME_MS 120000
#define GATE(kind) "EXISTS (SELECT FROM sen.gate_now g WHERE g.platform_id = p.id AND g.kind = '" kind "' AND g.state = 'passed')"
#define REPLACEMENT "coalesce((SELECT x.id FROM sen.platform x WHERE x.code = $7), p.replaced_by)"

/* The needs stand in the order of enum lifecycle_need. */
DB_QUERY(lifecycle_facts_q, DB_READ,
         "SELECT p.id, p.version, p.state, p.kind, sen.catalogue_covers($2::uuid, 'catalogue', p.managing_unit_id, p.id),"
         " sen.catalogue_covers($2::uuid, 'appraise', p.managing_unit_id, p.id), sen.catalogue_covers($2::uuid, 'review', p.managing_unit_id, p.id),"
         " coalesce(sen.same_person(p.created_by, $2::uuid), false) OR coalesce(sen.same_person(p.changed_by, $2::uuid), false),"
         " coalesce(sen.same_person(p.moved_by, $2::uuid), false),"
         " p.managing_unit <> '' AND p.contact_name <> '',"
         " cardinality(p.functions) > 0 AND cardinality(p.scopes) > 0 AND p.description <> '',"
         " sen.platform_open_findings(p.id) = 0,"
         " $3::text IS NOT NULL AND coalesce($4::date <= sen.today(), false),"
         " $5::text IS NOT NULL,"
         " p.kind <> 'proposed',"
         " p.expected_on IS NOT NULL,"
         " coalesce(coalesce($6::date, p.completed_on) <= sen.today(), false),"
         " " GATE("architecture") ", " GATE("strategy") ", " GATE("security") ","
         " EXISTS (SELECT FROM sen.platform_guidance g WHERE g.platform_id = p.id AND g.superseded_at IS NULL),"
         " EXISTS (SELECT FROM sen.platform_milestone t WHERE t.platform_id = p.id),"
         " EXISTS (SELECT FROM sen.platform_rollout t WHERE t.platform_id = p.id AND t.state = 'done'),"
         " EXISTS (SELECT FROM sen.platform x WHERE x.id = " REPLACEMENT " AND x.id NOT IN (0, p.id) AND sen.platform_is_open(x.state)),"
         " sen.platform_is_empty(p.id),"
         " NOT EXISTS (SELECT FROM sen.replacement x WHERE x.old_id = p.id AND x.is_whole AND x.state IN ('approved', 'finished') AND x.handover_on IS NOT NULL"
         "  AND x.handed_over_on IS NULL),"
         " NOT EXISTS (SELECT FROM sen.replacement x WHERE x.old_id = p.id AND x.is_whole AND x.state IN ('submitted', 'approved'))"
         " FROM sen.platform p WHERE p.code = $1 AND p.id <> 0");
DB_QUERY(lifecycle_move_q, DB_WRITE,
         "UPDATE sen.platform p SET state = $3, moved_by = $4::uuid,"
         " completed_on = CASE WHEN $3 = 'completed' THEN coalesce($6::date, p.completed_on) ELSE p.completed_on END,"
         " replaced_by = CASE WHEN $3 = 'replacing' THEN " REPLACEMENT " ELSE p.replaced_by END"
         " WHERE p.id = $1::smallint AND p.state = $2 AND p.version = $8::bigint"
         " AND EXISTS (SELECT FROM unnest($5::text[]) r (name) WHERE sen.catalogue_covers($4::uuid, r.name, p.managing_unit_id, p.id))"
         " RETURNING p.version");
DB_QUERY(lifecycle_note_q, DB_WRITE,
         "INSERT INTO sen.platform_transition (platform_id, from_state, to_state, moved_by, decision_no, decision_on, reason)"
         " VALUES ($1::smallint, $2, $3, $4::uuid, $5, $6::date, $7)");
DB_QUERY(lifecycle_history_q, DB_READ,
         "SELECT json_build_object('id', t.id, 'from', t.from_state, 'to', t.to_state, 'by', a.login, 'at', sen.iso(t.moved_at),"
         " 'decision_no', t.decision_no, 'decision_on', t.decision_on, 'reason', t.reason)::text"
         " FROM sen.platform_transition t JOIN sen.platform p ON p.id = t.platform_id JOIN sen.account a ON a.id = t.moved_by"
         " WHERE p.code = $1 AND ($2::bigint IS NULL OR t.id < $2::bigint) ORDER BY t.id DESC LIMIT $3::bigint");

#define NEEDS_FIRST_COLUMN 9
#define NEEDS_IN_REQUEST (NEED_DECISION | NEED_REASON | NEED_COMPLETED | NEED_REPLACEMENT)

struct loaded {
	int64_t id, version;
	struct lifecycle_facts facts;
};

static int load(struct op *op, const struct principal *p, const struct lifecycle_request *request, struct loaded *ret)
{
	struct db_rows rows;
	int r = db_run(op, &lifecycle_facts_q, &rows, P_STR(request->platform), P_STR(p->account_id), P_STR(request->decision_no),
	               P_STR(request->decision_on), P_STR(request->reason), P_STR(request->completed_on), P_STR(request->replacement));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	*ret = (struct loaded){ .id = db_i64(&rows, 0, 0), .version = db_i64(&rows, 0, 1) };
	ret->facts = (struct lifecycle_facts){
		.state = db_str(&rows, 0, 2),
		.kind = db_str(&rows, 0, 3),
		.rights = (db_bool(&rows, 0, 4) ? RIGHT_CATALOGUE : 0u) | (db_bool(&rows, 0, 5) ? RIGHT_APPRAISE : 0u) |
		          (db_bool(&rows, 0, 6) ? RIGHT_REVIEW : 0u),
		.actor_wrote_it = db_bool(&rows, 0, 7),
		.actor_moved_it = db_bool(&rows, 0, 8),
	};
	for (size_t i = 0; i < N_LIFECYCLE_NEEDS; i++)
		ret->facts.met |= db_bool(&rows, 0, NEEDS_FIRST_COLUMN + i) ? 1u << i : 0u;
	return 0;
}

static struct str need_names(struct op *op, unsigned needs)
{
	struct buf names = buf_new(op->arena, 512);

	for (unsigned i = 0; i < N_LIFECYCLE_NEEDS; i++) {
		if (!(needs & 1u << i))
			continue;
		if (names.len > 0)
			buf_add_c(&names, ", ");
		buf_add_c(&names, lifecycle_need_name(1u << i));
	}
	return buf_str(&names);
}

static int refuse(struct op *op, const struct lifecycle_facts *facts, struct str to, const struct lifecycle_verdict *v)
{
	switch (v->err) {
	case 0:
		return 0;
	case ERR_OUT_OF_SCOPE:
		return op_fail(op, ERR_OUT_OF_SCOPE, "the platform is not within your scope, or you lack the right for this transition");
	case ERR_FOUR_EYES:
		return op_fail(op, ERR_FOUR_EYES, "another person than who drew it up or moved it last has to decide");
	case ERR_BLOCKED:
		(void)op_fail(op, ERR_BLOCKED, "the transition needs what is not there");
		return op_fail_arg(op, "by", need_names(op, v->missing));
	default:
		(void)op_fail(op, ERR_WRONG_STATE, "the life cycle has no such transition");
		(void)op_fail_arg(op, "state", platform_state_word(facts->state));
		return op_fail_arg(op, "wanted", platform_state_word(to));
	}
}

static struct str right_names(struct op *op, unsigned rights)
{
	struct str names[15];
	size_t n = 0;

	for (unsigned bit = 1; bit < RIGHT_ALL_; bit <<= 1)
		if (rights & bit)
			names[n++] = admin_right_name(bit);
	return db_array(op->arena, names, n);
}

static int write(struct op *op, const struct principal *p, const struct lifecycle_request *request, const struct loaded *found,
                 const struct lifecycle_verdict *v)
{
	struct db_rows rows;
	int r = db_run(op, &lifecycle_move_q, &rows, P_I64(found->id), P_STR(found->facts.state), P_STR(request->to), P_STR(p->account_id),
	               P_STR(right_names(op, v->rights)), P_STR(request->completed_on), P_STR(request->replacement), P_I64(found->version));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return db_run(op, &lifecycle_note_q, &rows, P_I64(found->id), P_STR(found->facts.state), P_STR(request->to), P_STR(p->account_id),
	              P_STR(request->decision_no), P_STR(request->decision_on), P_STR(request->reason));
}

/* Locked first: what is loaded then is of one moment, and stays so. */
static int move(struct op *op, const struct principal *p, const struct lifecycle_request *request, struct loaded *found)
{
	struct catalogue_place place;
	struct lifecycle_verdict v;
	bool ignored;
	int r = catalogue_lock(op, p, "catalogue", request->platform, &place);

	/* Compared anew if anything changed: what is loaded then counts findings of today. */
	if (r == 0)
		r = overlap_is_blocking(op, place.id, &ignored);
	if (r == 0)
		r = load(op, p, request, found);
	if (r < 0)
		return r;
	v = lifecycle_decide(&found->facts, request->to);
	if (v.err != ERR_OUT_OF_SCOPE && request->version != LIFECYCLE_ANY_VERSION && request->version != found->version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	r = refuse(op, &found->facts, request->to, &v);
	return r < 0 ? r : write(op, p, request, found, &v);
}

static json_t *move_data(const struct lifecycle_request *request, const struct loaded *found)
{
	json_t *data = catalogue_data("from", found->facts.state);

	json_set_str(data, "to", request->to);
	json_set_str(data, "decision_no", request->decision_no);
	json_set_str(data, "decision_on", request->decision_on);
	json_set_str(data, "reason", request->reason);
	json_set_str(data, "replacement", request->replacement);
	return data;
}

int lifecycle_move(struct op *op, const struct principal *p, const struct lifecycle_request *request)
{
	struct loaded found = { .id = 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_take_time(op, TIME_MS);
	if (r == 0)
		r = move(op, p, request, &found);
	return catalogue_commit(op, p, r, "platform.move", request->platform, move_data(request, &found));
}

int lifecycle_move_within(struct op *op, const struct principal *p, const struct lifecycle_request *request)
{
	const struct governance_act act = { .action = "platform.move", .object = request->platform };
	struct loaded found = { .id = 0 };
	int r = db_take_time(op, TIME_MS);

	if (r == 0)
		r = move(op, p, request, &found);
	return r < 0 ? r : governance_audit(op, p, &act, move_data(request, &found));
}

static json_t *names_json(unsigned needs)
{
	json_t *names = json_new_array();

	for (unsigned i = 0; i < N_LIFECYCLE_NEEDS; i++)
		if (needs & 1u << i)
			json_array_append_new(names, json_from_str(str_c(lifecycle_need_name(1u << i))));
	return names;
}

static json_t *rights_json(unsigned rights)
{
	json_t *names = json_new_array();

	for (unsigned bit = 1; bit < RIGHT_ALL_; bit <<= 1)
		if (rights & bit)
			json_array_append_new(names, json_from_str(admin_right_name(bit)));
	return names;
}

int lifecycle_outlook(struct op *op, const struct principal *p, struct str platform, json_t **ret_array)
{
	struct loaded found;
	struct str to;
	int r = load(op, p, &(struct lifecycle_request){ .platform = platform }, &found);

	if (r < 0)
		return r;
	json_t *array = json_new_array();
	for (size_t i = 0; !str_is_null(to = lifecycle_next(found.facts.state, found.facts.kind, i)); i++) {
		struct lifecycle_verdict v = lifecycle_decide(&found.facts, to);
		unsigned missing = v.missing & ~(unsigned)NEEDS_IN_REQUEST;
		json_t *item = json_new_object();

		json_set_str(item, "to", to);
		json_set_bool(item, "allowed", v.err == 0 || (v.err == ERR_BLOCKED && missing == 0));
		/* All may be there, and the reader still not be who decides. */
		json_set_bool(item, "another_person", v.err == ERR_FOUR_EYES);
		json_set_take(item, "rights", rights_json(v.rights));
		json_set_take(item, "asks", names_json(v.missing & NEEDS_IN_REQUEST));
		json_set_take(item, "missing", names_json(missing));
		json_array_append_new(array, item);
	}
	*ret_array = array;
	return 0;
}

int lifecycle_history(struct op *op, struct str platform, struct str before, size_t limit, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &lifecycle_history_q, &rows, P_STR(platform), P_STR(before), P_I64((int64_t)limit + 1));

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}
