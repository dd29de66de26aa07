// The two generations of the official TypeScript client, by the number on the command line.
const generations = {
	1: async () => ({
		...await import('@modelcontextprotocol/sdk/client/index.js'),
		...await import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
		...await import('@modelcontextprotocol/sdk/client/auth.js'),
		finish: (transport, { searchParams }) => transport.finishAuth(searchParams.get('code')),
	}),
	2: async () => ({
		...await import('@modelcontextprotocol/client'),
		finish: (transport, { searchParams }) => transport.finishAuth(searchParams),
	}),
};

export const sdk = await generations[process.argv[2]]();

// The revision of MCP: what the SDK does by itself, auto, or the one to use.
const mode = process.argv[3];
const clientOptions = mode ? { versionNegotiation: { mode: (mode === 'auto') ? mode : { pin: mode } } } : {};

export const url = new URL(process.env.MCP_URL);

export function transportFor(provider, options) {
	return new sdk.StreamableHTTPClientTransport(url, { ...options, authProvider: provider });
}

// Runs an action that may need a sign-in, which the SDK begins and the application ends.
export async function signedIn(transport, provider, action) {
	try {
		return await action();
	}
	catch (error) {
		if (!(error instanceof sdk.UnauthorizedError)) {
			throw error;
		}
		const { searchParams } = provider.callback;
		if (searchParams.has('error')) {
			throw new Error(`${searchParams.get('error')}: ${searchParams.get('error_description')}`);
		}
		await sdk.finish(transport, provider.callback);
		return undefined;
	}
}

export async function connect(provider, options) {
	const first = transportFor(provider, options);
	const name = { name: 'interoperability', version: '1' };
	const client = new sdk.Client(name, clientOptions);
	if (await signedIn(first, provider, () => client.connect(first).then(() => true))) {
		throw new Error('Connected without a token');
	}
	const connected = new sdk.Client(name, clientOptions);
	const transport = transportFor(provider, options);
	await connected.connect(transport);
	return { client: connected, transport };
}

export async function call(client, name, args = {}) {
	const result = await client.callTool({ name, arguments: args });
	if (result.isError) {
		throw new Error(`${name}: ${JSON.stringify(result.content)}`);
	}
	return result.content[0].text;
}
