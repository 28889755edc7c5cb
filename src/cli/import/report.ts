/** The report of an import: each line in a CSV file, and the first faults on the terminal. */
import { writeFile } from 'node:fs/promises';
import { csvLine } from '../../domain/primitives/csv.js';
import { errorText } from '../../domain/primitives/errorText.js';
import { errorAfter, usage } from '../errors.js';
import { counted } from '../text.js';

/** Lines that the text names; the report has all of them. */
const SHOWN_MAX = 20;

export type ReportLine = {
  readonly line: number;
  readonly accountId: string;
  readonly result: string;
  readonly message: string | null;
};

/**
 * Writes what became of each line. `imported`: what was imported already, for the error, and the
 * command that repeats it.
 */
export async function writeReport(
  path: string,
  report: readonly ReportLine[],
  imported?: { readonly done: string; readonly next: string },
): Promise<void> {
  const rows = report.map(({ line, accountId, result, message }) =>
    csvLine([line, accountId, result, message]),
  );
  const text = [csvLine(['line', 'account', 'result', 'message']), ...rows].join('');
  await writeFile(path, text).catch((error: unknown) => {
    const unwritten = usage(`${path} cannot be written: ${errorText(error)}`);
    if (!imported) throw unwritten;
    const what = `${imported.done}, and only the report is missing`;
    throw errorAfter(what, unwritten, imported.next);
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
