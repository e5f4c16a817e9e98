// Who gets what by which rule, request or emergency; that it arrives on real platforms, and goes again.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { scimUsers, senctl, until } from '../../deploy/driver/world.mjs';
import { conforms, routes } from './lib/api.mjs';
import { Administrator, administrator, basis, env, freshEmployee, official, p02, sql, tokensFor, introspectAs, handOn, insist } from './lib/world.mjs';
import { nothingHeld } from './lib/versioned.mjs';

const every = ['read', 'grant', 'revoke', 'activate', 'approve', 'rules', 'review', 'delegate'];
const codeOf = (name) => `${name}-${Date.now().toString(36)}`;
// Nothing left to do for whom the rule concerns; what other tests left blocked, or on platforms without a connector, is not waited for.
const settled = (rule) => async () => (await sql(`WITH whom AS (SELECT DISTINCT account_id FROM sen.access_grant WHERE rule_id = $1)
  SELECT (SELECT count(*) FROM sen.binding b JOIN whom USING (account_id) JOIN sen.platform p ON p.id = b.platform_id
    WHERE b.state BETWEEN 1 AND 4 AND p.code IN ('DIR', 'P02', 'P03'))
  + (SELECT count(*) FROM sen.dirty_account d JOIN whom USING (account_id))`, rule))[0][0] === '0';

const call = (...request) => insist(() => send(...request));
async function send(who, method, path, body, version) {
  const answer = await fetch(`${env.SEN_API}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await who.accessToken()}`,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
    },
    body: method === 'GET' ? undefined : JSON.stringify(body ?? {}),
  });
  const text = await answer.text();
  const got = { status: answer.status, text, json: text ? JSON.parse(text) : undefined, headers: answer.headers };
  conforms(routeAt(method, path), got);
  return got;
}

