// Shared Signals Framework 1.0 transmitter: streams, pushed (RFC 8935) and polled (RFC 8936), and the events
// that governance and sessions cause.  Names follow the modules of openid-ssf-transmitter-test-plan where
// there is one.

import assert from 'node:assert/strict';
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { basic, post, secret, senctl, until } from '../../deploy/driver/world.mjs';
import { change as changeSeen } from './lib/versioned.mjs';
import { administrator, env, official, p02, setNewPassword, sql, tokensFor } from './lib/world.mjs';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type';
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';
const EVENTS = [`${CAEP}/session-revoked`, `${CAEP}/credential-change`, `${RISC}/account-disabled`, `${RISC}/account-enabled`];
const jwks = createRemoteJWKSet(new URL(`${env.SEN_ISSUER}/jwks`), { cooldownDuration: 0 });

// A receiver of pushed events, on a socket of its own.
class Receiver {
  constructor() { Object.assign(this, { port: 0, sets: [], headers: [], status: 202, body: '' }); }

  async start() {
    this.server = http.createServer(async (req, res) => {
      let text = '';
      for await (const chunk of req) text += chunk;
      this.headers.push(req.headers);
      this.sets.push(text);
      res.writeHead(this.status, { 'content-type': 'application/json' }).end(this.body);
    });
    await new Promise((resolve) => { this.server.listen(this.port, '127.0.0.1', resolve); });
    this.port = this.server.address().port;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  get url() { return `http://127.0.0.1:${this.port}/events`; }
}

// A client of sen that uses the framework.
class Rx {
  constructor(id, more = {}) { Object.assign(this, { id, more }); }

  async register() {
    const file = `${env.SEN_STATE}/client-${this.id}.json`;
    writeFileSync(file, JSON.stringify({
      client_id: this.id, client_name: this.id, token_endpoint_auth_method: 'client_secret_basic', secret_file: `${env.SEN_STATE}/secrets/${this.id}.secret`,
      grant_types: ['client_credentials'], response_types: [], scope: 'ssf.manage ssf.read', ...this.more,
    }));
    await senctl(env, ['bootstrap', 'client', file]);
  }

  async token(scope) {
    const { status, json } = await post(`${env.SEN_ISSUER}/token`, { grant_type: 'client_credentials', ...(scope ? { scope } : {}) },
      basic(this.id, secret(`${env.SEN_STATE}/secrets/${this.id}.secret`)));
    assert.equal(status, 200, JSON.stringify(json));
    return json.access_token;
  }

  async call(method, path, body, token) {
    token ??= await this.token();
    const answer = await fetch(path.startsWith('http') ? path : `${env.SEN_ISSUER}${path}`, {
      method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body !== undefined ? { 'content-type': 'application/json' } : {}) },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, json: text ? JSON.parse(text) : undefined, headers: answer.headers };
  }

  async stream(config = {}) {
    const { status, json } = await this.call('POST', '/ssf/streams', { events_requested: EVENTS, ...config });
    assert.equal(status, 201, JSON.stringify(json));
    return json;
  }

  push(receiver, more = {}) {
    return this.stream({ delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: receiver.url, ...more } });
  }

  async poll(stream, body = {}) {
    const { status, json } = await this.call('POST', stream.delivery.endpoint_url, { returnImmediately: true, ...body });
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  drop(stream) { return this.call('DELETE', `/ssf/streams?stream_id=${stream.stream_id}`); }
}

// SSF 1.0 §4.1 and RFC 8417 §2.2, as strict as the conformance suite and a little stricter.
async function validate(set, rx) {
  const { payload, protectedHeader } = await jwtVerify(set, jwks, { issuer: env.SEN_ISSUER, audience: rx.id, typ: 'secevent+jwt', algorithms: [rx.more.id_token_signed_response_alg ?? 'ES256'], requiredClaims: ['iat', 'jti', 'sub_id', 'events'] });
  assert.ok(protectedHeader.kid);
  assert.ok(!('sub' in payload) && !('exp' in payload) && !('nonce' in payload), JSON.stringify(payload));
  assert.equal(Object.keys(payload.events).length, 1);
  assert.ok(payload.iat <= Date.now() / 1000 + 1);
  assert.ok(!JSON.stringify(payload).includes('@'), 'an address of a person in an event');
  return { ...payload, type: Object.keys(payload.events)[0], event: Object.values(payload.events)[0] };
}

