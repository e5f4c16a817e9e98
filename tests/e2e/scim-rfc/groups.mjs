// RFC 7643 §4.2, RFC 7644 §3.5.2, §3.7: groups with their members, and Bulk.

import { BULK, ENT, GROUP, PATCH, USER, get, isText, patch, post, put, remove } from './runner.mjs';

const one = (id, rfc, ...steps) => ({ id, rfc, steps });
const member = (...names) => names.map((name) => ({ value: `{{${name}.id}}` }));
const made = (more = {}, step = {}) => post('/Groups', { schemas: [GROUP], displayName: 'Nhóm {{n}}', ...more }, { save: { q: 'json' }, ...step });
const has = (...names) => get('/Groups/{{q.id}}', { check: ({ json }, world) => {
  const got = (json.members ?? []).map((m) => m.value).sort().join(), want = names.map((name) => world[name].id).sort().join();
  if (got !== want) throw new Error(`members ${got}, not ${want}`);
} });
const change = (id, start, Operations, ...then) => one(`group-${id}`, '7644 §3.5.2', made({ members: member(...start) }), patch('/Groups/{{q.id}}', Operations), has(...then));
const refused = (id, Operations, scimType) => one(`group-refused-${id}`, '7644 §3.5.2', made({ members: member('a') }), patch('/Groups/{{q.id}}', Operations, { status: 400, scimType }), has('a'));

