/**
 * Random properties are tried with the same cases each time, so that a result depends on the change
 * and not on luck. FAST_CHECK_SEED tries others: a number, or `random`.
 */
import fc from 'fast-check';

const wanted = process.env['FAST_CHECK_SEED'] ?? '1';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
