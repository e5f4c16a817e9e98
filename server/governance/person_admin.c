#include "server/governance/person_admin.h"

#include "common/base/base64.h"
#include "common/base/text.h"
#include "common/crypto/keyring.h"
#include "server/governance/governance_audit.h"
#include "server/governance/national_id.h"

#define RECORD_COLUMNS                                                                                                        \
	"p.id, p.employee_code, p.kind, p.ho, p.dem, p.ten, p.full_name, p.birth_date, p.sex, sen.person_state(p.id),"            \
	" encode(p.national_id_hash, 'hex'), p.national_id_sealed, p.legal_hold, p.version"

DB_QUERY(person_record_q, DB_READ,
         "SELECT " RECORD_COLUMNS " FROM sen.person p WHERE p.employee_code = $1 AND sen.may_see_person($2::uuid, $3, p.id)");
DB_QUERY(person_may_manage_q, DB_READ, "SELECT sen.may_see_person($1::uuid, 'read', $3::uuid) OR sen.may_see_person($1::uuid, $2, $3::uuid),"
         " sen.may_manage_person($1::uuid, $2, $3::uuid),"
         " EXISTS (SELECT FROM sen.account a WHERE a.id = $1::uuid AND a.person_id = $3::uuid)");
DB_QUERY(person_edit_q, DB_WRITE,
         "UPDATE sen.person p SET kind = coalesce($3, kind), ho = coalesce($4, ho), dem = coalesce($5, dem), ten = coalesce($6, ten),"
         " full_name = $7, name_fold = $8, birth_date = coalesce($9::date, birth_date), sex = coalesce($10, sex),"
         " national_id_hash = coalesce($11::bytea, national_id_hash), national_id_sealed = coalesce($12, national_id_sealed), changed_at = now()"
         " WHERE p.id = $1::uuid AND p.version = $13::bigint AND sen.may_manage_person($2::uuid, 'personnel', p.id) RETURNING 1");
DB_QUERY(person_hold_lift_q, DB_WRITE,
         "UPDATE sen.person p SET legal_hold = false WHERE p.id = $1::uuid AND p.legal_hold AND p.version = $3::bigint"
         " AND sen.may_manage_person($2::uuid, 'personnel', p.id) RETURNING 1");
DB_QUERY(person_version_q, DB_READ, "SELECT version FROM sen.person WHERE id = $1::uuid");

void national_id_seal(struct op *op, struct str id, struct str *ret_hash, struct str *ret_sealed)
{
	*ret_hash = keyring_hash(op->arena, op->keys, KEY_LOOKUP, "national_id", id);
	*ret_sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), "national_id", *ret_hash, id);
}

static int open_number(struct op *op, struct str hash_hex, struct str sealed, struct str *ret_id)
{
	struct str hash;

	*ret_id = STR_NULL;
	if (str_is_null(sealed))
		return 0;
	if (!hex_decode(op->arena, hash_hex, &hash) ||
	    !aead_open(op->arena, keyring_key(op->keys, KEY_AT_REST), "national_id", hash, sealed, ret_id) || !national_id_is_valid(*ret_id))
		return op_fail_detail(op, ERR_CRYPTO, "a sealed value cannot be opened", "personal number");
	return 0;
}

