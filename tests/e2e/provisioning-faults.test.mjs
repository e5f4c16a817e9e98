// What networks, platforms, machines and databases do to the provisioning engine.  After each: nothing is lost, nothing is
// doubled, nobody keeps what was revoked, and one account that never works holds nobody up.  Read from history: the
// platform's own journal, the log of operations, the audit; not from impressions.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { senctl, senctlJson, until } from '../../deploy/driver/world.mjs';
import { bindings, check, grant, health, hurry, LEASE_S, operations, people, platform, provisioner, revoke, settled } from './lib/engine.mjs';
import { dice, FAULTS, FaultProxy } from './lib/fault-proxy.mjs';
import { judge, PLANTS } from './lib/history.mjs';
import { env, folderFor, write } from './lib/integrate.mjs';
import { html, Liar, scimError } from './lib/liar.mjs';
import { ctl } from './lib/servers.mjs';
import { Administrator, administrator, freshEmployee, official, p02, sql } from './lib/world.mjs';

test('a network that delays, stalls, resets, loses, halves and doubles answers', async () => {
  const liar = new Liar(), p = await platform('FNET', liar), roll = dice(20261126);
  let bad = true;
  const proxy = await new FaultProxy(liar.port, () => (bad && roll() < 0.35 ? FAULTS[Math.floor(roll() * FAULTS.length)] : undefined)).start();
  p.port = proxy.port;
  const engine = await provisioner('net', [p]);
  try {
    const who = await people(24, p);
    for (const { login } of who.slice(0, 8)) await revoke(login, p);
    await until('every fault was there', async () => { await hurry(p); return FAULTS.every((fault) => proxy.done[fault]); }, 15000);
    bad = false;
    await until('settled', async () => { await hurry(p); return settled(p); }, 20000);
    await check(p, who);
  } finally {
    await engine.stop();
    await proxy.stop();
    await liar.stop();
  }
});

test('platforms that lie: an error under 200, fields dropped, answers of others, HTML, 500 for one account, a token that has expired', async () => {
  const counts = { error: 0, dropped: 0, page: 0, other: 0 };
  let poison, expired = false, lies = true, refusals = 0, listAt = 0;
  const liar = new Liar({ lie: ({ method, path, body, apply }) => {
    if (expired) return scimError(401, 'the token has expired');
    if (poison && body?.externalId === poison) return scimError(500, 'NullPointerException');
    if (method === 'PATCH' && refusals > 0) { refusals -= 1; return scimError(400, 'no'); }
    if (method === 'GET' && path.startsWith('/Users/') && listAt > 0 && (listAt -= 1) === 0) return { status: 200, json: { totalResults: 0, Resources: [] } };
    if (!lies) return undefined;
    if (method === 'PATCH' && (counts.error += 1) % 3 === 1) return { ...scimError(400, 'no'), status: 200 };
    // Somebody else's answer, as a cache in between would give it.
    const [stranger] = [...liar.users.values()].filter((user) => user.externalId !== body?.externalId && !path.endsWith(user.id));
    if (stranger && (method === 'GET' || body?.roles) && (counts.other += 1) % 4 === 1) return { status: apply().status, json: stranger };
    if (method === 'POST' && body?.roles && (counts.dropped += 1) % 3 === 1) { delete body.roles; return apply('lied'); }
    if ((counts.page += 1) % 7 === 1) return html(counts.page % 2 ? 200 : 502);
    return undefined;
  } });
  const p = await platform('FLIE', liar);
  const engine = await provisioner('lie', [p]);
  try {
    const poisoned = await freshEmployee();
    lies = false; expired = true;
    const victim = { employee: poisoned, ...await grant(poisoned, p) };
    [[victim.id]] = await sql('SELECT id FROM sen.account WHERE login = $1', victim.login);
    await until('we are not known there', async () => (await health(p)).state === 'auth_failed');
    const stopped = liar.calls.length;
    assert.equal((await health(p)).error_status, 401);
    poison = victim.id; expired = false; lies = true;
    await hurry(p);
    const who = await people(15, p);
    await until('known again', () => liar.calls.length > stopped);
    for (const { login } of who.slice(0, 5)) await revoke(login, p);
    // Who met several lies in a row would wait for a quarter of a minute.
    const soon = () => sql(`UPDATE sen.binding SET due_at = least(due_at, now() + interval '1 s') WHERE platform_id = $1 AND state = 4`, p.id);
    await until('everybody but one', async () => { await hurry(p); await soon(); return settled(p, [victim]); }, 40000);
    await check(p, [...who, victim], { poisoned: [victim] });
    assert.ok(counts.error > 1 && counts.dropped > 1 && counts.page > 7 && counts.other > 8, JSON.stringify(counts));
    // The answer to another request: who is taken down is refused once, and loses the roles all the same.
    lies = false; refusals = 1;
    await revoke(who[6].login, p);
    await until('taken down', async () => { await hurry(p); return settled(p, [victim]); });
    assert.equal(refusals, 0);
    // The answer to a search instead of the account: it says nothing about what the account has.
    for (const [n, one] of [[1, who[7]], [2, who[8]]]) {
      listAt = n;
      await revoke(one.login, p);
      await until('taken down', async () => { await hurry(p); return settled(p, [victim]); });
      assert.equal(listAt, 0);
    }
    await check(p, [...who, victim], { poisoned: [victim] });
    assert.equal(liar.of(victim.id).length, 0);
    // It is known by name, with the platform's word for it.
    const list = await (await administrator()).api('GET', `/operations?platform=${p.code}&login=${victim.login}`);
    assert.ok(list.json.operations.some((operation) => operation.status === 500 && operation.outcome !== 'ok'), list.text);
  } finally {
    await engine.stop();
    await liar.stop();
  }
});

