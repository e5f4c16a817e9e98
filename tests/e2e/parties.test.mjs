// Relying parties through the administration API and by senctl: entered with a secret that is shown once, changed against what was seen,
// switched off, removed; 50 at once; what stays the operator's.  Then commands of senctl that are a call of the API each.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { basic, post, senctl, until } from '../../deploy/driver/world.mjs';
import { call, routeOf } from './lib/api.mjs';
import { communesWithPeople, deputy, RIGHTS } from './lib/things.mjs';
import { adminCtl, adminCtlJson, administrator, basis, env, freshEmployee, insist, official, p02, sql } from './lib/world.mjs';

const folder = process.env.TMPDIR ?? '/tmp';
const metadata = (more = {}) => ({ client_name: 'Ứng dụng nghiệp vụ', redirect_uris: ['https://parties.example/cb'], grant_types: ['authorization_code', 'client_credentials'],
  scope: 'openid profile', token_endpoint_auth_method: 'client_secret_basic', ...more });
const isGood = async (id, secret) => Boolean((await post(`${env.SEN_ISSUER}/token`, { grant_type: 'client_credentials' }, basic(id, secret))).json.access_token);
const becomes = (id, secret, wanted) => until(`${id}: ${wanted}`, async () => (await isGood(id, secret)) === wanted, 10000);

let token;
const ask = async (key, request = {}) => call(routeOf(key.replace(' /', ' /api/v1/')), await token(), request);
before(async () => {
  const admin = await administrator();
  token = () => admin.accessToken();
});

test('a client lives: entered, its secret shown once, changed, switched off and on, removed', async () => {
  const key = { 'idempotency-key': `"${randomUUID()}"` }, body = { client_id: 'pt-life', metadata: metadata() };
  const made = await ask('POST /clients', { body, headers: key });
  assert.equal(made.status, 201, made.text);
  const secret = made.json.client_secret;
  assert.ok(secret.length >= 32);
  await becomes('pt-life', secret, true);
  const again = await ask('POST /clients', { body, headers: key });
  assert.deepEqual([again.status, again.json.code], [409, 'answer_not_kept']);
  const seen = await ask('GET /clients/{client_id}', { args: ['pt-life'] });
  assert.equal(seen.headers.get('etag'), '"1"');
  assert.ok(!seen.text.includes(secret));
  const change = { args: ['pt-life'], body: { metadata: metadata({ client_name: 'Tên mới' }) } };
  assert.equal((await ask('PUT /clients/{client_id}', change)).status, 428);
  assert.equal((await ask('PUT /clients/{client_id}', { ...change, headers: { 'if-match': '"9"' } })).status, 412);
  const changed = await ask('PUT /clients/{client_id}', { ...change, headers: { 'if-match': '"1"' } });
  assert.deepEqual([changed.status, changed.json.name, changed.json.version], [200, 'Tên mới', 2]);
  assert.ok(await isGood('pt-life', secret), 'the secret stays');
  for (const [verb, version, wanted] of [['disable', 2, false], ['enable', 3, true], ['remove', 4, false]]) {
    const done = await ask(`POST /clients/{client_id}/${verb}`, { args: ['pt-life'], body: {}, headers: { 'if-match': `"${version}"` } });
    assert.equal(done.status, 200, done.text);
    await becomes('pt-life', secret, wanted);
  }
  const actions = await sql(`SELECT action FROM sen.audit WHERE object = 'pt-life' ORDER BY at, seq`);
  assert.deepEqual(actions.flat(), ['client.add', 'client.change', 'client.disable', 'client.enable', 'client.remove']);
  assert.equal((await sql(`SELECT count(*) FROM sen.audit WHERE data::text LIKE '%' || $1 || '%'`, secret))[0][0], '0');
});

test('50 at once: one client, one second secret', async () => {
  const bearer = await token();
  const add = routeOf('POST /api/v1/clients'), rotate = routeOf('POST /api/v1/clients/{client_id}/secret/rotate');
  const entered = await Promise.all(Array.from({ length: 50 }, () => insist(() => call(add, bearer, { body: { client_id: 'pt-race', metadata: metadata() } }))));
  assert.deepEqual([...new Set(entered.map((a) => a.status))].sort(), [201, 409]);
  assert.equal(entered.filter((a) => a.status === 201).length, 1);
  const turned = await Promise.all(Array.from({ length: 50 }, () => insist(() => call(rotate, bearer, { args: ['pt-race'], body: {} }))));
  const won = turned.filter((a) => a.status === 201);
  assert.equal(won.length, 1);
  assert.ok(turned.every((a) => [201, 409].includes(a.status)));
  await becomes('pt-race', won[0].json.client_secret, true);
  assert.ok(await isGood('pt-race', entered.find((a) => a.status === 201).json.client_secret));
});

test('for nobody but who has the right over everything; the administrators\' own client is nobody\'s', async () => {
  const [commune] = await communesWithPeople(1);
  const local = await deputy(commune, RIGHTS), bearer = await local.accessToken();
  for (const key of ['GET /api/v1/clients', 'GET /api/v1/client-tokens', 'GET /api/v1/client-issuers', 'GET /api/v1/federation-subordinates', 'GET /api/v1/outbox'])
    assert.equal((await call(routeOf(key), bearer)).status, 403, key);
  const own = await ask('GET /clients/{client_id}', { args: ['senctl'] });
  assert.equal(own.json.administers, true);
  const tag = { 'if-match': own.headers.get('etag') };
  const bent = { metadata: metadata({ token_endpoint_auth_method: 'none', grant_types: ['authorization_code'], redirect_uris: ['https://evil.example/cb'] }) };
  assert.equal((await ask('PUT /clients/{client_id}', { args: ['senctl'], body: bent, headers: tag })).status, 403);
  for (const verb of ['disable', 'remove'])
    assert.equal((await ask(`POST /clients/{client_id}/${verb}`, { args: ['senctl'], body: {}, headers: tag })).status, 403, verb);
  const admins = await ask('POST /clients', { body: { client_id: 'pt-evil', metadata: metadata({ scope: 'openid admin' }) } });
  assert.deepEqual([admins.status, admins.json.code], [403, 'out_of_scope']);
});

