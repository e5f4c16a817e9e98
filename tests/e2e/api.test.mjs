// What holds for every endpoint of the administration API: who may call it, what it answers, keys of repeated
// requests, paging, changes against a state.  Endpoints come from the program's own route table.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import { call, matrix, operationOf, parametersOf, routeOf, routes } from './lib/api.mjs';
import { RIGHTS, communesWithPeople, deputy, filled, setRights, thingsIn } from './lib/things.mjs';
import { Administrator, administrator, basis, codeFor, env, freshEmployee, grant, official, p02, p03, sql, tokensFor } from './lib/world.mjs';
import { post } from '../../deploy/driver/world.mjs';

const grants = routeOf('POST /api/v1/grants');
const asked = async (extra = {}) => ({ employee_code: await freshEmployee(), platform: 'P02', role: p02.role, basis, ...extra });
const withKey = (key) => ({ 'idempotency-key': `"${key}"` });

let communes, things, ours, department, auditor, elsewhere;
before(async () => {
  communes = await communesWithPeople(2);
  const [[dept]] = await sql(`SELECT code FROM sen.unit WHERE kind = 'department' ORDER BY 1 LIMIT 1`);
  ours = await deputy(communes[0]);
  department = await deputy(dept, RIGHTS);
  auditor = await deputy('40', ['read', 'audit']);
  elsewhere = communes[1];
  things = await thingsIn(elsewhere, 'XA');
});

const requestOf = (row) => filled(row, things);

function expectClass(row, who, answer, expected) {
  assert.ok(expected.includes(answer.status), `${row.route} as ${who}: ${answer.status}, expected ${expected}\n${answer.text}`);
}

test('each endpoint has a row, each row an endpoint', () => {
  assert.deepEqual(matrix.map((row) => row.route).sort(), routes.map((route) => route.key).sort());
});

test('without a token, by a platform\'s token, without scope admin, with an old sign-in: the door is shut', async () => {
  const plain = await official(p02);
  const { access_token: platforms } = await tokensFor(plain.agent, p02);
  const nobody = await new Administrator(plain.agent, plain.login, plain.password).accessToken();
  const admin = await administrator();
  const { answer, proof } = await codeFor(admin.agent, { id: 'senctl', redirect: 'http://127.0.0.1:9/callback' }, { scope: 'openid' });
  const unscoped = (await post(`${env.SEN_ISSUER}/token`, { grant_type: 'authorization_code', client_id: 'senctl', code: answer.get('code'),
    redirect_uri: 'http://127.0.0.1:9/callback', code_verifier: proof.verifier })).json.access_token;
  const old = await deputy('40', RIGHTS);
  await sql(`UPDATE sen.session SET auth_time = auth_time - interval '12 hours 1 minute' WHERE account_id = $1`, old.person.id);
  const stale = await old.accessToken();
  for (const row of matrix) {
    if (row.needs === null) continue;
    const route = routeOf(row.route), request = requestOf(row);
    expectClass(row, 'nobody', await call(route, undefined, request), [401]);
    expectClass(row, 'garbage', await call(route, 'x.y.z', request), [401]);
    const foreign = await call(route, platforms, request);
    expectClass(row, 'a platform', foreign, [401, 403]);
    expectClass(row, 'an official without a scope', await call(route, nobody, request), row.official ?? [403]);
    const bare = await call(route, unscoped, request);
    expectClass(row, 'an administrator\'s token without scope admin', bare, [401, 403]);
    const late = await call(route, stale, request);
    expectClass(row, 'an old sign-in', late, [401]);
    assert.equal(late.json.code, 'insufficient_user_authentication');
  }
});

test('a commune\'s administrator with one right each: the right decides, and only at home', async () => {
  for (const right of RIGHTS) {
    await setRights(ours, [right]);
    for (const row of matrix) {
      if (row.needs === null) continue;
      const answer = await call(routeOf(row.route), await ours.accessToken(), requestOf(row));
      const may = row.needs.length === 0 || row.needs.includes(right);
      expectClass(row, `commune with ${right}`, answer, may ? row.elsewhere : [403]);
    }
  }
});

test('a department\'s administrator with every right has none over a commune; an auditor only looks', async () => {
  for (const row of matrix) {
    if (row.needs === null) continue;
    const route = routeOf(row.route);
    expectClass(row, 'department', await call(route, await department.accessToken(), requestOf(row)), row.elsewhere);
    const looks = row.needs.length === 0 || row.needs.some((right) => ['read', 'audit'].includes(right));
    expectClass(row, 'auditor', await call(route, await auditor.accessToken(), requestOf(row)), looks ? row.province : [403]);
  }
});

