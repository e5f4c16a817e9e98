// Differences of the two servers' answers against what is argued.

import { FIELDS } from './outcome.mjs';

// {field: [ours, theirs]}, or null.
export function differenceOf({ sen, peer }) {
  const fields = FIELDS.filter((field) => sen[field] !== peer[field]);
  return fields.length ? Object.fromEntries(fields.map((field) => [field, [sen[field], peer[field]]])) : null;
}

const pattern = (text) =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );

// Names of rows that an argument is about.
export function casesOf(argument, names) {
  return argument.cases.flatMap((one) =>
    one.includes('*') ? names.filter((name) => pattern(one).test(name) && !argument.except?.includes(name)) : [one],
  );
}

const text = (difference) =>
  JSON.stringify(Object.fromEntries(FIELDS.filter((field) => difference[field]).map((field) => [field, difference[field]])));

// What is wrong between rows and arguments, in words; empty: every difference is argued, every argument still needed.
export function faultsOf(rows, argued) {
  const names = rows.map(({ name }) => name),
    byName = new Map(rows.map((row) => [row.name, row])),
    by = new Map(),
    faults = [];
  for (const argument of argued) {
    const unused = new Set(argument.differs.map(text));
    for (const name of casesOf(argument, names)) {
      const row = byName.get(name);
      const difference = row && differenceOf(row);
      if (by.has(name)) faults.push(`"${name}" is argued twice: "${by.get(name)}", "${argument.title}"`);
      by.set(name, argument.title);
      if (!row) faults.push(`"${argument.title}": there is no request "${name}"`);
      else if (!difference) faults.push(`"${argument.title}": "${name}" does not differ any more`);
      else if (!argument.differs.some((one) => text(one) === text(difference)))
        faults.push(`"${argument.title}": "${name}" differs otherwise: ${text(difference)}`);
      if (difference) unused.delete(text(difference));
    }
    for (const one of unused) faults.push(`"${argument.title}": nothing differs like this: ${one}`);
  }
  for (const row of rows) {
    const difference = differenceOf(row);
    if (difference && !by.has(row.name)) faults.push(`not argued: "${row.name}": ${text(difference)}`);
  }
  return faults;
}
