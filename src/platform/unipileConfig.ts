/** Reads the settings for the webhooks of Unipile. */
import { ConfigError, type Environment } from './environment.js';

export type UnipileConfig = {
  /** The secrets of the webhooks: one, or two while it changes. */
  readonly secrets: readonly string[];
  /** Where the server asks for the present status of an account; null: it does not ask. */
  readonly api: { readonly dsn: string; readonly apiKey: string } | null;
};

/** Shorter secrets can be guessed. */
const SECRET_CHARS_MIN = 24;
const SECRETS_MAX = 2;

/** Returns the settings; null: the server takes no webhooks of Unipile. No error shows a value. */
export function unipileFrom(environment: Environment): UnipileConfig | null {
  const raw = environment['SAFEBAND_UNIPILE_SECRET'] ?? '';
  const dsn = environment['SAFEBAND_UNIPILE_DSN'] ?? '';
  const apiKey = environment['SAFEBAND_UNIPILE_KEY'] ?? '';
  if ((dsn === '') !== (apiKey === '')) {
    const [missing, there] =
      dsn === ''
        ? ['SAFEBAND_UNIPILE_DSN', 'SAFEBAND_UNIPILE_KEY']
        : ['SAFEBAND_UNIPILE_KEY', 'SAFEBAND_UNIPILE_DSN'];
    throw new ConfigError(`${missing} is not set, but ${there} is: set both, or neither`);
  }
  if (raw === '') {
    if (dsn === '') return null;
    throw new ConfigError(
      'SAFEBAND_UNIPILE_SECRET is not set, but SAFEBAND_UNIPILE_DSN is: set the secret of the webhook',
    );
  }
  const secrets = raw.split(',');
  const isGood = (secret: string): boolean =>
    secret.length >= SECRET_CHARS_MIN && /^[\x21-\x7e]+$/.test(secret);
  if (secrets.length > SECRETS_MAX || !secrets.every(isGood)) {
    throw new ConfigError(
      `SAFEBAND_UNIPILE_SECRET should be a secret of at least ${SECRET_CHARS_MIN} characters without ` +
        'blanks, or two with a comma between them; "openssl rand -hex 32" makes one',
    );
  }
  return { secrets, api: dsn === '' ? null : { dsn, apiKey } };
}
