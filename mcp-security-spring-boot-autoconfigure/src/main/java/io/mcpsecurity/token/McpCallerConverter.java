package io.mcpsecurity.token;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

import io.mcpsecurity.McpActor;
import io.mcpsecurity.McpCaller;
import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.converter.Converter;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.util.StringUtils;

/**
 * Reads the caller from the claims of a verified token.
 * <p>
 * Scopes come from {@code scope} (RFC 9068 section 2.2.3) and {@code scp} (Okta,
 * Microsoft Entra ID), together; each may be a string separated by spaces or an array of
 * strings. The client is {@code client_id} (RFC 9068 section 2.2) or one of the names
 * that authorization servers use instead. A claim of the wrong type is never guessed at:
 * it refuses the token.
 */
public final class McpCallerConverter implements Converter<Jwt, McpAuthenticationToken> {

	private static final List<String> SCOPE_CLAIMS = List.of("scope", "scp");

	private static final List<String> CLIENT_CLAIMS = List.of("client_id", "azp", "cid", "appid", "applicationId");

	private final String resource;

	private final List<ClaimPointer> moreScopeClaims;

	private final UnaryOperator<Set<String>> scopesOf;

	/**
	 * Create a converter.
	 * @param resource the resource identifier that the tokens are accepted for
	 * @param moreScopeClaims claims whose values count as scopes too: roles, permissions,
	 * groups
	 * @param scopesOf the scopes that the names in a token stand for
	 */
	public McpCallerConverter(String resource, List<ClaimPointer> moreScopeClaims,
			UnaryOperator<Set<String>> scopesOf) {
		this.resource = resource;
		this.moreScopeClaims = List.copyOf(moreScopeClaims);
		this.scopesOf = scopesOf;
	}

	/**
	 * Create a converter that takes scopes as they stand in {@code scope} and
	 * {@code scp}.
	 * @param resource the resource identifier that the tokens are accepted for
	 */
	public McpCallerConverter(String resource) {
		this(resource, List.of(), UnaryOperator.identity());
	}

	@Override
	public McpAuthenticationToken convert(Jwt jwt) {
		return new McpAuthenticationToken(jwt, caller(jwt));
	}

	/**
	 * Read the caller.
	 * @throws RefusedTokenException if a claim is missing or malformed
	 */
	McpCaller caller(Jwt jwt) {
		Map<String, Object> claims = jwt.getClaims();
		String subject = text(claims, "sub");
		if (!StringUtils.hasText(subject)) {
			// RFC 9068 section 2.2; without it nobody could say who made the call.
			throw new RefusedTokenException(TokenFailure.MALFORMED, "The token has no sub claim");
		}
		List<McpActor> actors = new ArrayList<>();
		boolean truncated = readActors(claims.get("act"), actors);
		return new McpCaller(subject, String.valueOf(claims.get("iss")), client(claims), actors, truncated,
				scopes(claims), text(claims, "jti"), this.resource);
	}

	private Set<String> scopes(Map<String, Object> claims) {
		Set<String> names = new LinkedHashSet<>();
		for (String name : SCOPE_CLAIMS) {
			Object claim = claims.get(name);
			if (claim instanceof String text) {
				names.addAll(List.of(StringUtils.tokenizeToStringArray(text, " ")));
			}
			else {
				addAll(names, claim, name);
			}
		}
		for (ClaimPointer pointer : this.moreScopeClaims) {
			Object claim = pointer.read(claims);
			// A single role is one name, whatever it is made of.
			addAll(names, (claim instanceof String text) ? List.of(text) : claim, pointer.text());
		}
		return this.scopesOf.apply(names);
	}

	private static void addAll(Set<String> names, @Nullable Object claim, String claimName) {
		if (claim == null) {
			return;
		}
		if (!(claim instanceof Collection<?> values)) {
			throw malformed(claimName);
		}
		for (Object value : values) {
			if (!(value instanceof String text)) {
				throw malformed(claimName);
			}
			if (StringUtils.hasText(text)) {
				names.add(text);
			}
		}
	}

	private static @Nullable String client(Map<String, Object> claims) {
		for (String name : CLIENT_CLAIMS) {
			String client = text(claims, name);
			if (client != null) {
				return client;
			}
		}
		return null;
	}

	/**
	 * Read the nested {@code act} claims, the current actor first.
	 * @return whether there were more than are kept
	 */
	private static boolean readActors(@Nullable Object act, List<McpActor> actors) {
		Object level = act;
		while (level != null) {
			if (!(level instanceof Map<?, ?> actor)) {
				throw malformed("act");
			}
			if (actors.size() == McpCaller.MAX_ACTORS) {
				return true;
			}
			actors.add(new McpActor(text(actor, "sub"), text(actor, "iss"), text(actor, "client_id")));
			level = actor.get("act");
		}
		return false;
	}

	private static @Nullable String text(Map<?, ?> claims, String name) {
		Object claim = claims.get(name);
		if (claim == null || claim instanceof String) {
			return (String) claim;
		}
		throw malformed(name);
	}

	private static RefusedTokenException malformed(String claim) {
		return new RefusedTokenException(TokenFailure.MALFORMED, "The token's " + claim + " claim is malformed");
	}

}
