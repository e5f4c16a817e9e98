// A directory that had people in it before us: their entries become accounts by rules that two persons have agreed on, and keep their password.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { ldapSearch, senctl, until } from '../../deploy/driver/world.mjs';
import { administrator, env, freshEmployee, grant, p02, sql } from './lib/world.mjs';
import { activate, change, deputyOf } from './lib/versioned.mjs';

const people = `ou=people,${env.SEN_LDAP_BASE}`, staff = `ou=staff,${people}`;
const tag = Date.now().toString(36), password = 'Mat-khau-cu-2024';
const directory = (text, ...options) => execFileSync('ldapmodify', ['-Q', '-Y', 'EXTERNAL', '-H', env.SEN_LDAP_OPERATOR_URI, ...options],
  { input: text, env: { ...process.env, LDAPNOINIT: '1' }, stdio: ['pipe', 'pipe', 'ignore'] });
const find = (filter) => ldapSearch(env.SEN_LDAP_OPERATOR_URI, people, filter);
const oldEntry = (uid, more = '') => {
  directory(`dn: uid=${uid},${staff}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: Ten Cu\nsn: Ten\ntelephoneNumber: 0238 111 222\nuserPassword: ${password}\n${more}`);
  return `uid=${uid},${staff}`;
};
const idOf = async (login) => (await sql('SELECT id FROM sen.account WHERE login = $1', login))[0][0];
let admin, second;

const clean = () => sql(`DELETE FROM sen.match_candidate WHERE platform_id = 0; DELETE FROM sen.mapping WHERE platform_id = 0`);
before(async () => {
  await clean();
  admin = await administrator();
  second = await deputyOf('40', ['read', 'catalogue']);
  directory(`dn: ${staff}\nchangetype: add\nobjectClass: organizationalUnit\nou: staff\n`);
});
after(clean);

const rules = (confidence) => ({ kind: 'directory', matching: [{ by: 'employee_code', confidence }], match_before_create: true });
const samples = [{ name: 'mã cán bộ', facts: { employee_code: 'NV1' }, expect: { employeeNumber: 'NV1' } }];
async function draw(document) {
  const drawn = await admin.api('POST', '/platforms/DIR/mapping', { document, samples });
  assert.equal(drawn.status, 201, drawn.text);
  const base = `/platforms/DIR/mapping/${drawn.json.number}`;
  assert.equal((await change(admin, `${base}/test`, {})).json?.passed, true);
  for (let done = false; !done;) {
    const count = await admin.api('POST', `${base}/count`);
    assert.equal(count.status, 200, count.text);
    ({ done } = count.json);
    if (done) assert.deepEqual([count.json.accounts, count.json.due, count.json.second_person], [0, 0, true], 'nobody becomes due, and it is for two');
  }
  return base;
}

test('rules of the directory are rules and nothing else, and always for two persons', async () => {
  const rows = await admin.api('POST', '/platforms/DIR/mapping', { document: { ...rules('strong'), attributes: [{ path: 'cn', value: 'login' }] }, samples });
  assert.equal(rows.status, 422, rows.text);
  const elsewhere = await admin.api('POST', '/platforms/P03/mapping', { document: rules('strong'), samples });
  assert.equal(elsewhere.status, 422, elsewhere.text);
  assert.equal((await admin.api('POST', '/platforms/DIR/mapping', { document: { kind: 'ldap', attributes: [{ path: 'cn', value: 'login' }] }, samples })).status, 422);

  const base = await draw(rules('strong'));
  assert.equal((await change(admin, `${base}/activate`, {})).json.code, 'four_eyes');
  assert.equal((await change(second, `${base}/activate`, {})).status, 200);
});

test('one strong hit: the entry becomes the account, where it stands, with its password', async () => {
  const employee = await freshEmployee(), dn = oldEntry(`cu-${tag}`, `employeeNumber: ${employee}\n`);
  const [{ userPassword: [was] }] = await find(`(employeeNumber=${employee})`);
  const { login } = await grant(employee, p02), id = await idOf(login);
  await until('it is ours', async () => (await find(`(senAccountId=${id})`)).length === 1);
  await until('and as we want it', async () => (await find(`(senAccountId=${id})`))[0].senRole?.length === 1);
  const [is] = await find(`(senAccountId=${id})`);
  assert.deepEqual(is.dn, [dn]);
  assert.deepEqual([...is.uid].sort(), [login, `cu-${tag}`].sort());
  assert.deepEqual([is.userPassword[0], is.telephoneNumber[0]], [was, '0238 111 222']);
  assert.equal((await find(`(uid=${login})`)).length, 1, 'and no second one');
  await until('audited', async () => (await sql(`SELECT count(*) FROM sen.audit WHERE action = 'platform_account.adopt' AND account_id = $1`, id))[0][0] === '1');

  // The old password is no way in here, before nor after the activation, which sets another.
  await until('settled', async () => (await sql('SELECT count(*) FROM sen.binding WHERE account_id = $1 AND state <> 0', id))[0][0] === '0');
  const person = await activate({ id, login });
  assert.notEqual((await find(`(senAccountId=${id})`))[0].userPassword[0], was);
  assert.ok(person.agent);

  const revoked = await admin.api('POST', '/grants/revoke', { login, reason: 'Thôi việc' });
  assert.ok(revoked.status < 300, revoked.text);
  await until('locked where it stands', async () => (await find(`(senAccountId=${id})`))[0].pwdAccountLockedTime?.[0] === '000001010000Z');
});

test('a weak hit waits for a person', async () => {
  const base = await draw(rules('weak'));
  assert.equal((await change(second, `${base}/activate`, {})).status, 200);
  const employee = await freshEmployee(), dn = oldEntry(`yeu-${tag}`, `employeeNumber: ${employee}\n`);
  const { login } = await grant(employee, p02), id = await idOf(login);
  const dispute = async () => (await admin.api('GET', '/platforms/DIR/disputes')).json.disputes.find((d) => d.login === login);
  await until('a person is asked', dispute);
  assert.deepEqual((await dispute()).candidates.map((c) => [c.ext_id, c.label, c.strong, c.linked]), [[dn, `yeu-${tag}`, false, false]]);
  assert.equal((await find(`(uid=${login})`)).length, 0, 'nothing was made, and nothing written');
  await senctl(env, ['mapping', 'adopt', 'DIR', login, dn]);
  await until('it is ours', async () => (await find(`(senAccountId=${id})`))[0]?.dn[0] === dn);
});
