// The same steps at a server of any style: list, call, be refused without a scope, call with it and answer a question.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const challenges = [];

async function connect(token) {
	const client = new Client({ name: 'interoperability', version: '1' }, { capabilities: { elicitation: { form: {} } } });
	client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} }));
	await client.connect(new StreamableHTTPClientTransport(new URL(process.env.MCP_URL), {
		requestInit: { headers: { Authorization: `Bearer ${token}` } },
		fetch: async (url, init) => {
			const response = await fetch(url, init);
			if (response.status === 403) {
				challenges.push(response.headers.get('www-authenticate'));
			}
			return response;
		},
	}));
	return client;
}

async function call(client, name) {
	const result = await client.callTool({ name, arguments: { id: '1' } });
	assert.ok(!result.isError, JSON.stringify(result));
	return result.content[0].text.replace(/^"|"$/g, '');
}

async function assertDenied(client, name, scope) {
	await assert.rejects(call(client, name));
	assert.match(challenges.pop() ?? '', new RegExp(`error="insufficient_scope".*scope="[^"]*${scope}`));
}

const reader = await connect(process.env.READER);
const names = async (client) => (await client.listTools()).tools.map(({ name }) => name);
for (const name of ['status', 'read_record', 'delete_record']) {
	assert.ok((await names(reader)).includes(name), name);
}
assert.equal(await call(reader, 'status'), 'up');
assert.equal(await call(reader, 'read_record'), 'record 1');
await assertDenied(reader, 'delete_record', 'records:delete');

const administrator = await connect(process.env.ADMINISTRATOR);
assert.equal(await call(administrator, 'delete_record'), 'deleted 1');

if ((await names(reader)).includes('install')) {
	await call(reader, 'install');
	assert.ok((await names(reader)).includes('added_later'));
	await assertDenied(reader, 'added_later', 'records:delete');
	assert.equal(await call(administrator, 'added_later'), 'added');
}

const visitor = await connect(process.env.VISITOR);
assert.equal(await call(visitor, 'status'), 'up');
await assertDenied(visitor, 'read_record', 'records:read');
process.exit(0);
