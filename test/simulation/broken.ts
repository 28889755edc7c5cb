/** A broken rule: its sentence, and the state that was found. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

export function broken(rule: string, detail: string): never {
  throw new Broken(rule, detail);
}
