// JWTs as no library would sign them.

import { createHmac, KeyObject, sign } from 'node:crypto';

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// Three parts, whatever they say, with a text in the place of the signature.
export const unsigned = (header, claims, signature = '') => `${part(header)}.${part(claims)}.${signature}`;

// key: of signingKey(), or a text for a MAC.  A member that is undefined is left out.
export function forge(header, claims, key) {
  const text = `${part(header)}.${part(claims)}`;
  if (typeof key === 'string')
    return `${text}.${createHmac(`sha${header.alg.slice(2)}`, key)
      .update(text)
      .digest('base64url')}`;
  const signature = sign('sha256', Buffer.from(text), { key: KeyObject.from(key.privateKey), dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}
