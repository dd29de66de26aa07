// The command line of MCP Inspector: registers itself, signs in, and keeps its tokens from one run to the next.
import assert from 'node:assert/strict';
import { run } from './command.mjs';

const inspect = (...args) => run('@modelcontextprotocol/inspector/clients/launcher/build/index.js',
	['--cli', '--format', 'json', '--quiet', '--transport', 'http', '--server-url', process.env.MCP_URL, ...args], 'alice');

const { result } = await inspect('--method', 'tools/list');
console.log(result.tools.map(({ name }) => name));
assert(result.tools.some(({ name }) => name === 'browse_records'));
const records = await inspect('--method', 'tools/call', '--tool-name', 'browse_records');
assert(!records.result.isError);
