// Device authorization (RFC 8628): a strict client on the device, an official at the page.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { importJWK } from 'jose';
import * as oauth from 'oauth4webapi';

import { post } from '../../deploy/driver/world.mjs';
import { proof, signingKey } from './lib/clients.mjs';
import { grantClient } from './lib/grants.mjs';
import { Agent, administrator, env, fieldOf, official, p02, p03, sql, userinfo } from './lib/world.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const insecure = { [oauth.allowInsecureRequests]: true };
let an, server, tv, box, outside;

before(async () => {
  an = await official(p02);
  const issuer = new URL(env.SEN_ISSUER);
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  tv = await grantClient('tv', { token_endpoint_auth_method: 'none', grant_types: [GRANT, 'refresh_token'], response_types: [],
    scope: 'openid profile roles offline_access' }, 'P02');
  box = await grantClient('box', { grant_types: [GRANT, 'refresh_token'], sen_resources: ['https://api.example/'],
    authorization_details_types: ['print'] }, 'P02');
  outside = await grantClient('outside', { token_endpoint_auth_method: 'none', grant_types: [GRANT], sen_consent: true,
    subject_type: 'pairwise', sen_sector: 'outside.example' });
});

async function begin(client = tv, form = {}) {
  const { status, json } = await client.post('/device_authorization', { scope: 'openid profile roles', ...form });
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}
const poll = (client, offer) => client.post('/token', { grant_type: GRANT, device_code: offer.device_code });
const show = (agent, offer) => agent.request(`/device?user_code=${offer.user_code}`);
const decide = (agent, page, decision = 'allow') => agent.request('/device',
  { form: { user_code: fieldOf(page.text, 'user_code') ?? '', csrf: fieldOf(page.text, 'csrf') ?? '', decision } });
async function allow(agent, offer) {
  const answer = await decide(agent, await show(agent, offer));
  assert.equal(answer.status, 200, answer.text);
}
const forget = () => sql('DELETE FROM sen.user_code_throttle');
const tokensOf = async (person, client = tv, form = {}) => {
  const offer = await begin(client, form);
  await allow(person.agent, offer);
  const { status, json } = await poll(client, offer);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};

