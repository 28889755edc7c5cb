/** Prints a run as text that can be copied into a document. */
import Table from 'cli-table3';
import type { Check, Phase } from './checks.js';

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

/** Returns a table with one line for each thing that the lane did to the cluster. */
export function phasesTable(phases: readonly Phase[]): string {
  const table = new Table({
    head: [
      'at, s',
      'what happened',
      'granted',
      'denied',
      'delivered',
      '503, expired',
      'longest, s',
    ],
    style: { head: [], border: [] },
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const one of phases) {
    const counts = [one.granted, one.denied, one.delivered, one.unavailable].map(String);
    table.push([seconds(one.at), one.what, ...counts, seconds(one.longestMs)]);
  }
  return table.toString();
}

/** Returns a table with one line for each check. */
export function checksTable(checks: readonly Check[]): string {
  const table = new Table({ head: ['check', 'found', ''], style: { head: [], border: [] } });
  for (const { what, found, isOk } of checks) table.push([what, found, isOk ? 'ok' : 'FAILED']);
  return table.toString();
}