test('a platform that takes 20 a second: the rate is learned, shared by two, seen; a revocation goes first', async () => {
  let seconds = new Map(), refused = 0;
  const liar = new Liar({ lie: () => {
    const second = Math.floor(Date.now() / 1000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
    if (seconds.get(second) <= 20) return undefined;
    refused += 1;
    // The clock of this platform is two days ahead.
    const now = Date.now() + 172800000;
    return { ...scimError(429, 'slow down'), headers: { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 1000).toUTCString() } };
  } });
  const p = await platform('FRATE', liar);
  // A full push: all at once, however long it takes to make them.
  const who = await people(61, p);
  const [one, two] = [await provisioner('rate-1', [p]), await provisioner('rate-2', [p])];
  try {
    await until('it was too fast', () => refused > 0);
    await until('a rate in force', async () => (await health(p)).rate_in_force > 0);
    const seen = await health(p);
    assert.ok(seen.rate_in_force < 100 && seen.limited > 0, JSON.stringify(seen));
    assert.equal(seen.workers, 2);
    assert.match(await one.metrics(), /sen_provisioner_rate_limit\{platform="FRATE"\} \d/);
    const done = await sql('SELECT account_id FROM sen.binding WHERE platform_id = $1 AND state = 0', p.id), [leaver] = who.filter(({ id }) => done.flat().includes(id));
    const before = liar.journal.length, waiting = await bindings(p);
    await revoke(leaver.login, p);
    await until('revoked', () => liar.of(leaver.id)[0].active === false, 5000);
    assert.ok(waiting < 20 || await bindings(p) > 5, 'the push was over before');
    assert.ok(liar.journal.length - before < 25, `${liar.journal.length - before} others went before`);
    await until('all', () => settled(p), 40000);
    await check(p, who);
    assert.ok(refused < 60, `${refused} refusals`);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    await liar.stop();
  }
});

