package io.mcpsecurity.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.util.List;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.Dpop;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.MutualTls;
import io.mcpsecurity.token.DpopNonces;
import io.mcpsecurity.transport.ClientCertificates;
import org.jspecify.annotations.Nullable;

/**
 * The settings of sender-constrained tokens, checked.
 */
final class SenderConstraintSettings {

	private static final String DPOP = PropertyBinder.PREFIX + ".dpop";

	private static final String MUTUAL_TLS = PropertyBinder.PREFIX + ".mutual-tls";

	static final String HEADER = MUTUAL_TLS + ".certificate-header";

	private static final String PROXIES = MUTUAL_TLS + ".trusted-proxies";

	private final @Nullable DpopNonces nonces;

	private final ClientCertificates certificates;

	SenderConstraintSettings(Dpop dpop, MutualTls mutualTls) {
		Duration maxAge = dpop.maxAge();
		if (maxAge.compareTo(Duration.ofSeconds(1)) < 0 || maxAge.compareTo(Duration.ofHours(1)) > 0) {
			throw CheckedProperties.invalid(DPOP + ".max-age", maxAge, "It is not between one second and one hour.");
		}
		CheckedProperties.checkPositive(DPOP + ".max-proofs", dpop.maxProofs());
		Duration period = dpop.nonce().period();
		if (period.compareTo(Duration.ofSeconds(1)) < 0 || period.compareTo(Duration.ofHours(1)) > 0) {
			throw CheckedProperties.invalid(DPOP + ".nonce.period", period,
					"It is not between one second and one hour.");
		}
		List<byte[]> keys = dpop.nonce()
			.keys()
			.stream()
			.map((key) -> CheckedProperties.checkKey(DPOP + ".nonce", key))
			.toList();
		this.nonces = dpop.nonce().required() ? new DpopNonces(keys, period, Clock.systemUTC()) : null;
		this.certificates = certificates(mutualTls);
	}

	/** The nonces that proofs must contain, or {@code null} if they need none. */
	@Nullable DpopNonces nonces() {
		return this.nonces;
	}

	/** Finds client certificates. */
	ClientCertificates certificates() {
		return this.certificates;
	}

	private static ClientCertificates certificates(MutualTls properties) {
		String header = properties.certificateHeader();
		if (header != null && !header.matches("[A-Za-z0-9-]+")) {
			throw CheckedProperties.invalid(HEADER, header, "It is not the name of a header.");
		}
		if (header != null && properties.trustedProxies().isEmpty()) {
			throw CheckedProperties.invalid(HEADER, header,
					"Every client could send it. Set " + PROXIES + " to the addresses of the proxies that set it.");
		}
		if (header == null && !properties.trustedProxies().isEmpty()) {
			throw CheckedProperties.invalid(PROXIES, properties.trustedProxies(),
					"It has no effect without the header in which they pass client certificates on. Set " + HEADER
							+ ".");
		}
		try {
			return new ClientCertificates(header, properties.trustedProxies());
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(PROXIES, properties.trustedProxies(),
					"It is not a list of addresses and networks, such as 10.0.0.7 or 10.0.0.0/24.");
		}
	}

}
