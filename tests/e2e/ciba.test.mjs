// Client-initiated back-channel authentication (CIBA Core 1.0): poll and ping, with a strict client and a real receiver.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as oauth from 'oauth4webapi';

import { post, until } from '../../deploy/driver/world.mjs';
import { assertion, jwksOf, jwt, now, signingKey } from './lib/clients.mjs';
import { grantClient } from './lib/grants.mjs';
import { Agent, administrator, env, fieldOf, official, p02, p03, sql, tokensFor, userinfo } from './lib/world.mjs';

const GRANT = 'urn:openid:params:grant-type:ciba';
const CLAIM = 'urn:openid:params:jwt:claim:auth_req_id';
const insecure = { [oauth.allowInsecureRequests]: true };
let an, server, kiosk, pinged, outside, receiver;
const calls = [];
let answerWith = () => 204;

before(async () => {
  an = await official(p02);
  const issuer = new URL(env.SEN_ISSUER);
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    calls.push({ method: request.method, url: request.url, headers: request.headers, body: JSON.parse(body) });
    const status = answerWith();
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
  });
  await new Promise((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
  const ciba = { grant_types: [GRANT, 'refresh_token'], backchannel_token_delivery_mode: 'poll', scope: 'openid profile roles offline_access' };
  kiosk = await grantClient('kiosk', ciba, 'P02');
  pinged = await grantClient('pinged', { ...ciba, backchannel_token_delivery_mode: 'ping',
    backchannel_client_notification_endpoint: `http://127.0.0.1:${receiver.address().port}/ping` }, 'P02');
  outside = await grantClient('bank', { ...ciba, sen_consent: true, subject_type: 'pairwise', sen_sector: 'bank.example' });
});
after(() => receiver.close());

async function begin(person = an, form = {}, client = kiosk) {
  const { status, json } = await client.post('/bc-authorize', { scope: 'openid profile', login_hint: person.login, ...form });
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}
const poll = (client, offer) => client.post('/token', { grant_type: GRANT, auth_req_id: offer.auth_req_id });
// The forms of the page, each with what it is about.
const formsOf = (html) => html.split('<section class="summary request">').slice(1).map((part) => ({
  id: fieldOf(part, 'id'), csrf: fieldOf(part, 'csrf'), text: part,
}));
const decide = (agent, form, decision = 'allow') => agent.request('/requests', { form: { id: form.id, csrf: form.csrf, decision } });
async function decideLast(person, decision) {
  const forms = formsOf((await person.agent.request('/requests')).text);
  assert.ok(forms.length > 0, 'nothing waits');
  const answer = await decide(person.agent, forms.at(-1), decision);
  assert.equal(answer.location, '/requests', answer.text);
}
// Tests shall not disturb each other by what waits.
const clear = () => sql(`UPDATE sen.ciba_request SET expires_at = now() - interval '1 s', created_at = now() - interval '1 hour' WHERE used_at IS NULL`);
const tokensOf = async (person, form, client = kiosk) => {
  const offer = await begin(person, form, client);
  await decideLast(person, 'allow');
  const { status, json } = await poll(client, offer);
  assert.equal(status, 200, JSON.stringify(json));
  return { ...json, offer };
};
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

test('the metadata say what is offered', () => {
  assert.deepEqual(server.backchannel_token_delivery_modes_supported, ['poll', 'ping']);
  assert.equal(server.backchannel_user_code_parameter_supported, false);
  assert.ok(server.grant_types_supported.includes(GRANT));
});

