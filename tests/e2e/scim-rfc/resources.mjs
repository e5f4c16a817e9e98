// RFC 7644 §3.3 to §3.6, §3.14, RFC 7643 §2 to §4: users that are made, read, replaced and deleted; versions.

import { ABSENT, ENT, MOMENT, USER, get, isText, post, put, remove, patch } from './runner.mjs';

const one = (id, rfc, ...steps) => ({ id, rfc, steps });
const user = (more = {}) => ({ schemas: [USER], userName: 'r{{n}}@rfc.example', ...more });
const made = (more = {}, step = {}) => post('/Users', user(more), { save: { u: 'json', tag: 'head.etag' }, ...step });
const read = (json, step = {}) => get('/Users/{{u.id}}', { json, ...step });
const refused = (id, rfc, body, scimType, status = 400) => one(`create-${id}`, rfc, post('/Users', body, { status, scimType }));
const equal = (got, want) => { if (got !== want) throw new Error(`${got}, not ${want}`); };

const creations = [
  one('create', '7644 §3.3', made({ displayName: 'Đỗ An' }, { json: { schemas: (list) => list.includes(USER), id: isText, userName: /^r\d+@rfc.example$/, displayName: 'Đỗ An', meta: { resourceType: 'User', created: MOMENT, lastModified: MOMENT, location: isText } } })),
  one('create-location', '7644 §3.3', made({}, { check: ({ headers, json }) => { equal(headers.get('location'), json.meta.location); if (!/^https?:\/\/.*\/Users\/[^/]+$/.test(json.meta.location)) throw new Error(json.meta.location); } })),
  one('create-location-leads', '7644 §3.3', made({}, { save: { u: 'json', where: 'json.meta.location' } }), get('{{where}}', { json: { id: '{{u.id}}' } })),
  one('create-type', '7644 §3.1', made({}, { head: { 'content-type': /^application\/scim\+json/ } })),
  one('create-etag', '7644 §3.14', made({}, { check: ({ headers, json }) => { equal(headers.get('etag'), json.meta.version); if (!json.meta.version) throw new Error('no version'); } })),
  one('create-reads-back', '7644 §3.3', made({ nickName: 'N', emails: [{ value: 'a@b.vn', type: 'work' }] }), read({ id: '{{u.id}}', userName: '{{u.userName}}', nickName: 'N', emails: [{ value: 'a@b.vn', type: 'work' }] })),
  one('create-own-id', '7643 §3.1', made({ id: 'mine' }, { json: { id: (id) => id !== 'mine' } })),
  one('create-own-meta', '7643 §3.1', made({ meta: { resourceType: 'Group', created: '2001-01-01T00:00:00Z' } }, { json: { meta: { resourceType: 'User', created: /^20[2-9]/ } } })),
  one('create-read-only', '7644 §3.3', made({ groups: [{ value: '{{h.id}}' }] }, { json: { groups: (list) => (list ?? []).length === 0 } })),
  one('create-folds-names', '7643 §2.1', post('/Users', { Schemas: [USER], USERNAME: 'f{{n}}@rfc.example', NickName: 'n' }, { json: { userName: /^f/, nickName: 'n' } })),
  one('create-null', '7643 §2.5', made({ nickName: null, emails: null }, { json: { nickName: ABSENT, emails: (list) => (list ?? []).length === 0 } })),
  one('create-empty-list', '7643 §2.5', made({ emails: [] }, { json: { emails: (list) => (list ?? []).length === 0 } })),
  one('create-unicode', '7643 §2', made({ nickName: 'Nguyễn "Đức" \\ 🙂' }, { json: { nickName: 'Nguyễn "Đức" \\ 🙂' } })),
  one('create-extension', '7643 §3.3', post('/Users', { ...user(), schemas: [USER, ENT], [ENT]: { costCenter: 'C9' } }, { json: { schemas: (list) => list.includes(ENT), [ENT]: { costCenter: 'C9' } } })),
  one('create-many-kinds', '7643 §4.1.2', made({ phoneNumbers: [{ value: '1', type: 'work' }], ims: [{ value: 'i', type: 'xmpp' }], photos: [{ value: 'https://x.example/p', type: 'photo' }], entitlements: [{ value: 'e' }], roles: [{ value: 'r' }],
    addresses: [{ type: 'work', formatted: 'A', country: 'VN' }], x509Certificates: [{ value: 'MIIB' }] }, { json: { phoneNumbers: [{ value: '1' }], ims: [{ value: 'i' }], photos: [{ value: 'https://x.example/p' }], entitlements: [{ value: 'e' }], roles: [{ value: 'r' }], addresses: [{ country: 'VN' }], x509Certificates: [{ value: 'MIIB' }] } })),
  one('create-password-hidden', '7643 §4.1.1', made({ password: 'Secret-123' }, { json: { password: ABSENT } }), read({ password: ABSENT })),
  one('create-json-type', '7644 §3.1', made({}, { headers: { 'content-type': 'application/json' } })),
  one('create-in-list', '7644 §3.4.2', made(), get('/Users', { query: { filter: 'userName eq "{{u.userName}}"' }, json: { totalResults: 1, Resources: [{ id: '{{u.id}}' }] } })),
  one('create-twice', '7644 §3.3', made(), post('/Users', { schemas: [USER], userName: '{{u.userName}}' }, { status: 409, scimType: 'uniqueness' })),
  { ...one('create-twice-folded', '7643 §4.1.1', made({ userName: 'case{{n}}@rfc.example' }), post('/Users', { schemas: [USER], userName: 'CASE{{n}}@rfc.example' }, { status: 409, scimType: 'uniqueness' })) },
  refused('no-name', '7643 §4.1.1', { schemas: [USER], displayName: 'x' }, 'invalidValue'), refused('null-name', '7643 §4.1.1', { schemas: [USER], userName: null }, 'invalidValue'), refused('empty-name', '7643 §4.1.1', { schemas: [USER], userName: '' }, 'invalidValue'),
  refused('no-schemas', '7643 §3', { userName: 'x{{n}}@rfc.example' }, ['invalidSyntax', 'invalidValue']), refused('other-schema', '7643 §3', { schemas: ['urn:none'], userName: 'x{{n}}@rfc.example' }, ['invalidSyntax', 'invalidValue']),
  refused('number-name', '7643 §2.3', user({ userName: 7 }), ['invalidValue', 'invalidSyntax']), refused('text-for-list', '7643 §2.4', user({ emails: 7 }), ['invalidValue', 'invalidSyntax']), refused('list-for-complex', '7643 §2.3.8', user({ name: 7 }), ['invalidValue', 'invalidSyntax']),
  refused('two-primaries', '7643 §2.4', user({ emails: [{ value: 'a', primary: true }, { value: 'b', primary: true }] }), 'invalidValue'), refused('bad-json', '7644 §3.12', '{"schemas":', 'invalidSyntax'),
  refused('list', '7644 §3.12', [], ['invalidSyntax', 'invalidValue']), refused('text', '7644 §3.12', '"x"', ['invalidSyntax', 'invalidValue']), refused('nothing', '7644 §3.12', '', ['invalidSyntax', 'invalidValue']),
  one('create-xml', '7644 §3.1', post('/Users', '<x/>', { headers: { 'content-type': 'application/xml' }, status: [400, 415] })),
];

