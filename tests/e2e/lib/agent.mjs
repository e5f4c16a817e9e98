// A browser without a screen: cookies, redirects by hand, forms by their hidden fields.  For what
// needs many users at once; what people see is tested in Chromium.

import { createHash, randomBytes } from 'node:crypto';

const unescapeHtml = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g,
  (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" })[name]);

// Value of an input by its name, or undefined.
export function fieldOf(html, name) {
  for (const [tag] of html.matchAll(/<input\b[^>]*>/g)) {
    if (!new RegExp(`\\bname="${name}"`).test(tag)) continue;
    return unescapeHtml(/\bvalue="([^"]*)"/.exec(tag)?.[1] ?? '');
  }
  return undefined;
}

export const errorOf = (html) => unescapeHtml(/id="error"[^>]*>([\s\S]*?)<\/div>/.exec(html)?.[1]?.replace(/<[^>]+>/g, ' ').trim() ?? '');

export class Agent {
  constructor(origin) {
    this.origin = origin;
    this.cookies = new Map();
  }

  async request(url, { method = 'GET', form, headers = {} } = {}) {
    const target = new URL(url, this.origin);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(target, {
      method: form ? 'POST' : method, redirect: 'manual', body: form ? new URLSearchParams(form) : undefined,
      headers: { ...(target.origin === this.origin && cookie ? { cookie } : {}), ...headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status: answer.status, headers: answer.headers, location: answer.headers.get('location'), text: await answer.text() };
  }

  // Sends the sign-in form of a page.
  async signIn(page, login, password) {
    return this.request('/login', { form: { flow: fieldOf(page.text, 'flow') ?? '', username: login, password } });
  }

  async activate(login, code, password, again = password) {
    const page = await this.request('/activate');
    return this.request('/activate', { form: { flow: fieldOf(page.text, 'flow'), username: login, code, password, password_again: again } });
  }
}

export const pkce = () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};

export function authorizeUrl(env, client, params = {}, proof = pkce()) {
  const url = new URL(`${env.SEN_ISSUER}/authorize`);
  const all = {
    response_type: 'code', client_id: client.id, redirect_uri: client.redirect, scope: 'openid profile unit roles',
    state: randomBytes(8).toString('hex'), nonce: randomBytes(8).toString('hex'), code_challenge: proof.challenge,
    code_challenge_method: 'S256', ...params,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
  return { url: url.href, proof, params: all };
}
