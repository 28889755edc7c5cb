/**
 * Makes text from other people and programs safe for a terminal. Data is cleaned when it is read,
 * so that no command can forget it; output is cleaned once more. JSON keeps each value, with
 * escapes.
 */
import type { SafebandClient } from '../client/index.js';
import { shown, shownLines } from '../domain/primitives/text.js';
import { changingWhatIsRead } from '../postgres/changed.js';
import type { Pool } from '../postgres/pool.js';
import type { Io } from './io.js';

/** Returns data in which each text, field names included, is safe to print on a terminal. */
export function shownIn(value: unknown): unknown {
  if (typeof value === 'string') return shown(value);
  if (Array.isArray(value)) return value.map(shownIn);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [shown(name), shownIn(one)]),
  );
}

/** Makes every row that the pool reads safe to print; call it before the first connection. */
export const showSafely = (pool: Pool): Pool => changingWhatIsRead(pool, shownIn);

/** Returns the same client, with answers that are safe to print. */
export const shownClient = (client: SafebandClient): SafebandClient =>
  new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: readonly unknown[]) =>
        shownIn(await Reflect.apply(member, target, args));
    },
  });

/** Our own control characters: colours, and the erasure of the progress line. */
// oxlint-disable-next-line no-control-regex -- the pattern is about control characters
const OURS = /(\u001B\[[0-9;]*m|\r\u001B\[K)/;
const printable = (text: string): string =>
  text
    .split(OURS)
    .map((part) => (OURS.test(part) ? part : shownLines(part)))
    .join('');

/** Returns the same process; it prints only text, line ends and our own colours. */
export const safeIo = (io: Io): Io => ({
  ...io,
  stdout: (text) => io.stdout(printable(text)),
  stderr: (text) => io.stderr(printable(text)),
});
