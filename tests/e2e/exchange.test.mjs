// Token exchange (RFC 8693): platforms that act for an official at other platforms, and how far that goes.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';

import { post } from '../../deploy/driver/world.mjs';
import { proof, register, signingKey } from './lib/clients.mjs';
import { grantClient } from './lib/grants.mjs';
import { administrator, authorizeUrl, env, fieldOf, official, p02, p03, sql, tokensFor, userinfo } from './lib/world.mjs';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const insecure = { [oauth.allowInsecureRequests]: true };
const MID = 'https://mid.example/', BACK = 'https://back.example/';
let an, front, mid, back, sly, shortLived;

before(async () => {
  an = await official(p02, p03);
  const exchange = { grant_types: [GRANT, 'client_credentials'], scope: 'openid profile roles records.read' };
  front = await register('front', { platform: 'P02', scope: 'openid profile roles records.read records.write offline_access', sen_resources: [MID],
    sen_access_token_s: 250 });
  mid = await grantClient('mid', { ...exchange, sen_resources: [MID], sen_exchange_audiences: ['back', BACK, 'nowhere'] });
  back = await grantClient('back', { ...exchange, sen_resources: [BACK], sen_exchange_audiences: ['mid', 'back'], sen_access_token_format: 'opaque' }, 'P03');
  sly = await grantClient('sly', { ...exchange, sen_exchange_audiences: ['back'], subject_type: 'pairwise', sen_sector: 'sly.example' });
  const short = await register('front-short', { platform: 'P02', sen_resources: [MID], sen_access_token_s: 10 });
  const { access_token: token } = await tokensFor((await official(p02, p03)).agent, short, { scope: 'openid profile', resource: MID });
  shortLived = { token, exchanged: (await good(mid, token, { scope: 'openid' })).access_token, since: Date.now() };
});

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const subjectOf = async (person, params = {}) =>
  (await tokensFor(person.agent, front, { scope: 'openid profile roles records.read records.write', resource: MID, ...params })).access_token;
const exchange = (client, token, form = {}) => client.post('/token', Object.fromEntries(Object.entries({
  grant_type: GRANT, subject_token: token, subject_token_type: TOKEN, audience: 'back', ...form,
}).filter(([, value]) => value !== undefined)));
const good = async (client, token, form) => {
  const { status, json } = await exchange(client, token, form);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};
const introspect = async (client, token) => (await client.post('/introspect', { token })).json;

test('a platform gets a token to act for the official: narrower, shorter, for one target, named as actor', async () => {
  const subject = await subjectOf(an);
  const issuer = new URL(env.SEN_ISSUER);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  assert.ok(server.grant_types_supported.includes(GRANT));
  const client = { client_id: 'mid' };
  const answer = await oauth.genericTokenEndpointRequest(server, client, oauth.ClientSecretBasic(mid.secret()), GRANT,
    { subject_token: subject, subject_token_type: TOKEN, requested_token_type: TOKEN, audience: 'back', scope: 'records.read' }, insecure);
  const tokens = await oauth.processGenericTokenEndpointResponse(server, client, answer);
  assert.equal(tokens.issued_token_type, TOKEN);
  assert.equal(tokens.token_type, 'bearer');
  assert.equal(tokens.scope, 'records.read');
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.id_token, undefined);
  const was = claimsOf(subject), is = claimsOf(tokens.access_token);
  assert.equal(is.aud, 'back');
  assert.equal(is.client_id, 'mid');
  assert.equal(is.sub, an.id);
  assert.deepEqual(is.act, { sub: 'mid' });
  assert.ok(is.exp <= was.exp, 'not beyond the subject token');
  assert.ok(tokens.expires_in <= 250 && tokens.expires_in > 0);
  // The target learns by introspection; nobody else does.
  const seen = await introspect(back, tokens.access_token);
  assert.equal(seen.active, true);
  assert.deepEqual(seen.act, { sub: 'mid' });
  assert.equal(seen.username, an.login);
  assert.deepEqual(await introspect(sly, tokens.access_token), { active: false });
  const [[n]] = await sql(`SELECT count(*) FROM sen.audit WHERE action = 'token.exchange' AND account_id = $1 AND actor = 'client:mid' AND object = 'audience:back'`, an.id);
  assert.equal(n, '1');
});