test('the province\'s administrator may', async () => {
  const admin = await administrator();
  for (const row of matrix) {
    const token = row.needs === null ? undefined : await admin.accessToken();
    const route = routeOf(row.route), request = requestOf(row);
    // A preview of its own is another answer.
    const isTried = !row.query?.dry_run && route.guards.length > 0 && route.method !== 'GET' && !route.no_dry_run;
    const tried = isTried ? await call(route, token, { ...request, query: { ...request.query, dry_run: 'all' } }) : undefined;
    const done = await call(route, token, request);
    expectClass(row, 'province', done, row.province);
    // What is tried is what is done.
    if (tried) assert.equal(tried.status === 200 ? tried.json.answer.status : tried.status, done.status, `${row.route}, tried: ${tried.text.slice(0, 400)}\ndone: ${done.text.slice(0, 400)}`);
  }
});

test('hostile input: every endpoint answers as the document says, never with 500', async () => {
  const token = await (await administrator()).accessToken();
  const bodies = [{}, { x: 1 }, { login: null }, { login: 'a\u0000b' }, { basis: 'x'.repeat(9000) }, { rights: [[]] }];
  for (const route of routes) {
    if (!route.guards.includes('admin')) continue;
    const query = Object.fromEntries(route.params.filter((p) => p.required).map((p) => [p.name, '%']));
    const tries = route.body === 'json' && route.method !== 'GET' ? bodies : [undefined];
    for (const body of tries) {
      for (const args of [["' OR 1=1 --", 'a..b', '\u202e'], ['-1', '9'.repeat(30), 'x']]) {
        const answer = await call(route, token, { args, query: Object.keys(query).length ? query : undefined, body });
        assert.ok(answer.status < 500, `${route.key}: ${answer.status} ${answer.text}`);
      }
    }
  }
});

test('lists: limit and after are checked wherever they are', async () => {
  const token = await (await administrator()).accessToken();
  let seen = 0;
  for (const route of routes) {
    const names = route.params.map((p) => p.name);
    const row = matrix.find((r) => r.route === route.key);
    const sent = requestOf(row);
    if (names.includes('limit')) {
      for (const limit of ['0', '-1', '201', 'x', '1e1']) {
        const answer = await call(route, token, { ...sent, query: { ...sent.query, limit } });
        assert.ok([400, 404, 422].includes(answer.status), `${route.key}: limit=${limit}: ${answer.status} ${answer.text}`);
      }
    }
    if (names.includes('after')) {
      seen += 1;
      for (const after of ['x', '0', 'W10', Buffer.from('[1]').toString('base64url')]) {
        const answer = await call(route, token, { ...sent, query: { ...sent.query, after } });
        assert.ok([400, 404, 422].includes(answer.status), `${route.key}: after=${after}: ${answer.status} ${answer.text}`);
      }
    }
  }
  assert.ok(seen > 0);
});

test('changes against a state: If-Match is required, and is one tag', async () => {
  const token = await (await administrator()).accessToken();
  for (const route of routes) {
    if (!parametersOf(operationOf(route)).some((p) => p.name === 'If-Match')) continue;
    const sent = requestOf(matrix.find((r) => r.route === route.key));
    const without = await call(route, token, { ...sent, headers: {} });
    assert.ok([428, 400, 404].includes(without.status), `${route.key}: ${without.status} ${without.text}`);
    for (const tag of ['*', 'W/"1"', '"1", "2"', '1', '"x"']) {
      const answer = await call(route, token, { ...sent, headers: { 'if-match': tag } });
      assert.ok([400, 404].includes(answer.status), `${route.key}: If-Match ${tag}: ${answer.status} ${answer.text}`);
    }
  }
});

test('Idempotency-Key: the same request twice is one, and gets the same answer', async () => {
  const token = await (await administrator()).accessToken(), key = randomUUID(), body = await asked();
  const first = await call(grants, token, { body, headers: withKey(key) });
  assert.equal(first.status, 201, first.text);
  assert.equal(first.headers.get('idempotent-replayed'), null);
  const second = await call(grants, token, { body, headers: withKey(key) });
  assert.equal(second.status, 201, 'the stored answer, not that of asking again');
  assert.equal(second.text, first.text);
  assert.equal(second.headers.get('idempotent-replayed'), 'true');
  const other = await call(grants, token, { body: { ...body, basis: `${basis} (khác)` }, headers: withKey(key) });
  assert.equal(other.status, 422);
  assert.equal(other.json.code, 'idempotency_key_reused');
  const elsewhereUsed = await call(routeOf('POST /api/v1/admin-scopes'), token, { body: { login: first.json.login, unit: elsewhere, rights: ['read'] }, headers: withKey(key) });
  assert.equal(elsewhereUsed.status, 422, 'another endpoint is another request');
  const [[stored]] = await sql('SELECT answer FROM sen.idempotency WHERE key = $1', key);
  assert.ok(stored && !stored.includes(first.json.login), 'answers are kept sealed');
});

