// docs/integrate/python-authlib.md, on Debian's Python.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { senctl } from '../../deploy/driver/world.mjs';
import { answers, env, fill, folderFor, freePort, listings, register, sampleIssuer, signsInAndOut, start, Surfer, write } from './lib/integrate.mjs';
import { official, p02, refreshesOf } from './lib/world.mjs';

const HOST = '127.0.0.45';
let an;

beforeEach(async () => { an = await official(p02); });

async function run(...edits) {
  const found = listings('python-authlib.md');
  const folder = folderFor('python');
  const port = await freePort(HOST);
  const origin = `http://${HOST}:${port}`;
  const here = ['https://app.nghean.gov.vn', origin];
  await register(folder, fill(found['client.json'], here));
  write(folder, 'app.py', fill(found['app.py'], here, sampleIssuer, ...edits));
  await start('/usr/bin/python3', ['-m', 'flask', '--app', 'app', 'run', '--host', HOST, '--port', port], { cwd: folder, ready: answers(`${origin}/logged-out`) });
  return origin;
}

test('sign-in, userinfo, refresh, sign-out', async () => {
  const origin = await run(['["expires_at"] - 10', '["expires_at"] - 600']);
  await signsInAndOut(origin, an, p02.role, async (surfer) => {
    const before = await refreshesOf(an);
    for (let i = 0; i < 2; i++) {
      const me = JSON.parse((await surfer.go(`${origin}/me`)).text);
      assert.deepEqual([me.sub, me.roles], [an.id, [p02.role]]);
    }
    assert.equal(await refreshesOf(an), before + 2);
  });
});

test('a foreign answer, and a revocation, end in a refusal', async () => {
  const origin = await run(['["expires_at"] - 10', '["expires_at"] - 600']);
  const surfer = new Surfer(an.agent);
  await surfer.once(`${origin}/login`);
  assert.equal((await surfer.go(`${origin}/callback?code=x&state=foreign`)).status, 401);
  await surfer.go(`${origin}/`);
  await senctl(env, ['revoke', '--login', an.login, '--reason', 'Kết thúc nhiệm vụ']);
  assert.match((await surfer.go(`${origin}/me`)).text, /Mời đăng nhập lại/);
});
