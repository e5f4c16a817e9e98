// What a source could do to us with a token that it rightly has: memory, time, connections, what it may not see, and how many it may stop.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import { GROUP, OFF, PATCH, USER, feedMaker } from './lib/feeds.mjs';
import { administrator, freshEmployee, sql } from './lib/world.mjs';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const mark = randomUUID().slice(0, 6);
let feed, hr, unit, division, serial = 0;

const user = (more = {}) => { serial += 1; return { schemas: [USER], userName: `a${serial}.${mark}@attack.example`, ...more }; };
const texts = (n, length) => Array.from({ length: n }, (_, i) => ({ value: `${i}${'x'.repeat(length)}` }));
const timed = async (make) => {
  const start = performance.now(), value = await make();
  return [value, performance.now() - start];
};

before(async () => {
  [[unit, division]] = await sql(`SELECT c.code, d.code FROM sen.unit c JOIN sen.unit d ON d.parent_id = c.id AND d.kind = 'division' WHERE c.kind IN ('commune', 'ward') ORDER BY 1 DESC, 2 OFFSET 20 LIMIT 1`);
  feed = feedMaker(await administrator(), await freshEmployee());
  hr = await feed(`atk-${mark}`, unit, { default_unit: division, default_title: 'Chuyên viên', default_kind: 'cong_chuc', rate_per_s: 10000 });
});

test('a resource has an end: 64 KiB by POST, and by one PATCH after the other', async () => {
  await hr.bad(413, undefined, 'POST', '/Users', user({ photos: texts(4, 18000) }));
  const one = await hr.good(201, 'POST', '/Users', user({ photos: texts(3, 18000) }));
  await hr.bad(413, undefined, 'PATCH', `/Users/${one.id}`, { schemas: [PATCH], Operations: [{ op: 'add', path: 'x509Certificates', value: texts(1, 18000) }] });
  assert.equal((await hr.good(200, 'GET', `/Users/${one.id}`)).x509Certificates, undefined);
});

test('a page of large resources is shorter than asked for, and none is lost', async () => {
  const nickName = `large-${mark}`;
  for (let i = 0; i < 30; i += 1) await hr.good(201, 'POST', '/Users', user({ nickName, photos: texts(3, 18000) }));
  const filter = `nickName eq "${nickName}"`, byIndex = [], byCursor = [];
  for (let page; !page || byIndex.length < page.totalResults;) {
    page = await hr.find(filter, `&startIndex=${byIndex.length + 1}&count=500`);
    assert.equal(page.totalResults, 30);
    assert.ok(page.itemsPerPage > 0 && page.itemsPerPage < 30, `${page.itemsPerPage} in one page`);
    byIndex.push(...page.Resources.map((r) => r.id));
  }
  for (let cursor = ''; cursor !== undefined;) {
    const page = await hr.find(filter, `&count=500&cursor=${encodeURIComponent(cursor)}`);
    byCursor.push(...page.Resources.map((r) => r.id));
    cursor = page.nextCursor;
  }
  assert.deepEqual([new Set(byIndex).size, new Set(byCursor).size, byIndex.length, byCursor.length], [30, 30, 30, 30]);
});

test('a PATCH that compares without end is too much, and soon', async () => {
  const one = await hr.good(201, 'POST', '/Users', user({ emails: texts(900, 50) }));
  const path = `emails[${Array.from({ length: 60 }, (_, i) => `value eq "n${i}"`).join(' or ')} or value pr].display`;
  const [, ms] = await timed(() => hr.badPatch(400, 'tooMany', one.id, ...Array(100).fill({ op: 'replace', path, value: 'y' })));
  const [, again] = await timed(() => hr.badPatch(400, 'tooMany', one.id, ...Array(12).fill({ op: 'add', path: 'emails', value: texts(900, 25) })));
  const [, gone] = await timed(() => hr.badPatch(400, 'tooMany', one.id, ...Array(12).fill({ op: 'remove', path: 'emails', value: texts(900, 25).map((e) => ({ value: `n${e.value}` })) })));
  assert.ok(ms < 1500 && again < 1500 && gone < 1500, `${ms} ms, ${again} ms, ${gone} ms`);
  assert.equal((await hr.good(200, 'GET', `/Users/${one.id}`)).emails.length, 900);
});

test('a Bulk whose operations wait for each other backwards ends in time', async () => {
  const n = 500;
  const Operations = Array.from({ length: n }, (_, i) => ({ method: 'POST', path: '/Groups', bulkId: `b${i}`,
    data: { schemas: [GROUP], displayName: `${mark} ${i}`, externalId: i + 1 < n ? `bulkId:b${i + 1}` : 'bulkId:none', names: Array(60).fill(`bulkId:b${i + 1}`) } }));
  const [answer, ms] = await timed(() => hr.good(200, 'POST', '/Bulk', { schemas: [BULK], Operations }));
  assert.ok(answer.Operations.every((o) => o.status === '400'), JSON.stringify(answer.Operations[0]));
  assert.ok(ms < 2000, `${ms} ms`);
});