test('Idempotency-Key: of 50 at once one makes it, the others get its answer or wait', async () => {
  const token = await (await administrator()).accessToken(), key = randomUUID(), body = await asked();
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(grants, token, { body, headers: withKey(key) })));
  assert.equal(answers.filter((a) => a.status === 201 && !a.headers.get('idempotent-replayed')).length, 1);
  const ids = new Set();
  for (const answer of answers) {
    if (answer.status === 201) ids.add(answer.json.id);
    else {
      assert.equal(answer.status, 409, answer.text);
      assert.equal(answer.json.code, 'idempotency_key_in_use');
      assert.equal(answer.headers.get('retry-after'), '1');
    }
  }
  assert.equal(ids.size, 1);
  const [[n]] = await sql(`SELECT count(*) FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.person p ON p.id = a.person_id
    WHERE p.employee_code = $1`, body.employee_code);
  assert.equal(n, '1');
});

test('Idempotency-Key: a refused request frees its key; another account has keys of its own', async () => {
  const token = await (await administrator()).accessToken(), key = randomUUID(), body = await asked();
  assert.equal((await call(grants, token, { body: { ...body, role: 'NOSUCH' }, headers: withKey(key) })).status, 404);
  assert.equal((await call(grants, token, { body, headers: withKey(key) })).status, 201);
  const colleague = await deputy('40', RIGHTS);
  assert.equal((await call(grants, await colleague.accessToken(), { body: await asked(), headers: withKey(key) })).status, 201);
});

test('Idempotency-Key: an answer with a secret is never stored', async () => {
  const admin = await administrator(), token = await admin.accessToken(), key = randomUUID();
  const { login } = await grant(await freshEmployee(), p02);
  const route = routeOf('POST /api/v1/accounts/{login}/activation');
  const first = await call(route, token, { args: [login], body: {}, headers: withKey(key) });
  assert.equal(first.status, 201);
  const again = await call(route, token, { args: [login], body: {}, headers: withKey(key) });
  assert.equal(again.status, 409);
  assert.equal(again.json.code, 'answer_not_kept');
  assert.deepEqual(await sql('SELECT answered, answer IS NULL FROM sen.idempotency WHERE key = $1', key), [['t', 't']]);
});

test('Idempotency-Key: what is no key is refused', async () => {
  const token = await (await administrator()).accessToken();
  for (const key of ['""', 'a b', `"${'x'.repeat(129)}"`, '"a"b"']) {
    const answer = await call(grants, token, { body: await asked(), headers: { 'idempotency-key': key } });
    assert.equal(answer.status, 400, `${key}: ${answer.text}`);
  }
});

const bulk = routeOf('POST /api/v1/grants/bulk');
const grantsOf = async (...employees) => Number((await sql(`SELECT count(*) FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id
  JOIN sen.person p ON p.id = a.person_id WHERE g.revoked_at IS NULL AND p.employee_code IN (SELECT unnest(string_to_array($1, ',')))`, employees.join(',')))[0][0]);

