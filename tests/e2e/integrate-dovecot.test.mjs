// docs/integrate/mail.md: Dovecot takes our access tokens by OAUTHBEARER and XOAUTH2, and asks us about each.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { beforeEach, test } from 'node:test';

import { senctl } from '../../deploy/driver/world.mjs';
import { env, fill, folderFor, freePort, listings, post, register, sampleIssuer, start, write } from './lib/integrate.mjs';
import { codeFor, official, p02, p03, run, tokensFor } from './lib/world.mjs';

const HOST = '127.0.0.47';
let an, mail, port;

const answers = () => new Promise((resolve) => {
  connect({ host: HOST, port }).on('data', function hello() { this.destroy(); resolve(true); }).on('error', () => resolve(false)).on('close', () => resolve(false));
});

beforeEach(async () => {
  an = await official(p02, p03);
  const found = listings('mail.md');
  const folder = folderFor('dovecot');
  port = await freePort(HOST);
  mail = await register(folder, found['client.json']);
  mkdirSync(`${folder}mail`, { recursive: true });
  const ext = write(folder, 'oauth2.conf.ext', fill(found['dovecot-oauth2.conf.ext'], sampleIssuer, ['SECRET', mail.secret()]));
  const me = userInfo();
  // What runs it as one ordinary user in one folder; the rest is the page's.
  const config = write(folder, 'dovecot.conf', `base_dir = ${folder}run
state_dir = ${folder}run
log_path = /dev/stderr
protocols = imap
ssl = no
login_trusted_networks = 127.0.0.0/8
default_internal_user = ${me.username}
default_login_user = ${me.username}
default_internal_group = ${(await run('id', ['-gn'])).stdout.trim()}
mail_location = maildir:${folder}mail/%u
first_valid_uid = 1
userdb {
  driver = static
  args = uid=${me.uid} gid=${me.gid} home=${folder}mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    address = ${HOST}
    port = ${port}
  }
}
auth_failure_delay = 0
service anvil {
  chroot =
}
service stats {
  chroot =
}
${fill(found['auth-oauth2.conf'], ['/etc/dovecot/dovecot-oauth2.conf.ext', ext])}`);
  await start('/usr/sbin/dovecot', ['-F', '-c', config], { cwd: folder, ready: answers });
});

// The token of the person who reads mail, as Roundcube gets it: no PKCE, the secret in the form.
async function mailToken() {
  const { answer } = await codeFor(an.agent, mail, { scope: 'openid profile', code_challenge: undefined, code_challenge_method: undefined });
  const { json } = await post(`${env.SEN_ISSUER}/token`, { grant_type: 'authorization_code', code: answer.get('code'),
    redirect_uri: mail.redirect, client_id: mail.id, client_secret: mail.secret() });
  return json;
}

let clients = 0;
// One IMAP session, from an address of its own (Dovecot lets an address wait after refusals), that tries to sign in: "OK", or
// the reason of the refusal.
function signIn(mechanism, login, token) {
  const response = mechanism === 'XOAUTH2' ? `user=${login}\x01auth=Bearer ${token}\x01\x01` : `n,a=${login},\x01auth=Bearer ${token}\x01\x01`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, localAddress: `127.2.0.${++clients}` }).setEncoding('utf8').setTimeout(10000, () => socket.destroy(new Error('no answer')));
    let heard = '';
    let asked = false;
    socket.on('error', reject).on('close', () => reject(new Error(heard))).on('data', (chunk) => {
      heard += chunk;
      if (!asked) {
        asked = true;
        socket.write(`a AUTHENTICATE ${mechanism} ${Buffer.from(response).toString('base64')}\r\n`);
      } else if (/^\+ /m.test(chunk)) {
        // RFC 7628 §3.2.3: a refusal comes as a challenge, to be answered by one byte.
        socket.write('AQ==\r\n');
      }
      const end = /^a (OK|NO) (.*)\r\n/m.exec(heard);
      if (!end) return;
      socket.destroy();
      resolve(end[1] === 'OK' ? 'OK' : `${end[2]} ${Buffer.from(/^\+ (\S+)\r\n/m.exec(heard.slice(heard.indexOf('\n')))?.[1] ?? '', 'base64')}`);
    });
  });
}

for (const mechanism of ['OAUTHBEARER', 'XOAUTH2']) {
  test(`${mechanism}: the person's own token opens the mailbox, nothing else does`, async () => {
    const tokens = await mailToken();
    assert.equal(await signIn(mechanism, an.login, tokens.access_token), 'OK');
    const others = await tokensFor(an.agent, p02);
    const refused = { 'another person\'s mailbox': ['admin', tokens.access_token], 'another client\'s token': [an.login, others.access_token],
      'an ID token': [an.login, tokens.id_token], 'a changed token': [an.login, tokens.access_token.replace(/.{8}$/, 'AAAAAAAA')] };
    await Promise.all(Object.entries(refused).map(async ([what, [login, token]]) =>
      assert.match(await signIn(mechanism, login, token), /AUTHENTICATIONFAILED|invalid/, what)));
  });
}

test('a revoked token, and the token of a revoked person, are refused', async () => {
  const [first, second] = [await mailToken(), await mailToken()];
  await post(`${env.SEN_ISSUER}/revoke`, { token: first.refresh_token, client_id: mail.id, client_secret: mail.secret() });
  assert.notEqual(await signIn('OAUTHBEARER', an.login, first.access_token), 'OK');
  assert.equal(await signIn('OAUTHBEARER', an.login, second.access_token), 'OK');
  await senctl(env, ['revoke', '--login', an.login, '--reason', 'Kết thúc nhiệm vụ']);
  assert.notEqual(await signIn('OAUTHBEARER', an.login, second.access_token), 'OK');
});
