// Signing keys change while officials work: not one signature that a relying party cannot verify, whether it
// asks for the JWKS when it meets an unknown key or keeps a copy for as long as it may.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import { until } from '../../deploy/driver/world.mjs';
import { env, official, p02, refresh, run, sql, tokensFor, userinfo } from './lib/world.mjs';

const TICK_MS = 15000; // sen-server looks every 10 s
const WORKERS = 6;

const senctl = async (...args) => (await run(env.SENCTL, ['--config', env.SENCTL_CONFIG, ...args], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })).stdout;
const keys = async () => JSON.parse(await senctl('--json', 'keys', 'list'));
const key = async (alg, state) => (await keys()).find((k) => k.alg === alg && k.state === state);
const jwks = async () => (await fetch(`${env.SEN_ISSUER}/jwks`)).json();
const kidOf = (token) => decodeProtectedHeader(token).kid;

let people;
before(async () => {
  // What earlier tests rotated away shall not be taken for ours.
  await sql(`UPDATE sen.signing_key SET retiring_at = retiring_at - interval '13 h' WHERE state = 'retiring'`);
  await until('none retires', async () => !(await keys()).some((k) => k.state === 'retiring'), TICK_MS);
  people = await Promise.all(Array.from({ length: WORKERS }, () => official(p02)));
});

// Officials who get tokens all the time, and two relying parties: one asks for unknown keys, one has a copy.
class Load {
  constructor() {
    this.tokens = 0;
    this.kids = new Set();
    this.failures = [];
    this.isOn = true;
    this.loops = [];
    this.remote = createRemoteJWKSet(new URL(`${env.SEN_ISSUER}/jwks`), { cooldownDuration: 0 });
  }

  async start() {
    await this.newCopy();
    this.loops = people.map((person) => this.loop(person));
  }

  async newCopy() { this.copy = createLocalJWKSet(await jwks()); }

  async loop(person) {
    let set = await tokensFor(person.agent, p02);
    while (this.isOn) {
      const answer = await refresh(p02, set.refresh_token);
      if (answer.status !== 200) {
        this.failures.push(`refresh: ${answer.status} ${answer.text}`);
        return;
      }
      set = answer.json;
      await this.check(set);
    }
  }

  async check(set) {
    const copy = this.copy;
    for (const [name, token] of [['ID', set.id_token], ['access', set.access_token]]) {
      this.tokens += 1;
      this.kids.add(kidOf(token));
      for (const [how, verifier] of [['asks', this.remote], ['copy', copy]]) {
        try {
          await jwtVerify(token, verifier, { issuer: env.SEN_ISSUER });
        } catch (error) {
          this.failures.push(`${name} token, ${how}: ${error.code} ${kidOf(token)}`);
        }
      }
    }
    const answer = await userinfo(set.access_token);
    await answer.text();
    if (answer.status !== 200) this.failures.push(`userinfo: ${answer.status}`);
  }

  async stop() {
    this.isOn = false;
    await Promise.all(this.loops);
  }
}

test('a new installation has one active key for each algorithm, and their public halves only in the JWKS', async () => {
  const all = await keys();
  assert.deepEqual(all.filter((k) => k.state === 'active').map((k) => k.alg).sort(), ['ES256', 'EdDSA', 'PS256', 'RS256']);
  const set = await jwks();
  assert.deepEqual(set.keys.map((k) => k.kid).sort(), all.filter((k) => k.state !== 'destroyed').map((k) => k.kid).sort());
  for (const k of set.keys) {
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.equal(k[name], undefined, `private member ${name}`);
    assert.equal(k.use, 'sig');
  }
});