test('without a scope: what both have, never the administration or life beyond the session', async () => {
  const { scope } = await good(mid, await subjectOf(an, { scope: 'openid profile roles records.read records.write offline_access' }));
  assert.equal(scope, 'openid profile roles records.read');
});

test('it lasts no longer than what it was exchanged for', async () => {
  const subject = await subjectOf(an);
  await sleep(2100);
  const first = await good(mid, subject);
  assert.ok(first.expires_in <= 248, `${first.expires_in}`);
  const second = await good(back, first.access_token, { audience: 'mid' });
  assert.ok(second.expires_in <= first.expires_in);
});

test('a token that says who may act is exchanged by that one, and by nobody else that it is meant for', async () => {
  const chosen = await register('front-chosen', { platform: 'P02', scope: 'openid profile records.read', sen_resources: [MID], sen_may_act: 'sly' });
  const { access_token: token } = await tokensFor(an.agent, chosen, { scope: 'openid profile records.read', resource: MID });
  assert.deepEqual(claimsOf(token).may_act, { sub: 'sly' });
  assert.deepEqual((await introspect(mid, token)).may_act, { sub: 'sly' }, 'its resource sees it too');
  const exchanged = await good(sly, token);
  assert.deepEqual(claimsOf(exchanged.access_token).act, { sub: 'sly' });
  assert.equal(claimsOf(exchanged.access_token).may_act, undefined, 'said once, for one');
  for (const client of [mid, back]) {
    const { status, json } = await exchange(client, token);
    assert.deepEqual([status, json.error], [400, 'invalid_request']);
  }
  assert.equal(claimsOf(await subjectOf(an)).may_act, undefined);
});

test('the actors are a chain, and three are enough', async () => {
  let token = (await good(mid, await subjectOf(an))).access_token;
  token = (await good(back, token, { audience: 'mid' })).access_token;
  assert.match(token, /^sna_/, 'opaque, for a client that wants it so');
  assert.deepEqual((await introspect(back, token)).act, { sub: 'back', act: { sub: 'mid' } });
  token = (await good(mid, token)).access_token;
  assert.deepEqual(claimsOf(token).act, { sub: 'mid', act: { sub: 'back', act: { sub: 'mid' } } });
  const { status, json } = await exchange(back, token, { audience: 'mid' });
  assert.equal(status, 400);
  assert.equal(json.error, 'invalid_request');
});

test('whoever is neither its client nor meant by it cannot exchange a token', async () => {
  const subject = await subjectOf(an);
  const { access_token: own } = await tokensFor(an.agent, front, { scope: 'openid' });
  for (const [client, token] of [[sly, subject], [back, subject], [mid, own], [sly, (await good(mid, subject)).access_token]]) {
    const { status, json } = await exchange(client, token);
    assert.equal(status, 400);
    assert.equal(json.error, 'invalid_request');
  }
});

test('the subject is the one towards the exchanging client, also when that is pairwise', async () => {
  await sql(`UPDATE sen.oauth_client SET metadata = metadata || '{"sen_resources": ["https://mid.example/"]}', version = version + 1 WHERE id = 'sly'`);
  await sleep(500);
  const { access_token: token } = await good(sly, await subjectOf(an));
  assert.notEqual(claimsOf(token).sub, an.id);
  assert.equal((await introspect(back, token)).sub, claimsOf(token).sub);
});