// A path's own name goes before one that is a part in braces.
function routeAt(method, path) {
  const parts = path.split('?')[0].split('/').slice(1);
  const fits = routes.filter((route) => route.method === method).filter(({ path: pattern }) => {
    const named = pattern.split('/').slice(3);
    return named.length === parts.length && named.every((name, i) => name.startsWith('{') || name === parts[i]);
  });
  return fits.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

async function administratorOf(unit, rights = every, extra = {}) {
  const person = await official(p02);
  const answer = await handOn({ login: person.login, unit, rights, ...extra });
  assert.equal(answer.status, 201, answer.text);
  return Object.assign(new Administrator(person.agent, person.login, person.password), { person });
}

let root, commune, other, chief, second, asker, approver;
before(async () => {
  await nothingHeld();
  [[root]] = await sql('SELECT code FROM sen.unit WHERE parent_id IS NULL ORDER BY id LIMIT 1');
  [[commune], [other]] = await sql(`SELECT c.code FROM sen.unit c JOIN sen.unit u ON starts_with(u.path, c.path) JOIN sen.post o ON o.unit_id = u.id
    WHERE c.kind IN ('commune', 'ward') GROUP BY c.id HAVING count(*) >= 8 ORDER BY count(*) DESC, c.code LIMIT 2`);
  chief = await administrator();
  second = await administratorOf(root);
  asker = await administratorOf(commune);
  approver = await administratorOf(commune);
});

const employeeIn = async (unit) => (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> sen.today()
  JOIN sen.unit u ON u.id = o.unit_id JOIN sen.unit c ON c.code = $1 AND starts_with(u.path, c.path)
  WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id) AND (SELECT count(*) FROM sen.post x WHERE x.person_id = p.id) = 1
  ORDER BY md5(p.employee_code) LIMIT 1`, unit))[0][0];

async function file(who, employee, extra = {}) {
  return call(who, 'POST', '/requests', { employee_code: employee, platform: 'P02', role: p02.role, basis, reason: 'Xử lý hồ sơ', ...extra });
}

test('a rule gives 1,000 officials a role that arrives on P02; retiring it takes it away again', { timeout: 600000 }, async () => {
  const titles = await sql(`SELECT o.title, count(DISTINCT o.person_id) FROM sen.post o WHERE o.valid @> sen.today() GROUP BY 1 ORDER BY 2 DESC LIMIT 64`);
  const chosen = [];
  let n = 0;
  for (const [title, count] of titles) {
    if (n >= 1000) break;
    chosen.push(title);
    n += Number(count);
  }
  const draft = await call(chief, 'POST', '/rules', { code: codeOf('CV'), name: 'Một cửa theo chức danh', basis, unit: root, titles: chosen, roles: [`P02/${p02.role}`] });
  assert.equal(draft.status, 201, draft.text);
  const { id } = draft.json;
  assert.equal((await call(chief, 'POST', `/rules/${id}/release`, {}, 1)).json.code, 'four_eyes');
  const expected = Number((await sql(`SELECT count(*) FROM sen.post o WHERE (upper_inf(o.valid) OR upper(o.valid) > sen.today()) AND o.title IN
    (SELECT unnest(v.titles) FROM sen.birthright_version v WHERE v.rule_id = $1)`, id))[0][0]);
  // Before saving: the exact differences, page by page; nothing of it stays.
  const seen = new Set();
  let next = '';
  for (let page = 0; page < 3; page += 1) {
    const answer = await call(chief, 'GET', `/rules/${id}/preview?limit=200${next ? `&after=${next}` : ''}`);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.added, expected);
    for (const change of answer.json.changes) seen.add(`${change.employee_code}/${change.unit}/${change.valid_from}`);
    next = answer.json.next;
    if (!next) break;
  }
  assert.ok(seen.size >= Math.min(expected, 550), `${seen.size} of ${expected}`);
  assert.equal((await sql('SELECT count(*) FROM sen.access_grant WHERE rule_id = $1', id))[0][0], '0');
  const released = await call(second, 'POST', `/rules/${id}/release`, {}, 1);
  assert.equal(released.status, 200, released.text);
  assert.equal(released.json.added, expected);
  await until('every binding settled', settled(id), 300000);
  const sample = await sql(`SELECT DISTINCT g.account_id FROM sen.access_grant g JOIN sen.live_grant l ON l.id = g.id JOIN sen.account a ON a.id = g.account_id AND a.status IN ('pending', 'active')
    WHERE g.rule_id = $1 AND NOT EXISTS (SELECT FROM sen.access_grant x WHERE x.account_id = g.account_id AND x.rule_id IS DISTINCT FROM g.rule_id) LIMIT 25`, id);
  assert.ok(sample.length > 0);
  for (const [account] of sample) {
    const [user] = await scimUsers(env, `externalId eq "${account}"`);
    assert.ok(user?.active && user.roles.some((role) => role.value === p02.role), account);
  }
  // Why: the rule, its version, who released it, the post.
  const [[login]] = await sql('SELECT login FROM sen.account WHERE id = $1', sample[0][0]);
  const why = await call(chief, 'GET', `/explain?login=${login}&platform=P02&role=${p02.role}`);
  assert.equal(why.json.has, true, why.text);
  assert.equal(why.json.because[0].rule.released_by, second.login);
  assert.ok(chosen.includes(why.json.because[0].post.title));
  assert.match(await senctl(env, ['explain', login, '--platform', 'P02', '--role', p02.role]), /v1/);
  // What does a rule give cannot be revoked by hand: it would come again.
  const byHand = await chief.api('POST', '/grants/revoke', { login, platform: 'P02', reason: 'x' });
  assert.equal(byHand.json.revoked.length, 0);
  const [, version] = /"(\d+)"/.exec((await call(chief, 'GET', `/rules/${id}`)).headers.get('etag'));
  const retired = await call(chief, 'POST', `/rules/${id}/retire`, {}, version);
  assert.equal(retired.json.removed, expected);
  // So many at once wait for a second person; planners fill the hold a batch at a time.
  const held = () => chief.api('GET', '/holds?platform=P02&state=open').then(({ json }) => json.holds[0]);
  await until('held, all of them', async () => (await sql('SELECT count(*) FROM sen.dirty_account'))[0][0] === '0' && (await held())?.disable > 20, 60000);
  const own = await held();
  const release = (who, version) => call(who, 'POST', `/holds/${own.id}/release`, { reason: 'Bãi bỏ quy tắc' }, version);
  assert.equal((await release(chief, own.version)).json.code, 'four_eyes');
  assert.equal((await release(second, own.version)).status, 200);
  await until('carried out', async () => (await sql(`SELECT count(*) FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id WHERE p.code = 'P02' AND b.state = 6`))[0][0] === '0', 60000);
  await until('every binding settled', settled(id), 300000);
  for (const [account] of sample) assert.equal((await scimUsers(env, `externalId eq "${account}"`))[0].active, false);
  const not = await call(chief, 'GET', `/explain?login=${login}&platform=P02&role=${p02.role}`);
  assert.equal(not.json.has, false);
  assert.equal(not.json.formerly[0].revoke_reason, 'rule');
  assert.ok(not.json.why_not.includes('nothing_live'));
});

test('a request that is approved becomes an account; its history is whole', async () => {
  const employee = await employeeIn(commune);
  const filed = await file(asker, employee);
  assert.equal(filed.status, 201, filed.text);
  const { id } = filed.json;
  assert.equal((await call(approver, 'POST', `/requests/${id}/comments`, { text: 'Thiếu quyết định' })).status, 201);
  const inbox = await call(approver, 'GET', '/approvals?limit=200');
  assert.ok(inbox.json.approvals.some((item) => item.id === id), inbox.text);
  assert.ok(!(await call(asker, 'GET', '/approvals?limit=200')).json.approvals.some((item) => item.id === id), 'own request in the inbox');
  assert.equal((await call(asker, 'POST', `/requests/${id}/approve`, {}, 1)).json.code, 'four_eyes');
  assert.equal((await call(approver, 'POST', `/requests/${id}/approve`)).status, 428);
  assert.equal((await call(approver, 'POST', `/requests/${id}/approve`, {}, 9)).status, 412);
  const approved = await call(approver, 'POST', `/requests/${id}/approve`, { text: 'Đồng ý' }, 1);
  assert.equal(approved.json.state, 'granted', approved.text);
  const [[account]] = await sql('SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = $1', employee);
  await until('the account on P02', async () => (await scimUsers(env, `externalId eq "${account}"`))[0]?.active, 60000);
  const whole = await call(asker, 'GET', `/requests/${id}`);
  assert.deepEqual(whole.json.history.map((event) => event.kind), ['filed', 'comment', 'approved']);
});

test('50 approvals at once are one grant', async () => {
  const filed = await file(asker, await employeeIn(commune));
  const { id } = filed.json;
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call([approver, second, chief][i % 3], 'POST', `/requests/${id}/approve`, {}, 1)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1, answers.map((a) => a.status).join());
  for (const answer of answers) assert.ok([200, 409, 412].includes(answer.status), answer.text);
  assert.equal((await sql('SELECT count(*) FROM sen.access_grant WHERE request_id = $1', id))[0][0], '1');
});

test('nobody asks, approves or looks beyond their scope', async () => {
  const outside = await file(asker, await employeeIn(other));
  assert.ok([403, 404].includes(outside.status), outside.text);
  const theirs = await file(second, await employeeIn(other));
  assert.equal(theirs.status, 201, theirs.text);
  assert.equal((await call(asker, 'GET', `/requests/${theirs.json.id}`)).status, 404);
  assert.equal((await call(approver, 'POST', `/requests/${theirs.json.id}/approve`, {}, 1)).status, 403);
  for (const list of ['/requests', '/approvals']) {
    const answer = await call(approver, 'GET', `${list}?limit=200`);
    assert.ok(!answer.text.includes(theirs.json.id), list);
  }
  // For themself.
  assert.equal((await file(asker, asker.person.employeeCode)).json.code, 'self_grant');
  // A role beyond the cap, and one not named.
  const capped = await administratorOf(commune, ['read', 'grant', 'approve', 'delegate'], { max_sensitivity: 'low' });
  const [[rank]] = await sql(`SELECT sensitivity FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND r.code = $1`, p02.role);
  const beyond = await file(capped, await employeeIn(commune));
  assert.equal(beyond.status, rank === 'low' ? 201 : 403, beyond.text);
  // Nor may it hand on more than it has.
  const more = await call(capped, 'POST', '/admin-scopes', { login: approver.login, unit: commune, platform: 'P02', rights: ['read', 'grant'] });
  assert.equal(more.status, 403, more.text);
});

test('what needs approval is asked for, not given; and handed on by two', async () => {
  const [[sensitive]] = await sql(`SELECT r.code FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND r.sensitivity = 'high' ORDER BY 1 LIMIT 1`);
  const employee = await employeeIn(commune);
  const row = { employee_code: employee, platform: 'P02', role: sensitive, basis };
  const direct = await call(chief, 'POST', '/grants', row);
  assert.deepEqual([direct.status, direct.json.code], [403, 'approval_needed'], direct.text);
  assert.match(direct.json.detail, /senctl request/);
  const bulk = await call(chief, 'POST', '/grants/bulk', { grants: [row, { ...row, role: p02.role }] });
  assert.deepEqual(bulk.json.results.map((result) => result.problem?.code ?? result.result), ['approval_needed', 'granted'], bulk.text);
  const asked = await file(asker, employee, { role: sensitive });
  assert.equal(asked.json.stages, 2, asked.text);
  // Who opens a policy does not use it; against the state that was seen.
  const policy = { platform: 'P02', role: sensitive, stages: 2, stage_days: 5, end_required: false, direct: true };
  assert.equal((await call(chief, 'POST', '/grant-policies', policy, 7)).status, 412);
  const opened = await call(chief, 'POST', '/grant-policies', policy, 0);
  assert.equal(opened.json.direct, true, opened.text);
  assert.equal((await call(chief, 'POST', '/grants', row)).json.code, 'approval_needed');
  assert.equal((await call(second, 'POST', '/grants', row)).status, 201);
  assert.equal((await call(chief, 'POST', '/grant-policies', { ...policy, direct: false }, opened.json.version)).status, 200);

  // Nor does one alone make somebody who may.
  const gift = { login: (await official(p02)).login, unit: commune, rights: ['read', 'approve'] };
  const first = await call(chief, 'POST', '/admin-scopes', gift);
  assert.deepEqual([first.status, first.json.asked_by], [202, chief.login], first.text);
  assert.equal((await call(chief, 'POST', '/admin-scopes', gift)).status, 202);
  const waiting = (await call(second, 'GET', '/admin-scopes-waiting?limit=200')).json.scopes;
  assert.ok(waiting.some(({ id, asked_by: by }) => id === first.json.id && by === chief.login));
  const given = await call(second, 'POST', '/admin-scopes', gift);
  assert.deepEqual([given.status, given.json.granted_by], [201, chief.login], given.text);
  const refused = await call(chief, 'POST', '/admin-scopes', { ...gift, unit: other });
  assert.equal((await call(second, 'POST', `/admin-scopes/${refused.json.id}/revoke`, {})).json.changed, true);
  assert.equal((await call(second, 'POST', '/admin-scopes', { ...gift, unit: other })).status, 202, 'what was dropped waits for nobody');
});

test('a deputy without a scope decides while the principal is on leave', async () => {
  const principal = await administratorOf(commune, ['read', 'approve']), stand = await official(p02);
  await sql(`UPDATE sen.post SET unit_id = (SELECT id FROM sen.unit WHERE code = $2) WHERE person_id IN (SELECT person_id FROM sen.account WHERE login = $1)`, stand.login, commune);
  const deputy = new Administrator(stand.agent, stand.login, stand.password);
  const [[today, later]] = await sql('SELECT sen.today(), sen.today() + 20');
  assert.equal((await call(deputy, 'GET', '/approvals')).json.approvals.length, 0);
  const named = await call(principal, 'POST', '/deputies', { principal: principal.login, deputy: stand.login, valid_from: today, valid_to: later, basis });
  assert.equal(named.status, 201, named.text);
  const leave = await call(chief, 'POST', `/persons/${principal.person.employeeCode}/movements`, { kind: 'leave', decision_no: '15/QĐ-UBND', decision_on: today, signer: 'Trần Văn Bình',
    reason: 'Nghỉ phép', effective_on: today, until: later });
  assert.equal(leave.status, 201, leave.text);
  const { id } = (await file(asker, await employeeIn(commune))).json;
  assert.ok((await call(deputy, 'GET', '/approvals?limit=200')).json.approvals.some((item) => item.id === id));
  const done = await call(deputy, 'POST', `/requests/${id}/approve`, {}, 1);
  assert.equal(done.json.state, 'granted', done.text);
  const { history } = (await call(deputy, 'GET', `/requests/${id}`)).json;
  assert.ok(history.some(({ by, instead_of: instead }) => by === stand.login && instead === principal.login));
});

test('an emergency: two persons, a few hours, and a third who looks at it', async () => {
  const asked = await call(asker, 'POST', '/emergency-grants', { employee_code: await employeeIn(commune), platform: 'P02', role: p02.role, reason: 'Bão', hours: 6 });
  assert.equal(asked.status, 201, asked.text);
  const { id } = asked.json;
  assert.equal((await call(asker, 'POST', `/emergency-grants/${id}/release`, {}, 1)).json.code, 'four_eyes');
  const released = await call(approver, 'POST', `/emergency-grants/${id}/release`, {}, 1);
  assert.equal(released.json.state, 'released', released.text);
  const open = await call(second, 'GET', '/emergency-grants?state=to_review&limit=200');
  assert.ok(open.json.emergency_grants.some((item) => item.id === id));
  assert.equal((await call(second, 'POST', `/emergency-grants/${id}/review`, { conclusion: 'unjustified', note: 'Không cần' }, 2)).json.revoked, 1);
  assert.equal((await call(asker, 'POST', '/emergency-grants', { employee_code: await employeeIn(commune), platform: 'P02', role: p02.role, reason: 'Bão', hours: 73 })).status, 422);
});

test('a review: silence suspends, and the token with it', async () => {
  const person = await official(p02);
  const tokens = await tokensFor(person.agent, p02);
  const campaign = await call(second, 'POST', '/access-reviews', { code: codeOf('RS'), name: 'Rà soát 6 tháng', kind: 'grants', unit: root, platform: 'P02',
    deadline: '2099-01-01', no_answer: 'suspend' });
  assert.equal(campaign.status, 201, campaign.text);
  const { id } = campaign.json;
  await senctl(env, ['review', 'advance', id]);
  const progress = await call(second, 'GET', `/access-reviews/${id}`);
  assert.equal(progress.json.state, 'open', progress.text);
  assert.ok(progress.json.unanswered > 0);
  const [[item]] = await sql('SELECT id FROM sen.review_item WHERE campaign_id = $1 AND account_id = $2', id, person.id);
  assert.equal((await introspectAs(p02, tokens.access_token)).active, true);
  await sql(`UPDATE sen.access_grant SET suspended_at = now() WHERE account_id = $1 AND id = (SELECT grant_id FROM sen.review_item WHERE campaign_id = $2 AND id = $3)`, person.id, id, item);
  assert.deepEqual(await introspectAs(p02, tokens.access_token), { active: false });
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(second, 'POST', `/access-reviews/${id}/items/${item}`, { decision: 'keep' })));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  assert.equal((await call(chief, 'GET', `/explain?login=${person.login}&platform=P02&role=${p02.role}`)).json.has, true);
  // Nobody reviews their own.
  const [[own]] = await sql(`SELECT i.id FROM sen.review_item i JOIN sen.account a ON a.id = i.account_id WHERE i.campaign_id = $1 AND a.login = $2`, id, second.login);
  assert.equal((await call(second, 'POST', `/access-reviews/${id}/items/${own}`, { decision: 'keep' })).json.code, 'self_grant');
  await sql(`UPDATE sen.review_campaign SET no_answer = 'keep', deadline = now() WHERE id = $1`, id);
  await sql(`UPDATE sen.access_grant SET suspended_at = NULL WHERE suspended_at IS NOT NULL`);
  await senctl(env, ['review', 'advance', id]);
});

test('who had what on a day; lists page by page, whatever is sent', async () => {
  const pages = new Set();
  let next;
  do {
    const answer = await call(approver, 'GET', `/grants?platform=P02&limit=3${next ? `&after=${next}` : ''}`);
    assert.equal(answer.status, 200, answer.text);
    for (const item of answer.json.grants) {
      assert.ok(!pages.has(item.id));
      pages.add(item.id);
    }
    next = answer.json.next;
  } while (next && pages.size < 30);
  assert.ok(pages.size > 0);
  assert.equal((await call(approver, 'GET', '/grants?on=2020-01-01')).json.grants.length, 0);
  assert.equal((await call(approver, 'GET', '/grants?on=2099-01-01')).status, 422);
  for (const after of ['x', 'W10', 'WyJhIiwiYiJd', 'WyIxIiwieCJd', encodeURIComponent("';--")])
    for (const list of ['grants', 'requests', 'approvals', 'rules', 'deputies', 'duty-violations', 'access-reviews', 'emergency-grants'])
      assert.ok([200, 400, 422].includes((await call(approver, 'GET', `/${list}?after=${after}`)).status), `${list} ${after}`);
  for (const path of ['requests/x/approve', 'rules/1/release', 'emergency-grants/-/release', 'access-reviews/y/advance'])
    assert.equal((await call(chief, 'POST', `/${path}`, {}, 1)).status, 404, path);
});

test('what would change if: a post that ends, one that begins', async () => {
  const draft = await call(chief, 'POST', '/rules', { code: codeOf('PX'), name: 'Phường', basis, unit: commune, roles: [`P02/${p02.role}`] });
  assert.equal((await call(second, 'POST', `/rules/${draft.json.id}/release`, {}, 1)).status, 200);
  const employee = await employeeIn(other);
  const begun = await call(second, 'POST', '/explain/post-change', { employee_code: employee, unit: commune, title: 'Công chức', kind: 'concurrent' });
  assert.equal(begun.status, 200, begun.text);
  assert.ok(begun.json.changes.some((change) => change.change === 'add' && change.employee_code === employee), begun.text);
  assert.equal((await sql(`SELECT count(*) FROM sen.post WHERE decision_no = 'supposed'`))[0][0], '0');
  const [[version]] = await sql('SELECT version FROM sen.birthright_rule WHERE id = $1', draft.json.id);
  assert.equal((await call(chief, 'POST', `/rules/${draft.json.id}/retire`, {}, version)).status, 200);
});

test('duties that exclude each other are not brought together by any route', async () => {
  const roles = await sql(`SELECT r.code FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND r.code <> $1
    AND r.sensitivity IN ('low', 'normal') ORDER BY r.code LIMIT 1`, p02.role);
  const rival = roles[0][0];
  const employee = await freshEmployee();
  assert.equal((await chief.api('POST', '/grants', { employee_code: employee, platform: 'P02', role: p02.role, basis })).status, 201);
  const duty = await call(chief, 'POST', '/duty-rules', { code: codeOf('TN'), name: 'Bất kiêm nhiệm', platform_a: 'P02', role_a: p02.role, platform_b: 'P02', role_b: rival,
    within: 'unit', severity: 'block', basis });
  assert.equal(duty.status, 201, duty.text);
  try {
    for (const answer of [await chief.api('POST', '/grants', { employee_code: employee, platform: 'P02', role: rival, basis }), await file(second, employee, { role: rival })])
      assert.equal(answer.json.code, 'separation_of_duties', answer.text);
  } finally {
    assert.equal((await call(chief, 'POST', `/duty-rules/${duty.json.id}/retire`, {}, 1)).status, 200);
  }
});

// Also who has an account already: those without are few by now.
const anybodyIn = async (unit) => (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.standing_post o ON o.person_id = p.id JOIN sen.unit c ON c.code = $1
  AND starts_with(o.path, c.path) LEFT JOIN sen.account a ON a.person_id = p.id AND a.kind = 'operational' WHERE coalesce(a.status, 'active') IN ('pending', 'active')
  AND p.employee_code NOT IN ($2, $3) AND NOT EXISTS (SELECT FROM sen.access_request q WHERE q.person_id = p.id AND q.state = 'open')
  AND NOT EXISTS (SELECT FROM sen.admin_scope s WHERE s.account_id = a.id) ORDER BY md5(p.employee_code) LIMIT 1`,
unit, asker.person.employeeCode, approver.person.employeeCode))[0][0];

