// docs/differences.md, made of what is argued: node tests/e2e/differential/page.mjs > docs/differences.md

import { pathToFileURL } from 'node:url';

import { argued } from './argued.mjs';

const head = `# Where sen answers otherwise than oidc-provider

For developers of platforms who know npm \`oidc-provider\` (certified, and the library behind many issuers), or whose
client was written against it. The differential test (\`tests/e2e/differential.test.mjs\`) sends the same good and
malformed requests to it and to sen, with the same clients, and compares status, place (page, query, fragment, form,
JSON), error, challenge, what the answer has, caching and CORS. Whatever differs stands here; whatever does not stand here is
the same, or the test fails. This page is made by \`node tests/e2e/differential/page.mjs\`.

"By the letter" says whom the specification supports. Where it is not sen, that is said, and why sen does it all the same.
`;

const NAMES = { status: 'status', place: 'place', error: 'error', challenge: 'challenge', has: 'has', cors: 'script' };
const value = (text) => (text === '' ? 'none' : String(text));

// What tells most; what an answer has follows from its status.
function differs(one) {
  const shown = ['status', 'place', 'error', 'challenge', 'cors'].filter((field) => one[field]);
  const fields = shown.length ? shown : ['has'];
  const side = (i) => fields.map((field) => `${NAMES[field]} ${value(one[field][i])}`).join(', ');
  return `| ${side(0)} | ${side(1)} |`;
}

function section(argument) {
  const cases = argument.cases.map((name) => `\`${name}\``).join(', ');
  const rows = [...new Set(argument.differs.map(differs))].join('\n');
  return `### ${argument.title}

| sen | oidc-provider |
|-|-|
${rows}

By the letter: **${argument.right}** (${argument.law}). ${argument.why}

Requests: ${cases}${argument.except ? `, but not ${argument.except.map((name) => `\`${name}\``).join(', ')}` : ''}.
`;
}

export function pageOf(list = argued) {
  const parts = [...new Set(list.map(({ part }) => part))];
  return [head, ...parts.flatMap((part) => [`## ${part}\n`, ...list.filter((one) => one.part === part).map(section)])].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(pageOf());
