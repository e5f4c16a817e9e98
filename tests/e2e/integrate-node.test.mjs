// The Node.js relying parties of docs/integrate/, run from their pages; and oauth4webapi, the bare protocol.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import * as oauth from 'oauth4webapi';

import { answers, env, fill, folderFor, freePort, listings, register, sampleIssuer, signOutAtIssuer, signsInAndOut, start, Surfer, until, write } from './lib/integrate.mjs';
import { official, p02, refreshesOf } from './lib/world.mjs';

const HOST = '127.0.0.41';
const NODE = process.env.SEN_NODE;
const CHECKS = 'oidc.enableNonRepudiationChecks';
let an;

beforeEach(async () => { an = await official(p02); });

// The page's application at an address of its own; edits is what the page says about plain http.
async function run(page, prefix, edits = []) {
  const found = listings(page);
  const folder = folderFor(prefix.replace('/', '') || page.replace('.md', ''));
  const port = await freePort(HOST);
  const origin = `http://${HOST}:${port}`;
  const here = ['https://app.nghean.gov.vn', origin];
  const client = await register(folder, fill(found[`${prefix}client.json`], here));
  const program = write(folder, 'app.mjs', fill(found[`${prefix}app.mjs`], here, sampleIssuer, ["listen(8080, '127.0.0.1')", `listen(${port}, '${HOST}')`], ...edits));
  const app = await start(NODE, [program], { cwd: folder, ready: answers(`${origin}/logged-out`) });
  return { app, client, origin };
}

test('openid-client: sign-in, userinfo, refresh, sign-out', async () => {
  const { app, origin } = await run('node-openid-client.md', '', [
    [CHECKS, `${CHECKS}, oidc.allowInsecureRequests`],
    ['tokens.expires_in - 10', 'tokens.expires_in - 600'],   // every use of the access token is a refresh
  ]);
  await signsInAndOut(origin, an, p02.role, async (surfer) => {
    const before = await refreshesOf(an);
    for (let i = 0; i < 2; i++) {
      const me = JSON.parse((await surfer.go(`${origin}/me`)).text);
      assert.deepEqual([me.sub, me.roles], [an.id, [p02.role]]);
    }
    assert.equal(await refreshesOf(an), before + 2);
  });
});

test('openid-client: an answer to another request is refused', async () => {
  const { app, origin } = await run('node-openid-client.md', '', [[CHECKS, `${CHECKS}, oidc.allowInsecureRequests`]]);
  const surfer = new Surfer(an.agent);
  await surfer.once(`${origin}/login`);
  const answer = await surfer.go(`${origin}/callback?code=x&state=foreign&iss=${encodeURIComponent(env.SEN_ISSUER)}`);
  assert.equal(answer.status, 502);
  assert.match(app.output(), /unexpected "state"/);
});

test('express-openid-connect: sign-in, userinfo, sign-out', async () => {
  const { app, origin } = await run('node-express.md', 'eoc/');
  await signsInAndOut(origin, an, p02.role, async (surfer) => {
    const me = JSON.parse((await surfer.go(`${origin}/me`)).text);
    assert.deepEqual([me.sub, me.roles], [an.id, [p02.role]]);
  });
});

test('express-openid-connect: a session that ends at the sign-on ends here too', async () => {
  const { origin } = await run('node-express.md', 'eoc/');
  const surfer = new Surfer(an.agent);
  assert.equal((await surfer.go(`${origin}/`)).url, `${origin}/`);
  await signOutAtIssuer(an);
  await until('the session at the platform ends', async () => (await surfer.once(`${origin}/`)).status === 302);
});

test('passport-openidconnect: sign-in, sign-out', async () => {
  const { app, origin } = await run('node-express.md', 'passport/');
  await signsInAndOut(origin, an, p02.role);
});

test('oauth4webapi: sign-in, refresh, introspection, revocation', async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(env.SEN_ISSUER);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const client = { client_id: p02.id, id_token_signed_response_alg: 'ES256' };
  const proof = oauth.ClientSecretBasic(p02.secret());
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({ response_type: 'code', client_id: p02.id, redirect_uri: p02.redirect, scope: 'openid roles', state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
  const callback = new URL((await new Surfer(an.agent).once(url.href)).headers.location);
  const params = oauth.validateAuthResponse(server, client, callback, state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, proof, params, p02.redirect, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(server, answer, insecure);
  const again = await oauth.processRefreshTokenResponse(server, client,
    await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh_token, insecure));
  const active = async () => (await oauth.processIntrospectionResponse(server, client,
    await oauth.introspectionRequest(server, client, proof, again.access_token, insecure))).active;
  assert.equal(await active(), true);
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, again.refresh_token, insecure));
  assert.equal(await active(), false);
  await assert.rejects(async () => oauth.processRefreshTokenResponse(server, client,
    await oauth.refreshTokenGrantRequest(server, client, proof, again.refresh_token, insecure)), { error: 'invalid_grant' });
});
