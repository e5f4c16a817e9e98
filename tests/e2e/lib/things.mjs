// What the rows of matrix/ are about: things in a commune, and administrators of every kind.

import assert from 'node:assert/strict';

import { call, routeOf } from './api.mjs';
import { Administrator, administrator, basis, grant, handOn, official, p02, p03, sql } from './world.mjs';

export const RIGHTS = ['read', 'grant', 'revoke', 'activate', 'delegate', 'approve', 'catalogue', 'appraise', 'organise', 'personnel', 'rules',
  'review', 'import', 'unmask', 'audit'];

// An activated official with a scope over a unit whose rights the test sets directly.
export async function deputy(unit, rights) {
  const person = await official(p02);
  const admin = await administrator();
  const given = await admin.api('POST', '/admin-scopes', { login: person.login, unit, rights: ['read'] });
  assert.equal(given.status, 201, given.text);
  const who = new Administrator(person.agent, person.login, person.password);
  Object.assign(who, { scope: given.json.id, person, unit });
  if (rights) await setRights(who, rights);
  return who;
}
export const setRights = (who, rights) => sql('UPDATE sen.admin_scope SET rights = string_to_array($2, \',\') WHERE id = $1', who.scope, rights.join(','));

// With at least ten persons who have no account yet and no second post.
export const communesWithPeople = async (n, offset = 0) => (await sql(`SELECT c.code FROM sen.unit c WHERE c.kind IN ('commune', 'ward')
  AND (SELECT count(*) FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id WHERE o.kind = 'main' AND u.path LIKE c.path || '%'
    AND NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = o.person_id)
    AND NOT EXISTS (SELECT FROM sen.post x WHERE x.person_id = o.person_id AND x.kind <> 'main')) >= 10
  ORDER BY 1 LIMIT ${n} OFFSET ${offset}`)).map(([code]) => code);

// tag: keeps codes apart that several files make.
export async function thingsIn(unit, tag) {
  const employees = (await sql(`SELECT p.employee_code FROM sen.person p JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main'
    JOIN sen.unit u ON u.id = o.unit_id JOIN sen.unit c ON c.code = $1 AND u.path LIKE c.path || '%'
    WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)
    AND NOT EXISTS (SELECT FROM sen.post o2 WHERE o2.person_id = p.id AND o2.kind <> 'main') ORDER BY 1 DESC LIMIT 3`, unit)).map(([code]) => code);
  const granted = await grant(employees[0], p02);
  const target = await deputy(unit);
  const things = { $login: granted.login, $employee: employees[1], $grant: granted.id, $scope: target.scope, $target: target.person.login, $unit: unit, $role: p02.role, $basis: basis };
  const begun = await (await administrator()).api('POST', '/imports', { kind: 'persons', name: 'Bảng nhân sự', unit });
  assert.equal(begun.status, 201, begun.text);
  things.$import = begun.json.id;
  const drawn = await (await administrator()).api('POST', '/reorganisations', { title: 'Sắp xếp', decision_no: '1/NQ', decision_on: '2026-11-20',
    execute_at: '2099-01-01', steps: [{ kind: 'merge', from: [unit], into: [{ code: '99998', name: 'Xã Hợp Nhất' }] }] });
  assert.equal(drawn.status, 201, drawn.text);
  things.$reorganisation = drawn.json.id;
  return Object.assign(things, await thingsOfGranting(things, unit, tag, (await grant(employees[2], p02)).login));
}

// One of each kind in the commune, asked for by its own administrator.
async function thingsOfGranting(things, unit, tag, colleague) {
  const chief = await administrator(), who = await deputy(unit, ['grant', 'rules']);
  const made = async (by, path, body) => {
    const answer = await call(routeOf(`POST /api/v1/${path.replace(/[0-9a-f-]{36}/, '{id}')}`), await by.accessToken(), { args: path.match(/[0-9a-f-]{36}/) ?? [], body });
    assert.ok([200, 201].includes(answer.status), `${path}: ${answer.text}`);
    return answer.json;
  };
  const wanted = { employee_code: things.$employee, platform: 'P02', role: p02.role };
  const rule = await made(who, 'rules', { code: `QT-${tag}`, name: 'Quy tắc', basis, unit, roles: [`P02/${p02.role}`] });
  const request = await made(who, 'requests', { ...wanted, basis, reason: 'Xử lý hồ sơ' });
  const emergency = await made(who, 'emergency-grants', { ...wanted, reason: 'Sự cố', hours: 4 });
  const duty = await made(chief, 'duty-rules', { code: `TN-${tag}`, name: 'Tách nhiệm', platform_a: 'P02', role_a: p02.role, platform_b: 'P03', role_b: p03.role, within: 'unit', severity: 'warn', basis });
  const exception = await made(who, `duty-rules/${duty.id}/exceptions`, { employee_code: things.$employee, reason: 'Một người', valid_to: '2099-01-01T00:00:00+07:00' });
  const [[today, nextMonth]] = await sql('SELECT sen.today(), sen.today() + 30');
  assert.ok([200, 201].includes((await handOn({ login: colleague, unit, rights: ['approve'] })).status));
  const leave = await made(chief, 'deputies', { principal: colleague, deputy: things.$login, valid_from: today, valid_to: nextMonth, basis });
  const review = await made(chief, 'access-reviews', { code: `RS-${tag}`, name: 'Rà soát', kind: 'grants', unit, deadline: '2099-01-01T00:00:00+07:00', no_answer: 'keep' });
  while ((await made(chief, `access-reviews/${review.id}/advance`, {})).state === 'building');
  const { json } = await call(routeOf('GET /api/v1/access-reviews/{id}/items'), await chief.accessToken(), { args: [review.id] });
  return { $rule: rule.id, $request: request.id, $emergency: emergency.id, $duty: duty.id, $exception: exception.id, $deputy: leave.id, $review: review.id,
    $item: json.items[0].id, $colleague: colleague, $qualified: `P02/${p02.role}`, $other_role: p03.role, $today: today, $next_month: nextMonth };
}

// A row's request with the things in it.
export function filled(row, things) {
  const fill = (value) => value && JSON.parse(JSON.stringify(value).replace(/"(\$\w+)"/g, (_, name) => {
    assert.ok(things[name], name);
    return JSON.stringify(things[name]);
  }));
  return { args: fill(row.args ?? []), query: fill(row.query), body: fill(row.body), headers: row.headers };
}
