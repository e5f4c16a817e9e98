// An HR system states who should exist: the inbound SCIM 2.0 service, as a source, an administrator and an attacker see it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import { senctl, senctlLogin } from '../../deploy/driver/world.mjs';
import { BASE, ENT, GROUP, OFF, PATCH, Source, USER, feedMaker } from './lib/feeds.mjs';
import { Administrator, administrator, env, freshEmployee, official, p02, p03, sql } from './lib/world.mjs';

const day = (days) => new Date(Date.now() + 7 * 3600000 + days * 86400000).toISOString().slice(0, 10);
const mark = randomUUID().slice(0, 6);

let hr, other, plain, unit, division, elsewhere, admin, answerable, feed;
let serial = 0;

const person = (extra = {}, posts = undefined) => {
  const n = ++serial, code = `HR${mark}.${n}`;
  return {
    schemas: [USER, ENT, OFF], userName: `${code}@hr.example`, externalId: `x-${mark}-${n}`, userType: 'cong_chuc',
    name: { familyName: 'Nguyễn', middleName: 'Thị', givenName: `Ánh ${n}` }, emails: [{ value: `A${n}.${mark}@Example.vn`, type: 'work', primary: true }],
    [ENT]: { employeeNumber: code, costCenter: 'CC1' },
    [OFF]: { birthDate: '1990-02-03', sex: 'female', posts: posts ?? [{ unit: division, title: 'Chuyên viên', kind: 'main', validFrom: day(-100), decisionNumber: '15/QĐ-UBND' }] },
    ...extra,
  };
};
const create = (source, extra, posts) => source.good(201, 'POST', '/Users', person(extra, posts));
const stateOf = async (id) => (await sql('SELECT sen.person_state($1)', id))[0][0];
const accountsOf = async (id) => (await sql('SELECT status FROM sen.account WHERE person_id = $1', id)).map(([s]) => s);

before(async () => {
  admin = await administrator();
  [[unit], [elsewhere]] = await sql(`SELECT code FROM sen.unit WHERE kind IN ('commune', 'ward') AND id IN (SELECT parent_id FROM sen.unit WHERE kind = 'division') ORDER BY code LIMIT 2`);
  [[division]] = await sql(`SELECT code FROM sen.unit WHERE parent_id = (SELECT id FROM sen.unit WHERE code = $1) ORDER BY code LIMIT 1`, unit);
  answerable = await freshEmployee();
  feed = feedMaker(admin, answerable);
  hr = await feed(`hr-${mark}`, unit);
  other = await feed(`other-${mark}`, elsewhere);
  plain = await feed(`plain-${mark}`, unit, { default_unit: division, default_title: 'Chuyên viên', default_kind: 'cong_chuc' });
});

test('discovery needs no token and says the truth', async () => {
  const open = new Source();
  const config = await open.good(200, 'GET', '/ServiceProviderConfig');
  assert.deepEqual([config.patch.supported, config.bulk.supported, config.filter.supported, config.sort.supported, config.etag.supported, config.changePassword.supported],
    [true, true, true, true, true, false]);
  assert.deepEqual([config.pagination.cursor, config.pagination.index], [true, true]);
  const schemas = await open.good(200, 'GET', '/Schemas');
  assert.deepEqual(schemas.Resources.map((s) => s.id), [USER, ENT, OFF, GROUP]);
  assert.equal((await open.good(200, 'GET', `/Schemas/${OFF}`)).name, 'Official');
  assert.deepEqual((await open.good(200, 'GET', '/ResourceTypes')).Resources.map((t) => t.endpoint), ['/Users', '/Groups']);
  assert.equal((await open.good(200, 'GET', '/ResourceTypes/User')).schemaExtensions.length, 2);
  await open.bad(403, undefined, 'GET', '/Schemas?filter=id%20pr');
  await open.bad(404, undefined, 'GET', '/Schemas/urn:none');
  await open.bad(404, undefined, 'GET', '/ResourceTypes/Nothing');
});

test('without a token of a feed nothing is answered', async () => {
  const none = await new Source().bad(401, undefined, 'GET', '/Users');
  assert.match(none.headers.get('www-authenticate'), /^Bearer/);
  await new Source('senfeed_x').bad(401, undefined, 'GET', '/Users');
  await new Source(await admin.accessToken()).bad(401, undefined, 'GET', '/Users');
  await new Source().bad(401, undefined, 'GET', `/Users?access_token=${hr.token}`);
  await new Source().bad(401, undefined, 'POST', '/Bulk', {});
  const api = await fetch(`${env.SEN_API}/feeds`, { headers: { authorization: `Bearer ${hr.token}` } });
  assert.equal(api.status, 401, 'the token of a feed is none of the administration API');
});

test('a user is a person with posts and an account, made by the rules of personnel', async () => {
  const body = person();
  const answer = await hr.call('POST', '/Users', body);
  assert.equal(answer.status, 201, answer.text);
  const user = answer.json;
  assert.equal(answer.headers.get('location'), `${BASE}/Users/${user.id}`);
  assert.equal(answer.headers.get('content-type'), 'application/scim+json');
  assert.equal(user.meta.location, `${BASE}/Users/${user.id}`);
  assert.equal(answer.headers.get('etag'), user.meta.version);
  assert.deepEqual(user.schemas, [USER, ENT, OFF]);
  assert.equal(user.name.formatted, `Nguyễn Thị Ánh ${serial}`);
  assert.equal(user.active, true);
  assert.deepEqual(user[OFF].posts, [{ unit: division, title: 'Chuyên viên', kind: 'main', rank: 'staff', validFrom: day(-100), decisionNumber: '15/QĐ-UBND' }]);
  assert.equal(user[OFF].state, 'working');
  const [[kind, by]] = await sql('SELECT m.kind, a.login FROM sen.movement m JOIN sen.account a ON a.id = m.drawn_by WHERE m.person_id = $1', user.id);
  assert.deepEqual([kind, by], ['join', `f.hr-${mark}`]);
  assert.deepEqual(await accountsOf(user.id), ['pending']);
  assert.deepEqual(await hr.good(200, 'GET', `/Users/${user.id}`), user);
  const [[audited]] = await sql(`SELECT count(*) FROM sen.audit WHERE object = $1 AND action IN ('movement.join', 'feed.user.create')`, body[ENT].employeeNumber);
  assert.equal(audited, '2');
});

test('what is taken is taken: 409 uniqueness for userName, externalId, employee code', async () => {
  const first = person();
  await hr.good(201, 'POST', '/Users', first);
  await hr.bad(409, 'uniqueness', 'POST', '/Users', first);
  await hr.bad(409, 'uniqueness', 'POST', '/Users', { ...person(), userName: first.userName.toUpperCase() });
  await hr.bad(409, 'uniqueness', 'POST', '/Users', { ...person(), externalId: first.externalId });
  const code = { ...person(), [ENT]: { employeeNumber: first[ENT].employeeNumber } };
  await hr.bad(409, 'uniqueness', 'POST', '/Users', code);
  const [[n]] = await sql('SELECT count(*) FROM sen.person WHERE employee_code = $1', `HR${mark}.${serial}`);
  assert.equal(n, '0', 'a refused creation left a person behind');
});