const receiver = new Receiver();
const rx = new Rx('ssf-rx', { platform: 'P02' });
const pair = new Rx('ssf-pair', { platform: 'P02', subject_type: 'pairwise', sen_sector: 'pair.example', id_token_signed_response_alg: 'RS256' });
const all = new Rx('ssf-all', { sen_ssf_subjects: 'all' });

// Validated SETs that were pushed, of one type.
const pushed = async (who, type) => (await Promise.all(receiver.sets.map((set) => validate(set, who).catch(() => undefined)))).filter((set) => set?.type === type);
const waitFor = async (who, type, wanted, timeout = 10000) => {
  let found;
  await until(`${type} at ${who.id}`, async () => { found = (await pushed(who, type)).find(wanted); return found; }, timeout);
  return found;
};

before(async () => {
  await receiver.start();
  for (const client of [rx, pair, all]) await client.register();
  for (const client of [rx, pair, all]) await until(`${client.id} is known`, () => client.token());
  await sleep(1100); // the provisioner looks for new clients once a second
});

after(() => receiver.stop());

test('openid-ssf-transmitter-metadata', async () => {
  const answer = await fetch(`${env.SEN_ISSUER}/.well-known/ssf-configuration`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  const m = await answer.json();
  assert.equal(m.issuer, env.SEN_ISSUER);
  assert.equal(m.spec_version, '1_0');
  assert.deepEqual(m.delivery_methods_supported, ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936']);
  assert.deepEqual(m.authorization_schemes, [{ spec_urn: 'urn:ietf:rfc:6749' }]);
  assert.equal(m.default_subjects, 'ALL');
  for (const name of ['jwks_uri', 'configuration_endpoint', 'status_endpoint', 'add_subject_endpoint', 'remove_subject_endpoint', 'verification_endpoint'])
    assert.ok(m[name].startsWith(env.SEN_ISSUER), name);
  assert.equal((await fetch(m.jwks_uri)).status, 200);
  const resource = await (await fetch(`${env.SEN_ISSUER}/.well-known/oauth-protected-resource`)).json();
  assert.deepEqual(resource, { resource: env.SEN_ISSUER, authorization_servers: [env.SEN_ISSUER], scopes_supported: ['ssf.manage', 'ssf.read'], bearer_methods_supported: ['header'] });
});

test('openid-ssf-stream-control-happy-path', async () => {
  const created = await rx.push(receiver, { authorization_header: 'Bearer s3cret-of-the-receiver' });
  assert.equal(created.iss, env.SEN_ISSUER);
  assert.equal(created.aud, rx.id);
  assert.deepEqual(created.events_delivered, EVENTS);
  assert.deepEqual(created.delivery, { method: 'urn:ietf:rfc:8935', endpoint_url: receiver.url });
  const path = `/ssf/streams?stream_id=${created.stream_id}`;
  assert.deepEqual((await rx.call('GET', path)).json, created);
  assert.deepEqual((await rx.call('GET', '/ssf/streams')).json, [created]);

  const updated = await rx.call('PATCH', '/ssf/streams', { stream_id: created.stream_id, description: 'Mô tả', iss: env.SEN_ISSUER, aud: rx.id });
  assert.equal(updated.status, 200);
  assert.deepEqual(updated.json, { ...created, description: 'Mô tả' });
  const replaced = await rx.call('PUT', '/ssf/streams', { stream_id: created.stream_id, events_requested: [EVENTS[0], 'https://example.org/other'] });
  assert.equal(replaced.status, 200);
  assert.equal(replaced.json.description, undefined);
  assert.equal(replaced.json.delivery.method, 'urn:ietf:rfc:8936');
  assert.deepEqual(replaced.json.events_delivered, [EVENTS[0]]);
  assert.deepEqual(replaced.json.events_requested, [EVENTS[0], 'https://example.org/other']);

  assert.deepEqual((await rx.call('GET', `/ssf/status?stream_id=${created.stream_id}`)).json, { stream_id: created.stream_id, status: 'enabled' });
  for (const status of ['paused', 'disabled', 'enabled']) {
    const answer = await rx.call('POST', `/ssf/status?stream_id=${created.stream_id}`, { stream_id: created.stream_id, status, reason: 'thử' });
    assert.deepEqual([answer.status, answer.json], [200, { stream_id: created.stream_id, status, reason: 'thử' }]);
  }
  assert.equal((await rx.drop(created)).status, 204);
  assert.equal((await rx.drop(created)).status, 404);
  assert.deepEqual((await rx.call('GET', '/ssf/streams')).json, []);
});

test('openid-ssf-stream-control-error-*: bad bodies, tokens and streams', async () => {
  const stream = await rx.stream();
  const path = `/ssf/streams?stream_id=${stream.stream_id}`;
  const id = { stream_id: stream.stream_id };
  for (const method of ['POST', 'PATCH', 'PUT']) assert.equal((await rx.call(method, '/ssf/streams', ';{ broken')).status, 400, method);
  for (const token of ['invalid:token', await rx.token().then((t) => `${t.slice(0, -4)}AAAA`)]) {
    for (const [method, body] of [['POST', {}], ['GET'], ['PATCH', id], ['PUT', id], ['DELETE']]) {
      const answer = await rx.call(method, path, body, token);
      assert.equal(answer.status, 401, method);
      assert.match(answer.headers.get('www-authenticate'), /^Bearer/);
      assert.ok(answer.json.error);
    }
  }
  assert.equal((await rx.call('GET', path, undefined, '')).status, 401);
  // A person's token, and one without the scope.
  const person = await official(p02);
  const { access_token: personal } = await tokensFor(person.agent, p02);
  assert.equal((await rx.call('GET', path, undefined, personal)).status, 401);
  const reader = await rx.token('ssf.read');
  assert.equal((await rx.call('GET', path, undefined, reader)).status, 200);
  assert.equal((await rx.call('DELETE', path, undefined, reader)).status, 403);
  assert.equal((await rx.call('POST', '/ssf/status', { ...id, status: 'paused' }, reader)).status, 403);
  // Unknown, somebody else's, and what is none.
  for (const other of ['7f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f', 'x', "'; drop"]) {
    assert.equal((await rx.call('GET', `/ssf/streams?stream_id=${encodeURIComponent(other)}`)).status, 404, other);
    for (const method of ['PATCH', 'PUT']) assert.equal((await rx.call(method, '/ssf/streams', { stream_id: other })).status, 404, other);
    assert.equal((await rx.call('DELETE', `/ssf/streams?stream_id=${encodeURIComponent(other)}`)).status, 404);
  }
  for (const [method, where, body] of [['GET', path], ['PATCH', '/ssf/streams', id], ['DELETE', path], ['POST', '/ssf/verify', id],
    ['POST', stream.delivery.endpoint_url, {}], ['POST', '/ssf/subjects/add', { ...id, subject: { format: 'opaque', id: 'x' } }]])
    assert.equal((await pair.call(method, where, body)).status, 404, `${method} ${where} of another receiver`);
  // What a configuration may not say.
  for (const body of [{ delivery: 'push' }, { delivery: { method: 'urn:ietf:rfc:9999' } }, { delivery: { method: 'urn:ietf:rfc:8935' } },
    { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'http://10.0.0.1/x' } }, { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://u:p@a.example/' } },
    { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: receiver.url, authorization_header: 'a\r\nb: c' } },
    { events_requested: 'x' }, { events_requested: [1] }, { events_requested: Array(51).fill('a:b') }, { description: 5 }, { description: 'x'.repeat(300) }])
    assert.equal((await rx.call('POST', '/ssf/streams', body)).status, 400, JSON.stringify(body));
  for (const body of [{ iss: 'https://evil.example' }, { aud: 'other' }, { events_delivered: [] }, { events_supported: ['x'] }, { min_verification_interval: 0 }])
    assert.equal((await rx.call('PATCH', '/ssf/streams', { ...id, ...body })).status, 400, JSON.stringify(body));
  for (const status of ['on', undefined, 5]) assert.equal((await rx.call('POST', '/ssf/status', { ...id, status })).status, 400);
  assert.equal((await rx.call('POST', `/ssf/status?stream_id=${stream.stream_id}`, { stream_id: 'other', status: 'paused' })).status, 400);
  await rx.drop(stream);
});

test('a receiver has eight streams at most, also when it asks for them side by side', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => rx.call('POST', '/ssf/streams', {})));
  const made = answers.filter((answer) => answer.status === 201);
  assert.ok(made.length <= 8);
  assert.equal(answers.length - made.length, answers.filter((answer) => answer.status === 409).length);
  for (let i = made.length; i < 8; i += 1) made.push({ json: await rx.stream() });
  assert.equal((await rx.call('POST', '/ssf/streams', {})).status, 409);
  for (const { json } of made) assert.equal((await rx.drop(json)).status, 204);
});

