/** Reads `SAFEBAND_URL` and `SAFEBAND_KEY`: then commands use only the HTTP API. */
import type { Environment } from '../../platform/environment.js';
import { usage } from '../errors.js';

export type KeyAccess = {
  /** Such as `https://safeband.example.com`, without a slash at the end. */
  readonly url: string;
  readonly key: string;
};

/** True if the commands use only the HTTP API. `SAFEBAND_KEY` alone changes nothing. */
export const isByKey = (env: Environment): boolean => (env['SAFEBAND_URL'] ?? '').trim() !== '';

/** Returns the address and the key; no error contains a part of the key or of a password. */
export function keyAccessFrom(env: Environment): KeyAccess | undefined {
  if (!isByKey(env)) return undefined;
  const raw = (env['SAFEBAND_URL'] ?? '').trim();
  const isUrl = URL.canParse(raw) && /^https?:$/.test(new URL(raw).protocol);
  if (!isUrl) {
    throw usage('SAFEBAND_URL should be an address such as https://safeband.example.com');
  }
  const url = new URL(raw);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw usage(
      'SAFEBAND_URL should have no user, password, ? or #: set it to an address such as ' +
        'https://safeband.example.com, and SAFEBAND_KEY to the key',
    );
  }
  const key = (env['SAFEBAND_KEY'] ?? '').trim();
  if (key === '') {
    throw usage('SAFEBAND_URL is set, but SAFEBAND_KEY is not: set it to a key of that server');
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw usage('SAFEBAND_KEY should be one word, such as sb_…: copy the key again');
  }
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), key };
}
