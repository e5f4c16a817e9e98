// What a client says of itself (OpenID Connect Registration 1.0 §2) on the pages of its requests, and native applications.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

import { launch, person as open, signIn } from '../../deploy/driver/browser.mjs';
import { post, until } from '../../deploy/driver/world.mjs';
import { register } from './lib/clients.mjs';
import { Agent, adminCtl, adminCtlJson, authorizeUrl, env, fieldOf, official, p02, p03 } from './lib/world.mjs';

const said = {
  client_name: 'Cổng tra cứu hồ sơ', client_uri: 'https://cp.example/', policy_uri: 'https://cp.example/chinh-sach',
  tos_uri: 'https://cp.example/dieu-khoan', logo_uri: 'https://anh.cp.example:8443/logo.svg',
};
const LINKS = [['site', 'client_uri'], ['policy', 'policy_uri'], ['terms', 'tos_uri']];
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="300" height="200" fill="#0b4f8a"/></svg>';
let browser, full, bare, an;

before(async () => {
  browser = await launch(chromium);
  an = await official(p02);
  full = await register('cp-full', { ...said, sen_consent: true });
  bare = await register('cp-bare', { sen_consent: true });
});
after(async () => { await browser.close(); });

// A page on which the client's own server answers with its logo, or not at all.
async function opened({ logo = true, ...options } = {}) {
  const page = await open(browser, options);
  await page.route('https://anh.cp.example:8443/**', (route) => (logo ? route.fulfill({ contentType: 'image/svg+xml', body: SVG }) : route.abort()));
  page.messages = [];
  page.on('console', (message) => page.messages.push(message.text()));
  return page;
}

async function assertShown(page, policy) {
  for (const [id, member] of LINKS) {
    const link = page.locator(`#${id}`);
    assert.equal(await link.getAttribute('href'), said[member]);
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    assert.ok((await link.innerText()).includes(said.client_name), await link.innerText());
  }
  const logo = page.locator('#logo');
  assert.equal(await logo.getAttribute('src'), said.logo_uri);
  assert.ok((await logo.getAttribute('alt')).includes(said.client_name));
  assert.equal(await logo.getAttribute('referrerpolicy'), 'no-referrer');
  const { width, height } = await logo.boundingBox();
  assert.deepEqual([width, height], [64, 64]);
  assert.match(policy, /; img-src 'self' https:\/\/anh\.cp\.example:8443;/);
}

for (const javaScript of [true, false])
  test(`links and logo on the pages of sign-in and consent, JavaScript ${javaScript ? 'on' : 'off'}`, async () => {
    const page = await opened({ javaScript });
    const bytes = [];
    page.on('requestfinished', async (request) => {
      if (request.url().startsWith(env.SEN_ISSUER)) bytes.push(await request.sizes());
    });
    const answer = await page.goto(authorizeUrl(env, full).url, { waitUntil: 'networkidle' });
    await assertShown(page, answer.headers()['content-security-policy']);
    assert.equal(await page.locator('#platform').innerText(), said.client_name);
    if (javaScript) assert.equal(await page.locator('#logo').evaluate((image) => image.naturalWidth), 300, 'the policy lets it load');
    const sum = bytes.reduce((all, one) => all + one.responseBodySize + one.responseHeadersSize, 0);
    assert.ok(sum > 1000 && sum <= 50_000, `${sum} bytes`);
    const [consent] = await Promise.all([page.waitForResponse((one) => one.url().includes('/login')), signIn(page, an.login, an.password)]);
    assert.equal(await page.locator('#client').innerText(), said.client_name);
    await assertShown(page, consent.headers()['content-security-policy']);
    assert.deepEqual(page.messages, []);
    await page.context().close();
  });

test('in English as well; a wrong password shows them again', async () => {
  const page = await opened({ locale: 'en-GB' });
  await page.goto(authorizeUrl(env, full).url);
  assert.equal(await page.locator('#terms').innerText(), `Terms of use of ${said.client_name}`);
  await signIn(page, an.login, 'wrong');
  assert.equal(await page.locator('#error').count(), 1);
  assert.equal(await page.locator('#policy').innerText(), `Data protection policy of ${said.client_name}`);
  assert.equal(await page.locator('#logo').count(), 1);
  await page.context().close();
});

test('the page does not move while a logo is not there', async () => {
  const places = [];
  for (const logo of [true, false]) {
    const page = await opened({ logo });
    await page.goto(authorizeUrl(env, full).url, { waitUntil: 'networkidle' });
    places.push(await page.locator('#username').boundingBox());
    await page.context().close();
  }
  assert.deepEqual(places[0], places[1]);
});

