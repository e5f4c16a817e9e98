// docs/integrate/browser-oidc-client-ts.md: oidc-client-ts in Chromium, on an origin of its own.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';

import { launch, person, signIn } from '../../deploy/driver/browser.mjs';
import { senctl } from '../../deploy/driver/world.mjs';
import { env, fill, folderFor, listings, register, sampleIssuer } from './lib/integrate.mjs';
import { official, p02, refreshesOf, sql } from './lib/world.mjs';

const HOST = '127.0.0.44';
const found = listings('browser-oidc-client-ts.md');
const library = readFileSync(new URL(import.meta.resolve('oidc-client-ts')).pathname.replace(/dist\/.*/, 'dist/browser/oidc-client-ts.min.js'));
let browser, server, origin, an, page, requests;

before(async () => {
  browser = await launch(chromium);
  const headers = Object.fromEntries(fill(found['headers.txt'], sampleIssuer).trim().split('\n').map((line) => line.split(': ')));
  const files = {
    '/': ['text/html', found['index.html']], '/oidc-client-ts.min.js': ['text/javascript', library],
    '/app.js': ['text/javascript', fill(found['app.js'], sampleIssuer)],
  };
  server = createServer((req, res) => {
    const [type, body] = files[req.url.replace(/\?.*/, '')] ?? [];
    res.writeHead(body ? 200 : 404, { ...headers, 'content-type': type ?? 'text/plain' }).end(body);
  });
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  origin = `http://${HOST}:${server.address().port}`;
  await register(folderFor('browser'), fill(found['client.json'], ['https://app.nghean.gov.vn', origin]));
});
after(async () => { server.closeAllConnections(); server.close(); await browser.close(); });

beforeEach(async () => {
  an = await official(p02);
  page = await person(browser);
  requests = [];
  page.on('requestfinished', (request) => requests.push(request));
  await page.goto(origin);
  await Promise.all([page.waitForURL((url) => url.href.startsWith(env.SEN_ISSUER)), page.click('#sign-in')]);
  await signIn(page, an.login, an.password);
  await page.waitForURL(`${origin}/`);
  await page.getByText('Xin chào').waitFor();
});
afterEach(() => page.context().close());

test('sign-in, userinfo, refresh, sign-out from another origin', async () => {
  assert.match(await page.innerText('#detail'), new RegExp(`Vai trò: ${p02.role}$`));
  assert.equal(await page.innerText('#error'), '');
  const before = await refreshesOf(an);
  await Promise.all([page.waitForResponse(`${env.SEN_ISSUER}/token`), page.click('#renew')]);
  await page.getByText('Xin chào').waitFor();
  assert.equal(await page.innerText('#error'), '');
  assert.equal(await refreshesOf(an), before + 1);
  await Promise.all([page.waitForURL(`${origin}/`), page.waitForEvent('framenavigated'), page.click('#sign-out')]);
  await page.getByText('Chưa đăng nhập').waitFor();
  const [[live]] = await sql('SELECT count(*) FROM sen.token_family WHERE account_id = $1 AND revoked_at IS NULL', an.id);
  assert.equal(live, '0');
  await page.click('#sign-in');
  await page.locator('#password').waitFor();
  const called = new Set(requests.filter((request) => request.url().startsWith(env.SEN_ISSUER)).map((request) => new URL(request.url()).pathname));
  for (const path of ['/.well-known/openid-configuration', '/token', '/userinfo', '/revoke', '/logout']) assert.ok(called.has(path), path);
});

test('after a revocation the next refresh is refused', async () => {
  await senctl(env, ['revoke', '--login', an.login, '--reason', 'Kết thúc nhiệm vụ']);
  await Promise.all([page.waitForResponse(`${env.SEN_ISSUER}/token`), page.click('#renew')]);
  await page.getByText('invalid_grant').waitFor();
});

test('a script on another origin reads why its token was refused', async () => {
  const challenge = await page.evaluate(async (url) => (await fetch(url, { headers: { authorization: 'Bearer x' } })).headers.get('www-authenticate'),
    `${env.SEN_ISSUER}/userinfo`);
  assert.match(challenge ?? 'hidden', /error="invalid_token"/);
});
