// docs/integrate/go-oidc.md, built offline with Debian's Go and go-oidc.

import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';

import { senctl } from '../../deploy/driver/world.mjs';
import { answers, env, fill, folderFor, freePort, listings, register, sampleIssuer, signsInAndOut, start, Surfer, write } from './lib/integrate.mjs';
import { official, p02, refreshesOf, run } from './lib/world.mjs';

const HOST = '127.0.0.46';
const GO = '/usr/lib/go/bin/go';
let an, folder, origin;

before(async () => {
  const found = listings('go-oidc.md');
  folder = folderFor('go');
  const port = await freePort(HOST);
  origin = `http://${HOST}:${port}`;
  const here = ['https://app.nghean.gov.vn', origin];
  // A token that is over at once, in oauth2's eyes: every use is a refresh.
  await register(folder, fill(found['client.json'], here, ['"platform"', '"sen_access_token_s": 10,\n  "platform"']));
  write(folder, 'main.go', fill(found['main.go'], here, sampleIssuer, ['127.0.0.1:8080', `${HOST}:${port}`], ['go-oidc/v3/oidc', 'go-oidc']));
  await run(GO, ['build', '-o', 'app', 'main.go'], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder,
    GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: `${folder}cache`, GOFLAGS: '', GOTOOLCHAIN: 'local' } });
});
beforeEach(async () => {
  an = await official(p02);
  await start(`${folder}app`, [], { cwd: folder, ready: answers(`${origin}/logged-out`) });
});

test('sign-in, userinfo, refresh, sign-out', async () => {
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
  const surfer = new Surfer(an.agent);
  await surfer.once(`${origin}/login`);
  assert.equal((await surfer.go(`${origin}/callback?code=x&state=foreign`)).status, 400);
  await surfer.go(`${origin}/`);
  await senctl(env, ['revoke', '--login', an.login, '--reason', 'Kết thúc nhiệm vụ']);
  assert.match((await surfer.go(`${origin}/me`)).text, /Mời đăng nhập lại/);
});
