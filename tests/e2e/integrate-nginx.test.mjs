// docs/integrate/nginx.md: the gate for people, and the check of tokens for programs.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';

import { answers, apache, env, fill, folderFor, freePort, listings, post, register, sampleIssuer, start, Surfer, write } from './lib/integrate.mjs';
import { official, p02, run, tokensFor } from './lib/world.mjs';
import { basic } from '../../deploy/driver/world.mjs';

const HOST = '127.0.0.43';
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';
let an, behind;

beforeEach(async () => {
  an = await official(p02);
  // The application: says what it was told.
  behind = createServer((req, res) => res.end(JSON.stringify({ url: req.url, headers: req.headers })));
  await new Promise((resolve) => behind.listen(0, HOST, resolve));
});
afterEach(() => behind.closeAllConnections() ?? behind.close());

async function open(trusted) {
  const found = listings('nginx.md');
  const folder = folderFor('nginx');
  const [port, gate, hop] = [await freePort(HOST), await freePort(HOST), await freePort(HOST)];
  const origin = `http://${HOST}:${port}`;
  const here = ['https://app.nghean.gov.vn', origin];
  // In this order: the API's client is the same in each test but for its resource, which nothing but a later registration shows to be known.
  await register(folder, fill(found['api/client.json'], here));
  const app = await register(folder, fill(found['client.json'], here));
  const root = folderFor('nginx-gate');
  mkdirSync(`${root}htdocs/oidc`, { recursive: true });
  write(root, 'htdocs/oidc/check', '');
  await apache(root, HOST, gate, fill(found['gate.conf'], ['/var/www/gate', `${root}htdocs`], here, sampleIssuer, ['SECRET', app.secret()],
    ['PASSPHRASE', randomBytes(32).toString('hex')], ['127.0.0.1:8082', `${HOST}:${gate}`]), answers(`http://${HOST}:${gate}/oidc/check`));
  // njs names no port in Host, which our server refuses: a hop on the way puts it right.  By TLS, as the page has it.
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=hop',
    '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', `${folder}hop.key`, '-out', `${folder}hop.crt`]);
  write(folder, 'bearer.js', fill(found['bearer.js'], here, [sampleIssuer[0], `https://${HOST}:${hop}`], ['/etc/nginx/njs/', folder]));
  const site = fill(found['site.conf'], [TRUSTED, trusted ?? `${folder}hop.crt`], ['/etc/nginx/njs', folder], ['127.0.0.1:8081', `${HOST}:${behind.address().port}`], ['127.0.0.1:8082', `${HOST}:${gate}`],
    ['443 ssl', `${HOST}:${port}`], ['app.nghean.gov.vn', HOST], ['\tssl_certificate /etc/ssl/app.crt;\n\tssl_certificate_key /etc/ssl/app.key;\n', '']);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}${name};`).join(' ');
  const file = write(folder, 'nginx.conf', `load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off; pid ${folder}pid; error_log stderr; worker_processes 1; events { }
http { access_log off; ${temp}\n${site}
server { listen ${HOST}:${hop} ssl; ssl_certificate ${folder}hop.crt; ssl_certificate_key ${folder}hop.key; location / { proxy_pass ${env.SEN_ISSUER}; } }
}\n`);
  const nginx = await start('/usr/sbin/nginx', ['-p', folder, '-c', file], { cwd: folder, ready: answers(`${origin}/logged-out.html`) });
  return { app, gate: `http://${HOST}:${gate}`, origin, nginx };
}

test('people: sign-in, who it is in headers of nginx\'s own, sign-out', async () => {
  const { origin, gate } = await open();
  assert.equal((await fetch(`${gate}/oidc/check`)).status, 401);
  const surfer = new Surfer(an.agent);
  const home = await surfer.go(`${origin}/where?q=1`, { headers: { 'x-sso-login': 'admin' } });
  assert.equal(home.url, `${origin}/where?q=1`, home.way.join('\n'));
  const { url, headers } = JSON.parse(home.text);
  assert.equal(url, '/where?q=1');
  assert.deepEqual([headers['x-sso-login'], headers['x-sso-sub'], headers['x-sso-roles']], [an.login, an.id, p02.role]);
  const forged = JSON.parse((await surfer.go(`${origin}/`, { headers: { 'x-sso-login': 'admin', 'x-sso-roles': 'QUANTRI' } })).text).headers;
  assert.deepEqual([forged['x-sso-login'], forged['x-sso-roles']], [an.login, p02.role]);
  const out = await surfer.go(`${origin}/oidc/callback?logout=${encodeURIComponent(`${origin}/logged-out.html`)}`);
  assert.match(out.text, /Đã đăng xuất/, out.way.join('\n'));
  assert.ok((await surfer.go(`${origin}/`)).url.startsWith(env.SEN_ISSUER));
});

test('programs: an access token for this API passes until it is revoked; anything else is 401', async () => {
  const { app, origin, nginx } = await open();
  const call = async (authorization) => fetch(`${origin}/api/x`, { headers: authorization ? { authorization } : {} });
  const tokens = await tokensFor(an.agent, app, { scope: 'openid', resource: `${origin}/api/` });
  const good = await call(`Bearer ${tokens.access_token}`);
  assert.equal(good.status, 200, nginx.output());
  const { headers } = await good.json();
  assert.deepEqual([headers['x-token-login'], headers['x-token-client'], headers.authorization], [an.login, app.id, undefined]);
  const none = await call();
  assert.equal(none.status, 401);
  assert.equal(none.headers.get('www-authenticate'), 'Bearer');
  const others = await tokensFor(an.agent, p02, { scope: 'openid' });
  const elsewhere = await tokensFor(an.agent, app, { scope: 'openid' });
  for (const bad of ['x', others.access_token, elsewhere.access_token, tokens.id_token]) {
    const answer = await call(`Bearer ${bad}`);
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get('www-authenticate'), /invalid_token/);
  }
  await post(`${env.SEN_ISSUER}/revoke`, { token: tokens.refresh_token }, basic(app.id, app.secret()));
  assert.equal((await call(`Bearer ${tokens.access_token}`)).status, 401);
});

test('programs: a sign-on whose certificate is not trusted is not asked, and nobody passes', async () => {
  const { app, origin, nginx } = await open(TRUSTED);
  const { access_token: token } = await tokensFor(an.agent, app, { scope: 'openid', resource: `${origin}/api/` });
  assert.equal((await fetch(`${origin}/api/x`, { headers: { authorization: `Bearer ${token}` } })).status, 500);
  assert.match(nginx.output(), /certificate verify error/);
});