for (const [name, authorization] of [['push', 'Bearer push_token_1'], ['push-no-auth', undefined]]) {
  test(`openid-ssf-stream-verification-${name}`, async () => {
    const stream = await rx.push(receiver, authorization ? { authorization_header: authorization } : {});
    const before = receiver.sets.length;
    assert.equal((await rx.call('POST', '/ssf/verify', { stream_id: stream.stream_id, state: `st-${name}` })).status, 204);
    await until('pushed', () => receiver.sets.length > before, 5000);
    const headers = receiver.headers.at(-1);
    assert.equal(headers['content-type'], 'application/secevent+jwt');
    assert.equal(headers.authorization, authorization);
    const set = await validate(receiver.sets.at(-1), rx);
    assert.equal(set.type, VERIFICATION);
    assert.deepEqual(set.event, { state: `st-${name}` });
    assert.deepEqual(set.sub_id, { format: 'opaque', id: stream.stream_id });
    // Asked for again too soon.
    assert.equal((await rx.call('POST', '/ssf/verify', { stream_id: stream.stream_id })).status, 429);
    // What is kept of the secret cannot be read.
    const [[kept]] = await sql('SELECT coalesce(authorization_sealed, $2) FROM sen.ssf_stream WHERE id = $1', stream.stream_id, 'nothing');
    assert.equal(kept.includes('push_token'), false);
    assert.equal(kept === 'nothing', !authorization);
    await rx.drop(stream);
  });
}