test('two Bulks at once: sign-ins wait for the same threads', async () => {
  const body = { schemas: [BULK], Operations: Array.from({ length: 300 }, () => ({ method: 'DELETE', path: `/Users/${randomUUID()}` })) };
  const answers = await Promise.all(Array.from({ length: 6 }, () => hr.call('POST', '/Bulk', body)));
  const statuses = answers.map((a) => a.status);
  assert.ok(statuses.includes(200) && statuses.includes(429) && statuses.every((s) => s === 200 || s === 429), statuses.join());
  assert.equal(answers.find((a) => a.status === 429).headers.get('retry-after'), '2');
  assert.ok(answers.find((a) => a.status === 200).json.Operations.every((o) => o.status === '404'));
});

test('names of attributes are resolved once, not for each value of each resource', async () => {
  const names = Array.from({ length: 100 }, () => 'emails.display').join();
  const [page, ms] = await timed(() => hr.good(200, 'GET', `/Users?count=500&attributes=${names}`));
  assert.ok(page.itemsPerPage > 0 && ms < 1000, `${ms} ms`);
});

test('who is not the authority of personal data does not read or search it', async () => {
  const whole = await feed(`per-${mark}`, unit, { default_unit: division, default_title: 'Chuyên viên', default_kind: 'cong_chuc' });
  const blind = await feed(`bli-${mark}`, unit, { authority: ['names', 'posts', 'active'], default_unit: division, default_title: 'Chuyên viên', default_kind: 'cong_chuc' });
  const seen = await whole.good(201, 'POST', '/Users', user({ [OFF]: { birthDate: '1990-02-03', sex: 'female' } }));
  assert.deepEqual([seen[OFF].birthDate, seen[OFF].sex], ['1990-02-03', 'female']);
  assert.equal((await whole.find(`${OFF}:birthDate eq "1990-02-03"`)).totalResults, 1);
  const one = await blind.good(201, 'POST', '/Users', user());
  await sql('UPDATE sen.person SET birth_date = $2, sex = $3 WHERE id = $1', one.id, '1991-03-04', 'male');
  const got = await blind.good(200, 'GET', `/Users/${one.id}`);
  assert.deepEqual([got[OFF].birthDate, got[OFF].sex], [undefined, undefined]);
  for (const filter of [`${OFF}:birthDate sw "1991"`, `title pr or not (${OFF}:sex eq "male")`]) await blind.bad(400, 'invalidFilter', 'GET', `/Users?filter=${encodeURIComponent(filter)}`);
  await blind.bad(400, 'invalidPath', 'GET', `/Users?sortBy=${OFF}:birthDate`);
});

// Six people of a new source, of whom it may stop two.
async function guarded(code, attack) {
  const held = await feed(code, unit, { default_unit: division, default_title: 'Nhân viên', default_kind: 'vien_chuc' });
  const users = [];
  for (let i = 0; i < 6; i += 1) users.push(await held.good(201, 'POST', '/Users', user()));
  const [[n, percent]] = await sql('SELECT vanished_max_n, vanished_max_percent FROM sen.personnel_policy');
  await sql('UPDATE sen.personnel_policy SET vanished_max_n = 2, vanished_max_percent = 2');
  try {
    await attack(held, users);
  } finally {
    await sql('UPDATE sen.personnel_policy SET vanished_max_n = $1, vanished_max_percent = $2', n, percent);
  }
}

test('who has no post any more does not work here: the guard counts main posts that end', async () => {
  const tomorrow = new Date(Date.now() + 7 * 3600000 + 86400000).toISOString().slice(0, 10);
  await guarded(`end-${mark}`, async (held, users) => {
    const statuses = [];
    for (const one of users) {
      const [post] = one[OFF].posts;
      const answer = await held.call('PATCH', `/Users/${one.id}`, { schemas: [PATCH], Operations: [{ op: 'replace', path: `${OFF}:posts`, value: [{ ...post, validTo: tomorrow }] }] });
      statuses.push(answer.status);
    }
    assert.deepEqual(statuses, [200, 200, 409, 409, 409, 409]);
    // Said again it is no further end, and another post instead is none.
    const [post] = users[0][OFF].posts;
    await held.patch(users[0].id, { op: 'replace', path: `${OFF}:posts`, value: [{ ...post, validTo: tomorrow }] });
    await held.patch(users[5].id, { op: 'replace', path: `${OFF}:posts`, value: [{ ...users[5][OFF].posts[0], title: 'Chuyên viên chính' }] });
  });
});

test('a Bulk stops no more people than single requests', async () => {
  await guarded(`hel-${mark}`, async (held, users) => {
    const { Operations } = await held.good(200, 'POST', '/Bulk', { schemas: [BULK], Operations: users.map((u, i) => (i % 2 ? { method: 'DELETE', path: `/Users/${u.id}` } :
      { method: 'PATCH', path: `/Users/${u.id}`, data: { schemas: [PATCH], Operations: [{ op: 'replace', path: 'active', value: false }] } })) });
    assert.deepEqual(Operations.map((o) => o.status), ['200', '204', '409', '409', '409', '409']);
  });
});

