// The audit: what is written down, who may read it, how it leaves, and that nobody changes it unseen.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { compactVerify, importJWK } from 'jose';

import { senctlLogin, until } from '../../deploy/driver/world.mjs';
import { call, matrix, routeOf, routes } from './lib/api.mjs';
import { Administrator, administrator, env, freshEmployee, grant, official, p02, sql } from './lib/world.mjs';

const run = promisify(execFile);
const list = routeOf('GET /api/v1/audit'), checkpoints = routeOf('GET /api/v1/audit/checkpoints');
const tokenFile = `${env.SEN_STATE}/tmp/audit-token.json`;
const senctl = async (...args) => (await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, '--token-file', tokenFile, ...args],
  { env: { ...process.env, LC_ALL: 'en_US.UTF-8' }, maxBuffer: 256 << 20 })).stdout;
const verify = async (...args) => {
  try {
    return { code: 0, out: await senctl('--json', 'audit', 'verify', ...args) };
  } catch (error) {
    return { code: error.code, out: error.stdout, err: error.stderr };
  }
};
const now = async () => (await sql(`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`))[0][0];

async function pages(token, query) {
  const records = [];
  let after;
  do {
    const answer = await call(list, token, { query: { limit: '7', ...query, ...(after ? { after } : {}) } });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.json.records.length <= 7);
    records.push(...answer.json.records);
    after = answer.json.next;
  } while (after);
  return records;
}

let admin, token, target;
before(async () => {
  admin = await administrator();
  token = await admin.accessToken();
  target = await grant(await freshEmployee(), p02);
  await senctlLogin(env, async (url) => {
    const page = await admin.agent.request(url);
    const answer = page.status === 200 ? await admin.agent.signIn(page, admin.login, admin.password) : page;
    await fetch(answer.location, { redirect: 'manual' });
  }, { tokenFile });
});

test('each endpoint that answers with data of persons leaves a record of who asked what', async () => {
  const personal = routes.filter((route) => route.personal);
  assert.ok(personal.length >= 4);
  const [[employee, unit]] = await sql(`SELECT p.employee_code, u.code FROM sen.account a JOIN sen.person p ON p.id = a.person_id
    JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' JOIN sen.unit u ON u.id = o.unit_id WHERE a.login = $1`, target.login);
  const known = { $login: target.login, $employee: employee, $unit: unit };
  for (const route of personal) {
    const row = matrix.find((r) => r.route === route.key);
    const fill = (value) => JSON.parse(JSON.stringify(value ?? {}).replace(/\$\w+/g, (name) => known[name] ?? 'x'));
    const [[last]] = await sql('SELECT coalesce(max(at), now()) FROM sen.audit');
    const answer = await call(route, await admin.accessToken(), { args: Object.values(fill(row.args)), query: row.query && fill(row.query), body: row.body && fill(row.body) });
    const found = await sql(`SELECT actor, object, data FROM sen.audit WHERE action = 'read' AND at >= $1 AND actor LIKE 'account:%'
      AND object LIKE $2`, last, route.path.replace(/\{\w+\}/g, '%'));
    assert.ok(found.length >= 1, `${route.key}: ${answer.status}, but no record`);
  }
  const [[who]] = await sql(`SELECT account_id = (SELECT id FROM sen.account WHERE login = $1) FROM sen.audit
    WHERE action = 'read' AND object = '/api/v1/accounts/' || $1 LIMIT 1`, target.login);
  assert.equal(who, 't', 'whom it concerns is a column, not only a text');
});

