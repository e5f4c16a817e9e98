// The main job, end to end, on the running stack: a role is granted, an account comes to be, the
// official activates it, signs in once, two platforms take him in, and a revocation takes it all away.
//
//   node main-job.mjs demo.env

import { readFileSync, existsSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { chromium } from 'playwright-core';

import { activate, errorOf, launch, person, signIn } from './browser.mjs';
import { basic, introspect, ldapSearch, post, readEnv, scimUsers, secret, senctl, senctlJson, senctlLogin, until } from './world.mjs';

const env = readEnv(process.argv[2]);
let number = 0;
let current = 'start';

async function step(what, work) {
  current = what;
  const begin = performance.now();
  const note = await work();
  const ms = Math.round(performance.now() - begin);
  number += 1;
  console.log(`${String(number).padStart(2)}. ${what.padEnd(74)} ${String(ms).padStart(6)} ms${note ? `  ${note}` : ''}`);
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

// A password that the rules accept; kept, so that a person can sign in by hand afterwards.
function passwordOf(login) {
  const file = `${env.SEN_STATE}/secrets/account-${login}.password`;
  if (!existsSync(file)) writeFileSync(file, `Qv7-${randomBytes(12).toString('base64url')}-Lm`, { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

const entryOf = async (login) => (await ldapSearch(env.SEN_LDAP_OPERATOR_URI, env.SEN_LDAP_BASE, `(uid=${login})`))[0];
const mailboxOf = async (id) => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${id})`))[0];
const scimUserOf = async (id) => (await scimUsers(env, `externalId eq "${id}"`))[0];
const isOff = (mailbox) => (mailbox?.employeeType ?? []).includes('disabled');

// The account behind a person, granted a role on both demonstration platforms.
async function grantBoth(employeeCode) {
  let granted;
  for (const [platform, role] of [['P02', env.P02_ROLE], ['P03', env.P03_ROLE]]) {
    granted = await senctlJson(env, ['grant', '--employee-code', employeeCode, '--platform', platform, '--role', role,
      '--basis', 'Quyết định số 15/QĐ-UBND ngày 20/11/2026']);
  }
  return granted.login;
}

async function activationCode(login) {
  return (await senctlJson(env, ['activate', login])).code;
}

async function activated(page, what, login, codeFile) {
  const password = passwordOf(login);
  if (existsSync(codeFile)) {
    await step(`the ${what} administrator activates the account in a browser`, async () => {
      await page.goto(env.SEN_ISSUER);
      await activate(page, login, secret(codeFile), password);
      check(await page.locator('#login-name').count(), `activation failed: ${await errorOf(page)}`);
      writeFileSync(codeFile, 'used\n', { mode: 0o600 });
    }).catch((error) => { if (secret(codeFile) !== 'used') throw error; });
  }
  return password;
}

async function administrator(browser) {
  const other = await person(browser), page = await person(browser);
  const login = env.SEN_ADMIN_LOGIN;
  await activated(other, 'second', env.SEN_SECOND_LOGIN, env.SEN_SECOND_CODE_FILE);
  await other.context().close();
  const password = await activated(page, 'first', login, env.SEN_ADMIN_CODE_FILE);
  await step('senctl login: the administrator\'s own token through our OIDC', () =>
    senctlLogin(env, async (url) => {
      await page.goto(url);
      if (await page.locator('#password').count()) await signIn(page, login, password);
    }));
  await page.context().close();
}

async function mainJob(browser) {
  let login, account, code, tokens;
  const page = await person(browser);

  await step('a platform that is only proposed refuses accounts', async () => {
    const refusal = await senctl(env, ['grant', '--employee-code', env.DEMO_EMPLOYEE, '--platform', 'D01', '--role', 'CB_NHAPLIEU',
      '--basis', 'Quyết định số 15/QĐ-UBND']).then(() => '', (error) => error.message);
    check(refusal.includes('12/2025'), `no refusal that says when: ${refusal}`);
  });
  await step('the administrator grants a role on P02 and P03', async () => {
    login = await grantBoth(env.DEMO_EMPLOYEE);
    account = (await senctlJson(env, ['account', login])).id;
    return login;
  });
  await step('the account comes to be in OpenLDAP', () => until('directory entry', async () => {
    const entry = await entryOf(login);
    return entry && !entry.pwdAccountLockedTime;
  }).then(() => undefined));
  await step('account and role come to be on P02 (SCIM)', () => until('SCIM account', async () => {
    const user = await scimUserOf(account);
    return user?.active && user.roles?.some((role) => role.value === env.P02_ROLE);
  }).then(() => undefined));
  await step('account and role come to be on P03 (LDAP)', () => until('mailbox', async () => {
    const mailbox = await mailboxOf(account);
    const group = (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(&(objectClass=groupOfNames)(cn=${env.P03_ROLE}))`))[0];
    return mailbox && !isOff(mailbox) && group?.member?.some((dn) => dn.toLowerCase() === mailbox.dn[0].toLowerCase());
  }).then(() => undefined));
  await step('the administrator hands over a one-time activation code', async () => { code = await activationCode(login); });
  await step('the official opens P02, activates, sets a password, and is let in', async () => {
    await page.goto(env.P02_RP);
    await activate(page, login, code, passwordOf(login));
    check(page.url().startsWith(env.P02_RP), `not at P02 but at ${page.url()}: ${await errorOf(page)}`);
    check((await page.content()).includes(env.P02_ROLE), 'P02 does not show the role of the token');
  });
  await step('the official opens P03: no second password', async () => {
    await page.goto(env.P03_RP);
    check(page.url().startsWith(env.P03_RP), `not at P03 but at ${page.url()}`);
    check((await page.content()).includes(login), 'P03 does not show who signed in');
  });
  await step('P02 validates the token by introspection', async () => {
    tokens = await (await page.context().request.get(`${env.P02_RP}/session.json`)).json();
    check((await introspect(env, tokens.access_token)).active === true, 'the token is not active');
  });
  await revocation(page, { login, account, tokens });
  await page.context().close();
}

