// What platforms really hold: others' changes are repaired, access behind our back is ended, what was deleted comes back after
// two whole listings and not before, strangers are told of and left alone, and nothing follows from a list that lies.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { ldapSearch, scimUsers, secret, senctl, until } from '../../deploy/driver/world.mjs';
import { answers, folderFor, freePort, start, write } from './lib/integrate.mjs';
import { newPlatform } from './lib/platforms.mjs';
import { administrator, basis, env, freshEmployee, official, p02, p03, sql } from './lib/world.mjs';
import { nothingHeld } from './lib/versioned.mjs';

const run = promisify(execFile);
const ENDS = ['complete', 'incomplete', 'held', 'failed'];
const settled = (code) => until(`${code} settled`, async () => (await sql('SELECT count(*) FROM sen.dirty_account'))[0][0] === '0'
  && (await sql(`SELECT count(*) FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id WHERE p.code = $1 AND b.state <> 0`, code))[0][0] === '0', 30000);

// A listing that begins now, to its end.
async function listing(code) {
  const admin = await administrator();
  await until('no listing under way', async () => {
    const { json } = await admin.api('GET', `/platforms/${code}/observations?limit=1`);
    return json.observations.length === 0 || !['waiting', 'listing', 'judging'].includes(json.observations[0].state);
  }, 30000);
  const asked = await admin.api('POST', `/platforms/${code}/observations`, {});
  assert.equal(asked.status, 201, asked.text);
  return until(`the listing of ${code}`, async () => {
    const { json } = await admin.api('GET', `/platforms/${code}/observations`);
    return json.observations.find((o) => o.id === asked.json.id && ENDS.includes(o.state));
  }, 120000);
}

async function findings(code, situation) {
  const admin = await administrator(), all = [];
  for (let next = ''; next !== null;) {
    const { json } = await admin.api('GET', `/platforms/${code}/findings?situation=${situation}&limit=200${next && `&after=${encodeURIComponent(next)}`}`);
    all.push(...json.findings);
    next = json.next;
  }
  return all;
}

const adminApi = async (...args) => (await administrator()).api(...args);
const about = (finding, what, body) => adminApi('POST', `/platforms/DLIE/findings/${finding.id}/${what}`, body, { 'if-match': `"${finding.version}"` });
const revoke = async (login) => {
  const answer = await (await administrator()).api('POST', '/grants/revoke', { login, reason: 'Thôi việc' });
  assert.equal(answer.status, 200, answer.text);
};

// The same story on every kind of platform; `there` is the platform's own side.
async function story(code, person, there, stranger) {
  await settled(code);
  const name = (await there.look(person)).name;
  await there.rename(person, 'Ai Đó Khác');
  const first = await listing(code);
  assert.equal(first.state, 'complete', JSON.stringify(first));
  assert.ok(first.repaired >= 1);
  await until('the name is ours again', async () => (await there.look(person)).name === name);
  assert.deepEqual((await findings(code, 'unmatched')).filter((f) => f.ext_id === stranger.id).map((f) => [f.situation, f.account]), [['unmatched', null]]);

  await settled(code);
  await there.remove(person);
  assert.equal((await listing(code)).state, 'complete');
  assert.ok((await findings(code, 'missing')).some((f) => f.account === person.login && f.missing_runs === 1));
  assert.equal(await there.look(person), undefined, 'made again after one listing');
  assert.equal((await listing(code)).state, 'complete');
  await until('made again', async () => (await there.look(person))?.active);

  await settled(code);
  await revoke(person.login);
  await until('off', async () => !(await there.look(person)).active);
  await settled(code);
  await there.enable(person);
  assert.ok((await there.look(person)).active);
  await listing(code);
  await until('off again', async () => !(await there.look(person)).active, 10000);
  assert.deepEqual(await there.stranger(stranger), stranger.before, 'the stranger was touched');
}

