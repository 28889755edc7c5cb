/** What stands in place of an erased id (R29), for those who know no key, such as pipelines. */

/** The beginning of every keyed hash. */
export const ERASED = 'erased:';
/** Stands in place of the id of a key where there is none; no hash begins with it. */
export const NO_ERASURE_KEY = 'none';

/** Returns SQL that is true if the column has a keyed hash; an index in this order finds them. */
export const isErased = (column: string): string =>
  `${column} collate "C" >= '${ERASED}' and ${column} collate "C" < 'erased;'`;
