/** The names of the files of recorded histories: `line.json.gz`, or `ends-1.json.gz` and so on. */

/** Returns the name of the file of a run, from 1; a shape with one run has no number. */
export const fileOf = (shape: string, run: number, runs: number): string =>
  `${shape}${runs > 1 ? `-${run}` : ''}.json.gz`;

/** True if the file is a run of the shape. A shape may have the name of another one as its start. */
export const isOf = (shape: string, file: string): boolean =>
  file.startsWith(shape) && /^(-\d+)?\.json\.gz$/.test(file.slice(shape.length));
