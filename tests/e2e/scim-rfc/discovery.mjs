// RFC 7644 §4, RFC 7643 §5 to §7, RFC 9865 §4: what a server says of itself.

import { ENT, GROUP, LIST, USER, get, isText } from './runner.mjs';

const isFlag = (value) => typeof value === 'boolean';
const isCount = (value) => Number.isInteger(value) && value >= 0;
const absolute = (path) => (value) => /^https?:\/\//.test(value) && value.endsWith(path);
const attributesOf = (schema) => schema.attributes.flatMap((one) => [one, ...(one.subAttributes ?? [])]);
const named = (list, name) => list.find((one) => one.name === name);
const whole = (one) => isText(one.name) && ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex'].includes(one.type) && isFlag(one.multiValued) && isText(one.description)
  && isFlag(one.required) && ['readOnly', 'readWrite', 'immutable', 'writeOnly'].includes(one.mutability) && ['always', 'never', 'default', 'request'].includes(one.returned);

const one = (id, rfc, ...steps) => ({ id: `discovery-${id}`, rfc, steps });

export default [
  one('config', '7643 §5', get('/ServiceProviderConfig', { json: {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'], patch: { supported: true }, bulk: { supported: true }, filter: { supported: true },
    changePassword: { supported: isFlag }, sort: { supported: true }, etag: { supported: isFlag }, authenticationSchemes: (list) => list.length > 0 } })),
  one('config-type', '7644 §3.1', get('/ServiceProviderConfig', { head: { 'content-type': /^application\/scim\+json/ } })),
  one('config-bulk-limits', '7643 §5', get('/ServiceProviderConfig', { json: { bulk: { maxOperations: isCount, maxPayloadSize: isCount } } })),
  one('config-filter-limit', '7643 §5', get('/ServiceProviderConfig', { json: { filter: { maxResults: isCount } } })),
  one('config-schemes', '7643 §5', get('/ServiceProviderConfig', { json: { authenticationSchemes: (list) => list.every((s) => isText(s.type) && isText(s.name) && isText(s.description)) } })),
  one('config-meta', '7643 §3.1', get('/ServiceProviderConfig', { json: { meta: { resourceType: 'ServiceProviderConfig', location: absolute('/ServiceProviderConfig') } } })),
  { ...one('config-pagination', '9865 §4', get('/ServiceProviderConfig', { json: {
    pagination: { cursor: true, index: true, defaultPaginationMethod: 'index', defaultPageSize: isCount, maxPageSize: isCount, cursorTimeout: isCount } } })), needs: 'cursor' },
  one('config-no-change', '7644 §4', { method: 'DELETE', path: '/ServiceProviderConfig', status: [403, 404, 405, 501] }),
  one('types', '7643 §6', get('/ResourceTypes', { json: { schemas: [LIST], totalResults: 2, Resources: (list) => list.map((t) => t.endpoint).sort().join() === '/Groups,/Users' } })),
  one('types-user', '7643 §6', get('/ResourceTypes/User', { json: {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'], name: 'User', endpoint: '/Users', schema: USER,
    schemaExtensions: (list) => list.some((e) => e.schema === ENT && e.required === false) } })),
  one('types-group', '7643 §6', get('/ResourceTypes/Group', { json: { name: 'Group', endpoint: '/Groups', schema: GROUP } })),
  one('types-meta', '7643 §3.1', get('/ResourceTypes/User', { json: { meta: { resourceType: 'ResourceType', location: absolute('/ResourceTypes/User') } } })),
  one('types-unknown', '7644 §3.12', get('/ResourceTypes/Nothing', { status: 404 })),
  one('types-filter', '7644 §4', get('/ResourceTypes', { query: { filter: 'name eq "User"' }, status: 403 })),
  one('schemas', '7643 §7', get('/Schemas', { json: { schemas: [LIST], Resources: (list) => [USER, GROUP, ENT].every((urn) => list.some((s) => s.id === urn)) } })),
  one('schemas-total', '7644 §3.4.2', get('/Schemas', { check: ({ json }) => { if (json.totalResults !== json.Resources.length) throw new Error(`totalResults ${json.totalResults}`); } })),
  one('schemas-filter', '7644 §4', get('/Schemas', { query: { filter: `id eq "${USER}"` }, status: 403 })),
  one('schema-user', '7643 §8.7.1', get(`/Schemas/${USER}`, { json: { id: USER, name: 'User', attributes: (list) => named(list, 'userName').required && named(list, 'userName').uniqueness === 'server' && !named(list, 'userName').caseExact } })),
  one('schema-whole', '7643 §7', get(`/Schemas/${USER}`, { json: (schema) => attributesOf(schema).every(whole) })),
  one('schema-complex', '7643 §7', get(`/Schemas/${USER}`, { json: { attributes: (list) => list.every((a) => (a.type === 'complex') === (a.subAttributes?.length > 0)) } })),
  one('schema-references', '7643 §7', get(`/Schemas/${USER}`, { json: (schema) => attributesOf(schema).filter((a) => a.type === 'reference').every((a) => a.referenceTypes?.length > 0) })),
  one('schema-groups-read-only', '7643 §4.1.2', get(`/Schemas/${USER}`, { json: { attributes: (list) => named(list, 'groups').mutability === 'readOnly' } })),
  one('schema-enterprise', '7643 §4.3', get(`/Schemas/${ENT}`, { json: { id: ENT, attributes: (list) => ['employeeNumber', 'costCenter', 'organization', 'division', 'department', 'manager'].every((n) => named(list, n)) } })),
  one('schema-manager-name-read-only', '7643 §4.3', get(`/Schemas/${ENT}`, { json: { attributes: (list) => named(named(list, 'manager').subAttributes, 'displayName').mutability === 'readOnly' } })),
  one('schema-group', '7643 §8.7.1', get(`/Schemas/${GROUP}`, { json: { id: GROUP, attributes: (list) => named(named(list, 'members').subAttributes, 'value').mutability === 'immutable' } })),
  one('schema-meta', '7643 §3.1', get(`/Schemas/${GROUP}`, { json: { meta: { resourceType: 'Schema', location: absolute(`/Schemas/${GROUP}`) } } })),
  one('schema-unknown', '7644 §3.12', get('/Schemas/urn:none', { status: 404 })),
];