async function scimCall(method, path, body) {
  const answer = await fetch(`${env.P02_SCIM}${path}`, {
    method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${secret(env.P02_SCIM_TOKEN_FILE)}`, 'content-type': 'application/scim+json' },
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}
const patchOp = (path, value) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path, value }] });

test('a SCIM platform: scimmy as it is', async () => {
  const user = async (person) => (await scimUsers(env, `externalId eq "${person.id}"`))[0];
  const there = {
    look: async (person) => { const u = await user(person); return u && { name: u.displayName, active: u.active }; },
    rename: async (person, name) => scimCall('PATCH', `/Users/${(await user(person)).id}`, patchOp('displayName', name)),
    enable: async (person) => scimCall('PATCH', `/Users/${(await user(person)).id}`, patchOp('active', true)),
    remove: async (person) => scimCall('DELETE', `/Users/${(await user(person)).id}`),
    stranger: async (s) => (await scimUsers(env, `userName eq "${s.login}"`)).map((u) => [u.displayName, u.active]),
  };
  const login = `khach-${randomUUID()}`;
  const { id } = await scimCall('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: login, displayName: 'Khách', active: true });
  const stranger = { id, login, before: [['Khách', true]] };
  await story('P02', await official(p02), there, stranger);
  assert.match(await senctl(env, ['drift', 'list', 'P02', '--situation', 'unmatched', '--limit', '200']), new RegExp(id));

  // An orphan is worked through: nobody has decided, whoever runs the platform is asked to remove it, and it is off the list when it is gone.
  const drift = (...args) => senctl(env, ['drift', ...args]), listed = async (decision) => (await drift('list', 'P02', '--decision', decision, '--limit', '200')).includes(id);
  const [{ id: finding, version }] = (await findings('P02', 'unmatched')).filter((f) => f.ext_id === id);
  assert.deepEqual([await listed('none'), await listed('remove')], [true, false]);
  await drift('decide', 'P02', finding, '--version', String(version), '--decision', 'remove', '--reason', 'Không phải của cán bộ nào');
  assert.deepEqual([await listed('none'), await listed('remove')], [false, true]);
  assert.equal((await listing('P02')).state, 'complete');
  assert.deepEqual(await there.stranger(stranger), stranger.before, 'asked for, not done by us');
  assert.equal(await listed('remove'), true, 'it is still there');
  assert.equal((await sql(`SELECT count(*) FROM sen.audit WHERE action = 'finding.remove' AND data ->> 'finding' = $1`, finding))[0][0], '1');
  await scimCall('DELETE', `/Users/${id}`);
  for (let i = 0; i < 2; i += 1) assert.equal((await listing('P02')).state, 'complete');
  assert.equal(await listed('remove'), false, 'gone in two whole listings');
  const [missing] = (await findings('P02', 'missing')).concat(await findings('P02', 'differing'));
  if (missing) await assert.rejects(drift('decide', 'P02', missing.id, '--version', String(missing.version), '--decision', 'remove', '--reason', 'x'), 'what is ours is ended by a revocation');
});

test('an LDAP platform: slapd', async () => {
  const modify = async (ldif) => {
    const child = run('ldapmodify', ['-Q', '-Y', 'EXTERNAL', '-H', env.P03_LDAP_OPERATOR_URI]);
    child.child.stdin.end(ldif);
    await child;
  };
  const box = async (person) => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(employeeNumber=${person.id})`))[0];
  const dn = async (person) => (await box(person)).dn[0];
  const b64 = (text) => Buffer.from(text).toString('base64');
  const there = {
    look: async (person) => { const b = await box(person); return b && { name: b.displayName?.[0], active: !(b.employeeType ?? []).includes('disabled') }; },
    rename: async (person, name) => modify(`dn: ${await dn(person)}\nchangetype: modify\nreplace: displayName\ndisplayName:: ${b64(name)}\n`),
    enable: async (person) => modify(`dn: ${await dn(person)}\nchangetype: modify\ndelete: employeeType\n`),
    remove: async (person) => modify(`dn: ${await dn(person)}\nchangetype: delete\n`),
    stranger: async (s) => (await ldapSearch(env.P03_LDAP_OPERATOR_URI, env.P03_LDAP_BASE, `(uid=${s.login})`)).map((e) => [e.sn[0], e.modifyTimestamp[0]]),
  };
  const person = await official(p03), login = `khach-${randomUUID()}`;
  await settled('P03');
  const id = (await dn(person)).replace(/^uid=[^,]+/, `uid=${login}`);
  await modify(`dn: ${id}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ${login}\ncn: Khach\nsn: Khach\n`);
  const stranger = { id, login };
  stranger.before = await there.stranger(stranger);
  await story('P03', person, there, stranger);
  await modify(`dn: ${id}\nchangetype: delete\n`);
});

