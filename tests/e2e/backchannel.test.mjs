// Back-channel logout (OpenID Connect Back-Channel Logout 1.0): every end of a session reaches every relying
// party that took part, once, whatever happens to receivers and to the provisioner meanwhile.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { secret, senctl, senctlJson, until } from '../../deploy/driver/world.mjs';
import { Jar } from './lib/browser-jar.mjs';
import { Receiver } from './lib/receiver.mjs';
import { ctl } from './lib/servers.mjs';
import { Agent, adminCtlJson, administrator, env, fieldOf, official, p02, p03, refresh, setNewPassword, sql, tokensFor, userinfo } from './lib/world.mjs';

const sidOf = (tokens) => JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url')).sid;
const subOf = (tokens) => JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url')).sub;
const clientOf = (receiver) => ({ id: receiver.id, redirect: receiver.redirect, secret: () => secret(`${env.SEN_STATE}/secrets/${receiver.id}.secret`) });
const signInAt = (agent, receiver) => tokensFor(agent, clientOf(receiver), { scope: 'openid profile' });
const outbox = async (sid, destination) => (await sql(`SELECT coalesce(outcome, 'open'), attempts, coalesce(detail, '') FROM sen.outbox
  WHERE session_id = $1 AND destination = $2`, sid, destination)).map(([outcome, attempts, detail]) => ({ outcome, attempts: Number(attempts), detail }));
const got = (receiver, sid, timeout = 30000) => until(`a logout token at ${receiver.id}`, () => receiver.of(sid).length > 0, timeout);
const logout = (agent, tokens, client) => agent.request(`/logout?${new URLSearchParams({ id_token_hint: tokens.id_token, client_id: client.id })}`);

let rcv, other, pairwise, onP02;
const all = () => [rcv, other, pairwise, onP02];

before(async () => {
  rcv = await new Receiver('rcv').start();
  other = await new Receiver('rcv-other').start();
  pairwise = await new Receiver('rcv-pairwise').start();
  onP02 = await new Receiver('rcv-p02').start();
  await rcv.register();
  await other.register({ id_token_signed_response_alg: 'PS256' });
  await pairwise.register({ subject_type: 'pairwise', id_token_signed_response_alg: 'RS256' });
  await onP02.register({ platform: 'P02' });
  await sleep(1500); // the server and the provisioner look for new clients once a second
});

after(async () => {
  for (const receiver of all()) await receiver.stop();
});

test('discovery says so', async () => {
  const metadata = await (await fetch(`${env.SEN_ISSUER}/.well-known/openid-configuration`)).json();
  assert.equal(metadata.backchannel_logout_supported, true);
  assert.equal(metadata.backchannel_logout_session_supported, true);
});

test('RP-initiated logout: each relying party of the session gets one good token, others none', async () => {
  const person = await official(p02);
  const mine = await signInAt(person.agent, rcv);
  await signInAt(person.agent, rcv); // twice at one is once
  const theirs = await signInAt(person.agent, pairwise);
  const sid = sidOf(mine);
  assert.equal(sidOf(theirs), sid);
  const answer = await logout(person.agent, mine, rcv);
  assert.equal(answer.status, 200, answer.text.slice(0, 200));
  await got(rcv, sid);
  await got(pairwise, sid);
  await sleep(1000);
  assert.equal(rcv.of(sid).length, 1);
  assert.equal(pairwise.of(sid).length, 1);
  assert.equal(other.of(sid).length, 0);
  assert.equal(rcv.of(sid)[0].sub, person.id);
  assert.equal(pairwise.of(sid)[0].sub, subOf(theirs));
  assert.notEqual(subOf(theirs), person.id);
  assert.deepEqual((await outbox(sid, 'rcv')).map((row) => row.outcome), ['delivered']);
});

test('a receiver that is slow neither holds up the page nor other platforms, and hears it again with a fresh jti', async () => {
  const person = await official(p02);
  const mine = await signInAt(person.agent, rcv);
  await signInAt(person.agent, other);
  const sid = sidOf(mine);
  rcv.mode = 'slow';
  try {
    const begin = performance.now();
    assert.equal((await logout(person.agent, mine, rcv)).status, 200);
    assert.ok(performance.now() - begin < 6000, 'the page waited for the receiver');
    await got(other, sid, 7000);
    await got(rcv, sid);
  } finally {
    rcv.mode = 'ok';
  }
  // It had heard, but nobody could know.
  await until('told again', async () => (await outbox(sid, 'rcv'))[0].outcome === 'delivered', 30000);
  assert.ok(rcv.of(sid).length >= 2);
  assert.equal(other.of(sid).length, 1);
});

test('disabling an account ends every session of it', async () => {
  const person = await official(p02);
  const second = new Agent(env.SEN_ISSUER);
  await second.signIn(await second.request('/'), person.login, person.password);
  const sids = [sidOf(await signInAt(person.agent, rcv)), sidOf(await signInAt(second, rcv))];
  assert.notEqual(sids[0], sids[1]);
  const answer = await (await administrator()).api('POST', `/accounts/${person.login}/disable`, { reason: 'Thôi việc' });
  assert.equal(answer.status, 200, answer.text);
  for (const sid of sids) await got(rcv, sid);
  assert.equal(rcv.of(sids[0]).length + rcv.of(sids[1]).length, 2);
});

