/**
 * Random properties use the same cases each time, so that a result depends only on the change.
 * FAST_CHECK_SEED selects other cases: a number, or `random`.
 */
import fc from 'fast-check';

const wanted = process.env['FAST_CHECK_SEED'] ?? '1';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
