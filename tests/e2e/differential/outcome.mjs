// What an answer says, apart from its words: the fields that the two servers are compared by.

import { decodeJwt } from 'jose';

export const FIELDS = ['status', 'place', 'error', 'challenge', 'has', 'cache', 'cors'];

// Members that make a difference to whoever gets the answer.
const TELLING = [
  'code',
  'id_token',
  'access_token',
  'refresh_token',
  'token_type',
  'state',
  'iss',
  'request_uri',
  'active',
  'sub',
  'issuer',
  'keys',
  'authorization_details',
  'client_id',
  'client_secret',
  'registration_access_token',
];

const isHtml = (answer) => /^text\/html/.test(answer.headers['content-type'] ?? '');
// A form that leaves the server.
const isFormToClient = (text, issuer) => /<form\b[^>]*action="https?:/.test(text) && !text.includes(`action="${issuer}`);

const fields = (html) =>
  Object.fromEntries(
    [...html.matchAll(/<input\b[^>]*>/g)]
      .map(([tag]) => [/\bname="([^"]*)"/.exec(tag)?.[1], /\bvalue="([^"]*)"/.exec(tag)?.[1] ?? ''])
      .filter(([name]) => name),
  );

function pageKind(answer) {
  if (/<form id="login"/.test(answer.text)) return 'sign-in page';
  if (/<form id="consent"/.test(answer.text)) return 'consent page';
  if (/<form id="(op\.logoutForm|logout)"/.test(answer.text)) return 'sign-out page';
  return answer.status >= 400 ? 'error page' : 'page';
}

// JARM: the parameters are those inside.
function opened(place, params) {
  if (!params.response) return { place, params };
  return { place: `${place}, signed`, params: { ...decodeJwt(params.response), aud: undefined } };
}

function atClient(location) {
  const url = new URL(location);
  return url.hash
    ? opened('fragment', Object.fromEntries(new URLSearchParams(url.hash.slice(1))))
    : opened('query', Object.fromEntries(url.searchParams));
}

function read(answer, issuer) {
  const type = (answer.headers['content-type'] ?? '').split(';')[0];
  const { location } = answer.headers;
  if (location) return atClient(location);
  if (isHtml(answer) && isFormToClient(answer.text, issuer)) return opened('form', fields(answer.text));
  if (isHtml(answer)) return { place: pageKind(answer), params: {} };
  if (/json$/.test(type)) {
    const json = answer.text ? JSON.parse(answer.text) : {};
    return { place: 'JSON', params: json };
  }
  if (/jwt$/.test(type)) {
    const claims = answer.text.split('.').length === 3 ? decodeJwt(answer.text) : {};
    return { place: 'JWT', params: { ...(claims.token_introspection ?? claims), iss: undefined } };
  }
  return { place: answer.text ? 'text' : 'empty', params: {} };
}

const memberOf = (params, name) => {
  if (name === 'active' || name === 'token_type') return params[name] === undefined ? [] : [`${name}=${params[name]}`];
  return params[name] === undefined ? [] : [name];
};

const challengeOf = (header) =>
  header === undefined
    ? ''
    : [...header.matchAll(/(?:^|, ?)(Basic|Bearer|DPoP)\b/g)]
        .map(([, scheme]) => scheme)
        .sort()
        .join('+') + (/error="?([a-z_]+)/.test(header) ? ` ${/error="?([a-z_]+)/.exec(header)[1]}` : '');

function corsOf({ headers, status }, request) {
  if (!request.headers?.origin) return '';
  const methods = (headers['access-control-allow-methods'] ?? '')
    .split(/, ?/)
    .filter((name) => name && name !== 'HEAD' && name !== 'OPTIONS')
    .sort();
  return [
    headers['access-control-allow-origin'] ? 'readable' : 'closed',
    headers['access-control-allow-credentials'] ? 'with credentials' : '',
    status === 204 ? methods.join('+') : '',
  ]
    .filter(Boolean)
    .join(' ');
}

// Where tokens or what they stand for may be in the answer.
const isSecretive = (request) =>
  request.method !== 'OPTIONS' && ['/token', '/par', '/introspect', '/userinfo', '/register'].includes(request.path.split('?')[0]);

export function outcomeOf(answer, request, issuer) {
  const { place, params } = read(answer, issuer);
  const cache = answer.headers['cache-control'] ?? '';
  return {
    status: answer.status,
    place,
    error: params.error ?? '',
    challenge: challengeOf(answer.headers['www-authenticate']),
    has: TELLING.flatMap((name) => memberOf(params, name)).join(' '),
    cache: isSecretive(request) && answer.status < 300 ? (/no-store/.test(cache) ? 'no-store' : cache || 'not said') : '',
    cors: corsOf(answer, request),
  };
}
