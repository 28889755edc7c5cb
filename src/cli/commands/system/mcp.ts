/** `safeband mcp`: the tools of an agent, over the Model Context Protocol on stdio. */
import type { Command } from 'commander';
import { withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT } from '../../errors.js';
import { httpOf } from '../../source/http.js';
import { keyAccessFrom } from '../../source/keyAccess.js';

export const registerMcp: Register = (program: Command, context: Context) => {
  const command = program
    .command('mcp')
    .summary('give an agent tools to ask, reserve and report, with an API key')
    .description(
      'Runs a Model Context Protocol server on standard input and output. Its tools have the ' +
        'rights of the API key in SAFEBAND_KEY, at the server in SAFEBAND_URL. A tool may lower ' +
        'a cap or stop an account; no tool raises a cap or resumes an account.',
    )
    .action(async () => {
      const { io, version } = context;
      const access = keyAccessFrom(io.env);
      if (access === undefined) {
        throw new CliError(
          EXIT.usage,
          'InvalidInput',
          'safeband mcp needs an API key: set SAFEBAND_URL to the address of the server, and ' +
            'SAFEBAND_KEY to a key of it',
          'safeband keys make agent --role pipeline',
        );
      }
      // The SDK is loaded only here, so that other commands start at once.
      const { serveTools } = await import('../../mcp/server.js');
      const http = httpOf(access, io.signal, (answer) => answer);
      if (io.isTerminal) io.stderr('waiting for an agent on standard input; Ctrl-C ends it\n');
      await serveTools(http, version, io.signal);
      context.end(EXIT.ok);
    });
  withExamples(command, 'mcp');
};