test('senctl client: what the API does, as a table and as JSON', async () => {
  const file = `${folder}/pt-ctl.json`;
  writeFileSync(file, JSON.stringify({ client_id: 'pt-ctl', platform: 'P02', secret_file: `${folder}/pt-ctl.secret`, ...metadata() }));
  assert.match(await adminCtl('client', 'add', file), /đã ghi|written/);
  assert.match(await adminCtl('client', 'list', '--platform', 'P02', '--limit', '200'), /^pt-ctl {2}P02 {2}client_secret_basic/m);
  assert.match(await adminCtl('client', 'show', 'pt-ctl'), /client_secret_basic/);
  await adminCtl('client', 'disable', 'pt-ctl');
  assert.equal((await adminCtlJson('client', 'show', 'pt-ctl')).enabled, false);
  await adminCtl('client', 'enable', 'pt-ctl');
  await adminCtl('client', 'remove', 'pt-ctl');
  await assert.rejects(adminCtl('client', 'show', 'pt-ctl'));
  assert.match(await adminCtl('--lang', 'en', '--dry-run', 'client', 'add', file), /nothing would be sent/);
  await assert.rejects(adminCtl('client', 'show', 'pt-ctl'));
});

test('senctl request, rule, position-class, review, delegate', async () => {
  const asked = await adminCtlJson('request', '--employee-code', await freshEmployee(), '--platform', 'P02', '--role', p02.role, '--basis', basis, '--reason', 'Xử lý hồ sơ');
  assert.match(await adminCtl('request', 'list', '--mine', 'true', '--state', 'open', '--limit', '200'), new RegExp(asked.id));
  await adminCtl('request', 'comment', asked.id, '--text', 'Đề nghị bổ sung');
  assert.match(await adminCtl('request', 'show', asked.id), /Đề nghị bổ sung/);
  assert.equal((await adminCtlJson('request', 'withdraw', asked.id, '--text', 'Nhầm người')).state, 'withdrawn');

  const [commune] = await communesWithPeople(1), file = `${folder}/pt-rule.json`;
  const rule = { name: 'Một cửa', basis, unit: commune, titles: ['Công chức một cửa'], roles: [`P02/${p02.role}`] };
  writeFileSync(file, JSON.stringify({ code: `QT-${randomUUID().slice(0, 8)}`, ...rule }));
  const { id } = await adminCtlJson('rule', 'add', file);
  writeFileSync(file, JSON.stringify({ ...rule, name: 'Một cửa liên thông' }));
  await adminCtl('rule', 'edit', id, file);
  assert.equal((await adminCtlJson('rule', 'show', id)).versions[0].name, 'Một cửa liên thông');

  assert.equal((await adminCtlJson('position-class', 'set', '--title', 'Chức danh thử', '--class', 'lanh_dao', '--version', '0')).class, 'lanh_dao');
  assert.match(await adminCtl('position-class', 'list', '--limit', '200'), /lanh_dao {2}1 {2}Chức danh thử/);

  const begun = await adminCtlJson('review', 'begin', '--code', `RS-${randomUUID().slice(0, 8)}`, '--name', 'Rà soát', '--kind', 'grants', '--unit', commune,
    '--deadline', '2099-01-01', '--no-answer', 'keep');
  assert.match(await adminCtl('review', 'list'), new RegExp(begun.id));

  const { login } = await official(p02);
  const scope = await adminCtlJson('delegate', '--login', login, '--unit', commune, '--rights', 'read,revoke', '--platform', 'P02', '--roles', p02.role, '--max-sensitivity', 'normal');
  assert.deepEqual([scope.roles, scope.max_sensitivity], [[`P02/${p02.role}`], 'normal']);
});

test('senctl import: previewed and dropped, then applied; no command of an administrator\'s knows the database', async () => {
  const code = `PT${randomUUID().slice(0, 6).toUpperCase()}`, file = `${folder}/pt-persons.csv`, [commune] = await communesWithPeople(1);
  writeFileSync(file, 'employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n'
    + `${code},Nguyễn Văn Thử,cong_chuc,,${commune},Chuyên viên,main,2026-01-01,,9/QĐ,\n`);
  const there = async () => (await sql('SELECT count(*) FROM sen.person WHERE employee_code = $1', code))[0][0];
  assert.match(await adminCtl('import', 'persons', file, '--unit', commune, '--preview'), new RegExp(`add\\s+person\\s+${code}`));
  assert.equal(await there(), '0');
  assert.match(await adminCtl('import', 'persons', file, '--unit', commune), /applied/);
  assert.equal(await there(), '1');

  const bare = `${folder}/pt-senctl.conf`;
  writeFileSync(bare, `[server]\nissuer = ${env.SEN_ISSUER}\n`);
  for (const words of [['client', 'list'], ['client', 'token', 'list'], ['client', 'issuer', 'list'], ['federation', 'list'], ['outbox', 'list'], ['platform', 'replay', 'P02', '--from', '1']])
    await adminCtl('--config', bare, ...words);
  for (const words of [['bootstrap', 'client', file], ['keys', 'list'], ['audit', 'verify']])
    await assert.rejects(senctl(env, ['--config', bare, ...words]), words.join(' '));
});
