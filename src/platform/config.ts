/** Reads and checks the environment once. Section 5 of the contract lists the settings. */
import { isIP } from 'node:net';
import type { Pacing } from '../domain/account/policy.js';
import { pacingOf } from '../domain/commands/policyChange.js';
import { GAP_SECONDS_MAX, JITTER_PERCENT_MAX, PER_HOUR_MAX } from '../domain/gate/pacing.js';
import { parseConfigure } from '../domain/wire/adminRequests.js';
import { PACE_WORDS, paceOf } from '../domain/wire/settingText.js';
import { isOwnWorkflow } from '../domain/wire/replyTo.js';
import { shown } from '../domain/primitives/text.js';
import { refusalOf } from '../postgres/refusal.js';
import { parseNetworks, type Network } from '../webhooks/networks.js';
import { ConfigError, type Environment } from './environment.js';
import { payloadKeysFrom, type PayloadKeys } from '../temporal/payloadKeys.js';

export type HttpConfig = { readonly host: string; readonly port: number };

export type Config = {
  readonly databaseUrl: string;
  /** The address of the database server itself, if `databaseUrl` is the address of a pooler. */
  readonly directUrl: string | undefined;
  readonly payloadKeys: PayloadKeys;
  readonly workerVersion: WorkerVersion | undefined;
  readonly temporalCliPath: string | undefined;
  readonly logLevel: string;
};

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads what a worker and a migration need. Throws a ConfigError with the setting and its fix. */
export function configFrom(environment: Environment): Config {
  const databaseUrl = databaseUrlFrom(environment);
  if (databaseUrl === undefined) {
    throw new ConfigError(
      'DATABASE_URL is not set: it should be such as postgres://user:password@host:5432/safeband ' +
        '(npm start sets up a database of its own)',
    );
  }
  const payloadKeys = payloadKeysFrom(environment);
  const workerVersion = workerVersionFrom(environment);
  const directUrl = directUrlFrom(environment);
  return { databaseUrl, directUrl, payloadKeys, workerVersion, ...commonFrom(environment) };
}

/** Reads the settings that need no database: logging, and where the Temporal CLI is. */
export function commonFrom(environment: Environment): Pick<Config, 'logLevel' | 'temporalCliPath'> {
  const logLevel = environment['LOG_LEVEL'] ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`LOG_LEVEL=${logLevel}: it should be one of ${LOG_LEVELS.join(', ')}`);
  }
  return { logLevel, temporalCliPath: environment['TEMPORAL_CLI_PATH'] || undefined };
}

/** Reads where the HTTP server listens; by default on loopback. */
export function httpFrom(environment: Environment): HttpConfig {
  const raw = environment['SAFEBAND_HTTP_PORT'] || '8080';
  const port = Number(raw);
  if (!/^\d+$/.test(raw) || port > 65_535) {
    throw new ConfigError(`SAFEBAND_HTTP_PORT=${raw}: it should be a port, 0 (any free) to 65535`);
  }
  return { host: environment['SAFEBAND_HTTP_HOST'] || '127.0.0.1', port };
}

/** An IP address and a port, as the SDK takes it. */
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/;

/** Reads where a worker serves its metrics; undefined: nowhere, which is the default. */
export function metricsAddressFrom(environment: Environment): string | undefined {
  const raw = environment['SAFEBAND_METRICS_ADDRESS'];
  if (!raw) return undefined;
  const port = Number(ADDRESS.exec(raw)?.[1] ?? 0);
  if (port > 0 && port <= 65_535) return raw;
  throw new ConfigError(
    `SAFEBAND_METRICS_ADDRESS=${raw}: it should be an IP address and a port, ` +
      'such as 127.0.0.1:9464, or 0.0.0.0:9464 in a container',
  );
}

/** Reads the private networks that may get webhooks; none by default. */
export function webhookNetworksFrom(environment: Environment): readonly Network[] {
  const raw = environment['SAFEBAND_WEBHOOK_NETWORKS'] ?? '';
  const networks = parseNetworks(raw);
  if (networks) return networks;
  throw new ConfigError(
    `SAFEBAND_WEBHOOK_NETWORKS=${raw}: it should be networks such as 10.1.0.0/16,fd00::/8`,
  );
}