test('a strict client gets tokens after the official typed the code, confirmed and allowed', async () => {
  const client = { client_id: 'tv' };
  const offer = await oauth.processDeviceAuthorizationResponse(server, client,
    await oauth.deviceAuthorizationRequest(server, client, oauth.None(), { scope: 'openid profile roles' }, insecure));
  assert.match(offer.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.equal(offer.verification_uri, `${env.SEN_ISSUER}/device`);
  assert.equal(offer.verification_uri_complete, `${env.SEN_ISSUER}/device?user_code=${offer.user_code}`);
  assert.equal(offer.expires_in, 600);
  assert.equal(offer.interval, 5);
  const ask = async () => oauth.processDeviceCodeResponse(server, client,
    await oauth.deviceCodeGrantRequest(server, client, oauth.None(), offer.device_code, insecure));
  await assert.rejects(ask, (error) => error.error === 'authorization_pending');

  const agent = new Agent(env.SEN_ISSUER);
  const enter = await agent.request('/device?ui_locales=en');
  assert.equal(enter.status, 200);
  assert.match(enter.text, /<form id="device" method="get" action="\/device"/);
  const typed = offer.user_code.toLowerCase().replace('-', ' ');
  const signIn = await agent.request(`/device?user_code=${encodeURIComponent(typed)}`);
  assert.match(signIn.text, /<form id="login"/, 'nothing is looked for before the sign-in');
  const back = await agent.signIn(signIn, an.login, an.password);
  assert.equal(back.status, 303);
  assert.equal(back.location, `/device?user_code=${offer.user_code}`, 'the sign-in comes back to the code');
  const page = await agent.request(back.location);
  assert.match(page.text, new RegExp(`id="user-code">${offer.user_code}<`));
  assert.match(page.text, /id="client">[^<]+</);
  assert.match(page.text, /<ul id="scopes">\s*<li>[\s\S]*<li>[\s\S]*<li>/);
  assert.equal((await decide(agent, page)).status, 200);

  const tokens = await ask();
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  assert.equal(claims.sub, an.id);
  assert.equal(claims.aud, 'tv');
  assert.equal(claims.acr, 'LoA1');
  assert.ok(claims.sid && claims.auth_time);
  assert.ok(tokens.refresh_token);
  assert.deepEqual((await (await userinfo(tokens.access_token)).json()).roles, [p02.role]);
  await assert.rejects(ask, (error) => error.error === 'invalid_grant');
  const renewed = await tv.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  assert.equal(renewed.status, 200);
});

test('the address with the code does not allow by itself: code, client and scopes are shown, and a press is needed', async () => {
  const offer = await begin();
  const page = await an.agent.request(offer.verification_uri_complete);
  assert.equal(page.status, 200);
  assert.match(page.text, new RegExp(`id="user-code">${offer.user_code}<`));
  assert.match(page.text, /id="allow"[\s\S]*id="deny"/);
  assert.equal((await poll(tv, offer)).json.error, 'authorization_pending');
  const [[audits]] = await sql(`SELECT count(*) FROM sen.audit WHERE action LIKE 'device.%' AND request_id = $1`, 'none');
  assert.equal(audits, '0');
});

test('Vietnamese and English', async () => {
  const offer = await begin();
  for (const [language, word] of [['vi', 'Cho phép thiết bị này?'], ['en', 'Allow this device?']])
    assert.match((await an.agent.request(`/device?user_code=${offer.user_code}&ui_locales=${language}`)).text, new RegExp(word.replace('?', '\\?')));
});

test('refused is refused, and audited', async () => {
  const offer = await begin();
  assert.equal((await decide(an.agent, await show(an.agent, offer), 'deny')).status, 200);
  for (let i = 0; i < 2; i += 1) {
    const { status, json } = await poll(tv, offer);
    assert.equal(status, 400);
    assert.equal(json.error, 'access_denied');
  }
  assert.equal((await show(an.agent, offer)).status, 404, 'decided codes are gone');
  const [[n]] = await sql(`SELECT count(*) FROM sen.audit WHERE action = 'device.deny' AND account_id = $1 AND object = 'client:tv'`, an.id);
  assert.equal(n, '1');
});

test('polls that come too early slow the client down, each by 5 s, also in parallel', async () => {
  const offer = await begin();
  const answers = await Promise.all(Array.from({ length: 8 }, () => poll(tv, offer)));
  const errors = answers.map((answer) => answer.json.error);
  assert.equal(errors.filter((error) => error === 'authorization_pending').length, 1);
  assert.equal(errors.filter((error) => error === 'slow_down').length, 7);
  const interval = async () => (await sql('SELECT interval_s FROM sen.device_code ORDER BY expires_at DESC LIMIT 1'))[0][0];
  assert.equal(await interval(), String(5 + 7 * 5));
  await sql(`UPDATE sen.device_code SET polled_at = now() - interval '41 s' WHERE interval_s = 40`);
  assert.equal((await poll(tv, offer)).json.error, 'authorization_pending', 'who keeps the pace is not slowed');
  assert.equal(await interval(), '40');
});

test('50 parallel polls after the decision give one success', async () => {
  const offer = await begin();
  await allow(an.agent, offer);
  const answers = await Promise.all(Array.from({ length: 50 }, () => poll(tv, offer)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  assert.equal(answers.filter((answer) => answer.json.error === 'invalid_grant').length, 49);
  const { json } = answers.find((answer) => answer.status === 200);
  assert.equal((await userinfo(json.access_token)).status, 200, 'late polls take nothing away');
});

test('50 parallel decisions are one', async () => {
  const offer = await begin();
  const page = await show(an.agent, offer);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => decide(an.agent, page, i % 2 ? 'allow' : 'deny')));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  await forget();
});

test('a code expires, whether allowed or not', async () => {
  for (const allowed of [false, true]) {
    const offer = await begin();
    if (allowed) await allow(an.agent, offer);
    await sql(`UPDATE sen.device_code SET expires_at = now() - interval '1 s' WHERE used_at IS NULL AND client_id = 'tv'`);
    assert.equal((await poll(tv, offer)).json.error, 'expired_token');
    if (!allowed) assert.equal((await show(an.agent, offer)).status, 404);
  }
  await forget();
});

test('50 parallel guesses: ten are looked at, then right and wrong codes get the same answer', async () => {
  await forget();
  const person = await official(p02);
  const guesses = Array.from({ length: 50 }, (_, i) => `BBBB-${'BCDFGHJKLM'[Math.floor(i / 10)]}${'NPQRSTVWXZ'[i % 10]}BB`);
  const answers = await Promise.all(guesses.map((code) => person.agent.request(`/device?user_code=${code}`)));
  assert.equal(answers.filter((answer) => answer.status === 404).length, 10);
  assert.equal(answers.filter((answer) => answer.status === 429).length, 40);
  const offer = await begin();
  assert.equal((await show(person.agent, offer)).status, 429, 'the right code too');
  assert.equal((await show(an.agent, offer)).status, 200, 'others are not concerned');
  // Another session of the same official counts on.
  const second = new Agent(env.SEN_ISSUER);
  const page = await second.request(`/device?user_code=${offer.user_code}`);
  const { location } = await second.signIn(page, person.login, person.password);
  assert.equal((await second.request(location)).status, 429);
  await sql(`UPDATE sen.user_code_throttle SET begun_at = now() - interval '601 s'`);
  assert.equal((await show(person.agent, offer)).status, 200, 'until the window has passed');
  const [[wrong]] = await sql('SELECT wrong FROM sen.user_code_throttle WHERE account_id = $1', person.id);
  assert.equal(wrong, '0', 'right codes count nothing');
});

test('wrong codes are counted over all accounts too', async () => {
  await forget();
  await sql(`INSERT INTO sen.user_code_throttle VALUES ('00000000-0000-0000-0000-000000000000', now(), 995)`);
  const persons = [an, await official(p02)];
  const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => persons[i % 2].agent.request(`/device?user_code=BBBB-${'BCDFGHJK'[i % 8]}${i < 8 ? 'B' : 'C'}BB`)));
  assert.equal(answers.filter((answer) => answer.status === 404).length, 5);
  assert.equal(answers.filter((answer) => answer.status === 429).length, 11);
  await forget();
});