test('bodies that cannot be are refused, each with its scimType', async () => {
  const cases = [
    [{ ...person(), schemas: [] }, 'invalidSyntax'], [{ ...person(), userName: undefined }, 'invalidValue'], [{ ...person(), userName: 7 }, 'invalidValue'],
    [{ ...person(), userType: 'king' }, 'invalidValue'], [{ ...person(), [OFF]: { birthDate: '1990-02-31', posts: person()[OFF].posts } }, 'invalidValue'],
    [{ ...person(), [ENT]: { employeeNumber: 'có dấu' } }, 'invalidValue'], [{ ...person(), [OFF]: {} }, 'invalidValue'],
    [person({}, [{ unit: 'no-such', title: 'X', kind: 'main', validFrom: day(0), decisionNumber: '1' }]), 'invalidValue'],
    [person({}, [{ unit: division, title: 'X', kind: 'acting', validFrom: day(0), decisionNumber: '1' }]), 'invalidValue'],
    [person({}, [{ unit: division, title: 'X', kind: 'main', validFrom: day(0) }]), 'invalidValue'],
    [{ ...person(), userName: 'a\u0007b' }, 'invalidValue'], [{ ...person(), USERNAME: 'b' }, 'invalidSyntax'],
  ];
  for (const [body, type] of cases) await hr.bad(400, type, 'POST', '/Users', body);
  await hr.bad(400, 'invalidSyntax', 'POST', '/Users', '{"a":1,"a":2}');
  await hr.bad(400, 'invalidSyntax', 'POST', '/Users', '[]');
  await hr.bad(400, 'invalidSyntax', 'POST', '/Users', '{');
  await hr.bad(415, undefined, 'POST', '/Users', '<xml/>', { 'content-type': 'application/xml' });
  await hr.bad(413, undefined, 'POST', '/Users', { ...person(), nickName: 'x'.repeat(600000) });
});

test('a source states only within its units', async () => {
  await other.bad(403, undefined, 'POST', '/Users', person());
  const mine = await create(hr);
  await other.bad(404, undefined, 'GET', `/Users/${mine.id}`);
  await other.bad(404, undefined, 'DELETE', `/Users/${mine.id}`);
  await other.bad(404, undefined, 'PATCH', `/Users/${mine.id}`, { schemas: [PATCH], Operations: [{ op: 'replace', path: 'active', value: false }] });
  assert.equal((await other.find(`externalId eq "${mine.externalId}"`)).totalResults, 0);
  assert.equal((await other.find(`userName eq "${mine.userName}"`)).totalResults, 0);
  // The employee code of a person of the other commune.
  await other.bad(409, 'uniqueness', 'POST', '/Users', { ...person(), [ENT]: mine[ENT] });
  // Moving somebody to a unit that is not its own.
  const [[outside]] = await sql(`SELECT code FROM sen.unit WHERE parent_id = (SELECT id FROM sen.unit WHERE code = $1) LIMIT 1`, elsewhere);
  await hr.badPatch(403, undefined, mine.id, { op: 'replace', path: `${OFF}:posts`, value: [{ unit: outside, title: 'X', kind: 'main', validFrom: day(0), decisionNumber: '1' }] });
  assert.equal((await hr.good(200, 'GET', `/Users/${mine.id}`))[OFF].posts[0].unit, division, 'a refused change was half done');
});

test('people who are on record are taken over by their employee code, once', async () => {
  const [[code, name]] = await sql(`SELECT p.employee_code, p.full_name FROM sen.person p JOIN sen.unit u ON u.id = sen.home_unit(p.id) JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%'
    WHERE NOT EXISTS (SELECT FROM sen.feed_user f WHERE f.person_id = p.id) AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    AND sen.person_state(p.id) = 'working' AND p.employee_code <> $2 ORDER BY p.employee_code LIMIT 1`, unit, answerable);
  const body = { schemas: [USER, ENT], userName: `adopted-${mark}`, name: { formatted: name }, userType: 'cong_chuc', [ENT]: { employeeNumber: code } };
  const user = await hr.good(201, 'POST', '/Users', body);
  assert.ok(user[OFF].posts.length >= 1, 'the posts on record are shown');
  const [[n]] = await sql('SELECT count(*) FROM sen.movement WHERE person_id = $1', user.id);
  assert.equal(n, '0', 'taking over moved somebody');
  await plain.bad(409, 'uniqueness', 'POST', '/Users', { ...body, userName: 'second' });
});

test('PUT replaces what may be replaced; what is left out of activity and posts stays', async () => {
  const user = await create(hr);
  const { id, meta, schemas, ...rest } = user;
  const same = await hr.good(200, 'PUT', `/Users/${id}`, { schemas, ...rest, id: 'ignored', meta: { version: 'x' } });
  assert.deepEqual(same, user, 'a PUT of what was read is no change');
  const next = await hr.good(200, 'PUT', `/Users/${id}`, { schemas: [USER], userName: user.userName, name: { familyName: 'Trần', givenName: 'Bình' } });
  assert.equal(next.name.formatted, 'Trần Bình');
  assert.equal(next.emails, undefined);
  assert.equal(next.externalId, undefined);
  assert.equal(next.active, true);
  assert.deepEqual(next[OFF].posts, user[OFF].posts);
  assert.equal(next[ENT].employeeNumber, user[ENT].employeeNumber);
  assert.equal(next[ENT].costCenter, undefined);
  await hr.bad(400, 'mutability', 'PUT', `/Users/${id}`, { schemas: [USER], userName: user.userName, name: { givenName: 'B' }, [ENT]: { employeeNumber: 'OTHER' } });
  const [[full]] = await sql('SELECT full_name FROM sen.person WHERE id = $1', id);
  assert.equal(full, 'Trần Bình');
});

test('PATCH: value paths, URNs, pathless, one primary, all or nothing', async () => {
  let user = await create(hr);
  user = await hr.patch(user.id, { op: 'add', path: 'emails', value: [{ value: 'h@x.vn', type: 'home', primary: true }] });
  assert.deepEqual(user.emails.map((e) => e.primary), [false, true]);
  user = await hr.patch(user.id, { op: 'replace', path: 'emails[type eq "home"].value', value: 'new@x.vn' });
  assert.equal(user.emails[1].value, 'new@x.vn');
  user = await hr.patch(user.id, { op: 'remove', path: 'emails[type eq "home"]' }, { op: 'replace', path: `${ENT}:costCenter`, value: 'CC2' },
    { op: 'add', value: { nickName: 'N', 'name.middleName': 'Văn', [`${ENT}:division`]: 'D' } });
  assert.deepEqual([user.emails.length, user[ENT].costCenter, user.nickName, user.name.middleName, user[ENT].division], [1, 'CC2', 'N', 'Văn', 'D']);
  const before = await hr.good(200, 'GET', `/Users/${user.id}`);
  await hr.badPatch(400, 'noTarget', user.id, { op: 'replace', path: 'nickName', value: 'gone?' }, { op: 'replace', path: 'emails[type eq "none"].value', value: 'x' });
  await hr.badPatch(400, 'invalidPath', user.id, { op: 'replace', path: 'nothing', value: 'x' });
  await hr.badPatch(400, 'invalidFilter', user.id, { op: 'remove', path: 'emails[type xx "x"]' });
  await hr.badPatch(400, 'mutability', user.id, { op: 'replace', path: 'id', value: 'x' });
  await hr.badPatch(400, 'mutability', user.id, { op: 'remove', path: 'userName' });
  await hr.badPatch(400, 'mutability', user.id, { op: 'replace', path: `${OFF}:state`, value: 'dead' });
  await hr.badPatch(400, 'invalidValue', user.id, { op: 'replace', path: 'active', value: 'perhaps' });
  await hr.bad(400, 'tooMany', 'PATCH', `/Users/${user.id}`, { schemas: [PATCH], Operations: Array(101).fill({ op: 'remove', path: 'title' }) });
  await hr.bad(400, 'invalidSyntax', 'PATCH', `/Users/${user.id}`, { Operations: [{ op: 'remove', path: 'title' }] });
  assert.deepEqual(await hr.good(200, 'GET', `/Users/${user.id}`), before);
  await hr.bad(404, undefined, 'PATCH', `/Users/${randomUUID()}`, { schemas: [PATCH], Operations: [{ op: 'remove', path: 'title' }] });
});