test('poll: a strict client asks, the official sees who asks for what, allows, and tokens come once', async () => {
  const client = { client_id: 'kiosk' };
  const auth = oauth.ClientSecretBasic(kiosk.secret());
  const message = 'Quầy 3 – hồ sơ 12/2026';
  const offer = await oauth.processBackchannelAuthenticationResponse(server, client, await oauth.backchannelAuthenticationRequest(
    server, client, auth, { scope: 'openid profile roles', login_hint: an.login, binding_message: message, acr_values: 'LoA1' }, insecure));
  assert.match(offer.auth_req_id, /^[A-Za-z0-9._-]{43,}$/);
  assert.equal(offer.expires_in, 300);
  assert.equal(offer.interval, 5);
  const ask = async () => oauth.processBackchannelAuthenticationGrantResponse(server, client,
    await oauth.backchannelAuthenticationGrantRequest(server, client, auth, offer.auth_req_id, insecure));
  await assert.rejects(ask, (error) => error.error === 'authorization_pending');
  await assert.rejects(ask, (error) => error.error === 'slow_down');

  const home = await an.agent.request('/');
  assert.match(home.text, /id="n-requests">1</);
  assert.match(home.text, new RegExp(message));
  const page = await an.agent.request('/requests');
  const [form, ...more] = formsOf(page.text);
  assert.equal(more.length, 0);
  assert.match(form.text, new RegExp(message));
  assert.match(form.text, /\d\d:\d\d/);
  assert.match(form.text, /<ul>\s*<li>[\s\S]*<li>[\s\S]*<li>/);
  assert.equal((await decide(an.agent, form)).location, '/requests');
  assert.match((await an.agent.request('/requests')).text, /id="none"/);
  assert.doesNotMatch((await an.agent.request('/')).text, /id="n-requests"/);

  const tokens = await ask();
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  assert.equal(claims.sub, an.id);
  assert.equal(claims[CLAIM], offer.auth_req_id);
  assert.ok(claims.sid && claims.auth_time && claims.acr);
  assert.deepEqual((await (await userinfo(tokens.access_token)).json()).roles, [p02.role]);
  await assert.rejects(ask, (error) => error.error === 'invalid_grant');
  const renewed = await kiosk.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  assert.equal(renewed.status, 200);
});

test('an official who is not signed in comes back to the requests after the sign-in', async () => {
  await begin();
  const agent = new Agent(env.SEN_ISSUER);
  const back = await agent.signIn(await agent.request('/requests'), an.login, an.password);
  assert.equal(back.location, '/requests');
  assert.equal(formsOf((await agent.request('/requests')).text).length, 1);
  await clear();
});

test('Vietnamese and English', async () => {
  await begin();
  assert.match((await an.agent.request('/requests?ui_locales=en')).text, /Requests that wait for your decision/);
  assert.match((await an.agent.request('/requests?ui_locales=vi')).text, /Yêu cầu đang chờ bạn quyết định/);
  await clear();
});

test('refused is refused, and audited', async () => {
  const offer = await begin();
  await decideLast(an, 'deny');
  for (let i = 0; i < 2; i += 1) {
    const { status, json } = await poll(kiosk, offer);
    assert.equal(status, 400);
    assert.equal(json.error, 'access_denied');
  }
  const [[n]] = await sql(`SELECT count(*) FROM sen.audit WHERE action = 'ciba.deny' AND account_id = $1 AND object = 'client:kiosk'`, an.id);
  assert.equal(n, '1');
  await clear();
});

test('expiry: as asked for, bounded; then expired_token, allowed or not', async () => {
  assert.equal((await begin(an, { requested_expiry: '30' })).expires_in, 30);
  assert.equal((await begin(an, { requested_expiry: '100000' })).expires_in, 600);
  await clear();
  const offer = await begin();
  await decideLast(an, 'allow');
  await sql(`UPDATE sen.ciba_request SET expires_at = now() - interval '1 s' WHERE used_at IS NULL`);
  assert.equal((await poll(kiosk, offer)).json.error, 'expired_token');
  await clear();
});

test('50 parallel polls after the decision give one success', async () => {
  const offer = await begin();
  await decideLast(an, 'allow');
  const answers = await Promise.all(Array.from({ length: 50 }, () => poll(kiosk, offer)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  assert.equal(answers.filter((answer) => answer.json.error === 'invalid_grant').length, 49);
});

test('50 parallel decisions are one', async () => {
  await begin();
  const [form] = formsOf((await an.agent.request('/requests')).text);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => decide(an.agent, form, i % 2 ? 'allow' : 'deny')));
  assert.equal(answers.filter((answer) => answer.status === 303).length, 1);
  assert.equal(answers.filter((answer) => answer.status === 404).length, 49);
  await clear();
});