test('bulk: each row has a result of its own; all_or_nothing leaves nothing of a list with one bad row', async () => {
  const token = await (await administrator()).accessToken();
  const [a, b] = [await asked(), await asked()];
  const bad = [{ ...(await asked()), role: 'NOSUCH' }, { ...(await asked()), valid_to: 'x' }, { platform: 'P02' }, { ...(await asked()), platform: 'D01', role: 'CB_NHAPLIEU' }];
  const strict = await call(bulk, token, { body: { all_or_nothing: true, grants: [a, bad[0], b] } });
  assert.equal(strict.status, 200);
  assert.equal(strict.json.committed, false);
  assert.deepEqual(strict.json.results.map((r) => r.result), ['not_done', 'refused', 'not_done']);
  assert.equal(await grantsOf(a.employee_code, b.employee_code), 0);
  assert.equal((await sql(`SELECT count(*) FROM sen.account x JOIN sen.person p ON p.id = x.person_id WHERE p.employee_code = $1`, a.employee_code))[0][0], '0');
  const mixed = await call(bulk, token, { body: { grants: [a, ...bad, b, a] } });
  assert.deepEqual(mixed.json.results.map((r) => r.result), ['granted', 'refused', 'refused', 'refused', 'refused', 'granted', 'was_there']);
  assert.deepEqual(mixed.json.results.slice(1, 5).map((r) => r.problem.code), ['unknown_role', 'invalid_value', 'bad_request', 'platform_closed']);
  assert.equal(mixed.json.granted, 2);
  assert.equal(await grantsOf(a.employee_code, b.employee_code), 2);
  assert.equal((await sql(`SELECT count(*) FROM sen.audit x JOIN sen.account n ON n.id = x.account_id JOIN sen.person p ON p.id = n.person_id
    WHERE p.employee_code IN ($1, $2) AND x.action = 'grant.add'`, a.employee_code, b.employee_code))[0][0], '2');
  const all = await call(bulk, token, { body: { grants: Array.from({ length: 501 }, () => a) } });
  assert.equal(all.status, 422);
  assert.equal((await call(bulk, token, { body: { grants: [] } })).status, 422);
});

test('bulk: 500 rows at once, and their answer again by its key', async () => {
  const who = await administrator(), key = randomUUID();
  const codes = (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' ORDER BY 1 DESC LIMIT 500`)).map(([c]) => c);
  const body = { grants: codes.map((c) => ({ employee_code: c, platform: 'P03', role: 'NOSUCH', basis })) };
  const refused = await call(bulk, await who.accessToken(), { body });
  assert.equal(refused.json.refused, 500, refused.text.slice(0, 300));
  body.grants.forEach((row) => { row.role = p03.role; row.basis = 'x'.repeat(280); });
  const first = await call(bulk, await who.accessToken(), { body, headers: withKey(key) });
  assert.equal(first.status, 200, first.text.slice(0, 300));
  assert.equal(first.json.results.length, 500);
  assert.ok(first.json.granted > 400, first.text.slice(0, 500));
  const again = await call(bulk, await who.accessToken(), { body, headers: withKey(key) });
  assert.ok(again.text === first.text, again.text.slice(0, 300));
  for (const result of first.json.results.slice(0, 5).filter((r) => r.result === 'granted')) {
    assert.equal((await who.api('POST', `/grants/${result.grant.id}/revoke`, { login: result.grant.login, reason: 'x' })).status, 200);
  }
});

test('bulk: a commune\'s administrator grants those of his, the others are refused row by row', async () => {
  await setRights(ours, ['grant']);
  const mine = (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' JOIN sen.unit u ON u.id = o.unit_id
    JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%' WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    AND NOT EXISTS (SELECT FROM sen.post o2 WHERE o2.person_id = p.id AND o2.kind <> 'main') ORDER BY 1 LIMIT 1`, communes[0]))[0][0];
  const answer = await call(bulk, await ours.accessToken(), { body: { grants: [await asked({ employee_code: mine }), await asked({ employee_code: things.$employee }),
    await asked({ employee_code: ours.person.employeeCode })] } });
  assert.equal(answer.json.results[0].result, 'granted');
  assert.deepEqual(answer.json.results.slice(1).map((r) => r.problem.code), ['out_of_scope', 'self_grant']);
});

test('bulk: a database that goes away in the middle leaves nothing half done', async () => {
  const token = await (await administrator()).accessToken();
  const rows = await Promise.all(Array.from({ length: 200 }, () => asked()));
  const employees = rows.map((row) => row.employee_code);
  const key = randomUUID();
  let killed = 0, answer;
  const sent = call(bulk, token, { body: { grants: rows }, headers: withKey(key) }).then((a) => { answer = a; });
  while (!answer && killed === 0) {
    killed += Number((await sql(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'sen-server%'
      AND pid <> pg_backend_pid() AND xact_start < now() - interval '0.02 s' AND state <> 'idle' AND query ~ 'access_grant|SAVEPOINT'`))[0][0]);
  }
  await sent;
  assert.ok(killed > 0, `it was over before it could be ended: ${answer.status}`);
  assert.equal(answer.status, 503, answer.text);
  assert.equal(await grantsOf(...employees), 0);
  const again = await call(bulk, token, { body: { grants: rows }, headers: withKey(key) });
  assert.equal(again.status, 200, again.text);
  assert.equal(again.json.granted, 200);
  assert.equal(await grantsOf(...employees), 200);
});
