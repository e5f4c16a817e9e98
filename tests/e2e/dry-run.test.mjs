// A dry run of any change: what would be sent, and nothing of it done.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { scimUsers, senctl, senctlJson, until } from '../../deploy/driver/world.mjs';
import { call, matrix, routeOf, routes } from './lib/api.mjs';
import { communesWithPeople, deputy, filled, setRights, thingsIn } from './lib/things.mjs';
import { ctl } from './lib/servers.mjs';
import { administrator, basis, env, freshEmployee, grant, official, p02, p03, run, sql, tokensFor } from './lib/world.mjs';

// Planned first: between two looks the planner may have found something to do.
const settled = (login) => async () => (await sql('SELECT count(*) FROM sen.dirty_account d JOIN sen.account a ON a.id = d.account_id WHERE a.login = $1', login))[0][0] === '0'
  && (await sql(`SELECT count(*) > 0 AND bool_and(b.state = 0 AND b.want_hash = b.seen_hash) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id
    WHERE a.login = $1`, login))[0][0] === 't';
const tried = async (who, key, request = {}) => call(routeOf(key), await who.accessToken(), { ...request, query: { ...request.query, dry_run: 'all' } });

// Of every table, whatever the order of its rows.  The audit has its own record of each dry run; the others belong to the running server, and to our own
// sign-in, whose token lasts a minute.
const OTHERS = ['audit', 'audit_head', 'audit_checkpoint', 'idempotency', 'auth_code', 'token_family'];
async function checksums() {
  const rows = await sql(`SELECT t.relname, (xpath('/row/h/text()', query_to_xml(format(
    'SELECT coalesce(sum(hashtextextended(x::text, 0)::numeric), 0)::text || ''/'' || count(*) AS h FROM sen.%I x', t.relname), true, true, '')))[1]
    FROM pg_class t WHERE t.relnamespace = 'sen'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition ORDER BY 1`);
  return Object.fromEntries(rows.filter(([name]) => !OTHERS.includes(name)));
}
const recorded = async () => Number((await sql(`SELECT count(*) FROM sen.audit WHERE action = 'dry_run'`))[0][0]);

let admin;
before(async () => { admin = await administrator(); });
after(async () => { await ctl('start', 'sen-provisioner').catch(() => {}); });

test('a first grant: created in the directory and on the platform, with all attributes; nothing is left', async () => {
  await admin.accessToken();
  await ctl('stop', 'sen-provisioner'); // it may still be at work on what others left
  const code = await freshEmployee(), before_ = await checksums(), n = await recorded();
  const answer = await tried(admin, 'POST /api/v1/grants', { body: { employee_code: code, platform: 'P02', role: p02.role, basis } });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('content-type'), /^application\/vnd\.sen\.dry-run\+json/);
  assert.equal(answer.json.answer.status, 201);
  assert.equal(answer.json.sends_nothing, false);
  assert.deepEqual(answer.json.accounts, { woken: 1, planned: 1 });
  assert.deepEqual(answer.json.platforms.map((p) => [p.platform, p.create, p.update, p.disable, p.look_up]), [['DIR', 1, 0, 0, 0], ['P02', 1, 0, 0, 0]]);
  const there = answer.json.operations.find((o) => o.platform === 'P02');
  assert.equal(there.operation, 'create');
  assert.equal(there.before, null);
  assert.equal(there.after.employee, code);
  assert.deepEqual(there.after.roles.map((r) => r.code), [p02.role]);
  assert.equal(there.login, answer.json.answer.body.login);
  assert.deepEqual(await checksums(), before_);
  await ctl('start', 'sen-provisioner');
  assert.equal(await recorded(), n + 1, 'the reading is on record');
  assert.equal((await sql('SELECT count(*) FROM sen.account WHERE login = $1', there.login))[0][0], '0');
});

