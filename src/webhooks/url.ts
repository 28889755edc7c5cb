/** Checks the URL of a webhook; the address that it resolves to is checked at each send. */

const URL_LENGTH_MAX = 2_048;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Returns the fault of the URL of an endpoint, as text for its owner; undefined if it has none. */
export function urlFlaw(text: string): string | undefined {
  if (text.length > URL_LENGTH_MAX) return `it is longer than ${URL_LENGTH_MAX} characters`;
  if (!URL.canParse(text))
    return 'it is not a URL: use an address such as https://example.com/hooks';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'it should begin with https://';
  if (protocol === 'http:' && !LOOPBACK.includes(hostname)) {
    return 'it should begin with https://: http is only for a receiver on this machine';
  }
  if (username || password) return 'remove the name or password: it would be written into logs';
  if (hash) return 'remove the part after #: it is never sent';
  return undefined;
}
