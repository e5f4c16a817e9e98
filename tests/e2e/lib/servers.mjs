// The servers of the running stack: ended, begun again, and with another configuration than the stack's own.

import { readFileSync, writeFileSync } from 'node:fs';

import { until } from '../../../deploy/driver/world.mjs';
import { env, run } from './world.mjs';

export const ctl = (...args) => run('./ctl', args, { env: { ...process.env, SEN_STATE: env.SEN_STATE } });
export const ready = () => until('ready', async () => (await fetch(`${env.SEN_ADMIN_URL}/readyz`)).status === 200, 20000);

export async function restart(...config) {
  await ctl('stop', 'sen-server');
  await ctl('start', 'sen-server', ...config);
  await ready();
}

// change: what becomes of the text of its configuration.  restart() without a file brings the stack's own back.
export async function serverWith(name, change) {
  const file = `${env.SEN_STATE}/sen-${name}.conf`;
  writeFileSync(file, change(readFileSync(`${env.SEN_STATE}/sen-server.conf`, 'utf8')), { mode: 0o600 });
  await restart(file);
}
