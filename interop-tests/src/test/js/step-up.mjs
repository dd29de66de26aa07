// A registered client gets further scopes when a call needs them, and none twice: browse, purge, browse.
//   node step-up.mjs 1|2 [auto|2026-07-28]
import assert from 'node:assert/strict';
import { call, connect, signedIn } from './sdk.mjs';
import { Provider } from './provider.mjs';

// The first generation uses a refresh token, where it has one, to get further scopes, which refresh tokens cannot give
// (RFC 6749 section 6), and fails.
const provider = new Provider({ user: 'bob', clientId: 'mcp-inspector', refresh: process.argv[2] !== '1' });
const { client, transport } = await connect(provider);

await call(client, 'browse_records');
if (process.argv[3]) {
	assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
}
assert.equal(provider.requested.length, 1);
assert.equal(await signedIn(transport, provider, () => call(client, 'export_records', { format: 'csv' })), undefined);
assert.match(await call(client, 'export_records', { format: 'csv' }), /,/);
assert.equal(await signedIn(transport, provider, () => call(client, 'purge_records', { before: '1900-01-01' })), undefined);
await call(client, 'purge_records', { before: '1900-01-01' });
await call(client, 'export_records', { format: 'csv' });
await call(client, 'browse_records');
console.log('requested:', provider.requested);
assert.equal(provider.requested.length, 3, 'No further sign-in for what was granted before');
assert.deepEqual(provider.requested[2].split(' ').sort(), ['research:browse', 'research:export', 'research:purge']);
process.exit(0);
