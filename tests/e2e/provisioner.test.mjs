// The provisioner: kill -9 at any moment, and the end state is right all the same; revocations go first.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ldapSearch, scimUsers, until } from '../../deploy/driver/world.mjs';
import { ctl } from './lib/servers.mjs';
import { administrator, basis, env, freshEmployee, grant, official, p02, p03, sql } from './lib/world.mjs';
import { nothingHeld } from './lib/versioned.mjs';

// Platforms that other tests entered have no connector: what is due there stays due.
const settled = async () => (await sql(`SELECT (SELECT count(*) FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id
  WHERE b.state BETWEEN 1 AND 5 AND p.code IN ('DIR', 'P02', 'P03')) + (SELECT count(*) FROM sen.dirty_account)`))[0][0] === '0';
const mailboxes = () => ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, '(objectClass=inetOrgPerson)');
const isOff = (mailbox) => (mailbox?.employeeType ?? []).includes('disabled');

before(nothingHeld);

test('20 kills amid 500 grants: every account once on every platform, none twice, none missing', { timeout: 600000 }, async () => {
  const admin = await administrator();
  const employees = [];
  for (let i = 0; i < 500; i += 1) employees.push(await freshEmployee());
  let granting = true;
  const killer = (async () => {
    for (let kill = 0; kill < 20; kill += 1) {
      await sleep(150 + Math.random() * 350);
      await ctl('kill', 'sen-provisioner');
      await ctl('start', 'sen-provisioner');
    }
  })();
  const workers = Array.from({ length: 8 }, async () => {
    for (let code = employees.shift(); code; code = employees.shift()) {
      for (const client of [p02, p03]) {
        await grant(code, client, admin);
      }
    }
    granting = false;
  });
  await Promise.all([...workers, killer]);
  assert.equal(granting, false);
  await until('every binding settled', settled, 180000);

  const wanted = await sql(`SELECT DISTINCT a.id, a.login, p.code FROM sen.account a JOIN sen.live_grant g ON g.account_id = a.id JOIN sen.platform p ON p.id = g.platform_id
    WHERE a.status IN ('pending', 'active')`);
  const users = await allScimUsers();
  const boxes = await mailboxes();
  const entries = await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, '(objectClass=senOfficial)');
  for (const list of [users.map((u) => u.externalId), boxes.map((b) => b.employeeNumber[0]), entries.map((e) => e.senAccountId[0])])
    assert.equal(new Set(list).size, list.length, 'an account exists twice');
  const scim = new Map(users.map((u) => [u.externalId, u]));
  const mail = new Map(boxes.map((b) => [b.employeeNumber[0], b]));
  const directory = new Map(entries.map((e) => [e.senAccountId[0], e]));
  for (const [id, login, platform] of wanted) {
    assert.ok(directory.has(id) && !directory.get(id).pwdAccountLockedTime, `${login} in the directory`);
    if (platform === 'P02') assert.ok(scim.get(id)?.active && scim.get(id).roles?.some((r) => r.value === p02.role), `${login} on P02`);
    if (platform === 'P03') assert.ok(mail.has(id) && !isOff(mail.get(id)), `${login} on P03`);
  }
});

// The server of P02 ignores paging: each account is asked for by its identifier.
async function allScimUsers() {
  const ids = (await sql('SELECT id FROM sen.account')).map(([id]) => id);
  const users = [];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let id = ids.pop(); id; id = ids.pop()) users.push(...await scimUsers(env, `externalId eq "${id}"`));
  }));
  return users;
}

test('a revocation reaches every platform in time, also amid a push of grants', async () => {
  const people = [];
  for (let i = 0; i < 10; i += 1) people.push(await official(p02, p03));
  await until('settled', settled, 60000);
  const admin = await administrator();
  const push = (async () => { for (let i = 0; i < 100; i += 1) await grant(await freshEmployee(), p02); })();
  for (const person of people) {
    assert.equal((await admin.api('POST', '/grants/revoke', { login: person.login, reason: 'Thôi việc' })).status, 200);
    await until('disabled on P02', async () => (await scimUsers(env, `externalId eq "${person.id}"`))[0].active === false, 10000);
    await until('disabled on P03', async () => isOff((await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${person.id})`))[0]), 10000);
    await until('locked', async () => (await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(uid=${person.login})`))[0].pwdAccountLockedTime, 10000);
  }
  await push;
});

test('a platform that is away gets everything when it is back; a time-out is looked up, not repeated', async () => {
  const employee = await freshEmployee();
  await ctl('signal', 'p02-scim', 'STOP');
  let granted;
  try {
    granted = await grant(employee, p02);
    await sleep(1500);
  } finally {
    await ctl('signal', 'p02-scim', 'CONT');
  }
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', granted.login);
  await until('the account on P02', async () => {
    const users = await scimUsers(env, `externalId eq "${id}"`);
    assert.ok(users.length <= 1, 'created twice');
    return users[0]?.active;
  }, 60000);
  await until('settled', settled, 60000);
  assert.equal((await scimUsers(env, `userName eq "${granted.login}"`)).length, 1);
});

test('a role change reaches the platform, and granting again enables', async () => {
  const person = await official(p02);
  const admin = await administrator();
  const roles = async () => ((await scimUsers(env, `externalId eq "${person.id}"`))[0]?.roles ?? []).map((role) => role.value).sort();
  const more = await admin.api('POST', '/grants', { login: person.login, platform: 'P02', role: 'THUPHI', basis });
  assert.equal(more.status, 201, more.text);
  await until('two roles', async () => (await roles()).join() === [p02.role, 'THUPHI'].sort().join());
  await admin.api('POST', `/grants/${more.json.id}/revoke`, { login: person.login, reason: 'Hết nhiệm vụ' });
  await until('one role', async () => (await roles()).join() === p02.role);
  await admin.api('POST', '/grants/revoke', { login: person.login, reason: 'Thôi việc' });
  await until('disabled', async () => (await scimUsers(env, `externalId eq "${person.id}"`))[0].active === false);
  await grant(person.employeeCode, p02);
  await until('enabled', async () => (await scimUsers(env, `externalId eq "${person.id}"`))[0].active === true);
});

test('a grant that ends by its date is taken away by itself', async () => {
  const person = await official(p02, p03);
  await sql(`UPDATE sen.access_grant g SET valid_to = now() + interval '3 s' FROM sen.role r, sen.platform p
    WHERE g.account_id = $1 AND r.id = g.role_id AND p.id = r.platform_id AND p.code = 'P02' AND g.revoked_at IS NULL`, person.id);
  await until('disabled on P02', async () => (await scimUsers(env, `externalId eq "${person.id}"`))[0].active === false, 20000);
});
