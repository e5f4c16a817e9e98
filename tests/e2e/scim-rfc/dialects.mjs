// What Entra ID and Okta send as clients, beyond or beside the RFCs, and how it has to be taken.

import { ABSENT, ENT, GROUP, USER, get, patch, post, put } from './runner.mjs';

const one = (id, ...steps) => ({ id: `dialect-${id}`, rfc: 'clients', steps });
const made = (more = {}) => post('/Users', { schemas: [USER, ENT], userName: 't{{n}}@rfc.example', ...more }, { save: { u: 'json' } });
const read = (json) => get('/Users/{{u.id}}', { json });
const group = (...names) => post('/Groups', { schemas: [GROUP], displayName: 'E{{n}}', members: names.map((n) => ({ value: `{{${n}.id}}` })) }, { save: { q: 'json' } });
const has = (...names) => get('/Groups/{{q.id}}', { check: ({ json }, world) => {
  const got = (json.members ?? []).map((m) => m.value).sort().join(), want = names.map((name) => world[name].id).sort().join();
  if (got !== want) throw new Error(`members ${got}, not ${want}`);
} });

export default [
  one('entra-test-connection', get('/Users', { query: { filter: 'userName eq "5c1e5d50-4f0c-4a7b-8a50-9e1f3c6e8f10"' }, json: { totalResults: 0, Resources: (list) => (list ?? []).length === 0 } })),
  one('entra-capital-ops', made({ nickName: 'N' }), patch('/Users/{{u.id}}', [{ op: 'Add', path: 'displayName', value: 'D' }, { op: 'Replace', path: 'nickName', value: 'M' }]), read({ displayName: 'D', nickName: 'M' })),
  one('entra-active-text', made(), patch('/Users/{{u.id}}', [{ op: 'Replace', path: 'active', value: 'False' }]), read({ active: false })),
  one('entra-active-text-true', made(), patch('/Users/{{u.id}}', [{ op: 'Replace', path: 'active', value: 'True' }]), read({ active: true })),
  one('entra-active-filter', get('/Users', { query: { filter: 'active eq "False"' }, json: { totalResults: 1 } })),
  one('entra-dotted-names', made(), patch('/Users/{{u.id}}', [{ op: 'replace', value: { 'name.givenName': 'An', 'name.familyName': 'Lê', displayName: 'D' } }]), read({ name: { givenName: 'An', familyName: 'Lê' }, displayName: 'D' })),
  one('entra-urn-names', made(), patch('/Users/{{u.id}}', [{ op: 'Add', value: { [`${ENT}:division`]: 'V', nickName: 'N' } }]), read({ [ENT]: { division: 'V' }, nickName: 'N' })),
  one('entra-email-path', made({ emails: [{ value: 'a@x.example', type: 'work' }] }), patch('/Users/{{u.id}}', [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@x.example' }]), read({ emails: [{ value: 'b@x.example', type: 'work' }] })),
  one('entra-email-path-new', made(), patch('/Users/{{u.id}}', [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'b@x.example' }]), read({ emails: [{ value: 'b@x.example', type: 'work' }] })),
  one('entra-role-primary-text', made({ roles: [{ value: 'x', primary: true }] }), patch('/Users/{{u.id}}', [{ op: 'Replace', path: 'roles[primary eq "True"].value', value: 'y' }]), read({ roles: [{ value: 'y' }] })),
  one('entra-manager', made(), patch('/Users/{{u.id}}', [{ op: 'Add', path: `${ENT}:manager`, value: '{{a.id}}' }]), read({ [ENT]: { manager: { value: '{{a.id}}' } } })),
  one('entra-manager-list', made(), patch('/Users/{{u.id}}', [{ op: 'Add', path: `${ENT}:manager`, value: [{ $ref: '{{a.meta.location}}', value: '{{a.id}}' }] }]), read({ [ENT]: { manager: { value: '{{a.id}}' } } })),
  one('library-extension-with-schemas', made(), patch('/Users/{{u.id}}', [{ op: 'add', path: ENT, value: { schemas: [ENT], division: 'V' } }]), read({ [ENT]: { division: 'V' } })),
  one('entra-group-empty', post('/Groups', { schemas: [GROUP], externalId: 'e{{n}}', displayName: 'E{{n}}', members: [] }, { save: { q: 'json' } }), has()),
  one('entra-members-add', group(), patch('/Groups/{{q.id}}', [{ op: 'Add', path: 'members', value: [{ $ref: null, value: '{{a.id}}' }] }]), has('a')),
  one('entra-members-remove', group('a', 'b'), patch('/Groups/{{q.id}}', [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: '{{a.id}}' }] }]), has('b')),
  one('entra-group-without-members', get('/Groups/{{g.id}}', { query: { excludedAttributes: 'members' }, json: { members: ABSENT } })),
  one('entra-group-by-name', get('/Groups', { query: { excludedAttributes: 'members', filter: 'displayName eq "Văn thư"' }, json: { totalResults: 1 } })),
  one('entra-member-lookup', get('/Groups', { query: { attributes: 'id', filter: 'id eq "{{g.id}}" and members eq "{{a.id}}"' }, json: { totalResults: 1, Resources: [{ id: '{{g.id}}' }] } })),
  one('okta-lookup', get('/Users', { query: { filter: 'userName eq "nobody@rfc.example"', startIndex: 1, count: 100 }, json: { totalResults: 0, startIndex: 1 } })),
  one('okta-create', post('/Users', { schemas: [USER], userName: 'o{{n}}@rfc.example', name: { givenName: 'An', familyName: 'Lê' }, emails: [{ primary: true, value: 'o@rfc.example', type: 'work' }], displayName: 'An Lê', locale: 'vi-VN', externalId: '00u{{n}}', groups: [], password: 'x1mz8dkd', active: true },
    { json: { userName: /^o/, externalId: /^00u/, password: ABSENT, active: true } })),
  one('okta-get-put', made({ nickName: 'N' }), get('/Users/{{u.id}}', { save: { r: 'json' } }), { ...put('/Users/{{u.id}}'), body: (world) => ({ ...world.r, nickName: 'M' }), json: { nickName: 'M' } }),
  one('okta-deactivate', made(), patch('/Users/{{u.id}}', [{ op: 'replace', value: { active: false } }]), read({ active: false })),
  one('okta-reactivate', made(), patch('/Users/{{u.id}}', [{ op: 'replace', value: { active: false } }]), patch('/Users/{{u.id}}', [{ op: 'replace', value: { active: true } }]), read({ active: true })),
  one('okta-rename-with-id', group('a'), patch('/Groups/{{q.id}}', [{ op: 'replace', value: { id: '{{q.id}}', displayName: 'O{{n}}' } }]), get('/Groups/{{q.id}}', { json: { displayName: /^O/ } }), has('a')),
  one('okta-members-null', group('a'), put('/Groups/{{q.id}}', { schemas: [GROUP], displayName: 'O{{n}}', members: null }, { json: { displayName: /^O/ } })),
  one('okta-push', group('a'), patch('/Groups/{{q.id}}', [{ op: 'remove', path: 'members[value eq "{{a.id}}"]' }, { op: 'add', path: 'members', value: [{ value: '{{b.id}}', display: 'binh' }] }]), has('b')),
  one('okta-replace-members', group('a', 'b'), patch('/Groups/{{q.id}}', [{ op: 'replace', path: 'members', value: [{ value: '{{c.id}}', display: 'chi' }] }]), has('c')),
];
