package io.mcpsecurity.autoconfigure;

import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Down while the keys of an authorization server cannot be had: its tokens are answered
 * with 503 then.
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
		for (IssuerKeys keys : this.servers.keys()) {
			IssuerKeys.Status status = keys.probe();
			builder.withDetail(keys.issuer(), status);
			if (status == IssuerKeys.Status.UNAVAILABLE) {
				builder.down();
			}
		}
	}

}
