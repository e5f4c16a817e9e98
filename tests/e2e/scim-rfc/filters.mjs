// RFC 7644 §3.4.2.2: which of the users a to e and groups g, h a filter finds.

import { ENT, GROUP, LIST, USER, get } from './runner.mjs';

const found = (path) => ([id, filter, names]) => ({
  id: `filter-${id}`, rfc: '7644 §3.4.2.2',
  steps: [get(path, { query: { filter }, json: { schemas: [LIST] }, check: ({ json }, world) => {
    const wanted = names.split('').map((name) => world[name].id).sort().join(), got = (json.Resources ?? []).map((r) => r.id).sort().join();
    if (got !== wanted || json.totalResults !== names.length) throw new Error(`${filter} finds ${json.totalResults}: ${(json.Resources ?? []).map((r) => r.userName ?? r.displayName)}, not "${names}"`);
  } })],
});

const users = [
  ['eq', 'userName eq "binh@rfc.example"', 'b'], ['eq-folds', 'userName eq "BINH@RFC.EXAMPLE"', 'b'], ['eq-none', 'userName eq "nobody"', ''],
  ['eq-folds-vietnamese', 'nickName eq "ÁNH ĐÀO"', 'ac'], ['eq-exact', 'externalId eq "X-a"', 'a'], ['eq-exact-not', 'externalId eq "x-a"', ''],
  ['name-folds', 'USERNAME eq "binh@rfc.example"', 'b'], ['operator-folds', 'userName EQ "binh@rfc.example"', 'b'], ['and-folds', 'displayName pr AND nickName pr', 'ace'],
  ['ne', 'userType ne "cong_chuc"', 'cd'], ['ne-absent', 'displayName ne "alpha"', 'acde'], ['co', 'userName co "INH"', 'b'], ['co-all', 'userName co "rfc.example"', 'abcde'],
  ['sw', 'userName sw "an"', 'a'], ['ew', 'userName ew "h@RFC.example"', 'ab'], ['pr', 'title pr', 'a'], ['not-pr', 'not (displayName pr)', 'd'], ['pr-complex', 'name pr', 'abcde'],
  ['pr-many', 'emails pr', 'abc'], ['gt', 'displayName gt "bravo"', 'ac'], ['ge', 'displayName ge "BRAVO"', 'ace'], ['lt', 'displayName lt "bravo"', 'b'], ['le', 'displayName le "bravo"', 'be'],
  ['boolean', 'active eq true', 'abcd'], ['boolean-false', 'active eq false', 'e'], ['boolean-ne', 'active ne true', 'e'], ['null', 'nickName eq null', 'bd'], ['not-null', 'nickName ne null', 'ace'],
  ['sub', 'name.familyName eq "trần"', 'b'], ['sub-co', 'name.familyName co "\'Mal"', 'e'], ['sub-sw', 'name.givenName sw "d"', 'd'], ['sub-pr', 'name.middleName pr', 'a'],
  ['urn', `${USER}:userName sw "B"`, 'b'], ['urn-folds', `${USER.toUpperCase()}:username sw "B"`, 'b'], ['urn-sub', `${USER}:name.familyName eq "Lê"`, 'c'],
  ['extension', `${ENT}:costCenter eq "cc1"`, 'ad'], ['extension-pr', `${ENT}:division pr`, 'a'], ['extension-co', `${ENT}:costCenter co "C"`, 'abd'], ['extension-ne', `${ENT}:costCenter ne "CC1"`, 'bce'],
  ['many-sub', 'emails.value eq "anh@HOME.example"', 'a'], ['many-type', 'emails.type eq "work"', 'ac'], ['many-whole', 'emails co "home.example"', 'ab'], ['many-not', 'not (emails.type eq "work")', 'bde'],
  ['many-boolean', 'emails.primary eq true', 'ac'], ['many-of-two', 'emails.type eq "work" and emails.type eq "home"', 'a'], ['value-path', 'emails[type eq "work"]', 'ac'],
  ['value-path-and', 'emails[type eq "work" and primary eq true]', 'a'], ['value-path-one-value', 'emails[type eq "home" and primary eq true]', ''],
  ['value-path-or', 'emails[type eq "other" or value co "binh"]', 'bc'], ['value-path-not', 'emails[type eq "home" and not (value sw "anh")]', 'b'], ['value-path-pr', 'emails[display pr]', 'b'],
  ['value-path-in-and', 'userType eq "cong_chuc" and emails[type eq "work" and value co "@work.example"]', 'a'], ['value-path-two', 'emails[type eq "work"] or ims[type eq "skype" and value sw "anh"]', 'ac'],
  ['value-path-inner-group', 'emails[(type eq "work" or type eq "home") and value ew "home.example"]', 'ab'], ['value-path-not-around', 'not (emails[type eq "home"])', 'cde'],
  ['value-path-urn', `${USER}:emails[type eq "other"]`, 'c'], ['address', 'addresses[type eq "work" and locality eq "VINH"]', 'a'], ['roles', 'roles[value eq "clerk"]', 'c'],
  ['and-before-or', 'title pr or userType eq "vien_chuc" and nickName pr', 'ac'], ['or-after-and', 'userType eq "vien_chuc" and nickName pr or title pr', 'ac'],
  ['brackets', '(title pr or userType eq "vien_chuc") and preferredLanguage eq "vi"', 'a'], ['not-binds', 'not (title pr) and nickName pr', 'ce'], ['not-not', 'not (not (title pr))', 'a'],
  ['brackets-deep', '(((((title pr)))))', 'a'], ['three-ors', 'userName sw "anh" or userName sw "binh" or userName sw "chi"', 'abc'], ['not-or', 'not (title pr or nickName pr)', 'bd'],
  ['quote', 'emails.display eq "Nhà \\"riêng\\""', 'b'], ['backslash', 'userName sw "o\'em\\\\"', 'e'], ['escaped-unicode', 'name.familyName eq "L\\u00ea"', 'c'], ['percent', 'nickName co "%"', 'e'],
  ['underscore', 'nickName co "_n"', ''], ['injection', 'userName eq "x\' OR \'1\'=\'1"', ''], ['created', 'meta.created ge "2020-01-01T00:00:00Z"', 'abcde'], ['modified', 'meta.lastModified lt "2020-01-01T00:00:00Z"', ''],
  ['modified-offset', 'meta.lastModified gt "2020-01-01T00:00:00+07:00"', 'abcde'], ['id', 'id eq "{{c.id}}"', 'c'], ['id-none', 'id eq "none"', ''], ['resource-type', 'meta.resourceType eq "User"', 'abcde'],
  ['schemas', `schemas eq "${USER}"`, 'abcde'], ['schemas-none', 'schemas eq "urn:none"', ''], ['reference', 'profileUrl sw "https://people.example/"', 'a'], ['groups-of-user', 'groups.value eq "{{g.id}}"', 'ab'],
  ['spaces', '  title   pr  ', 'a'], ['tight-brackets', '(title pr)or(preferredLanguage eq "en")', 'ac'],
].map(found('/Users'));