test('what was tried is what is then sent: a second role, a revocation, and the platforms agree', async () => {
  const employee = await freshEmployee(), { login } = await grant(employee, p02);
  await until('settled', settled(login));
  const more = { employee_code: employee, platform: 'P03', role: p03.role, basis };
  const first = await tried(admin, 'POST /api/v1/grants', { body: more });
  assert.deepEqual(first.json.operations.map((o) => [o.platform, o.operation, o.changed]).map(([p, o, c]) => [p, o, c.length > 3 ? 'all' : c]),
    [['DIR', 'update', ['roles']], ['P03', 'create', 'all']]);
  assert.ok(first.json.operations.every((o) => !o.pending));
  await grant(employee, p03);
  await until('settled', settled(login));
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', login);
  const last = await tried(admin, 'POST /api/v1/grants/revoke', { body: { login, platform: 'P02', reason: 'Thôi việc' } });
  const off = last.json.operations.find((o) => o.platform === 'P02');
  assert.equal(off.operation, 'disable');
  assert.equal(off.before.active, true);
  assert.deepEqual(off.after, { active: false });
  assert.equal(last.json.platforms.find((p) => p.platform === 'P02').disable, 1);
  assert.equal((await scimUsers(env, `externalId eq "${id}"`))[0].active, true);
  const log = async () => (await sql(`SELECT p.code, l.op FROM sen.op_log l JOIN sen.platform p ON p.id = l.platform_id WHERE l.account_id = $1 AND l.op <> 'none' ORDER BY l.at`, id)).map((r) => r.join(' '));
  const sofar = (await log()).length;
  assert.equal((await admin.api('POST', '/grants/revoke', { login, platform: 'P02', reason: 'Thôi việc' })).status, 200);
  await until('settled', settled(login));
  assert.deepEqual((await log()).slice(sofar).sort(), last.json.operations.map((o) => `${o.platform} ${o.operation}`).sort());
});

test('nothing would be sent: a comment, a unit\'s new parent office; a future grant says when', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  await until('settled', settled(login));
  const again = await tried(admin, 'POST /api/v1/accounts/{login}/unlock', { args: [login], body: {} });
  assert.equal(again.status, 200, again.text);
  assert.deepEqual([again.json.sends_nothing, again.json.complete, again.json.units, again.json.later], [true, true, [], []]);
  assert.deepEqual(again.json.operations, []);
  const later = await tried(admin, 'POST /api/v1/grants', { body: { login, platform: 'P03', role: p03.role, basis, valid_from: '2099-01-01' } });
  assert.equal(later.status, 200, later.text);
  assert.equal(later.json.sends_nothing, true);
  assert.equal(later.json.not_before, '2098-12-31T17:00:00Z');
});

test('what the provisioner takes up by itself is never nothing: an entry of a unit, a listing, deletions that are switched on', async () => {
  const [[code, name]] = await until('an entry of a unit', async () => (rows => rows.length > 0 && rows)(await sql(`SELECT u.code, u.name FROM sen.unit u JOIN sen.unit_shown s ON s.unit_id = u.id AND s.name = u.name
    WHERE u.kind = 'division' AND u.valid_to IS NULL AND NOT EXISTS (SELECT FROM sen.post o WHERE o.unit_id = u.id) ORDER BY u.code LIMIT 1`)));
  const seen = await admin.api('GET', `/units/${code}`);
  const renamed = await tried(admin, 'PATCH /api/v1/units/{code}', { args: [code], body: { name: `${name} mới` }, headers: { 'if-match': `"${seen.json.version}"` } });
  assert.equal(renamed.status, 200, renamed.text);
  assert.equal(renamed.json.sends_nothing, false);
  assert.deepEqual(renamed.json.units.map((u) => [u.platform, u.unit, u.operation, u.before.name, u.after.name]), [['DIR', code, 'change', name, `${name} mới`]]);
  const listed = await tried(admin, 'POST /api/v1/platforms/{code}/observations', { args: ['P02'], body: {} });
  assert.equal(listed.status, 200, listed.text);
  assert.deepEqual([listed.json.sends_nothing, listed.json.complete, listed.json.later], [false, false, ['listing']]);
  const rules = await admin.api('GET', '/platforms/P02/provisioning');
  const off = await tried(admin, 'PUT /api/v1/platforms/{code}/provisioning', { args: ['P02'], body: { operations: ['create', 'update', 'disable', 'delete'] },
    headers: { 'if-match': rules.headers.get('etag') } });
  assert.equal(off.status, 200, off.text);
  assert.deepEqual([off.json.sends_nothing, off.json.later], [false, ['deletion']]);
});

