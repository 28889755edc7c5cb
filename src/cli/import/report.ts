/** The report of an import: each line in a CSV file, and the first faults on the terminal. */
import { writeFile } from 'node:fs/promises';
import { csvLine } from '../../domain/primitives/csv.js';
import { errorText } from '../../domain/primitives/errorText.js';
import { usage } from '../errors.js';
import { counted } from '../text.js';

/** Lines that the text names; the report has all of them. */
const SHOWN_MAX = 20;

export type ReportLine = {
  readonly line: number;
  readonly accountId: string;
  readonly result: string;
  readonly message: string | null;
};

/** Writes what became of each line. */
export async function writeReport(path: string, report: readonly ReportLine[]): Promise<void> {
  const rows = report.map(({ line, accountId, result, message }) =>
    csvLine([line, accountId, result, message]),
  );
  const text = [csvLine(['line', 'account', 'result', 'message']), ...rows].join('');
  await writeFile(path, text).catch((error: unknown) => {
    throw usage(`${path} cannot be written: ${errorText(error)}`);
  });
}

/** Returns the first faults, each with its line. */
export function faultsIn(report: readonly ReportLine[]): readonly string[] {
  const wrong = report.filter(({ result }) => result === 'refused' || result === 'failed');
  const shown = wrong.slice(0, SHOWN_MAX).map(({ line, accountId, message }) => {
    const of = accountId === '' ? '' : ` (${accountId})`;
    return `  line ${line}${of}: ${message}`;
  });
  const more = wrong.length - shown.length;
  return more > 0 ? [...shown, `  and ${counted(more, 'more line')}: see --report`] : shown;
}
