// docs/integrate/apache.md: mod_auth_openidc with the configuration of the page.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { beforeEach, test } from 'node:test';

import { answers, apache, env, fill, folderFor, freePort, listings, register, sampleIssuer, signOutAtIssuer, Surfer, until, write } from './lib/integrate.mjs';
import { official, p02, refreshesOf, sql } from './lib/world.mjs';
import { senctl } from '../../deploy/driver/world.mjs';

const HOST = '127.0.0.42';
const SHOW = `${['REMOTE_USER', 'OIDC_CLAIM_sub', 'OIDC_CLAIM_unit_name', 'OIDC_CLAIM_roles', 'OIDC_CLAIM_name']
  .map((name) => `<!--#echo encoding="none" var="${name}" -->`).join('|')}\n`;
let an;

beforeEach(async () => { an = await official(p02); });

async function run(...edits) {
  const found = listings('apache.md');
  const folder = folderFor('apache');
  const port = await freePort(HOST);
  const origin = `http://${HOST}:${port}`;
  const here = ['https://app.nghean.gov.vn', origin];
  const client = await register(folder, fill(found['client.json'], here));
  mkdirSync(`${folder}htdocs/reception`, { recursive: true });
  mkdirSync(`${folder}htdocs/settings`, { recursive: true });
  for (const name of ['index.html', 'reception/index.html', 'settings/index.html']) write(folder, `htdocs/${name}`, SHOW);
  write(folder, 'htdocs/logged-out.html', 'Đã đăng xuất.\n');
  const config = fill(found['sso.conf'], here, sampleIssuer, ['SECRET', client.secret()], ['PASSPHRASE', randomBytes(32).toString('hex')], ...edits);
  await apache(folder, HOST, port, config, answers(`${origin}/logged-out.html`));
  const logout = /href="([^"]+)"/.exec(fill(found['logout.html'], [encodeURIComponent(here[0]), encodeURIComponent(origin)]))[1];
  return { origin, logout: `${origin}${logout}` };
}

test('sign-in, claims, roles by location, sign-out everywhere', async () => {
  const { origin, logout } = await run();
  const surfer = new Surfer(an.agent);
  const home = await surfer.go(`${origin}/?q=1`);
  assert.equal(home.url, `${origin}/?q=1`, home.text);
  const [login, sub, unit, roles] = home.text.trim().split('|');
  assert.deepEqual([login, sub, roles], [an.login, an.id, p02.role]);
  assert.match(unit, /^\p{L}[\p{L} ]+/u);
  assert.equal((await surfer.go(`${origin}/reception/`)).status, 200);
  assert.equal((await surfer.go(`${origin}/settings/`)).status, 401);
  const out = await surfer.go(logout);
  assert.equal(out.text, 'Đã đăng xuất.\n', out.way.join('\n'));
  assert.ok((await surfer.go(`${origin}/`)).url.startsWith(env.SEN_ISSUER));
  const [[live]] = await sql('SELECT count(*) FROM sen.token_family WHERE account_id = $1 AND revoked_at IS NULL', an.id);
  assert.equal(live, '0', 'tokens outlive the sign-out');
});

test('a session that ends at the sign-on ends here too', async () => {
  const { origin } = await run();
  const surfer = new Surfer(an.agent);
  assert.equal((await surfer.go(`${origin}/`)).url, `${origin}/`);
  await signOutAtIssuer(an);
  await until('the session at the platform ends', async () => (await surfer.once(`${origin}/`)).status === 302);
});

test('tokens are refreshed, userinfo is asked anew, and a revocation ends the session of the platform', async () => {
  const { origin } = await run(['BeforeExpiry 60', 'BeforeExpiry 600'], ['RefreshInterval 300', 'RefreshInterval 0']);
  const surfer = new Surfer(an.agent);
  await surfer.go(`${origin}/`);
  const before = await refreshesOf(an);
  await sql(`UPDATE sen.person SET full_name = 'Tên Mới' WHERE id = (SELECT person_id FROM sen.account WHERE id = $1)`, an.id);
  assert.equal((await surfer.go(`${origin}/`)).text.trim().split('|')[4], 'Tên Mới');
  assert.ok(await refreshesOf(an) > before, 'not refreshed');
  await senctl(env, ['revoke', '--login', an.login, '--reason', 'Kết thúc nhiệm vụ']);
  assert.equal((await surfer.go(`${origin}/`)).text, 'Đã đăng xuất.\n');
  assert.ok((await surfer.go(`${origin}/`)).url.startsWith(env.SEN_ISSUER));
});