test('what one has to know is told, read and acknowledged; and the same by senctl', async () => {
  const asked = await call(asker, 'POST', '/emergency-grants', { employee_code: await anybodyIn(commune), platform: 'P02', role: p02.role, reason: 'Lũ', hours: 2 });
  assert.equal((await call(approver, 'POST', `/emergency-grants/${asked.json.id}/release`, {}, 1)).status, 200);
  const [notice] = (await call(asker, 'GET', '/notices?state=unread')).json.notices.filter((item) => item.about.emergency === asked.json.id);
  assert.equal(notice.kind, 'emergency_released');
  assert.equal((await call(approver, 'POST', `/notices/${notice.id}/acknowledge`)).status, 404);
  assert.equal((await call(asker, 'POST', `/notices/${notice.id}/read`)).status, 200);
  assert.equal((await call(asker, 'POST', `/notices/${notice.id}/acknowledge`)).status, 200);
  const again = await call(asker, 'POST', `/notices/${notice.id}/acknowledge`);
  assert.deepEqual([again.status, again.json.code], [409, 'wrong_state']);
  // The text says which state it is.
  assert.ok(again.json.detail.includes('acknowledged'), again.text);
  assert.ok(!(await call(asker, 'GET', '/notices?state=open&limit=200')).json.notices.some((item) => item.id === notice.id));
  assert.equal((await call(asker, 'GET', '/notices?state=all')).status, 422);
  // A request that waits reaches who decides, by the provisioner.
  const filed = await file(asker, await anybodyIn(commune));
  assert.equal(filed.status, 201, filed.text);
  await until('the notice of a request', async () => (await call(approver, 'GET', '/notices?limit=200')).json.notices
    .some((item) => item.kind === 'request_waiting' && item.about.request === filed.json.id), 90000);
  for (const words of [['notices', 'list', '--state', 'open'], ['deputy', 'list'], ['emergency', 'list', '--state', 'to_review'], ['duty', 'list'], ['duty', 'violations'],
    ['duty', 'exceptions'], ['policy', 'list'], ['platform-list', 'list'], ['document', 'list'], ['guidance', 'list', 'P02'], ['had', 'list', '--on', '2026-01-01', '--platform', 'P02']]) await senctl(env, words);
  const seen = JSON.parse(await senctl(env, ['--json', 'what-if', 'unit', '--unit', commune, '--kind', 'ward']));
  assert.ok(Array.isArray(seen.changes));
  assert.match(await senctl(env, ['emergency', 'list']), new RegExp(asked.json.id));
});

test('the scopes of an account are shown with their roles and their cap', async () => {
  const capped = await administratorOf(commune, ['read', 'grant'], { platform: 'P02', roles: [p02.role], max_sensitivity: 'low' });
  const { scopes } = (await call(chief, 'GET', `/accounts/${capped.login}`)).json;
  assert.deepEqual(scopes.map((scope) => [scope.roles, scope.max_sensitivity]), [[[`P02/${p02.role}`], 'low']]);
});