test('rotation in its time, under load: no signature fails, with a fresh JWKS or with a copy', async (t) => {
  const load = new Load();
  t.after(() => load.stop());
  const old = await key('ES256', 'active');
  await load.start();

  assert.match(await senctl('keys', 'rotate', '--alg', 'ES256'), /đã công bố khoá kế tiếp|published the successors/);
  const next = await key('ES256', 'published');
  assert.match(await senctl('keys', 'rotate', '--alg', 'ES256'), /không có gì thay đổi|nothing changed/);
  assert.equal((await key('ES256', 'published')).kid, next.kid);
  await until('the JWKS has the successor', async () => (await jwks()).keys.some((k) => k.kid === next.kid));
  // A copy that is taken now may be kept until the successor signs; older copies have ended by then.
  await load.newCopy();
  const before = load.tokens;
  await until('some tokens of the old key', async () => load.tokens > before + 50);
  assert.deepEqual([...load.kids], [old.kid], 'the successor signs before its time');

  // The JWKS' max-age passes.
  await sql(`UPDATE sen.signing_key SET published_at = published_at - interval '660 s' WHERE kid = $1`, next.kid);
  await until('the successor signs', async () => load.kids.has(next.kid), TICK_MS);
  const during = load.tokens;
  await until('some tokens of the successor', async () => load.tokens > during + 100);
  await load.stop();

  assert.deepEqual(load.failures, []);
  assert.equal((await key('ES256', 'retiring')).kid, old.kid);
  assert.ok((await jwks()).keys.some((k) => k.kid === old.kid), 'the old key still verifies');
});

test('the old key goes when nothing that it signed is valid any more, with its private half', async () => {
  const old = await key('ES256', 'retiring');
  const person = await tokensFor(people[0].agent, p02);
  await sql(`UPDATE sen.signing_key SET retiring_at = retiring_at - interval '13 h' WHERE kid = $1`, old.kid);
  await until('destroyed', async () => (await key('ES256', 'destroyed'))?.kid === old.kid, TICK_MS);
  await until('not in the JWKS', async () => !(await jwks()).keys.some((k) => k.kid === old.kid));
  assert.deepEqual(await sql('SELECT sealed IS NULL FROM sen.signing_key WHERE kid = $1', old.kid), [['t']]);
  assert.equal((await userinfo(person.access_token)).status, 200);
  const actions = await sql(`SELECT action FROM sen.audit WHERE object = $1 ORDER BY at`, old.kid);
  // Whether it was published first depends on whether it was the very first.
  assert.deepEqual(actions.flat().filter((action) => action !== 'key.publish'), ['key.activate', 'key.retire', 'key.destroy']);
});

test('forced rotation, under load: who asks for unknown keys sees no failure, and tokens of the old key stay good', async (t) => {
  const load = new Load();
  t.after(() => load.stop());
  const old = await key('ES256', 'active');
  const early = await tokensFor(people[0].agent, p02);
  await load.start();
  const known = new Set((await jwks()).keys.map((k) => k.kid));
  const rotated = senctl('keys', 'rotate', '--now', '--alg', 'ES256');
  await until('the JWKS has the new one too', async () => (await jwks()).keys.some((k) => !known.has(k.kid)));
  await load.newCopy();
  await rotated;
  const now = await key('ES256', 'active');
  assert.notEqual(now.kid, old.kid);
  await until('the new key signs', async () => load.kids.has(now.kid));
  const during = load.tokens;
  await until('some tokens of it', async () => load.tokens > during + 100);
  await load.stop();
  assert.deepEqual(load.failures, []);

  await jwtVerify(early.access_token, createLocalJWKSet(await jwks()), { issuer: env.SEN_ISSUER });
  assert.equal((await userinfo(early.access_token)).status, 200);

  // A stolen key does not wait: what it signed is refused at once.
  // A thumbprint may begin with a hyphen.
  await assert.rejects(senctl('keys', 'destroy', '--', now.kid), /rotate first/);
  await senctl('keys', 'destroy', '--', old.kid);
  await until('its tokens are refused', async () => (await userinfo(early.access_token)).status === 401);
});

test('all algorithms rotate together, and who did it is recorded', async () => {
  const before = (await keys()).filter((k) => k.state === 'active');
  await senctl('keys', 'rotate', '--now');
  const after = (await keys()).filter((k) => k.state === 'active');
  assert.deepEqual(after.map((k) => k.alg).sort(), before.map((k) => k.alg).sort());
  for (const k of after) {
    assert.ok(!before.some((b) => b.kid === k.kid), `${k.alg} is still the old one`);
    const [[actor]] = await sql(`SELECT actor FROM sen.audit WHERE object = $1 AND action = 'key.activate'`, k.kid);
    assert.match(actor, /^operator:/);
  }
});
