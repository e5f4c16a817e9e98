// A provisioner that reaches the platforms and not the database, and directories that die amid a batch.  As in provisioning-faults: nothing is
// lost, nothing is doubled, nobody keeps what was revoked, and who has lost the lease writes nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ldapSearch, until } from '../../deploy/driver/world.mjs';
import { bindings, check, health, hurry, LEASE_S, operations, people, platform, provisioner, revoke, settled } from './lib/engine.mjs';
import { FaultProxy } from './lib/fault-proxy.mjs';
import { folderFor } from './lib/integrate.mjs';
import { Liar } from './lib/liar.mjs';
import { nothingHeld } from './lib/versioned.mjs';
import { ctl } from './lib/servers.mjs';
import { env, p03, sql } from './lib/world.mjs';

// A socket of the database that can be cut: { folder, proxy }.
async function database(name) {
  const [, host, port] = /^conninfo = .*host=(\S+) port=(\d+)/m.exec(readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8'));
  const folder = folderFor(name), socket = `.s.PGSQL.${port}`;
  return { folder, proxy: await new FaultProxy(`${host}/${socket}`).start(`${folder}/${socket}`) };
}

test('one of two is cut off from the database amid a batch, and reaches the platform all the while; and is joined again', async () => {
  let slow = true;
  const { folder, proxy } = await database('splits-db'), liar = new Liar({ lie: async () => { if (slow) await sleep(250); } });
  const p = await platform('FSPLIT', liar);
  let one, two;
  try {
    const who = await people(80, p);
    one = await provisioner('split-1', [p], { database: folder });
    await until('amid a batch', async () => await bindings(p, 'state = 2') > 3 && liar.journal.length > 0);
    proxy.split();
    // It goes on with what it holds, and can tell nobody.
    const written = liar.journal.length;
    await until('it still writes', () => liar.journal.length > written, LEASE_S * 1000);
    for (const { login } of who.slice(0, 15)) await revoke(login, p);
    two = await provisioner('split-2', [p]);
    await until('the other one does it', () => settled(p), 60000);
    await sleep(LEASE_S * 1000);
    await check(p, who);
    // What it held has become the other one's, by a look and not by a second write.
    assert.ok((await operations(p)).length >= who.length);
    slow = false;
    for (const { login } of who.slice(15, 30)) await revoke(login, p);
    await until('settled', () => settled(p), 20000);
    await check(p, who);
    proxy.join();
    await until('both are there', async () => (await health(p)).workers === 2, 20000);
    const more = await people(20, p);
    for (const { login } of more.slice(0, 5)) await revoke(login, p);
    await until('settled', () => settled(p), 20000);
    await check(p, [...who, ...more]);
  } finally {
    await Promise.all([one, two].filter(Boolean).map((engine) => engine.stop()));
    await proxy.stop();
    await liar.stop();
  }
});

test('a connection to the database that comes and goes: a hundred times within one push', async () => {
  const { folder, proxy } = await database('flap-db'), liar = new Liar({ lie: async () => { await sleep(15); } }), p = await platform('FFLAP', liar);
  const one = await provisioner('flap', [p], { database: folder }).catch(async (error) => { await proxy.stop(); throw error; });
  let over = false;
  const flapping = (async () => {
    let times = 0;
    for (; times < 100 || !over; times += 1) {
      if (over) break;
      proxy.cut();
      await sleep(40);
    }
    return times;
  })();
  try {
    const who = await people(60, p);
    for (const { login } of who.slice(0, 20)) await revoke(login, p);
    over = true;
    const times = await flapping;
    assert.ok(times > 10, `${times} cuts`);
    await until('settled', async () => { await hurry(p); return settled(p); }, 40000);
    await check(p, who);
  } finally {
    over = true;
    await flapping;
    await one.stop();
    await proxy.stop();
    await liar.stop();
  }
});

test('slapd of a platform and slapd of the accounts are killed amid grants and revocations', async () => {
  await nothingHeld();
  const [[id]] = await sql(`SELECT id FROM sen.platform WHERE code = 'P03'`), p = { id, code: 'P03' }, dir = { id: 0, code: 'DIR' };
  const isSettled = (who) => async () => {
    await Promise.all([hurry(p), hurry(dir)]);
    const [[n, waiting]] = await sql(`SELECT (SELECT count(*) FROM sen.binding WHERE account_id = ANY ($1::uuid[]) AND platform_id IN (0, $2) AND state <> 0),
      (SELECT count(*) FROM sen.dirty_account WHERE account_id = ANY ($1::uuid[]))`, `{${who.map((one) => one.id)}}`, id);
    return n === '0' && waiting === '0';
  };
  const before = await people(14, p, p03.role);
  await until('settled', isSettled(before), 30000);

  // Until operations on each of the two have met it.
  const who = [...before], off = new Set(), began = Date.now();
  const met = async () => new Set((await sql(`SELECT DISTINCT platform_id FROM sen.op_log WHERE platform_id IN (0, $1) AND outcome <> 'ok' AND op <> 'observe'
    AND account_id = ANY ($2::uuid[]) AND at > to_timestamp($3::double precision)`, id, `{${who.map((one) => one.id)}}`, began / 1000)).map(([platform_id]) => platform_id)).size === 2;
  for (let round = 0; round < 10 && !await met(); round += 1) {
    const granting = people(6, p, p03.role), leaving = who.filter((one) => !off.has(one.id)).slice(0, 3);
    await Promise.all([ctl('crash', round % 2 ? 'ldap' : 'p03-ldap'), ...leaving.map(({ login }) => revoke(login, p))]);
    for (const one of leaving) off.add(one.id);
    who.push(...await granting);
  }
  assert.ok(await met(), 'nothing was under way when they died');
  for (const { login, id: account } of who.slice(-3)) { await revoke(login, p); off.add(account); }
  await until('settled', isSettled(who), 60000);

  for (const one of who) {
    const mailboxes = await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${one.id})`);
    const entries = await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(senAccountId=${one.id})`);
    const gone = off.has(one.id);
    // Who was revoked before the mailbox was ever made has none.
    assert.ok(mailboxes.length === 1 || (gone && mailboxes.length === 0), `${one.login}: ${mailboxes.length} mailboxes`);
    if (mailboxes.length > 0) assert.equal((mailboxes[0].employeeType ?? []).includes('disabled'), gone, `${one.login}: the mailbox is ${mailboxes[0].employeeType}`);
    assert.ok(entries.length === 1 || (gone && entries.length === 0), `${one.login}: ${entries.length} entries`);
    if (entries.length === 0) continue;
    assert.equal(Boolean(entries[0].pwdAccountLockedTime), gone, `${one.login}: locked ${entries[0].pwdAccountLockedTime}`);
    assert.deepEqual(entries[0].senRole ?? [], gone ? [] : [`P03:${p03.role}`], one.login);
    const groups = await ldapSearch(env.SEN_LDAP_OPERATOR_URI, `ou=groups,${env.SEN_LDAP_BASE}`, `(member=${entries[0].dn[0]})`);
    assert.deepEqual(groups.map(({ cn: [cn] }) => cn), gone ? [] : [`P03:${p03.role}`], `${one.login}: groups`);
  }
  const [twice] = await sql(`SELECT count(*) FROM (SELECT FROM sen.audit WHERE action = 'platform_account.create' AND object IN ('P03', 'DIR') AND account_id = ANY ($1::uuid[])
    GROUP BY account_id, object HAVING count(*) > 1) x`, `{${who.map((one) => one.id)}}`);
  assert.equal(twice[0], '0', 'made twice');
});
