// A client that registers itself, whatever scopes it asks for: signs in, calls, and calls again twice after its token has
// expired. Each shape is what some client in the field sends.
//   node registration.mjs 1|2
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { call, connect } from './sdk.mjs';
import { Provider } from './provider.mjs';

const LIFETIME = Number(process.env.TOKEN_LIFETIME) * 1000;
const ALL = 'research:browse research:export research:purge';

// register, authorize: the scopes asked for; undefined, what the SDK decides; null, none.
const shapes = {
	'as the SDK decides': {},
	'all scopes': { register: ALL, authorize: ALL },
	'all scopes, only when it registers': { register: ALL },
	'no scope': { register: null, authorize: null },
	'offline_access too': { register: ALL + ' offline_access', authorize: ALL + ' offline_access' },
	'offline_access alone': { register: 'offline_access', authorize: 'offline_access' },
	'an unknown scope too': { register: 'research:browse research:unknown', authorize: 'research:browse research:unknown' },
	'all scopes, of an administrator': { user: 'bob', register: ALL, authorize: ALL },
	'an unknown scope alone': { authorize: 'research:unknown', refused: /invalid_scope/ },
	'all scopes, of a user who has none': { user: 'carol', register: ALL, authorize: ALL, refused: /access_denied|invalid_scope/ },
};

async function journey(shape) {
	const provider = new Provider(shape);
	const grants = [];
	const { client } = await connect(provider, { fetch: async (url, init) => {
		const { pathname } = new URL(url);
		if (pathname === '/oauth2/register' && shape.register !== undefined) {
			init = { ...init, body: JSON.stringify({ ...JSON.parse(init.body), scope: shape.register ?? undefined }) };
		}
		if (pathname === '/oauth2/token') {
			grants.push(new URLSearchParams(init.body).get('grant_type'));
		}
		return fetch(url, init);
	} });
	await call(client, 'browse_records');
	for (let i = 0; i < 2; i++) {
		const { refresh_token: used } = provider.tokens();
		await setTimeout(LIFETIME + 500);
		await call(client, 'browse_records');
		assert.notEqual(provider.tokens().refresh_token, used, 'The refresh token is rotated');
	}
	assert.equal(grants.filter((grant) => grant === 'authorization_code').length, 1, 'Signed in once');
	await client.close();
}

let failures = 0;
await Promise.all(Object.entries(shapes).map(async ([name, shape]) => {
	try {
		await (shape.refused ? assert.rejects(journey(shape), shape.refused) : journey(shape));
		console.log(`passed: ${name}`);
	}
	catch (error) {
		failures++;
		console.log(`FAILED: ${name}:`, error);
	}
}));
process.exit(failures ? 1 : 0);
