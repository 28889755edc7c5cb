/** The environment: read once, checked once. Each setting is the contract's (section 5). */
import { parseNetworks, type Network } from './webhooks/networks.js';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = { readonly [name: string]: string | undefined };

export type HttpConfig = { readonly host: string; readonly port: number };

export type Config = {
  readonly databaseUrl: string;
  readonly temporalCliPath: string | undefined;
  readonly logLevel: string;
};

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** What a worker and a migration need. Throws a ConfigError that names the setting and the cure. */
export function configFrom(environment: Environment): Config {
  const databaseUrl = databaseUrlFrom(environment);
  if (databaseUrl === undefined) {
    throw new ConfigError(
      'DATABASE_URL is not set: it should be such as postgres://user:password@host:5432/safeband ' +
        '(npm start sets up a database of its own)',
    );
  }
  return { databaseUrl, ...commonFrom(environment) };
}

/** What needs no database: logging, and where the Temporal CLI is. */
export function commonFrom(environment: Environment): Omit<Config, 'databaseUrl'> {
  const logLevel = environment['LOG_LEVEL'] ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`LOG_LEVEL=${logLevel}: it should be one of ${LOG_LEVELS.join(', ')}`);
  }
  return { logLevel, temporalCliPath: environment['TEMPORAL_CLI_PATH'] || undefined };
}

/** Where the HTTP server listens: on loopback unless told otherwise. */
export function httpFrom(environment: Environment): HttpConfig {
  const raw = environment['SAFEBAND_HTTP_PORT'] || '8080';
  const port = Number(raw);
  if (!/^\d+$/.test(raw) || port > 65_535) {
    throw new ConfigError(`SAFEBAND_HTTP_PORT=${raw}: it should be a port, 0 (any free) to 65535`);
  }
  return { host: environment['SAFEBAND_HTTP_HOST'] || '127.0.0.1', port };
}

/** Networks that are not public, and that webhooks may be sent to all the same; none by default. */
export function webhookNetworksFrom(environment: Environment): readonly Network[] {
  const raw = environment['SAFEBAND_WEBHOOK_NETWORKS'] ?? '';
  const networks = parseNetworks(raw);
  if (networks) return networks;
  throw new ConfigError(
    `SAFEBAND_WEBHOOK_NETWORKS=${raw}: it should be networks such as 10.1.0.0/16,fd00::/8`,
  );
}

export type ServerConfig = {
  /** Where the Temporal UI shows the workflows of the namespace; null: nowhere. */
  readonly temporalUiUrl: string | null;
  readonly requestsPerMinute: number;
  readonly trustProxy: boolean | string;
};

/** What the HTTP server may be told beside its address. */
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
  if (!/^[0-9a-fA-F.:/, ]*$/.test(proxies)) {
    throw new ConfigError(
      `SAFEBAND_TRUSTED_PROXIES=${proxies}: it should be addresses or networks with commas ` +
        'between them, such as 10.0.0.0/8',
    );
  }
  return {
    temporalUiUrl: url?.replace(/\/$/, '') ?? null,
    requestsPerMinute: Number(rate),
    trustProxy: proxies === '' ? false : proxies,
  };
}

/** `DATABASE_URL`, if it is set. The text of the error never has the password in it. */
export function databaseUrlFrom(environment: Environment): string | undefined {
  const raw = environment['DATABASE_URL'];
  if (!raw) return undefined;
  const isGood = URL.canParse(raw) && /^postgres(ql)?:$/.test(new URL(raw).protocol);
  if (isGood) return raw;
  throw new ConfigError(
    'DATABASE_URL is not a Postgres address: it should be such as ' +
      'postgres://user:password@host:5432/safeband',
  );
}

/** One sentence for a person, where an error is theirs to mend; else undefined. */
export function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (['ConfigError', 'SetupError', 'MigrationError'].includes(error.name)) return error.message;
  const code = 'code' in error ? String(error.code) : '';
  if (/ECONNREFUSED|ENOTFOUND|ETIMEDOUT|28P01|28000|3D000/.test(`${code} ${error.message}`)) {
    return `Postgres (DATABASE_URL) cannot be reached: ${error.message || code}; start it, or mend the setting`;
  }
  return undefined;
}