test('posts that are stated become so: a transfer, a post beside, its end', async () => {
  const user = await create(hr);
  const main = { unit: division, title: 'Phó Trưởng phòng', kind: 'main', rank: 'division_deputy', validFrom: day(0), decisionNumber: '20/QĐ-UBND' };
  const beside = { unit: division, title: 'Uỷ viên', kind: 'concurrent', validFrom: day(0), validTo: day(90), decisionNumber: '21/QĐ-UBND', decisionDate: day(-1), signer: 'Trần Văn Bình' };
  let now = await hr.patch(user.id, { op: 'replace', path: `${OFF}:posts`, value: [main, beside] });
  assert.deepEqual(now[OFF].posts, [main, { ...beside, rank: 'staff' }]);
  const kinds = await sql('SELECT kind FROM sen.movement WHERE person_id = $1 ORDER BY seq', user.id);
  assert.deepEqual(kinds.map(([k]) => k), ['join', 'transfer']);
  now = await hr.patch(user.id, { op: 'replace', path: `${OFF}:posts`, value: [main, { ...beside, validTo: day(30) }] });
  assert.equal(now[OFF].posts[1].validTo, day(30));
  assert.deepEqual((await hr.find(`${OFF}:posts[title eq "Uỷ viên" and validTo eq "${day(30)}"] and id eq "${user.id}"`)).totalResults, 1);
  now = await hr.patch(user.id, { op: 'remove', path: `${OFF}:posts[kind eq "concurrent"]` });
  assert.equal(now[OFF].posts[1].validTo, day(1), 'a post that began today is over tomorrow');
  await hr.badPatch(400, 'invalidValue', user.id, { op: 'replace', path: `${OFF}:posts`, value: [{ ...beside, kind: 'concurrent' }] });
  const [[versions]] = await sql('SELECT count(*) FROM sen.post_version WHERE person_id = $1', user.id);
  assert.ok(Number(versions) >= 3, 'what posts were before is on record');
});

test('active false suspends for review and true brings back; a source opens only what it closed', async () => {
  const user = await create(hr);
  await hr.patch(user.id, { op: 'Replace', path: 'active', value: 'False' });
  assert.equal(await stateOf(user.id), 'suspended');
  assert.deepEqual(await accountsOf(user.id), ['suspended']);
  const [[waiting]] = await sql('SELECT count(*) FROM sen.vanished WHERE person_id = $1 AND decision IS NULL', user.id);
  assert.equal(waiting, '1');
  assert.equal((await hr.find(`active eq false and id eq "${user.id}"`)).totalResults, 1);
  const back = await hr.patch(user.id, { op: 'replace', value: { active: true } });
  assert.equal(back[OFF].state, 'working');
  assert.deepEqual(await accountsOf(user.id), ['pending']);
  // Suspended by the personnel office: the source's word is kept, and opens nothing.
  const done = await admin.api('POST', `/persons/${user[ENT].employeeNumber}/movements`, { kind: 'suspend', decision_no: '1', decision_on: '2026-11-20', signer: 'A', reason: 'Kỷ luật' });
  assert.equal(done.status, 201, done.text);
  await hr.patch(user.id, { op: 'replace', path: 'active', value: false });
  const still = await hr.patch(user.id, { op: 'replace', path: 'active', value: true });
  assert.equal(still[OFF].state, 'suspended');
  assert.deepEqual(await accountsOf(user.id), ['suspended']);
});

test('a departure says why: the movement of its kind, on its day', async () => {
  const user = await create(hr);
  const gone = await hr.patch(user.id, { op: 'replace', value: { active: false, [OFF]: { departure: { kind: 'retire', date: day(0), decisionNumber: '30/QĐ-UBND', reason: 'Nghỉ hưu' } } } });
  assert.equal(gone[OFF].state, 'retired');
  const [[kind, number]] = await sql(`SELECT kind, decision_no FROM sen.movement WHERE person_id = $1 ORDER BY seq DESC LIMIT 1`, user.id);
  assert.deepEqual([kind, number], ['retire', '30/QĐ-UBND']);
  assert.deepEqual(await accountsOf(user.id), ['disabled']);
  await hr.badPatch(409, undefined, user.id, { op: 'replace', path: 'active', value: true }, { op: 'remove', path: `${OFF}:departure` });
  const later = await create(hr);
  await hr.patch(later.id, { op: 'replace', value: { active: false, [OFF]: { departure: { kind: 'resign', date: day(20) } } } });
  assert.equal(await stateOf(later.id), 'working', 'not before its day');
  await hr.badPatch(400, 'invalidValue', (await create(hr)).id, { op: 'replace', path: `${OFF}:departure`, value: { kind: 'resign' } });
});

test('DELETE is no deletion: 404 from then on, the person waits for review; stating it anew brings it back', async () => {
  const body = person();
  const user = await hr.good(201, 'POST', '/Users', body);
  const gone = await hr.call('DELETE', `/Users/${user.id}`);
  assert.deepEqual([gone.status, gone.text], [204, '']);
  await hr.bad(404, undefined, 'GET', `/Users/${user.id}`);
  await hr.bad(404, undefined, 'DELETE', `/Users/${user.id}`);
  assert.equal((await hr.find(`userName eq "${body.userName}"`)).totalResults, 0);
  assert.equal(await stateOf(user.id), 'suspended');
  const [[kept]] = await sql('SELECT count(*) FROM sen.person WHERE id = $1', user.id);
  assert.equal(kept, '1');
  const again = await hr.good(201, 'POST', '/Users', body);
  assert.equal(again.id, user.id);
  assert.equal(again[OFF].state, 'suspended', 'a person decides');
});

test('ETags: 304, 412, and nothing lost between two writers', async () => {
  const user = await create(hr);
  const first = await hr.call('GET', `/Users/${user.id}`, undefined, { 'if-none-match': user.meta.version });
  assert.deepEqual([first.status, first.text], [304, '']);
  await hr.good(200, 'GET', `/Users/${user.id}`, undefined, { 'if-none-match': 'W/"other"' });
  const change = (value, match) => hr.call('PATCH', `/Users/${user.id}`, { schemas: [PATCH], Operations: [{ op: 'replace', path: 'nickName', value }] }, { 'if-match': match });
  const both = await Promise.all(Array.from({ length: 8 }, (_, i) => change(`n${i}`, user.meta.version)));
  assert.deepEqual(both.map((a) => a.status).sort(), [200, ...Array(7).fill(412)]);
  await hr.bad(412, undefined, 'DELETE', `/Users/${user.id}`, undefined, { 'if-match': user.meta.version });
  await hr.bad(412, undefined, 'PUT', `/Users/${user.id}`, { schemas: [USER], userName: 'x' }, { 'if-match': user.meta.version });
  assert.equal((await change('z', '*')).status, 200);
  // What somebody else changes changes the tag.
  const seen = await hr.good(200, 'GET', `/Users/${user.id}`);
  await sql('UPDATE sen.person SET birth_date = $2 WHERE id = $1', user.id, '1980-01-01');
  assert.notEqual((await hr.good(200, 'GET', `/Users/${user.id}`)).meta.version, seen.meta.version);
});

