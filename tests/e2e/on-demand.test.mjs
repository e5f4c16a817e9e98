// One account on demand: the same claim as any other operation, with every step on record.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { scimUsers, secret, senctl, until } from '../../deploy/driver/world.mjs';
import { call, routeOf } from './lib/api.mjs';
import { ctl } from './lib/servers.mjs';
import { administrator, env, freshEmployee, grant, official, p02, p03, run, sql } from './lib/world.mjs';

const ask = routeOf('POST /api/v1/accounts/{login}/provision'), look = routeOf('GET /api/v1/accounts/{login}/runs/{id}');
let admin;
before(async () => { admin = await administrator(); });
after(async () => { await ctl('signal', 'p02-scim', 'CONT').catch(() => {}); });

const asked = async (login, body = {}) => call(ask, await admin.accessToken(), { args: [login], body });
const read = async (login, id) => {
  const answer = await call(look, await admin.accessToken(), { args: [login, id] });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
async function over(login, id) {
  let last;
  await until('the run is over', async () => { last = await read(login, id); return last.state === 'done'; }, 60000);
  return last;
}
async function provisioned(login, body) {
  const begun = await asked(login, body);
  assert.equal(begun.status, 201, begun.text);
  return over(login, begun.json.id);
}
const settled = (login) => async () => (await sql(`SELECT count(*) FROM sen.account a LEFT JOIN sen.binding b ON b.account_id = a.id
  WHERE a.login = $1 AND (b.state IS DISTINCT FROM 0 OR b.want_hash IS DISTINCT FROM b.seen_hash)`, login))[0][0] === '0';
const kinds = (steps) => steps.map((s) => s.kind);
const on = (r, platform) => r.platforms.find((p) => p.platform === platform);

test('a settled account: facts, plan, and each platform looked at; no secret anywhere', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  await until('settled', settled(login));
  const r = await provisioned(login);
  assert.deepEqual(kinds(r.plan), ['facts', 'plan', 'plan']);
  assert.equal(r.plan[1].detail.document.login, login);
  assert.deepEqual(r.platforms.map((p) => [p.platform, p.state, p.outcome, p.operation, p.attempts]), [['DIR', 'done', 'ok', 'look_up', 1], ['P02', 'done', 'ok', 'look_up', 1]]);
  assert.deepEqual(kinds(on(r, 'P02').steps), ['gate', 'claim', 'http', 'read_back']);
  assert.deepEqual(kinds(on(r, 'DIR').steps), ['gate', 'claim', 'ldap', 'read_back']);
  const [gate, claim, http, seen] = on(r, 'P02').steps;
  assert.deepEqual([gate.detail.passed, gate.detail.breaker], [true, 'closed']);
  assert.equal(claim.detail.settled, true);
  assert.equal(http.detail.method, 'GET');
  assert.equal(http.detail.status, 200);
  assert.equal(http.detail.answer.userName, login);
  assert.deepEqual([seen.detail.verdict, seen.detail.active, seen.detail.matches], ['done', true, true]);
  assert.ok(!JSON.stringify(r).includes(secret(env.P02_SCIM_TOKEN_FILE)));
  const [[op, outcome]] = await sql('SELECT op, outcome FROM sen.op_log WHERE task_id = $1', on(r, 'P02').operation_id);
  assert.deepEqual([op, outcome], ['look_up', 'ok'], 'it stands in the log like any other operation');
});

