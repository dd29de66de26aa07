package io.mcpsecurity.autoconfigure;

import java.util.Base64;
import java.util.function.Function;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

import io.mcpsecurity.audit.ArgumentSummaries;
import io.mcpsecurity.audit.ArgumentSummaries.Mode;
import io.mcpsecurity.audit.SensitiveNames;
import io.mcpsecurity.audit.SensitiveParts;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The part of the properties that is about the arguments in events. A value that is wrong
 * is an {@link InvalidMcpSecurityPropertyException}.
 */
final class AuditArguments {

	/** The property of the key. Its value never leaves this class. */
	private static final String DIGEST_KEY = "mcp.security.audit.digest-key";

	private static final String NAMES = "mcp.security.audit.sensitive-names";

	/** The length of what HMAC-SHA-256 makes (RFC 2104 section 3). */
	private static final int MIN_KEY_LENGTH = 32;

	private final Mode mode;

	private final @Nullable SecretKey digestKey;

	private final SensitiveNames names;

	AuditArguments(McpSecurityProperties.Audit properties) {
		this.mode = properties.arguments();
		this.digestKey = digestKey(properties);
		try {
			this.names = new SensitiveNames(properties.sensitiveNames());
		}
		catch (IllegalArgumentException ex) {
			throw CheckedProperties.invalid(NAMES, properties.sensitiveNames(),
					"cannot be used: " + ex.getMessage() + ".");
		}
	}

	private static @Nullable SecretKey digestKey(McpSecurityProperties.Audit properties) {
		String key = properties.digestKey();
		if (!StringUtils.hasText(key)) {
			if (properties.arguments() == Mode.DIGEST) {
				throw unusable(
						"is not set, but mcp.security.audit.arguments is digest: without a key everybody could try out values.");
			}
			return null;
		}
		byte[] bytes;
		try {
			bytes = Base64.getDecoder().decode(key.trim());
		}
		catch (IllegalArgumentException ex) {
			throw unusable("is not base64 (RFC 4648 section 4).");
		}
		if (bytes.length < MIN_KEY_LENGTH) {
			throw unusable("has " + bytes.length + " bytes, which is less than " + MIN_KEY_LENGTH + ".");
		}
		return new SecretKeySpec(bytes, "HmacSHA256");
	}

	private static InvalidMcpSecurityPropertyException unusable(String reason) {
		return new InvalidMcpSecurityPropertyException(DIGEST_KEY, null, reason, "Set " + DIGEST_KEY + " to at least "
				+ MIN_KEY_LENGTH + " random bytes in base64, for example from: openssl rand -base64 32");
	}

	/**
	 * Whether a property, however its name is written, holds a secret.
	 */
	static boolean isSecret(String property) {
		return SensitiveNames.plain(property).equals(SensitiveNames.plain(DIGEST_KEY));
	}

	ArgumentSummaries summaries(Function<McpTarget, SensitiveParts> sensitive) {
		return new ArgumentSummaries(this.mode, this.digestKey, this.names, sensitive);
	}

}