test('filters: the whole grammar over columns, JSON and posts', async () => {
  const a = await create(hr, { nickName: 'Đào Thị', title: 'T1', addresses: [{ type: 'work', locality: 'Vinh' }] });
  const b = await create(hr, { nickName: 'đào văn', active: true, preferredLanguage: 'vi', emails: [{ value: `only-${mark}@x.vn`, type: 'home' }] });
  const only = `(id eq "${a.id}" or id eq "${b.id}")`;
  const finds = async (filter, ...wanted) => assert.deepEqual((await hr.find(`${only} and ${filter}`)).Resources.map((u) => u.id).sort(), wanted.map((u) => u.id).sort(), filter);
  await finds('nickName sw "ĐÀO"', a, b);
  await finds('nickName eq "đào thị"', a);
  await finds('nickName ew "VĂN" or title pr', a, b);
  await finds('not (title pr)', b);
  await finds('title eq null', b);
  await finds('title ne "T1"', b);
  await finds('addresses.locality eq "VINH"', a);
  await finds('addresses[type eq "work" and locality co "in"]', a);
  await finds('emails.value eq "ONLY-' + mark + '@X.VN"', b);
  await finds('emails[type eq "home"]', b);
  await finds('emails[primary eq true]', a);
  await finds('not (emails[type eq "work"])', b);
  await finds('emails.type ne "work"', b);
  await finds(`name.givenName eq "${b.name.givenName.toUpperCase()}"`, b);
  await finds('name.familyName co "GUY"', a, b);
  await finds(`${ENT}:employeeNumber eq "${a[ENT].employeeNumber}"`, a);
  await finds(`${ENT}:costCenter eq "cc1"`, a, b);
  await finds(`${OFF}:posts[unit eq "${division}" and kind eq "main"]`, a, b);
  await finds(`${OFF}:posts.decisionNumber eq "none"`);
  await finds(`${OFF}:state eq "working" and userType eq "cong_chuc"`, a, b);
  await finds(`meta.created ge "${a.meta.created}" and meta.lastModified le "2199-01-01T00:00:00Z"`, a, b);
  await finds('meta.resourceType eq "User"', a, b);
  await finds(`externalId eq "${a.externalId}"`, a);
  await finds(`externalId eq "${a.externalId.toUpperCase()}"`);
  await finds('active eq true and preferredLanguage eq "VI"', b);
  await finds('nickName gt "đào thị"', b);
  await finds('groups pr');
  const shown = async (more) => (await hr.find(only, more)).Resources.map((u) => u[OFF]?.state);
  assert.deepEqual([await shown(''), await shown(`&attributes=${OFF}:state`)], [[undefined, undefined], ['working', 'working']], 'where somebody stands is told when asked for');
});

test('hostile filters are answered or refused, and nothing else', async () => {
  for (const filter of ["userName eq \"x' OR '1'='1\"", 'userName eq "x\\"); DROP TABLE sen.feed; --"', 'nickName co "%"', 'nickName sw "\\\\"', 'emails.value eq "$1"',
    'userName eq "{}"', `${ENT}:costCenter eq "'}) @> ("`, 'nickName eq "\\u0027||pg_sleep(9)||\\u0027"'])
    assert.equal((await hr.find(filter)).totalResults, 0, filter);
  const bad = ['userName', 'userName eq', '1 eq 1', 'userName eq "a" and', "userName eq 'a'", 'userName lk "a"', 'password eq "a"', 'userName eq "a" -- x', `${'('.repeat(11)}title pr${')'.repeat(11)}`,
    'meta.created gt "yesterday"', 'active gt true', 'id[value eq "x"]', 'meta.location eq "x"', 'meta.version pr', `userName eq "${'a'.repeat(2040)}"`, Array(101).fill('title pr').join(' or '), 'userName eq "a\\u0000"'];
  for (const filter of bad) await hr.bad(400, 'invalidFilter', 'GET', `/Users?filter=${encodeURIComponent(filter)}`);
  await hr.bad(400, 'invalidValue', 'GET', '/Users?filter=userName%20pr&filter=title%20pr').catch(() => hr.bad(400, 'invalidSyntax', 'GET', '/Users?filter=userName%20pr&filter=title%20pr'));
  assert.equal((await hr.find('title pr and title pr and title pr')).schemas[0], 'urn:ietf:params:scim:api:messages:2.0:ListResponse');
});

test('pages by index: from one, exact totals, nothing doubled or lost', async () => {
  for (let i = 0; i < 3; i += 1) await create(hr, { nickName: `page-${mark}` });
  const filter = `nickName eq "page-${mark}"`;
  const all = await hr.find(filter);
  assert.deepEqual([all.totalResults, all.itemsPerPage, all.startIndex, all.Resources.length], [3, 3, 1, 3]);
  const ids = [];
  for (const start of [1, 2, 3]) ids.push(...(await hr.find(filter, `&startIndex=${start}&count=1`)).Resources.map((u) => u.id));
  assert.deepEqual(ids, all.Resources.map((u) => u.id));
  const none = await hr.find(filter, '&count=0');
  assert.deepEqual([none.totalResults, none.itemsPerPage, none.Resources], [3, 0, []]);
  const past = await hr.find(filter, '&startIndex=9');
  assert.deepEqual([past.totalResults, past.Resources.length], [3, 0]);
  assert.equal((await hr.find(filter, '&startIndex=-5&count=1')).startIndex, 1);
  assert.equal((await hr.find(filter, '&count=-1')).Resources.length, 0);
  await hr.bad(400, 'invalidValue', 'GET', '/Users?startIndex=x');
  const big = await hr.good(200, 'GET', '/Users?count=100000');
  assert.ok(big.itemsPerPage <= 500);
});

test('pages by cursor: sealed, bound to source and query', async () => {
  for (let i = 0; i < 5; i += 1) await create(hr, { nickName: `cursor-${mark}`, displayName: `D${i % 2}` });
  const filter = encodeURIComponent(`nickName eq "cursor-${mark}"`);
  for (const sort of ['', '&sortBy=displayName', '&sortBy=displayName&sortOrder=descending', '&sortBy=title']) {
    const ids = [];
    let cursor = '', pages = 0;
    do {
      const page = await hr.good(200, 'GET', `/Users?filter=${filter}${sort}&count=2&cursor=${encodeURIComponent(cursor)}`);
      ids.push(...page.Resources.map((u) => u.id));
      assert.equal(page.totalResults, 5);
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor);
    assert.deepEqual([pages, new Set(ids).size, ids.length], [3, 5, 5], sort);
  }
  const { nextCursor } = await hr.good(200, 'GET', `/Users?filter=${filter}&count=2&cursor`);
  await hr.good(200, 'GET', `/Users?filter=${filter}&count=1&cursor=${nextCursor}`);
  await hr.bad(400, 'invalidCursor', 'GET', `/Users?count=2&cursor=${nextCursor}`);
  await other.bad(400, 'invalidCursor', 'GET', `/Users?filter=${filter}&count=2&cursor=${nextCursor}`);
  await hr.bad(400, 'invalidCursor', 'GET', `/Users?filter=${filter}&count=2&cursor=${nextCursor.slice(0, -2)}AA`);
  await hr.bad(400, 'invalidCursor', 'GET', '/Users?cursor=1');
  await hr.bad(400, 'invalidCount', 'GET', '/Users?cursor&count=x');
  await hr.bad(400, 'invalidValue', 'GET', '/Users?cursor&startIndex=2');
});

