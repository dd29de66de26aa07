package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys;
import io.mcpsecurity.token.TokenIntrospection;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Down while the keys of an authorization server, or its answers about tokens, cannot be
 * had: its tokens are answered with 503 then. While the last good keys serve this server
 * is up, and says since when they do.
 */
class AuthorizationServersHealthIndicator extends AbstractHealthIndicator {

	private final AuthorizationServers servers;

	private final Clock clock;

	AuthorizationServersHealthIndicator(AuthorizationServers servers, Clock clock) {
		super("The state of the authorization servers could not be found out");
		this.servers = servers;
		this.clock = clock;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		builder.up();
		if (this.servers.keys().isEmpty()) {
			builder.down().withDetail("authorizationServers", "none");
		}
		Map<String, TokenIntrospection> introspections = this.servers.introspections().byIssuer();
		for (IssuerKeys keys : this.servers.keys()) {
			TokenIntrospection introspection = introspections.get(keys.issuer());
			// Who answers about tokens need not have keys, nor who is not asked for them.
			boolean needed = introspection == null && this.servers.extensions().decoder() == null;
			IssuerKeys.Status status = !needed ? keys.status() : keys.probe();
			Map<String, String> detail = detail(keys, status);
			if (introspection != null) {
				IssuerKeys.Status answers = introspection.probe();
				detail.put("introspection", answers.name());
				downIfUnavailable(builder, answers);
			}
			downIfUnavailable(builder, status);
			builder.withDetail(keys.issuer(), detail);
		}
	}

	private static void downIfUnavailable(Health.Builder builder, IssuerKeys.Status status) {
		if (status == IssuerKeys.Status.UNAVAILABLE) {
			builder.down();
		}
	}

	private Map<String, String> detail(IssuerKeys keys, IssuerKeys.Status status) {
		Map<String, String> detail = new LinkedHashMap<>();
		detail.put("keys", status.name());
		Duration age = keys.age();
		if (age != null) {
			detail.put("fetched", this.clock.instant().minus(age).toString());
		}
		Duration outage = keys.outage();
		if (outage != null) {
			detail.put("unreachableSince", this.clock.instant().minus(outage).toString());
		}
		return detail;
	}

}