test('an exchanged token opens neither userinfo nor the administration', async () => {
  const { access_token: token } = await good(mid, await subjectOf(an));
  assert.equal((await userinfo(token)).status, 401);
  assert.equal((await fetch(`${env.SEN_API}/platforms`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
});

test('whatever ends the origin ends what was exchanged, within the answer; and what has ended is not exchanged', async (t) => {
  const admin = await administrator();
  const ends = {
    logout: async (person) => {
      const home = await person.agent.request('/');
      await person.agent.request('/logout', { form: { csrf: fieldOf(home.text, 'csrf') } });
    },
    'the origin is revoked': (person, subject) => front && post(`${env.SEN_ISSUER}/revoke`, { token: subject },
      { authorization: `Basic ${Buffer.from(`front:${front.secret()}`).toString('base64')}` }),
    'the role at the origin is revoked': (person) => admin.api('POST', '/grants/revoke', { login: person.login, platform: 'P02', reason: 'Điều động' }),
    'the role at the target is revoked': (person) => admin.api('POST', '/grants/revoke', { login: person.login, platform: 'P03', reason: 'Điều động' }),
    disabled: (person) => admin.api('POST', `/accounts/${person.login}/disable`, { reason: 'Nghỉ việc' }),
  };
  for (const [what, end] of Object.entries(ends)) {
    await t.test(what, async () => {
      const person = await official(p02, p03);
      const subject = await subjectOf(person);
      const { access_token: token } = await good(mid, subject);
      const { access_token: further } = await good(back, token, { audience: 'mid' });
      assert.equal((await introspect(back, token)).active, true);
      assert.equal((await introspect(mid, further)).active, true);
      await end(person, subject);
      assert.deepEqual(await introspect(back, token), { active: false });
      if (!what.includes('target')) assert.deepEqual(await introspect(mid, further), { active: false });
      const again = await exchange(mid, subject);
      assert.equal(again.status, 400);
      assert.match(again.json.error, /^invalid_(request|target)$/);
    });
  }
});

test('revoking an exchanged token ends that one only', async () => {
  const subject = await subjectOf(an);
  const one = (await good(mid, subject)).access_token, two = (await good(mid, subject)).access_token;
  assert.equal((await back.post('/revoke', { token: one })).json.error, 'invalid_grant');
  assert.equal((await introspect(back, one)).active, true, 'another client revokes nothing');
  assert.equal((await mid.post('/revoke', { token: one })).status, 200);
  assert.deepEqual(await introspect(back, one), { active: false });
  assert.equal((await introspect(back, two)).active, true);
  assert.equal((await introspect(mid, subject)).active, true, 'the origin stays');
  assert.equal((await exchange(back, one, { audience: 'mid' })).json.error, 'invalid_request');
});

test('a bound token is exchanged only with the proof of its key; the new one is bound to the key that proves', async () => {
  const key = await signingKey('ES256'), other = await signingKey('ES256');
  const endpoint = `${env.SEN_ISSUER}/token`;
  const bound = await grantClient('bound', { grant_types: ['authorization_code', GRANT], response_types: ['code'], redirect_uris: ['https://bound.example/cb'],
    sen_exchange_audiences: ['back'] }, 'P02');
  const request = authorizeUrl(env, { id: 'bound', redirect: 'https://bound.example/cb' }, { scope: 'openid profile' });
  const code = new URL((await an.agent.request(request.url)).location).searchParams.get('code');
  const tokens = await bound.post('/token', { grant_type: 'authorization_code', code, redirect_uri: 'https://bound.example/cb', code_verifier: request.proof.verifier },
    { dpop: await proof(key, 'POST', endpoint) });
  assert.equal(tokens.json.token_type, 'DPoP');
  const send = async (headers) => bound.post('/token', { grant_type: GRANT, subject_token: tokens.json.access_token, subject_token_type: TOKEN, audience: 'back' }, headers);
  assert.equal((await send({})).json.error, 'invalid_request');
  assert.equal((await send({ dpop: await proof(other, 'POST', endpoint) })).json.error, 'invalid_request');
  const { json } = await send({ dpop: await proof(key, 'POST', endpoint) });
  assert.equal(json.token_type, 'DPoP');
  assert.equal(claimsOf(json.access_token).cnf.jkt, key.jkt);
});

test('an actor token is the client\'s own, or refused', async () => {
  const subject = await subjectOf(an);
  const tokenOf = async (client) => (await client.post('/token', { grant_type: 'client_credentials', scope: 'records.read' })).json.access_token;
  const mine = await tokenOf(mid), others = await tokenOf(sly);
  const answer = await good(mid, subject, { actor_token: mine, actor_token_type: TOKEN });
  assert.deepEqual(claimsOf(answer.access_token).act, { sub: 'mid' });
  for (const form of [{ actor_token: others, actor_token_type: TOKEN }, { actor_token: subject, actor_token_type: TOKEN }, { actor_token: mine },
    { actor_token_type: TOKEN }, { actor_token: mine, actor_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, { actor_token: 'x', actor_token_type: TOKEN }])
    assert.equal((await exchange(mid, subject, form)).json.error, 'invalid_request', JSON.stringify(form));
  assert.equal((await exchange(mid, mine)).json.error, 'invalid_request', 'a token of no person');
});

test('an official without a role at the target is not taken there', async () => {
  const person = await official(p02);
  const { status, json } = await exchange(mid, await subjectOf(person));
  assert.equal(status, 400);
  assert.equal(json.error, 'invalid_target');
});

test('50 parallel exchanges are 50 tokens of one family', async () => {
  const subject = await subjectOf(an);
  const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(mid, subject)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 50);
  assert.equal(new Set(answers.map((answer) => claimsOf(answer.json.access_token).jti)).size, 50);
});

test('bad requests', async (t) => {
  const subject = await subjectOf(an);
  const { id_token: idToken } = await tokensFor(an.agent, front, { scope: 'openid' });
  const rows = [
    ['no subject token', { subject_token: undefined }, 'invalid_request'],
    ['no type', { subject_token_type: undefined }, 'invalid_request'],
    ['an ID token', { subject_token: idToken, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    ['an ID token called an access token', { subject_token: idToken }, 'invalid_request'],
    ['a JWT', { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
    ['nonsense', { subject_token: 'x' }, 'invalid_request'],
    ['cut', { subject_token: subject.slice(0, -5) }, 'invalid_request'],
    ['a refresh token wanted', { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    ['no target', { audience: undefined }, 'invalid_request'],
    ['a target that is not allowed', { audience: 'p02' }, 'invalid_target'],
    ['a resource that is not allowed', { audience: undefined, resource: 'https://other.example/' }, 'invalid_target'],
    ['two kinds of target', { resource: BACK }, 'invalid_target'],
    ['more scope than the subject has', { scope: 'records.read unit' }, 'invalid_scope'],
    ['more scope than the client has', { scope: 'records.write' }, 'invalid_scope'],
    ['the administration', { scope: 'admin' }, 'invalid_scope'],
    ['life beyond the session', { scope: 'offline_access' }, 'invalid_scope'],
    ['details that were not granted', { authorization_details: '[{"type":"x"}]' }, 'invalid_authorization_details'],
    ['a subject token of 9,000 bytes', { subject_token: 'a'.repeat(9000) }, 'invalid_request'],
  ];
  for (const [what, form, error] of rows) {
    await t.test(what, async () => {
      const answer = await exchange(mid, subject, form);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.error, error, answer.text);
    });
  }
  assert.equal((await good(mid, subject, { audience: undefined, resource: BACK })).issued_token_type, TOKEN, 'a resource that is allowed');
  const { json } = await post(`${env.SEN_ISSUER}/token`, { grant_type: GRANT, subject_token: subject, subject_token_type: TOKEN, audience: 'back' },
    { authorization: `Basic ${Buffer.from(`p02:${p02.secret()}`).toString('base64')}` });
  assert.equal(json.error, 'unauthorized_client');
  const targets = await post(`${env.SEN_ISSUER}/token`, [['grant_type', GRANT], ['subject_token', subject], ['subject_token_type', TOKEN],
    ['audience', 'back'], ['audience', 'nowhere']], { authorization: `Basic ${Buffer.from(`mid:${mid.secret()}`).toString('base64')}` });
  assert.equal(targets.json.error, 'invalid_target', 'two targets');
  const twice = await post(`${env.SEN_ISSUER}/token`, [['grant_type', GRANT], ['subject_token', subject], ['subject_token', subject], ['subject_token_type', TOKEN]],
    { authorization: `Basic ${Buffer.from(`mid:${mid.secret()}`).toString('base64')}` });
  assert.equal(twice.json.error, 'invalid_request');
});

// The last one: by now most of their life has passed.
test('an expired token is not exchanged', async () => {
  await sleep(Math.max(0, shortLived.since + 11000 - Date.now()));
  assert.equal((await exchange(mid, shortLived.token)).json.error, 'invalid_request');
  assert.deepEqual(await introspect(back, shortLived.exchanged), { active: false });
});
