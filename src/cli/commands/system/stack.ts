/** Commands that start another program of Safeband in this terminal. */
import type { Register } from '../../command.js';
import { withExamples } from '../../command.js';

const PROGRAMS = [
  {
    name: 'dev',
    script: 'dev/main',
    args: ['--no-demo'],
    summary: 'start Temporal, Postgres and a worker on this machine, and keep them running',
  },
  {
    name: 'demo',
    script: 'dev/main',
    args: [],
    summary: 'start the servers of safeband dev, and simulate a day of sends with LinkedIn faults',
  },
  {
    name: 'migrate',
    script: 'migrate',
    args: [],
    summary: 'update the database schema, and register search attributes and schedules in Temporal',
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
    if (name === 'demo')
      command.option('--exit', 'stop after the simulation; exit code 1 if a number is wrong');
    withExamples(command, name).action(async ({ exit }: { exit?: boolean }) => {
      end(await io.launch(script, exit ? [...args, '--exit'] : args));
    });
  }
};