test('an official without a role on the platform cannot allow, whatever the form says (CVE-2024-38371)', async () => {
  const other = await official(p03);
  const offer = await begin();
  const page = await show(other.agent, offer);
  assert.equal(page.status, 403);
  assert.match(page.text, /id="platform"/);
  assert.equal(fieldOf(page.text, 'csrf'), undefined);
  assert.equal((await poll(tv, offer)).json.error, 'authorization_pending');

  // The role goes between the page and the press; and between the press and the poll.
  const leaving = await official(p02);
  const admin = await administrator();
  const asked = await show(leaving.agent, offer);
  const later = await begin();
  await allow(leaving.agent, later);
  const revoked = await admin.api('POST', '/grants/revoke', { login: leaving.login, platform: 'P02', reason: 'Chuyển công tác' });
  assert.ok(revoked.status < 300, revoked.text);
  const refused = await decide(leaving.agent, asked);
  assert.notEqual(refused.status, 200);
  assert.notEqual((await poll(tv, offer)).status, 200);
  assert.equal((await poll(tv, later)).json.error, 'invalid_grant');
});

test('a client from outside: the page is its consent, remembered and taken back; sub is its own', async () => {
  const person = await official(p03);
  const tokens = await tokensOf(person, outside, { scope: 'openid profile' });
  const { sub } = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
  assert.notEqual(sub, person.id);
  assert.equal((await userinfo(tokens.access_token)).status, 200);
  const consents = await person.agent.request('/consents');
  assert.match(consents.text, /Ứng dụng outside/);
  const back = await person.agent.request('/consents/take-back', { form: { csrf: fieldOf(consents.text, 'csrf'), client_id: 'outside' } });
  assert.equal(back.status, 303);
  assert.equal((await userinfo(tokens.access_token)).status, 401, 'taken back, gone at once');
});

test('tokens of a device end with the session that allowed it, but for offline_access', async () => {
  const person = await official(p02);
  const bound = await tokensOf(person);
  const offline = await tokensOf(person, tv, { scope: 'openid offline_access' });
  const waiting = await begin();
  await allow(person.agent, waiting);
  const home = await person.agent.request('/');
  await person.agent.request('/logout', { form: { csrf: fieldOf(home.text, 'csrf') } });
  assert.equal((await userinfo(bound.access_token)).status, 401);
  assert.equal((await tv.post('/token', { grant_type: 'refresh_token', refresh_token: bound.refresh_token })).json.error, 'invalid_grant');
  assert.equal((await tv.post('/token', { grant_type: 'refresh_token', refresh_token: offline.refresh_token })).status, 200);
  assert.equal((await poll(tv, waiting)).json.error, 'invalid_grant', 'allowed in a session that is over');
});

test('a disabled account: nothing is left and nothing is given', async () => {
  const person = await official(p02);
  const tokens = await tokensOf(person, tv, { scope: 'openid offline_access' });
  const waiting = await begin();
  await allow(person.agent, waiting);
  const admin = await administrator();
  const answer = await admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Nghỉ việc' });
  assert.ok(answer.status < 300, answer.text);
  assert.equal((await userinfo(tokens.access_token)).status, 401);
  assert.equal((await tv.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).json.error, 'invalid_grant');
  assert.equal((await poll(tv, waiting)).json.error, 'invalid_grant');
});