const reads = [
  one('read', '7644 §3.4.1', get('/Users/{{a.id}}', { head: { 'content-type': /^application\/scim\+json/ }, json: { id: '{{a.id}}', userName: 'Anh@rfc.example', meta: { resourceType: 'User', location: '{{a.meta.location}}' } } })),
  one('read-schemas', '7643 §3', get('/Users/{{a.id}}', { json: { schemas: (list) => list.includes(USER) && list.includes(ENT) } })), one('read-none', '7644 §3.12', get('/Users/2819c223-7f76-453a-919d-413861904646', { status: 404 })),
  one('read-no-id', '7644 §3.12', get('/Users/none', { status: 404 })), one('read-no-endpoint', '7644 §3.12', get('/Nothings', { status: 404 })), one('read-groups', '7643 §4.1.2', get('/Users/{{a.id}}', { json: { groups: [{ value: '{{g.id}}', display: 'Tổ một cửa' }] } })),
  one('read-unauthorized', '7644 §2', get('/Users', { headers: { authorization: 'Bearer wrong' }, status: 401 })), one('read-moments', '7643 §3.1', get('/Users/{{a.id}}', { json: { meta: { created: MOMENT, lastModified: MOMENT } } })),
  one('read-etag', '7644 §3.14', get('/Users/{{a.id}}', { check: ({ headers, json }) => equal(headers.get('etag'), json.meta.version) })),
  one('read-not-changed', '7644 §3.14', get('/Users/{{a.id}}', { save: { tag: 'json.meta.version' } }), get('/Users/{{a.id}}', { headers: { 'if-none-match': '{{tag}}' }, status: 304, check: ({ text }) => equal(text, '') })),
  one('read-changed', '7644 §3.14', get('/Users/{{a.id}}', { headers: { 'if-none-match': 'W/"other"' } })), one('read-not-changed-any', '7644 §3.14', get('/Users/{{a.id}}', { headers: { 'if-none-match': '*' }, status: 304 })),
  one('read-not-changed-list', '7644 §3.14', get('/Users/{{a.id}}', { save: { tag: 'json.meta.version' } }), get('/Users/{{a.id}}', { headers: { 'if-none-match': 'W/"x", {{tag}}' }, status: 304 })),
];

