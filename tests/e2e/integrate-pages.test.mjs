// All pages of docs/integrate/: their registrations are taken, their links lead somewhere, each says how it was run.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { env, folderFor, listings, write } from './lib/integrate.mjs';
import { adminCtl } from './lib/world.mjs';

const FOLDER = new URL('../../docs/integrate/', import.meta.url);
const pages = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
const text = (page) => readFileSync(new URL(page, FOLDER), 'utf8');

test('every registration is taken by senctl, under a name of its own', async () => {
  const seen = new Set();
  const folder = folderFor('pages');
  for (const page of pages) {
    for (const [name, json] of Object.entries(listings(page))) {
      if (!name.endsWith('client.json')) continue;
      const { client_id: id } = JSON.parse(json);
      assert.ok(!seen.has(id), `${page}: ${id} is there twice`);
      seen.add(id);
      // Under another name, since the tests beside this one register it at their own addresses.
      const other = json.replaceAll(id, `pages-${id}`);
      assert.match(await adminCtl('client', 'add', write(folder, 'client.json', other)), /pages-/, page);
    }
  }
  assert.ok(seen.size >= 10);
});

test('each page says how it was run, stands in the index, and links to what is there', () => {
  const index = text('README.md');
  for (const page of pages) {
    if (page !== 'README.md') {
      assert.match(text(page), /^\*\*(Run|Not run)\*\*/m, page);
      assert.ok(index.includes(`](${page})`), `${page} is not in the index`);
    }
    for (const [, link] of text(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) assert.ok(existsSync(new URL(link, FOLDER)), `${page}: ${link}`);
    for (const [, test] of text(page).matchAll(/`tests\/e2e\/([\w-]+\.test\.mjs)`/g)) assert.ok(existsSync(test), `${page}: ${test}`);
  }
});
