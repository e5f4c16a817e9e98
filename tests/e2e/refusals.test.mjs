// Refusals by the letter: whom an error is told, with which status, code and challenge.

import assert from 'node:assert/strict';
import http from 'node:http';
import { before, test } from 'node:test';

import { basic, post } from '../../deploy/driver/world.mjs';
import { ath, jwksOf, jwt, now, proof, register, signingKey } from './lib/clients.mjs';
import { authorizeUrl, env, introspectAs, official, p02, p03, refresh, tokensFor } from './lib/world.mjs';

let an, signer, key;

before(async () => {
  an = await official(p02, p03);
  key = await signingKey('ES256');
  signer = await register('rf-signer', { request_object_signing_alg: 'ES256', jwks: jwksOf(key) });
});

// Parameters as pairs, so that one can be there twice; a text is taken as it is.
const queryOf = (params, more) => [new URLSearchParams(params).toString(), ...more].join('&');
const base = () => authorizeUrl(env, p02, { state: 'st' }).params;

async function atAuthorize(params, more, posts = false) {
  const body = queryOf(params, more);
  const answer = await (posts ? fetch(`${env.SEN_ISSUER}/authorize`, { method: 'POST', body, redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    : fetch(`${env.SEN_ISSUER}/authorize?${body}`, { redirect: 'manual' }));
  return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() };
}

// RFC 6749 §4.1.2.1: "the request fails for reasons other than a missing or invalid redirection URI".
test('a faulty parameter is told to the client, with the state, as long as client_id and redirect_uri are good', async (t) => {
  const told = { 'a scope twice': ['scope=openid'], 'a nonce that is too long': [`nonce=${'n'.repeat(2000)}`], 'a prompt badly encoded': ['prompt=%zz'],
    'a prompt that is no UTF-8': ['prompt=%ff'], 'a response_type twice': ['response_type=code'] };
  for (const [what, more] of Object.entries(told))
    for (const posts of [false, true])
      await t.test(`${what}, by ${posts ? 'POST' : 'GET'}`, async () => {
        const { nonce, ...params } = base();
        const { status, location } = await atAuthorize(more[0].startsWith('nonce') ? params : { ...params, nonce }, more, posts);
        assert.equal(status, 303);
        const url = new URL(location);
        assert.equal(url.origin + url.pathname, p02.redirect);
        assert.equal(url.searchParams.get('error'), 'invalid_request');
        assert.equal(url.searchParams.get('state'), 'st');
        assert.equal(url.searchParams.get('iss'), env.SEN_ISSUER);
      });
  await t.test('a state that is there twice comes back not at all', async () => {
    const { location } = await atAuthorize(base(), ['state=other']);
    assert.equal(new URL(location).searchParams.get('error'), 'invalid_request');
    assert.equal(new URL(location).searchParams.get('state'), null);
  });
  const kept = {
    'client_id twice': [`client_id=${p02.id}`], 'client_id of another, twice': ['client_id=senctl'],
    'redirect_uri twice': [`redirect_uri=${encodeURIComponent(p02.redirect)}`], 'a foreign redirect_uri beside it': ['redirect_uri=https%3A%2F%2Fevil.example%2F'],
    'redirect_uri badly encoded': ['redirect_uri=%zz'], 'more than anybody sends': ['x=1&'.repeat(100), 'scope=openid'],
  };
  for (const [what, more] of Object.entries(kept))
    for (const posts of [false, true])
      await t.test(`${what}: a page, by ${posts ? 'POST' : 'GET'}`, async () => {
        const { status, location, text } = await atAuthorize(base(), more, posts);
        assert.equal(status, 400);
        assert.equal(location, null);
        assert.match(text, /<html/);
        assert.doesNotMatch(text, /evil\.example/);
      });
  await t.test('a faulty parameter and a redirect_uri that is not registered: a page', async () => {
    const { status, location } = await atAuthorize({ ...base(), redirect_uri: 'https://evil.example/' }, ['scope=openid']);
    assert.equal(status, 400);
    assert.equal(location, null);
  });
  await t.test('one in the address, one in the form', async () => {
    const answer = await fetch(`${env.SEN_ISSUER}/authorize?client_id=${p02.id}`, { method: 'POST', body: new URLSearchParams(base()), redirect: 'manual' });
    assert.equal(answer.status, 400);
  });
});

// Two header fields of one name, as fetch() would not send them.
function withHeaders(method, path, headers, body = '') {
  const url = new URL(`${env.SEN_ISSUER}${path}`);
  return new Promise((resolve, reject) => {
    const request = http.request({ host: url.hostname, port: url.port, path: url.pathname, method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => { text += chunk; });
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, json: text.startsWith('{') ? JSON.parse(text) : undefined }));
    });
    request.on('error', reject).end(body);
  });
}