const groups = [
  ['group-eq', 'displayName eq "tổ MỘT cửa"', 'g'], ['group-co', 'displayName co "thư"', 'h'], ['group-member', 'members.value eq "{{a.id}}"', 'g'], ['group-member-path', 'members[value eq "{{b.id}}"]', 'g'],
  ['group-members-pr', 'members pr', 'g'], ['group-not-member', 'not (members.value eq "{{a.id}}")', 'h'], ['group-external', 'externalId eq "G-1"', 'g'], ['group-id', 'id eq "{{h.id}}"', 'h'],
  ['group-schemas', `schemas eq "${GROUP}"`, 'gh'],
].map(found('/Groups'));

const refused = [
  ['empty-value', 'userName eq'], ['no-operator', 'userName'], ['no-attribute', 'eq "a"'], ['unknown-operator', 'userName like "a"'], ['single-quotes', "userName eq 'a'"], ['no-quotes', 'userName eq a'],
  ['open-quote', 'userName eq "a'], ['open-bracket', '(userName pr'], ['close-bracket', 'userName pr)'], ['open-path', 'emails[type eq "work"'], ['dangling-and', 'userName pr and'], ['double-and', 'userName pr and and title pr'],
  ['trailing', 'userName pr title pr'], ['not-without-brackets', 'not userName pr'], ['nested-path', 'emails[emails[type eq "a"]]'], ['unknown-attribute', 'nothing eq "a"'], ['unknown-sub', 'name.nothing eq "a"'],
  ['unknown-urn', 'urn:none:User:userName eq "a"'], ['boolean-order', 'active gt true'], ['bad-moment', 'meta.created gt "yesterday"'], ['pr-with-value', 'userName pr "a"'], ['empty-path', 'emails[]'],
].map(([id, filter]) => ({ id: `filter-refused-${id}`, rfc: '7644 §3.4.2.2', steps: [get('/Users', { query: { filter }, status: 400, scimType: 'invalidFilter' })] }));

export default [...users, ...groups, ...refused];
