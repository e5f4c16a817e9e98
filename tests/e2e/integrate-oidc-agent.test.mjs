// docs/integrate/command-line.md: oidc-agent by the device flow; one official in a browser, the agent on the command line.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';

import { senctl } from '../../deploy/driver/world.mjs';
import { env, fill, folderFor, listings, register, sampleIssuer, start, until, write } from './lib/integrate.mjs';
import { fieldOf, official, p02, refreshesOf, run } from './lib/world.mjs';

test('confirmed once in a browser, then tokens by command, until the role is taken away', async () => {
  const an = await official(p02);
  const found = listings('command-line.md');
  const folder = folderFor('oidc-agent');
  const [genFolder, socket] = [folderFor('oidc-gen'), `${folder}socket`];
  for (const name of ['config', 'socket']) rmSync(`${folder}${name}`, { recursive: true, force: true });
  mkdirSync(`${folder}config`);
  const client = await register(folder, found['client.json']);
  const vars = { HOME: folder, OIDC_CONFIG_DIR: `${folder}config`, OIDC_SOCK: socket, OIDC_ENCRYPTION_PW: 'mật khẩu của tệp cấu hình' };
  await start('oidc-agent', ['-d', '-a', socket, '--no-webserver', '--no-autoreauthenticate'], { cwd: folder, env: vars, ready: () => existsSync(socket) });

  // What a person is asked at the keyboard is answered by options.
  const begin = write(folder, 'begin.sh', fill(found['begin.sh'], sampleIssuer, ['eval "$(oidc-agent)"\n', ''], ['"$(cat oidc-agent.secret)"', client.secret()],
    ['--no-url-call', '--no-url-call --pw-env --prompt=none --confirm-yes']));
  let code;
  const gen = await start('sh', [begin], { cwd: genFolder, env: vars, ready: () => { code = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(readFileSync(`${genFolder}log`, 'utf8'))?.[0]; return code; } });
  const page = await an.agent.request(`/device?user_code=${code}`);
  assert.ok(page.text.includes(code), page.text);
  const answer = await an.agent.request('/device', { form: { user_code: fieldOf(page.text, 'user_code'), csrf: fieldOf(page.text, 'csrf'), decision: 'allow' } });
  assert.equal(answer.status, 200);
  await until('oidc-gen ends', () => gen.failure, 20000);
  assert.equal(gen.failure, 'ended with 0', gen.output());

  const ask = async (...options) => (await run('oidc-token', [...options, 'sen'], { env: { ...process.env, ...vars } })).stdout.trim();
  const use = write(folder, 'use.sh', fill(found['use.sh'], sampleIssuer, ['curl', 'curl -s']));
  const info = JSON.parse((await run('sh', [use], { env: { ...process.env, ...vars } })).stdout);
  assert.deepEqual([info.sub, info.roles], [an.id, [p02.role]]);
  const before = await refreshesOf(an);
  assert.notEqual(await ask('--time=600'), '', 'a token that lives longer than any: a new one each time');
  assert.equal(await refreshesOf(an), before + 1);
  await senctl(env, ['revoke', '--login', an.login, '--reason', 'Kết thúc nhiệm vụ']);
  await assert.rejects(ask('--time=600'), /invalid_grant/);
});
