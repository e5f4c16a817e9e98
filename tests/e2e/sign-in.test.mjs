// Signing in: one answer for everything that fails, counting that cannot be outrun, codes that work once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { errorOf, fieldOf } from './lib/agent.mjs';
import { Agent, administrator, authorizeUrl, env, freshEmployee, goodPassword, grant, official, p02, sql } from './lib/world.mjs';

const attempt = async (login, password) => {
  const agent = new Agent(env.SEN_ISSUER);
  return agent.signIn(await agent.request('/'), login, password);
};
const signedIn = (answer) => answer.status === 303;

// Everything of a page that does not change from request to request.
const shape = (answer) => answer.text.replace(/value="[^"]*"/g, '').replace(/flow=[^"]*/g, '').replace(/[A-Za-z0-9_-]{22,}/g, '');

test('unknown, wrong, empty-handed, disabled, pending: the same answer', async () => {
  const good = await official(p02);
  const disabled = await official(p02);
  await sql(`UPDATE sen.account SET status = 'disabled' WHERE id = $1`, disabled.id);
  const pending = (await grant(await freshEmployee(), p02)).login;
  const answers = [
    await attempt('nobody.at.all', 'Wrong-password-1'),
    await attempt(good.login, 'Wrong-password-1'),
    await attempt(disabled.login, disabled.password),
    await attempt(pending, 'Wrong-password-1'),
    await attempt('không phải tên', 'Wrong-password-1'),
    await attempt('*)(uid=*', 'Wrong-password-1'),
    await attempt(good.login, 'Very-long-1'.repeat(50)),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 403);
    assert.equal(shape(answer).replaceAll(/\s+/g, ' '), shape(answers[0]).replaceAll(/\s+/g, ' '));
    assert.ok(errorOf(answer.text));
    assert.equal(answer.headers.getSetCookie().some((c) => c.startsWith('__Host-sen-session')), false);
  }
  assert.ok(signedIn(await attempt(good.login.toUpperCase(), good.password)), 'user names are not case-sensitive');
});

test('an empty password never reaches the directory', async () => {
  const person = await official(p02);
  assert.equal((await attempt(person.login, '')).status, 403);
  assert.equal((await sql(`SELECT count(*) FROM sen.session WHERE account_id = $1`, person.id))[0][0], '1');
});

test('50 parallel guesses: no more than the limit reach the directory, then the name is locked', async () => {
  const person = await official(p02);
  const since = (await sql('SELECT now()'))[0][0];
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => attempt(person.login, `Wrong-password-${i}`)));
  assert.ok(answers.every((a) => a.status === 403));
  const [[counted]] = await sql(`SELECT count(*) FROM sen.audit WHERE account_id = $1 AND action = 'sign_in.failed' AND at >= $2`, person.id, since);
  assert.ok(Number(counted) <= 5 && Number(counted) >= 1, `${counted} guesses were looked at`);
  await sql(`UPDATE sen.sign_in_throttle SET next_at = now()`);
  for (let i = Number(counted); i < 5; i += 1) {
    await attempt(person.login, 'Wrong-password');
    await sql(`UPDATE sen.sign_in_throttle SET next_at = now()`);
  }
  assert.equal((await attempt(person.login, person.password)).status, 403, 'locked, although the password is right');
  const admin = await administrator();
  const unlocked = await admin.api('POST', `/accounts/${person.login}/unlock`);
  assert.ok(unlocked.status < 300, unlocked.text);
  assert.ok(signedIn(await attempt(person.login, person.password)));
});

test('an unknown name is throttled like a known one', async () => {
  const name = `khongco${Date.now() % 100000}`;
  for (let i = 0; i < 3; i += 1) await attempt(name, 'Wrong-password-1');
  const [[rows]] = await sql(`SELECT count(*) FROM sen.sign_in_throttle WHERE fails = 3 AND next_at > now()`);
  assert.ok(Number(rows) >= 1);
});

test('50 parallel right passwords all get in', async () => {
  const person = await official(p02);
  const answers = await Promise.all(Array.from({ length: 50 }, () => attempt(person.login, person.password)));
  assert.equal(answers.filter(signedIn).length, 50);
});

test('failures delay the next attempt progressively, success forgets them', async () => {
  const person = await official(p02);
  await attempt(person.login, 'Wrong-password-1');
  await attempt(person.login, 'Wrong-password-1');
  assert.ok(signedIn(await attempt(person.login, person.password)), 'two failures cost nothing');
  for (let i = 0; i < 3; i += 1) await attempt(person.login, 'Wrong-password-1');
  assert.equal((await attempt(person.login, person.password)).status, 403, 'the third makes wait');
});

