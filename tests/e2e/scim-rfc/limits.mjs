// Where the RFCs leave it to us: limits, what is stricter than it need be, and statements that must not disable or move anybody.

import { GROUP, PATCH, SEARCH, USER, get, patch, post, put } from './runner.mjs';

const OFF = 'urn:sen:params:scim:schemas:extension:official:1.0:User';
const one = (id, ...steps) => ({ id: `own-${id}`, rfc: 'ours', only: 'sen', steps });
const made = (more = {}) => post('/Users', { schemas: [USER], userName: 'l{{n}}@rfc.example', ...more }, { save: { u: 'json' } });
const stays = (change) => [made(), change, get('/Users/{{u.id}}', { json: { active: true, [OFF]: { state: 'working', posts: (list) => list.length === 1 } } })];
const off = patch('/Users/{{u.id}}', [{ op: 'replace', path: 'active', value: false }]);
const stillOff = (change) => [made(), off, change, get('/Users/{{u.id}}', { json: { active: false, [OFF]: { state: 'suspended' } } })];
const whole = { schemas: [USER], userName: '{{u.userName}}' };
const filter = (text, status = 200) => get('/Users', { query: { filter: text }, status, ...(status === 400 ? { scimType: 'invalidFilter' } : {}) });

export default [
  one('filter-depth', filter(`${'('.repeat(10)}title pr${')'.repeat(10)}`)), one('filter-too-deep', filter(`${'('.repeat(11)}title pr${')'.repeat(11)}`, 400)), one('filter-not-too-deep', filter(`${'not ('.repeat(11)}title pr${')'.repeat(11)}`, 400)),
  one('filter-terms', filter(Array(100).fill('title pr').join(' or '))), one('filter-too-many-terms', filter(Array(101).fill('title pr').join(' or '), 400)), one('filter-length', filter(`title eq "${'a'.repeat(2037)}"`)), one('filter-too-long', filter(`title eq "${'a'.repeat(2038)}"`, 400)),
  one('filter-location', filter('meta.location pr', 400)), one('filter-version', filter('meta.version pr', 400)), one('filter-manager-ref', filter('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref pr', 400)), one('filter-nul', filter('title eq "\\u0000"', 400)),
  one('filter-twice', get(`/Users?filter=title%20pr&filter=title%20pr`, { status: 400 })), one('filter-all-operators', filter('not (title eq "x" or nickName sw "y") and (emails[type eq "work" and not (value ew "z")] or name.familyName co "q") and meta.created gt "2020-01-01T00:00:00Z"')),
  one('sort-unknown', get('/Users', { query: { sortBy: 'nothing' }, status: 400, scimType: 'invalidPath' })), one('sort-complex', get('/Users', { query: { sortBy: 'name' }, status: 400, scimType: 'invalidPath' })), one('sort-order', get('/Users', { query: { sortBy: 'title', sortOrder: 'up' }, status: 400, scimType: 'invalidValue' })),
  one('sort-location', get('/Users', { query: { sortBy: 'meta.location' }, status: 400 })), one('sort-posts', get('/Users', { query: { sortBy: `${OFF}:posts.unit` }, status: 400, scimType: 'invalidPath' })),
  one('page-most', get('/Users', { query: { count: 100000 }, json: { itemsPerPage: (n) => n <= 500 } })), one('page-far', get('/Users', { query: { startIndex: 2147483647 }, json: { itemsPerPage: 0 } })), one('page-too-far', get('/Users', { query: { startIndex: 2147483648 }, status: 400, scimType: 'invalidValue' })),
  one('cursor-and-index', get('/Users', { query: { cursor: '', startIndex: 1 }, status: 400, scimType: 'invalidValue' })), one('cursor-twice', get('/Users?cursor&cursor=x', { status: 400, scimType: 'invalidCursor' })), one('cursor-at-root', post('/.search', { schemas: [SEARCH], cursor: '' }, { status: 400, scimType: 'invalidCursor' })),
  one('attributes-both', get('/Users/{{a.id}}', { query: { attributes: 'id', excludedAttributes: 'name' }, status: 400, scimType: 'invalidValue' })), one('attributes-many', get('/Users', { query: { attributes: Array(101).fill('id').join() }, status: 400, scimType: 'invalidValue' })),
  one('attributes-many-searched', post('/Users/.search', { schemas: [SEARCH], attributes: Array(101).fill('id') }, { status: 400, scimType: 'invalidValue' })), one('state-when-asked', get('/Users', { query: { filter: 'title pr', attributes: `${OFF}:state` }, json: { Resources: [{ [OFF]: { state: 'working' } }] } })),
  one('patch-operations', made(), patch('/Users/{{u.id}}', Array(100).fill({ op: 'replace', path: 'nickName', value: 'x' })), patch('/Users/{{u.id}}', Array(101).fill({ op: 'replace', path: 'nickName', value: 'x' }), { status: 400, scimType: 'tooMany' })),
  one('patch-values', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: 'emails', value: Array.from({ length: 1001 }, (_, i) => ({ value: `${i}` })) }], { status: 400, scimType: 'tooMany' })),
  one('patch-name-twice', made(), { method: 'PATCH', path: '/Users/{{u.id}}', body: { schemas: [PATCH], Operations: [{ op: 'replace', OP: 'remove', path: 'nickName', value: 'x' }] }, status: 400, scimType: 'invalidSyntax' }),
  one('member-name-twice', post('/Users', `{"schemas":["${USER}"],"userName":"x","userName":"y"}`, { status: 400, scimType: 'invalidSyntax' })), one('member-name-twice-folded', post('/Users', { schemas: [USER], userName: 'x', USERNAME: 'y' }, { status: 400, scimType: 'invalidSyntax' })),
  one('text-length', post('/Users', { schemas: [USER], userName: 'x{{n}}@rfc.example', nickName: 'x'.repeat(1001) }, { status: 400, scimType: 'invalidValue' })), one('text-control', post('/Users', { schemas: [USER], userName: 'x{{n}}\u0007' }, { status: 400, scimType: 'invalidValue' })),
  one('kind', post('/Users', { schemas: [USER], userName: 'x{{n}}@rfc.example', userType: 'king' }, { status: 400, scimType: 'invalidValue' })), one('body-length', post('/Users', { schemas: [USER], userName: 'x', nickName: 'x'.repeat(600000) }, { status: 413 })),
  one('cursor-of-long-names', post('/Users', { schemas: [USER], userName: `1{{n}}${'\u1f80'.repeat(330)}`, name: { givenName: 'Dài' }, nickName: 'long{{n}}' }), post('/Users', { schemas: [USER], userName: `2{{n}}${'\u1f80'.repeat(330)}`, name: { givenName: 'Dài' }, nickName: 'long{{n}}' }),
    get('/Users', { query: { filter: 'nickName eq "long{{n}}"', sortBy: 'userName', count: 1, cursor: '' }, save: { next: 'json.nextCursor' } }), get('/Users', { query: { filter: 'nickName eq "long{{n}}"', sortBy: 'userName', count: 1, cursor: '{{next}}' }, json: { itemsPerPage: 1, Resources: [{ userName: /^2/ }] } })),
  one('me', get('/Me', { status: 501 })), one('no-type', post('/Things', {}, { status: [404, 405] })), one('members-most', post('/Groups', { schemas: [GROUP], displayName: 'x', members: Array.from({ length: 1001 }, (_, i) => ({ value: `${i}` })) }, { status: 400, scimType: 'tooMany' })),
  // What is not said, and what is said to be nothing, disables nobody and brings back nobody.
  one('put-without-active', ...stays(put('/Users/{{u.id}}', whole))), one('put-null-active', ...stays(put('/Users/{{u.id}}', { ...whole, active: null }))), one('patch-null-active', ...stays(patch('/Users/{{u.id}}', [{ op: 'replace', path: 'active', value: null }]))),
  one('patch-remove-active', ...stays(patch('/Users/{{u.id}}', [{ op: 'remove', path: 'active' }]))), one('patch-empty-active', ...stays(patch('/Users/{{u.id}}', [{ op: 'replace', value: { active: null, nickName: 'x' } }]))), one('patch-remove-posts', ...stays(patch('/Users/{{u.id}}', [{ op: 'remove', path: `${OFF}:posts` }]))),
  one('put-null-extension', ...stays(put('/Users/{{u.id}}', { ...whole, [OFF]: null }))), one('patch-remove-extension', ...stays(patch('/Users/{{u.id}}', [{ op: 'remove', path: `${OFF}:posts` }, { op: 'remove', path: `${OFF}:birthDate` }]))),
  one('off-put-without-active', ...stillOff(put('/Users/{{u.id}}', whole))), one('off-put-null-active', ...stillOff(put('/Users/{{u.id}}', { ...whole, active: null }))), one('off-patch-null-active', ...stillOff(patch('/Users/{{u.id}}', [{ op: 'replace', path: 'active', value: null }]))),
  one('off-patch-remove-active', ...stillOff(patch('/Users/{{u.id}}', [{ op: 'remove', path: 'active' }]))),
  one('employee-number-fixed', made(), patch('/Users/{{u.id}}', [{ op: 'replace', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber', value: 'OTHER.1' }], { status: 400, scimType: 'mutability' })),
];