test('disabling an account that is signed in: its platforms, and the logout tokens', async () => {
  const person = await official(p03);
  await tokensFor(person.agent, p03);
  await until('settled', settled(person.login));
  const answer = await tried(admin, 'POST /api/v1/accounts/{login}/disable', { args: [person.login], body: { reason: 'Thôi việc' } });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json.operations.map((o) => `${o.platform} ${o.operation}`), ['DIR disable', 'P03 disable']);
  assert.deepEqual((await sql('SELECT count(*) FROM sen.session WHERE account_id = $1 AND ended_at IS NULL', person.id))[0], ['1']);
  assert.deepEqual(answer.json.messages, [{ kind: 'logout', destination: 'p03', n: 1 }]);
});

test('a pending earlier change is told; what was to be created and was not is only asked about', async () => {
  await ctl('stop', 'sen-provisioner');
  const { login, id } = await grant(await freshEmployee(), p02);
  const answer = await tried(admin, 'POST /api/v1/grants/{id}/revoke', { args: [id], body: { login, reason: 'x' } });
  await ctl('start', 'sen-provisioner');
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json.operations, [], 'not planned yet, so nothing was ever on its way');
});

test('more operations than one answer lists come page by page, each once', async () => {
  const key = 'POST /api/v1/grants/bulk', employees = (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today()
    WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id) ORDER BY p.employee_code DESC LIMIT 120`)).map(([code]) => code);
  const body = { grants: employees.map((code) => ({ employee_code: code, platform: 'P02', role: p02.role, basis })) }, seen = [], sizes = [];
  for (let next; next !== null;) {
    const { status, json, text } = await tried(admin, key, { body, query: next ? { dry_run_after: next } : {} });
    assert.equal(status, 200, text);
    assert.ok(sizes.length < 10, 'no end');
    seen.push(...json.operations.map((o) => `${o.platform}:${o.login}`));
    sizes.push(json.operations.length);
    assert.equal(json.platforms.reduce((n, p) => n + p.create, 0), 240, 'the numbers are of all');
    assert.equal(seen.length + json.left_off, 240);
    ({ next } = json);
    if (next) assert.equal(next, seen.at(-1));
  }
  assert.deepEqual(sizes, [100, 100, 40]);
  assert.equal(new Set(seen).size, 240);
  for (const query of [{ dry_run_after: 'P02' }, { dry_run_after: ':x' }, { dry_run_after: 'P02:' }])
    assert.equal((await tried(admin, key, { body, query })).status, 400, JSON.stringify(query));
  // Without the other it is no dry run, and must not be the change either.
  assert.equal((await admin.api('POST', '/grants/bulk?dry_run_after=P02:a', body)).status, 400);
});

test('scope: of what the caller may not see only the number is told', async () => {
  const [commune] = await communesWithPeople(1, 2);
  const who = await deputy(commune, ['grant', 'revoke', 'read']);
  const [[employee]] = await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' JOIN sen.unit u ON u.id = o.unit_id
    JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%' WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id) ORDER BY 1 LIMIT 1`, commune);
  const request = { body: { employee_code: employee, platform: 'P02', role: p02.role, basis } };
  assert.equal((await tried(who, 'POST /api/v1/grants', request)).json.operations.length, 2);
  await setRights(who, ['grant']);
  const blind = await tried(who, 'POST /api/v1/grants', request);
  assert.equal(blind.status, 200, blind.text);
  assert.deepEqual(blind.json.operations, []);
  assert.deepEqual(blind.json.platforms.map((p) => [p.platform, p.create, p.not_shown]), [['DIR', 1, 1], ['P02', 1, 1]]);
  assert.ok(!JSON.stringify(blind.json.platforms).includes(employee));
  await setRights(who, ['read']);
  assert.equal((await tried(who, 'POST /api/v1/grants', request)).status, 403, 'no right, no try');
});