test('without them nothing is said and nothing allowed; one client\'s logo is for its own pages', async () => {
  const page = await opened();
  const answer = await page.goto(authorizeUrl(env, bare).url);
  assert.doesNotMatch(await page.innerText('main'), /thẻ mới/);
  for (const id of ['logo', 'site', 'policy', 'terms']) assert.equal(await page.locator(`#${id}`).count(), 0);
  assert.match(answer.headers()['content-security-policy'], /; img-src 'self';/);
  const home = await page.goto(env.SEN_ISSUER);
  assert.match(home.headers()['content-security-policy'], /; img-src 'self';/);
  await page.context().close();
});

test('http of the loopback may be registered, but is not shown', async () => {
  const local = await register('cp-local', { policy_uri: 'http://127.0.0.1/policy', tos_uri: 'http://127.0.0.1/terms', logo_uri: 'http://127.0.0.1/logo.png' });
  const answer = await new Agent(env.SEN_ISSUER).request(authorizeUrl(env, local).url);
  assert.equal(answer.status, 200);
  assert.doesNotMatch(answer.text, /id="(policy|terms|logo)"|http:\/\/127\.0\.0\.1\/(policy|terms|logo)/);
  assert.match(answer.headers.get('content-security-policy'), /; img-src 'self';/);
});

async function registration(members) {
  const { token } = await adminCtlJson('client', 'token', 'add', '--uses', '50', '--days', '1', '--label', 'client pages');
  return (change) => fetch(`${env.SEN_ISSUER}/register`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ ...members, ...change }),
  });
}

test('hostile addresses do not get as far as a page', async () => {
  const send = await registration({ redirect_uris: ['https://cp-hostile.example/cb'], client_name: 'X' });
  const hostile = ['data:image/svg+xml,<svg onload=alert(1)>', 'javascript:alert(1)', 'https://x.example/"><script>alert(1)</script>', 'https://x.example/\n',
    'https://x.example;script-src*/', "https://'unsafe-inline'/", `https://x.example/${'a'.repeat(600)}`, 'http://x.example/logo.png'];
  for (const member of ['logo_uri', 'policy_uri', 'tos_uri', 'client_uri'])
    for (const value of hostile) {
      const answer = await send({ [member]: value });
      assert.equal(answer.status, 400, `${member} ${value}`);
      assert.equal((await answer.json()).error, 'invalid_client_metadata');
    }
  // A name is text, whatever it holds.
  const made = await (await send({ client_name: '<img src=x onerror=alert(1)>"\'', logo_uri: 'https://x.example/a\'b&c' })).json();
  const page = await opened();
  const url = authorizeUrl(env, { id: made.client_id, redirect: 'https://cp-hostile.example/cb' }).url;
  const answer = await page.goto(url);
  assert.equal(answer.status(), 200);
  assert.equal(await page.locator('main img').count(), 1);
  assert.equal(await page.locator('#logo').getAttribute('src'), 'https://x.example/a\'b&c');
  assert.equal(await page.locator('#platform').innerText(), '<img src=x onerror=alert(1)>"\'');
  await page.context().close();
});

