package io.mcpsecurity.autoconfigure;

import java.util.Map;

import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys;
import io.mcpsecurity.token.TokenIntrospection;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Down while the keys of an authorization server, or its answers about tokens, cannot be
 * had: its tokens are answered with 503 then.
 */
class AuthorizationServersHealthIndicator extends AbstractHealthIndicator {

	private final AuthorizationServers servers;

	AuthorizationServersHealthIndicator(AuthorizationServers servers) {
		super("The state of the authorization servers could not be found out");
		this.servers = servers;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		builder.up();
		Map<String, TokenIntrospection> introspections = this.servers.introspections().byIssuer();
		for (IssuerKeys keys : this.servers.keys()) {
			// Who answers about tokens need not have keys.
			boolean introspected = introspections.containsKey(keys.issuer());
			add(builder, keys.issuer(), introspected ? keys.status() : keys.probe());
		}
		introspections
			.forEach((issuer, introspection) -> add(builder, issuer + " (introspection)", introspection.probe()));
	}

	private static void add(Health.Builder builder, String name, IssuerKeys.Status status) {
		builder.withDetail(name, status);
		if (status == IssuerKeys.Status.UNAVAILABLE) {
			builder.down();
		}
	}

}