test('a new password ends every session of before, and each relying party hears of each', async () => {
  const person = await official(p02);
  const second = new Agent(env.SEN_ISSUER);
  await second.signIn(await second.request('/'), person.login, person.password);
  const [here, there] = [await signInAt(person.agent, rcv), await signInAt(second, rcv)];
  const sids = [sidOf(here), sidOf(there)];
  await signInAt(second, pairwise);
  const { agent, password } = await setNewPassword(person);
  for (const sid of sids) await got(rcv, sid);
  await got(pairwise, sids[1]);
  assert.deepEqual(sids.map((sid) => rcv.of(sid).length), [1, 1]);
  assert.equal(pairwise.of(sids[0]).length, 0);
  assert.deepEqual(await sql('SELECT DISTINCT end_reason FROM sen.session WHERE account_id = $1 AND ended_at IS NOT NULL', person.id), [['access changed']]);
  for (const tokens of [here, there]) assert.equal((await refresh(clientOf(rcv), tokens.refresh_token)).json.error, 'invalid_grant');
  // The one that came with the password lives, and nobody was told otherwise.
  const mine = await signInAt(agent, rcv);
  assert.equal((await userinfo(mine.access_token)).status, 200);
  assert.equal(rcv.of(sidOf(mine)).length, 0);
  const again = new Agent(env.SEN_ISSUER);
  assert.notEqual((await again.signIn(await again.request('/'), person.login, person.password)).status, 303, 'the old password');
  assert.equal((await again.signIn(await again.request('/'), person.login, password)).status, 303);
});

test('a revocation signs out everywhere; access that runs out, only where it ran out', async () => {
  const person = await official(p02);
  const sid = sidOf(await signInAt(person.agent, rcv));
  await signInAt(person.agent, onP02);
  await sql(`UPDATE sen.access_grant SET valid_to = now() + interval '1 s' WHERE account_id = $1`, person.id);
  await got(onP02, sid, 15000);
  assert.equal(rcv.of(sid).length, 0);
  assert.equal((await sql('SELECT count(*) FROM sen.session WHERE id = $1 AND ended_at IS NULL', sid))[0][0], '1');

  const other1 = await official(p02, p03);
  const sid1 = sidOf(await signInAt(other1.agent, rcv));
  assert.equal((await (await administrator()).api('POST', '/grants/revoke', { login: other1.login, platform: 'P02', reason: 'Chuyển công tác' })).status, 200);
  await got(rcv, sid1);
});

test('a session that runs out is told as well', async () => {
  const person = await official(p02);
  const sid = sidOf(await signInAt(person.agent, rcv));
  await sql(`UPDATE sen.session SET last_seen_at = now() - interval '1 day', sweep_at = now() WHERE id = $1`, sid);
  await got(rcv, sid);
  assert.deepEqual(await sql('SELECT end_reason FROM sen.session WHERE id = $1', sid), [['expired']]);
});

test('a receiver that is away gets it when it is back', async () => {
  const person = await official(p02);
  const tokens = await signInAt(person.agent, rcv);
  const sid = sidOf(tokens);
  await rcv.stop();
  let lines;
  try {
    assert.equal((await logout(person.agent, tokens, rcv)).status, 200);
    await until('an attempt', async () => (await outbox(sid, 'rcv'))[0]?.detail !== '');
    lines = (await adminCtlJson('outbox', 'list', '--destination', 'rcv')).messages;
  } finally {
    await rcv.start();
  }
  const line = lines.find((row) => row.session === sid);
  assert.equal(line.login, person.login);
  assert.match(line.detail, /no answer/);
  await got(rcv, sid, 60000);
  await until('delivered', async () => (await outbox(sid, 'rcv'))[0].outcome === 'delivered');
  assert.equal(rcv.of(sid).length, 1);
});

test('a redirect is not followed', async () => {
  const person = await official(p02);
  const tokens = await signInAt(person.agent, rcv);
  const sid = sidOf(tokens);
  rcv.mode = 'redirect';
  try {
    await logout(person.agent, tokens, rcv);
    await until('an attempt', async () => /redirects are not followed/.test((await outbox(sid, 'rcv'))[0]?.detail));
  } finally {
    rcv.mode = 'ok';
  }
  assert.equal(rcv.strays, 0);
  await got(rcv, sid, 30000);
  assert.equal(rcv.strays, 0);
});