// A SCIM server of two users a page, as honest as `mode` lets it be.
class Liar {
  constructor() { Object.assign(this, { users: new Map(), mode: 'honest' }); }

  list(params) {
    const all = [...this.users.values()], filter = /^(externalId|userName) eq "(.*)"$/.exec(params.get('filter') ?? '');
    if (filter) return this.answer(all.filter((u) => u[filter[1]] === filter[2]), undefined, 1);
    const start = Number(params.get('startIndex') ?? 1);
    if (this.mode === 'ignores paging') return this.answer(all.slice(0, 2), all.length, 1);
    if (this.mode === 'lacks a page' && start >= 3) return this.answer(all.slice(start + 1, start + 3), all.length - 2, start);
    if (this.mode === 'lacks a page') return this.answer(all.slice(start - 1, start + 1), all.length, start);
    if (this.mode === 'counts one too many') return this.answer(all.slice(start - 1, start + 1), all.length + 1, start);
    return this.answer(all.slice(start - 1, start + 1), all.length, start);
  }

  answer(users, total, start) {
    return [200, { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: total ?? users.length, startIndex: start, itemsPerPage: users.length, Resources: users }];
  }

  handle(method, path, params, body) {
    const id = /^\/Users\/(.+)$/.exec(path)?.[1];
    if (path === '/Users' && method === 'GET') {
      if (this.mode === 'html' && !params.get('filter')) return [200, '<html>Đang bảo trì</html>'];
      return this.list(params);
    }
    if (path === '/Users' && method === 'POST') {
      const user = { ...body, id: randomUUID(), meta: { resourceType: 'User' } };
      this.users.set(user.id, user);
      return [201, user];
    }
    if (!this.users.has(id)) return [404, { status: '404' }];
    if (method === 'DELETE') { this.users.delete(id); return [204]; }
    if (method === 'PUT') this.users.set(id, { ...body, id, meta: { resourceType: 'User' } });
    return [200, this.users.get(id)];
  }