test('what cannot be tried says so; what is not known is not done', async () => {
  const later = await tried(admin, 'POST /api/v1/reorganisations/{id}/approve', { body: {}, headers: { 'if-match': '"1"' } });
  assert.equal(later.status, 422);
  assert.equal(later.json.code, 'no_dry_run');
  const body = { employee_code: await freshEmployee(), platform: 'P02', role: p02.role, basis };
  for (const query of [{ dryrun: 'all' }, { dry_run: 'true' }, { dry_run: '' }, { 'dry-run': 'all' }]) {
    const answer = await admin.api('POST', `/grants?${new URLSearchParams(query)}`, body);
    assert.equal(answer.status, 400, JSON.stringify(query));
  }
  assert.equal((await admin.api('POST', '/grants?dry_run=all&dry_run=all', body)).status, 400);
  assert.equal((await sql(`SELECT count(*) FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = $1`, body.employee_code))[0][0], '0');
  assert.equal((await tried(admin, 'POST /api/v1/grants', { body: { ...body, role: 'NOSUCH' } })).status, 404, 'a refusal is the refusal');
});

test('an Idempotency-Key is not used up; an activation code is not told', async () => {
  const token = await admin.accessToken(), key = { 'idempotency-key': `"dr-${Date.now()}"` };
  const body = { employee_code: await freshEmployee(), platform: 'P02', role: p02.role, basis };
  assert.equal((await call(routeOf('POST /api/v1/grants'), token, { body, query: { dry_run: 'all' }, headers: key })).status, 200);
  const done = await call(routeOf('POST /api/v1/grants'), token, { body, headers: key });
  assert.equal(done.status, 201, done.text);
  const secret = await tried(admin, 'POST /api/v1/accounts/{login}/activation', { args: [done.json.login], body: {} });
  assert.equal(secret.status, 200, secret.text);
  assert.deepEqual(secret.json.answer, { status: 201, body: null });
});

test('every changing route answers a dry run and leaves the database as it was', async (t) => {
  const [commune] = await communesWithPeople(1, 3);
  const things = await thingsIn(commune, 'DR');
  await until('nothing to plan', async () => (await sql('SELECT count(*) FROM sen.dirty_account'))[0][0] === '0');
  await ctl('stop', 'sen-provisioner');
  await admin.accessToken();
  const start = await checksums();
  const argued = [], answered = [], refused = [];
  for (const route of routes) {
    if (route.method === 'GET' || route.guards.length === 0) continue;
    const row = matrix.find((r) => r.route === route.key);
    const answer = await tried(admin, route.key, filled(row, things));
    if (route.no_dry_run) {
      argued.push(route.key);
      assert.equal(answer.json.code, 'no_dry_run', `${route.key}: ${answer.text}`);
    } else if (answer.status === 200) {
      answered.push(route.key);
      assert.equal(answer.json.dry_run, true, route.key);
    } else {
      refused.push(`${route.key} ${answer.status} ${answer.json?.code}`);
      assert.ok(answer.status < 500, `${route.key}: ${answer.text}`);
    }
  }
  assert.deepEqual(await checksums(), start);
  await ctl('start', 'sen-provisioner');
  t.diagnostic(`${answered.length} answered, ${argued.length} argued, ${refused.length} refused: ${refused.join(', ')}`);
  assert.deepEqual(argued.sort(), ['POST /api/v1/accounts/{login}/provision', 'POST /api/v1/persons/{employee_code}/unmask', 'POST /api/v1/reorganisations/{id}/approve']);
  assert.ok(answered.length >= 30, refused.join('\n'));
});

test('senctl --dry-run prints a table, does nothing, and refuses what does not go through the API', async () => {
  const code = await freshEmployee();
  const args = ['--lang', 'en', '--dry-run', 'grant', '--employee-code', code, '--platform', 'P02', '--role', p02.role, '--basis', basis];
  const text = await senctl(env, args);
  assert.match(text, /nothing was done/);
  assert.match(text, /^P02 +1 +0 +0 +0 +0/m);
  assert.match(text, new RegExp(`employee: - → ${code}`));
  const json = await senctlJson(env, args);
  assert.equal(json.dry_run, true);
  const [first, second] = json.operations;
  const rest = await senctlJson(env, [...args.slice(0, 3), '--after', `${first.platform}:${first.login}`, ...args.slice(3)]);
  assert.deepEqual([rest.operations.map((o) => o.platform), rest.left_off, rest.next], [[second.platform], 0, null]);
  assert.equal((await sql(`SELECT count(*) FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = $1`, code))[0][0], '0');
  await assert.rejects(senctl(env, ['--dry-run', 'audit', 'retention']), /--dry-run/);
});