test('a refusal in the words of the specification is final, audited, and can be tried again by hand', async () => {
  const person = await official(p02);
  const tokens = await signInAt(person.agent, rcv);
  const sid = sidOf(tokens);
  rcv.mode = 'refuse';
  try {
    await logout(person.agent, tokens, rcv);
    await until('refused', async () => (await outbox(sid, 'rcv'))[0]?.outcome === 'refused');
    await sleep(2500);
  } finally {
    rcv.mode = 'ok';
  }
  assert.equal(rcv.of(sid).length, 1);
  assert.deepEqual(await sql(`SELECT action, object, data->>'detail' FROM sen.audit WHERE account_id = $1 AND actor = 'system' AND action LIKE 'logout.%'`, person.id),
    [['logout.refused', 'rcv', 'answered 400 invalid_request']]);
  const [line] = (await adminCtlJson('outbox', 'list', '--destination', 'rcv')).messages.filter((row) => row.session === sid);
  assert.equal(line.state, 'refused');
  assert.deepEqual(await adminCtlJson('outbox', 'retry', line.id), { retried: 1 });
  await until('delivered', async () => (await outbox(sid, 'rcv'))[0].outcome === 'delivered');
  assert.equal(rcv.of(sid).length, 2);
});

test('kill -9 of the provisioner: nothing is lost, and what is doubled had no answer', { timeout: 240000 }, async () => {
  const people = await Promise.all(Array.from({ length: 10 }, () => official(p02)));
  const ends = [];
  for (let i = 0; i < 60; i += 1) {
    const person = people[i % people.length];
    const agent = new Agent(env.SEN_ISSUER);
    await agent.signIn(await agent.request('/'), person.login, person.password);
    const tokens = await signInAt(agent, rcv);
    ends.push({ agent, tokens, sid: sidOf(tokens) });
  }
  for (let i = 0; i < ends.length; i += 1) {
    await logout(ends[i].agent, ends[i].tokens, rcv);
    if (i % 12 === 6) {
      await ctl('kill', 'sen-provisioner');
      // The half minute passes for which it held what it was about to send.
      await sql('UPDATE sen.outbox SET lease_until = now(), next_at = now() WHERE lease_until > now()');
      await ctl('start', 'sen-provisioner');
    }
  }
  await until('all of them', () => ends.every(({ sid }) => rcv.of(sid).length > 0), 90000);
  await until('all done', async () => (await sql(`SELECT count(*) FROM sen.outbox WHERE destination = 'rcv' AND done_at IS NULL`))[0][0] === '0', 60000);
  const doubles = ends.filter(({ sid }) => rcv.of(sid).length > 1).length;
  assert.ok(doubles <= 5 * 16, `${doubles} told twice`);
  for (const { sid } of ends) {
    const [row] = await outbox(sid, 'rcv');
    assert.equal(row.outcome, 'delivered');
    assert.ok(rcv.of(sid).length <= row.attempts);
  }
});

test('mod_auth_openidc: its own session is gone after the logout at sen', async () => {
  const person = await official(p03);
  const jar = new Jar();
  let page = await jar.visit(`${env.P03_RP}/`);
  page = await jar.visit(`${env.SEN_ISSUER}/login`, { form: { flow: fieldOf(page.text, 'flow'), username: person.login, password: person.password } });
  assert.equal(page.status, 200, `${page.url} ${page.text.slice(0, 2000)}`);
  assert.ok(page.url.startsWith(env.P03_RP), page.url);
  assert.equal((await jar.once(`${env.P03_RP}/`)).status, 200, 'signed in at P03');
  const [[sid]] = await sql(`SELECT session_id FROM sen.token_family WHERE account_id = $1 AND client_id = 'p03'`, person.id);
  const answer = await (await administrator()).api('POST', `/accounts/${person.login}/disable`, { reason: 'Thôi việc' });
  assert.equal(answer.status, 200, answer.text);
  await until('delivered', async () => (await outbox(sid, 'p03'))[0]?.outcome === 'delivered');
  const next = await jar.once(`${env.P03_RP}/`);
  assert.equal(next.status, 302, 'P03 still knows the person');
  assert.ok(next.location.startsWith(`${env.SEN_ISSUER}/authorize`), next.location);
});

test('the provisioner follows a new signing key', async () => {
  const endOne = async () => {
    const person = await official(p02);
    const tokens = await signInAt(person.agent, rcv);
    const sid = sidOf(tokens);
    await logout(person.agent, tokens, rcv);
    await got(rcv, sid);
    return rcv.of(sid)[0].kid;
  };
  const active = async () => (await senctlJson(env, ['keys', 'list'])).find((key) => key.alg === 'ES256' && key.state === 'active').kid;
  const before = await active();
  assert.equal(await endOne(), before);
  await senctl(env, ['keys', 'rotate', '--alg', 'ES256', '--now']);
  await until('a new key', async () => (await active()) !== before, 30000);
  await sleep(2000);
  assert.equal(await endOne(), await active());
});

test('no receiver ever saw a token that a strict relying party refuses', async () => {
  for (const receiver of all()) assert.deepEqual(receiver.faults, [], receiver.id);
  const metrics = await (await fetch(`${env.SEN_PROVISIONER_URL}/metrics`)).text();
  assert.match(metrics, /sen_provisioner_outbox_attempts_total\{outcome="delivered"\} [1-9]/);
});
