/**
 * What others wrote, made safe for a terminal. Data is made so where it comes in, so no command has
 * to think of it; what goes out is looked at once more. JSON keeps each value, with escapes.
 */
import type { SafebandClient } from '../client/index.js';
import { shown, shownLines } from '../domain/primitives/text.js';
import { changingWhatIsRead } from '../postgres/changed.js';
import type { Pool } from '../postgres/pool.js';
import type { Io } from './io.js';

/** Returns data with each text in it, names of fields too, as a terminal may print it. */
export function shownIn(value: unknown): unknown {
  if (typeof value === 'string') return shown(value);
  if (Array.isArray(value)) return value.map(shownIn);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [shown(name), shownIn(one)]),
  );
}

/** Makes all that the pool reads safe to print; before its first connection. */
export const showSafely = (pool: Pool): Pool => changingWhatIsRead(pool, shownIn);

/** The same client, whose answers are safe to print. */
export const shownClient = (client: SafebandClient): SafebandClient =>
  new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: readonly unknown[]) =>
        shownIn(await Reflect.apply(member, target, args));
    },
  });

/** What we ourselves send to a terminal: colours, and the line of progress that goes away. */
// oxlint-disable-next-line no-control-regex -- these are the ones that are meant
const OURS = /(\u001B\[[0-9;]*m|\r\u001B\[K)/;
const printable = (text: string): string =>
  text
    .split(OURS)
    .map((part) => (OURS.test(part) ? part : shownLines(part)))
    .join('');

/** The same process, to which nothing is printed but text, ends of lines and our own colours. */
export const safeIo = (io: Io): Io => ({
  ...io,
  stdout: (text) => io.stdout(printable(text)),
  stderr: (text) => io.stderr(printable(text)),
});
