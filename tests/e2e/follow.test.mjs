// What others change in a directory behind our back is seen as it happens (RFC 4533), and repaired; our own writes are no news;
// and nothing is missed while a provisioner or the directory is away.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ldapSearch, until } from '../../deploy/driver/world.mjs';
import { answers, folderFor, freePort, start, write } from './lib/integrate.mjs';
import { newPlatform } from './lib/platforms.mjs';
import { ctl } from './lib/servers.mjs';
import { administrator, basis, env, freshEmployee, official, p02, p03, sql } from './lib/world.mjs';
import { nothingHeld } from './lib/versioned.mjs';

// The promise.
const SEEN_MS = 2000;
// With what its sessions were about to write.
const kill = async () => {
  await ctl('kill', 'sen-provisioner');
  await until('its sessions have ended', async () => (await sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sen-provisioner'`))[0][0] === '0');
};
const modify = (uri, text) => execFileSync('ldapmodify', ['-Q', '-Y', 'EXTERNAL', '-H', uri], { input: text, env: { ...process.env, LDAPNOINIT: '1' } });
const directory = (text) => modify(env.SEN_LDAP_OPERATOR_URI, text);
const mail = (text) => modify(env.P03_LDAP_OPERATOR_URI, text);
const change = (dn, ...lines) => `dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n`;
const b64 = (text) => Buffer.from(text).toString('base64');

const entry = async (person) => (await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(senAccountId=${person.id})`))[0];
const follow = async (code) => {
  const [row] = await sql(`SELECT connected_at IS NOT NULL AND current_at IS NOT NULL, told, repaired, restarts, coalesce(cursor, '') FROM sen.follow f
    JOIN sen.platform p ON p.id = f.platform_id WHERE p.code = $1`, code);
  return row && { current: row[0] === 't', told: Number(row[1]), repaired: Number(row[2]), restarts: Number(row[3]), cursor: row[4] };
};
const current = (code) => until(`${code} is followed`, async () => (await follow(code))?.current, 40000);
const settled = (code) => until(`${code} settled`, async () => (await sql('SELECT count(*) FROM sen.dirty_account'))[0][0] === '0'
  && (await sql(`SELECT count(*) FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id WHERE p.code = $1 AND b.state <> 0`, code))[0][0] === '0', 30000);
const drifts = async (code, person) => Number((await sql(`SELECT count(*) FROM sen.op_log o JOIN sen.platform p ON p.id = o.platform_id
  WHERE p.code = $1 AND o.account_id = $2 AND o.op = 'observe' AND o.outcome = 'drift'`, code, person.id))[0][0]);

// Somebody does it; how long until we know of it, and until it is as it was.
async function seen(what, code, person, act, isRight) {
  const known = await drifts(code, person);
  await act();
  const began = performance.now();
  await until(`${what}: seen`, async () => await drifts(code, person) > known);
  const saw = Math.round(performance.now() - began);
  await until(`${what}: repaired`, isRight);
  console.log(`${what}: seen after ${saw} ms, repaired after ${Math.round(performance.now() - began)} ms`);
  assert.ok(saw < SEEN_MS, `${what}: seen after ${saw} ms`);
  await settled(code);
}

let person, dn, name;
before(async () => {
  await nothingHeld();
  person = await official(p02);
  await settled('DIR');
  await current('DIR');
  ({ dn: [dn], displayName: [name] } = await entry(person));
});

test('the directory: a name, access that comes back, an entry that is gone, and a stranger', async () => {
  await seen('a name', 'DIR', person, () => directory(change(dn, 'replace: displayName', `displayName:: ${b64('Ai Đó Khác')}`)),
    async () => (await entry(person)).displayName[0] === name);
  await seen('a role', 'DIR', person, () => directory(change(dn, 'add: senRole', 'senRole: P02:QUANTRI')),
    async () => !(await entry(person)).senRole.includes('P02:QUANTRI'));
  await seen('a lock', 'DIR', person, () => directory(change(dn, 'replace: pwdAccountLockedTime', 'pwdAccountLockedTime: 000001010000Z')),
    async () => !(await entry(person)).pwdAccountLockedTime);
  await seen('a deletion', 'DIR', person, () => directory(`dn: ${dn}\nchangetype: delete\n`), async () => (await entry(person))?.displayName[0] === name);

  const off = await official(p02);
  const answer = await (await administrator()).api('POST', '/grants/revoke', { login: off.login, reason: 'Thôi việc' });
  assert.equal(answer.status, 200, answer.text);
  await until('off', async () => (await entry(off)).pwdAccountLockedTime);
  await settled('DIR');
  await seen('an account that is on again', 'DIR', off, async () => directory(change((await entry(off)).dn[0], 'delete: pwdAccountLockedTime')),
    async () => (await entry(off)).pwdAccountLockedTime?.[0] === '000001010000Z');

  const uid = `khach-${randomUUID()}`, stranger = dn.replace(/^uid=[^,]+/, `uid=${uid}`);
  directory(`dn: ${stranger}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: Khach\nsn: Khach\n`);
  const began = performance.now();
  await until('the stranger is told of', async () => (await sql('SELECT situation FROM sen.shadow WHERE platform_id = 0 AND ext_id = $1', stranger))[0]?.[0] === 'unmatched');
  assert.ok(performance.now() - began < SEEN_MS);
  directory(`dn: ${stranger}\nchangetype: delete\n`);
});

// Who looks after the directory does somebody a favour: another name, our id and all that is ours gone, the lock too.
const hide = async (who, as) => {
  const was = await entry(who), ours = ['senAccountId', 'senStatus', 'senUnitCode', 'senUnitName', 'senPost', 'senRole'].filter((name) => was[name]);
  directory(change(was.dn[0], 'delete: objectClass', 'objectClass: senOfficial', ...ours.flatMap((name) => ['-', `delete: ${name}`]), '-', 'replace: pwdAccountLockedTime'));
  directory(`dn: ${was.dn[0]}\nchangetype: modrdn\nnewrdn: uid=${as}\ndeleteoldrdn: 1\n`);
};
const hidden = async (as) => (await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(uid=${as})`))[0];

test('a leaver whose entry was given another name is off all the same, before it and after', async () => {
  const revoke = async (who) => assert.equal((await (await administrator()).api('POST', '/grants/revoke', { login: who.login, reason: 'Thôi việc' })).status, 200);
  const isOff = async (as) => (await hidden(as)).pwdAccountLockedTime?.[0] === '000001010000Z';
  const [first, second] = [await official(p02), await official(p02)], [a, b] = [`an-${randomUUID()}`, `an-${randomUUID()}`];
  await settled('DIR');
  assert.equal((await sql('SELECT stable_id FROM sen.binding WHERE platform_id = 0 AND account_id = $1', first.id))[0][0], (await entry(first)).entryUUID[0]);

  // Nobody looks until the revocation.
  await ctl('kill', 'sen-provisioner');
  await hide(first, a);
  await revoke(first);
  await sql(`UPDATE sen.follow SET lease_until = now() - interval '1 s'`);
  await ctl('start', 'sen-provisioner');
  await until('the hidden one is off', () => isOff(a), 20000);

  await current('DIR');
  await revoke(second);
  await until('off', async () => (await entry(second)).pwdAccountLockedTime);
  await settled('DIR');
  await hide(second, b);
  const began = performance.now();
  await until('off again', () => isOff(b));
  console.log(`hidden and unlocked: off again after ${Math.round(performance.now() - began)} ms`);
  assert.equal(await entry(second), undefined);
  await settled('DIR');
  for (const [who, as] of [[first, a], [second, b]]) {
    directory(`dn: ${(await hidden(as)).dn[0]}\nchangetype: delete\n`);
    await until('known to be gone', async () => (await sql(`SELECT count(*) FROM sen.op_log WHERE platform_id = 0 AND account_id = $1 AND op = 'observe' AND detail = 'deleted there'`, who.id))[0][0] === '1');
  }
  await settled('DIR');
});

test('our own writes are told to us, and make nothing due', async () => {
  const was = await follow('DIR'), known = await drifts('DIR', person);
  for (const role of ['THUPHI', 'XL_CHUYENVIEN']) await (await administrator()).api('POST', '/grants', { login: person.login, platform: 'P02', role, basis });
  const other = await official(p02, p03);
  await settled('DIR');
  await until('told', async () => (await follow('DIR')).told > was.told + 1);
  await sleep(500);
  await settled('DIR');
  assert.equal((await follow('DIR')).repaired, was.repaired);
  assert.equal(await drifts('DIR', person), known);
  assert.equal(await drifts('DIR', other), 0);
});

test('what happens while the provisioner is dead, or the directory is, is seen afterwards, without beginning anew', async () => {
  const { restarts } = await follow('DIR');
  await kill();
  directory(change(dn, 'replace: displayName', `displayName:: ${b64('Trong Lúc Tắt')}`));
  // The lease of the dead one is over by then.
  await sql(`UPDATE sen.follow SET lease_until = now() - interval '1 s'`);
  await ctl('start', 'sen-provisioner');
  await until('repaired', async () => (await entry(person)).displayName[0] === name);
  await current('DIR');
  await ctl('crash', 'ldap');
  await until('the directory', async () => (await entry(person)).displayName[0] === name);
  directory(change(dn, 'replace: displayName', `displayName:: ${b64('Sau Khi Bật Lại')}`));
  await until('repaired', async () => (await entry(person)).displayName[0] === name);
  assert.equal((await follow('DIR')).restarts, restarts);
});

// Every change of where the provisioner stands in the directory, as the database saw it.
async function history() {
  await sql(`CREATE TABLE public.follow_history (n bigserial, was text, became text, restarts integer)`);
  await sql(`CREATE FUNCTION public.follow_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN INSERT INTO public.follow_history (was, became, restarts) VALUES (OLD.cursor, NEW.cursor, NEW.restarts); RETURN NULL; END'`);
  await sql(`CREATE TRIGGER follow_history AFTER UPDATE ON sen.follow FOR EACH ROW
    WHEN (NEW.platform_id = 0 AND OLD.cursor IS DISTINCT FROM NEW.cursor) EXECUTE FUNCTION public.follow_history()`);
}

test('a directory that was set back, so that our cursor is ahead of it: from the beginning', async () => {
  await current('DIR');
  const ahead = Buffer.from('rid=000,csn=20991231000000.000000Z#000000#000#000000').toString('base64url'), { restarts } = await follow('DIR');
  await kill();
  await sql(`UPDATE sen.follow SET lease_until = now() - interval '1 s', cursor = $1 WHERE platform_id = 0`, ahead);
  await history();
  await ctl('start', 'sen-provisioner');
  await until('a new cursor', async () => { const f = await follow('DIR'); return f.current && f.cursor && f.cursor !== ahead; }, 20000);
  assert.equal((await follow('DIR')).restarts, restarts + 1);
  // What the other searches of the refused session had to say was no place to go on from, not even for a moment.
  const [first] = await sql(`SELECT was, coalesce(became, 'none'), restarts FROM public.follow_history ORDER BY n LIMIT 1`);
  await sql('DROP FUNCTION public.follow_history() CASCADE');
  await sql('DROP TABLE public.follow_history');
  assert.deepEqual(first, [ahead, 'none', String(restarts + 1)]);
  directory(change(dn, 'replace: displayName', `displayName:: ${b64('Lại Từ Đầu')}`));
  await until('repaired', async () => (await entry(person)).displayName[0] === name);
});

// A platform of its own in the mail system's directory, by a second provisioner beside the first.
async function platform() {
  await newPlatform('FOLL', { name: 'Thử' });
  for (const ou of ['users', 'groups']) mail(`dn: ou=follow,ou=${ou},${env.P03_LDAP_BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: follow\n`);
  const folder = folderFor('follow'), port = await freePort('127.0.0.1'), stack = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8');
  const at = (key) => new RegExp(`^\\[connector.P03\\][^]*^${key} = (.*)$`, 'm').exec(stack)[1];
  const config = stack.replace(/\n\[connector\.[^]*$/, '\n').replace(/^follow_.*\n/gm, '').replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`)
    .replace('[database]', '[database]\naudit_chain = 906');
  const file = write(folder, 'conf', `${config}
[connector.FOLL]
kind = ldap
uri = ${at('uri')}
bind_dn = ${at('bind_dn')}
password_file = ${at('password_file')}
follow_dn = cn=reader,ou=services,${env.P03_LDAP_BASE}
follow_password_file = ${env.SEN_STATE}/secrets/p03-ldap-reader.password
people_base = ou=follow,ou=users,${env.P03_LDAP_BASE}
groups_base = ou=follow,ou=groups,${env.P03_LDAP_BASE}
id_attr = carLicense
`);
  return start(`${env.SEN_STATE}/bin/sen-provisioner`, ['--config', file], { cwd: folder, ready: answers(`http://127.0.0.1:${port}/readyz`) });
}

test('groups: who is put in, who is taken out', async () => {
  const engine = await platform();
  try {
    const members = [];
    for (let i = 0; i < 3; i += 1) {
      const answer = await (await administrator()).api('POST', '/grants', { employee_code: await freshEmployee(), platform: 'FOLL', role: i ? 'CAN_BO' : 'LANH_DAO', basis });
      assert.equal(answer.status, 201, answer.text);
      const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', answer.json.login);
      members.push({ id, dn: `uid=${answer.json.login},ou=follow,ou=users,${env.P03_LDAP_BASE}` });
    }
    await current('FOLL');
    await settled('FOLL');
    const group = (role) => `cn=${role},ou=follow,ou=groups,${env.P03_LDAP_BASE}`;
    const isIn = async ({ dn: who }, role) => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, `ou=follow,ou=groups,${env.P03_LDAP_BASE}`, `(&(cn=${role})(member=${who}))`)).length === 1;
    assert.ok(await isIn(members[0], 'LANH_DAO') && await isIn(members[1], 'CAN_BO') && await isIn(members[2], 'CAN_BO'));
    // Told of the three new entries and two groups, and none of them was news.
    assert.equal((await follow('FOLL')).repaired, 0);
    await seen('put into a group', 'FOLL', members[1], () => mail(change(group('LANH_DAO'), 'add: member', `member: ${members[1].dn}`)),
      async () => !await isIn(members[1], 'LANH_DAO'));
    await seen('taken out of a group', 'FOLL', members[2], () => mail(change(group('CAN_BO'), 'delete: member', `member: ${members[2].dn}`)),
      async () => isIn(members[2], 'CAN_BO'));
    assert.equal(await drifts('FOLL', members[0]), 0);
    assert.equal((await follow('FOLL')).repaired, 2);
  } finally {
    await engine.stop();
    for (const ou of ['users', 'groups'])
      for (const { dn: [one] } of (await ldapSearch(env.P03_LDAP_OPERATOR_URI, `ou=follow,ou=${ou},${env.P03_LDAP_BASE}`, '(objectClass=*)')).reverse())
        mail(`dn: ${one}\nchangetype: delete\n`);
  }
});