test('a preview is a reading, what is done an act, and both say whom they concern', async () => {
  const [[employee, own]] = await sql(`SELECT p.employee_code, a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.login = $1`, target.login);
  const movement = { kind: 'leave', effective_on: new Date(Date.now() + 40 * 864e5).toISOString().slice(0, 10), until: new Date(Date.now() + 44 * 864e5).toISOString().slice(0, 10),
    reason: 'Nghỉ phép', decision_no: '1/QĐ', decision_on: '2026-01-02', signer: 'Nguyễn Văn A' };
  const recorded = async (path) => sql(`SELECT action, account_id FROM sen.audit WHERE (object = $1 OR object = $2) AND at > now() - interval '1 minute' ORDER BY at`, path, employee);
  const move = `/api/v1/persons/${employee}/movements`, before = (await recorded(move)).length;

  const preview = await admin.api('POST', `/persons/${employee}/movements?dry_run=true`, movement);
  assert.equal(preview.status, 200, preview.text);
  assert.deepEqual((await recorded(move)).slice(before), [['read', own]], 'one record of the preview');
  const done = await admin.api('POST', `/persons/${employee}/movements`, movement);
  assert.equal(done.status, 201, done.text);
  assert.deepEqual((await recorded(move)).slice(before + 1), [['movement.leave', own]], 'one record of the act');
  assert.equal((await admin.api('POST', `/persons/${employee}/movements?dry_run=all`, { ...movement, kind: 'suspend', effective_on: undefined, until: undefined })).status, 200);
  assert.deepEqual(await sql(`SELECT account_id FROM sen.audit WHERE action = 'dry_run' AND object = $1`, `POST ${move}`), [[own]]);
  // What would be if somebody had another post: whose, is in the body.
  const supposed = await admin.api('POST', '/explain/post-change', { employee_code: employee, title: 'Chuyên viên', kind: 'concurrent', unit: (await sql(
    `SELECT u.code FROM sen.unit u WHERE u.id = sen.home_unit((SELECT person_id FROM sen.account WHERE login = $1))`, target.login))[0][0] });
  assert.equal(supposed.status, 200, supposed.text);
  assert.deepEqual((await sql(`SELECT account_id FROM sen.audit WHERE action = 'read' AND object = '/api/v1/explain/post-change' ORDER BY at DESC LIMIT 1`))[0], [own]);
  // And what is done to a person's record and number.
  await admin.api('GET', `/persons/${employee}`);
  await admin.api('POST', `/persons/${employee}/unmask`, { reason: 'Đối chiếu hồ sơ' });
  const acts = await sql(`SELECT action, account_id = $1 FROM sen.audit WHERE object IN ($2, $3) AND action IN ('read', 'person.unmask')
    AND at > now() - interval '1 minute'`, own, employee, `/api/v1/persons/${employee}`);
  assert.ok(acts.length >= 1 && acts.every(([, is]) => is === 't'), JSON.stringify(acts));
});

test('pages follow each other without gap or double, filters hold, and the reader sees only his scope', async () => {
  for (let i = 0; i < 8; i += 1) await grant(await freshEmployee(), p02); // more than a page
  await sleep(1100); // moments are told in whole seconds, and what is just now is behind the end
  const end = await now();
  const all = await pages(token, { from: '2026-01-01', to: end, action: 'grant.' });
  assert.ok(all.length > 7);
  assert.ok(all.every((record) => record.action.startsWith('grant.')));
  const keys = all.map((r) => `${r.at} ${r.chain} ${r.seq}`);
  assert.equal(new Set(keys).size, keys.length);
  const [[n]] = await sql(`SELECT count(*) FROM sen.audit WHERE action LIKE 'grant.%' AND at < $1`, end);
  assert.equal(all.length, Number(n));
  const his = await pages(token, { login: target.login, to: end });
  assert.ok(his.length >= 1 && his.every((record) => record.login === target.login));

  const [[home]] = await sql(`SELECT u.code FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id) WHERE a.login = $1`, target.login);
  const auditor = await official(p02);
  assert.equal((await admin.api('POST', '/admin-scopes', { login: auditor.login, unit: home, rights: ['audit'] })).status, 201);
  const who = new Administrator(auditor.agent, auditor.login, auditor.password);
  const seen = await pages(await who.accessToken(), { to: end });
  const inside = new Set((await sql(`SELECT a.login FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)
    JOIN sen.unit h ON h.code = $1 AND starts_with(u.path, h.path)`, home)).map(([login]) => login));
  assert.ok(seen.some((record) => record.login === target.login));
  for (const record of seen) assert.ok(inside.has(record.login), `${record.action} of ${record.login} is beyond the scope`);
  assert.equal((await call(checkpoints, await who.accessToken())).status, 403);
});

test('checkpoints: signed, numbered, verifiable by anybody', async () => {
  await sql(`SELECT 1`);
  await until('a checkpoint', async () => Number((await sql('SELECT count(*) FROM sen.audit_checkpoint'))[0][0]) > 0, 20000);
  const answer = await call(checkpoints, await admin.accessToken());
  assert.equal(answer.status, 200);
  for (const [i, checkpoint] of answer.json.checkpoints.entries()) {
    assert.equal(checkpoint.n, i + 1);
    const { payload, protectedHeader } = await compactVerify(checkpoint.jws, await importJWK(checkpoint.jwk, 'ES256'));
    assert.equal(protectedHeader.typ, 'audit-checkpoint+jwt');
    const said = JSON.parse(Buffer.from(payload).toString('utf8'));
    assert.equal(said.n, checkpoint.n);
    for (const head of said.heads) {
      const [[hash]] = await sql(`SELECT encode(hash, 'hex') FROM sen.audit WHERE chain = $1 AND seq = $2`, head.chain, head.seq);
      assert.equal(hash, head.hash);
    }
  }
});

