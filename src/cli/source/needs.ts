/** What each command needs: an API key is enough, or it reaches Postgres and Temporal itself. */
import { CliError, EXIT } from '../errors.js';

/**
 * `key`: works with an API key alone. `only a key`: works with nothing else. `nothing`: asks no
 * server of a deployment.
 */
type Need = 'key' | 'only a key' | 'nothing' | 'Postgres' | 'Postgres and Temporal';

export const NEEDS: Readonly<Record<string, Need>> = {
  status: 'key',
  why: 'key',
  slots: 'key',
  next: 'key',
  waiting: 'key',
  check: 'key',
  history: 'key',
  'what-if': 'key',
  shadow: 'key',
  find: 'key',
  events: 'key',
  'alerts list': 'key',
  'alerts acknowledge': 'key',
  'alerts close': 'key',
  drift: 'key',
  campaigns: 'key',
  tail: 'key',
  connect: 'key',
  'import accounts': 'key',
  'import history': 'Postgres',
  configure: 'key',
  disconnect: 'key',
  hold: 'key',
  resume: 'key',
  brake: 'key',
  'order make': 'key',
  'order list': 'key',
  'order show': 'key',
  'order stop': 'key',
  'order take-back': 'key',
  settle: 'key',
  withdraw: 'key',
  credits: 'key',
  reply: 'key',
  reconcile: 'key',
  'share make': 'key',
  'share list': 'key',
  'share revoke': 'key',
  restart: 'Postgres and Temporal',
  recover: 'Postgres and Temporal',
  export: 'Postgres',
  'erase recipient': 'Postgres',
  'erase list': 'key',
  seal: 'Postgres',
  /** With --file, nothing. */
  verify: 'Postgres',
  sign: 'Postgres',
  dev: 'nothing',
  demo: 'nothing',
  migrate: 'Postgres and Temporal',
  worker: 'Postgres and Temporal',
  server: 'Postgres and Temporal',
  doctor: 'key',
  'keys make': 'Postgres',
  'keys list': 'Postgres',
  'keys revoke': 'Postgres',
  'keys log': 'key',
  'group set': 'key',
  'group list': 'key',
  'webhooks list': 'key',
  'webhooks add': 'key',
  'webhooks log': 'key',
  'webhooks replay': 'key',
  'webhooks remove': 'key',
  mcp: 'only a key',
  completion: 'nothing',
  /** Hidden: completes the names of accounts in a shell. */
  __accounts: 'key',
};

const SETTINGS = {
  Postgres: 'DATABASE_URL',
  'Postgres and Temporal': 'DATABASE_URL and TEMPORAL_ADDRESS',
} as const;

/** Throws if the command needs more than an API key. `path`: its words, such as `keys make`. */
export function checkByKey(path: string): void {
  // A command without a declaration is refused, so that it never mixes two deployments.
  const need = NEEDS[path] ?? 'Postgres and Temporal';
  if (need === 'key' || need === 'only a key' || need === 'nothing') return;
  const withKey = Object.keys(NEEDS).filter((one) => NEEDS[one] === 'key' && !one.startsWith('_'));
  throw new CliError(
    EXIT.usage,
    'NeedsServers',
    `safeband ${path} reaches ${need} itself, and SAFEBAND_URL limits this command line to the ` +
      `HTTP API: unset SAFEBAND_URL and set ${SETTINGS[need]}. With an API key alone these ` +
      `commands work: ${withKey.join(', ')}`,
  );
}
