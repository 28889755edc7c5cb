/** Names of stories as the domain's branded ids. */
import { isReservationId, type ReservationId } from '../../src/domain/primitives/ids.js';

export function the<T>(is: (raw: unknown) => raw is T, raw: unknown): T {
  if (is(raw)) return raw;
  throw new Error(`not a good name: ${String(raw)}`);
}
export const rid = (raw: string): ReservationId => the(isReservationId, raw);
export const maybe = <T>(is: (raw: unknown) => raw is T, raw: string | undefined): T | undefined =>
  raw === undefined ? undefined : the(is, raw);