test('openid-ssf-stream-verification-poll-only, -ack-only, -poll-and-ack', async () => {
  const stream = await rx.stream();
  const verify = (state) => rx.call('POST', '/ssf/verify', { stream_id: stream.stream_id, state });
  assert.deepEqual(await rx.poll(stream), { sets: {} });
  assert.equal((await verify('one')).status, 204);
  const first = await rx.poll(stream, { maxEvents: 10 });
  const [[jti, text]] = Object.entries(first.sets);
  const set = await validate(text, rx);
  assert.equal(set.jti, jti);
  assert.equal(set.event.state, 'one');
  // Not acknowledged: the same again.
  assert.deepEqual(Object.keys((await rx.poll(stream)).sets), [jti]);
  assert.equal((await verify('two')).status, 429);
  await sql(`UPDATE sen.ssf_stream SET verification_at = verification_at - interval '5 s' WHERE id = $1`, stream.stream_id);
  assert.equal((await verify('two')).status, 204);
  const second = await rx.poll(stream, { ack: [jti], maxEvents: 10 });
  assert.equal(Object.keys(second.sets).length, 1);
  const [[jti2, text2]] = Object.entries(second.sets);
  assert.equal((await validate(text2, rx)).event.state, 'two');
  assert.deepEqual(await rx.poll(stream, { ack: [jti2, jti, 'of-nobody'], maxEvents: 0 }), { sets: {} });
  assert.deepEqual(await rx.poll(stream), { sets: {} });
  // Bounds.
  for (const body of [{ maxEvents: -1 }, { maxEvents: 'x' }, { ack: 'x' }, { ack: [1] }, { ack: Array(501).fill('x') }, { setErrs: [] }, { returnImmediately: 'no' }])
    assert.equal((await rx.call('POST', stream.delivery.endpoint_url, body)).status, 400, JSON.stringify(body));
  await rx.drop(stream);
});

