// What people see: Chromium, with and without JavaScript, on both relying parties.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { activate, errorOf, launch, person as open, signIn } from '../../deploy/driver/browser.mjs';
import { senctl, senctlLogin } from '../../deploy/driver/world.mjs';
import { administrator, authorizeUrl, env, freshEmployee, goodPassword, grant, official, p02, p03 } from './lib/world.mjs';

let browser;
before(async () => { browser = await launch(chromium); });
after(async () => { await browser.close(); });

for (const javaScript of [true, false]) {
  test(`one sign-in opens both platforms, JavaScript ${javaScript ? 'on' : 'off'}`, async () => {
    const someone = await official(p02, p03);
    const page = await open(browser, { javaScript });
    await page.goto(env.P02_RP);
    assert.ok(page.url().startsWith(env.SEN_ISSUER), page.url());
    assert.ok(await page.locator('#platform').innerText());
    await signIn(page, someone.login, someone.password);
    assert.ok(page.url().startsWith(env.P02_RP), `${page.url()} ${await errorOf(page)}`);
    assert.ok((await page.content()).includes(p02.role));
    await page.goto(env.P03_RP);
    assert.ok(page.url().startsWith(env.P03_RP), page.url());
    assert.ok((await page.content()).includes(someone.login));
    await page.context().close();
  });

  test(`first sign-in by activation code ends at the platform, JavaScript ${javaScript ? 'on' : 'off'}`, async () => {
    const { login } = await grant(await freshEmployee(), p02);
    const { json } = await (await administrator()).api('POST', `/accounts/${login}/activation`);
    const page = await open(browser, { javaScript });
    await page.goto(env.P02_RP);
    await activate(page, login, json.code.toLowerCase(), 'qua-ngan');
    assert.ok(await errorOf(page));
    assert.equal(await page.inputValue('#password'), '');
    await page.fill('#code', json.code);
    const password = goodPassword();
    await page.fill('#password', password);
    await page.fill('#password_again', password);
    await Promise.all([page.waitForNavigation(), page.click('#submit')]);
    assert.ok(page.url().startsWith(env.P02_RP), `${page.url()} ${await errorOf(page)}`);
    await page.context().close();
  });
}

test('pages: at most 50 kB with everything on them, nothing from elsewhere, no script, no console message', async () => {
  const page = await open(browser);
  const messages = [];
  const requests = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('requestfinished', (request) => requests.push(request));
  for (const url of [authorizeUrl(env, p02).url, `${env.SEN_ISSUER}/activate`, `${env.SEN_ISSUER}/`]) {
    requests.length = 0;
    await page.goto(url, { waitUntil: 'networkidle' });
    let bytes = 0;
    for (const request of requests) {
      const sizes = await request.sizes();
      bytes += sizes.responseBodySize + sizes.responseHeadersSize;
      assert.ok(request.url().startsWith(env.SEN_ISSUER), request.url());
    }
    assert.ok(bytes > 1000 && bytes <= 50_000, `${url}: ${bytes} bytes`);
    assert.equal(await page.locator('script').count(), 0);
  }
  assert.deepEqual(messages, []);
  await page.context().close();
});

test('Vietnamese first, English by a link that keeps the request, labels for every field', async () => {
  const page = await open(browser, { locale: 'vi-VN' });
  await page.goto(authorizeUrl(env, p02).url);
  assert.equal(await page.getAttribute('html', 'lang'), 'vi');
  assert.match(await page.innerText('h1'), /Đăng nhập/);
  for (const id of ['username', 'password']) assert.equal(await page.locator(`label[for="${id}"]`).count(), 1);
  await Promise.all([page.waitForNavigation(), page.click('nav.language a')]);
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  const someone = await official(p02);
  await signIn(page, someone.login, someone.password);
  assert.ok(page.url().startsWith(env.P02_RP), 'the language link lost the request');
  await page.context().close();
});

test('two tabs, a stale page, the back button: each ends at its own platform', async () => {
  const someone = await official(p02, p03);
  const first = await open(browser);
  await first.goto(env.P02_RP);
  const second = await first.context().newPage();
  await second.goto(env.P03_RP);
  await signIn(second, someone.login, someone.password);
  assert.ok(second.url().startsWith(env.P03_RP), second.url());
  await signIn(first, someone.login, someone.password);
  assert.ok(first.url().startsWith(env.P02_RP), first.url());
  await first.context().close();
});

test('a first sign-in keeps even the longest pending request', async () => {
  const { login } = await grant(await freshEmployee(), p02);
  const { json } = await (await administrator()).api('POST', `/accounts/${login}/activation`);
  const page = await open(browser);
  const { url, params } = authorizeUrl(env, p02, { state: '%'.repeat(1500), nonce: 'n'.repeat(1000) });
  await page.goto(url);
  await activate(page, login, json.code, goodPassword());
  assert.ok(page.url().startsWith(p02.redirect), `${page.url()} ${await errorOf(page)}`);
  assert.equal(new URL(page.url()).searchParams.get('state'), params.state);
  await page.context().close();
});

test('keyboard alone is enough', async () => {
  const someone = await official(p02);
  const page = await open(browser);
  await page.goto(env.P02_RP);
  // The browser gives the focus when it has drawn the page.
  await page.waitForSelector('#username:focus');
  await page.keyboard.type(someone.login);
  await page.keyboard.press('Tab');
  await page.keyboard.type(someone.password);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.ok(page.url().startsWith(env.P02_RP), page.url());
  await page.context().close();
});

test('home lists the platforms; signing out ends the session everywhere at this server', async () => {
  const someone = await official(p02, p03);
  const page = await open(browser);
  await page.goto(env.SEN_ISSUER);
  await signIn(page, someone.login, someone.password);
  assert.equal(await page.innerText('#login-name'), someone.login);
  assert.equal(await page.locator('#platforms li').count(), 2);
  await Promise.all([page.waitForNavigation(), page.click('#submit')]);
  await page.goto(env.SEN_ISSUER);
  assert.equal(await page.locator('#password').count(), 1);
  assert.equal((await page.context().cookies()).filter((cookie) => cookie.name === '__Host-sen-session').length, 0);
  await page.context().close();
});

test('no role: the page says what to do, and the way back tells the platform', async () => {
  const someone = await official(p03);
  const page = await open(browser);
  await page.goto(env.P02_RP);
  await signIn(page, someone.login, someone.password);
  assert.ok(page.url().startsWith(env.SEN_ISSUER));
  assert.ok(await page.locator('#trace').innerText());
  assert.match(await page.getAttribute('#back', 'href'), /error=access_denied/);
  await page.context().close();
});

test('senctl login: a token of the administrator\'s own, in a file that only he reads', async () => {
  const page = await open(browser);
  const tokenFile = `${env.SEN_STATE}/tmp/senctl-test-token.json`;
  const password = readFileSync(`${env.SEN_STATE}/secrets/account-${env.SEN_ADMIN_LOGIN}.password`, 'utf8');
  await senctlLogin(env, async (url) => {
    await page.goto(url);
    await signIn(page, env.SEN_ADMIN_LOGIN, password);
  }, { tokenFile });
  assert.match(await senctl(env, ['person', 'search', 'nguyen'], { tokenFile }), /Nguyễn/);
  const { statSync } = await import('node:fs');
  assert.equal(statSync(tokenFile).mode & 0o777, 0o600);
  await page.context().close();
});