test('what was changed there is found and brought back; only the platform that was asked for', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  await until('settled', settled(login));
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', login);
  const [user] = await scimUsers(env, `externalId eq "${id}"`);
  const answer = await fetch(`${env.P02_SCIM}/Users/${user.id}`, { method: 'PATCH',
    headers: { authorization: `Bearer ${secret(env.P02_SCIM_TOKEN_FILE)}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'active', value: false }] }) });
  assert.ok(answer.ok, await answer.text());
  const r = await provisioned(login, { platform: 'P02' });
  assert.deepEqual(r.platforms.map((p) => [p.platform, p.outcome, p.operation]), [['P02', 'ok', 'update']]);
  assert.ok(kinds(on(r, 'P02').steps).includes('update'));
  assert.equal((await scimUsers(env, `externalId eq "${id}"`))[0].active, true);
});

test('an account that is blocked is tried again, one that was never planned is planned', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  await until('settled', settled(login));
  await sql(`UPDATE sen.binding SET state = 5, err_class = 'data' WHERE account_id = (SELECT id FROM sen.account WHERE login = $1) AND platform_id <> 0`, login);
  const r = await provisioned(login);
  assert.equal(on(r, 'P02').outcome, 'ok');
  assert.ok(await settled(login)());
});

test('a platform that does not answer: the run ends and says so; two provisioners\' worth of claims are one', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  await until('settled', settled(login));
  await ctl('signal', 'p02-scim', 'STOP');
  try {
    const begun = await asked(login, { platform: 'P02' });
    assert.equal(begun.status, 201, begun.text);
    const again = await asked(login);
    assert.equal(again.status, 409);
    assert.equal(again.json.code, 'wrong_state');
    const r = await over(login, begun.json.id);
    assert.equal(on(r, 'P02').outcome, 'retry');
    assert.ok(['timeout', 'down', 'lease'].includes(on(r, 'P02').fault), on(r, 'P02').fault);
    assert.equal(on(r, 'P02').steps.find((s) => s.kind === 'http').detail.status, 0);
  } finally {
    await ctl('signal', 'p02-scim', 'CONT');
  }
  await until('settled', settled(login), 60000);
});

test('a provisioner that is killed in the middle: another attempt, under a new lease, ends the run', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  await until('settled', settled(login));
  await ctl('signal', 'p02-scim', 'STOP');
  let begun;
  try {
    begun = await asked(login, { platform: 'P02' });
    await until('it is at work', async () => (await sql(`SELECT count(*) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE a.login = $1 AND b.state = 2`, login))[0][0] === '1');
    await ctl('kill', 'sen-provisioner');
    // The lease of the run, which is longer than that of the binding, passes.
    await sql(`UPDATE sen.provision_target SET lease_until = now() WHERE run_id = $1 AND state = 'leased'`, begun.json.id);
  } finally {
    await ctl('signal', 'p02-scim', 'CONT');
  }
  await ctl('start', 'sen-provisioner');
  const r = await over(login, begun.json.id);
  assert.equal(on(r, 'P02').outcome, 'ok');
  assert.ok(on(r, 'P02').attempts >= 2);
  const [[n]] = await sql(`SELECT count(*) FROM (SELECT FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE a.login = $1 AND b.state = 2) x`, login);
  assert.equal(n, '0');
});

const limits = routeOf('PUT /api/v1/platforms/{code}/limits');
const always = (more = {}) => ({ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '00:00', ...more });
async function limit(body) {
  const of = routeOf('GET /api/v1/platforms/{code}/limits'), token = await admin.accessToken();
  const tag = (await call(of, token, { args: ['P02'] })).headers.get('etag');
  const answer = await call(limits, token, { args: ['P02'], body, headers: tag ? { 'if-match': tag } : {} });
  assert.ok(answer.status < 300, answer.text);
}

test('in a maintenance window nothing is sent on demand, and the run says so; a revocation goes', async () => {
  const person = await official(p02);
  await until('settled', settled(person.login));
  await limit({ windows: [always({ revocations: false })] });
  try {
    let r;
    await until('the window is known', async () => { r = await provisioned(person.login, { platform: 'P02' }); return on(r, 'P02').outcome === 'not_now'; }, 15000);
    assert.equal(on(r, 'P02').fault, 'window');
    assert.deepEqual(kinds(on(r, 'P02').steps), ['gate']);
    assert.equal(on(r, 'P02').steps[0].detail.passed, false);
    await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Thôi việc' });
    const off = await provisioned(person.login, { platform: 'P02' });
    assert.deepEqual([on(off, 'P02').outcome, on(off, 'P02').operation, on(off, 'P02').steps[0].detail.takes_away], ['ok', 'disable', true]);
    assert.equal((await scimUsers(env, `externalId eq "${person.id}"`))[0].active, false);
  } finally {
    await limit({ windows: [] });
  }
});

test('who left: a run makes the proof that was missing; senctl shows the steps', async () => {
  const person = await official(p02, p03);
  await until('settled', settled(person.login));
  await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Thôi việc' });
  await until('off', async () => (await scimUsers(env, `externalId eq "${person.id}"`))[0].active === false && settled(person.login)());
  await sql('DELETE FROM sen.access_proof WHERE account_id = $1', person.id);
  const unproved = (await admin.api('GET', `/persons/${person.employeeCode}/offboarding`)).json;
  assert.ok(unproved.platforms.every((p) => p.reason === 'unproved'));
  const text = await senctl(env, ['--lang', 'en', 'provision', person.login, '--trace']);
  assert.match(text, /^P02: ok look_up$/m);
  assert.match(text, / ms {2}http \{.*"method":"GET"/);
  const proved = (await admin.api('GET', `/persons/${person.employeeCode}/offboarding`)).json;
  assert.deepEqual(proved.platforms.map((p) => [p.proof, p.read, p.reason]), Array.from({ length: 3 }, () => ['read_back', 'inactive', null]));
});
