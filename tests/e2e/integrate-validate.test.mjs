// docs/integrate/validate-tokens.md: an API that checks our access tokens without asking us.

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT } from 'jose';

import { env, fill, folderFor, freePort, listings, register, start, write } from './lib/integrate.mjs';
import { official, p02, run, tokensFor } from './lib/world.mjs';

const HOST = '127.0.0.49';
const found = listings('validate-tokens.md');
const folder = folderFor('validate');
let bad, good, keys, narrow, stranger, jwks, publishes;

// A way to our key set through which the test lets through what it wants: all, or an earlier state without the key.
before(async () => {
  jwks = createServer(async (req, res) => {
    if (publishes === undefined) return res.writeHead(500).end();
    const set = await (await fetch(`${env.SEN_ISSUER}/jwks`)).json();
    res.setHeader('content-type', 'application/json').end(JSON.stringify(publishes ? set : { keys: [stranger.jwk] }));
  });
  await new Promise((resolve) => jwks.listen(0, HOST, resolve));
  keys = `http://${HOST}:${jwks.address().port}/jwks`;
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  stranger = { ...pair, jwk: { ...await exportJWK(pair.publicKey), kid: 'another', use: 'sig', alg: 'ES256' } };

  const an = await official(p02);
  const app = await register(folder, found['client.json']);
  const resource = 'https://api.nghean.gov.vn';
  const ours = await tokensFor(an.agent, app, { scope: 'openid profile', resource });
  good = ours.access_token;
  narrow = (await tokensFor(an.agent, app, { scope: 'openid', resource })).access_token;
  const elsewhere = await tokensFor(an.agent, app, { scope: 'openid profile' });
  const [head, body] = good.split('.');
  const header = decodeProtectedHeader(good);
  const claims = decodeJwt(good);
  const forge = (changes, key = stranger.privateKey) => new SignJWT(claims).setProtectedHeader({ ...header, ...changes }).sign(key);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const published = JSON.stringify((await (await fetch(`${env.SEN_ISSUER}/jwks`)).json()).keys[0]);
  const hmac = `${encode({ ...header, alg: 'HS256' })}.${body}`;
  bad = {
    'not a token': 'x', 'an ID token': ours.id_token, 'a refresh token': ours.refresh_token, 'one for our issuer': elsewhere.access_token,
    'no signature': `${encode({ ...header, alg: 'none' })}.${body}.`,
    'the public key as a secret': `${hmac}.${createHmac('sha256', published).update(hmac).digest('base64url')}`,
    'other claims': `${head}.${encode({ ...claims, sub: 'admin' })}.${good.split('.')[2]}`,
    'a foreign key under our kid': await forge({}),
    'a key brought along': await forge({ kid: undefined, jwk: { ...stranger.jwk } }),
    'an unknown kid': await forge({ kid: 'nobody' }),
  };
});
after(() => { jwks.closeAllConnections(); jwks.close(); });
beforeEach(() => { publishes = true; });

async function api(...edits) {
  const port = await freePort(HOST);
  const program = write(folder, 'api.mjs', fill(found['api.mjs'], ['`${ISSUER}/jwks`', `'${keys}'`], ['https://sso.nghean.gov.vn', env.SEN_ISSUER],
    ['listen(8080, \'127.0.0.1\')', `listen(${port}, '${HOST}')`], ...edits));
  const url = `http://${HOST}:${port}/`;
  const call = (token) => fetch(url, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  await start(process.env.SEN_NODE, [program], { cwd: folder, ready: () => call().then(() => true, () => false) });
  return call;
}

test('jose: a good token passes, everything else is refused with the right words', async () => {
  const call = await api();
  const answer = await call(good);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).sub, decodeJwt(good).sub);
  assert.equal((await call()).headers.get('www-authenticate'), 'Bearer');
  for (const [what, token] of Object.entries(bad)) {
    const refusal = await call(token);
    assert.equal(refusal.status, 401, what);
    assert.match(refusal.headers.get('www-authenticate'), /invalid_token/, what);
  }
  const little = await call(narrow);
  assert.equal(little.status, 403);
  assert.match(little.headers.get('www-authenticate'), /insufficient_scope/);
});

test('jose: a key that came later is found by its kid', async () => {
  const call = await api(['cooldownDuration: 30_000', 'cooldownDuration: 0']);
  publishes = false;
  assert.equal((await call(good)).status, 401);
  publishes = true;
  assert.equal((await call(good)).status, 200);
});

test('jose: without keys nothing passes, and the token is not blamed', async () => {
  const call = await api();
  publishes = undefined;
  assert.equal((await call(good)).status, 503);
});

test('jose: an old token is refused', async () => {
  const call = await api(['clockTolerance: 5', 'clockTolerance: 5, currentDate: new Date(Date.now() + 306_000)']);
  assert.equal((await call(good)).status, 401);
});

test('PyJWT: a good token passes, everything else is refused', async () => {
  write(folder, 'validate.py', fill(found['validate.py'], ['f"{ISSUER}/jwks"', `"${keys}"`], ['https://sso.nghean.gov.vn', env.SEN_ISSUER]));
  const script = `import json, sys, validate
for token in json.load(open("tokens.json")):
    try:
        print("200 " + validate.check(token)["sub"])
    except PermissionError:
        print("403")
    except (validate.jwt.PyJWTError, KeyError):
        print("401")
`;
  write(folder, 'tokens.json', JSON.stringify([good, narrow, ...Object.values(bad)]));
  const { stdout } = await run('/usr/bin/python3', ['-c', script], { cwd: folder });
  assert.deepEqual(stdout.trim().split('\n'), [`200 ${decodeJwt(good).sub}`, '403', ...Object.keys(bad).map(() => '401')]);
});
