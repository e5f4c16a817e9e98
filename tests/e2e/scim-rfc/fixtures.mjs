// Who is there before the cases begin: five users a to e, two groups g (of a and b) and h (empty).  Read-only cases count on exactly these.

import { ENT, GROUP, USER, runStep } from './runner.mjs';

const users = {
  a: {
    userName: 'Anh@rfc.example', externalId: 'X-a', displayName: 'Delta', nickName: 'Ánh Đào', title: 'Chuyên viên', userType: 'cong_chuc',
    preferredLanguage: 'vi', locale: 'vi-VN', timezone: 'Asia/Ho_Chi_Minh', profileUrl: 'https://people.example/Anh', active: true,
    name: { familyName: 'Nguyễn', middleName: 'Thị', givenName: 'Ánh' },
    emails: [{ value: 'Anh@Work.example', type: 'work', primary: true }, { value: 'anh@home.example', type: 'home' }],
    phoneNumbers: [{ value: '0912345678', type: 'mobile' }], addresses: [{ type: 'work', locality: 'Vinh', country: 'VN' }],
    ims: [{ value: 'anh.skype', type: 'skype' }], [ENT]: { costCenter: 'CC1', division: 'Một cửa', organization: 'Phường' },
  },
  b: {
    userName: 'binh@rfc.example', externalId: 'x-A', displayName: 'alpha', userType: 'cong_chuc', active: true,
    name: { familyName: 'Trần', givenName: 'Bình' }, emails: [{ value: 'binh@home.example', type: 'home', display: 'Nhà "riêng"' }],
    [ENT]: { costCenter: 'cc2' },
  },
  c: {
    userName: 'chi@rfc.example', displayName: 'Charlie', nickName: 'ánh đào', userType: 'vien_chuc', active: true, preferredLanguage: 'en',
    name: { familyName: 'Lê', givenName: 'Chi' }, emails: [{ value: 'chi@work.example', type: 'work' }, { value: 'chi@other.example', type: 'other', primary: true }],
    roles: [{ value: 'clerk', primary: true }],
  },
  d: { userName: 'dung@rfc.example', externalId: 'X-d', userType: 'can_bo', active: true, name: { familyName: 'Đặng', givenName: 'Dũng' }, [ENT]: { costCenter: 'CC1' } },
  e: { userName: 'O\'Em\\@rfc.example', displayName: 'bravo', nickName: '100%_', userType: 'cong_chuc', active: false, name: { familyName: 'O\'Malley', givenName: 'Em' } },
};

export async function fixtures(server) {
  const world = {};
  for (const [name, body] of Object.entries(users)) {
    const { json } = await runStep(server, { method: 'POST', path: '/Users', body: { schemas: [USER, ENT], ...body }, status: 201 }, world);
    world[name] = json;
  }
  const group = async (name, body) => {
    const { json } = await runStep(server, { method: 'POST', path: '/Groups', body: { schemas: [GROUP], ...body }, status: 201 }, world);
    world[name] = json;
  };
  await group('g', { displayName: 'Tổ một cửa', externalId: 'G-1', members: [{ value: world.a.id }, { value: world.b.id }] });
  await group('h', { displayName: 'Văn thư' });
  return world;
}