test('at most three wait for one official and client, under 50 parallel requests; a refused one counts for a minute', async () => {
  const person = await official(p02);
  const send = () => kiosk.post('/bc-authorize', { scope: 'openid', login_hint: person.login });
  const answers = await Promise.all(Array.from({ length: 50 }, send));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 3);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    assert.equal(answer.json.error, 'access_denied');
    assert.equal(answer.status, 403, 'CIBA §13');
  }
  assert.equal(formsOf((await person.agent.request('/requests')).text).length, 3);
  await decideLast(person, 'deny');
  assert.equal((await send()).json.error, 'access_denied', 'asking again at once is no way around');
  await sql(`UPDATE sen.ciba_request SET created_at = created_at - interval '61 s' WHERE account_id = $1`, person.id);
  assert.equal((await send()).status, 200);
  // Ten of all clients together.
  await sql(`INSERT INTO sen.ciba_request (account_id, issued_on, id_hash, id, client_id, scope, offline, expires_at)
    SELECT $1::uuid, (now() AT TIME ZONE 'UTC')::date, sha256(n::text::bytea), gen_random_uuid(), 'pinged', 'openid', false, now() + interval '1 minute'
    FROM generate_series(1, 7) n`, person.id);
  const { json } = await outside.post('/bc-authorize', { scope: 'openid', login_hint: person.login });
  assert.equal(json.error, 'access_denied');
  await clear();
});

test('unknown, disabled, pending and roleless officials are not known, all in the same words', async () => {
  const disabled = await official(p02), other = await official(p03);
  const admin = await administrator();
  assert.ok((await admin.api('POST', `/accounts/${disabled.login}/disable`, { reason: 'Nghỉ việc' })).status < 300);
  const suspended = await official(p02);
  await sql(`UPDATE sen.account SET status = 'suspended' WHERE id = $1`, suspended.id);
  const answers = [];
  for (const login of ['khongco99', '-', 'a b', "x' OR 1=1", disabled.login, suspended.login, other.login])
    answers.push(await kiosk.post('/bc-authorize', { scope: 'openid', login_hint: login }));
  for (const answer of answers) {
    assert.equal(answer.status, 400);
    assert.equal(answer.json.error, 'unknown_user_id');
    assert.equal(answer.text, answers[0].text);
  }
});

test('id_token_hint names the official towards the client that got it', async () => {
  const { id_token: hint } = await tokensOf(an);
  const { id_token: foreign } = await tokensFor(an.agent, p02, { scope: 'openid' });
  const send = (form, client = kiosk) => client.post('/bc-authorize', { scope: 'openid', ...form });
  assert.equal((await send({ id_token_hint: hint })).status, 200);
  assert.equal((await send({ id_token_hint: foreign })).json.error, 'invalid_request', 'of another client');
  assert.equal((await send({ id_token_hint: hint.slice(0, -4) })).json.error, 'invalid_request');
  assert.equal((await send({ id_token_hint: hint, login_hint: an.login })).json.error, 'invalid_request', 'two hints');
  const person = await official(p02);
  const { id_token: pairwise } = await tokensOf(person, {}, outside);
  assert.equal((await send({ id_token_hint: pairwise }, outside)).status, 200, 'of a pairwise subject');
  const [[asked]] = await sql(`SELECT count(*) FROM sen.ciba_request WHERE client_id = 'bank' AND account_id = $1 AND decided_at IS NULL AND expires_at > now()`, person.id);
  assert.equal(asked, '1', 'somebody else was asked');
  await clear();
  // What stands in it for us says nothing to others: neither the account, nor that two tokens are of one person.
  const { id_token: again } = await tokensOf(person, {}, outside);
  const seals = [pairwise, again].map((token) => claimsOf(token)['urn:sen:account']);
  assert.ok(seals[0] && seals[0] !== seals[1] && !JSON.stringify(claimsOf(pairwise)).includes(person.id));
  assert.equal(claimsOf(hint)['urn:sen:account'], undefined, 'nothing where the subject says it already');
  assert.equal((await send({ id_token_hint: pairwise })).json.error, 'invalid_request', 'of another client');
  await clear();
});

test('a client from outside: the decision is the consent, and taking it back ends the tokens', async () => {
  const person = await official(p03);
  const tokens = await tokensOf(person, { scope: 'openid profile' }, outside);
  assert.notEqual(claimsOf(tokens.id_token).sub, person.id);
  const consents = await person.agent.request('/consents');
  assert.match(consents.text, /bank/);
  await person.agent.request('/consents/take-back', { form: { csrf: fieldOf(consents.text, 'csrf'), client_id: 'bank' } });
  assert.equal((await userinfo(tokens.access_token)).status, 401);
});