test('nobody is in more groups than an answer shows', async () => {
  const one = await hr.good(201, 'POST', '/Users', user());
  const [[id]] = await sql('SELECT id FROM sen.feed WHERE code = $1', hr.code);
  await sql(`WITH g AS (INSERT INTO sen.feed_group (feed_id, id, display_name, display_fold) SELECT $1, gen_random_uuid(), 'm' || i, 'm' || i FROM generate_series(1, 250) i RETURNING feed_id, id)
    INSERT INTO sen.feed_member (feed_id, group_id, person_id) SELECT feed_id, id, $2 FROM g`, id, one.id);
  await hr.bad(400, 'tooMany', 'POST', '/Groups', { schemas: [GROUP], displayName: `full ${mark}`, members: [{ value: one.id }] });
  assert.equal((await hr.good(200, 'GET', `/Users/${one.id}`)).groups.length, 250);
});

test('a group with more members than an answer shows is renamed, and its members are not read for it', async () => {
  const [[id]] = await sql('SELECT id FROM sen.feed WHERE code = $1', hr.code);
  const group = await hr.good(201, 'POST', '/Groups', { schemas: [GROUP], displayName: `big ${mark}` });
  try {
    await sql(`WITH p AS (INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold) SELECT gen_random_uuid(), 'BIG${mark}.' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(1, 8001) i RETURNING id)
      , u AS (INSERT INTO sen.feed_user (feed_id, person_id, user_name, user_fold, active, attrs, search) SELECT $1, id, id, id, true, '{}', '{}' FROM p)
      INSERT INTO sen.feed_member (feed_id, group_id, person_id) SELECT $1, $2, id FROM p`, id, group.id);
    await hr.bad(400, 'tooMany', 'GET', `/Groups/${group.id}`);
    const [[before]] = await sql('SELECT count(*) FROM sen.feed_group WHERE feed_id = $1 AND gone_at IS NULL AND id <> $2', id, group.id);
    const page = await hr.good(200, 'GET', '/Groups?count=500');
    assert.deepEqual([page.totalResults, page.itemsPerPage], [Number(before) + 1, Number(before)], 'a page ends before what it has no room for');
    const put = await hr.good(200, 'PUT', `/Groups/${group.id}`, { schemas: [GROUP], displayName: `big two ${mark}` });
    assert.deepEqual([put.displayName, put.members], [`big two ${mark}`, undefined]);
    await hr.good(204, 'PATCH', `/Groups/${group.id}`, { schemas: [PATCH], Operations: [{ op: 'replace', path: 'displayName', value: `big three ${mark}` }] });
    assert.equal((await hr.good(200, 'GET', `/Groups/${group.id}?excludedAttributes=members`)).displayName, `big three ${mark}`);
    await sql(`DELETE FROM sen.feed_member WHERE group_id = $1 AND person_id IN (SELECT person_id FROM sen.feed_member WHERE group_id = $1 LIMIT 1)`, group.id);
    assert.equal((await hr.good(200, 'GET', `/Groups/${group.id}`)).members.length, 8000, 'as many as an answer shows are shown');
  } finally {
    await sql(`DELETE FROM sen.feed_member WHERE group_id = $1`, group.id);
    await sql(`DELETE FROM sen.feed_user WHERE feed_id = $1 AND person_id IN (SELECT id FROM sen.person WHERE employee_code LIKE 'BIG${mark}.%')`, id);
    // Nothing refers to them any more; eight thousand checks of that take long.
    await sql(`SET session_replication_role = replica; DELETE FROM sen.person WHERE employee_code LIKE 'BIG${mark}.%'`);
  }
});

test('searches that take long: one at a time for a source, and charged for', async () => {
  const slow = await feed(`slo-${mark}`, unit, { rate_per_s: 5 });
  const [[id]] = await sql('SELECT id FROM sen.feed WHERE code = $1', slow.code);
  // Nobody reads users for a while; the slot is taken at first, as if another long search were at work.
  const during = async (first) => {
    const lock = sql(`BEGIN; ${first} LOCK TABLE sen.feed_user IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.5); COMMIT`);
    for (let n = '0'; n === '0';) [[n]] = await sql(`SELECT count(*) FROM pg_locks WHERE relation = 'sen.feed_user'::regclass AND mode = 'AccessExclusiveLock' AND granted`);
    const answer = await slow.call('GET', '/Users?count=1');
    await lock;
    return answer;
  };
  const refused = await during(`SELECT pg_advisory_xact_lock(hashtextextended('scim_search ${id}', 0));`);
  assert.equal(refused.status, 429, refused.text);
  assert.equal(refused.headers.get('retry-after'), '5');
  const [[left]] = await sql('SELECT tokens FROM sen.feed_rate WHERE feed_id = $1', id);
  assert.equal(Number(left), 4, 'of nine that were left a second\'s worth of five');
  const late = await during('');
  assert.equal(late.status, 200, late.text);
});