test('sorting and which attributes are shown', async () => {
  const tag = `sort-${mark}`;
  for (const n of ['c', 'A', 'b']) await create(hr, { nickName: tag, displayName: n });
  await create(hr, { nickName: tag });
  const names = async (more) => (await hr.find(`nickName eq "${tag}"`, more)).Resources.map((u) => u.displayName);
  assert.deepEqual(await names('&sortBy=displayName'), ['A', 'b', 'c', undefined]);
  assert.deepEqual(await names('&sortBy=displayName&sortOrder=descending'), [undefined, 'c', 'b', 'A']);
  await hr.bad(400, 'invalidPath', 'GET', '/Users?sortBy=nothing');
  await hr.bad(400, 'invalidValue', 'GET', '/Users?sortBy=displayName&sortOrder=up');
  const [shown] = (await hr.find(`nickName eq "${tag}"`, '&attributes=userName,name.givenName&count=1')).Resources;
  assert.deepEqual(Object.keys(shown).sort(), ['id', 'name', 'schemas', 'userName']);
  assert.deepEqual(Object.keys(shown.name), ['givenName']);
  const less = await hr.good(200, 'GET', `/Users/${shown.id}?excludedAttributes=emails,${encodeURIComponent(ENT)},id`);
  assert.deepEqual([less.emails, less[ENT], less.id], [undefined, undefined, shown.id]);
  await hr.bad(400, 'invalidValue', 'GET', `/Users/${shown.id}?attributes=id&excludedAttributes=name`);
});

test('.search at the root and per kind, with personal data out of addresses', async () => {
  const user = await create(hr);
  const group = await hr.good(201, 'POST', '/Groups', { schemas: [GROUP], displayName: `Search ${mark}` });
  const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
  const found = await hr.good(200, 'POST', '/Users/.search', { schemas: [SEARCH], filter: `userName eq "${user.userName}"`, attributes: ['userName'], startIndex: 1, count: 10 });
  assert.deepEqual(found.Resources, [{ schemas: [USER], id: user.id, userName: user.userName }]);
  assert.equal((await hr.good(200, 'POST', '/Groups/.search', { schemas: [SEARCH], filter: `displayName eq "search ${mark}"` })).totalResults, 1);
  const both = await hr.good(200, 'POST', '/.search', { schemas: [SEARCH], filter: `id eq "${user.id}" or id eq "${group.id}"` });
  assert.deepEqual(both.Resources.map((r) => r.meta.resourceType), ['User', 'Group']);
  assert.equal((await hr.good(200, 'GET', `/?filter=${encodeURIComponent(`userName eq "${user.userName}"`)}`)).totalResults, 1);
  const paged = await hr.good(200, 'POST', '/Users/.search', { schemas: [SEARCH], cursor: '', count: 1 });
  assert.ok(paged.nextCursor);
  await hr.bad(400, 'invalidSyntax', 'POST', '/Users/.search', { filter: 'userName pr' });
  await hr.bad(400, 'invalidFilter', 'POST', '/.search', { schemas: [SEARCH], filter: 'nothing pr' });
});

test('what a source reads is on record: one record for each request, whatever it found', async () => {
  const user = await create(hr), since = (await sql('SELECT max(at) FROM sen.audit'))[0][0];
  await create(hr);
  const name = user.userName, filter = `userName eq "${name}"`;
  const reads = async () => sql(`SELECT n.login, a.object, a.data->>'filter', a.data->>'total', a.data->>'count', a.account_id = (SELECT id FROM sen.account
    WHERE person_id = $2), a.data->>'feed' FROM sen.audit a JOIN sen.account n ON a.actor = 'account:' || n.id WHERE a.action = 'read' AND a.at > $1
    AND a.data->>'feed' = $3 ORDER BY a.at`, since, user.id, `hr-${mark}`);
  const search = (path, more) => hr.good(200, 'POST', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], ...more });

  await hr.good(200, 'GET', `/Users/${user.id}`);
  await hr.find(filter);
  const page = await hr.good(200, 'GET', '/Users?count=2');
  await search('/Users/.search', { filter: `${filter} and active eq true`, count: 1 });
  await search('/.search', { filter });
  await hr.good(200, 'GET', `?filter=${encodeURIComponent(filter)}`);
  const groups = await hr.good(200, 'GET', '/Groups');
  const login = `f.hr-${mark}`, code = `hr-${mark}`, one = ['userName eq ?', '1', '1', '', code];
  assert.deepEqual(await reads(), [
    [login, `/scim/v2/Users/${user.id}`, '', '', '', 't', code],
    [login, '/scim/v2/Users', ...one],
    [login, '/scim/v2/Users', '', String(page.totalResults), '2', '', code],
    [login, '/scim/v2/Users/.search', 'userName eq ? and active eq true', '1', '1', '', code],
    [login, '/scim/v2/.search', ...one],
    [login, '/scim/v2', ...one],
    [login, '/scim/v2/Groups', '', String(groups.totalResults), String(groups.itemsPerPage), '', code],
  ]);
  assert.equal((await sql(`SELECT count(*) FROM sen.audit WHERE at > $1 AND action = 'read' AND data::text LIKE '%' || $2 || '%'`, since, name))[0][0], '0', 'no value stands in a record');
  // What was not answered was not read.
  await hr.bad(404, undefined, 'GET', `/Users/${randomUUID()}`);
  await hr.bad(400, 'invalidFilter', 'GET', '/Users?filter=userName%20xx%20%22a%22');
  assert.equal((await reads()).length, 7);
  // What is changed has the record of the act, with whom it concerns.
  await hr.patch(user.id, { op: 'replace', path: `${ENT}:costCenter`, value: 'CC7' });
  assert.deepEqual(await sql(`SELECT DISTINCT a.action, a.account_id = (SELECT id FROM sen.account WHERE person_id = $2) FROM sen.audit a WHERE a.at > $1 AND a.action = 'feed.user.change'
    AND a.object = $3`, since, user.id, user[ENT].employeeNumber), [['feed.user.change', 't']]);
});