/** A worker's build and deployment, for Temporal's Worker Versioning. */
export type WorkerVersion = { readonly deploymentName: string; readonly buildId: string };

/** Reads a worker's version; undefined: it is not versioned, and takes the tasks of every run. */
export function workerVersionFrom(environment: Environment): WorkerVersion | undefined {
  const deploymentName = environment['SAFEBAND_DEPLOYMENT_NAME'] || undefined;
  const buildId = environment['SAFEBAND_BUILD_ID'] || undefined;
  if (deploymentName === undefined && buildId === undefined) return undefined;
  if (deploymentName === undefined || buildId === undefined) {
    const [missing, there] = deploymentName
      ? ['SAFEBAND_BUILD_ID', 'SAFEBAND_DEPLOYMENT_NAME']
      : ['SAFEBAND_DEPLOYMENT_NAME', 'SAFEBAND_BUILD_ID'];
    throw new ConfigError(`${missing} is not set, but ${there} is: set both, or neither`);
  }
  const names = { SAFEBAND_DEPLOYMENT_NAME: deploymentName, SAFEBAND_BUILD_ID: buildId };
  for (const [setting, value] of Object.entries(names)) {
    if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(value)) continue;
    throw new ConfigError(
      `${setting}=${value}: it should be 1 to 100 letters, digits, - and _, such as 2026-11-24-3f9c2ab`,
    );
  }
  return { deploymentName, buildId };
}

export type ServerConfig = {
  /** Where the Temporal UI shows the workflows of the namespace; null: nowhere. */
  readonly temporalUiUrl: string | null;
  readonly requestsPerMinute: number;
  readonly trustProxy: boolean | string;
  /** The address of the runbook in links of alerts; null: the runbook of the server itself. */
  readonly runbookUrl: string | null;
  /** `replyTo` over HTTP may name workflows whose ids begin with this; null: none. */
  readonly replyPrefix: string | null;
  /** The address at which people open the server; null: that of the request. */
  readonly publicUrl: string | null;
};

/** Reads the settings of the HTTP server, except its address. */
export function serverFrom(environment: Environment): ServerConfig {
  const url = environment['SAFEBAND_TEMPORAL_UI_URL'] || null;
  if (url !== null && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) {
    throw new ConfigError(
      `SAFEBAND_TEMPORAL_UI_URL=${url}: it should be such as ` +
        'http://127.0.0.1:8233/namespaces/default',
    );
  }
  const rate = environment['SAFEBAND_REQUESTS_PER_MINUTE'] || '6000';
  if (!/^[1-9]\d{0,8}$/.test(rate)) {
    throw new ConfigError(
      `SAFEBAND_REQUESTS_PER_MINUTE=${rate}: it should be a whole number, 1 or more`,
    );
  }
  const proxies = environment['SAFEBAND_TRUSTED_PROXIES'] || '';
  if (proxies !== '' && !proxies.split(',').every(isNetwork)) {
    throw new ConfigError(
      `SAFEBAND_TRUSTED_PROXIES=${shown(proxies)}: it should be addresses or networks with commas ` +
        'between them, such as 10.0.0.0/8',
    );
  }
  return {
    temporalUiUrl: url?.replace(/\/$/, '') ?? null,
    requestsPerMinute: Number(rate),
    trustProxy: proxies === '' ? false : proxies,
    runbookUrl: runbookUrlFrom(environment),
    replyPrefix: replyPrefixFrom(environment),
    publicUrl: publicUrlFrom(environment),
  };
}

/** Reads the address at which people open the server, without a slash at its end; null: not set. */
export function publicUrlFrom(environment: Environment): string | null {
  const url = environment['SAFEBAND_PUBLIC_URL'] || null;
  if (url === null) return null;
  const is = URL.canParse(url) ? new URL(url) : undefined;
  if (is && /^https?:$/.test(is.protocol) && is.href === `${is.origin}/`) return is.origin;
  throw new ConfigError(
    `SAFEBAND_PUBLIC_URL=${shown(url)}: it should be an address without a path, such as ` +
      'https://safeband.example.com',
  );
}

