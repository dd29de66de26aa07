package io.mcpsecurity.test;

import java.util.EnumMap;
import java.util.Map;

/**
 * One server a protocol for all tests that only look: started when first asked for, and
 * ended with the virtual machine.
 */
public final class SecuredServers {

	private static final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private static final Map<Protocol, SecuredServer> servers = new EnumMap<>(Protocol.class);

	private SecuredServers() {
	}

	/**
	 * The server of {@link RecordsApplication} for a protocol; not to be closed.
	 */
	public static synchronized SecuredServer of(Protocol protocol) {
		return servers.computeIfAbsent(protocol, (key) -> SecuredServer.start(RecordsApplication.class,
				authorizationServer, "spring.ai.mcp.server.protocol=" + key));
	}

}
