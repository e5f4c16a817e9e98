// Rows of the table: a name, and how the request is made at either side.

import { now } from '../../lib/clients.mjs';
import { keys } from '../clients.mjs';
import { verifier } from '../side.mjs';

const at = async (value, side) => (typeof value === 'function' ? value(side) : value) ?? {};
const HTML = { accept: 'text/html' };

// session: 'signed' (the official's), 'none', or a function that gives cookies.
async function cookiesOf(side, session = 'signed') {
  if (session === 'none') return new Map();
  return new Map(session === 'signed' ? side.cookies : await session(side));
}

// change: parameters that replace those of a good request, or a function of the side that gives them.
export const authorize = (name, change, { client = 'basic', method = 'GET', session, headers, ...more } = {}) => ({
  name: `authorize: ${name}`,
  async make(side) {
    const params = side.authorizeParams(client, await at(change, side));
    return {
      method,
      path: '/authorize',
      [method === 'GET' ? 'query' : 'form']: params,
      headers: { ...HTML, ...(await at(headers, side)) },
      cookies: await cookiesOf(side, session),
      ...more,
    };
  },
});

// A form with the client's own credentials; auth: replaces them.
export const post =
  (group, path, defaults) =>
  (name, change, { client = 'basic', auth, headers, method = 'POST', body, more = {} } = {}) => ({
    name: `${group}: ${name}`,
    async make(side) {
      const form = { ...(await at(defaults && ((one) => defaults(one, client)), side)), ...(await at(change, side)) };
      const by = auth ? { headers: {}, form: {}, ...(await auth(side, side.clients[client])) } : await side.credentials(client);
      const raw = await (typeof body === 'function' ? body(side) : body);
      return {
        method,
        path,
        ...(raw === undefined ? { form: { ...by.form, ...form } } : { body: raw }),
        headers: { ...by.headers, ...(await at(headers, side)) },
        ...more,
      };
    },
  });

export const codeGrant = async (side, client, change) => ({
  grant_type: 'authorization_code',
  code: await side.code(client, change),
  redirect_uri: side.clients[client].redirect,
  code_verifier: verifier,
});

export const refreshGrant = async (side, client, change) => ({
  grant_type: 'refresh_token',
  refresh_token: (await side.tokens(client, change)).refresh_token,
});

export const any = (name, path, { method = 'GET', headers, cookies, ...more } = {}) => ({
  name,
  make: async (side) => ({ method, path, headers: await at(headers, side), cookies: cookies && (await cookiesOf(side, cookies)), ...more }),
});

export const long = (n, text = 'x') => text.repeat(n);
export { keys, now };
