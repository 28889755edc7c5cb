/** The tables that grow: their size, their oldest row, and how long rows are kept (R28). */
import { DAY_MS, dayOf, isoDay, type Instant } from '../domain/primitives/time.js';
import {
  isPruned,
  KEPT_OTHERWISE,
  keptWords,
  PRUNED,
  RETENTION_DEFAULT,
} from '../domain/records/retention.js';
import type { TableSize } from '../postgres/operations/tableSizes.js';
import { ok, warn, type Finding } from './finding.js';

/** How long rows may be older than the setting says before it is a problem: audits were missed. */
const LATE_DAYS = 3;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
/** Returns a size such as `1.4 GiB`. */
export function sizeWords(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1_024 && unit < UNITS.length - 1) [size, unit] = [size / 1_024, unit + 1];
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Returns a number such as `1,234`. */
export const thousands = (count: number): string => count.toLocaleString('en-US');

/** Returns one finding for all tables together, and one for each table that grows. */
export const tableFindings = (
  sizes: readonly TableSize[],
  { tables, bytes }: { readonly tables: number; readonly bytes: number },
  now: Instant,
): readonly Finding[] => [
  ok('tables', `${sizeWords(bytes)} in ${tables} tables, with their indexes`),
  ...sizes.map((one) => tableFinding(one, now)),
];

function tableFinding(size: TableSize, now: Instant): Finding {
  const { table, bytes, rows, mayRead, oldest, kept } = size;
  const name = `table ${table}`;
  const first = !mayRead
    ? 'oldest not visible to this database user'
    : oldest === null
      ? 'no row'
      : `oldest of ${isoDay(dayOf(oldest))}`;
  const text = (words: string): string =>
    `${sizeWords(bytes)}, about ${thousands(rows)} rows, ${first}, kept ${words}`;
  if (!isPruned(table)) return ok(name, text(KEPT_OTHERWISE[table] ?? 'for ever'));
  if (kept === null) {
    return ok(
      name,
      `${text(keptWords(RETENTION_DEFAULT[PRUNED[table]]))} (no audit deleted rows yet)`,
    );
  }
  const { days, onlyExported, exportedBefore, prunedRows } = kept;
  const words = `${keptWords(days)}${prunedRows > 0 ? `, ${thousands(prunedRows)} deleted` : ''}`;
  const isLate = days !== null && oldest !== null && oldest < now - (days + LATE_DAYS) * DAY_MS;
  const isHeld = onlyExported && (exportedBefore ?? 0) < now - ((days ?? 0) + LATE_DAYS) * DAY_MS;
  if (!isLate || !isHeld) return ok(name, text(words));
  return warn(
    name,
    `${text(words)}; older rows wait for their export`,
    `safeband export ${table} --record > ${table}.jsonl`,
  );
}
