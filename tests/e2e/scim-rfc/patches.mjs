// RFC 7644 §3.5.2: what a PATCH makes of one and the same user.

import { ABSENT, ENT, PATCH, USER, get, patch, post } from './runner.mjs';

const before = {
  schemas: [USER, ENT], userName: 'p{{n}}@rfc.example', displayName: 'D', nickName: 'N', name: { familyName: 'Trần', givenName: 'Bình' }, active: true,
  emails: [{ value: 'w@x.example', type: 'work', primary: true }, { value: 'h@x.example', type: 'home' }], phoneNumbers: [{ value: '1', type: 'work' }], [ENT]: { costCenter: 'CC1', division: 'Đ1' },
};
const begin = (more = {}) => post('/Users', { ...before, ...more }, { save: { u: 'json' } });
const w = { value: 'w@x.example', type: 'work', primary: true }, h = { value: 'h@x.example', type: 'home' };

// [id, operations, what is there afterwards]
const done = ([id, Operations, then]) => ({ id: `patch-${id}`, rfc: '7644 §3.5.2', steps: [begin(), patch('/Users/{{u.id}}', Operations), get('/Users/{{u.id}}', { json: then })] });
const good = [
  ['add', [{ op: 'add', path: 'preferredLanguage', value: 'vi' }], { preferredLanguage: 'vi', nickName: 'N' }],
  ['add-replaces-single', [{ op: 'add', path: 'nickName', value: 'M' }], { nickName: 'M' }],
  ['add-sub', [{ op: 'add', path: 'name.middleName', value: 'Văn' }], { name: { familyName: 'Trần', middleName: 'Văn', givenName: 'Bình' } }],
  ['add-complex', [{ op: 'add', path: 'name', value: { middleName: 'Văn' } }], { name: { familyName: 'Trần', middleName: 'Văn' } }],
  ['add-many', [{ op: 'add', path: 'emails', value: [{ value: 'o@x.example', type: 'other' }] }], { emails: [w, h, { value: 'o@x.example', type: 'other' }] }],
  ['add-many-again', [{ op: 'add', path: 'phoneNumbers', value: [{ value: '1', type: 'work' }] }], { phoneNumbers: [{ value: '1', type: 'work' }] }],
  ['add-many-new', [{ op: 'add', path: 'ims', value: [{ value: 'z', type: 'skype' }] }], { ims: [{ value: 'z', type: 'skype' }] }],
  ['add-primary', [{ op: 'add', path: 'emails', value: [{ value: 'o@x.example', primary: true }] }], { emails: (list) => list.length === 3 && list.filter((e) => e.primary).map((e) => e.value).join() === 'o@x.example' }],
  ['add-value-path-sub', [{ op: 'add', path: 'emails[type eq "home"].display', value: 'Nhà' }], { emails: [w, { ...h, display: 'Nhà' }] }],
  ['add-no-path', [{ op: 'add', value: { preferredLanguage: 'vi', emails: [{ value: 'o@x.example' }] } }], { preferredLanguage: 'vi', emails: (list) => list.length === 3 }],
  ['add-extension', [{ op: 'add', path: `${ENT}:organization`, value: 'O' }], { [ENT]: { costCenter: 'CC1', organization: 'O' } }],
  ['add-extension-no-path', [{ op: 'add', value: { [ENT]: { organization: 'O' } } }], { [ENT]: { costCenter: 'CC1', organization: 'O' } }],
  ['add-urn', [{ op: 'add', path: `${USER}:nickName`, value: 'M' }], { nickName: 'M' }],
  ['replace', [{ op: 'replace', path: 'nickName', value: 'M' }], { nickName: 'M', displayName: 'D' }],
  ['replace-folds-name', [{ op: 'replace', path: 'NICKNAME', value: 'M' }], { nickName: 'M' }],
  ['replace-absent', [{ op: 'replace', path: 'preferredLanguage', value: 'vi' }], { preferredLanguage: 'vi' }],
  ['replace-sub', [{ op: 'replace', path: 'name.givenName', value: 'An' }], { name: { familyName: 'Trần', givenName: 'An' } }],
  ['replace-complex', [{ op: 'replace', path: 'name', value: { givenName: 'An' } }], { name: { givenName: 'An', familyName: 'Trần' } }],
  ['replace-many', [{ op: 'replace', path: 'emails', value: [{ value: 'o@x.example', type: 'other' }] }], { emails: [{ value: 'o@x.example', type: 'other' }] }],
  ['replace-many-empty', [{ op: 'replace', path: 'emails', value: [] }], { emails: (list) => (list ?? []).length === 0 }],
  ['replace-value-path-sub', [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'new@x.example' }], { emails: [w, { ...h, value: 'new@x.example' }] }],
  ['replace-value-path-primary', [{ op: 'replace', path: 'emails[type eq "home"].primary', value: true }], { emails: (list) => list.filter((e) => e.primary).map((e) => e.type).join() === 'home' }],
  ['replace-value-path-or', [{ op: 'replace', path: 'emails[type eq "home" or type eq "work"].display', value: 'x' }], { emails: [{ display: 'x' }, { display: 'x' }] }],
  ['replace-value-path-folds', [{ op: 'replace', path: 'emails[TYPE EQ "HOME"].display', value: 'x' }], { emails: [w, { display: 'x' }] }],
  ['replace-no-path', [{ op: 'replace', value: { nickName: 'M', displayName: 'E' } }], { nickName: 'M', displayName: 'E' }],
  ['replace-no-path-many', [{ op: 'replace', value: { emails: [{ value: 'o@x.example' }] } }], { emails: [{ value: 'o@x.example' }] }],
  ['replace-extension', [{ op: 'replace', path: `${ENT}:costCenter`, value: 'CC2' }], { [ENT]: { costCenter: 'CC2', division: 'Đ1' } }],
  ['replace-null', [{ op: 'replace', path: 'nickName', value: null }], { nickName: ABSENT }],
  ['replace-same', [{ op: 'replace', path: 'nickName', value: 'N' }], { nickName: 'N' }],
  ['replace-boolean', [{ op: 'replace', path: 'active', value: true }], { active: true }],
  ['remove', [{ op: 'remove', path: 'nickName' }], { nickName: ABSENT, displayName: 'D' }],
  ['remove-absent', [{ op: 'remove', path: 'preferredLanguage' }], { preferredLanguage: ABSENT }],
  ['remove-sub', [{ op: 'remove', path: `${ENT}:division` }], { [ENT]: { costCenter: 'CC1', division: ABSENT } }],
  ['remove-many', [{ op: 'remove', path: 'emails' }], { emails: (list) => (list ?? []).length === 0 }],
  ['remove-value-path', [{ op: 'remove', path: 'emails[type eq "home"]' }], { emails: [w] }],
  ['remove-value-path-and', [{ op: 'remove', path: 'emails[type eq "work" and value sw "w@"]' }], { emails: [h] }],
  ['remove-value-path-not', [{ op: 'remove', path: 'emails[not (type eq "home")]' }], { emails: [h] }],
  ['remove-value-path-pr', [{ op: 'remove', path: 'emails[primary pr and primary eq true]' }], { emails: [h] }],
  ['remove-value-path-last', [{ op: 'remove', path: 'phoneNumbers[type eq "work"]' }], { phoneNumbers: (list) => (list ?? []).length === 0 }],
  ['remove-value-path-sub', [{ op: 'remove', path: 'emails[type eq "home"].type' }], { emails: [w, { value: 'h@x.example', type: ABSENT }] }],
  ['remove-extension', [{ op: 'remove', path: `${ENT}:costCenter` }, { op: 'remove', path: `${ENT}:division` }], { [ENT]: (ext) => !ext?.costCenter && !ext?.division }],
  ['in-order', [{ op: 'add', path: 'nickName', value: 'A' }, { op: 'replace', path: 'nickName', value: 'B' }, { op: 'remove', path: 'displayName' }], { nickName: 'B', displayName: ABSENT }],
  ['in-order-many', [{ op: 'remove', path: 'emails' }, { op: 'add', path: 'emails', value: [{ value: 'o@x.example', type: 'other' }] }, { op: 'replace', path: 'emails[type eq "other"].value', value: 'p@x.example' }], { emails: [{ value: 'p@x.example' }] }],
  ['schema-folds', [{ op: 'replace', path: `${ENT.toUpperCase()}:COSTCENTER`, value: 'CC3' }], { [ENT]: { costCenter: 'CC3' } }],
].map(done);

