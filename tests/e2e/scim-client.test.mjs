// The SCIM client inside the whole: roles as groups of an AWS-like platform, what a platform says of its own accord, and the
// inbound service of this project as a platform of somebody else's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { until } from '../../deploy/driver/world.mjs';
import { answers, env, folderFor, freePort, start, write } from './lib/integrate.mjs';
import { change } from './lib/versioned.mjs';
import { newPlatform } from './lib/platforms.mjs';
import { administrator, basis, freshEmployee, sql } from './lib/world.mjs';

const PEER = new URL('../connectors/scim_peer.mjs', import.meta.url).pathname;
const TOKEN = 'secret of the peer';
let lastChain = 950, admin;

before(async () => { admin = await administrator(); });

// SCIM servers of other makers: { port, control(persona, body) }.
async function peer() {
  const folder = folderFor('scim-peer'), port = await freePort('127.0.0.1'), token = write(folder, 'token', TOKEN);
  const program = await start(env.SEN_NODE ?? process.execPath, [PEER], { cwd: folder, ready: answers(`http://127.0.0.1:${port}/healthz`),
    env: { LISTEN_HOST: '127.0.0.1', LISTEN_PORT: String(port), TOKEN_FILE: token } });
  const control = async (persona, body = {}) => (await fetch(`http://127.0.0.1:${port}/control/${persona}`, { method: 'POST', body: JSON.stringify(body) })).json();
  return { ...program, port, control, url: (persona) => `http://127.0.0.1:${port}/${persona}/scim/v2` };
}

// A provisioner beside the stack's own, for these sections alone.
async function provisioner(name, sections, token = TOKEN) {
  const folder = folderFor(`scim-client-${name}`), port = await freePort('127.0.0.1'), file = write(folder, 'token', token);
  const base = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8').replace(/\n\[connector\.[^]*$/, '\n').replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`)
    .replace('[database]', `[database]\naudit_chain = ${lastChain += 1}`);
  const text = sections.map(({ code, lines }) => `[connector.${code}]\nkind = scim\ntoken_file = ${file}\ntimeout_ms = 700\n${lines.join('\n')}\n`);
  const conf = write(folder, 'conf', `${base}\n${text.join('\n')}`);
  return start(`${env.SEN_STATE}/bin/sen-provisioner`, ['--config', conf], { cwd: folder, ready: answers(`http://127.0.0.1:${port}/readyz`) });
}

async function grant(employee, p, role = 'CAN_BO') {
  const answer = await admin.api('POST', '/grants', { employee_code: employee, platform: p.code, role, basis });
  assert.ok(answer.status <= 201, answer.text);
  return answer.json.login;
}

const settled = async (p) => (await sql(`SELECT (SELECT count(*) FROM sen.binding WHERE platform_id = $1 AND state <> 0) + (SELECT count(*) FROM sen.dirty_account)`, p.id))[0][0] === '0';
const user = (held, login) => held.users.find((u) => u.userName === login);
const groupsOf = (held, login) => held.groups.filter((g) => g.members.some((m) => m.value === user(held, login)?.id)).map((g) => g.displayName).sort().join();

test('roles are groups of an AWS-like platform, and leave with who loses them', async () => {
  const p = await newPlatform('XAWS'), servers = await peer();
  await provisioner('aws', [{ code: p.code, lines: [`url = ${servers.url('aws')}`, 'profile = aws', 'concurrency = 8'] }]);
  const employees = await Promise.all(Array.from({ length: 12 }, () => freshEmployee())), logins = [];
  for (const employee of employees) logins.push(await grant(employee, p));
  for (const employee of employees.slice(0, 4)) await grant(employee, p, 'LANH_DAO');
  await until('all are there', async () => await settled(p) && (await servers.control('aws')).users.length === 12, 15000);
  let held = await servers.control('aws');
  for (const [i, login] of logins.entries()) assert.equal(groupsOf(held, login), i < 4 ? 'sen-CAN_BO,sen-LANH_DAO' : 'sen-CAN_BO');
  const answer = await admin.api('POST', '/grants/revoke', { login: logins[0], platform: p.code, reason: 'Thôi nhiệm vụ' });
  assert.equal(answer.status, 200, answer.text);
  await until('revoked', async () => user(await servers.control('aws'), logins[0]).active === false && settled(p), 10000);
  held = await servers.control('aws');
  assert.equal(groupsOf(held, logins[0]), '');
  assert.equal(groupsOf(held, logins[1]), 'sen-CAN_BO,sen-LANH_DAO');
});

