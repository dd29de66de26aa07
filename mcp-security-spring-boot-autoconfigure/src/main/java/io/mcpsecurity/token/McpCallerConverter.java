package io.mcpsecurity.token;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
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
 * By default, scopes come from {@code scope} (RFC 9068 section 2.2.3) and {@code scp}
 * (Okta, Microsoft Entra ID), together; each may be a string separated by spaces or an
 * array of strings. In claims of other names, such as those of roles, a string is one
 * name, because names of roles may contain spaces, and the names may be the keys of an
 * object (Zitadel). The client is {@code client_id} (RFC 9068 section 2.2) or one of the
 * names that authorization servers use instead. A claim of the wrong type is never
 * guessed at: it refuses the token.
 */
public final class McpCallerConverter implements Converter<Jwt, McpCaller> {

	/** Claims whose strings are separated by spaces (RFC 8693 section 4.2). */
	private static final Set<String> SEPARATED = Set.of("scope", "scp");

	private final String resource;

	private final UnaryOperator<Set<String>> scopesOf;

	private final TokenProfile.Claims where;

	/**
	 * Create a converter.
	 * @param resource the resource identifier that the tokens are accepted for
	 * @param scopesOf maps the names in a token to scopes
	 */
	public McpCallerConverter(String resource, UnaryOperator<Set<String>> scopesOf) {
		this(resource, scopesOf, Provider.GENERIC.profile().claims());
	}

	private McpCallerConverter(String resource, UnaryOperator<Set<String>> scopesOf, TokenProfile.Claims where) {
		this.resource = resource;
		this.scopesOf = scopesOf;
		this.where = where;
	}

	/** The same converter for other claims. */
	McpCallerConverter with(TokenProfile.Claims where) {
		return new McpCallerConverter(this.resource, this.scopesOf, where);
	}

	/**
	 * Read the caller.
	 * @throws RefusedTokenException if a claim is missing or malformed
	 */
	@Override
	public McpCaller convert(Jwt jwt) {
		Map<String, Object> claims = jwt.getClaims();
		String client = client(claims);
		String subject = text("sub", claims.get("sub"));
		if (!StringUtils.hasText(subject) && this.where.clientAsSubject()) {
			subject = client;
		}
		if (!StringUtils.hasText(subject)) {
			// RFC 9068 section 2.2; without it the caller would be unknown.
			throw new RefusedTokenException(TokenFailure.MALFORMED, "The token has no sub claim");
		}
		List<McpActor> actors = new ArrayList<>();
		boolean truncated = readActors(this.where.actor(), claims, actors);
		// A wrong type is refused as in other claims.
		text("jti", claims.get("jti"));
		Map<String, Object> kept = new LinkedHashMap<>(claims);
		if (jwt.getExpiresAt() != null) {
			// Sessions and streams end at this time; a decoder need not have set it.
			kept.put("exp", jwt.getExpiresAt());
		}
		return McpCaller.builder(subject, String.valueOf(claims.get("iss")), this.resource)
			.client(client)
			.actors(actors, truncated)
			.scopes(scopes(claims))
			.authentication(acr(claims), authTime(claims))
			.claims(kept)
			.build();
	}

	private Set<String> scopes(Map<String, Object> claims) {
		Set<String> names = new LinkedHashSet<>();
		if (!addScopes(names, this.where.scopes(), claims)) {
			addScopes(names, this.where.appScopes(), claims);
		}
		return this.scopesOf.apply(withoutPrefix(names));
	}

	/**
	 * The values of {@code acr}. Not every authorization server follows RFC 9068 section
	 * 2.2.1, so values of other types are ignored, which satisfies no requirement.
	 */
	private Set<String> acr(Map<String, Object> claims) {
		Set<String> values = new LinkedHashSet<>();
		for (ClaimPointer pointer : this.where.acr()) {
			Object claim = pointer.read(claims);
			((claim instanceof Collection<?> several) ? several : Collections.singleton(claim)).forEach((value) -> {
				if (value instanceof String text) {
					values.add(text);
				}
			});
		}
		return values;
	}

	/**
	 * The time of {@code auth_time}, or {@code null} if it is absent or not a time, which
	 * satisfies no requirement.
	 */
	private @Nullable Instant authTime(Map<String, Object> claims) {
		Object claim = this.where.authTime().read(claims);
		if (claim instanceof Instant time) {
			return time;
		}
		return (claim instanceof Number seconds && seconds.longValue() >= 0
				&& seconds.longValue() <= Instant.MAX.getEpochSecond()) ? Instant.ofEpochSecond(seconds.longValue())
						: null;
	}

	private static boolean addScopes(Set<String> names, List<ClaimPointer> pointers, Map<String, Object> claims) {
		boolean found = false;
		for (ClaimPointer pointer : pointers) {
			Object claim = pointer.read(claims);
			found |= claim != null;
			if (claim instanceof String text) {
				claim = SEPARATED.contains(pointer.name())
						? List.of(StringUtils.tokenizeToStringArray(text, " ", false, true)) : List.of(text);
			}
			else if (claim instanceof Map<?, ?> object && !SEPARATED.contains(pointer.name())) {
				claim = object.keySet().stream().filter((name) -> isGranted(object.get(name), pointer.text())).toList();
			}
			addAll(names, claim, pointer.text());
		}
		return found;
	}

	/**
	 * Whether the key of an object is granted: with something in its value, such as the
	 * organizations for which a role is granted, or true.
	 */
	private static boolean isGranted(@Nullable Object value, String claimName) {
		if (value == null || value instanceof Boolean) {
			return Boolean.TRUE.equals(value);
		}
		if (!(value instanceof Map<?, ?> details)) {
			throw malformed(claimName);
		}
		return !details.isEmpty();
	}

	private Set<String> withoutPrefix(Set<String> names) {
		String prefix = this.where.scopePrefix();
		if (prefix == null) {
			return names;
		}
		Set<String> scopes = new LinkedHashSet<>();
		names.forEach((name) -> scopes.add(
				(name.startsWith(prefix) && name.length() > prefix.length()) ? name.substring(prefix.length()) : name));
		return scopes;
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

	private @Nullable String client(Map<String, Object> claims) {
		for (ClaimPointer pointer : this.where.client()) {
			String client = text(pointer.text(), pointer.read(claims));
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
	private static boolean readActors(ClaimPointer pointer, Map<String, Object> claims, List<McpActor> actors) {
		Object level = pointer.read(claims);
		while (level != null) {
			if (!(level instanceof Map<?, ?> actor)) {
				throw malformed(pointer.text());
			}
			if (actors.size() == McpCaller.MAX_ACTORS) {
				return true;
			}
			actors.add(new McpActor(text("sub", actor.get("sub")), text("iss", actor.get("iss")),
					text("client_id", actor.get("client_id"))));
			level = actor.get("act");
		}
		return false;
	}

	private static @Nullable String text(String name, @Nullable Object claim) {
		if (claim == null || claim instanceof String) {
			return (String) claim;
		}
		throw malformed(name);
	}

	private static RefusedTokenException malformed(String claim) {
		return new RefusedTokenException(TokenFailure.MALFORMED, "The token's " + claim + " claim is malformed");
	}

}