test('a platform that is away: breaker, quarantine, alarm; back again, the revoked go first', async () => {
  const liar = new Liar(), p = await platform('FAWAY', liar);
  const engine = await provisioner('away', [p]);
  try {
    const who = await people(20, p);
    await until('settled', () => settled(p));
    await liar.stop();
    for (const { login } of who.slice(0, 6)) await revoke(login, p);
    const more = await people(10, p);
    await until('open', async () => (await health(p)).state === 'open');
    await sql(`UPDATE sen.platform_health SET opened_at = now() - interval '16 min' WHERE platform_id = $1`, p.id);
    await until('quarantine', async () => { await hurry(p); return (await health(p)).state === 'quarantine'; });
    const shown = await until('counted', async () => { const seen = await health(p); return seen.due + seen.retry >= 6 && seen; }, 10000);
    assert.equal(shown.error, 'down');
    assert.ok(shown.next_probe && shown.oldest_due && shown.error_at, JSON.stringify(shown));
    await until('the alarm', async () => /sen_provisioner_platform_alarms_total [1-9]/.test(await engine.metrics()), 10000);
    const listed = await senctlJson(env, ['provisioning', 'health']);
    assert.equal(listed.platforms.find((row) => row.platform === p.code).state, 'quarantine');
    const from = liar.journal.length;
    await liar.start();
    // A minute at most in quarantine while a revocation waits; here at once.
    await hurry(p);
    await until('no revoked one is alive', () => who.slice(0, 6).every(({ id }) => !liar.of(id)[0].active), 5000);
    await until('settled', () => settled(p), 10000);
    const order = liar.journal.slice(from).map((entry) => entry.what);
    // One operation looked whether it is back, whichever had failed least; then they, in the first eight that go side by side.
    assert.equal(order.slice(0, 9).filter((what) => what === 'patch').length, 6, order.join());
    assert.equal((await health(p)).state, 'closed');
    await check(p, [...who, ...more]);
  } finally {
    await engine.stop();
    await liar.stop();
  }
});

test('in a maintenance window nothing goes but revocations; limits are versioned', async () => {
  const liar = new Liar(), p = await platform('FWIN', liar), admin = await administrator();
  const engine = await provisioner('window', [p]);
  const path = `/platforms/${p.code}/limits`;
  const set = (version, body) => admin.api('PUT', path, body, { 'if-match': `"${version}"` });
  try {
    const who = await people(3, p);
    await until('settled', () => settled(p));
    const window = { from_at: new Date(Date.now() - 60000).toISOString().replace(/\.\d+/, ''), to_at: new Date(Date.now() + 3600000).toISOString().replace(/\.\d+/, ''), note: 'Nâng cấp' };
    for (const windows of [[{ days: ['mon'] }], [{ days: ['x'], from: '01:00', to: '02:00' }], [{ ...window, days: ['mon'] }], [{ from_at: window.to_at, to_at: window.from_at }]])
      assert.equal((await set(0, { windows })).status, 422, JSON.stringify(windows));
    assert.equal((await set(0, { rate_count: 5 })).status, 422);
    const answer = await set(0, { windows: [window, { days: ['sat', 'sun'], from: '22:00', to: '04:00', revocations: false }], concurrency: 2 });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.windows[1], { days: ['sat', 'sun'], from: '22:00', to: '04:00', revocations: false });
    assert.equal((await set(0, {})).status, 412);
    await sleep(700); // read anew within half a second
    const more = await people(3, p);
    await revoke(who[0].login, p);
    await until('revoked', () => liar.of(who[0].id)[0].active === false, 5000);
    assert.equal(more.filter(({ id }) => liar.of(id).length > 0).length, 0, 'made in the window');
    const file = write(folderFor('faults-window'), 'limits.json', '{"rate_count": 50, "rate_seconds": 1}');
    await senctl(env, ['provisioning', 'limit', p.code, file]);
    await until('settled', () => settled(p), 10000);
    await check(p, [...who, ...more]);
    assert.equal((await admin.api('GET', path)).json.version, 2);
  } finally {
    await engine.stop();
    await liar.stop();
  }
});