// [id, operations, scimType]: refused, and nothing has changed.
const refused = ([id, Operations, scimType]) => ({ id: `patch-refused-${id}`, rfc: '7644 §3.5.2', steps: [begin(), get('/Users/{{u.id}}', { save: { r: 'json' } }),
  patch('/Users/{{u.id}}', Operations, { status: 400, scimType }), get('/Users/{{u.id}}', { check: ({ json }, world) => { if (JSON.stringify(json) !== JSON.stringify(world.r)) throw new Error(`changed: ${JSON.stringify(json)}`); } })] });
const bad = [
  ['no-target', [{ op: 'replace', path: 'emails[type eq "none"].value', value: 'x' }], 'noTarget'], ['remove-no-path', [{ op: 'remove' }], 'noTarget'],
  ['path', [{ op: 'replace', path: 'nothing', value: 'x' }], ['invalidPath', 'noTarget']], ['sub-path', [{ op: 'replace', path: 'name.nothing', value: 'x' }], ['invalidPath', 'noTarget']],
  ['path-syntax', [{ op: 'replace', path: 'emails[type eq "home"', value: 'x' }], ['invalidPath', 'invalidFilter']], ['path-filter', [{ op: 'remove', path: 'emails[type xx "home"]' }], ['invalidFilter', 'invalidPath']],
  ['path-behind', [{ op: 'replace', path: 'emails[type eq "home"].value.more', value: 'x' }], ['invalidPath', 'noTarget']], ['read-only', [{ op: 'replace', path: 'id', value: 'x' }], 'mutability'],
  ['read-only-meta', [{ op: 'replace', path: 'meta.created', value: '2001-01-01T00:00:00Z' }], 'mutability'], ['read-only-groups', [{ op: 'add', path: 'groups', value: [{ value: '{{h.id}}' }] }], 'mutability'],
  ['remove-required', [{ op: 'remove', path: 'userName' }], ['mutability', 'invalidValue']], ['replace-required-null', [{ op: 'replace', path: 'userName', value: null }], ['invalidValue', 'mutability']],
  ['wrong-type', [{ op: 'replace', path: 'nickName', value: 7 }], 'invalidValue'], ['wrong-boolean', [{ op: 'replace', path: 'active', value: 'perhaps' }], 'invalidValue'], ['no-value', [{ op: 'replace', path: 'nickName' }], ['invalidValue', 'invalidSyntax']],
  ['unknown-op', [{ op: 'move', path: 'nickName', value: 'x' }], ['invalidSyntax', 'invalidValue']], ['no-op', [{ path: 'nickName', value: 'x' }], ['invalidSyntax', 'invalidValue']], ['none', [], ['invalidSyntax', 'invalidValue']],
  ['no-path-no-object', [{ op: 'replace', value: 'x' }], ['invalidValue', 'invalidSyntax', 'noTarget']], ['all-or-nothing', [{ op: 'replace', path: 'nickName', value: 'M' }, { op: 'replace', path: 'id', value: 'x' }], 'mutability'],
].map(refused);

