// What an application gives the clients of the TypeScript SDK so that they can sign in: an OAuthClientProvider that keeps
// everything in memory and whose user is a function.
import { randomUUID } from 'node:crypto';
import { signIn } from './browser.mjs';

const CALLBACK = 'http://localhost:6274/oauth/callback';

export class Provider {

	redirectUrl = CALLBACK;

	clientMetadata = { client_name: 'Interoperability', redirect_uris: [CALLBACK], response_types: ['code'],
		grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' };

	// The scopes that each authorization request asked for.
	requested = [];

	// clientId: of a client that is registered already.
	// authorize: the scopes to ask for; undefined, what the SDK decides; null, none.
	// refresh: whether to use refresh tokens.
	constructor({ user = 'alice', clientId, authorize, refresh = true } = {}) {
		this.refresh = refresh;
		this.user = user;
		this.information = clientId && { client_id: clientId };
		this.authorize = authorize;
	}

	state() { return randomUUID(); }

	clientInformation() { return this.information; }

	saveClientInformation(information) { this.information = information; }

	tokens() { return this.saved; }

	saveTokens({ refresh_token, ...tokens }) { this.saved = this.refresh ? { ...tokens, refresh_token } : tokens; }

	codeVerifier() { return this.verifier; }

	saveCodeVerifier(verifier) { this.verifier = verifier; }

	discoveryState() { return this.discovery; }

	saveDiscoveryState(discovery) { this.discovery = discovery; }

	async redirectToAuthorization(url) {
		if (this.authorize !== undefined) {
			url.searchParams.delete('scope');
			if (this.authorize) {
				url.searchParams.set('scope', this.authorize);
			}
		}
		this.requested.push(url.searchParams.get('scope'));
		this.callback = await signIn(url, this.user);
	}

}