test('polling waits for an event, but not for ever', async () => {
  const stream = await rx.stream();
  let begin = performance.now();
  const waiting = rx.poll(stream, { returnImmediately: false });
  await sleep(600);
  await rx.call('POST', '/ssf/verify', { stream_id: stream.stream_id, state: 'w' });
  const answer = await waiting;
  assert.equal(Object.keys(answer.sets).length, 1);
  assert.ok(performance.now() - begin < 4900, 'only told at the end of the wait');
  begin = performance.now();
  const alone = rx.poll(stream, { returnImmediately: false, ack: Object.keys(answer.sets) }).then((empty) => [empty, performance.now() - begin]);
  // Many who wait, behind the one who acknowledged, do not stop the others.
  await until('acknowledged', async () => (await sql(`SELECT count(*) FROM sen.outbox WHERE destination = $1 AND done_at IS NULL`, stream.stream_id))[0][0] === '0');
  const crowd = Array.from({ length: 60 }, () => rx.poll(stream, { returnImmediately: false }));
  await sleep(300);
  const asked = performance.now();
  assert.equal((await fetch(`${env.SEN_ISSUER}/userinfo`)).status, 401);
  assert.ok(performance.now() - asked < 4000, 'those who wait stop others');
  const [empty, took] = await alone;
  assert.deepEqual(empty, { sets: {} });
  assert.ok(took > 4000 && took < 20000, `${took} ms`);
  for (const waited of await Promise.all(crowd)) assert.deepEqual(waited, { sets: {} });
  await rx.drop(stream);
});

test('setErrs ends a SET, with audit', async () => {
  const stream = await rx.stream();
  await rx.call('POST', '/ssf/verify', { stream_id: stream.stream_id, state: 'bad' });
  const [jti] = Object.keys((await rx.poll(stream)).sets);
  assert.deepEqual(await rx.poll(stream, { setErrs: { [jti]: { err: 'invalid_key', description: 'no' } } }), { sets: {} });
  assert.deepEqual(await sql(`SELECT action, data->>'detail' FROM sen.audit WHERE object = $1`, stream.stream_id), [['ssf.refused', 'setErrs invalid_key']]);
  await rx.drop(stream);
});

test('a session that ends: session-revoked to who took part, and to who hears of all', async () => {
  const streams = [await rx.stream(), await pair.stream(), await all.push(receiver)];
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  const { sid } = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
  await person.agent.request(`/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`);
  const set = await waitFor(all, `${CAEP}/session-revoked`, (s) => s.sub_id.session?.id === sid);
  assert.deepEqual(set.sub_id, { format: 'complex', user: { format: 'iss_sub', iss: env.SEN_ISSUER, sub: person.id }, session: { format: 'opaque', id: sid } });
  assert.equal(set.event.initiating_entity, 'user');
  assert.ok(Math.abs(set.event.event_timestamp - Date.now() / 1000) < 60);
  assert.deepEqual(Object.keys(set.event.reason_admin), ['en']);
  assert.ok(set.txn);
  // Clients of the same platform that had no part in the session do not hear of it.
  for (const [who, stream] of [[rx, streams[0]], [pair, streams[1]]]) {
    const sets = await Promise.all(Object.values((await who.poll(stream)).sets).map((text) => validate(text, who)));
    assert.ok(!sets.some((s) => s.type.endsWith('session-revoked')), who.id);
  }
  await rx.drop(streams[0]); await pair.drop(streams[1]); await all.drop(streams[2]);
});

test('a password that is set anew: credential-change as an update, and the end of the session that it replaces', async () => {
  const streams = [await rx.push(receiver), await all.push(receiver)];
  const person = await official(p02);
  const { sid } = JSON.parse(Buffer.from((await tokensFor(person.agent, p02)).id_token.split('.')[1], 'base64url'));
  const isHis = (change) => (s) => s.sub_id.sub === person.id && s.event.change_type === change;
  await waitFor(rx, `${CAEP}/credential-change`, isHis('create'));
  await setNewPassword(person);
  const set = await waitFor(rx, `${CAEP}/credential-change`, isHis('update'));
  assert.deepEqual(set.sub_id, { format: 'iss_sub', iss: env.SEN_ISSUER, sub: person.id });
  assert.deepEqual([set.event.credential_type, set.event.initiating_entity], ['password', 'user']);
  assert.ok(Math.abs(set.event.event_timestamp - Date.now() / 1000) < 60);
  await waitFor(all, `${CAEP}/session-revoked`, (s) => s.sub_id.session?.id === sid);
  assert.equal((await pushed(rx, `${CAEP}/credential-change`)).filter((s) => s.sub_id.sub === person.id).length, 2);
  await rx.drop(streams[0]); await all.drop(streams[1]);
});

