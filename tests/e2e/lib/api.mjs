// The administration API as its route table and its document describe it; every answer is held against the document.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';

import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { env, run } from './world.mjs';

export const routes = JSON.parse((await run(`${env.SEN_STATE}/bin/sen-server`, ['--dump-routes'], { maxBuffer: 16 << 20 })).stdout)
  .filter((route) => route.path.startsWith('/api/v1'))
  .flatMap((route) => route.methods.map((method) => ({ ...route, method, key: `${method} ${route.path}` })));

export const matrix = readdirSync(new URL('../matrix/', import.meta.url)).filter((name) => name.endsWith('.json')).sort()
  .flatMap((name) => JSON.parse(readFileSync(new URL(`../matrix/${name}`, import.meta.url), 'utf8')));

export const openapi = await (await fetch(`${env.SEN_API}/openapi.json`)).json();

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: 'api', components: openapi.components });
const compiled = new Map();

const resolve = (thing) => (thing?.$ref ? resolve(thing.$ref.slice(2).split('/').reduce((node, step) => node[step], openapi)) : thing);
const absolute = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'));

export const operationOf = (route) => openapi.paths[route.path]?.[route.method.toLowerCase()];
export const parametersOf = (operation) => (operation.parameters ?? []).map(resolve);

// Throws unless the answer is one that the document describes.
export function conforms(route, answer) {
  const operation = operationOf(route);
  assert.ok(operation, `${route.key} is not in the document`);
  const described = resolve(operation.responses[answer.status] ?? operation.responses.default);
  if (answer.status >= 200 && answer.status < 300) assert.ok(operation.responses[answer.status], `${route.key}: ${answer.status} is not described`);
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  if (!described.content) {
    assert.equal(answer.text, '', `${route.key}: ${answer.status} has a body`);
    return;
  }
  assert.ok(described.content[type], `${route.key}: ${answer.status} is ${type}`);
  if (!type.endsWith('json')) return;
  const id = `${route.key} ${answer.status} ${type}`;
  if (!compiled.has(id)) compiled.set(id, ajv.compile(absolute(described.content[type].schema)));
  const check = compiled.get(id);
  assert.ok(check(answer.json), `${id}: ${ajv.errorsText(check.errors)}\n${answer.text.slice(0, 600)}`);
  if (answer.status === 428) assert.ok(parametersOf(operation).some((p) => p.name === 'If-Match'), `${route.key}: If-Match is not described`);
}

export async function call(route, token, { args = [], query, body, headers = {} } = {}) {
  let at = 0;
  const path = route.path.slice('/api/v1'.length).replace(/\{\w+\}/g, () => encodeURIComponent(args[at++] ?? '00000000-0000-4000-8000-000000000000'));
  const response = await fetch(`${env.SEN_API}${path}${query ? `?${new URLSearchParams(query)}` : ''}`, {
    method: route.method,
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  const answer = { status: response.status, text, json, headers: response.headers };
  conforms(route, answer);
  return answer;
}

export const routeOf = (key) => {
  const route = routes.find((r) => r.key === key);
  assert.ok(route, key);
  return route;
};
