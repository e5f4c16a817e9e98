// Sources of the inbound SCIM service: a feed as an administrator makes it, and what holds its token.

import assert from 'node:assert/strict';

import { env } from './world.mjs';

export const BASE = `${env.SEN_ISSUER}/scim/v2`;
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENT = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const OFF = 'urn:sen:params:scim:schemas:extension:official:1.0:User';
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export class Source {
  constructor(token, code) { Object.assign(this, { token, code }); }

  async call(method, path, body, headers = {}) {
    const answer = await fetch(path.startsWith('http') ? path : `${BASE}${path}`, {
      method,
      headers: { ...(this.token ? { authorization: `Bearer ${this.token}` } : {}), ...(body !== undefined ? { 'content-type': 'application/scim+json' } : {}), ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    let json;
    try { json = JSON.parse(text); } catch { json = undefined; }
    return { status: answer.status, text, json, headers: answer.headers };
  }

  async good(status, method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async bad(status, scimType, method, path, body, headers) {
    const answer = await this.call(method, path, body, headers);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.deepEqual(answer.json?.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error'], answer.text);
    assert.equal(answer.json.status, String(status));
    assert.equal(answer.json.scimType, scimType, answer.text);
    return answer;
  }

  find(filter, more = '') { return this.good(200, 'GET', `/Users?filter=${encodeURIComponent(filter)}${more}`); }
  patch(id, ...Operations) { return this.good(200, 'PATCH', `/Users/${id}`, { schemas: [PATCH], Operations }); }
  badPatch(status, scimType, id, ...Operations) { return this.bad(status, scimType, 'PATCH', `/Users/${id}`, { schemas: [PATCH], Operations }); }
}

// A feed over a unit: service account, scope, feed.
export const feedMaker = (admin, answerable) => async (code, unitCode, extra = {}, rights = ['read', 'personnel', 'import', 'grant', 'revoke']) => {
  const login = `f.${code}`;
  const account = await admin.api('POST', '/accounts', { kind: 'service', employee_code: answerable, login, reason: 'Nguồn dữ liệu nhân sự' });
  assert.equal(account.status, 201, account.text);
  const scope = await admin.api('POST', '/admin-scopes', { login, unit: unitCode, rights });
  assert.equal(scope.status, 201, scope.text);
  const made = await admin.api('POST', '/feeds', { code, login, unit: unitCode, name: `Nhân sự ${code}`, basis: '01/QĐ-SNV',
    authority: ['names', 'personal', 'posts', 'active', 'groups'], ...extra });
  assert.equal(made.status, 201, made.text);
  assert.match(made.json.token, /^senfeed_[\w-]{43}$/);
  assert.equal(made.json.base, BASE);
  return new Source(made.json.token, code);
};
