/** Programs of ours that run in this terminal: the command line only starts them. */
import type { Register } from '../../command.js';
import { withExamples } from '../../command.js';

const PROGRAMS = [
  {
    name: 'dev',
    script: 'dev/main',
    args: ['--no-demo'],
    summary: 'start Temporal, Postgres and a worker on this machine, and stay up',
  },
  {
    name: 'demo',
    script: 'dev/main',
    args: [],
    summary: 'the same, and play a day of outreach against a LinkedIn that misbehaves',
  },
  {
    name: 'migrate',
    script: 'migrate',
    args: [],
    summary: 'bring the database to this version, and register attributes and schedule in Temporal',
  },
  {
    name: 'worker',
    script: 'worker',
    args: [],
    summary: "run the accounts' workflows; stops on Ctrl-C within 25 s",
  },
  {
    name: 'server',
    script: 'server',
    args: [],
    summary: 'serve the HTTP API and the dashboard',
  },
] as const;

export const registerStack: Register = (program, { io, end }) => {
  for (const { name, script, args, summary } of PROGRAMS) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
    if (name === 'demo') command.option('--exit', 'end after it; exit code 1 if a number is wrong');
    withExamples(command, name).action(async ({ exit }: { exit?: boolean }) => {
      end(await io.launch(script, exit ? [...args, '--exit'] : args));
    });
  }
};