// RFC 8252.
test('a native application is answered at a scheme of its own', async (t) => {
  const redirect = 'com.example.cp-app:/oauth2redirect';
  const app = { id: 'cp-app', redirect };
  await register(app.id, { application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: [redirect, 'http://127.0.0.1/cb'],
    post_logout_redirect_uris: ['com.example.cp-app:/out'] });
  await t.test('from the address bar to a token', async () => {
    const { url, proof, params } = authorizeUrl(env, app, { scope: 'openid' });
    const { location } = await an.agent.request(url);
    assert.ok(location.startsWith(`${redirect}?`), location);
    const answer = new URLSearchParams(location.split('?')[1]);
    assert.equal(answer.get('state'), params.state);
    const form = { grant_type: 'authorization_code', client_id: app.id, code: answer.get('code'), redirect_uri: redirect, code_verifier: proof.verifier };
    assert.equal((await post(`${env.SEN_ISSUER}/token`, form)).status, 200);
  });
  await t.test('an error too; by form it is not answered', async () => {
    const { location } = await an.agent.request(authorizeUrl(env, app, { response_mode: 'form_post' }).url);
    assert.match(location, /^com\.example\.cp-app:\/oauth2redirect\?error=invalid_request/);
    const plain = await an.agent.request(authorizeUrl(env, app, { code_challenge: undefined, code_challenge_method: undefined }).url);
    assert.match(plain.location, /error=invalid_request/, 'PKCE');
  });
  await t.test('another path, another case, an authority: none of its own', async () => {
    for (const other of ['com.example.cp-app:/other', 'com.example.cp-app:/oauth2redirect/', 'COM.example.cp-app:/oauth2redirect', 'com.example.cp-app://oauth2redirect',
      'com.example.cp-app:/oauth2redirect?x=1', 'com.example.other:/oauth2redirect', 'http://localhost/cb']) {
      const answer = await an.agent.request(authorizeUrl(env, { ...app, redirect: other }).url);
      assert.equal(answer.status, 400, other);
      assert.equal(answer.location, null);
    }
  });
  await t.test('the browser may leave for it from our forms', async () => {
    const page = await opened();
    const answer = await page.goto(authorizeUrl(env, app).url);
    assert.match(answer.headers()['content-security-policy'], /; form-action 'self' com\.example\.cp-app:$/);
    await page.fill('#username', an.login);
    await page.fill('#password', an.password);
    await page.click('#submit', { noWaitAfter: true });
    const isSignedIn = async () => (await page.context().cookies()).some(({ name }) => name === '__Host-sen-session');
    await until('signed in', isSignedIn);
    // Nothing is installed here that has this scheme; a policy against leaving would say so on the console.
    await sleep(500);
    assert.deepEqual(page.messages.filter((text) => /Content Security Policy/.test(text)), []);
    await page.context().close();
  });
  await t.test('after signing out', async () => {
    const person = await official(p02);
    const { location } = await person.agent.request(authorizeUrl(env, app).url);
    assert.ok(location.startsWith(redirect));
    const out = await person.agent.request(`/logout?${new URLSearchParams({ client_id: app.id, post_logout_redirect_uri: 'com.example.cp-app:/out', state: 's' })}`);
    const form = Object.fromEntries(['csrf', 'client_id', 'post_logout_redirect_uri', 'state'].map((name) => [name, fieldOf(out.text, name)]));
    const done = await person.agent.request('/logout', { form });
    assert.equal(done.location, 'com.example.cp-app:/out?state=s');
  });
  await t.test('only native applications, with a name in reverse, one slash, and PKCE', async () => {
    const send = await registration({ client_name: 'X', token_endpoint_auth_method: 'none' });
    const native = { application_type: 'native' };
    assert.equal((await send({ ...native, redirect_uris: ['com.example.good:/cb'] })).status, 201);
    for (const change of [{ redirect_uris: ['com.example.good:/cb'] }, ...['myapp:/cb', 'com.example.good://cb', 'com.example.good:cb', 'Com.example:/cb',
      'com.example.good:/a/../b', 'http://localhost/cb', 'http://localhost:8080/cb', 'javascript:/x', 'intent:/x'].map((uri) => ({ ...native, redirect_uris: [uri] }))]) {
      const answer = await send(change);
      assert.equal(answer.status, 400, JSON.stringify(change));
      assert.equal((await answer.json()).error, 'invalid_redirect_uri');
    }
  });
});

test('third-party initiated login (OpenID Connect Core §4): the home page leads to where the platform begins a sign-in, and says from whom', async () => {
  const linkOf = async () => /<ul class="platforms"[\s\S]*?<a href="([^"]*)"/.exec((await an.agent.request('/')).text)?.[1].replaceAll('&amp;', '&');
  const plain = await linkOf();
  assert.ok(plain, 'the platform has a start page of its own');
  const client = await register('cp-start', { platform: 'P02', initiate_login_uri: 'https://cp-start.example/bat-dau?qua=sen' });
  try {
    await until('the way in', async () => (await linkOf()) !== plain);
    const link = new URL(await linkOf());
    assert.equal(link.origin + link.pathname, 'https://cp-start.example/bat-dau');
    assert.deepEqual(Object.fromEntries(link.searchParams), { qua: 'sen', iss: env.SEN_ISSUER });
    // What a relying party does there: an ordinary request, which the session answers without a page.
    const answer = await an.agent.request(authorizeUrl(env, client, { prompt: 'none' }).url);
    assert.ok(new URL(answer.location).searchParams.get('code'));
    // Of another platform's client nobody here hears.
    const other = await official(p03);
    assert.doesNotMatch((await other.agent.request('/')).text, /cp-start/);
  } finally {
    await adminCtl('client', 'remove', client.id);
  }
  await until('the start page again', async () => (await linkOf()) === plain);
});
