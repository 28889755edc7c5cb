/** Checks this machine: Node.js, the time zone, the Temporal CLI. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fail, ok, warn, type Finding } from '../../doctor/finding.js';
import type { Environment } from '../../platform/environment.js';

const NODE_OLDEST = [20, 19] as const;
const CLI_OLDEST = [1, 9] as const;
const CLI_TIMEOUT_MS = 5_000;

/** The checks of a machine that need no server; an API key does not reach the machine. */
export const MACHINE_CHECKS = ['Node.js', 'time zone', 'Temporal CLI'] as const;

export async function checkMachine(
  env: Environment,
  { version, node = process.versions.node }: { readonly version: string; readonly node?: string },
): Promise<readonly Finding[]> {
  return [
    ok('safeband', version),
    isOlder(node, NODE_OLDEST)
      ? fail('Node.js', node, `install Node ${NODE_OLDEST.join('.')} or newer`)
      : ok('Node.js', node),
    zone(env),
    await temporalCli(env),
  ];
}

/** The time zone of a worker must make no difference; with UTC, it cannot. */
function zone(env: Environment): Finding {
  const name = env['TZ'] || Intl.DateTimeFormat().resolvedOptions().timeZone;
  return /^(Etc\/)?(UTC|GMT|UCT|Zulu)$/.test(name)
    ? ok('time zone', name)
    : warn('time zone', `${name} in this shell`, 'run workers with TZ=UTC');
}

async function temporalCli(env: Environment): Promise<Finding> {
  const name = 'Temporal CLI';
  const path = env['TEMPORAL_CLI_PATH'] || 'temporal';
  try {
    const options = { timeout: CLI_TIMEOUT_MS, env: { PATH: env['PATH'] ?? '' } };
    const { stdout } = await promisify(execFile)(path, ['--version'], options);
    const installed = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? stdout.trim();
    return isOlder(installed, CLI_OLDEST)
      ? warn(name, installed, `safeband dev needs ${CLI_OLDEST.join('.')} or newer: update it`)
      : ok(name, installed);
  } catch {
    return env['TEMPORAL_CLI_PATH']
      ? fail(name, `${path} cannot be run`, 'correct TEMPORAL_CLI_PATH, or unset it')
      : ok(name, 'none on the PATH; safeband dev downloads one');
  }
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [own = 0, ownMinor = 0] = version.split('.').map(Number);
  return own < major || (own === major && ownMinor < minor);
}