test('killed, stopped beyond the lease and revived, split and joined again: who lost the lease writes nothing', async () => {
  let slow = true;
  const liar = new Liar({ lie: async () => { if (slow) await sleep(60); } });
  const p = await platform('FKILL', liar);
  const who = await people(90, p);
  let one = await provisioner('kill-1', [p]);
  try {
    await until('under way', async () => await bindings(p, 'state = 0') > 5);
    await one.stop('SIGKILL');
    const [[killed]] = await sql('SELECT max(lease_until) FROM sen.binding WHERE state = 2');
    one = await provisioner('kill-1', [p]);
    // Its own leases, not those that the killed one left behind; and amid a call.
    const calls = liar.calls.length;
    await until('under way', async () => await bindings(p, `state = 2 AND lease_until > '${killed}'`) > 0
      && liar.calls.length > calls && Date.now() - liar.calls.at(-1).at < 40);
    one.signal('SIGSTOP');
    const stopped = Date.now();
    const two = await provisioner('kill-2', [p]);
    for (const { login } of who.slice(0, 10)) await revoke(login, p);
    await sleep(Math.max(0, (LEASE_S + 1) * 1000 - (Date.now() - stopped)));
    one.signal('SIGCONT');
    await until('settled', () => settled(p), 30000);
    // The other one may have done it all before the revived one says what became of its own.
    await until('somebody lost a lease', async () => (await operations(p)).some(([, , outcome]) => outcome === 'lease_lost'), 10000);
    await check(p, who);
    // Apart, and together again.
    two.signal('SIGSTOP');
    slow = false;
    for (const { login } of who.slice(10, 20)) await revoke(login, p);
    await until('the other one does it', () => settled(p), 15000);
    two.signal('SIGCONT');
    await sleep(300);
    const histories = await check(p, who);
    // And the judge is one: each fault that there could be, planted into what really happened, is seen in every history that it fits.
    for (const [name, { plant, fits }] of Object.entries(PLANTS)) {
      const planted = histories.filter(fits).map(plant);
      assert.ok(planted.length >= 8, `${name}: fits ${planted.length}`);
      for (const history of planted) assert.notDeepEqual(judge(history), [], `${name} is not seen: ${JSON.stringify(history)}`);
    }
  } finally {
    await liar.stop();
  }
});

test('the database crashes amid a batch', async () => {
  const liar = new Liar({ lie: async () => { await sleep(20); } }), p = await platform('FDB', liar);
  const engine = await provisioner('db', [p]);
  try {
    const who = await people(40, p);
    await until('under way', async () => await bindings(p, 'state = 0') > 3);
    await ctl('crash', 'postgres');
    await until('the database', async () => (await sql('SELECT 1')).length === 1, 20000);
    await until('the server', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).status === 200, 20000);
    for (const { login } of who.slice(0, 10)) await revoke(login, p);
    await until('settled', () => settled(p), 20000);
    await check(p, who);
  } finally {
    await engine.stop();
    await liar.stop();
  }
});

test('the disk of the database is full: first the log of operations cannot grow, then the database dies of it; and there is space again', async () => {
  const liar = new Liar(), p = await platform('FDISK', liar), engine = await provisioner('disk', [p]);
  const padding = '00000000-0000-4000-8000-00000000d15c', segment = 16 * 1024 * 1024;
  try {
    const before = await people(6, p);
    await until('settled', () => settled(p));
    // The log of operations is as large as a segment of the write-ahead log: files may grow to that size, and it may not grow.
    const pad = (rows) => sql(`INSERT INTO sen.op_log (account_id, platform_id, op, gen, outcome, ms, detail, task_id)
      SELECT $1, $2, 'none', 0, 'ok', 0, repeat('x', 100), '' FROM generate_series(1, ${rows})`, padding, p.id);
    await pad(110000);
    assert.ok(Number((await sql(`SELECT max(pg_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'sen.op_log'::regclass`))[0][0]) > segment);
    await ctl('full', 'postgres', String(segment));
    // What is left on the last page is used up by what fails.
    await assert.rejects(pad(200), /extend|too large|space/i);
    const during = await people(12, p);
    for (const { login } of before.slice(0, 3)) await revoke(login, p);
    await until('it is full', () => /(worker.complete|recorder).*(extend|too large|space)/i.test(engine.output()), 15000);
    await until('revoked there all the same', () => before.slice(0, 3).every(({ id }) => liar.of(id).every((user) => !user.active)), 10000);
    await ctl('full', 'postgres', 'unlimited');
    await until('settled', async () => { await hurry(p); return settled(p); }, 30000);
    await check(p, [...before, ...during]);

    // Not even the write-ahead log can be written.
    const later = await people(4, p);
    for (const { login } of during.slice(0, 3)) await revoke(login, p);
    await ctl('full', 'postgres', '65536');
    await until('it has died of it', async () => sql(`SELECT pg_logical_emit_message(false, 'full', repeat('x', 1000000))`).then(() => false, () => true), 10000);
    await sleep(500);
    await ctl('full', 'postgres', 'unlimited').catch(() => {});
    await until('the database', async () => { await ctl('revive', 'postgres'); return (await sql('SELECT 1')).length === 1; }, 20000);
    await until('the server', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).status === 200, 20000);
    await until('settled', async () => { await hurry(p); return settled(p); }, 30000);
    await check(p, [...before, ...during, ...later]);
  } finally {
    await ctl('full', 'postgres', 'unlimited').catch(() => {});
    await ctl('revive', 'postgres');
    await sql('DELETE FROM sen.op_log WHERE account_id = $1', padding).catch(() => {});
    await engine.stop();
    await liar.stop();
  }
});