async function revocation(page, { login, account, tokens }) {
  let begin;
  const since = () => `${Math.round(performance.now() - begin)} ms after the 2xx`;

  await step('the administrator revokes everything', async () => {
    await senctl(env, ['revoke', '--login', login, '--reason', 'Kết thúc nhiệm vụ']);
    begin = performance.now();
  });
  await step('tokens are dead: introspection, userinfo, refresh', async () => {
    check((await introspect(env, tokens.access_token)).active === false, 'introspection still says active');
    const userinfo = await fetch(`${env.SEN_ISSUER}/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    check(userinfo.status === 401, `userinfo answers ${userinfo.status}`);
    const refresh = await post(`${env.SEN_ISSUER}/token`, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
      basic('p02', secret(env.P02_CLIENT_SECRET_FILE)));
    check(refresh.json?.error === 'invalid_grant', `refresh answers ${refresh.text}`);
    return since();
  });
  await step('the account on P02 is disabled', async () => {
    await until('P02 disabled', async () => (await scimUserOf(account))?.active === false);
    return since();
  });
  await step('the account on P03 is disabled', async () => {
    await until('P03 disabled', async () => isOff(await mailboxOf(account)));
    return since();
  });
  await step('the account in OpenLDAP is locked', async () => {
    await until('directory entry locked', async () => (await entryOf(login))?.pwdAccountLockedTime);
    return since();
  });
  await step('the session is gone: the official is asked to sign in, and cannot', async () => {
    await page.goto(env.SEN_ISSUER);
    await signIn(page, login, passwordOf(login));
    check(await errorOf(page), 'signed in after the revocation');
  });
}

// An account that a person can try by hand: granted, activated, left alive.
async function demoAccount(browser) {
  await step('a demonstration account is prepared for you to try', async () => {
    const page = await person(browser);
    const login = await grantBoth(env.TRY_EMPLOYEE);
    const file = `${env.SEN_STATE}/secrets/account-${login}.password`;
    if (!existsSync(file)) {
      const code = await activationCode(login);
      const password = `Thu7-${randomBytes(9).toString('base64url')}-Xe`;
      await page.goto(env.SEN_ISSUER);
      await activate(page, login, code, password);
      check(await page.locator('#login-name').count(), `activation failed: ${await errorOf(page)}`);
      writeFileSync(file, password, { mode: 0o600 });
    }
    writeFileSync(`${env.SEN_STATE}/try.env`, `SEN_TRY_LOGIN='${login}'\nSEN_TRY_PASSWORD_FILE='${file}'\n`, { mode: 0o600 });
    await page.context().close();
    return login;
  });
}

const browser = await launch(chromium);
try {
  await administrator(browser);
  await demoAccount(browser);
  await mainJob(browser);
  console.log('\nThe main job is done.');
} catch (error) {
  console.error(`\nFAILED at step ${number + 1}, "${current}":\n  ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
