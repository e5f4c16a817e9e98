// The end of a session as relying parties ask for it and are told of it: OpenID Connect RP-Initiated Logout 1.0, module by
// module of the conformance suite's plan, and Front-Channel Logout 1.0 in a browser.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { decodeJwt, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { chromium } from 'playwright-core';

import { launch, person as open, signIn } from '../../deploy/driver/browser.mjs';
import { until } from '../../deploy/driver/world.mjs';
import { authorizeUrl, env, fieldOf, introspectAs, official, p02, redeem, sql, tokensFor } from './lib/world.mjs';

// Relying parties on loopback addresses of their own: each notes who comes.
async function party(host, metadata) {
  const seen = [];
  const server = http.createServer((rq, rs) => {
    seen.push({ path: rq.url, referrer: rq.headers.referer });
    rs.writeHead(200, { 'content-type': 'text/html' }).end(`<!DOCTYPE html><title>rp</title><p id="rp">${host}</p>`);
  });
  await new Promise((resolve) => server.listen(0, host, resolve));
  const origin = `http://${host}:${server.address().port}`;
  const answer = await fetch(`${env.SEN_ISSUER}/register`, {
    method: 'POST', headers: { authorization: `Bearer ${env.SEN_INITIAL_ACCESS_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: `Nền tảng ${host}`, redirect_uris: [`${origin}/callback`], post_logout_redirect_uris: [`${origin}/after`, `${origin}/after?a=b`],
      grant_types: ['authorization_code', 'refresh_token'], ...metadata(origin) }),
  });
  const client = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(client));
  return { id: client.client_id, origin, redirect: `${origin}/callback`, after: `${origin}/after`, secret: () => client.client_secret, seen, client,
    told: () => seen.filter((s) => s.path.startsWith('/frontchannel')), close: () => { server.closeAllConnections(); server.close(); } };
}

let plain, one, two;
before(async () => {
  plain = await party('127.0.0.5', () => ({}));
  one = await party('127.0.0.6', (origin) => ({ frontchannel_logout_uri: `${origin}/frontchannel_logout`, frontchannel_logout_session_required: true }));
  two = await party('127.0.0.7', (origin) => ({ frontchannel_logout_uri: `${origin}/frontchannel?x=1` }));
});
after(() => { for (const p of [plain, one, two]) p?.close(); });

async function signedIn(client = plain) {
  const person = await official(p02);
  return { ...person, tokens: await tokensFor(person.agent, client, { scope: 'openid profile' }) };
}
const logout = (agent, params, form) => agent.request(form ? '/logout' : `/logout?${new URLSearchParams(params)}`, form ? { form: params } : {});
const isOut = async (agent) => new URL((await agent.request(authorizeUrl(env, plain, { prompt: 'none', scope: 'openid' }).url)).location).searchParams.get('error') === 'login_required';
const isAsked = (page) => page.status === 200 && page.location === null && /id="logout"/.test(page.text);
const saysOut = (page) => page.status === 200 && page.location === null && !/id="logout"/.test(page.text) && /id="text"/.test(page.text);
// Presses the button of the confirmation.
const confirm = (agent, page) => agent.request('/logout', { form: Object.fromEntries(['csrf', 'client_id', 'post_logout_redirect_uri', 'state']
  .map((name) => [name, fieldOf(page.text, name)]).filter(([, value]) => value !== undefined)) });

test('oidcc-rp-initiated-logout-discovery-endpoint-verification, oidcc-frontchannel-logout-discovery-endpoint-verification', async () => {
  const m = await (await fetch(`${env.SEN_ISSUER}/.well-known/openid-configuration`)).json();
  assert.equal(m.end_session_endpoint, `${env.SEN_ISSUER}/logout`);
  assert.equal(m.frontchannel_logout_supported, true);
  assert.equal(m.frontchannel_logout_session_supported, true);
});

for (const form of [false, true])
  test(`oidcc-rp-initiated-logout, by ${form ? 'POST' : 'GET'}`, async () => {
    const { agent, tokens, id } = await signedIn();
    const answer = await logout(agent, { id_token_hint: tokens.id_token, post_logout_redirect_uri: plain.after, state: 'a b&c=d' }, form);
    assert.equal(answer.status, 303);
    assert.equal(answer.location, `${plain.after}?state=a%20b%26c%3Dd`);
    assert.equal(answer.headers.getSetCookie().filter((c) => /__Host-sen-session=;.*Max-Age=0/i.test(c)).length, 1);
    assert.ok(await isOut(agent));
    assert.deepEqual(await introspectAs(plain, tokens.access_token), { active: false });
    assert.deepEqual(await sql(`SELECT end_reason FROM sen.session WHERE account_id = $1 AND ended_at IS NOT NULL`, id), [['logout']]);
    // Idempotent: the same request once more is no error (§4).
    assert.equal((await logout(agent, { id_token_hint: tokens.id_token, post_logout_redirect_uri: plain.after }, form)).location, plain.after);
  });

test('oidcc-rp-initiated-logout-no-state; an address with a query of its own; logout_hint and ui_locales change nothing', async () => {
  for (const [params, location] of [
    [{ post_logout_redirect_uri: plain.after }, plain.after],
    [{ post_logout_redirect_uri: `${plain.after}?a=b`, state: 'x' }, `${plain.after}?a=b&state=x`],
    [{ post_logout_redirect_uri: plain.after, logout_hint: 'somebody@nghean.example', ui_locales: `fr-CA ${'x'.repeat(80)} en`, client_id: plain.id }, plain.after],
  ]) {
    const { agent, tokens } = await signedIn();
    assert.equal((await logout(agent, { id_token_hint: tokens.id_token, ...params })).location, location);
    assert.ok(await isOut(agent));
  }
});

test('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
  const { agent, tokens } = await signedIn();
  const page = await logout(agent, { id_token_hint: tokens.id_token, state: 'x' });
  assert.ok(saysOut(page), page.text);
  assert.ok(await isOut(agent));
});

test('no redirect and no silent end: the modules whose request proves too little, or names a foreign address', async (t) => {
  const { privateKey } = await generateKeyPair('ES256');
  const own = ({ tokens }) => decodeJwt(tokens.id_token);
  const rows = {
    'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': (s) => ({ id_token_hint: s.tokens.id_token, post_logout_redirect_uri: 'https://evil.example/', state: 'x' }),
    'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': (s) => ({ id_token_hint: s.tokens.id_token, post_logout_redirect_uri: `${plain.after}?foo=bar` }),
    'oidcc-rp-initiated-logout-modified-id-token-hint': (s) => ({ id_token_hint: new UnsecuredJWT(own(s)).encode(), post_logout_redirect_uri: plain.after }),
    'oidcc-rp-initiated-logout-bad-id-token-hint': async (s) => ({ post_logout_redirect_uri: plain.after,
      id_token_hint: await new SignJWT(own(s)).setProtectedHeader({ alg: 'ES256', typ: 'JWT' }).sign(privateKey) }),
    'oidcc-rp-initiated-logout-no-id-token-hint': () => ({ post_logout_redirect_uri: plain.after }),
    'oidcc-rp-initiated-logout-no-params': () => ({}),
    'oidcc-rp-initiated-logout-only-state': () => ({ state: 'x' }),
    'an access token as hint': (s) => ({ id_token_hint: s.tokens.access_token, post_logout_redirect_uri: plain.after }),
    'a hint of another client than client_id': (s) => ({ id_token_hint: s.tokens.id_token, client_id: p02.id, post_logout_redirect_uri: plain.after }),
    'a hint of another session': async () => ({ id_token_hint: (await signedIn()).tokens.id_token }),
    'the address of another client': (s) => ({ id_token_hint: s.tokens.id_token, post_logout_redirect_uri: `${env.P02_RP}/logged-out` }),
    'an address that another protocol makes': (s) => ({ id_token_hint: s.tokens.id_token, post_logout_redirect_uri: plain.after.replace('http:', 'https:') }),
    'script': (s) => ({ id_token_hint: s.tokens.id_token, post_logout_redirect_uri: 'javascript:alert(1)' }),
  };
  // These ask for nothing that is refused: the page says nothing of it.
  const fits = ['oidcc-rp-initiated-logout-no-params', 'oidcc-rp-initiated-logout-only-state', 'a hint of another session'];
  for (const [name, params] of Object.entries(rows))
    await t.test(name, async () => {
      const someone = await signedIn();
      const page = await logout(someone.agent, await params(someone));
      assert.ok(isAsked(page), `${page.status} ${page.location}`);
      assert.equal(/id="does_not_fit"/.test(page.text), !fits.includes(name));
      assert.doesNotMatch(page.text, /evil\.example|javascript:|foo=bar/);
      assert.equal((await introspectAs(plain, someone.tokens.access_token)).active, true, 'it ended without a question');
      const done = await confirm(someone.agent, page);
      assert.ok(saysOut(done), `${done.status} ${done.location}`);
      assert.ok(await isOut(someone.agent));
    });
});

test('a client that says who it is: asked, then led to its own address', async () => {
  const { agent } = await signedIn();
  const page = await logout(agent, { client_id: plain.id, post_logout_redirect_uri: plain.after, state: 'z' });
  assert.ok(isAsked(page));
  assert.match(page.text, /id="platform"/);
  assert.equal((await confirm(agent, page)).location, `${plain.after}?state=z`);
});

test('the language of the page: ui_locales of an address and of a form', async () => {
  for (const form of [false, true])
    for (const [asked, lang] of [['en', 'en'], ['vi', 'vi'], ['fr', 'vi']]) {
      const { agent } = await signedIn();
      assert.match((await logout(agent, { ui_locales: asked }, form)).text, new RegExp(`<html lang="${lang}">`));
    }
});

test('repeated parameters and foreign forms are refused', async () => {
  const { agent, tokens } = await signedIn();
  const twice = await agent.request(`/logout?id_token_hint=${tokens.id_token}&state=a&state=b`);
  assert.equal(twice.status, 400);
  const forged = await agent.request('/logout', { form: { csrf: 'x'.repeat(43), client_id: plain.id, post_logout_redirect_uri: plain.after } });
  assert.equal(forged.status, 403);
  assert.ok(!(await isOut(agent)));
});

test('front channel: a frame for each relying party that wants it, by a policy that names their origins only', async () => {
  const { agent, tokens } = await signedIn();
  await tokensFor(agent, two, { scope: 'openid' });
  await tokensFor(agent, two, { scope: 'openid' });
  const last = await tokensFor(agent, one, { scope: 'openid' });
  const { sid } = decodeJwt(last.id_token);
  const page = await logout(agent, { id_token_hint: tokens.id_token, post_logout_redirect_uri: plain.after, state: 's' });
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('content-security-policy').match(/frame-src ([^;]*)/)[1].split(' ').sort().join(' '), [one.origin, two.origin].sort().join(' '));
  assert.match(page.headers.get('cache-control'), /no-store/);
  const frames = [...page.text.matchAll(/<iframe[^>]* src="([^"]*)"/g)].map(([, url]) => url.replaceAll('&amp;', '&')).sort();
  const query = `iss=${encodeURIComponent(env.SEN_ISSUER)}&sid=${sid}`;
  assert.deepEqual(frames, [`${one.origin}/frontchannel_logout?${query}`, `${two.origin}/frontchannel?x=1&${query}`].sort(), 'one frame for each');
  assert.match(page.text, new RegExp(`<meta http-equiv="refresh" content="\\d; url=${plain.after}\\?state=s">`));
  assert.match(page.text, new RegExp(`id="continue" href="${plain.after}\\?state=s"`));
  assert.ok(await isOut(agent));
  // There is nobody left to tell.
  const again = await logout(agent, { id_token_hint: tokens.id_token, post_logout_redirect_uri: plain.after });
  assert.equal(again.status, 303);
});

test('front channel: only those of this session', async () => {
  const { agent, tokens } = await signedIn();
  await signedIn(one);
  assert.equal((await logout(agent, { id_token_hint: tokens.id_token, post_logout_redirect_uri: plain.after })).status, 303);
});

for (const javaScript of [true, false])
  test(`oidcc-frontchannel-rp-initiated-logout in Chromium, JavaScript ${javaScript ? 'on' : 'off'}`, async () => {
    const browser = await launch(chromium);
    try {
      const someone = await official(p02);
      const page = await open(browser, { javaScript });
      const problems = [];
      page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
      await page.goto(authorizeUrl(env, one, { scope: 'openid' }).url);
      await signIn(page, someone.login, someone.password);
      const code = new URL(page.url()).searchParams.get('code');
      assert.ok(code, page.url());
      // The code is redeemed, so that the relying party has a session of its own to end.
      const request = authorizeUrl(env, one, { scope: 'openid' });
      await page.goto(request.url);
      const { json } = await redeemAt(one, page.url(), request.proof.verifier);
      const already = one.told().length;
      await page.goto(`${env.SEN_ISSUER}/logout?${new URLSearchParams({ id_token_hint: json.id_token, post_logout_redirect_uri: one.after, state: 'q' })}`);
      assert.ok(await page.locator('#continue').count(), page.url());
      await until('the frame', () => one.told().length === already + 1);
      const told = one.told().at(-1);
      assert.equal(told.path, `/frontchannel_logout?iss=${encodeURIComponent(env.SEN_ISSUER)}&sid=${decodeJwt(json.id_token).sid}`);
      assert.equal(told.referrer, undefined, 'no Referer');
      await until('the way back', () => page.url() === `${one.after}?state=q`, 15000);
      assert.deepEqual(problems.filter((p) => /Content Security Policy|refused/i.test(p)), []);
      await page.goto(authorizeUrl(env, one, { scope: 'openid', prompt: 'none' }).url);
      assert.equal(new URL(page.url()).searchParams.get('error'), 'login_required');
    } finally {
      await browser.close();
    }
  });

async function redeemAt(client, url, verifier) {
  const answer = await redeem(client, new URL(url).searchParams.get('code'), verifier);
  assert.equal(answer.status, 200, answer.text);
  return answer;
}
