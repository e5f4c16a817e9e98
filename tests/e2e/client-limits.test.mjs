// What is taken from a client after it was granted: with its next refresh it is gone, for offline_access within the days that this lasts.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { decodeJwt } from 'jose';

import { until } from '../../deploy/driver/world.mjs';
import { register } from './lib/clients.mjs';
import { authorizeUrl, codeFor, env, fieldOf, official, p02, redeem, refresh, sql, tokensFor } from './lib/world.mjs';

const resources = ['https://mot.example/', 'https://hai.example/'];
const types = ['payment', 'document'];
let an;

before(async () => {
  an = await official(p02);
});

const make = (name, metadata = {}) => register(`cl-${name}`, { scope: 'openid profile unit roles offline_access', sen_resources: resources,
  authorization_details_types: types, ...metadata });

const change = (client, patch) =>
  sql('UPDATE sen.oauth_client SET metadata = metadata || $2::jsonb, version = version + 1 WHERE id = $1', client.id, JSON.stringify(patch));

// Refreshes until the server knows the client as it is now; the last answer.
async function refreshed(client, tokens, extra, isSo) {
  let answer;
  await until(`${client.id} as changed`, async () => {
    answer = await refresh(client, tokens.refresh_token, extra);
    if (answer.json.refresh_token) tokens.refresh_token = answer.json.refresh_token;
    return isSo(answer);
  }, 10000);
  return answer.json;
}
const isRefused = (answer) => answer.json.error === 'invalid_grant';

// Consent to one request, as the official.
async function agree(client, params) {
  const { url, proof } = authorizeUrl(env, client, params);
  const page = await an.agent.request(url);
  const answer = await an.agent.request('/consent', { form: { flow: fieldOf(page.text, 'flow'), csrf: fieldOf(page.text, 'csrf'), decision: 'allow' } });
  return { code: new URL(answer.location).searchParams.get('code'), verifier: proof.verifier };
}

test('a scope that was taken is not given out any more, the others are', async () => {
  const client = await make('scope');
  const tokens = await tokensFor(an.agent, client, { scope: 'openid profile unit offline_access' });
  assert.equal(tokens.scope, 'openid profile unit offline_access');
  await change(client, { scope: 'openid unit offline_access' });
  const less = await refreshed(client, tokens, {}, (answer) => answer.json.scope === 'openid unit offline_access');
  assert.equal(decodeJwt(less.access_token).scope, 'openid unit offline_access');
  // It was granted once: who asks for it with each refresh did nothing wrong, and gets what is left.
  assert.equal((await refreshed(client, tokens, { scope: 'openid profile' }, () => true)).scope, 'openid');
  await change(client, { scope: 'roles offline_access' });
  const none = await refreshed(client, tokens, { scope: 'openid unit' }, isRefused);
  assert.equal(none.access_token, undefined);
});

test('offline_access that was taken ends the families that live by it, also for who asks for less', async () => {
  const client = await make('offline');
  const [one, other] = [await tokensFor(an.agent, client, { scope: 'openid offline_access' }), await tokensFor(an.agent, client, { scope: 'openid offline_access' })];
  const inSession = await tokensFor(an.agent, client, { scope: 'openid' });
  await change(client, { scope: 'openid profile' });
  assert.equal((await refreshed(client, one, {}, isRefused)).access_token, undefined);
  assert.equal((await refresh(client, other.refresh_token, { scope: 'openid' })).json.error, 'invalid_grant');
  assert.equal((await refresh(client, inSession.refresh_token)).status, 200);
});

test('a resource that was taken is no audience any more, and never becomes this issuer', async () => {
  const client = await make('resource');
  const { answer, proof } = await codeFor(an.agent, client, { resource: resources[0] });
  const single = (await redeem(client, answer.get('code'), proof.verifier)).json;
  const request = authorizeUrl(env, client);
  const url = new URL(request.url);
  for (const resource of resources) url.searchParams.append('resource', resource);
  const both = (await redeem(client, new URL((await an.agent.request(url.href)).location).searchParams.get('code'), request.proof.verifier)).json;
  const audienceOf = (json) => decodeJwt(json.access_token).aud;
  assert.equal(audienceOf(single), resources[0]);
  assert.equal(audienceOf(both), resources[0]);
  await change(client, { sen_resources: [resources[1]] });
  assert.equal((await refreshed(client, single, {}, isRefused)).access_token, undefined);
  const left = await refreshed(client, both, {}, () => true);
  assert.equal(audienceOf(left), resources[1]);
  assert.equal((await refreshed(client, both, { resource: resources[0] }, () => true)).error, 'invalid_target');
});

test('authorization details of a type that was taken fall away', async () => {
  const client = await make('details');
  const details = types.map((type) => ({ type, actions: ['read'] }));
  const { code, verifier } = await agree(client, { authorization_details: JSON.stringify(details) });
  const tokens = (await redeem(client, code, verifier)).json;
  assert.deepEqual(tokens.authorization_details, details);
  await change(client, { authorization_details_types: ['document'] });
  const less = await refreshed(client, tokens, {}, (answer) => answer.json.authorization_details?.length === 1);
  assert.deepEqual(less.authorization_details, [details[1]]);
  assert.deepEqual(decodeJwt(less.access_token).authorization_details, [details[1]]);
  await change(client, { authorization_details_types: ['other'] });
  const none = await refreshed(client, tokens, {}, (answer) => answer.json.authorization_details === undefined);
  assert.equal(decodeJwt(none.access_token).authorization_details, undefined);
});

test('a client that became external has what the official agrees to, and nothing before', async () => {
  const client = await make('external');
  const [one, other] = [await tokensFor(an.agent, client, { scope: 'openid profile unit' }), await tokensFor(an.agent, client, { scope: 'openid profile unit' })];
  await change(client, { sen_consent: true });
  assert.equal((await refreshed(client, one, {}, isRefused)).access_token, undefined);
  const { code, verifier } = await agree(client, { scope: 'openid profile' });
  assert.equal((await redeem(client, code, verifier)).json.scope, 'openid profile');
  assert.equal((await refresh(client, other.refresh_token)).json.scope, 'openid profile');
});

test('a code of a moment before is held to the same limits', async () => {
  const client = await make('code');
  const anew = async () => {
    const { answer, proof } = await codeFor(an.agent, client, { scope: 'openid profile' });
    return (await redeem(client, answer.get('code'), proof.verifier)).json;
  };
  const [first, second] = [await codeFor(an.agent, client, { scope: 'openid profile' }), await codeFor(an.agent, client, { scope: 'openid profile' })];
  await change(client, { scope: 'openid' });
  await until('known', async () => (await anew()).scope === 'openid');
  assert.equal((await redeem(client, first.answer.get('code'), first.proof.verifier)).json.scope, 'openid');
  await change(client, { scope: 'roles' });
  await until('known', async () => (await anew()).error === 'invalid_grant');
  assert.equal((await redeem(client, second.answer.get('code'), second.proof.verifier)).json.error, 'invalid_grant');
});
