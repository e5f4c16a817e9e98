// A browser without a screen that visits several hosts: a cookie jar for each origin, redirects followed by
// hand.  Not fetch(), which says that it is a script: relying parties then do not redirect.

import http from 'node:http';

function send(url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: body ? 'POST' : 'GET', headers: { accept: 'text/html', ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => { text += chunk; }).on('end', () => resolve({ answer, text })).on('error', reject);
    });
    request.on('error', reject).end(body);
  });
}

export class Jar {
  constructor() { this.cookies = new Map(); }

  async once(url, { form } = {}) {
    const { origin } = new URL(url);
    const jar = this.cookies.get(origin) ?? new Map();
    this.cookies.set(origin, jar);
    const { answer, text } = await send(url, {
      ...(jar.size ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded', origin } : {}),
    }, form && new URLSearchParams(form).toString());
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /max-age=0|expires=Thu, 01[ -]Jan[ -]1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return { url, status: answer.statusCode, location: answer.headers.location, text };
  }

  // Until no redirect is left.
  async visit(url, options) {
    let answer = await this.once(url, options);
    for (let hop = 0; answer.location && hop < 12; hop += 1) answer = await this.once(new URL(answer.location, answer.url).href);
    return answer;
  }
}
