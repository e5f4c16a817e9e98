// Faults of the server's surroundings and of its own life: nothing accepted is lost, errors are refusals.

import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync, writeFileSync, chmodSync, copyFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { basic, until } from '../../deploy/driver/world.mjs';
import { ctl, ready } from './lib/servers.mjs';
import { Agent, administrator, basis, codeFor, env, freshEmployee, introspectAs, official, p02, redeem, run, sql, tokensFor } from './lib/world.mjs';

const readiness = async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).status;
const host = new URL(env.SEN_ISSUER);

// count connections that stay, each with one request after the other.
async function keepAlive(count, rounds, body) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: count });
  const one = () => new Promise((resolve, reject) => {
    const request = http.request({ agent, host: host.hostname, port: host.port, method: 'POST', path: '/introspect', timeout: 20000,
      headers: { ...basic('p02', p02.secret()), 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) } },
    (answer) => { answer.resume(); answer.on('end', () => resolve(answer.statusCode)); });
    request.on('timeout', () => request.destroy(new Error('no answer: stalled')));
    request.on('error', reject);
    request.end(body);
  });
  const statuses = [];
  try {
    for (let round = 0; round < rounds; round += 1) statuses.push(...await Promise.all(Array.from({ length: count }, one)));
  } finally {
    agent.destroy();
  }
  return statuses;
}

for (const count of [128, 256, 1000]) {
  test(`${count} keep-alive connections that all wait are all answered`, async () => {
    const person = await official(p02);
    const { access_token: token } = await tokensFor(person.agent, p02);
    const statuses = await keepAlive(count, 5, `token=${token}`);
    assert.equal(statuses.length, count * 5);
    assert.deepEqual([...new Set(statuses)], [200]);
  });
}