test('an activation code works once, under 50 parallel uses; and only with a password that meets the rules', async () => {
  const admin = await administrator();
  const { login } = await grant(await freshEmployee(), p02);
  const { json } = await admin.api('POST', `/accounts/${login}/activation`);
  const [[id]] = await sql('SELECT id FROM sen.account WHERE login = $1', login);
  for (const [password, again] of [['short-1A', 'short-1A'], [goodPassword(), goodPassword()], [`Xx1-${login}-${login}`, `Xx1-${login}-${login}`]]) {
    const answer = await new Agent(env.SEN_ISSUER).activate(login, json.code, password, again);
    assert.equal(answer.status, 403);
    assert.ok(errorOf(answer.text));
  }
  const tries = await Promise.all(Array.from({ length: 50 }, async () => {
    const password = goodPassword();
    return { password, answer: await new Agent(env.SEN_ISSUER).activate(login, json.code, password) };
  }));
  const won = tries.filter(({ answer }) => answer.status === 303);
  assert.equal(won.length, 1);
  await sql('DELETE FROM sen.sign_in_throttle');
  assert.ok(signedIn(await attempt(login, won[0].password)));
  const again = await new Agent(env.SEN_ISSUER).activate(login, json.code, goodPassword());
  assert.equal(again.status, 403, 'used');
  const [[stored]] = await sql(`SELECT encode(code_hash, 'hex') FROM sen.activation WHERE account_id = $1`, id);
  assert.equal(stored.length, 64);
});

test('an expired or replaced activation code is refused', async () => {
  const admin = await administrator();
  const { login } = await grant(await freshEmployee(), p02);
  const first = (await admin.api('POST', `/accounts/${login}/activation`)).json.code;
  const second = (await admin.api('POST', `/accounts/${login}/activation`)).json.code;
  assert.equal((await new Agent(env.SEN_ISSUER).activate(login, first, goodPassword())).status, 403);
  await sql(`UPDATE sen.activation v SET expires_at = now() - interval '1 s' FROM sen.account a WHERE a.id = v.account_id AND a.login = $1`, login);
  assert.equal((await new Agent(env.SEN_ISSUER).activate(login, second, goodPassword())).status, 403);
});

test('a form works only in the browser that was shown it, and only from this site', async () => {
  const person = await official(p02);
  const page = await new Agent(env.SEN_ISSUER).request('/');
  const stolen = new Agent(env.SEN_ISSUER);
  const answer = await stolen.request('/login', { form: { flow: fieldOf(page.text, 'flow'), username: person.login, password: person.password } });
  assert.equal(answer.status >= 400, true);
  assert.equal(answer.location, null);
  const own = new Agent(env.SEN_ISSUER);
  const form = await own.request('/');
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null', 'sec-fetch-site': 'cross-site' }]) {
    const cross = await own.request('/login', { form: { flow: fieldOf(form.text, 'flow'), username: person.login, password: person.password }, headers });
    assert.equal(cross.status, 403, JSON.stringify(headers));
  }
  assert.ok(signedIn(await own.signIn(form, person.login, person.password)));
});

test('a sign-in returns to the pending request and nowhere else', async () => {
  const person = await official(p02);
  const agent = new Agent(env.SEN_ISSUER);
  const request = authorizeUrl(env, p02);
  const answer = await agent.signIn(await agent.request(request.url), person.login, person.password);
  assert.ok(answer.location.startsWith(`${p02.redirect}?code=`));
  assert.equal(new URL(answer.location).searchParams.get('state'), request.params.state);
});

test('cookies: __Host-, Secure, HttpOnly, SameSite=Lax; new at each sign-in', async () => {
  const person = await official(p02);
  const agent = new Agent(env.SEN_ISSUER);
  const answer = await agent.signIn(await agent.request('/'), person.login, person.password);
  const cookie = answer.headers.getSetCookie().find((c) => c.startsWith('__Host-sen-session='));
  for (const attribute of ['Secure', 'HttpOnly', 'Path=/', 'SameSite=Lax']) assert.ok(cookie.includes(attribute), cookie);
  assert.doesNotMatch(cookie, /Domain/i);
});

test('security headers of pages', async () => {
  const answer = await new Agent(env.SEN_ISSUER).request('/');
  const csp = answer.headers.get('content-security-policy');
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) assert.ok(csp.includes(part), csp);
  assert.doesNotMatch(csp, /unsafe/);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  assert.equal(answer.headers.get('x-frame-options'), 'DENY');
  assert.match(answer.headers.get('cache-control'), /no-store/);
  assert.doesNotMatch(answer.text, /<script|style=|onclick/i);
});

test('the day of the last sign-in is noted, and once a day', async () => {
  const person = await official(p02);
  const noted = async () => (await sql('SELECT used_on = sen.today(), xmin::text, xmax::text FROM sen.account_use WHERE account_id = $1', person.id))[0];
  await sql('UPDATE sen.account_use SET used_on = used_on - 3 WHERE account_id = $1', person.id);
  assert.ok(signedIn(await attempt(person.login, person.password)));
  const first = await noted();
  assert.equal(first[0], 't');
  assert.ok(signedIn(await attempt(person.login, person.password)));
  assert.deepEqual(await noted(), first, 'nothing is written again');
});