test('groups: members are rows, changes answer 204 and touch only what they name', async () => {
  const [a, b, c] = [await create(hr), await create(hr), await create(hr)];
  const value = (u) => ({ value: u.id });
  const made = await hr.good(201, 'POST', '/Groups', { schemas: [GROUP], displayName: `G ${mark}`, externalId: `g-${mark}`, members: [value(a)] });
  assert.deepEqual(made.members.map((m) => [m.value, m.type, m.$ref]), [[a.id, 'User', `${BASE}/Users/${a.id}`]]);
  const patch = async (...Operations) => {
    const answer = await hr.call('PATCH', `/Groups/${made.id}`, { schemas: [PATCH], Operations });
    assert.deepEqual([answer.status, answer.text], [204, ''], answer.text);
    return (await hr.good(200, 'GET', `/Groups/${made.id}`)).members?.map((m) => m.value).sort() ?? [];
  };
  const ids = (...users) => users.map((u) => u.id).sort();
  assert.deepEqual(await patch({ op: 'Add', path: 'members', value: [value(b), value(c), value(a)] }), ids(a, b, c));
  assert.deepEqual(await patch({ op: 'Remove', path: 'members', value: [value(b)] }), ids(a, c));
  assert.deepEqual(await patch({ op: 'remove', path: `members[value eq "${a.id}"]` }), ids(c));
  assert.deepEqual(await patch({ op: 'remove', path: `members[value eq "${a.id}"]` }), ids(c), 'removing again is no error');
  assert.deepEqual(await patch({ op: 'replace', path: 'members', value: [value(a), value(b)] }), ids(a, b));
  assert.deepEqual(await patch({ op: 'replace', value: { id: made.id, displayName: `H ${mark}`, members: null } }), ids(a, b), 'null says nothing');
  assert.deepEqual((await hr.good(200, 'GET', `/Users/${a.id}`)).groups, [{ value: made.id, $ref: `${BASE}/Groups/${made.id}`, display: `H ${mark}`, type: 'direct' }]);
  assert.equal((await hr.find(`groups.value eq "${made.id}"`)).totalResults, 2);
  assert.equal((await hr.good(200, 'GET', `/Groups?filter=${encodeURIComponent(`members.value eq "${a.id}" and displayName eq "h ${mark}"`)}&excludedAttributes=members`)).Resources[0].members, undefined);
  assert.deepEqual(await patch({ op: 'remove', path: 'members' }), []);
  const put = await hr.good(200, 'PUT', `/Groups/${made.id}`, { schemas: [GROUP], displayName: `I ${mark}`, members: [value(c)] });
  assert.deepEqual([put.displayName, put.externalId, put.members.length], [`I ${mark}`, undefined, 1]);
  await hr.good(200, 'PUT', `/Groups/${made.id}`, { schemas: [GROUP], displayName: `I ${mark}` });
  assert.equal((await hr.good(200, 'GET', `/Groups/${made.id}`)).members.length, 1, 'left out, members stay');
  await hr.bad(400, 'invalidValue', 'PATCH', `/Groups/${made.id}`, { schemas: [PATCH], Operations: [{ op: 'add', path: 'members', value: [{ value: randomUUID() }] }] });
  await hr.bad(400, 'tooMany', 'PATCH', `/Groups/${made.id}`, { schemas: [PATCH], Operations: [{ op: 'add', path: 'members', value: Array.from({ length: 1001 }, () => ({ value: randomUUID() })) }] });
  await hr.bad(400, 'invalidFilter', 'PATCH', `/Groups/${made.id}`, { schemas: [PATCH], Operations: [{ op: 'remove', path: 'members[display co "a"]' }] });
  const named = await hr.good(201, 'POST', '/Groups', { schemas: [GROUP], displayName: `I ${mark}`, externalId: `g-${mark}` });
  await hr.bad(409, 'uniqueness', 'POST', '/Groups', { schemas: [GROUP], displayName: 'other', externalId: named.externalId });
  await hr.bad(412, undefined, 'PATCH', `/Groups/${made.id}`, { schemas: [PATCH], Operations: [{ op: 'replace', path: 'displayName', value: 'x' }] }, { 'if-match': made.meta.version });
  await other.bad(404, undefined, 'GET', `/Groups/${made.id}`);
  await other.bad(404, undefined, 'PATCH', `/Groups/${made.id}`, { schemas: [PATCH], Operations: [{ op: 'remove', path: 'members' }] });
  assert.equal((await hr.call('DELETE', `/Groups/${made.id}`)).status, 204);
  await hr.bad(404, undefined, 'GET', `/Groups/${made.id}`);
});

test('somebody else\'s user is nobody\'s member', async () => {
  const theirs = await other.good(201, 'POST', '/Users', person({}, [{ unit: elsewhere, title: 'Chuyên viên', kind: 'main', validFrom: day(-1), decisionNumber: '1' }]));
  await hr.bad(400, 'invalidValue', 'POST', '/Groups', { schemas: [GROUP], displayName: `Theft ${mark}`, members: [{ value: theirs.id }] });
  assert.equal((await hr.good(200, 'GET', `/Groups?filter=${encodeURIComponent(`displayName eq "theft ${mark}"`)}`)).totalResults, 0, 'all or nothing');
});

test('a group tied to a role gives it and takes it, within the scope of the feed', async () => {
  const user = await create(hr);
  const group = await hr.good(201, 'POST', '/Groups', { schemas: [GROUP], displayName: `Role ${mark}` });
  const seen = async () => (await admin.api('GET', `/feeds/hr-${mark}/groups?limit=200`)).json.groups.find((g) => g.id === group.id).version;
  const tie = (platform, role, version) => admin.api('PUT', `/feeds/hr-${mark}/groups/${group.id}/role`, { platform, role }, { 'if-match': `"${version}"` });
  const first = await seen();
  // Of two who look at the same group one ties it.
  const both = await Promise.all([tie('P02', p02.role, first), tie('P02', p02.role, first)]);
  assert.deepEqual(both.map((a) => a.status).sort(), [200, 412], both.map((a) => a.text).join());
  const change = (op) => hr.good(204, 'PATCH', `/Groups/${group.id}`, { schemas: [PATCH], Operations: [{ op, path: 'members', value: [{ value: user.id }] }] });
  const grants = () => sql(`SELECT g.basis FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id AND g.revoked_at IS NULL WHERE a.person_id = $1`, user.id);
  await change('add');
  assert.match((await grants())[0][0], new RegExp(`Role ${mark}`));
  const late = await tie('P03', p03.role, await seen());
  assert.equal(late.json.code, 'blocked', late.text);
  await change('remove');
  assert.deepEqual(await grants(), []);
  const list = await admin.api('GET', `/feeds/hr-${mark}/groups?limit=200`);
  assert.ok(list.json.groups.some((g) => g.id === group.id && g.role === p02.role && g.members === 0));
});

