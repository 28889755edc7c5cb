/** One line of `safeband doctor`: what was checked, its level, and how to fix it. */
export type Finding = {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly cure: string | null;
};

export const ok = (name: string, text: string): Finding => ({
  name,
  level: 'ok',
  text,
  cure: null,
});
export const warn = (name: string, text: string, cure: string): Finding => ({
  name,
  level: 'warn',
  text,
  cure,
});
export const fail = (name: string, text: string, cure: string): Finding => ({
  name,
  level: 'fail',
  text,
  cure,
});

/** An error in words, and the command that corrects it. */
export type Reason = { readonly message: string; readonly next?: string | undefined };
/** Returns an error in words; it contains no password. */
export type ReasonOf = (error: unknown) => Reason;
export const firstLineOf = ({ message }: Reason): string => message.split('\n')[0] ?? '';
