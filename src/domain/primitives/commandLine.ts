/**
 * Commands that Safeband suggests to people. An id may begin with `-`, as an option does: then all
 * options come first, and the ids follow after `--`.
 */

/** Returns `safeband <command> <names> <options>`, quoted for a shell. */
export function commandLine(command: string, names: readonly string[], options = ''): string {
  const words = names.map(quoted).join(' ');
  const isDashed = names.some((name) => name.startsWith('-'));
  const parts = isDashed ? [command, options, '--', words] : [command, words, options];
  return ['safeband', ...parts.filter((part) => part !== '')].join(' ');
}

/** Quotes a name where a shell needs it; a placeholder such as `<tier>` stays. */
const quoted = (name: string): string =>
  /^([\w.:@%+=,/-]+|<\w+>)$/.test(name) ? name : inQuotes(name);

/** Returns a text that people wrote, such as a reason, as one word of a shell. */
export const inQuotes = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
