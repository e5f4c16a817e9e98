// RFC 7644 §3.4.2.3 to §3.4.3 and §3.9, RFC 9865: sorting, pages by index and by cursor, which attributes are shown, .search.

import { ABSENT, ENT, LIST, SEARCH, USER, get, post } from './runner.mjs';

const names = (json, world) => (json.Resources ?? []).map((r) => 'abcdegh'.split('').find((name) => world[name].id === r.id) ?? '?').join('');
const equal = (got, want) => { if (got !== want) throw new Error(`${got}, not ${want}`); };
const one = (id, rfc, ...steps) => ({ id, rfc, steps });

const sorted = ([id, query, wanted]) => one(`sort-${id}`, '7644 §3.4.2.3', get('/Users', { query, check: ({ json }, world) => equal(names(json, world), wanted) }));
const sorts = [
  ['ascending', { sortBy: 'displayName', sortOrder: 'ascending' }, 'becad'], ['is-ascending', { sortBy: 'displayName' }, 'becad'], ['descending', { sortBy: 'displayName', sortOrder: 'descending' }, 'daceb'],
  ['folds-name', { sortBy: 'DISPLAYNAME' }, 'becad'], ['sub', { sortBy: 'name.givenName', filter: 'not (name.givenName sw "d") and not (name.givenName sw "Á")' }, 'bce'], ['urn', { sortBy: `${USER}:displayName` }, 'becad'],
  ['extension', { sortBy: `${ENT}:costCenter`, filter: `${ENT}:costCenter pr and userName ne "dung@rfc.example"` }, 'ab'], ['with-filter', { sortBy: 'displayName', filter: 'nickName pr' }, 'eca'],
  ['with-page', { sortBy: 'displayName', startIndex: 2, count: 2 }, 'ec'], ['moment', { sortBy: 'meta.created' }, 'abcde'], ['primary', { sortBy: 'emails.value', filter: 'emails pr' }, 'abc'],
  ['primary-descending', { sortBy: 'emails', sortOrder: 'descending', filter: 'emails pr' }, 'cba'],
].map(sorted);

const pages = [
  one('page-all', '7644 §3.4.2.4', get('/Users', { json: { schemas: [LIST], totalResults: 5, itemsPerPage: 5, startIndex: 1, Resources: (list) => list.length === 5 } })),
  one('page-first', '7644 §3.4.2.4', get('/Users', { query: { startIndex: 1, count: 2 }, json: { totalResults: 5, itemsPerPage: 2, startIndex: 1, Resources: (list) => list.length === 2 } })),
  one('page-middle', '7644 §3.4.2.4', get('/Users', { query: { startIndex: 3, count: 2 }, json: { totalResults: 5, itemsPerPage: 2, startIndex: 3, Resources: (list) => list.length === 2 } })),
  one('page-last', '7644 §3.4.2.4', get('/Users', { query: { startIndex: 5, count: 2 }, json: { totalResults: 5, itemsPerPage: 1, startIndex: 5, Resources: (list) => list.length === 1 } })),
  one('page-past', '7644 §3.4.2.4', get('/Users', { query: { startIndex: 6, count: 2 }, json: { totalResults: 5, itemsPerPage: 0, Resources: (list) => (list ?? []).length === 0 } })),
  one('page-none', '7644 §3.4.2.4', get('/Users', { query: { count: 0 }, json: { totalResults: 5, itemsPerPage: 0, Resources: (list) => (list ?? []).length === 0 } })),
  one('page-negative-count', '7644 §3.4.2.4', get('/Users', { query: { count: -3 }, json: { totalResults: 5, Resources: (list) => (list ?? []).length === 0 } })),
  one('page-zero-start', '7644 §3.4.2.4', get('/Users', { query: { startIndex: 0, count: 1 }, json: { startIndex: 1, itemsPerPage: 1 } })),
  one('page-negative-start', '7644 §3.4.2.4', get('/Users', { query: { startIndex: -7, count: 1 }, json: { startIndex: 1, itemsPerPage: 1 } })),
  one('page-no-text', '7644 §3.12', get('/Users', { query: { startIndex: 'x' }, status: 400 })),
  one('page-filtered', '7644 §3.4.2.4', get('/Users', { query: { filter: 'displayName pr', startIndex: 2, count: 2 }, json: { totalResults: 4, itemsPerPage: 2 } })),
  one('page-nothing-found', '7644 §3.4.2', get('/Users', { query: { filter: 'userName eq "nobody"' }, json: { totalResults: 0, Resources: (list) => (list ?? []).length === 0 } })),
  one('page-groups', '7644 §3.4.2.4', get('/Groups', { query: { startIndex: 2, count: 1 }, json: { totalResults: 2, itemsPerPage: 1, startIndex: 2 } })),
  { id: 'page-each-once', rfc: '7644 §3.4.2.4', steps: [1, 2, 3, 4, 5].map((i) => get('/Users', { query: { startIndex: i, count: 1 }, check: ({ json }, world) => { world.seen = `${world.seen ?? ''}${names(json, world)}`; } }))
    .concat(get('/Users', { query: { count: 0 }, check: (_, world) => equal(world.seen.split('').sort().join(''), 'abcde') })) },
];

