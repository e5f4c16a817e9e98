// DPoP at a server that wants a nonce of its own in each proof (RFC 9449 §8, §9): offered with the refusal, taken everywhere.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { basic, post } from '../../deploy/driver/world.mjs';
import { ath, postAs, proof, register, signingKey } from './lib/clients.mjs';
import { restart, serverWith } from './lib/servers.mjs';
import { authorizeUrl, codeFor, env, official, p02 } from './lib/world.mjs';

const token = `${env.SEN_ISSUER}/token`, par = `${env.SEN_ISSUER}/par`, info = `${env.SEN_ISSUER}/userinfo`;
let an, bound, key;

before(async () => {
  await serverWith('dpop-nonce', (conf) => conf.replace('[oidc]', '[oidc]\ndpop_nonce = yes'));
  an = await official(p02);
  key = await signingKey('ES256');
  bound = await register('dn-bound', { grant_types: ['authorization_code', 'client_credentials'], dpop_bound_access_tokens: true });
});

after(() => restart());

const cc = { grant_type: 'client_credentials' };
const ask = async (nonce) => postAs(bound, '/token', cc, { dpop: await proof(key, 'POST', token, { nonce }) });
const nonceOf = (answer) => {
  assert.equal(answer.status, 400);
  assert.equal(answer.json.error, 'use_dpop_nonce');
  assert.equal(answer.json.access_token, undefined);
  return answer.headers.get('dpop-nonce');
};

test('the token endpoint refuses a proof without a nonce, offers one, and takes it', async () => {
  const offered = nonceOf(await ask());
  assert.match(offered, /^[\x21\x23-\x5b\x5d-\x7e]+$/); // RFC 9449 §8.1
  const { status, json } = await ask(offered);
  assert.equal(status, 200);
  assert.equal(json.token_type, 'DPoP');
  // It is one for many proofs, each of which is used once.
  assert.equal((await ask(offered)).status, 200);
  const once = await proof(key, 'POST', token, { nonce: offered });
  const answers = await Promise.all(Array.from({ length: 50 }, () => postAs(bound, '/token', cc, { dpop: once })));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  assert.ok(answers.every((answer) => answer.status === 200 || answer.json.error === 'invalid_dpop_proof'));
});

test('what is no nonce of ours is refused with one that is', async () => {
  const good = nonceOf(await ask());
  for (const nonce of ['x', good.slice(0, -1), `${good}A`, good.toUpperCase(), 'A'.repeat(good.length)])
    assert.equal((await ask(nonceOf(await ask(nonce)))).status, 200, nonce);
});

test('/par, /token and /userinfo offer and take the same', async () => {
  const form = (params) => ({ ...params, client_id: bound.id });
  const pushed = async (nonce) => {
    const request = authorizeUrl(env, bound);
    return { request, answer: await post(par, form(request.params), { ...basic(bound.id, bound.secret()), dpop: await proof(key, 'POST', par, { nonce }) }) };
  };
  const nonce = nonceOf((await pushed()).answer);
  const { request, answer } = await pushed(nonce);
  assert.equal(answer.status, 201);
  const page = await an.agent.request(`/authorize?${new URLSearchParams({ client_id: bound.id, request_uri: answer.json.request_uri })}`);
  const code = new URL(page.location).searchParams.get('code');
  const redeem = async (with_) => postAs(bound, '/token', { grant_type: 'authorization_code', code, redirect_uri: bound.redirect, code_verifier: request.proof.verifier },
    { dpop: await proof(key, 'POST', token, { nonce: with_ }) });
  nonceOf(await redeem());
  const { status, json } = await redeem(nonce); // the refusal used up no code
  assert.equal(status, 200);

  const get = async (with_) => fetch(info, { headers: { authorization: `DPoP ${json.access_token}`,
    dpop: await proof(key, 'GET', info, { ath: ath(json.access_token), nonce: with_ }) } });
  const challenge = await get();
  assert.equal(challenge.status, 401);
  assert.match(challenge.headers.get('www-authenticate'), /^DPoP algs="[^"]+", error="use_dpop_nonce"/);
  assert.equal((await get(challenge.headers.get('dpop-nonce'))).status, 200);
  assert.equal((await get(nonce)).status, 200);
});

test('a client library finds its way by itself', async () => {
  const oauth = await import('oauth4webapi');
  const server = await oauth.processDiscoveryResponse(new URL(env.SEN_ISSUER),
    await oauth.discoveryRequest(new URL(env.SEN_ISSUER), { [oauth.allowInsecureRequests]: true }));
  const client = { client_id: bound.id };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const send = () => oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic(bound.secret()), {}, { DPoP, [oauth.allowInsecureRequests]: true });
  await assert.rejects(async () => oauth.processClientCredentialsResponse(server, client, await send()), (error) => oauth.isDPoPNonceError(error));
  const result = await oauth.processClientCredentialsResponse(server, client, await send());
  assert.equal(result.token_type, 'dpop');
});

test('who sends no proof is not asked for one', async () => {
  const { answer, proof: pkce } = await codeFor(an.agent, p02);
  assert.equal((await post(token, { grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: p02.redirect, code_verifier: pkce.verifier },
    basic(p02.id, p02.secret()))).status, 200);
});
