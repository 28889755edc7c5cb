/**
 * Commands that people are shown to type next. An id may begin with `-`, as an option does: then all
 * options come first, and the ids after `--`.
 */

/** Returns `safeband <command> <names> <options>`, as a shell takes it. */
export function commandLine(command: string, names: readonly string[], options = ''): string {
  const words = names.map(quoted).join(' ');
  const isDashed = names.some((name) => name.startsWith('-'));
  const parts = isDashed ? [command, options, '--', words] : [command, words, options];
  return ['safeband', ...parts.filter((part) => part !== '')].join(' ');
}

/** Names of keys are free text; a placeholder such as `<tier>` stays. */
const quoted = (name: string): string =>
  /^([\w.:@%+=,/-]+|<\w+>)$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
