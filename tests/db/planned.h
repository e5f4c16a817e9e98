/*
 * planned.h: a database with facts for the planner, and what the engine does with them: plan, claim, end.
 *
 * PLANNED_FACTS: unit 40, platform P02 (id 2) with the role MC, and in SQL
 *   people(n)     officials NV0 … NVn of unit 40, with accounts nv0 … nvn
 *   give(who)     the role, by nv0, to all whose user name is LIKE who; take(who): away again
 *   settle(ago)   as if everything due had been brought there, an hour ago unless told otherwise
 */
#pragma once

#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "provisioning/reconcile.h"
#include "tests/db/migrated.h"

#define MAIL_DOMAIN STR("nghean.example")

#define PLANNED_FACTS \
	FACT_UNIT FACT_P02 \
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true);" \
	"CREATE FUNCTION people(n integer) RETURNS void LANGUAGE sql AS $$" \
	" INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)" \
	" SELECT gen_random_uuid(), 'NV' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(0, n) i;" \
	" INSERT INTO sen.post SELECT id, gen_random_uuid(), 1, 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;" \
	" INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person $$;" \
	"CREATE FUNCTION give(who text) RETURNS void LANGUAGE sql AS $$" \
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)" \
	" SELECT a.id, gen_random_uuid(), 1, 1, 'QĐ', now(), g.id FROM sen.account a, sen.account g" \
	" WHERE a.login LIKE who AND g.login = 'nv0' AND a.login <> 'nv0' $$;" \
	"CREATE FUNCTION take(who text) RETURNS void LANGUAGE sql AS $$" \
	" UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv0')" \
	" WHERE account_id IN (SELECT id FROM sen.account WHERE login LIKE who) AND revoked_at IS NULL $$;" \
	"CREATE FUNCTION settle(ago interval DEFAULT '1 hour') RETURNS void LANGUAGE sql AS $$" \
	" UPDATE sen.binding b SET state = 0, seen_hash = want_hash, seen_active = want_active, seen_gen = want_gen, due_at = NULL," \
	" ext_id = coalesce(ext_id, 'e-' || a.login), seen_at = now() - ago FROM sen.account a WHERE a.id = b.account_id $$;"

/* One batch of the planner, added to the sum: whether there was anybody to plan for. */
bool plan_batch(struct arena *a, struct reconcile_report *sum);
/* All of them: how many bindings changed. */
size_t plan_all(struct arena *a);

/* Of P02. */
size_t claim(struct arena *a, int64_t limit, int64_t lease_s, const struct work **ret_work);
/* Ends one operation; false when it had been fenced off. */
bool complete(struct arena *a, const struct work *work, const struct result *result);
