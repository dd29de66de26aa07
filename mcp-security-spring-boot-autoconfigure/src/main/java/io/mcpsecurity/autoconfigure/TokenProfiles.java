package io.mcpsecurity.autoconfigure;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.mcpsecurity.autoconfigure.McpSecurityProperties.AuthorizationServer;
import io.mcpsecurity.token.ClaimPointer;
import io.mcpsecurity.token.Provider;
import io.mcpsecurity.token.TokenProfile;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The token profile of each authorization server: the defaults of its provider, replaced
 * by configured values.
 */
final class TokenProfiles {

	private static final Log logger = LogFactory.getLog(TokenProfiles.class);

	private static final Pattern GUID = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

	private TokenProfiles() {
	}

	/**
	 * The profile of one authorization server.
	 * @param property the name of its entry
	 * @param server the entry
	 */
	static TokenProfile of(String property, AuthorizationServer server) {
		Provider provider = server.provider();
		TokenProfile preset = TokenProfile.of(provider);
		checkTexts(property + ".audiences", server.audiences());
		checkTexts(property + ".token-types", server.tokenTypes());
		checkTexts(property + ".refused-claims", server.refusedClaims());
		if (provider.audienceNeeded() != null && server.audiences().isEmpty()) {
			throw CheckedProperties.invalid(property + ".audiences", null,
					"It is not set, and the tokens of the provider " + provider.text()
							+ " do not contain the resource identifier. Set it to " + provider.audienceNeeded() + ".");
		}
		List<String> types = server.tokenTypes()
			.stream()
			.map((type) -> type.equals("none") ? TokenProfile.NO_TYPE : type)
			.toList();
		String audienceClaim = server.audienceClaim();
		return new TokenProfile(types.isEmpty() ? preset.types() : types,
				(audienceClaim != null) ? pointer(property + ".audience-claim", audienceClaim) : preset.audienceClaim(),
				server.audiences().isEmpty() ? preset.audiences() : server.audiences(),
				server.marks().isEmpty() ? preset.marks() : marks(property + ".marks", server.marks()),
				server.refusedClaims().isEmpty() ? preset.refusedClaims() : server.refusedClaims(),
				claims(property, server, preset.claims()));
	}

	private static TokenProfile.Claims claims(String property, AuthorizationServer server, TokenProfile.Claims preset) {
		AuthorizationServer.Claims claims = server.claims();
		String actor = claims.actor();
		String authTime = claims.authTime();
		return new TokenProfile.Claims(pointers(property + ".claims.scopes", claims.scopes(), preset.scopes()),
				claims.scopes().isEmpty() ? preset.appScopes() : List.of(),
				pointers(property + ".claims.client", claims.client(), preset.client()),
				(actor != null) ? pointer(property + ".claims.actor", actor) : preset.actor(),
				pointers(property + ".claims.acr", claims.acr(), preset.acr()),
				(authTime != null) ? pointer(property + ".claims.auth-time", authTime) : preset.authTime(),
				scopePrefix(property + ".scope-prefix", server),
				(claims.clientAsSubject() != null) ? claims.clientAsSubject() : preset.clientAsSubject());
	}

	private static @Nullable String scopePrefix(String property, AuthorizationServer server) {
		String prefix = server.scopePrefix();
		if (prefix != null) {
			if (!StringUtils.hasText(prefix)) {
				return null;
			}
			PolicyProperties.checkScope(property, prefix);
			return prefix;
		}
		if (server.provider() != Provider.ENTRA) {
			return null;
		}
		// The application id URI that Entra proposes for an API.
		String audience = server.audiences().get(0);
		if (GUID.matcher(audience).matches()) {
			return "api://" + audience + "/";
		}
		return audience.endsWith("/") ? audience : audience + "/";
	}

	private static Map<String, List<String>> marks(String property, Map<String, List<String>> marks) {
		marks.forEach((claim, values) -> {
			if (values.isEmpty()) {
				throw CheckedProperties.invalid(property + "." + claim, values, "It has no values.");
			}
			checkTexts(property + "." + claim, values);
		});
		return marks;
	}

	private static void checkTexts(String property, List<String> values) {
		if (!values.stream().allMatch(StringUtils::hasText)) {
			throw CheckedProperties.invalid(property, values, "It contains an empty value.");
		}
	}

	private static List<ClaimPointer> pointers(String property, List<String> claims, List<ClaimPointer> preset) {
		return claims.isEmpty() ? preset : claims.stream().map((claim) -> pointer(property, claim)).toList();
	}

	private static ClaimPointer pointer(String property, String claim) {
		return PolicyProperties.checked(property, claim, () -> ClaimPointer.of(claim));
	}

	/**
	 * The prefix of scope names where clients request them, if it is the same for all
	 * authorization servers: one challenge is sent to the clients of all of them.
	 */
	static String requestPrefix(Collection<TokenProfile> profiles) {
		Set<String> prefixes = profiles.stream()
			.map((profile) -> profile.claims().scopePrefix())
			.map((prefix) -> (prefix != null) ? prefix : "")
			.collect(Collectors.toSet());
		if (prefixes.size() < 2) {
			return prefixes.isEmpty() ? "" : prefixes.iterator().next();
		}
		logger.warn("The authorization servers have different prefixes of scopes, so challenges contain the names "
				+ "of rules: set mcp-security.scopes[].requested-as where clients need other names");
		return "";
	}

}
