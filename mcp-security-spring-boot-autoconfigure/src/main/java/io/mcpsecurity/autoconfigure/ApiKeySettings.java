package io.mcpsecurity.autoconfigure;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.mcpsecurity.apikey.ApiKey;
import io.mcpsecurity.autoconfigure.McpSecurityProperties.ApiKeys;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.transport.SenderConstraints.Mode;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The settings of API keys, checked.
 */
final class ApiKeySettings {

	private static final Log logger = LogFactory.getLog(ApiKeySettings.class);

	static final String API_KEYS = PropertyBinder.PREFIX + ".api-keys";

	private static final String HEADER = API_KEYS + ".header";

	/**
	 * Headers that the endpoint, the container or a proxy reads for another purpose, that
	 * are not passed on (RFC 9110 section 7.6.1), or that browsers send on their own.
	 */
	private static final Set<String> OTHER_HEADERS = Set.of("authorization", "cookie", "dpop", "host", "origin",
			"referer", "accept", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect",
			"forwarded", "via", "user-agent", "last-event-id", "traceparent", "tracestate", "baggage", "b3",
			"client-cert", "client-cert-chain");

	private static final Set<String> OTHER_PREFIXES = Set.of("accept-", "access-control-", "content-", "mcp-", "proxy-",
			"sec-", "x-b3-", "x-forwarded-");

	private static final Duration MIN_VALIDITY = Duration.ofMinutes(1);

	private static final Duration MAX_VALIDITY = Duration.ofDays(3650);

	private final Map<String, ApiKey> keys = new LinkedHashMap<>();

	ApiKeySettings(McpSecurityProperties properties) {
		ApiKeys apiKeys = properties.apiKeys();
		checkHeader(apiKeys.header(), properties.mutualTls().certificateHeader());
		Duration validity = apiKeys.maxValidity();
		if (validity.compareTo(MIN_VALIDITY) < 0 || validity.compareTo(MAX_VALIDITY) > 0) {
			throw CheckedProperties.invalid(API_KEYS + ".max-validity", validity,
					"It is not between one minute and " + MAX_VALIDITY.toDays() + " days.");
		}
		apiKeys.keys().forEach((id, key) -> this.keys.put(id, key(id, key)));
		if (apiKeys.enabled()) {
			checkUse(properties);
		}
		else if (!this.keys.isEmpty()) {
			logger.warn(API_KEYS + ".keys have no effect, because " + API_KEYS + ".enabled is false");
		}
	}

	/** The keys of the configuration, by id. */
	Map<String, ApiKey> keys() {
		return this.keys;
	}

	private static void checkHeader(String header, @Nullable String certificateHeader) {
		String name = header.toLowerCase(Locale.ROOT);
		// RFC 9110 section 5.6.2, without what no header has.
		if (!name.matches("[a-z0-9_-]+")) {
			throw CheckedProperties.invalid(HEADER, header, "It is not the name of a header.");
		}
		if (OTHER_HEADERS.contains(name) || OTHER_PREFIXES.stream().anyMatch(name::startsWith)
				|| name.equalsIgnoreCase(certificateHeader)) {
			throw CheckedProperties.invalid(HEADER, header,
					"That header has another purpose. Use one of its own, such as X-API-Key.");
		}
	}

	/** Check what is in contradiction to API keys. */
	private static void checkUse(McpSecurityProperties properties) {
		String enabled = API_KEYS + ".enabled";
		Map.of(".dpop.mode", properties.dpop().mode(), ".mutual-tls.mode", properties.mutualTls().mode())
			.forEach((property, mode) -> {
				if (mode == Mode.REQUIRED) {
					throw CheckedProperties.invalid(enabled, true,
							"An API key is a bearer secret, and " + PropertyBinder.PREFIX + property
									+ "=required refuses those. Set that to allowed, or " + enabled + " to false.");
				}
			});
		if (properties.apiKeys().keys().isEmpty() && properties.apiKeys().store() == ApiKeys.Store.NONE) {
			throw CheckedProperties.invalid(enabled, true, "There can be no API keys. Set " + API_KEYS + ".keys, or a "
					+ API_KEYS + ".store for keys that are created at run time.");
		}
	}

	private static ApiKey key(String id, ApiKeys.Key key) {
		String property = API_KEYS + ".keys." + id;
		String subject = key.subject();
		String client = key.clientId();
		Instant expiresAt = key.expiresAt();
		if (!StringUtils.hasText(subject) || !StringUtils.hasText(client) || expiresAt == null) {
			throw CheckedProperties.invalid(property, null,
					Stream.of("subject", "client-id", "expires-at")
						.map((name) -> property + "." + name)
						.reduce((one, other) -> one + ", " + other)
						.orElseThrow() + " are required. Set them.");
		}
		Sha256 hash = hash(property, key.hash());
		try {
			return new ApiKey(id, hash, subject, client, Set.copyOf(key.scopes()), expiresAt, key.networks());
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(property, key, "It is not an API key: " + ex.getMessage() + ".");
		}
	}

	/** The value may be a key by mistake, so that the exception does not contain it. */
	private static Sha256 hash(String property, @Nullable String hash) {
		try {
			return Sha256.parse((hash != null) ? hash.trim() : "");
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(property, null,
					"Its hash is not a SHA-256 in 64 hexadecimal digits, or in base64url without padding. "
							+ "Set it to what \"printf %s $KEY | sha256sum\" prints.");
		}
	}

}