  async listen() {
    this.server = createServer(async (req, res) => {
      let text = '';
      for await (const chunk of req) text += chunk;
      const url = new URL(req.url, 'http://x');
      const [status, body] = this.handle(req.method, url.pathname, url.searchParams, text && JSON.parse(text));
      res.writeHead(status, { 'content-type': 'application/scim+json' });
      res.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.server.address().port}`;
  }
}

const liar = new Liar();
before(nothingHeld);
after(() => liar.server?.close());

// Two platforms of the test's own, by a second provisioner beside the first: tables in PostgreSQL, and the liar.
let own;
const ownPlatforms = () => { own ??= makeOwn(); return own; };
async function makeOwn() {
  const folder = folderFor('drift'), port = await freePort('127.0.0.1'), url = await liar.listen();
  for (const code of ['DSQL', 'DLIE']) await newPlatform(code, { name: 'Thử', roles: ['CAN_BO'] });
  await sql(`CREATE SCHEMA drift; CREATE TABLE drift.users (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, login text UNIQUE, name text, sen_id uuid UNIQUE,
    enabled boolean, roles text NOT NULL DEFAULT ''); GRANT USAGE ON SCHEMA drift TO sen_provisioner; GRANT SELECT, INSERT, UPDATE ON drift.users TO sen_provisioner`);
  const stack = readFileSync(`${env.SEN_STATE}/sen-provisioner.conf`, 'utf8');
  const at = (name) => new RegExp(`^conninfo = .*\\b${name}=(\\S+)`, 'm').exec(stack)[1];
  const statements = write(folder, 'statements.sql', `-- name: find
SELECT id AS ext_id, sen_id AS account_id, login, name AS full_name, enabled AS active FROM drift.users WHERE sen_id = CAST(:account_id AS uuid)
-- name: create
INSERT INTO drift.users (login, name, sen_id, enabled) VALUES (:login, :full_name, CAST(:account_id AS uuid), true)
-- name: update
UPDATE drift.users SET login = :login, name = :full_name, enabled = true WHERE sen_id = CAST(:account_id AS uuid)
-- name: disable
UPDATE drift.users SET enabled = false WHERE sen_id = CAST(:account_id AS uuid)
-- name: list
SELECT id AS ext_id, sen_id AS account_id, login, name AS full_name, enabled AS active FROM drift.users WHERE (id > :after OR :after IS NULL) ORDER BY id LIMIT 2
-- name: list_count
SELECT count(*) AS n FROM drift.users
`);
  const password = /^\[database\][^[]*^password_file = (\S+)/m.exec(stack)[1];
  const config = stack.replace(/\n\[connector\.[^]*$/, '\n').replace(/^listen = .*$/m, `listen = 127.0.0.1:${port}`).replace('[database]', '[database]\naudit_chain = 908');
  const file = write(folder, 'conf', `${config}
[connector.DSQL]
kind = sql
host = ${at('host')}
port = ${at('port')}
database = ${at('dbname')}
user = ${at('user')}
password_file = ${password}
statements_file = ${statements}
[connector.DLIE]
kind = scim
update = put
url = ${url}
token_file = ${write(folder, 'token', 'no matter')}
`);
  await start(`${env.SEN_STATE}/bin/sen-provisioner`, ['--config', file], { cwd: folder, ready: answers(`http://127.0.0.1:${port}/readyz`) });
}

async function member(code) {
  const answer = await (await administrator()).api('POST', '/grants', { employee_code: await freshEmployee(), platform: code, role: 'CAN_BO', basis });
  assert.equal(answer.status, 201, answer.text);
  const { login } = answer.json;
  return { login, id: (await sql('SELECT id FROM sen.account WHERE login = $1', login))[0][0] };
}

test('tables in PostgreSQL, and a list that lies', async () => {
  await ownPlatforms();
  const one = async (text, ...values) => (await sql(text, ...values))[0];
  const there = {
    look: async (person) => {
      const row = await one('SELECT name, enabled FROM drift.users WHERE sen_id = $1', person.id);
      return row && { name: row[0], active: row[1] === 't' };
    },
    rename: (person, name) => sql('UPDATE drift.users SET name = $1 WHERE sen_id = $2', name, person.id),
    enable: (person) => sql('UPDATE drift.users SET enabled = true WHERE sen_id = $1', person.id),
    remove: (person) => sql('DELETE FROM drift.users WHERE sen_id = $1', person.id),
    stranger: (s) => sql('SELECT name, enabled FROM drift.users WHERE login = $1', s.login),
  };
  const people = [];
  for (let i = 0; i < 5; i += 1) people.push(await member('DSQL'));
  await sql(`INSERT INTO drift.users (login, name, enabled) VALUES ('khach', 'Khách', true)`);
  const [id] = await one(`SELECT id FROM drift.users WHERE login = 'khach'`);
  await settled('DSQL');
  await story('DSQL', people[2], there, { id, login: 'khach', before: [['Khách', 't']] });

  const members = [];
  for (let i = 0; i < 7; i += 1) members.push(await member('DLIE'));
  await settled('DLIE');
  assert.equal(liar.users.size, 7);
  assert.equal((await listing('DLIE')).state, 'complete');
  for (const [mode, state, fault] of [['lacks a page', 'incomplete', 'changed'], ['ignores paging', 'incomplete', 'repeated'], ['counts one too many', 'incomplete', 'count']]) {
    liar.mode = mode;
    for (let i = 0; i < 2; i += 1) {
      const seen = await listing('DLIE');
      assert.deepEqual([seen.state, seen.fault], [state, fault], mode);
    }
  }
  liar.mode = 'honest';
  assert.equal((await findings('DLIE', 'missing')).length, 0);
  assert.equal((await listing('DLIE')).linked, 7);
  assert.equal(liar.users.size, 7, 'nobody was made again');

  // Most are gone, and the list says so: a person looks first, and not the one who asked.
  const kept = new Map(liar.users);
  for (const userId of [...liar.users.keys()].slice(0, 5)) liar.users.delete(userId);
  const held = await listing('DLIE');
  assert.deepEqual([held.state, held.fault], ['held', 'short']);
  const release = await (await administrator()).api('POST', `/observations/${held.id}/release`, { reason: 'Đúng vậy' });
  assert.equal(release.status, 403, release.text);
  assert.equal((await findings('DLIE', 'missing')).length, 0);
  liar.users = kept;
  assert.equal((await listing('DLIE')).state, 'complete');
  assert.equal((await (await administrator()).api('GET', '/platforms/DLIE/observations')).json.observations.find((o) => o.id === held.id).state, 'superseded');

  // Ours by name alone: one person proposes, the provisioner waits for another.
  const orphan = { id: randomUUID(), userName: (await sql('SELECT lower(employee_code) FROM sen.person WHERE employee_code = $1', await freshEmployee()))[0][0], displayName: 'Có sẵn', active: true };
  liar.users.set(orphan.id, orphan);
  assert.equal((await listing('DLIE')).state, 'complete');
  const [stray] = await findings('DLIE', 'unmatched');
  assert.equal(stray.ext_id, orphan.id);
  const taken = members[5], theirs = [...liar.users.values()].find((u) => u.externalId === taken.id);
  const decide = (login) => about(stray, 'decision', { decision: 'adopt', login, reason: 'Là một người' });
  assert.equal((await decide(taken.login)).status, 409, 'it has an account there');
  liar.users.delete(theirs.id);
  for (let i = 0; i < 2; i += 1) await listing('DLIE');
  await until('made again', () => [...liar.users.values()].some((u) => u.externalId === taken.id));
  // Without its id, as if it had always been there by itself.
  await settled('DLIE');
  const twin = [...liar.users.values()].find((u) => u.externalId === taken.id);
  delete twin.externalId;
  await listing('DLIE');
  const [lost] = await findings('DLIE', 'unlinked');
  assert.deepEqual([lost.account, lost.carries_our_id], [taken.login, false]);
  const proposed = await about(lost, 'decision', { decision: 'adopt', reason: 'Mất mã định danh' });
  assert.deepEqual([proposed.status, proposed.json.decision_state], [200, 'proposed'], proposed.text);
  const alone = await about(proposed.json, 'confirm', {});
  assert.equal(alone.status, 403, alone.text);
  await listing('DLIE');
  assert.equal(twin.externalId, undefined, 'adopted by one person');
  await sql(`UPDATE sen.shadow SET decided_by = (SELECT id FROM sen.account WHERE login = $1) WHERE id = ${lost.id}`, members[0].login);
  // What was seen before it was proposed, or is of another owner by now, is confirmed by nobody.
  const blind = await about(lost, 'confirm', {});
  assert.deepEqual([blind.status, blind.json.code], [412, 'precondition_failed'], blind.text);
  await sql(`UPDATE sen.shadow SET owner_account = (SELECT id FROM sen.account WHERE login = $1) WHERE id = ${lost.id}`, members[1].login);
  assert.equal((await about(proposed.json, 'confirm', {})).status, 412);
  await sql(`UPDATE sen.shadow SET owner_account = (SELECT id FROM sen.account WHERE login = $1) WHERE id = ${lost.id}`, taken.login);
  const [again] = await findings('DLIE', 'unlinked');
  const confirmed = await about(again, 'confirm', {});
  assert.equal(confirmed.status, 200, confirmed.text);
  await until('its id is back', () => [...liar.users.values()].some((u) => u.id === twin.id && u.externalId === taken.id));
  const ignored = await about((await findings('DLIE', 'unmatched')).find((f) => f.id === stray.id), 'decision', { decision: 'ignore', reason: 'Tài khoản kỹ thuật' });
  assert.deepEqual([ignored.status, ignored.json.decision], [200, 'ignore'], ignored.text);

  // What is only to be told.
  const admin = await administrator(), plan = await admin.api('GET', '/platforms/DLIE/observation-plan');
  const set = await admin.api('PUT', '/platforms/DLIE/observation-plan', { enabled: true, attributes: [{ attribute: 'displayName', rule: 'report' }] }, { 'if-match': plan.headers.get('etag') });
  assert.equal(set.status, 200, set.text);
  const user = [...liar.users.values()].find((u) => u.externalId === members[3].id);
  user.displayName = 'Tên khác';
  assert.equal((await listing('DLIE')).repaired, 0);
  const [told] = await findings('DLIE', 'differing');
  assert.deepEqual([told.account, told.diff.displayName.rule, told.diff.displayName.seen], [members[3].login, 'report', 'Tên khác']);
  assert.equal(user.displayName, 'Tên khác');

  // Nor is it written when something else is repaired.
  const hers = () => [...liar.users.values()].find((u) => u.externalId === members[3].id);
  hers().title = 'Chức danh khác';
  assert.equal((await listing('DLIE')).repaired, 1);
  await until('repaired', () => hers().title !== 'Chức danh khác');
  await settled('DLIE');
  assert.equal(hers().displayName, 'Tên khác');
});