/** Alerts add `#<kind>` to the address, so it has no fragment of its own. */
function runbookUrlFrom(environment: Environment): string | null {
  const url = environment['SAFEBAND_RUNBOOK_URL'] || null;
  if (url === null) return null;
  const isUrl = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (isUrl && !url.includes('#') && !/[\s"]/.test(url)) return url;
  throw new ConfigError(
    `SAFEBAND_RUNBOOK_URL=${shown(url)}: it should be an absolute address without #, such as ` +
      'https://safeband.example.com/runbook',
  );
}

/** True for an address, or a network such as 10.0.0.0/8. */
function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]*?)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}

const PREFIX_MAX = 200;

/** A prefix that reaches the workflows of Safeband or of Temporal is refused. */
function replyPrefixFrom(environment: Environment): string | null {
  const prefix = environment['SAFEBAND_REPLY_PREFIX'] || null;
  if (prefix === null) return null;
  if (prefix.length <= PREFIX_MAX && prefix.trim() === prefix && shown(prefix) === prefix) {
    if (!isOwnWorkflow(prefix)) return prefix;
  }
  throw new ConfigError(
    `SAFEBAND_REPLY_PREFIX=${shown(prefix)}: it should be the beginning of the ids of your ` +
      'workflows, such as outreach/, and not the beginning of ids of Safeband or Temporal',
  );
}

/** Reads `DATABASE_URL`, if it is set. The text of an error never contains the password. */
export const databaseUrlFrom = (environment: Environment): string | undefined =>
  postgresUrlFrom(environment, 'DATABASE_URL');

/** Reads `DATABASE_DIRECT_URL`, if it is set: the server's own address, not the pooler's. */
export const directUrlFrom = (environment: Environment): string | undefined =>
  postgresUrlFrom(environment, 'DATABASE_DIRECT_URL');

function postgresUrlFrom(environment: Environment, setting: string): string | undefined {
  const raw = environment[setting];
  if (!raw) return undefined;
  if (isPostgresUrl(raw)) return raw;
  throw new ConfigError(
    `${setting} is not a Postgres address: it should be such as ` +
      'postgres://user:password@host:5432/safeband, or postgresql:///safeband?host=/var/run/postgresql ' +
      'for a socket; in a password @ is written %40, : %3A, / %2F, ? %3F, # %23, % %25 ' +
      '(or set PGPASSWORD)',
  );
}

function isPostgresUrl(raw: string): boolean {
  if (!URL.canParse(raw)) return false;
  const { protocol, hash, pathname, search, username, password } = new URL(raw);
  // A reserved character in a password cuts the address too early: its rest is found in these
  // parts.
  if (!/^postgres(ql)?:$/.test(protocol) || hash !== '' || `${pathname}${search}`.includes('@')) {
    return false;
  }
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false; // a % that stands for itself
  }
}

/** Returns one sentence for an error that the operator can fix; else undefined. */
export function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (['ConfigError', 'SetupError', 'MigrationError'].includes(error.name)) return error.message;
  return refusalOf(error)?.sentence;
}

/** Reads the pace of new accounts that name none (R19); undefined: none. */
export function pacingFrom(environment: Environment): Pacing | undefined {
  const raw = environment['SAFEBAND_PACING'];
  if (!raw) return undefined;
  const parsed = parseConfigure({ pacing: paceOf(raw) ?? raw }, 'strict', 0);
  const pacing = parsed.ok ? pacingOf(parsed.value.pacing).pacing : undefined;
  if (pacing) return pacing;
  throw new ConfigError(
    `SAFEBAND_PACING=${shown(raw)}: it should be ${PACE_WORDS}, with an interval of 1 to ` +
      `${GAP_SECONDS_MAX} s, a jitter of at most ${JITTER_PERCENT_MAX} % and at most ` +
      `${PER_HOUR_MAX} grants an hour`,
  );
}