test('bulk: bulkId forwards and back, circles, failures by themselves', async () => {
  const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
  const bulk = (Operations, more = {}) => hr.good(200, 'POST', '/Bulk', { schemas: [BULK], Operations, ...more });
  const group = (name, ...members) => ({ schemas: [GROUP], displayName: `${name} ${mark}`, members: members.map((value) => ({ value })) });
  const done = await bulk([
    { method: 'POST', path: '/Groups', bulkId: 'g', data: group('bulk', 'bulkId:u1', 'bulkId:u2') },
    { method: 'post', path: '/Users', bulkId: 'u1', data: person() }, { method: 'POST', path: '/Users', bulkId: 'u2', data: person() },
    { method: 'PATCH', path: '/Users/bulkId:u1', data: { schemas: [PATCH], Operations: [{ op: 'add', path: 'nickName', value: 'bulk' }] } },
    { method: 'POST', path: '/Users', bulkId: 'bad', data: { schemas: [USER] } }, { method: 'DELETE', path: `/Users/${randomUUID()}` },
    { method: 'POST', path: '/Groups', bulkId: 'lost', data: group('lost', 'bulkId:bad') }, { method: 'PUT', path: '/Nothing/1', data: {} },
    { method: 'PATCH', path: '/Groups/bulkId:nothing', data: { schemas: [PATCH], Operations: [] } },
  ]);
  assert.deepEqual(done.schemas, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse']);
  assert.deepEqual(done.Operations.map((o) => o.status), ['201', '201', '201', '200', '400', '404', '400', '400', '400']);
  assert.deepEqual(done.Operations.slice(4).map((o) => o.response.scimType), ['invalidValue', undefined, 'invalidValue', 'invalidSyntax', 'invalidValue']);
  const [g, u1] = done.Operations;
  assert.equal(g.location.startsWith(`${BASE}/Groups/`), true);
  const made = await hr.good(200, 'GET', g.location);
  assert.equal(made.members.length, 2);
  assert.equal((await hr.good(200, 'GET', u1.location)).nickName, 'bulk');
  // Two that name each other cannot both be first.
  const circle = await bulk([{ method: 'POST', path: '/Groups', bulkId: 'c1', data: group('c1', 'bulkId:cu') }, { method: 'POST', path: '/Users', bulkId: 'cu', data: person({ [ENT]: { employeeNumber: `HRC${mark}`, manager: { value: 'bulkId:c1' } } }) }]);
  assert.deepEqual(circle.Operations.map((o) => o.status), ['201', '201']);
  assert.equal((await hr.good(200, 'GET', circle.Operations[0].location)).members.length, 1);
  const stopped = await bulk([{ method: 'POST', path: '/Users', bulkId: 'a', data: {} }, { method: 'POST', path: '/Users', bulkId: 'b', data: person() }], { failOnErrors: 1 });
  assert.deepEqual(stopped.Operations.map((o) => o.status), ['400']);
  await hr.bad(413, undefined, 'POST', '/Bulk', { schemas: [BULK], Operations: Array(501).fill({ method: 'DELETE', path: '/Users/1' }) });
  await hr.bad(413, undefined, 'POST', '/Bulk', { schemas: [BULK], Operations: [{ method: 'POST', path: '/Users', bulkId: 'x', data: { nickName: 'x'.repeat(1100000) } }] });
  await hr.bad(400, 'invalidSyntax', 'POST', '/Bulk', { schemas: [BULK], Operations: [] });
  await hr.bad(400, 'invalidSyntax', 'POST', '/Bulk', { schemas: [BULK], Operations: [{ method: 'POST', path: '/Users', bulkId: 'x', data: {} }, { method: 'POST', path: '/Users', bulkId: 'x', data: {} }] });
});

test('Entra as a client: test connection, odd cases, dotted names, groups created empty', async () => {
  const probe = await plain.find(`userName eq "${randomUUID()}"`);
  assert.deepEqual([probe.totalResults, probe.Resources], [0, []]);
  const user = await plain.good(201, 'POST', '/Users?aadOptscim062020', { schemas: [USER, ENT], externalId: randomUUID(), userName: `Entra.${mark}`, active: true, displayName: 'Lê Văn Cường',
    name: { formatted: 'Lê Văn Cường', familyName: 'Lê', givenName: 'Cường' }, emails: [{ primary: true, type: 'work', value: 'c@x.vn' }], meta: { resourceType: 'User' }, roles: [], title: 'Kế toán', [ENT]: { department: 'Phòng Tài chính' } });
  assert.deepEqual([user.title, user[ENT].department, user[OFF].posts[0].title, user[OFF].posts[0].unit], ['Kế toán', 'Phòng Tài chính', 'Kế toán', division]);
  await plain.patch(user.id, { op: 'Add', path: 'phoneNumbers[type eq "work"].value', value: '0238' }, { op: 'Replace', path: 'emails[type eq "work"].value', value: 'd@x.vn' },
    { op: 'Replace', value: { displayName: 'Lê Cường', 'name.givenName': 'Cường B', [`${ENT}:department`]: division } }, { op: 'Add', path: `${ENT}:manager`, value: user.id });
  const now = await plain.good(200, 'GET', `/Users/${user.id}`);
  assert.deepEqual([now.phoneNumbers[0].value, now.emails[0].value, now.name.givenName, now[ENT].manager.value], ['0238', 'd@x.vn', 'Cường B', user.id]);
  const moved = await plain.patch(user.id, { op: 'Replace', path: 'title', value: 'Kế toán trưởng' });
  assert.equal(moved[OFF].posts[0].title, 'Kế toán trưởng', 'title and department make the main post');
  const group = await plain.good(201, 'POST', '/Groups', { schemas: [GROUP], externalId: randomUUID(), displayName: `Entra ${mark}`, meta: { resourceType: 'Group' } });
  await plain.good(204, 'PATCH', `/Groups/${group.id}`, { schemas: [PATCH], Operations: [{ op: 'Add', path: 'members', value: [{ $ref: null, value: user.id }] }] });
  const off = await plain.patch(user.id, { op: 'Replace', path: 'active', value: 'False' });
  assert.equal(off.active, false);
});

test('Okta as a client: look-up, creation, GET then PUT, pathless deactivation, members null', async () => {
  const name = `okta.${mark}@x.vn`;
  assert.equal((await plain.good(200, 'GET', `/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}&startIndex=1&count=100`)).totalResults, 0);
  const user = await plain.good(201, 'POST', '/Users', { schemas: [USER], userName: name, name: { givenName: 'Hà', familyName: 'Phạm' }, emails: [{ primary: true, value: name, type: 'work' }],
    displayName: 'Phạm Hà', locale: 'vi-VN', externalId: `00u${mark}`, groups: [], password: 'never kept', active: true });
  assert.equal(user.password, undefined);
  assert.match(user[ENT].employeeNumber, new RegExp(`^plain-${mark}`));
  const seen = await plain.good(200, 'GET', `/Users/${user.id}`);
  const put = await plain.good(200, 'PUT', `/Users/${user.id}`, { ...seen, name: { ...seen.name, givenName: 'Hà My' } });
  assert.equal(put.name.formatted, 'Phạm Hà My');
  const off = await plain.patch(user.id, { op: 'replace', value: { active: false } });
  assert.equal(off.active, false);
  const on = await plain.good(200, 'PUT', `/Users/${user.id}`, { ...put, active: true });
  assert.equal(on[OFF].state, 'working');
  const group = await plain.good(201, 'POST', '/Groups', { schemas: [GROUP], displayName: `Okta ${mark}`, members: null });
  await plain.good(204, 'PATCH', `/Groups/${group.id}`, { schemas: [PATCH], Operations: [{ op: 'replace', value: { id: group.id, displayName: `Okta2 ${mark}` } }] });
});

test('the guard: beyond the policy suspensions wait for a second person', async () => {
  const guarded = await feed(`guard-${mark}`, unit, { default_unit: division, default_title: 'Nhân viên', default_kind: 'vien_chuc' });
  const users = [];
  for (let i = 0; i < 6; i += 1) users.push(await guarded.good(201, 'POST', '/Users', { schemas: [USER], userName: `A.guard${mark}.${i}`, name: { givenName: `G${i}` } }));
  const [[n, percent]] = await sql('SELECT vanished_max_n, vanished_max_percent FROM sen.personnel_policy');
  await sql('UPDATE sen.personnel_policy SET vanished_max_n = 2, vanished_max_percent = 2');
  try {
    const answers = await Promise.all(users.map((u) => guarded.call('DELETE', `/Users/${u.id}`)));
    assert.deepEqual(answers.map((a) => a.status).sort(), [204, 204, 409, 409, 409, 409], 'more than two at a time passed the guard');
    const held = answers.find((a) => a.status === 409);
    assert.equal(held.headers.get('retry-after'), '3600');
    const list = await admin.api('GET', `/feeds/guard-${mark}/held`);
    assert.equal(list.json.held.length, 4);
    const own = await admin.api('POST', `/feeds/guard-${mark}/release`);
    assert.equal(own.json.code, 'four_eyes', own.text);
    // Grants, changes and new people are not held.
    await guarded.good(201, 'POST', '/Users', { schemas: [USER], userName: `A.guard${mark}.new`, name: { givenName: 'Mới' } });
    const chief = await official(p02);
    const scope = await admin.api('POST', '/admin-scopes', { login: chief.login, unit, rights: ['read', 'import'] });
    assert.equal(scope.status, 201, scope.text);
    const second = new Administrator(chief.agent, chief.login, chief.password);
    const released = await second.api('POST', `/feeds/guard-${mark}/release`);
    assert.deepEqual([released.status, released.json.released], [200, 4], released.text);
    const again = await Promise.all(users.map((u) => guarded.call('DELETE', `/Users/${u.id}`)));
    assert.deepEqual(again.map((a) => a.status).sort(), [204, 204, 204, 204, 404, 404]);
  } finally {
    await sql('UPDATE sen.personnel_policy SET vanished_max_n = $1, vanished_max_percent = $2', n, percent);
  }
});

test('what a feed is not the authority of it does not change', async () => {
  const narrow = await feed(`narrow-${mark}`, unit, { authority: ['names'] });
  await narrow.bad(403, undefined, 'POST', '/Users', person());
  await narrow.bad(403, undefined, 'POST', '/Groups', { schemas: [GROUP], displayName: 'x' });
  const [[code, name]] = await sql(`SELECT p.employee_code, p.full_name FROM sen.person p JOIN sen.unit u ON u.id = sen.home_unit(p.id) JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%'
    WHERE NOT EXISTS (SELECT FROM sen.feed_user f WHERE f.person_id = p.id) AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    AND sen.person_state(p.id) = 'working' AND p.employee_code <> $2 ORDER BY p.employee_code DESC LIMIT 1`, unit, answerable);
  const user = await narrow.good(201, 'POST', '/Users', { schemas: [USER, ENT], userName: `narrow-${mark}`, name: { formatted: name }, userType: 'cong_chuc', [ENT]: { employeeNumber: code } });
  await narrow.patch(user.id, { op: 'replace', path: 'active', value: false });
  assert.equal(await stateOf(user.id), 'working');
  await narrow.bad(403, undefined, 'DELETE', `/Users/${user.id}`);
});

test('tokens: a new one, the old for a while; a disabled feed or account is nobody', async () => {
  const brief = await feed(`brief-${mark}`, unit);
  const rotated = await admin.api('POST', `/feeds/brief-${mark}/rotate`, { grace_hours: 1 });
  assert.equal(rotated.status, 201, rotated.text);
  const next = new Source(rotated.json.token, brief.code);
  await next.good(200, 'GET', '/Users');
  await brief.good(200, 'GET', '/Users');
  assert.equal((await admin.api('POST', `/feeds/brief-${mark}/rotate`, { grace_hours: 0 })).status, 201);
  await brief.bad(401, undefined, 'GET', '/Users');
  await next.bad(401, undefined, 'GET', '/Users');
  const last = await admin.api('POST', `/feeds/brief-${mark}/rotate`, {});
  const source = new Source(last.json.token, brief.code);
  const seen = await admin.api('GET', `/feeds/brief-${mark}`);
  const body = { name: 'x', basis: 'y', authority: ['names'], enabled: false };
  assert.equal((await admin.api('PUT', `/feeds/brief-${mark}`, body)).status, 428);
  assert.equal((await admin.api('PUT', `/feeds/brief-${mark}`, body, { 'if-match': '"99"' })).status, 412);
  assert.equal((await admin.api('PUT', `/feeds/brief-${mark}`, body, { 'if-match': `"${seen.json.version}"` })).status, 200);
  await source.bad(401, undefined, 'GET', '/Users');
  await sql('UPDATE sen.feed SET enabled = true WHERE code = $1', brief.code);
  await source.good(200, 'GET', '/Users');
  await admin.api('POST', `/accounts/f.${brief.code}/disable`, { reason: 'x' });
  await source.bad(401, undefined, 'GET', '/Users');
});

test('a feed is made only of what its maker may do', async () => {
  const chief = await official(p02);
  const scope = await admin.api('POST', '/admin-scopes', { login: chief.login, unit, rights: ['read', 'import', 'personnel'] });
  assert.equal(scope.status, 201, scope.text);
  const deputy = new Administrator(chief.agent, chief.login, chief.password);
  const fields = (login, code) => ({ code: `${code}-${mark}`, login, unit, name: 'x', basis: 'y', authority: ['names'] });
  const login = `f.free-${mark}`;
  await admin.api('POST', '/accounts', { kind: 'service', employee_code: answerable, login, reason: 'Nguồn' });
  await admin.api('POST', '/admin-scopes', { login, unit, rights: ['read', 'personnel', 'import', 'grant'] });
  assert.equal((await deputy.api('POST', '/feeds', fields(login, 'steal'))).json.code, 'out_of_scope', 'the account may grant, its maker may not');
  assert.equal((await deputy.api('POST', '/feeds', { ...fields(login, 'steal'), unit: elsewhere })).json.code, 'out_of_scope');
  assert.equal((await admin.api('POST', '/feeds', fields(chief.login, 'person'))).json.code, 'invalid_value', 'a person\'s account is no feed');
  assert.equal((await admin.api('POST', '/feeds', { ...fields(login, 'a'), authority: ['everything'] })).json.code, 'invalid_value');
  // And without the right in its scope it does nothing.
  const weak = await feed(`weak-${mark}`, unit, {}, ['read']);
  await weak.bad(403, undefined, 'POST', '/Users', person());
});

test('senctl makes, shows and renews a feed', async () => {
  const tokenFile = `${env.SEN_STATE}/tmp/senctl-scim-${mark}.json`;
  await senctlLogin(env, async (url) => {
    let answer = await admin.agent.request(url);
    if (answer.status === 200) answer = await admin.agent.signIn(answer, admin.login, admin.password);
    await fetch(answer.location);
  }, { tokenFile });
  const ctl = (...args) => senctl(env, args, { tokenFile });
  const login = `f.ctl-${mark}`, code = `ctl-${mark}`;
  await admin.api('POST', '/accounts', { kind: 'service', employee_code: answerable, login, reason: 'Nguồn' });
  await admin.api('POST', '/admin-scopes', { login, unit, rights: ['read', 'personnel', 'import'] });
  const said = await ctl('feed', 'add', code, '--login', login, '--unit', unit, '--name', 'Phần mềm nhân sự', '--basis', '01/QĐ', '--authority', 'names,posts,active');
  const [, token] = /^token: (senfeed_\S+)$/m.exec(said);
  await new Source(token).good(200, 'GET', '/Users');
  assert.match(await ctl('feed', 'list', '--limit', '200'), new RegExp(`^${code}  ${unit}`, 'm'));
  assert.deepEqual(JSON.parse(await ctl('--json', 'feed', 'show', code)).authority, ['names', 'posts', 'active']);
  assert.match(await ctl('feed', 'rotate', code, '--grace-hours', '0'), /^token: senfeed_/m);
  await new Source(token).bad(401, undefined, 'GET', '/Users');
  assert.equal(await ctl('feed', 'held', code), '');
});

test('too many requests are told when to come again', async () => {
  const slow = await feed(`slow-${mark}`, unit, { rate_per_s: 1 });
  const answers = await Promise.all(Array.from({ length: 6 }, () => slow.call('GET', '/Users?count=0')));
  const late = answers.filter((a) => a.status === 429);
  assert.ok(late.length >= 2, answers.map((a) => a.status).join());
  assert.ok(Number(late[0].headers.get('retry-after')) >= 1);
  assert.equal(late[0].json.status, '429');
});

test('races: fifty creations of the same person make one', async () => {
  const body = person();
  const answers = await Promise.all(Array.from({ length: 50 }, () => hr.call('POST', '/Users', body)));
  const made = answers.filter((a) => a.status === 201).length;
  assert.equal(made, 1, answers.map((a) => a.status).join());
  assert.ok(answers.every((a) => [201, 409, 503].includes(a.status)), answers.map((a) => a.status).join());
  const [[n, accounts]] = await sql(`SELECT count(*), (SELECT count(*) FROM sen.account a JOIN sen.person q ON q.id = a.person_id WHERE q.employee_code = $1) FROM sen.person WHERE employee_code = $1`, body[ENT].employeeNumber);
  assert.deepEqual([n, accounts], ['1', '1']);
});

test('what there is not', async () => {
  await hr.bad(501, undefined, 'GET', '/Me');
  await hr.bad(404, undefined, 'GET', '/Things');
  await hr.bad(404, undefined, 'GET', '/Users/not-an-id');
  await hr.bad(404, undefined, 'GET', `/Users/${randomUUID()}`);
  await hr.bad(405, undefined, 'DELETE', '/Users');
});