test('logout, a lost role and a disabled account end what was given and what waits', async () => {
  const admin = await administrator();
  const ends = {
    logout: async (person) => {
      const home = await person.agent.request('/');
      await person.agent.request('/logout', { form: { csrf: fieldOf(home.text, 'csrf') } });
    },
    'the role is revoked': (person) => admin.api('POST', '/grants/revoke', { login: person.login, platform: 'P02', reason: 'Điều động' }),
    disabled: (person) => admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Nghỉ việc' }),
  };
  for (const [what, end] of Object.entries(ends)) {
    const person = await official(p02);
    const tokens = await tokensOf(person);
    const waiting = await begin(person);
    await decideLast(person, 'allow');
    await end(person);
    assert.equal((await userinfo(tokens.access_token)).status, 401, what);
    assert.equal((await kiosk.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).json.error, 'invalid_grant', what);
    assert.equal((await poll(kiosk, waiting)).json.error, 'invalid_grant', what);
  }
});

test('a role that goes between the request and the decision: nothing is given', async () => {
  const person = await official(p02, p03);
  const admin = await administrator();
  const offer = await begin(person);
  const [form] = formsOf((await person.agent.request('/requests')).text);
  assert.ok((await admin.api('POST', '/grants/revoke', { login: person.login, platform: 'P02', reason: 'Điều động' })).status < 300);
  const agent = new Agent(env.SEN_ISSUER);
  const signed = await agent.signIn(await agent.request('/requests'), person.login, person.password);
  assert.equal(signed.location, '/requests');
  const [again] = formsOf((await agent.request('/requests')).text);
  assert.equal(again.id, form.id);
  const answer = await decide(agent, again);
  assert.equal(answer.status, 403);
  assert.match(answer.text, /id="platform"/);
  assert.equal((await poll(kiosk, offer)).json.error, 'access_denied');
  await clear();
});

test('a forged form decides nothing', async () => {
  const mine = await begin(), other = await begin();
  const [form, second] = formsOf((await an.agent.request('/requests')).text);
  const send = (agent, change, headers) => agent.request('/requests', { form: { id: form.id, csrf: form.csrf, decision: 'allow', ...change }, headers });
  assert.equal((await send(an.agent, { csrf: '' })).status, 403);
  assert.equal((await send(an.agent, { id: second.id })).status, 403, 'the token of another request');
  assert.equal((await send(an.agent, {}, { origin: 'https://evil.example' })).status, 403);
  const stranger = await official(p02);
  assert.equal((await send(stranger.agent, {})).status, 403);
  assert.equal((await send(new Agent(env.SEN_ISSUER), {})).location, '/requests');
  for (const offer of [mine, other]) assert.equal((await poll(kiosk, offer)).json.error, 'authorization_pending');
  // A stranger with a good form of his own for a request that is not his.
  await sql('UPDATE sen.ciba_request SET account_id = $1 WHERE id = $2::uuid', stranger.id, form.id);
  const [his] = formsOf((await stranger.agent.request('/requests')).text);
  await sql('UPDATE sen.ciba_request SET account_id = $1 WHERE id = $2::uuid', an.id, form.id);
  assert.equal((await decide(stranger.agent, his)).status, 404);
  await clear();
});

test('ping: the client is told once it is decided, with its own token, and then polls', async (t) => {
  const token = 'AZaz09-._~+/==';
  for (const decision of ['allow', 'deny']) {
    await t.test(decision, async () => {
      calls.length = 0;
      const person = await official(p02);
      const offer = await begin(person, { client_notification_token: token }, pinged);
      await sleep(600);
      assert.equal(calls.length, 0, 'not before');
      await decideLast(person, decision);
      const call = await until('the ping', async () => calls[0]);
      assert.equal(call.method, 'POST');
      assert.equal(call.url, '/ping');
      assert.equal(call.headers.authorization, `Bearer ${token}`);
      assert.match(call.headers['content-type'], /^application\/json/);
      assert.deepEqual(call.body, { auth_req_id: offer.auth_req_id });
      const { json } = await poll(pinged, offer);
      if (decision === 'allow') assert.equal(claimsOf(json.id_token)[CLAIM], offer.auth_req_id);
      else assert.equal(json.error, 'access_denied');
      await sleep(800);
      assert.equal(calls.length, 1, 'delivered once');
    });
  }
});