// All pages by cursor; each step saves where the next begins.
const walk = (id, query, count, wanted, more = {}) => {
  const steps = [get('/Users', { query: { ...query, count, cursor: '' }, json: { totalResults: wanted.length, startIndex: ABSENT }, save: { next: 'json.nextCursor' }, check: ({ json }, world) => { world.seen = names(json, world); } })];
  const rest = Math.ceil(wanted.length / count) - 1;
  for (let i = 0; i < rest; i += 1) {
    steps.push(get('/Users', { query: { ...query, count, cursor: '{{next}}' }, save: { next: 'json.nextCursor' }, check: ({ json }, world) => {
      world.seen += names(json, world);
      if (i === rest - 1) { equal(world.seen, wanted); equal(json.nextCursor, undefined); }
    } }));
  }
  return { ...one(`cursor-${id}`, '9865 §2', ...steps), needs: 'cursor', ...more };
};
const cursors = [
  walk('walk', {}, 2, 'abcde'), walk('walk-one-by-one', {}, 1, 'abcde'), walk('walk-filtered', { filter: 'displayName pr' }, 2, 'abce'), walk('walk-sorted', { sortBy: 'displayName' }, 2, 'becad'),
  walk('walk-descending', { sortBy: 'displayName', sortOrder: 'descending' }, 2, 'daceb'), walk('walk-primary', { sortBy: 'emails.value', filter: 'emails pr' }, 1, 'abc'), walk('walk-equal-keys', { sortBy: 'userType' }, 1, 'dabec'),
  { ...one('cursor-unreserved', '9865 §2', get('/Users', { query: { count: 2, cursor: null }, json: { nextCursor: /^[\w.~-]+$/ } })), needs: 'cursor' },
  { ...one('cursor-other-count', '9865 §2', get('/Users', { query: { count: 1, cursor: '' }, save: { next: 'json.nextCursor' } }), get('/Users', { query: { count: 3, cursor: '{{next}}' }, json: { itemsPerPage: 3 } })), needs: 'cursor' },
  { ...one('cursor-last-page', '9865 §2', get('/Users', { query: { count: 5, cursor: '' }, json: { itemsPerPage: 5, nextCursor: ABSENT } })), needs: 'cursor' },
  { ...one('cursor-invalid', '9865 §2.1', get('/Users', { query: { count: 2, cursor: 'forged' }, status: 400, scimType: 'invalidCursor' })), needs: 'cursor' },
  { ...one('cursor-other-query', '9865 §2.1', get('/Users', { query: { count: 1, cursor: '' }, save: { next: 'json.nextCursor' } }),
    get('/Users', { query: { filter: 'title pr', count: 1, cursor: '{{next}}' }, status: 400, scimType: 'invalidCursor' })), needs: 'cursor' },
  { ...one('cursor-invalid-count', '9865 §2.1', get('/Users', { query: { count: 'x', cursor: '' }, status: 400, scimType: 'invalidCount' })), needs: 'cursor' },
  { ...one('cursor-count-zero', '9865 §2.1', get('/Users', { query: { count: 0, cursor: '' }, status: 400, scimType: 'invalidCount' })), needs: 'cursor' },
  { ...one('cursor-by-search', '9865 §3', post('/Users/.search', { schemas: [SEARCH], cursor: '', count: 2 }, { status: 200, save: { next: 'json.nextCursor' } }),
    post('/Users/.search', { schemas: [SEARCH], cursor: '{{next}}', count: 9 }, { status: 200, json: { itemsPerPage: 3, nextCursor: ABSENT } })), needs: 'cursor' },
];