const groups = [
  one('group-create', '7643 §4.2', made({ externalId: 'e{{n}}' }, { json: { schemas: [GROUP], id: isText, displayName: /^Nhóm/, externalId: /^e\d/, meta: { resourceType: 'Group', location: /\/Groups\// } } }), has()),
  one('group-create-location', '7644 §3.3', made({}, { check: ({ headers, json }) => { if (headers.get('location') !== json.meta.location) throw new Error(`Location is ${headers.get('location')}`); } })),
  one('group-create-members', '7643 §4.2', made({ members: member('a', 'c') }), has('a', 'c')), one('group-no-name', '7643 §4.2', post('/Groups', { schemas: [GROUP] }, { status: 400, scimType: 'invalidValue' })),
  one('group-member-shape', '7643 §4.2', made({ members: member('a') }), get('/Groups/{{q.id}}', { json: { members: [{ value: '{{a.id}}', $ref: /\/Users\//, type: 'User' }] } })),
  one('group-unknown-member', '7643 §4.2', post('/Groups', { schemas: [GROUP], displayName: 'x{{n}}', members: [{ value: '2819c223-7f76-453a-919d-413861904646' }] }, { status: [400, 404], scimType: ['invalidValue', undefined] })),
  one('group-member-without-value', '7643 §4.2', post('/Groups', { schemas: [GROUP], displayName: 'x{{n}}', members: [{ type: 'User' }] }, { status: 400, scimType: 'invalidValue' })),
  one('group-none', '7644 §3.12', get('/Groups/2819c223-7f76-453a-919d-413861904646', { status: 404 })), one('group-put', '7644 §3.5.1', made({ members: member('a') }), put('/Groups/{{q.id}}', { schemas: [GROUP], displayName: 'P{{n}}', members: member('b', 'c') }, { json: { displayName: /^P/ } }), has('b', 'c')),
  one('group-put-none', '7644 §3.5.1', made({ members: member('a') }), put('/Groups/{{q.id}}', { schemas: [GROUP], displayName: 'P{{n}}', members: [] }), has()), one('group-delete', '7644 §3.6', made(), remove('/Groups/{{q.id}}'), get('/Groups/{{q.id}}', { status: 404 })),
  one('group-etag', '7644 §3.14', made(), get('/Groups/{{q.id}}', { save: { tag: 'json.meta.version' }, head: { etag: isText } }), get('/Groups/{{q.id}}', { headers: { 'if-none-match': '{{tag}}' }, status: 304 })),
  one('group-no-match', '7644 §3.14', made(), patch('/Groups/{{q.id}}', [{ op: 'replace', path: 'displayName', value: 'x' }], { headers: { 'if-match': 'W/"other"' }, status: 412 }), get('/Groups/{{q.id}}', { json: { displayName: /^Nhóm/ } })),
  one('group-shown-at-user', '7643 §4.1.2', made({ members: member('c') }), get('/Users/{{c.id}}', { check: ({ json }, { q }) => { if (!(json.groups ?? []).some((g) => g.value === q.id)) throw new Error(JSON.stringify(json.groups)); } })),
  one('group-deleted-user', '7644 §3.6', post('/Users', { schemas: [USER], userName: 'g{{n}}@rfc.example' }, { save: { x: 'json' } }), made({ members: member('a', 'x') }), remove('/Users/{{x.id}}'), has('a')),
  change('add', ['a'], [{ op: 'add', path: 'members', value: member('b') }], 'a', 'b'), change('add-again', ['a'], [{ op: 'add', path: 'members', value: member('a', 'b') }], 'a', 'b'), change('add-no-path', ['a'], [{ op: 'add', value: { members: member('b') } }], 'a', 'b'),
  change('add-object', ['a'], [{ op: 'add', path: 'members', value: member('b')[0] }], 'a', 'b'), change('remove', ['a', 'b'], [{ op: 'remove', path: 'members[value eq "{{a.id}}"]' }], 'b'), change('remove-two', ['a', 'b', 'c'], [{ op: 'remove', path: 'members[value eq "{{a.id}}" or value eq "{{c.id}}"]' }], 'b'),
  change('remove-all', ['a', 'b'], [{ op: 'remove', path: 'members' }]), change('replace', ['a', 'b'], [{ op: 'replace', path: 'members', value: member('c') }], 'c'), change('replace-none', ['a', 'b'], [{ op: 'replace', path: 'members', value: [] }]),
  change('in-order', ['a'], [{ op: 'remove', path: 'members' }, { op: 'add', path: 'members', value: member('b') }, { op: 'add', path: 'members', value: member('c') }], 'b', 'c'), change('rename-keeps', ['a', 'b'], [{ op: 'replace', path: 'displayName', value: 'R{{n}}' }], 'a', 'b'),
  refused('member-change', [{ op: 'replace', path: 'members[value eq "{{a.id}}"].value', value: 'x' }], 'mutability'), refused('no-name', [{ op: 'remove', path: 'displayName' }], ['mutability', 'invalidValue']),
  refused('unknown-member', [{ op: 'add', path: 'members', value: [{ value: '2819c223-7f76-453a-919d-413861904646' }] }], 'invalidValue'), refused('half', [{ op: 'add', path: 'members', value: member('b') }, { op: 'replace', path: 'id', value: 'x' }], 'mutability'),
];

const bulk = (id, body, check, more = {}) => one(`bulk-${id}`, '7644 §3.7', post('/Bulk', { schemas: [BULK], ...body }, { status: 200, json: { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'] }, check: ({ json }, world) => check(json.Operations, world), ...more }));
const user = (bulkId, more = {}) => ({ method: 'POST', path: '/Users', bulkId, data: { schemas: [USER], userName: `${bulkId}{{n}}@rfc.example`, ...more } });
const group = (bulkId, ...members) => ({ method: 'POST', path: '/Groups', bulkId, data: { schemas: [GROUP], displayName: `${bulkId} {{n}}`, members: members.map((m) => ({ value: `bulkId:${m}` })) } });
const statuses = (...want) => (list) => { const got = list.map((o) => String(o.status)).join(); if (got !== want.join()) throw new Error(`statuses ${got}, not ${want}`); };
const renamed = { schemas: [PATCH], Operations: [{ op: 'replace', path: 'nickName', value: 'M' }] };
const of = (list, bulkId) => list.find((o) => o.bulkId === bulkId);

const bulks = [
  bulk('create', { Operations: [user('u'), user('v')] }, (list) => { statuses(201, 201)(list); list.forEach((o) => { if (!/\/Users\/[^/]+$/.test(o.location) || o.method !== 'POST' || !o.bulkId) throw new Error(JSON.stringify(o)); }); }),
  bulk('status-is-text', { Operations: [user('u')] }, (list) => { if (list[0].status !== '201') throw new Error(JSON.stringify(list[0].status)); }),
  bulk('version', { Operations: [user('u')] }, (list) => { if (!list[0].version) throw new Error(JSON.stringify(list[0])); }),
  bulk('reference', { Operations: [user('u'), group('g', 'u')] }, statuses(201, 201)), bulk('reference-forward', { Operations: [group('g', 'u'), user('u')] }, (list) => { if (of(list, 'g').status !== '201' || of(list, 'u').status !== '201') throw new Error(JSON.stringify(list)); }),
  one('bulk-reference-is-member', '7644 §3.7.2', post('/Bulk', { schemas: [BULK], Operations: [user('u'), group('g', 'u')] }, { status: 200, check: ({ json }, world) => { world.where = of(json.Operations, 'g').location; world.uid = of(json.Operations, 'u').location.split('/').pop(); } }), get('{{where}}', { json: { members: [{ value: '{{uid}}' }] } })),
  { ...one('bulk-circle', '7644 §3.7.1', post('/Bulk', { schemas: [BULK], Operations: [group('g', 'u'), { ...user('u') }, { method: 'PATCH', path: '/Groups/bulkId:g', data: { schemas: [PATCH], Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:v' }] }] } }, user('v')] },
    { status: 200, check: ({ json }, world) => { world.where = of(json.Operations, 'g').location; } }), get('{{where}}', { json: { members: (list) => list.length === 2 } })) },
  bulk('path-reference', { Operations: [user('u'), { method: 'PATCH', path: '/Users/bulkId:u', data: renamed }, { method: 'DELETE', path: '/Users/bulkId:u' }] }, (list) => { if (list[0].status !== '201' || !['200', '204'].includes(list[1].status) || list[2].status !== '204') throw new Error(JSON.stringify(list)); }),
  bulk('put', { Operations: [user('u', { nickName: 'x' }), { method: 'PUT', path: '/Users/bulkId:u', data: { schemas: [USER], userName: 'w{{n}}@rfc.example' } }] }, statuses(201, 200)),
  bulk('extension', { Operations: [user('u', { schemas: [USER, ENT], [ENT]: { costCenter: 'B' } })] }, statuses(201)), bulk('method-folds', { Operations: [{ ...user('u'), method: 'post' }] }, statuses(201)),
  bulk('one-fails', { Operations: [user('u'), user('v', { userName: '{{b.userName}}' }), user('x')] }, (list) => { statuses(201, 409, 201)(list); if (list[1].response?.scimType !== 'uniqueness' || list[1].location) throw new Error(JSON.stringify(list[1])); }),
  bulk('error-form', { Operations: [{ method: 'DELETE', path: '/Users/2819c223-7f76-453a-919d-413861904646' }] }, (list) => { if (list[0].status !== '404' || list[0].response.status !== '404' || !list[0].response.schemas) throw new Error(JSON.stringify(list)); }),
  bulk('fail-on-errors', { failOnErrors: 1, Operations: [user('u', { userName: '{{b.userName}}' }), user('v')] }, (list) => { if (list.length !== 1 || list[0].status !== '409') throw new Error(JSON.stringify(list)); }),
  bulk('fail-on-two', { failOnErrors: 2, Operations: [user('u', { userName: '{{b.userName}}' }), user('v'), user('x', { userName: '{{b.userName}}' }), user('y')] }, statuses(409, 201, 409)),
  bulk('unresolved', { Operations: [group('g', 'nobody')] }, (list) => { if (!/^4/.test(list[0].status)) throw new Error(JSON.stringify(list)); }), bulk('depends-on-failed', { Operations: [user('u', { userName: '{{b.userName}}' }), group('g', 'u')] }, (list) => { if (list[0].status !== '409' || !/^4/.test(list[1].status)) throw new Error(JSON.stringify(list)); }),
  bulk('post-without-id', { Operations: [{ ...user('u'), bulkId: undefined }] }, statuses(400)), bulk('unknown-path', { Operations: [{ ...user('u'), path: '/Things' }] }, (list) => { if (!/^40[04]$/.test(list[0].status)) throw new Error(JSON.stringify(list)); }),
  bulk('unknown-method', { Operations: [{ ...user('u'), method: 'GET' }] }, (list) => { if (!/^40[05]$/.test(list[0].status)) throw new Error(JSON.stringify(list)); }), bulk('no-data', { Operations: [{ ...user('u'), data: undefined }] }, statuses(400)),
  one('bulk-version-match', '7644 §3.7', post('/Users', { schemas: [USER], userName: 'm{{n}}@rfc.example' }, { save: { u: 'json' } }), post('/Bulk', { schemas: [BULK], Operations: [{ method: 'PATCH', path: '/Users/{{u.id}}', version: 'W/"other"', data: renamed }, { method: 'PATCH', path: '/Users/{{u.id}}', version: '{{u.meta.version}}', data: renamed }] },
    { status: 200, check: ({ json }) => { if (json.Operations[0].status !== '412' || !['200', '204'].includes(json.Operations[1].status)) throw new Error(JSON.stringify(json)); } })),
  one('bulk-no-schemas', '7644 §3.7', post('/Bulk', { Operations: [user('u')] }, { status: 400, scimType: ['invalidSyntax', 'invalidValue'] })), one('bulk-no-operations', '7644 §3.7', post('/Bulk', { schemas: [BULK] }, { status: 400, scimType: ['invalidSyntax', 'invalidValue'] })),
  one('bulk-limit', '7644 §3.7.3', get('/ServiceProviderConfig', { save: { most: 'json.bulk.maxOperations' } }), { ...post('/Bulk', (world) => ({ schemas: [BULK], Operations: Array(world.most + 1).fill({ method: 'DELETE', path: '/Users/x' }) })), status: 413 }),
  one('bulk-too-large', '7644 §3.7.3', get('/ServiceProviderConfig', { save: { most: 'json.bulk.maxPayloadSize' } }), { ...post('/Bulk', (world) => JSON.stringify({ schemas: [BULK], Operations: [{ method: 'DELETE', path: `/Users/${'x'.repeat(world.most)}` }] })), status: 413 }),
];

export default [...groups, ...bulks];
