// OAuth 2 without OpenID Connect (RFC 6749): who asks for no identity gets an access token, and no ID token.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';

import { basic, post } from '../../deploy/driver/world.mjs';
import { register } from './lib/clients.mjs';
import { grantClient } from './lib/grants.mjs';
import { authorizeUrl, codeFor, env, introspectAs, official, p02, redeem, refresh, userinfo } from './lib/world.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const plain = { scope: 'records.read roles', nonce: undefined };
let an, api, old;

before(async () => {
  an = await official(p02);
  api = await register('oa-api', { scope: 'openid profile roles records.read offline_access', sen_resources: ['https://api.example/'] });
  old = await register('oa-old', { scope: 'openid roles', response_types: ['code', 'code id_token'] });
});

test('a code without openid: an access token for the API, no ID token, nothing about the person', async () => {
  const { answer, proof } = await codeFor(an.agent, api, { ...plain, resource: 'https://api.example/' });
  assert.equal(answer.get('error'), null);
  const { status, json } = await redeem(api, answer.get('code'), proof.verifier);
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(json.id_token, undefined);
  assert.equal(json.scope, 'records.read roles');
  const claims = decodeJwt(json.access_token);
  assert.deepEqual([claims.aud, claims.scope, claims.sub], ['https://api.example/', 'records.read roles', an.id]);
  assert.equal((await introspectAs(api, json.access_token)).active, true);

  const { answer: again, proof: second } = await codeFor(an.agent, api, plain);
  const own = (await redeem(api, again.get('code'), second.verifier)).json;
  const refused = await userinfo(own.access_token);
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get('www-authenticate'), /insufficient_scope/);
  const next = await refresh(api, own.refresh_token);
  assert.equal(next.status, 200, next.text);
  assert.equal(next.json.id_token, undefined);
  assert.equal(next.json.scope, 'records.read roles');
  assert.equal((await refresh(api, next.json.refresh_token, { scope: 'openid' })).json.error, 'invalid_scope', 'more than was granted');
});

test('a client of OAuth alone, by its library: pushed, iss checked, no ID token expected', async () => {
  const issuer = new URL(env.SEN_ISSUER), client = { client_id: api.id }, verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState();
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }));
  const secret = oauth.ClientSecretBasic(api.secret());
  const pushed = await oauth.processPushedAuthorizationResponse(server, client, await oauth.pushedAuthorizationRequest(server, client, secret, {
    response_type: 'code', redirect_uri: api.redirect, scope: 'records.read', state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }, insecure));
  const { location } = await an.agent.request(`${server.authorization_endpoint}?${new URLSearchParams({ client_id: api.id, request_uri: pushed.request_uri })}`);
  const params = oauth.validateAuthResponse(server, client, new URL(location), state);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client,
    await oauth.authorizationCodeGrantRequest(server, client, secret, params, api.redirect, verifier, insecure));
  assert.equal(tokens.scope, 'records.read');
  assert.equal(tokens.id_token, undefined);
});

test('whoever sends what only OpenID Connect knows is told that openid is missing; what nobody may have is refused', async (t) => {
  const cases = {
    'a nonce': [api, { ...plain, nonce: 'n' }],
    'claims': [api, { ...plain, claims: '{"id_token":{"acr":null}}' }],
    'an ID token from the authorization endpoint': [old, { scope: 'roles', response_type: 'code id_token', nonce: 'n', response_mode: 'form_post' }],
    'no scope': [api, { ...plain, scope: undefined }],
    'scopes of others': [api, { ...plain, scope: 'records.write unit' }],
  };
  for (const [what, [client, change]] of Object.entries(cases)) {
    await t.test(what, async () => {
      const { url, params } = authorizeUrl(env, client, change);
      const answer = await an.agent.request(url);
      const error = answer.location ? new URL(answer.location).searchParams.get('error') : /name="error" value="([^"]+)"/.exec(answer.text)?.[1];
      assert.equal(error, 'invalid_scope', answer.text);
      const form = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
      assert.equal((await post(`${env.SEN_ISSUER}/par`, form, basic(client.id, client.secret()))).json.error, 'invalid_scope', 'pushed');
    });
  }
});

test('a device without openid', async () => {
  const box = await grantClient('oa-box', { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'], scope: 'openid records.read' });
  const offer = await box.post('/device_authorization', { scope: 'records.read' });
  assert.equal(offer.status, 200, offer.text);
  const page = await an.agent.request(`/device?user_code=${offer.json.user_code}`);
  const field = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1] ?? '';
  await an.agent.request('/device', { form: { user_code: field('user_code'), csrf: field('csrf'), decision: 'allow' } });
  const { status, json } = await box.post('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: offer.json.device_code });
  assert.equal(status, 200, JSON.stringify(json));
  assert.deepEqual([json.scope, json.id_token], ['records.read', undefined]);
});