test('a list that takes long holds up no token', async () => {
  const admin = await administrator();
  const person = await official(p02);
  const { access_token: token } = await tokensFor(person.agent, p02);
  const headers = { authorization: `Bearer ${await admin.accessToken()}` };
  const waiting = async () => (await sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%local_software%'"))[0][0] !== '0';
  const lock = sql('BEGIN; LOCK TABLE sen.local_software IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.5); COMMIT');
  await until('the lock', async () => (await sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'sen.local_software'::regclass"))[0][0] !== '0');
  let isListed = false;
  const list = fetch(`${env.SEN_API}/local-software`, { headers }).then((answer) => { isListed = true; return answer.status; });
  await until('the list to wait', waiting);
  assert.equal((await introspectAs(p02, token)).active, true);
  assert.equal(isListed, false);
  assert.equal(await list, 200);
  await lock;
});

test('stopped under load, the server loses no request that it accepted', async () => {
  const admin = await administrator();
  const token = await admin.accessToken();
  const employees = await Promise.all(Array.from({ length: 120 }, () => freshEmployee()));
  const results = new Map();
  const send = async (code) => {
    try {
      const answer = await fetch(`${env.SEN_API}/grants`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ employee_code: code, platform: 'P02', role: p02.role, basis }) });
      await answer.text();
      results.set(code, answer.status);
    } catch {
      results.set(code, 'not answered');
    }
  };
  const load = Promise.all(employees.map((code, i) => sleep(i * 4).then(() => send(code))));
  await sleep(150);
  await ctl('stop', 'sen-server');
  await load;
  await ctl('start', 'sen-server');
  await ready();
  const granted = new Set((await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.account a ON a.person_id = p.id JOIN sen.access_grant g ON g.account_id = a.id`)).map(([code]) => code));
  let answered = 0;
  for (const [code, status] of results) {
    if (status === 201 || status === 200) { answered += 1; assert.ok(granted.has(code), `${code} was acknowledged and is not there`); }
    else assert.ok(!granted.has(code) || status === 'not answered', `${code}: ${status}, but it is there`);
  }
  assert.ok(answered > 0, 'nothing was under way');
});

test('sessions, codes and tokens survive a restart of the server', async () => {
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  const pending = await codeFor(person.agent, p02);
  await ctl('kill', 'sen-server');
  await ctl('start', 'sen-server');
  await ready();
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
  assert.equal((await redeem(p02, pending.answer.get('code'), pending.proof.verifier)).status, 200);
  assert.equal((await redeem(p02, pending.answer.get('code'), pending.proof.verifier)).status, 400, 'a code works twice over a restart');
});

test('directory down: sign-in says so, counts no failure; tokens go on; it recovers by itself', async () => {
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  await ctl('signal', 'ldap', 'STOP');
  try {
    const agent = new Agent(env.SEN_ISSUER);
    const answer = await agent.signIn(await agent.request('/'), person.login, person.password);
    assert.equal(answer.status, 503);
    assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
    assert.equal(await readiness(), 503);
  } finally {
    await ctl('signal', 'ldap', 'CONT');
  }
  await until('ready', async () => (await readiness()) === 200, 30000);
  const agent = new Agent(env.SEN_ISSUER);
  assert.equal((await agent.signIn(await agent.request('/'), person.login, person.password)).status, 303);
  assert.equal((await sql(`SELECT coalesce(max(fails), 0) FROM sen.sign_in_throttle WHERE in_flight > 0`))[0][0], '0');
});

test('database connections cut: reads are retried, nothing false is said, it recovers by itself', async () => {
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  for (let i = 0; i < 5; i += 1) {
    await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sen-server'`);
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${env.SEN_ISSUER}/introspect`, {
      method: 'POST', headers: { ...basic('p02', p02.secret()), 'content-type': 'application/x-www-form-urlencoded' }, body: `token=${tokens.access_token}` })));
    for (const answer of answers) {
      assert.ok([200, 503].includes(answer.status), `${answer.status}`);
      if (answer.status === 200) assert.equal((await answer.json()).active, true, 'a failure was told as inactive');
    }
  }
  await until('recovered', async () => (await introspectAs(p02, tokens.access_token)).active === true, 10000);
});

test('a blocked row stops only its own request', async () => {
  const [blocked, free] = [await official(p02), await official(p02)];
  const one = await codeFor(blocked.agent, p02);
  const other = await codeFor(free.agent, p02);
  const holder = sql(`BEGIN; SELECT 1 FROM sen.auth_code WHERE account_id = $1 FOR UPDATE; SELECT pg_sleep(5); COMMIT;`, blocked.id);
  await sleep(300);
  const waiting = redeem(p02, one.answer.get('code'), one.proof.verifier);
  await sleep(20);
  const begin = performance.now();
  assert.equal((await redeem(p02, other.answer.get('code'), other.proof.verifier)).status, 200);
  assert.ok(performance.now() - begin < 4500, 'waited for a stranger\'s lock');
  assert.ok([200, 503].includes((await waiting).status));
  await holder;
});

test('health and metrics are on the admin port only', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    assert.equal((await fetch(`${env.SEN_ADMIN_URL}${path}`)).status, 200, path);
    assert.equal((await fetch(`${env.SEN_ISSUER}${path}`)).status, 404, path);
    assert.equal((await fetch(`${env.SEN_PROVISIONER_URL}${path}`)).status, 200, `provisioner ${path}`);
  }
  const metrics = await (await fetch(`${env.SEN_ADMIN_URL}/metrics`)).text();
  assert.match(metrics, /sen_http_requests_total\{[^}]*route="token"[^}]*\} \d+/);
  assert.match(metrics, /# TYPE sen_http_request_duration_seconds histogram/);
  assert.equal((await fetch(`${env.SEN_ADMIN_URL}/authorize`)).status, 404);
});

test('a bad configuration refuses the start, with the line and what to do', async () => {
  const good = readFileSync(`${env.SEN_STATE}/sen-server.conf`, 'utf8');
  const server = `${env.SEN_STATE}/bin/sen-server`;
  const cases = {
    'unknown key': [good.replace('issuer =', 'isuer ='), /:\d+:.*isuer.*issuer/],
    'http issuer that is not loopback': [good.replace(env.SEN_ISSUER, 'http://sso.nghean.example'), /https/],
    'issuer with a path': [good.replace(env.SEN_ISSUER, `${env.SEN_ISSUER}/`), /issuer/],
    'public listen address': [good.replace(/listen = .*/, 'listen = 0.0.0.0:1'), /loopback/],
    'bad number': [`${good}\nlock_after = many\n`, /lock_after/],
    'unknown section': [`${good}\n[surprise]\na = 1\n`, /surprise/],
  };
  for (const [what, [text, message]] of Object.entries(cases)) {
    const file = `${env.SEN_STATE}/tmp/bad.conf`;
    writeFileSync(file, text, { mode: 0o600 });
    const failed = await run(server, ['--check-config', file]).then(() => undefined, (error) => error);
    assert.ok(failed, `${what}: accepted`);
    assert.equal(failed.code, 2, what);
    assert.match(failed.stderr, message, what);
  }
  const secret = `${env.SEN_STATE}/tmp/readable.secret`;
  copyFileSync(`${env.SEN_STATE}/secrets/master.secret`, secret);
  chmodSync(secret, 0o644);
  writeFileSync(`${env.SEN_STATE}/tmp/bad.conf`, good.replace(/master_secret_file = .*/, `master_secret_file = ${secret}`), { mode: 0o600 });
  const failed = await run(server, ['--check-config', `${env.SEN_STATE}/tmp/bad.conf`]).then(() => undefined, (error) => error);
  assert.match(failed?.stderr ?? '', /readable|mode|others/);
  await run(server, ['--check-config', `${env.SEN_STATE}/sen-server.conf`]);
  const dump = await run(server, ['--dump-config', `${env.SEN_STATE}/sen-server.conf`]);
  assert.ok(!dump.stdout.includes(readFileSync(`${env.SEN_STATE}/secrets/master.secret`, 'utf8').trim()));
});