test('two DPoP header fields: invalid_dpop_proof, in the form of the endpoint (RFC 9449 §4.3, §5, §7.1)', async () => {
  const dpop = await signingKey('ES256');
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...basic(p02.id, p02.secret()) };
  const twice = async (method, path, change) => {
    const one = await proof(dpop, method, `${env.SEN_ISSUER}${path}`, change);
    return [one, await proof(dpop, method, `${env.SEN_ISSUER}${path}`, change)];
  };
  for (const [path, body] of [['/token', 'grant_type=refresh_token&refresh_token=x'], ['/par', new URLSearchParams(base()).toString()]]) {
    const { status, json } = await withHeaders('POST', path, { ...form, dpop: await twice('POST', path) }, body);
    assert.equal(status, 400, path);
    assert.equal(json.error, 'invalid_dpop_proof', path);
  }
  const request = authorizeUrl(env, p02);
  const code = new URL((await an.agent.request(request.url)).location).searchParams.get('code');
  const { json: tokens } = await post(`${env.SEN_ISSUER}/token`,
    { grant_type: 'authorization_code', code, redirect_uri: p02.redirect, code_verifier: request.proof.verifier },
    { ...basic(p02.id, p02.secret()), dpop: await proof(dpop, 'POST', `${env.SEN_ISSUER}/token`) });
  assert.equal(tokens.token_type, 'DPoP');
  const token = tokens.access_token;
  const bound = { ath: ath(token) };
  const { status, headers, json } = await withHeaders('GET', '/userinfo', { authorization: `DPoP ${token}`, dpop: await twice('GET', '/userinfo', bound) });
  assert.equal(status, 401);
  assert.match(headers['www-authenticate'], /^DPoP algs="[^"]+", error="invalid_dpop_proof"/);
  assert.equal(json.error, 'invalid_dpop_proof');
  // One is enough.
  const once = await withHeaders('GET', '/userinfo', { authorization: `DPoP ${token}`, dpop: (await twice('GET', '/userinfo', bound))[0] });
  assert.equal(once.status, 200);
});

test('a token that is shown in a way that is malformed is a 400, one that is not good a 401 that says so (RFC 6750 §3.1)', async () => {
  const { access_token: good } = await tokensFor(an.agent, p02);
  const urls = [`${env.SEN_ISSUER}/userinfo`, `${env.SEN_API}/persons?q=an`, `${env.SEN_ISSUER}/register/p02`, `${env.SEN_ISSUER}/ssf/streams`];
  for (const url of urls)
    for (const authorization of [`Bearer ${good} b`, 'Bearer', 'DPoP', 'DPoP a b']) {
      const answer = await fetch(url, { headers: { authorization } });
      assert.equal(answer.status, 400, `${url} ${authorization}`);
      assert.match(answer.headers.get('www-authenticate'), new RegExp(`^${authorization.slice(0, 4)}.*error="invalid_request"`), url);
    }
  for (const authorization of ['Bearer a,b', 'Bearer é', 'DPoP a,b'])
    for (const url of urls) {
      const answer = await fetch(url, { headers: { authorization } });
      assert.equal(answer.status, 401, `${url} ${authorization}`);
      assert.match(answer.headers.get('www-authenticate'), /error="invalid_token"/, url);
    }
  for (const authorization of [undefined, 'Basic YTpi', 'Mystery a'])
    for (const url of urls) {
      const answer = await fetch(url, { headers: authorization ? { authorization } : {} });
      assert.equal(answer.status, 401, `${url} ${authorization}`);
      const metadata = url.startsWith(env.SEN_API) ? ` resource_metadata="${env.SEN_ISSUER}/.well-known/oauth-protected-resource/api/v1"` : '';
      assert.equal(answer.headers.get('www-authenticate'), `Bearer${metadata}`);
    }
  const inForm = (token) => fetch(`${env.SEN_ISSUER}/userinfo`, { method: 'POST', body: new URLSearchParams({ access_token: token }) });
  assert.equal((await inForm(good)).status, 200);
  const bad = await inForm('nothing');
  assert.equal(bad.status, 401);
  assert.match(bad.headers.get('www-authenticate'), /^Bearer error="invalid_token"/);
});