const replacements = [
  one('put', '7644 §3.5.1', made({ nickName: 'old' }), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}', nickName: 'new' }, { json: { id: '{{u.id}}', nickName: 'new' } }), read({ nickName: 'new' })),
  one('put-clears', '7644 §3.5.1', made({ nickName: 'old', emails: [{ value: 'a@b.vn' }] }), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}' }, { json: { nickName: ABSENT, emails: (list) => (list ?? []).length === 0 } }), read({ nickName: ABSENT })),
  one('put-own-id', '7643 §3.1', made(), put('/Users/{{u.id}}', { schemas: [USER], id: 'other', userName: '{{u.userName}}' }, { json: { id: '{{u.id}}' } })),
  one('put-keeps-created', '7643 §3.1', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}', nickName: 'x' }, { json: { meta: { created: '{{u.meta.created}}', location: '{{u.meta.location}}' } } })),
  one('put-rename', '7644 §3.5.1', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: 'renamed{{n}}@rfc.example' }, { json: { userName: 'renamed{{n}}@rfc.example' } }), get('/Users', { query: { filter: 'userName eq "{{u.userName}}"' }, json: { totalResults: 0 } })),
  one('put-taken', '7644 §3.5.1', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{b.userName}}' }, { status: 409, scimType: 'uniqueness' })), one('put-none', '7644 §3.5.1', put('/Users/2819c223-7f76-453a-919d-413861904646', user(), { status: 404 })),
  one('put-no-name', '7644 §3.5.1', made(), put('/Users/{{u.id}}', { schemas: [USER], nickName: 'x' }, { status: 400, scimType: 'invalidValue' }), read({ userName: '{{u.userName}}', nickName: ABSENT })),
  one('put-as-read', '7644 §3.5.1', made({ nickName: 'N', name: { familyName: 'Lê', givenName: 'An' } }), read({}, { save: { r: 'json' } }), { ...put('/Users/{{u.id}}', undefined), body: (world) => world.r, json: { nickName: 'N', name: { familyName: 'Lê' } } }),
  one('put-attributes', '7644 §3.9', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}', nickName: 'x' }, { query: { attributes: 'nickName' }, json: { nickName: 'x', userName: ABSENT } })),
  one('put-match', '7644 §3.14', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}', nickName: 'x' }, { headers: { 'if-match': '{{u.meta.version}}' }, json: { nickName: 'x' } })),
  one('put-match-any', '7644 §3.14', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}', nickName: 'x' }, { headers: { 'if-match': '*' }, json: { nickName: 'x' } })),
  one('put-no-match', '7644 §3.14', made(), put('/Users/{{u.id}}', { schemas: [USER], userName: '{{u.userName}}', nickName: 'x' }, { headers: { 'if-match': 'W/"other"' }, status: 412 }), read({ nickName: ABSENT })),
  one('patch-no-match', '7644 §3.14', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'x' }], { headers: { 'if-match': 'W/"other"' }, status: 412 }), read({ nickName: ABSENT })),
  one('patch-match-list', '7644 §3.14', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'x' }], { headers: { 'if-match': 'W/"a", {{u.meta.version}}' } }), read({ nickName: 'x' })),
  one('version-changes', '7644 §3.14', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'x' }]), read({ meta: { version: (v) => v } }, { check: ({ json }, { u }) => { if (json.meta.version === u.meta.version) throw new Error(u.meta.version); } })),
  one('version-lost-update', '7644 §3.14', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'x' }], { headers: { 'if-match': '{{u.meta.version}}' } }),
    patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'y' }], { headers: { 'if-match': '{{u.meta.version}}' }, status: 412 }), read({ nickName: 'x' })),
  one('modified-moves', '7643 §3.1', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'x' }]), read({ meta: { created: '{{u.meta.created}}' } }, { check: ({ json }, { u }) => { if (!(json.meta.lastModified > u.meta.lastModified)) throw new Error(`${json.meta.lastModified}`); } })),
];

const deletions = [
  one('delete', '7644 §3.6', made(), remove('/Users/{{u.id}}', { check: ({ text }) => equal(text, '') }), read(undefined, { status: 404 })), one('delete-twice', '7644 §3.6', made(), remove('/Users/{{u.id}}'), remove('/Users/{{u.id}}', { status: 404 })),
  one('delete-unlisted', '7644 §3.6', made(), remove('/Users/{{u.id}}'), get('/Users', { query: { filter: 'userName eq "{{u.userName}}"' }, json: { totalResults: 0 } })), one('delete-none', '7644 §3.6', remove('/Users/2819c223-7f76-453a-919d-413861904646', { status: 404 })),
  one('delete-patch', '7644 §3.6', made(), remove('/Users/{{u.id}}'), patch('/Users/{{u.id}}', [{ op: 'add', path: 'nickName', value: 'x' }], { status: 404 })), one('delete-name-free', '7644 §3.6', made(), remove('/Users/{{u.id}}'), post('/Users', { schemas: [USER], userName: '{{u.userName}}' })),
  one('delete-no-match', '7644 §3.14', made(), remove('/Users/{{u.id}}', { headers: { 'if-match': 'W/"other"' }, status: 412 }), read({ id: '{{u.id}}' })), one('delete-match', '7644 §3.14', made(), remove('/Users/{{u.id}}', { headers: { 'if-match': '{{u.meta.version}}' } })),
  one('delete-all', '7644 §3.2', remove('/Users', { status: [404, 405, 501] })), one('post-on-user', '7644 §3.2', made(), post('/Users/{{u.id}}', user(), { status: [404, 405, 501] })),
];

export default [...creations, ...reads, ...replacements, ...deletions];