// Keys of a resource, sorted.
const keys = (wanted) => ({ json }) => equal(Object.keys(json).sort().join(), wanted);
const shown = [
  one('attributes', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: 'userName' }, json: { id: '{{a.id}}', userName: 'Anh@rfc.example' }, check: keys('id,schemas,userName') })),
  one('attributes-two', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: 'userName,displayName' }, check: keys('displayName,id,schemas,userName') })),
  one('attributes-folds', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: 'USERNAME' }, check: keys('id,schemas,userName') })),
  one('attributes-sub', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: 'name.familyName' }, json: { name: (name) => Object.keys(name).join() === 'familyName' }, check: keys('id,name,schemas') })),
  one('attributes-many-sub', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: 'emails.value' }, json: { emails: (list) => list.length === 2 && list.every((e) => Object.keys(e).join() === 'value') } })),
  one('attributes-urn', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: `${USER}:userName` }, check: keys('id,schemas,userName') })),
  one('attributes-extension', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: `${ENT}:costCenter` }, json: { [ENT]: (e) => Object.keys(e).join() === 'costCenter', userName: ABSENT } })),
  one('attributes-extension-whole', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: ENT }, json: { [ENT]: { costCenter: 'CC1', division: 'Một cửa' }, userName: ABSENT } })),
  one('attributes-unknown', '7644 §3.9', get('/Users/{{a.id}}', { query: { attributes: 'nothing' }, check: keys('id,schemas') })),
  one('attributes-list', '7644 §3.9', get('/Users', { query: { attributes: 'userName', filter: 'title pr' }, json: { Resources: (list) => list.every((r) => Object.keys(r).sort().join() === 'id,schemas,userName') } })),
  one('attributes-on-create', '7644 §3.9', post('/Users', { schemas: [USER], userName: 'shown{{n}}@rfc.example', nickName: 'x' }, { query: { attributes: 'nickName' }, json: { id: (v) => v, nickName: 'x', userName: ABSENT } })),
  one('excluded', '7644 §3.9', get('/Users/{{a.id}}', { query: { excludedAttributes: 'emails' }, json: { emails: ABSENT, userName: 'Anh@rfc.example', displayName: 'Delta' } })),
  one('excluded-sub', '7644 §3.9', get('/Users/{{a.id}}', { query: { excludedAttributes: 'name.familyName' }, json: { name: { familyName: ABSENT, givenName: 'Ánh' } } })),
  one('excluded-extension', '7644 §3.9', get('/Users/{{a.id}}', { query: { excludedAttributes: `${ENT}:costCenter` }, json: { [ENT]: { costCenter: ABSENT, division: 'Một cửa' } } })),
  one('excluded-not-id', '7644 §3.9', get('/Users/{{a.id}}', { query: { excludedAttributes: 'id,schemas' }, json: { id: '{{a.id}}', schemas: (list) => list.includes(USER) } })),
  one('excluded-members', '7644 §3.9', get('/Groups/{{g.id}}', { query: { excludedAttributes: 'members' }, json: { members: ABSENT, displayName: 'Tổ một cửa' } })),
  one('excluded-list', '7644 §3.9', get('/Groups', { query: { excludedAttributes: 'members' }, json: { Resources: (list) => list.length === 2 && list.every((r) => !r.members) } })),
];

const found = (id, path, body, wanted, more = {}) => one(`search-${id}`, '7644 §3.4.3', post(path, { schemas: [SEARCH], ...body }, { status: 200, json: { schemas: [LIST], ...more }, check: ({ json }, world) => equal(names(json, world), wanted) }));
const searches = [
  found('users', '/Users/.search', { filter: 'title pr' }, 'a', { totalResults: 1 }), found('groups', '/Groups/.search', { filter: 'displayName sw "văn"' }, 'h'),
  found('sorted', '/Users/.search', { sortBy: 'displayName', sortOrder: 'descending', filter: 'displayName pr' }, 'aceb'), found('page', '/Users/.search', { startIndex: 2, count: 2, sortBy: 'displayName' }, 'ec', { totalResults: 5, itemsPerPage: 2 }),
  found('past', '/Users/.search', { startIndex: 9, count: 2 }, '', { totalResults: 5 }), found('none', '/Users/.search', { count: 0 }, '', { totalResults: 5 }),
  found('root', '/.search', { filter: 'displayName eq "delta" or displayName eq "Văn thư"' }, 'ah', { totalResults: 2 }), found('root-one-kind', '/.search', { filter: 'members pr' }, 'g'),
  found('root-page', '/.search', { startIndex: 5, count: 2, filter: 'meta.resourceType pr' }, 'eg', { totalResults: 7 }),
  one('search-attributes', '7644 §3.4.3', post('/Users/.search', { schemas: [SEARCH], filter: 'title pr', attributes: ['userName'] }, { status: 200, json: { Resources: (list) => Object.keys(list[0]).sort().join() === 'id,schemas,userName' } })),
  one('search-excluded', '7644 §3.4.3', post('/Users/.search', { schemas: [SEARCH], filter: 'title pr', excludedAttributes: ['emails', 'name'] }, { status: 200, json: { Resources: [{ emails: ABSENT, name: ABSENT, userName: 'Anh@rfc.example' }] } })),
  one('search-no-schema', '7644 §3.12', post('/Users/.search', { filter: 'title pr' }, { status: 400, scimType: ['invalidSyntax', 'invalidValue'] })),
  one('search-bad-filter', '7644 §3.12', post('/Users/.search', { schemas: [SEARCH], filter: 'title' }, { status: 400, scimType: 'invalidFilter' })),
  one('search-root-get', '7644 §3.4.2.1', get('/', { query: { filter: 'userName eq "binh@rfc.example"' }, json: { totalResults: 1, Resources: [{ userName: 'binh@rfc.example', meta: { resourceType: 'User' } }] } })),
];

export default [...sorts, ...pages, ...cursors, ...shown, ...searches];