test('DPoP: the tokens are bound to the key that polls; a proof at the beginning says which', async () => {
  const client = { client_id: 'tv' };
  const key = await signingKey('ES256');
  const mine = oauth.DPoP(client, { privateKey: key.privateKey, publicKey: await importJWK({ ...key.jwk, use: undefined }, 'ES256') });
  const others = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  // oauth4webapi proves nothing at this endpoint.
  const start = async () => (await tv.post('/device_authorization', { scope: 'openid' },
    { dpop: await proof(key, 'POST', server.device_authorization_endpoint) })).json;
  const ask = async (offer, DPoP) => oauth.processDeviceCodeResponse(server, client,
    await oauth.deviceCodeGrantRequest(server, client, oauth.None(), offer.device_code, { ...insecure, DPoP }));
  let offer = await begin();
  await allow(an.agent, offer);
  const tokens = await ask(offer, mine);
  assert.equal(tokens.token_type, 'dpop');
  assert.equal((await userinfo(tokens.access_token)).status, 401, 'as a bearer token it is worth nothing');
  const refused = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, { ...insecure, DPoP: others });
  assert.equal((await refused.json()).error, 'invalid_grant', 'a public client\'s refresh token is bound too');
  offer = await start();
  await allow(an.agent, offer);
  await assert.rejects(ask(offer, others), (error) => error.error === 'invalid_grant');
  offer = await start();
  await allow(an.agent, offer);
  assert.equal((await ask(offer, mine)).token_type, 'dpop');
});

test('resource and authorization_details: shown, granted, narrowed', async () => {
  const details = [{ type: 'print', actions: ['read'], locations: ['Máy in tầng 2'] }];
  const offer = await begin(box, { scope: 'openid', resource: 'https://api.example/', authorization_details: JSON.stringify(details) });
  const page = await show(an.agent, offer);
  assert.match(page.text, /Máy in tầng 2/);
  await decide(an.agent, page);
  const { json } = await poll(box, offer);
  assert.deepEqual(json.authorization_details, details);
  const claims = JSON.parse(Buffer.from(json.access_token.split('.')[1], 'base64url'));
  assert.equal(claims.aud, 'https://api.example/');
});

test('a forged form decides nothing', async () => {
  const offer = await begin(), other = await begin();
  const page = await show(an.agent, offer);
  const csrf = fieldOf(page.text, 'csrf');
  const send = (form, headers) => an.agent.request('/device', { form: { user_code: offer.user_code, csrf, decision: 'allow', ...form }, headers });
  assert.equal((await send({ csrf: '' })).status, 403);
  assert.equal((await send({ csrf: 'x'.repeat(43) })).status, 403);
  assert.equal((await send({ user_code: other.user_code })).status, 403, 'the token of another code');
  assert.equal((await send({}, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await send({}, { 'sec-fetch-site': 'cross-site' })).status, 403);
  const stranger = await official(p02);
  const foreign = await stranger.agent.request('/device', { form: { user_code: offer.user_code, csrf, decision: 'allow' } });
  assert.equal(foreign.status, 403, 'the token of another session');
  const nobody = await new Agent(env.SEN_ISSUER).request('/device', { form: { user_code: offer.user_code, csrf, decision: 'allow' } });
  assert.equal(nobody.location, `/device?user_code=${offer.user_code}`);
  for (const one of [offer, other]) assert.equal((await poll(tv, one)).json.error, 'authorization_pending');
});

test('1,000 codes of a client may wait; over that it is told to come later, others are not concerned', async () => {
  await sql(`INSERT INTO sen.device_code (issued_on, code_hash, user_code_hash, client_id, scope, offline, expires_at)
    SELECT (now() AT TIME ZONE 'UTC')::date, sha256(('c' || n)::bytea), sha256(('u' || n)::bytea), 'box', 'openid', false, now() + interval '60 s'
    FROM generate_series(1, 996 - (SELECT count(*) FROM sen.device_code WHERE client_id = 'box' AND used_at IS NULL AND expires_at > now())::int) n`);
  const answers = await Promise.all(Array.from({ length: 12 }, () => box.post('/device_authorization', { scope: 'openid' })));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 4);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    assert.equal(answer.status, 429);
    assert.equal(answer.json.error, 'temporarily_unavailable');
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
  }
  await begin(tv);
  await sql(`UPDATE sen.device_code SET expires_at = now() WHERE client_id = 'box'`);
  await begin(box, { scope: 'openid' });
});

