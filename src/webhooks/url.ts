/** Where webhooks may go, as far as a URL says it; what it resolves to is judged at each send. */

const URL_LENGTH_MAX = 2_048;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** What is wrong with the URL of an endpoint, in words for its owner; undefined: nothing. */
export function urlFlaw(text: string): string | undefined {
  if (text.length > URL_LENGTH_MAX) return `it is longer than ${URL_LENGTH_MAX} characters`;
  if (!URL.canParse(text)) return 'it is no URL: it should be such as https://example.com/hooks';
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'it should begin with https://';
  if (protocol === 'http:' && !LOOPBACK.includes(hostname)) {
    return 'it should begin with https://: http is for a receiver on this machine only';
  }
  if (username || password) return 'a name or password in it would be written into logs';
  if (hash) return 'what follows # is never sent: leave it out';
  return undefined;
}
