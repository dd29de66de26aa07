package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerKeys;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Down while the keys of an authorization server cannot be had: its tokens are answered
 * with 503 then. While the last good ones serve this server is up, and says since when
 * they do.
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
		for (IssuerKeys keys : this.servers.keys()) {
			IssuerKeys.Status status = keys.probe();
			builder.withDetail(keys.issuer(), detail(keys, status));
			if (status == IssuerKeys.Status.UNAVAILABLE) {
				builder.down();
			}
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
