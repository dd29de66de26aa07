package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.mcpsecurity.token.DpopProofs;
import io.mcpsecurity.token.UsedProofs;
import io.mcpsecurity.transport.SenderConstraints;
import io.mcpsecurity.transport.SenderConstraints.Mode;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/** Access tokens that are bound to a DPoP key or a client certificate. */
@Configuration(proxyBeanMethods = false)
class SenderConstraintConfiguration {

	private static final Log logger = LogFactory.getLog(SenderConstraintConfiguration.class);

	private static final String STRATEGY = "server.forward-headers-strategy";

	/** With any of them, Tomcat does so, whatever the strategy is. */
	private static final List<String> REMOTE_IP = List.of("server.tomcat.remoteip.remote-ip-header",
			"server.tomcat.remoteip.protocol-header");

	private static final String CLIENT_AUTH = "server.ssl.client-auth";

	/**
	 * After the rate limits, which report missing libraries of the store that used proofs
	 * have in common with them.
	 */
	@Bean
	@DependsOn("mcpRequestLimits")
	SenderConstraints mcpSenderConstraints(CheckedProperties checked, McpSecurityProperties properties, UsedProofs used,
			Environment environment) {
		McpSecurityProperties.Dpop dpop = properties.dpop();
		McpSecurityProperties.MutualTls mutualTls = properties.mutualTls();
		SenderConstraintSettings settings = checked.senderConstraints();
		checkSource(mutualTls, environment);
		return new SenderConstraints(dpop.mode(),
				new DpopProofs(dpop.maxAge(), used, settings.nonces(), Clock.systemUTC()), mutualTls.mode(),
				settings.certificates());
	}

	/** Check that client certificates can be found, and not be set by clients. */
	private static void checkSource(McpSecurityProperties.MutualTls mutualTls, Environment environment) {
		String header = mutualTls.certificateHeader();
		if (header != null && replacesAddresses(environment)) {
			throw CheckedProperties.invalid(SenderConstraintSettings.HEADER, header,
					"The web server replaces the address of the proxy by one of a forwarded header, which is not known to be "
							+ "trusted. Set " + STRATEGY + " to framework or none, and no property "
							+ String.join(" or ", REMOTE_IP) + ".");
		}
		boolean requested = Set.of("want", "need")
			.contains(environment.getProperty(CLIENT_AUTH, "").toLowerCase(Locale.ROOT));
		if (header == null && mutualTls.mode() != Mode.OFF && !requested) {
			logger
				.warn("Tokens that are bound to a client certificate are refused unless the web server requests client "
						+ "certificates: set " + CLIENT_AUTH + "=want, or " + SenderConstraintSettings.HEADER
						+ " behind a proxy");
		}
	}

	/** Whether Spring Boot configures the web server to do so. */
	private static boolean replacesAddresses(Environment environment) {
		if (REMOTE_IP.stream().anyMatch((property) -> StringUtils.hasText(environment.getProperty(property)))) {
			return true;
		}
		String strategy = environment.getProperty(STRATEGY);
		if (StringUtils.hasText(strategy)) {
			return strategy.equalsIgnoreCase("native");
		}
		CloudPlatform platform = CloudPlatform.getActive(environment);
		return platform != null && platform.isUsingForwardHeaders();
	}

}