test('ping: a receiver that fails is tried again, and secrets are stored sealed', async () => {
  calls.length = 0;
  const statuses = [503, 500, 204];
  answerWith = () => statuses.shift() ?? 204;
  const person = await official(p02);
  const offer = await begin(person, { client_notification_token: 'secret-of-the-client' }, pinged);
  await decideLast(person, 'allow');
  await until('delivered', async () => (await sql(`SELECT 1 FROM sen.outbox WHERE kind = 'ciba' AND account_id = $1 AND outcome = 'delivered'`, person.id)).length, 60000);
  answerWith = () => 204;
  assert.equal(calls.length, 3);
  assert.ok(calls.every((call) => call.url === '/ping'));
  const [[row]] = await sql(`SELECT o::text || r::text FROM sen.outbox o, sen.ciba_request r WHERE o.kind = 'ciba' AND o.account_id = $1 AND r.account_id = $1`, person.id);
  assert.ok(!row.includes('secret-of-the-client') && !row.includes(offer.auth_req_id));
});

test('ping: what the client refuses is not tried again, and a redirect is not followed', async () => {
  for (const status of [302, 401, 403]) {
    calls.length = 0;
    answerWith = () => status;
    const person = await official(p02);
    await begin(person, { client_notification_token: 'token' }, pinged);
    await decideLast(person, 'allow');
    await until('refused', async () => (await sql(`SELECT 1 FROM sen.outbox WHERE kind = 'ciba' AND account_id = $1 AND outcome = 'refused'`, person.id)).length);
    assert.equal(calls.length, 1);
  }
  answerWith = () => 204;
});

test('signed requests: only what is inside counts, everything that CIBA demands is demanded', async (t) => {
  const key = await signingKey('PS256');
  const client = await grantClient('signing', { grant_types: [GRANT], backchannel_token_delivery_mode: 'poll', scope: 'openid', jwks: jwksOf(key),
    backchannel_authentication_request_signing_alg: 'PS256' }, 'P02');
  const claims = (change = {}) => ({ iss: 'signing', aud: env.SEN_ISSUER, iat: now(), nbf: now(), exp: now() + 60, jti: randomUUID(),
    scope: 'openid', login_hint: an.login, binding_message: 'W4SCT', ...change });
  const ask = async (content, outer = {}) => client.post('/bc-authorize', { request: await jwt(key, content), ...outer });
  await t.test('good', async () => {
    const { status, json } = await ask(claims());
    assert.equal(status, 200, JSON.stringify(json));
    await decideLast(an, 'allow');
    assert.equal((await poll(client, json)).status, 200);
  });
  const rows = [['unsigned', null], ['beside parameters', claims(), { scope: 'openid' }], ...['iss', 'aud', 'iat', 'nbf', 'exp', 'jti'].map((name) =>
    [`without ${name}`, claims({ [name]: undefined })]), ['expired', claims({ exp: now() - 60 })], ['for another', claims({ aud: 'https://other.example' })],
  ['that lives for long', claims({ exp: now() + 7200 })], ['of long ago', claims({ nbf: now() - 7200 })]];
  for (const [what, content, outer] of rows)
    await t.test(what, async () => {
      const answer = content ? await ask(content, outer) : await client.post('/bc-authorize', { scope: 'openid', login_hint: an.login });
      assert.equal(answer.status, 400);
      assert.equal(answer.json.error, 'invalid_request');
    });
  await clear();
});

test('an assertion may name the endpoint here (CIBA §7.1), and nowhere else', async () => {
  const key = await signingKey('ES256');
  const client = { id: 'asserting' };
  await grantClient(client.id, { grant_types: [GRANT], backchannel_token_delivery_mode: 'poll', scope: 'openid', token_endpoint_auth_method: 'private_key_jwt',
    jwks: jwksOf(key), dpop_bound_access_tokens: true }, 'P02');
  const url = `${env.SEN_ISSUER}/bc-authorize`;
  const form = { scope: 'openid', login_hint: an.login };
  const { json, status } = await post(url, { ...form, ...await assertion(client, key, { aud: url }) });
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal((await post(url, { ...form, ...await assertion(client, key, { aud: 'https://other.example/bc-authorize' }) })).status, 401);
  const poll = { grant_type: GRANT, auth_req_id: json.auth_req_id };
  assert.equal((await post(`${env.SEN_ISSUER}/token`, { ...poll, ...await assertion(client, key, { aud: `${env.SEN_ISSUER}/token` }) })).json.error, 'invalid_client');
  // Nothing is told of the request before what binds the tokens is there.
  assert.equal((await post(`${env.SEN_ISSUER}/token`, { ...poll, ...await assertion(client, key) })).json.error, 'invalid_request');
  await clear();
});