test('export: JSON lines and syslog, to a file, a TCP collector and a UNIX socket', async () => {
  const to = await now();
  const lines = (await senctl('audit', 'export', '--from', '2026-01-01', '--to', to, '--format', 'jsonl')).trim().split('\n').map(JSON.parse);
  const [[n]] = await sql('SELECT count(*) FROM sen.audit WHERE at < $1', to);
  assert.equal(lines.length, Number(n));

  const file = `${env.SEN_STATE}/tmp/audit.syslog`;
  await senctl('audit', 'export', '--to', to, '--format', 'syslog', '--target', file);
  const messages = readFileSync(file, 'utf8').trim().split('\n');
  assert.equal(messages.length, lines.length);
  for (const message of messages) assert.match(message, /^<110>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ sen - \S{1,32} \[sen@32473( [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+\]$/);

  const collect = (address) => new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      const chunks = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('end', () => { server.close(); resolve(Buffer.concat(chunks)); });
    });
    server.on('error', reject);
    server.listen(address, () => {
      const target = typeof address === 'string' ? `unix:${address}` : `tcp://127.0.0.1:${server.address().port}`;
      senctl('audit', 'export', '--to', to, '--format', 'syslog', '--target', target).catch(reject);
    });
  });
  for (const address of [{ host: '127.0.0.1', port: 0 }, `${env.SEN_STATE}/tmp/audit.sock`]) {
    let bytes = await collect(address), count = 0;
    while (bytes.length > 0) {
      const space = bytes.indexOf(0x20), size = Number(bytes.subarray(0, space).toString());
      assert.equal(bytes.subarray(space + 1, space + 1 + size).toString(), messages[count]);
      bytes = bytes.subarray(space + 1 + size);
      count += 1;
    }
    assert.equal(count, messages.length);
  }
});

test('verify: whole; a record changed, or an end cut off with its head set back, is found', async () => {
  const good = await verify();
  assert.equal(good.code, 0, good.out + good.err);
  const kept = `${env.SEN_STATE}/tmp/checkpoints.txt`;
  const { writeFileSync } = await import('node:fs');
  writeFileSync(kept, await senctl('audit', 'checkpoints'));
  assert.equal((await verify('--checkpoints', kept)).code, 0);
  const [[chain, seq]] = await sql(`SELECT h->>'chain', h->>'seq' FROM sen.audit_checkpoint c,
    jsonb_array_elements(convert_from(decode(rpad(translate(split_part(jws, '.', 2), '-_', '+/'), ((length(split_part(jws, '.', 2)) + 3) / 4) * 4, '='), 'base64'), 'UTF8')::jsonb->'heads') h
    WHERE c.n = 1 AND (h->>'seq')::int > 3 LIMIT 1`);
  const tamper = async (change, undo) => {
    await sql(`ALTER TABLE sen.audit DISABLE TRIGGER audit_refuse; ALTER TABLE sen.audit_checkpoint DISABLE TRIGGER audit_refuse; ${change}`);
    const result = await verify('--checkpoints', kept);
    await sql(`${undo}; ALTER TABLE sen.audit ENABLE TRIGGER audit_refuse; ALTER TABLE sen.audit_checkpoint ENABLE TRIGGER audit_refuse`);
    assert.equal(result.code, 1, `${change}: ${result.out}`);
    return JSON.parse(result.out);
  };
  await tamper(`UPDATE sen.audit SET actor = actor || 'x' WHERE chain = ${chain} AND seq = ${seq}`,
    `UPDATE sen.audit SET actor = left(actor, -1) WHERE chain = ${chain} AND seq = ${seq}`);
  await tamper('CREATE TABLE sen.kept_checkpoint AS SELECT * FROM sen.audit_checkpoint; DELETE FROM sen.audit_checkpoint WHERE n = 1',
    // The server may have made one of that number meanwhile.
    'DELETE FROM sen.audit_checkpoint WHERE n = 1; INSERT INTO sen.audit_checkpoint SELECT * FROM sen.kept_checkpoint WHERE n = 1; DROP TABLE sen.kept_checkpoint');
  assert.equal((await verify('--checkpoints', kept)).code, 0);
});

test('retention: twelve months at least', async () => {
  assert.equal(JSON.parse(await senctl('--json', 'audit', 'retention')).keep_days, 366);
  await assert.rejects(senctl('audit', 'retention', '3'));
  assert.equal(JSON.parse(await senctl('--json', 'audit', 'retention', '24')).keep_days, 732);
  assert.equal(JSON.parse(await senctl('--json', 'audit', 'retention', '12')).keep_days, 366);
});