test('the clock of the machine jumps by an hour, forth and back', async () => {
  const liar = new Liar(), p = await platform('FTIME', liar), offset = write(folderFor('faults-time'), 'offset', '+0');
  const engine = await provisioner('time', [p], { env: {
    ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
    LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', FAKETIME_TIMESTAMP_FILE: offset, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
  try {
    const who = await people(3, p);
    await until('settled', () => settled(p));
    for (const jump of ['+3600', '-3600']) {
      writeFileSync(offset, jump);
      who.push(...await people(3, p));
      await revoke(who.at(-1).login, p);
      await until(`settled at ${jump}`, () => settled(p), 10000);
    }
    await check(p, who);
  } finally {
    await engine.stop();
    await liar.stop();
  }
});

test('operations are searched by account and outcome, page by page, with what changed', async () => {
  const liar = new Liar(), p = await platform('FLOG', liar), admin = await administrator();
  const engine = await provisioner('log', [p]);
  try {
    const who = await people(4, p), [{ login, employee }] = who;
    await until('settled', () => settled(p));
    await grant(employee, p, 'LANH_DAO');
    await until('settled', () => settled(p));
    await revoke(login, p);
    await until('settled', () => settled(p));
    const pages = [];
    for (let next = ''; next !== null;) {
      const { json } = await admin.api('GET', `/operations?platform=${p.code}&limit=2${next && `&after=${encodeURIComponent(next)}`}`);
      assert.ok(json.operations.length <= 2);
      pages.push(...json.operations);
      next = json.next;
    }
    assert.equal(pages.length, 6);
    assert.equal(new Set(pages.map((operation) => operation.request_id)).size, 6);
    const mine = (await admin.api('GET', `/operations?platform=${p.code}&login=${login}&outcome=ok`)).json.operations;
    assert.deepEqual(mine.map((operation) => operation.operation), ['disable', 'update', 'create']);
    assert.deepEqual(mine[0].changes, { active: ['true', 'false'], roles: ['CAN_BO,LANH_DAO', ''] });
    assert.deepEqual(mine[1].changes, { roles: ['CAN_BO', 'CAN_BO,LANH_DAO'] });
    assert.deepEqual(mine[2].changes, { active: ['', 'true'], role: ['', 'CAN_BO'] });
    assert.equal(mine[2].status, 201);
    assert.equal((await admin.api('GET', `/operations?platform=${p.code}&outcome=retry`)).json.operations.length, 0);
    assert.ok((await sql(`SELECT count(*) FROM sen.audit WHERE action = 'read' AND object = '/api/v1/operations' AND account_id = $1`, who[0].id))[0][0] > 0);
    assert.ok(!JSON.stringify(pages).includes(liar.token));
    assert.match(await senctl(env, ['operations', 'list', '--platform', p.code, '--login', login]), /disable/);
    // Somebody who looks after one unit sees its people, and after one platform there, that alone.
    const units = new Map((await sql(`SELECT a.id, u.code, u.path FROM sen.account a JOIN sen.unit u ON u.id = sen.home_unit(a.person_id) WHERE a.id = ANY ($1::uuid[])`,
      `{${who.map(({ id }) => id)}}`)).map(([id, code, path]) => [id, { code, path }]));
    const { code: unit, path: top } = units.get(who[0].id), ours = who.filter(({ id }) => units.get(id).path.startsWith(top)).map((one) => one.login);
    for (const [platform, expected] of [[undefined, ours], [p.code, ours], ['P02', []]]) {
      const person = await official(p02), reader = new Administrator(person.agent, person.login, person.password);
      const scope = await admin.api('POST', '/admin-scopes', { login: person.login, unit, rights: ['read'], ...(platform ? { platform } : {}) });
      assert.equal(scope.status, 201, scope.text);
      const { json } = await reader.api('GET', `/operations?platform=${p.code}`);
      assert.deepEqual([...new Set(json.operations.map((operation) => operation.login))].sort(), [...expected].sort(), `${unit} ${platform}`);
    }
  } finally {
    await engine.stop();
    await liar.stop();
  }
});