test('what somebody changes there is repaired when the platform says so, not first by the nightly list', async () => {
  const p = await newPlatform('XEVT'), servers = await peer();
  const engine = await provisioner('events', [{ code: p.code, lines: [`url = ${servers.url('plain')}`, `events_url = ${servers.url('plain')}/events`] }]);
  const login = await grant(await freshEmployee(), p);
  await until('it is there', async () => user(await servers.control('plain'), login) && settled(p), 10000);
  const name = user(await servers.control('plain'), login).displayName;
  await servers.control('plain', { act: 'rename', login });
  await servers.control('plain', { act: 'notice', login });
  await until('repaired', async () => user(await servers.control('plain'), login).displayName === name, 10000);
  await until('acknowledged', async () => (await servers.control('plain')).events.length === 0, 10000);
  const [[n]] = await sql(`SELECT count(*) FROM sen.op_log WHERE platform_id = $1 AND op = 'observe' AND detail = 'noticed'`, p.id);
  assert.equal(n, '1');
  assert.doesNotMatch(engine.output(), new RegExp(TOKEN));
});

test('the inbound service of this project, as a platform of somebody else\'s', async () => {
  const p = await newPlatform('XSEN'), employee = await freshEmployee();
  const [[unit]] = await sql(`SELECT u.code FROM sen.person n JOIN sen.post o ON o.person_id = n.id JOIN sen.unit u ON u.id = o.unit_id WHERE n.employee_code = $1`, employee);
  const answerable = await freshEmployee();
  const account = await admin.api('POST', '/accounts', { kind: 'service', employee_code: answerable, login: 'f.khach', reason: 'Nguồn dữ liệu nhân sự' });
  assert.equal(account.status, 201, account.text);
  const scope = await admin.api('POST', '/admin-scopes', { login: 'f.khach', unit, rights: ['read', 'personnel', 'import'] });
  assert.equal(scope.status, 201, scope.text);
  const made = await admin.api('POST', '/feeds', { code: 'khach', login: 'f.khach', unit, name: 'Như một nền tảng', basis: '01/QĐ-SNV', authority: ['personal'] });
  assert.equal(made.status, 201, made.text);
  // What an HR service wants to know and a platform does not: rows of a mapping.
  const document = { kind: 'scim', attributes: [{ path: 'userName', value: 'login', required: true }, { path: 'displayName', value: 'full_name' },
    { path: 'name.familyName', value: 'ho' }, { path: 'name.middleName', value: 'dem' }, { path: 'name.givenName', value: 'ten' }, { path: 'userType', value: 'person.kind' },
    { path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber', value: 'employee_code' }] };
  const drawn = await admin.api('POST', `/platforms/${p.code}/mapping`, { document, samples: [{ name: 'mẫu', facts: { login: 'x', 'person.kind': 'cong_chuc' }, expect: { userType: 'cong_chuc' } }] });
  assert.equal(drawn.status, 201, drawn.text);
  const mapping = `/platforms/${p.code}/mapping/${drawn.json.number}`;
  const tested = await change(admin, `${mapping}/test`, {});
  assert.equal(tested.json?.passed, true, tested.text);
  await until('counted', async () => (await admin.api('POST', `${mapping}/count`)).json.done);
  const active = await change(admin, `${mapping}/activate`, {});
  assert.equal(active.status, 200, active.text);
  await provisioner('sen', [{ code: p.code, lines: [`url = ${env.SEN_ISSUER}/scim/v2`] }], made.json.token);
  const login = await grant(employee, p);
  await until('settled', () => settled(p), 10000);
  const state = async () => (await sql(`SELECT b.state, coalesce(b.err_class, ''), coalesce(b.err_detail, ''), b.ext_id, b.seen_active FROM sen.binding b JOIN sen.account a ON a.id = b.account_id
    WHERE b.platform_id = $1 AND a.login = $2`, p.id, login))[0];
  assert.deepEqual((await state()).slice(0, 2), ['0', ''], String(await state()));
  const read = async () => (await fetch(`${env.SEN_ISSUER}/scim/v2/Users/${(await state())[3]}`, { headers: { authorization: `Bearer ${made.json.token}` } })).json();
  const there = await read();
  assert.equal(there.userName, login);
  assert.deepEqual(there.roles.map((role) => role.value), ['CAN_BO']);
  await grant(employee, p, 'LANH_DAO');
  await until('changed', async () => (await read()).roles.length === 2 && settled(p), 10000);
});