/* plain: the number in full, for whoever may. */
static int load(struct op *op, const struct principal *p, const char *right, struct str employee_code, struct person_record *ret,
                struct str *ret_plain)
{
	struct db_rows rows;
	int r = db_run(op, &person_record_q, &rows, P_STR(employee_code), P_STR(p->account_id), P_C(right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	*ret = (struct person_record){
		.person = { .id = db_str(&rows, 0, 0), .employee_code = db_str(&rows, 0, 1), .kind = db_str(&rows, 0, 2), .ho = db_str(&rows, 0, 3),
		            .dem = db_str(&rows, 0, 4), .ten = db_str(&rows, 0, 5), .full_name = db_str(&rows, 0, 6), .birth_date = db_str(&rows, 0, 7) },
		.sex = db_str(&rows, 0, 8),
		.state = db_str(&rows, 0, 9),
		.legal_hold = db_bool(&rows, 0, 12),
		.version = db_i64(&rows, 0, 13),
	};
	r = open_number(op, db_str(&rows, 0, 10), db_str(&rows, 0, 11), ret_plain);
	if (r == 0 && !str_is_null(*ret_plain))
		ret->national_id = national_id_mask(op->arena, *ret_plain);
	return r;
}

int person_admin_get(struct op *op, const struct principal *p, struct str employee_code, struct person_record *ret_record)
{
	struct str plain;

	return load(op, p, "read", employee_code, ret_record, &plain);
}

int person_admin_find(struct op *op, const struct principal *p, const char *right, struct str employee_code, struct person *ret_person)
{
	struct db_rows rows;
	int r = person_find(op, employee_code, ret_person);

	if (r < 0)
		return r;
	r = db_run(op, &person_may_manage_q, &rows, P_STR(p->account_id), P_C(right), P_STR(ret_person->id));
	if (r < 0)
		return r;
	if (db_bool(&rows, 0, 2))
		return governance_refuse(op, ERR_SELF_GRANT);
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	return db_bool(&rows, 0, 1) ? 0 : governance_refuse(op, ERR_OUT_OF_SCOPE);
}

unsigned national_id_warnings(struct str id, struct str sex, struct str birth_date)
{
	unsigned warnings = 0;

	if (str_is_null(id))
		return 0;
	if (!national_id_fits_place(id))
		warnings |= NATIONAL_ID_PLACE;
	if (!str_is_null(sex) && !national_id_fits_sex(id, sex))
		warnings |= NATIONAL_ID_SEX;
	if (!str_is_null(birth_date) && !national_id_fits_year(id, birth_date))
		warnings |= NATIONAL_ID_YEAR;
	return warnings;
}

static struct str either(struct str given, struct str kept)
{
	return str_is_null(given) ? kept : given;
}

/* "Nguyễn Văn An" from its parts, of which only the last must be. */
static struct str join_name(struct arena *a, struct str ho, struct str dem, struct str ten)
{
	return arena_printf(a, "%.*s%s%.*s%s%.*s", STR_ARG(ho), str_is_empty(ho) ? "" : " ", STR_ARG(dem), str_is_empty(dem) ? "" : " ",
	                    STR_ARG(ten));
}

/* Which members are not what they were; never what they are. */
static json_t *changed_members(const struct person_edit *edit)
{
	const struct {
		const char *name;
		struct str value;
	} members[] = { { "kind", edit->kind }, { "ho", edit->ho }, { "dem", edit->dem }, { "ten", edit->ten },
		        { "birth_date", edit->birth_date }, { "sex", edit->sex }, { "national_id", edit->national_id } };
	json_t *data = json_new_object(), *list = json_new_array();

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (!str_is_null(members[i].value))
			json_array_append_new(list, json_from_str(str_c(members[i].name)));
	json_set_take(data, "members", list);
	return data;
}

static int write_edit(struct op *op, const struct principal *p, const struct person_record *old, const struct person_edit *edit)
{
	struct str full_name = join_name(op->arena, either(edit->ho, old->person.ho), either(edit->dem, old->person.dem),
	                                 either(edit->ten, old->person.ten));
	struct str hash = STR_NULL, sealed = STR_NULL;
	struct db_rows rows;
	int r;

	if (!str_is_null(edit->national_id))
		national_id_seal(op, edit->national_id, &hash, &sealed);
	r = db_run(op, &person_edit_q, &rows, P_STR(old->person.id), P_STR(p->account_id), P_STR(edit->kind), P_STR(edit->ho),
	           P_STR(edit->dem), P_STR(edit->ten), P_STR(full_name), P_STR(text_fold(op->arena, full_name)), P_STR(edit->birth_date),
	           P_STR(edit->sex), P_BYTES(hash), P_STR(sealed), P_I64(edit->version));
	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

int person_admin_edit(struct op *op, const struct principal *p, struct str employee_code, const struct person_edit *edit,
                      struct person_record *ret_record, unsigned *ret_warnings)
{
	struct person_record old;
	struct person person;
	struct str plain;
	int r = person_admin_find(op, p, "personnel", employee_code, &person);

	if (r == 0)
		r = load(op, p, "personnel", employee_code, &old, &plain);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "person.edit", .person_id = person.id, .object = person.employee_code };
	r = db_begin(op);
	if (r < 0)
		return r;
	r = governance_commit(op, p, write_edit(op, p, &old, edit), &act, changed_members(edit));
	if (r < 0)
		return r;
	r = load(op, p, "personnel", employee_code, ret_record, &plain);
	if (r == 0)
		*ret_warnings = national_id_warnings(plain, ret_record->sex, ret_record->person.birth_date);
	return r;
}

int person_admin_unmask(struct op *op, const struct principal *p, struct str employee_code, struct str reason, struct str *ret_national_id)
{
	struct person_record record;
	struct str plain;
	json_t *data;
	int r = load(op, p, "unmask", employee_code, &record, &plain);

	if (r < 0)
		return r;
	if (str_is_null(plain))
		return op_fail(op, ERR_NOT_FOUND, "no personal number is on record");
	r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "person.unmask", .person_id = record.person.id, .object = record.person.employee_code };
	data = json_new_object();
	json_set_str(data, "reason", reason);
	r = governance_commit(op, p, 0, &act, data);
	/* Not before the record stands. */
	if (r == 0)
		*ret_national_id = plain;
	return r;
}

static int not_lifted(struct op *op, struct str person_id, int64_t version, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &person_version_q, &rows, P_STR(person_id));

	db_rollback(op);
	*ret_changed = false;
	return r < 0 || db_i64(&rows, 0, 0) == version ? r : op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

int person_admin_lift_hold(struct op *op, const struct principal *p, const struct hold_lifting *lifting, bool *ret_changed)
{
	struct person person;
	struct db_rows rows = { 0 };
	json_t *data;
	int r = person_admin_find(op, p, "personnel", lifting->employee_code, &person);

	if (r < 0)
		return r;
	const struct governance_act act = { .action = "person.legal_hold_lift", .person_id = person.id, .object = person.employee_code };
	r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &person_hold_lift_q, &rows, P_STR(person.id), P_STR(p->account_id), P_I64(lifting->version));
	if (r == 0 && rows.n == 0)
		return not_lifted(op, person.id, lifting->version, ret_changed);
	data = json_new_object();
	json_set_str(data, "reason", lifting->reason);
	*ret_changed = true;
	return governance_commit(op, p, r, &act, data);
}