const body = (id, what, scimType) => ({ id: `patch-body-${id}`, rfc: '7644 §3.5.2', steps: [begin(), { method: 'PATCH', path: '/Users/{{u.id}}', body: what, status: 400, scimType }] });
const ops = [{ op: 'replace', path: 'nickName', value: 'x' }];
const bodies = [
  body('no-schemas', { Operations: ops }, ['invalidSyntax', 'invalidValue']), body('other-schema', { schemas: [USER], Operations: ops }, ['invalidSyntax', 'invalidValue']), body('no-operations', { schemas: [PATCH] }, ['invalidSyntax', 'invalidValue']),
  body('operations-object', { schemas: [PATCH], Operations: ops[0] }, ['invalidSyntax', 'invalidValue']), body('list', ops, ['invalidSyntax', 'invalidValue']),
];

const answers = [
  { id: 'patch-none', rfc: '7644 §3.5.2', steps: [patch('/Users/2819c223-7f76-453a-919d-413861904646', ops, { status: 404 })] },
  { id: 'patch-answer-attributes', rfc: '7644 §3.5.2', steps: [begin(), patch('/Users/{{u.id}}', ops, { query: { attributes: 'nickName' }, status: 200, json: { id: '{{u.id}}', nickName: 'x', userName: ABSENT } })] },
  { id: 'patch-answer-attributes-no-change', rfc: '7644 §3.5.2', steps: [begin(), patch('/Users/{{u.id}}', [{ op: 'replace', path: 'nickName', value: 'N' }], { query: { attributes: 'nickName' }, status: 200, json: { nickName: 'N' } })] },
  { id: 'patch-answer-whole', rfc: '7644 §3.5.2', steps: [begin(), patch('/Users/{{u.id}}', ops, { check: ({ status, json }) => { if (status === 200 && json.nickName !== 'x') throw new Error('not as changed'); } })] },
  { id: 'patch-group-attributes', rfc: '7644 §3.5.2', steps: [post('/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'A{{n}}' }, { save: { u: 'json' } }),
    patch('/Groups/{{u.id}}', [{ op: 'replace', path: 'displayName', value: 'B{{n}}' }], { query: { attributes: 'displayName' }, status: 200, json: { displayName: 'B{{n}}' } })] },
];

export default [...good, ...bad, ...bodies, ...answers];
