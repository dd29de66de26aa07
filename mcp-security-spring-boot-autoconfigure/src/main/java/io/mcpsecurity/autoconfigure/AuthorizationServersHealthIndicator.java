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
 * Reports {@code DOWN} while the keys of an authorization server are not available, or
 * its introspection endpoint is not: requests with its tokens get 503 then. While cached
 * keys are used instead, the status is {@code UP} with the time of the outage.
 */
class AuthorizationServersHealthIndicator extends AbstractHealthIndicator {

	private final AuthorizationServers servers;

	private final Clock clock;

	AuthorizationServersHealthIndicator(AuthorizationServers servers, Clock clock) {
		super("The state of the authorization servers could not be determined");
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
			// Keys are not required with introspection, or with a decoder.
			boolean needed = introspection == null && this.servers.extensions().decoder() == null;
			IssuerKeys.Status status = !needed ? keys.status() : keys.probe();
			Map<String, String> detail = detail(keys, status);
			if (introspection != null) {
				IssuerKeys.Status endpoint = introspection.probe();
				detail.put("introspection", endpoint.name());
				downIfUnavailable(builder, endpoint);
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
