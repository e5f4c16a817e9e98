// Requests as they are written, not as a well-behaved client would write them.

import http from 'node:http';

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
export const closeConnections = () => agent.destroy();

// A piece of a query or form that stands as it is, without encoding.
export class Raw {
  constructor(text) {
    this.text = text;
  }
}
export const raw = (text) => new Raw(text);

// {name: value}; an array repeats the name; undefined leaves it out; Raw is not encoded; the member "" is Raw text of its own.
export function encode(params) {
  const parts = [];
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined) continue;
      if (name === '') parts.push(one.text);
      else parts.push(`${encodeURIComponent(name)}=${one instanceof Raw ? one.text : encodeURIComponent(one)}`);
    }
  }
  return parts.join('&');
}

export function send(origin, { method = 'GET', path, query, form, body = form && encode(form), headers = {}, cookies }) {
  const { hostname, port } = new URL(origin);
  const text = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  const all = {
    ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    ...(text ? { 'content-length': text.length } : {}),
    ...(cookies?.size ? { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
    ...headers,
  };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  const target = query && Object.keys(query).length ? `${path}${path.includes('?') ? '&' : '?'}${encode(query)}` : path;
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, method, path: target, headers: all }, (answer) => {
      const chunks = [];
      answer
        .on('data', (chunk) => chunks.push(chunk))
        .on('error', reject)
        .on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('error', reject).end(text);
  });
}

export function keepCookies(cookies, answer) {
  for (const line of answer.headers['set-cookie'] ?? []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (value === '' || /max-age=0|expires=Thu, 01[ -]Jan[ -]1970/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
}