test('account-disabled, account-enabled, credential-change; pairwise; who is not known is not told of', async () => {
  const streams = [await rx.push(receiver), await pair.stream()];
  const admin = await administrator();
  const person = await official(p02);
  const created = await waitFor(rx, `${CAEP}/credential-change`, (s) => s.sub_id.sub === person.id);
  assert.deepEqual([created.event.credential_type, created.event.change_type], ['password', 'create']);
  assert.equal((await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Nghỉ việc' })).status, 200);
  const disabled = await waitFor(rx, `${RISC}/account-disabled`, (s) => s.sub_id.sub === person.id);
  assert.deepEqual(disabled.sub_id, { format: 'iss_sub', iss: env.SEN_ISSUER, sub: person.id });
  assert.equal((await changeSeen(admin, `/accounts/${person.login}/enable`, { reason: 'Trở lại' })).status, 200);
  await waitFor(rx, `${RISC}/account-enabled`, (s) => s.sub_id.sub === person.id);
  const theirs = await Promise.all(Object.values((await pair.poll(streams[1], { maxEvents: 50 })).sets).map((text) => validate(text, pair)));
  const subs = new Set(theirs.map((s) => s.sub_id.sub));
  assert.equal(subs.size, 1);
  assert.match([...subs][0], /^[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(theirs.map((s) => s.type), [`${CAEP}/credential-change`, `${RISC}/account-disabled`, `${RISC}/account-enabled`]);
  // Of P03 alone: nothing to receivers of P02.
  const before = Number((await sql(`SELECT count(*) FROM sen.outbox WHERE kind = 'ssf'`))[0][0]);
  const stranger = await official({ id: 'p03', role: env.P03_ROLE });
  assert.equal((await admin.api('POST', `/accounts/${stranger.login}/disable`, { reason: 'Nghỉ việc' })).status, 200);
  assert.equal(Number((await sql(`SELECT count(*) FROM sen.outbox WHERE kind = 'ssf'`))[0][0]), before);
  await rx.drop(streams[0]); await pair.drop(streams[1]);
});

test('openid-ssf-stream-subject-control-happy-path: a removed subject is silent until it is added again', async () => {
  const pushes = await rx.push(receiver);
  const polls = await pair.stream();
  const admin = await administrator();
  const person = await official(p02);
  await waitFor(rx, `${CAEP}/credential-change`, (s) => s.sub_id.sub === person.id);
  const { sub } = (await validate(Object.values((await pair.poll(polls)).sets)[0], pair)).sub_id;
  const subject = (who) => ({ format: 'iss_sub', iss: env.SEN_ISSUER, sub: who });
  const change = (client, stream, what, body) => client.call('POST', `/ssf/subjects/${what}`, { stream_id: stream.stream_id, subject: body });
  // What names nobody that we know is passed over in silence; what is no identifier is not.
  for (const body of [{ format: 'email', email: 'example.user@example.com' }, { format: 'opaque', id: 'valid' }, { ...subject('x'), iss: 'https://other.example' }]) {
    assert.equal((await change(rx, pushes, 'add', body)).status, 200);
    assert.equal((await change(rx, pushes, 'remove', body)).status, 204);
  }
  for (const body of [undefined, {}, 'x', { format: 'iss_sub' }, { format: 'iss_sub', iss: env.SEN_ISSUER, sub: 'x'.repeat(300) }]) assert.equal((await change(rx, pushes, 'remove', body)).status, 400, JSON.stringify(body));

  for (const [client, stream, who] of [[rx, pushes, person.id], [pair, polls, sub]]) assert.equal((await change(client, stream, 'remove', subject(who))).status, 204);
  await sleep(1500);
  await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Nghỉ việc' });
  await until('void', async () => (await sql(`SELECT count(*) FROM sen.outbox WHERE account_id = $1 AND destination = $2 AND outcome = 'void'`, person.id, pushes.stream_id))[0][0] === '1');
  assert.ok(!Object.keys((await pair.poll(polls)).sets).length || !(await Promise.all(Object.values((await pair.poll(polls)).sets).map((t) => validate(t, pair)))).some((s) => s.type.endsWith('disabled')));
  for (const [client, stream, who] of [[rx, pushes, person.id], [pair, polls, sub]]) assert.equal((await change(client, stream, 'add', subject(who))).status, 200);
  await sleep(1500);
  await changeSeen(admin, `/accounts/${person.login}/enable`, { reason: 'Trở lại' });
  await waitFor(rx, `${RISC}/account-enabled`, (s) => s.sub_id.sub === person.id);
  const last = await Promise.all(Object.values((await pair.poll(polls)).sets).map((t) => validate(t, pair)));
  assert.ok(last.some((s) => s.type === `${RISC}/account-enabled` && s.sub_id.sub === sub));
  assert.equal((await pushed(rx, `${RISC}/account-disabled`)).filter((s) => s.sub_id.sub === person.id).length, 0);
  await rx.drop(pushes); await pair.drop(polls);
});

test('paused keeps, disabled forgets, a receiver that is away gets the same SET later', async () => {
  const stream = await rx.push(receiver);
  const admin = await administrator();
  const person = await official(p02);
  await waitFor(rx, `${CAEP}/credential-change`, (s) => s.sub_id.sub === person.id);
  const status = (s) => rx.call('POST', '/ssf/status', { stream_id: stream.stream_id, status: s });
  const set = (verb) => changeSeen(admin, `/accounts/${person.login}/${verb}`, { reason: 'Kiểm thử' });
  const mine = (type) => async () => (await pushed(rx, `${RISC}/${type}`)).filter((s) => s.sub_id.sub === person.id);

  await status('paused');
  await sleep(1500);
  await set('disable');
  await sleep(1000);
  assert.equal((await mine('account-disabled')()).length, 0);
  await status('enabled');
  await until('kept', async () => (await mine('account-disabled')()).length === 1);

  await status('disabled');
  await set('enable');
  await status('enabled');
  await sleep(1500);
  assert.equal((await mine('account-enabled')()).length, 0);

  await receiver.stop();
  await set('disable');
  await until('an attempt', async () => Number((await sql(`SELECT coalesce(max(attempts), 0) FROM sen.outbox WHERE destination = $1 AND done_at IS NULL`, stream.stream_id))[0][0]) > 0);
  receiver.status = 500;
  await receiver.start();
  await until('a second attempt', async () => (await mine('account-disabled')()).length >= 2, 40000);
  receiver.status = 202;
  await until('delivered', async () => (await sql(`SELECT count(*) FROM sen.outbox WHERE destination = $1 AND done_at IS NULL`, stream.stream_id))[0][0] === '0', 60000);
  const again = (await mine('account-disabled')()).slice(1);
  assert.ok(again.length >= 2);
  assert.equal(new Set(again.map((s) => s.jti)).size, 1, 'another SET instead of the same');
  assert.equal(new Set(again.map((s) => s.iat)).size, 1);
  await rx.drop(stream);
});

test('a SET that the receiver refuses is not pushed again', async () => {
  const stream = await rx.push(receiver);
  receiver.status = 400;
  receiver.body = '{"err":"invalid_audience","description":"no"}';
  try {
    await rx.call('POST', '/ssf/verify', { stream_id: stream.stream_id, state: 'refuse' });
    await until('refused', async () => (await sql(`SELECT outcome FROM sen.outbox WHERE destination = $1`, stream.stream_id))[0]?.[0] === 'refused');
  } finally {
    receiver.status = 202;
    receiver.body = '';
  }
  assert.deepEqual(await sql(`SELECT action, data->>'detail' FROM sen.audit WHERE object = $1`, stream.stream_id), [['ssf.refused', 'answered 400 invalid_audience']]);
  await rx.drop(stream);
});
