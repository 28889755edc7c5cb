/** The MCP server: it lists the tools, and answers each call with JSON or with the error. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';
import { cliErrorOf } from '../errors.js';
import type { Http } from '../source/http.js';
import type { Args, Tool } from './tool.js';
import { TOOLS } from './tools.js';

const INSTRUCTIONS =
  'Safeband counts the InMails of LinkedIn accounts. LinkedIn bans accounts that send too many. ' +
  'Before each InMail: reserve, then permission, then send once, then report. Never send after a ' +
  'denial, and never send twice for one reservation. If you do not know whether an InMail was ' +
  'sent, report unknown. Raising a cap and resuming an account are decisions of a person.';

/** Runs the server on stdio until the agent closes the connection or `signal` is aborted. */
export async function serveTools(http: Http, version: string, signal: AbortSignal): Promise<void> {
  const server = new Server(
    { name: 'safeband', title: 'Safeband', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS.map(shownTool) }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
    answerOf(http, params.name, params.arguments ?? {}),
  );
  const closed = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await closed;
  await server.close();
}

const shownTool = ({ name, title, description, inputSchema, isRead }: Tool) => ({
  name,
  title,
  description,
  inputSchema,
  annotations: { title, readOnlyHint: isRead, destructiveHint: false, openWorldHint: false },
});

/** Calls the tool. An error is an answer, so that the agent reads it and can correct the call. */
async function answerOf(http: Http, name: string, args: Args): Promise<CallToolResult> {
  try {
    const tool = TOOLS.find((one) => one.name === name);
    if (!tool) return failed(`there is no tool ${name}: the tools are ${NAMES}`);
    const flaw = flawOf(tool, args);
    if (flaw !== undefined) return failed(flaw);
    return { content: [{ type: 'text', text: JSON.stringify(await tool.call(http, args)) }] };
  } catch (error) {
    const { code, message } = cliErrorOf(error);
    return failed(`${code}: ${message}`);
  }
}

const NAMES = TOOLS.map(({ name }) => name).join(', ');

/** Returns what is wrong with the names of the fields; the server checks their values. */
function flawOf({ inputSchema }: Tool, args: Args): string | undefined {
  const missing = inputSchema.required.find((name) => args[name] === undefined);
  if (missing !== undefined) return `InvalidInput: ${missing} is missing`;
  const allowed = Object.keys(inputSchema.properties);
  const other = Object.keys(args).find((name) => !allowed.includes(name));
  return other === undefined
    ? undefined
    : `InvalidInput: ${other} is not a field of this tool; its fields are ${allowed.join(', ')}`;
}

const failed = (text: string): CallToolResult => ({
  isError: true,
  content: [{ type: 'text', text }],
});
