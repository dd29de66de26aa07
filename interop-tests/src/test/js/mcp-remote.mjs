// mcp-remote, which many desktop applications use to reach servers: registers itself, signs in, and passes calls on.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { environment, packages, signInWhenAsked } from './command.mjs';

const transport = new StdioClientTransport({ command: process.execPath, env: environment, stderr: 'pipe',
	args: [packages + 'mcp-remote/dist/proxy.js', process.env.MCP_URL] });
const log = signInWhenAsked(transport.stderr, 'alice');
const client = new Client({ name: 'interoperability', version: '1' });
try {
	await client.connect(transport, { timeout: 60_000 });
	const { tools } = await client.listTools();
	assert(tools.some(({ name }) => name === 'browse_records'));
	const { content, isError } = await client.callTool({ name: 'browse_records', arguments: {} });
	assert(!isError && JSON.parse(content[0].text).length > 0);
	await client.close();
	process.exit(0);
}
catch (error) {
	console.log(error, log());
	process.exit(1);
}
