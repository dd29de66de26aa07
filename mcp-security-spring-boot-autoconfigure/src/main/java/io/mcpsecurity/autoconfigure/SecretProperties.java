package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.audit.SensitiveNames;

/**
 * The properties whose values must not appear in actuator endpoints.
 */
final class SecretProperties {

	private static final String SERVERS = plain(".authorization-servers");

	private static final String DOWNSTREAM = SensitiveNames.plain(DownstreamProperties.DOWNSTREAM);

	private static final String NONCE_KEYS = plain(".dpop.nonce.keys");

	private static final String REQUEST_STATE_KEYS = plain(".request-state.keys");

	private static final String API_KEYS = plain(".api-keys.keys");

	private SecretProperties() {
	}

	/** Whether a property is one of them, in any form of its name. */
	static boolean contain(String property) {
		String name = SensitiveNames.plain(property);
		return (name.startsWith(SERVERS) && name.endsWith("clientsecret"))
				|| (name.startsWith(DOWNSTREAM) && isSecretOfService(name)) || name.startsWith(NONCE_KEYS)
				|| name.startsWith(REQUEST_STATE_KEYS) || (name.startsWith(API_KEYS) && name.endsWith("hash"));
	}

	/** Parameters of a token request can be credentials, whatever they are called. */
	private static boolean isSecretOfService(String name) {
		return name.endsWith("clientsecret") || name.endsWith("apikey") || name.contains("parameters");
	}

	private static String plain(String property) {
		return SensitiveNames.plain(PropertyBinder.PREFIX + property);
	}

}