test('from a refusal of the administration API one comes to what it wants of a token (RFC 9728)', async () => {
  for (const headers of [{}, { authorization: 'Bearer nothing' }]) {
    const answer = await fetch(`${env.SEN_API}/persons?q=an`, { headers });
    assert.equal(answer.status, 401);
    const where = /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate'))[1];
    const resource = await (await fetch(where)).json();
    // §3.3: what it says of itself is what was asked for.
    assert.equal(where, `${env.SEN_ISSUER}/.well-known/oauth-protected-resource/api/v1`);
    assert.equal(resource.resource, `${env.SEN_ISSUER}/api/v1`);
    assert.deepEqual([resource.authorization_servers, resource.scopes_supported, resource.bearer_methods_supported], [[env.SEN_ISSUER], ['admin'], ['header']]);
    assert.ok(resource.dpop_signing_alg_values_supported.includes('ES256'));
    assert.equal((await fetch(resource.resource_documentation)).status, 200);
    const server = await (await fetch(`${resource.authorization_servers[0]}/.well-known/oauth-authorization-server`)).json();
    assert.equal(server.issuer, env.SEN_ISSUER);
  }
});

test('a request object names its client: by value, pushed (RFC 9101 §4, §5, §6.3)', async () => {
  const { params } = authorizeUrl(env, signer);
  const claims = { iss: signer.id, aud: env.SEN_ISSUER, exp: now() + 60, ...params };
  const sent = async (change) => {
    const inside = Object.fromEntries(Object.entries({ ...claims, ...change }).filter(([, value]) => value !== undefined));
    return jwt(key, inside, { typ: 'oauth-authz-req+jwt' });
  };
  for (const [change, error] of [[{}, null], [{ client_id: undefined }, 'invalid_request_object'], [{ client_id: p02.id }, 'invalid_request_object']]) {
    const request = await sent(change);
    const { location } = await an.agent.request(`/authorize?${new URLSearchParams({ ...params, request })}`);
    assert.equal(new URL(location).searchParams.get('error'), error);
    const pushed = await post(`${env.SEN_ISSUER}/par`, { request }, basic(signer.id, signer.secret()));
    assert.equal(pushed.json.error ?? null, error);
  }
});

test('another client may not revoke a token, and does not learn whether it is alive (RFC 7009 §2.1)', async (t) => {
  const revokeAs = (client, token) => post(`${env.SEN_ISSUER}/revoke`, { token }, basic(client.id, client.secret()));
  for (const kind of ['access_token', 'refresh_token'])
    await t.test(kind, async () => {
      const tokens = await tokensFor(an.agent, p02);
      const foreign = await revokeAs(p03, tokens[kind]);
      assert.equal(foreign.status, 400);
      assert.equal(foreign.json.error, 'invalid_grant');
      assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
      assert.equal((await revokeAs(p02, tokens[kind])).status, 200);
      assert.equal((await introspectAs(p02, tokens.access_token)).active, false);
      const dead = await revokeAs(p03, tokens[kind]);
      assert.deepEqual([dead.status, dead.text], [foreign.status, foreign.text], 'the same when it is dead');
      assert.equal((await revokeAs(p02, tokens[kind])).status, 200, 'its own client may say it twice');
    });
  assert.equal((await revokeAs(p03, 'no token at all')).status, 200);
  const tokens = await tokensFor(an.agent, p02);
  assert.equal((await refresh(p02, tokens.refresh_token)).status, 200, 'and a refused attempt has harmed nothing');
});

test('a public client in a browser may push: any origin, no credentials', async () => {
  const preflight = await fetch(`${env.SEN_ISSUER}/par`, { method: 'OPTIONS', headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' } });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers'), /DPoP/);
  const answer = await fetch(`${env.SEN_ISSUER}/par`, { method: 'POST', headers: { origin: 'https://spa.example', ...basic(p02.id, p02.secret()) }, body: new URLSearchParams(base()) });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.equal(answer.headers.get('access-control-allow-credentials'), null);
});