test('bad requests to begin', async (t) => {
  const good = { scope: 'openid', login_hint: an.login };
  const rows = [
    ['no scope', { scope: undefined }, kiosk, 'invalid_request'],
    ['no openid', { scope: 'profile' }, kiosk, 'invalid_scope'],
    ['no hint', { login_hint: undefined }, kiosk, 'invalid_request'],
    ['login_hint_token', { login_hint: undefined, login_hint_token: 'x' }, kiosk, 'invalid_request'],
    ['a binding message of 65 characters', { binding_message: 'ắ'.repeat(65) }, kiosk, 'invalid_binding_message'],
    ['a binding message with a line break', { binding_message: 'a\nb' }, kiosk, 'invalid_binding_message'],
    ['a binding message that turns text around', { binding_message: 'a\u202eb' }, kiosk, 'invalid_binding_message'],
    ['an expiry that is none', { requested_expiry: '1e3' }, kiosk, 'invalid_request'],
    ['a signed request beside parameters', { request: 'eyJhbGciOiJub25lIn0.e30.' }, kiosk, 'invalid_request'],
    ['ping without a token', {}, pinged, 'invalid_request'],
    ['ping with a token that could break a header', { client_notification_token: 'a\r\nX: y' }, pinged, 'invalid_request'],
    ['a long scope', { scope: `openid ${'a'.repeat(2000)}` }, kiosk, 'invalid_request'],
  ];
  for (const [what, change, client, error] of rows) {
    await t.test(what, async () => {
      const form = Object.fromEntries(Object.entries({ ...good, ...change }).filter(([, value]) => value !== undefined));
      const answer = await client.post('/bc-authorize', form);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.error, error);
    });
  }
  const { authorization } = (({ id, secret }) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret()}`).toString('base64')}` }))(kiosk);
  const raw = async (body, headers) => fetch(`${env.SEN_ISSUER}/bc-authorize`,
    { method: 'POST', body, headers: { authorization, 'content-type': 'application/x-www-form-urlencoded', ...headers } });
  const others = [
    ['repeated hint', await raw(`scope=openid&login_hint=${an.login}&login_hint=${an.login}`), 400, 'invalid_request'],
    ['a wrong secret', await raw('scope=openid', { authorization: `Basic ${Buffer.from('kiosk:x').toString('base64')}` }), 401, 'invalid_client'],
    ['JSON', await raw('{}', { 'content-type': 'application/json' }), 415, 'invalid_request'],
    ['1 MB', await raw(`scope=openid&login_hint=${'a'.repeat(1 << 20)}`), 413, 'invalid_request'],
  ];
  for (const [what, answer, status, error] of others) {
    await t.test(what, async () => {
      const json = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(json));
      assert.equal(json.error, error);
    });
  }
  const tv = await grantClient('tv2', { token_endpoint_auth_method: 'none', grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] }, 'P02');
  assert.equal((await tv.post('/bc-authorize', good)).json.error, 'invalid_client', 'public clients cannot ask');
  const { json } = await post(`${env.SEN_ISSUER}/bc-authorize`, good, { authorization: `Basic ${Buffer.from(`p02:${p02.secret()}`).toString('base64')}` });
  assert.equal(json.error, 'unauthorized_client');
});

test('bad polls use nothing up', async (t) => {
  const offer = await begin();
  await decideLast(an, 'allow');
  const send = (form, client = kiosk) => client.post('/token', { grant_type: GRANT, ...form });
  const rows = [
    ['no auth_req_id', await send({}), 'invalid_request'],
    ['an unknown one', await send({ auth_req_id: 'snb_AAAA' }), 'invalid_grant'],
    ['a cut one', await send({ auth_req_id: offer.auth_req_id.slice(0, -1) }), 'invalid_grant'],
    ['another client', await send({ auth_req_id: offer.auth_req_id }, pinged), 'invalid_grant'],
    ['a scope that was not granted', await send({ auth_req_id: 'snb_x', scope: 'roles' }), 'invalid_grant'],
  ];
  for (const [what, answer, error] of rows) await t.test(what, () => { assert.equal(answer.json.error, error, answer.text); assert.equal(answer.status, 400); });
  assert.equal((await poll(kiosk, offer)).status, 200);
});