test('bad requests to begin', async (t) => {
  const rows = [
    ['no scope', {}, 400, 'invalid_scope'],
    ['nothing that it may have', { scope: 'records.read' }, 400, 'invalid_scope'],
    ['a resource that is not its own', { scope: 'openid', resource: 'https://other.example/' }, 400, 'invalid_target'],
    ['an unknown type of details', { scope: 'openid', authorization_details: '[{"type":"x"}]' }, 400, 'invalid_authorization_details'],
    ['details that are none', { scope: 'openid', authorization_details: '{' }, 400, 'invalid_authorization_details'],
    ['a scope of 1 MB', { scope: 'a'.repeat(1 << 20) }, 413, 'invalid_request'],
    ['a long scope', { scope: `openid ${'a'.repeat(2000)}` }, 400, 'invalid_request'],
  ];
  for (const [what, form, status, error] of rows) {
    await t.test(what, async () => {
      const answer = await tv.post('/device_authorization', form);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.json?.error, error);
    });
  }
  const raw = async (body, headers = {}) => fetch(`${env.SEN_ISSUER}/device_authorization`,
    { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
  const others = [
    ['repeated scope', await raw('client_id=tv&scope=openid&scope=openid'), 400, 'invalid_request'],
    ['unknown client', await raw('client_id=nobody&scope=openid'), 401, 'invalid_client'],
    ['no client', await raw('scope=openid'), 401, 'invalid_client'],
    ['a confidential client without its secret', await raw('client_id=box&scope=openid'), 401, 'invalid_client'],
    ['JSON', await raw('{"client_id":"tv"}', { 'content-type': 'application/json' }), 415, 'invalid_request'],
    ['in the query', await fetch(`${env.SEN_ISSUER}/device_authorization?client_id=tv&scope=openid`, { method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 400, 'invalid_request'],
  ];
  for (const [what, answer, status, error] of others) {
    await t.test(what, async () => {
      const json = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(json));
      assert.equal(json.error, error);
    });
  }
  const plain = await grantClient('plain', { token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/cb'] }, 'P02');
  assert.equal((await plain.post('/device_authorization', { scope: 'openid' })).json.error, 'unauthorized_client');
  assert.equal((await plain.post('/token', { grant_type: GRANT, device_code: 'x' })).json.error, 'unauthorized_client');
});

test('bad polls', async (t) => {
  const offer = await begin();
  await allow(an.agent, offer);
  const send = (form, client = tv) => client.post('/token', { grant_type: GRANT, ...form });
  const rows = [
    ['no code', await send({}), 'invalid_request'],
    ['an unknown code', await send({ device_code: 'snd_AAAA' }), 'invalid_grant'],
    ['a cut code', await send({ device_code: offer.device_code.slice(0, -1) }), 'invalid_grant'],
    ['a user code', await send({ device_code: offer.user_code }), 'invalid_grant'],
    ['another client', await send({ device_code: offer.device_code }, box), 'invalid_grant'],
    ['as an authorization code', await tv.post('/token', { grant_type: 'authorization_code', code: offer.device_code, redirect_uri: 'x' }), 'unauthorized_client'],
    ['twice in one request', await post(`${env.SEN_ISSUER}/token`, [['client_id', 'tv'], ['grant_type', GRANT],
      ['device_code', offer.device_code], ['device_code', offer.device_code]]), 'invalid_request'],
  ];
  for (const [what, answer, error] of rows) await t.test(what, () => { assert.equal(answer.json.error, error, answer.text); assert.equal(answer.status, 400); });
  assert.equal((await poll(tv, offer)).status, 200, 'none of this used it up');
});

test('codes that cannot be codes are not looked for, and never come back unescaped', async () => {
  await forget();
  for (const code of ['', 'x', '"><script>alert(1)</script>', 'BCDF-GHJ', 'AEIO-UAEI', 'B'.repeat(60)]) {
    const page = await an.agent.request(`/device?user_code=${encodeURIComponent(code)}`);
    assert.equal(page.status, code ? 400 : 200);
    assert.ok(!page.text.includes('<script'));
  }
  assert.deepEqual(await sql('SELECT * FROM sen.user_code_throttle'), []);
  assert.equal((await an.agent.request('/device?user_code=BCDF-GHJK&user_code=BCDF-GHJK')).status, 400);
});

test('what is stored is hashes', async () => {
  const offer = await begin();
  const [[row]] = await sql('SELECT d::text FROM sen.device_code d ORDER BY expires_at DESC LIMIT 1');
  assert.ok(!row.includes(offer.device_code.slice(4, 20)) && !row.includes(offer.user_code.replace('-', '')));
});
