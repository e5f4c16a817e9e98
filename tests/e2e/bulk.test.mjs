// Many things at once by the administration API, each with a result of its own; and what a token is for that may only look.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import { call, matrix, operationOf, routeOf } from './lib/api.mjs';
import { communesWithPeople, deputy, filled, setRights, thingsIn } from './lib/things.mjs';
import { administrator, codeFor, env, freshEmployee, grant, insist, p02, sql } from './lib/world.mjs';
import { post } from '../../deploy/driver/world.mjs';

const revokeMany = routeOf('POST /api/v1/grants/bulk-revoke');
const answerMany = routeOf('POST /api/v1/access-reviews/{id}/items/bulk');
const withKey = (key) => ({ 'idempotency-key': `"${key}"` });
const liveOf = async (...logins) => Number((await sql(`SELECT count(*) FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id
  WHERE g.revoked_at IS NULL AND a.login IN (SELECT unnest(string_to_array($1, ',')))`, logins.join(',')))[0][0]);

let communes, things, ours;
before(async () => {
  communes = await communesWithPeople(2, 4);
  ours = await deputy(communes[0]);
  things = await thingsIn(communes[1], 'HL');
});

test('revocations: each row has a result of its own, strict leaves nothing, the same key gets the same answer', async () => {
  const admin = await administrator(), token = await admin.accessToken(), reason = 'Thôi việc', key = randomUUID();
  const [a, b] = [await grant(await freshEmployee(), p02), await grant(await freshEmployee(), p02)];
  const rows = [{ login: a.login, grant: a.id, reason }, { login: 'khong.co', reason }, { login: admin.login, reason }, { login: b.login, role: p02.role, reason },
    { login: b.login, platform: 'P02', reason: '' }, { login: b.login, platform: 'P02', role: p02.role, reason }, { login: a.login, reason }];
  const strict = await call(revokeMany, token, { body: { all_or_nothing: true, revocations: [rows[0], rows[1]] } });
  assert.deepEqual([strict.json.committed, strict.json.results.map((r) => r.result)], [false, ['not_done', 'refused']], strict.text);
  assert.equal(await liveOf(a.login, b.login), 2);
  const done = await call(revokeMany, token, { body: { revocations: rows }, headers: withKey(key) });
  assert.deepEqual(done.json.results.map((r) => r.result), ['revoked', 'refused', 'refused', 'refused', 'refused', 'revoked', 'was_gone'], done.text);
  assert.deepEqual(done.json.results.filter((r) => r.problem).map((r) => r.problem.code), ['unknown_account', 'self_grant', 'bad_request', 'invalid_value']);
  assert.deepEqual([done.json.revoked, done.json.refused, done.json.results[0].revoked[0].id], [2, 4, a.id]);
  assert.equal(await liveOf(a.login, b.login), 0);
  const again = await call(revokeMany, token, { body: { revocations: rows }, headers: withKey(key) });
  assert.deepEqual([again.text === done.text, again.headers.get('idempotent-replayed')], [true, 'true']);
  assert.equal((await call(revokeMany, token, { body: { revocations: Array.from({ length: 501 }, () => rows[0]) } })).status, 422);
});

test('revocations: a commune\'s administrator takes back at home alone', async () => {
  await setRights(ours, ['revoke']);
  const answer = await call(revokeMany, await ours.accessToken(), { body: { revocations: [{ login: things.$login, reason: 'Thử' }, { login: things.$login, grant: things.$grant, reason: 'Thử' }] } });
  assert.deepEqual(answer.json.results.map((r) => r.problem?.code), ['out_of_scope', 'out_of_scope'], answer.text);
  assert.ok(await liveOf(things.$login) > 0);
});

test('reviews: items in bulk; of 50 at once one answers each', async () => {
  const chief = await administrator(), token = await chief.accessToken();
  const items = async () => (await call(routeOf('GET /api/v1/access-reviews/{id}/items'), token, { args: [things.$review], query: { state: 'open' } })).json.items;
  const open = await items();
  assert.ok(open.length >= 2, 'two items at least');
  const [first, second] = open, body = { items: [{ item: first.id, decision: 'keep', note: 'Còn cần' }, { item: second.id, decision: 'revoke' }, { item: things.$review, decision: 'keep' }, { decision: 'keep' }] };
  const strict = await call(answerMany, token, { args: [things.$review], body: { ...body, all_or_nothing: true } });
  assert.deepEqual([strict.json.committed, strict.json.results.map((r) => r.result)], [false, ['not_done', 'not_done', 'not_done', 'refused']], strict.text);
  assert.equal((await items()).length, open.length);
  const answers = await Promise.all(Array.from({ length: 50 }, () => insist(() => call(answerMany, token, { args: [things.$review], body }))));
  for (const at of [0, 1]) assert.equal(answers.filter((a) => a.json.results?.[at].result === 'decided').length, 1, answers.map((a) => a.json.results?.[at].result).join());
  for (const answer of answers) {
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.results.slice(2).map((r) => r.problem.code), ['not_found', 'bad_request']);
    assert.ok(answer.json.results.slice(0, 2).every((r) => r.result === 'decided' || ['wrong_state', 'conflict'].includes(r.problem.code)), answer.text);
  }
  assert.equal((await items()).length, open.length - 2);
  const [[n]] = await sql(`SELECT count(*) FROM sen.audit WHERE action = 'review.decide' AND data->>'id' IN ($1, $2)`, first.id, second.id);
  assert.equal(n, '2');
  await setRights(ours, ['review']);
  const foreign = await call(answerMany, await ours.accessToken(), { args: [things.$review], body: { items: [{ item: (await items())[0]?.id ?? first.id, decision: 'keep' }] } });
  assert.equal(foreign.json.results[0].problem.code, 'not_found', foreign.text);
});

test('scope admin.read looks at everything, and changes nothing', async () => {
  const admin = await administrator();
  let token, until = 0;
  // It lives for a minute.
  const reader = async () => {
    if (Date.now() < until) return token;
    const { answer, proof } = await codeFor(admin.agent, { id: 'senctl', redirect: 'http://127.0.0.1:9/callback' }, { scope: 'openid admin.read' });
    ({ json: { access_token: token } } = await post(`${env.SEN_ISSUER}/token`, { grant_type: 'authorization_code', client_id: 'senctl', code: answer.get('code'),
      redirect_uri: 'http://127.0.0.1:9/callback', code_verifier: proof.verifier }));
    until = Date.now() + 20000;
    return token;
  };
  for (const row of matrix) {
    if (row.needs === null) continue;
    const route = routeOf(row.route), seen = await call(route, await reader(), filled(row, things));
    if (route.method === 'GET') {
      assert.ok(row.province.includes(seen.status), `${row.route}: ${seen.status} ${seen.text}`);
      assert.deepEqual(operationOf(route).security, [{ oauth: ['admin'] }, { oauth: ['admin.read'] }], row.route);
    } else {
      assert.deepEqual([seen.status, seen.json.code], [403, 'insufficient_scope'], `${row.route}: ${seen.text}`);
    }
  }
  const head = await fetch(`${env.SEN_API}/units`, { method: 'HEAD', headers: { authorization: `Bearer ${await reader()}` } });
  assert.equal(head.status, 200);
});
