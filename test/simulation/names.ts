/** Makes ids with the checks of the domain. */
export function named<T extends string>(is: (raw: unknown) => raw is T, raw: string): T {
  if (is(raw)) return raw;
  throw new Error(`not a good name: ${raw}`);
}
