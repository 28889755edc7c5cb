/**
 * `safeband completion`: the script is made from the program itself, so it is never out of date.
 */
import { Argument, type Command } from 'commander';
import { withExamples, type Context, type Register } from '../../command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];
/** The hidden command that completes accounts; silent if no source answers. */
const ACCOUNTS = '__accounts';
const LIMIT = 200;

type Known = {
  readonly path: string;
  readonly summary: string;
  readonly words: readonly string[];
  readonly takesAccount: boolean;
};

export const registerCompletion: Register = (program: Command, context: Context) => {
  const command = program
    .command('completion')
    .summary('print the completion script for a shell')
    .description('Prints a script that completes commands, options and accounts in your shell.')
    .addArgument(new Argument('<shell>', 'the name of the shell').choices(SHELLS))
    .action((shell: Shell) => {
      const script = SCRIPTS[shell](knownOf(program));
      context.answer({ json: { shell, script }, text: () => script });
    });
  withExamples(
    command,
    'completion bash >> ~/.bashrc',
    'completion zsh > "${fpath[1]}/_safeband"',
    'completion fish > ~/.config/fish/completions/safeband.fish',
  );
  program.command(ACCOUNTS, { hidden: true }).action(async () => {
    const asked = { after: '', state: null, sending: null, group: null, prefix: '', limit: LIMIT };
    const none = { accounts: [] };
    const read = async () => context.world.source().accounts(asked);
    const found = await read().catch(() => none);
    const ids = found.accounts.map(({ accountId }) => accountId);
    context.answer({ json: { accounts: ids }, text: () => ids.join('\n') });
  });
};

/** Returns every visible command; `keys make` is one command. */
export function knownOf(program: Command, above = ''): readonly Known[] {
  return program.commands
    .filter((command) => command.name() !== ACCOUNTS)
    .flatMap((command) => {
      const path = above === '' ? command.name() : `${above} ${command.name()}`;
      const below = command.commands.map((one) => one.name());
      const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
      const options = command.options.flatMap(({ long }) => long ?? []);
      const known = {
        path,
        summary: command.summary(),
        words: [...below, ...choices, ...options, '--json', '--help'],
        takesAccount: command.registeredArguments.some((one) => one.name() === 'account'),
      };
      return [known, ...knownOf(command, path)];
    });
}

const topOf = (known: readonly Known[]): readonly Known[] =>
  known.filter(({ path }) => !path.includes(' '));

const bash = (known: readonly Known[]): string => `# safeband completion for bash
_safeband() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}"
  [ "$COMP_CWORD" -gt 2 ] && [ -n "\${COMP_WORDS[2]}" ] && case "$command" in
    keys|webhooks) command="$command \${COMP_WORDS[2]}" ;;
  esac
  local words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${topOf(known)
      .map(({ path }) => path)
      .join(' ')} --help --version"
  else
    case "$command" in
${known
  .map(
    ({ path, words, takesAccount }) =>
      `      "${path}") words="${words.join(' ')}"${takesAccount ? '; [[ "$word" != -* ]] && words="$words $(safeband ' + ACCOUNTS + ' 2>/dev/null)"' : ''} ;;`,
  )
  .join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _safeband safeband`;

const quoted = (text: string): string => text.replaceAll("'", "'\\''");

const zsh = (known: readonly Known[]): string => `#compdef safeband
# safeband completion for zsh
_safeband() {
  local command="\${words[2]}"
  case "$command" in keys|webhooks) (( CURRENT > 3 )) && command="$command \${words[3]}" ;; esac
  if (( CURRENT == 2 )); then
    local -a commands=(
${topOf(known)
  .map(({ path, summary }) => `      '${path}:${quoted(summary).replaceAll(':', '\\:')}'`)
  .join('\n')}
    )
    _describe 'command' commands
    return
  fi
  case "$command" in
${known
  .map(
    ({ path, words, takesAccount }) =>
      `    '${path}') compadd -- ${words.join(' ')}${takesAccount ? `; [[ "$PREFIX" != -* ]] && compadd -- \${(f)"$(safeband ${ACCOUNTS} 2>/dev/null)"}` : ''} ;;`,
  )
  .join('\n')}
  esac
}
if [ "$funcstack[1]" = "_safeband" ]; then _safeband "$@"; else compdef _safeband safeband; fi`;

const fish = (known: readonly Known[]): string => {
  const fishQuoted = (text: string): string => text.replaceAll("'", "\\'");
  const lines = known.flatMap(({ path, summary, words, takesAccount }) => {
    const [first = '', second] = path.split(' ');
    const at =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`;
    const plain = words.filter((word) => !word.startsWith('--'));
    const options = words.filter((word) => word.startsWith('--'));
    return [
      ...(second === undefined
        ? [`complete -c safeband -n __fish_use_subcommand -a ${first} -d '${fishQuoted(summary)}'`]
        : []),
      ...(plain.length > 0 ? [`complete -c safeband -n '${at}' -a '${plain.join(' ')}'`] : []),
      ...options.map((option) => `complete -c safeband -n '${at}' -l ${option.slice(2)}`),
      ...(takesAccount
        ? [`complete -c safeband -n '${at}' -a '(safeband ${ACCOUNTS} 2>/dev/null)'`]
        : []),
    ];
  });
  return ['# safeband completion for fish', 'complete -c safeband -f', ...lines].join('\n');
};

const SCRIPTS: Readonly<Record<Shell, (known: readonly Known[]) => string>> = { bash, zsh, fish };
