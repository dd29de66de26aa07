package io.mcpsecurity.downstream;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.text.ParseException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.token.BoundedHttp;
import io.mcpsecurity.token.BoundedHttp.Response;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

/**
 * Requests access tokens at a token endpoint, once each: no redirect is followed and
 * nothing tried again. A token that grants more than was requested is refused.
 * <p>
 * (Spring Security's clients read responses of any size, and accept any token type, scope
 * and lifetime; the parts of an error go into exceptions.)
 */
final class TokenEndpoint {

	private static final String ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";

	private static final String UNAVAILABLE = "unavailable";

	private static final int RESPONSE_LIMIT = 64 * 1024;

	/** RFC 6750 section 2.1. */
	private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]+=*");

	/** The errors that a token with other scopes, or a consent, can avoid. */
	private static final Set<String> SCOPE_ERRORS = Set.of("invalid_scope", "insufficient_scope", "consent_required",
			"interaction_required");

	/** The errors of RFC 6749 section 5.2 and RFC 8693 section 2.2.2. */
	private static final Set<String> ERRORS = Set.of("invalid_request", "invalid_client", "invalid_grant",
			"unauthorized_client", "unsupported_grant_type", "invalid_target");

	private final DownstreamTokens.Settings settings;

	private final BoundedHttp http;

	private final Clock clock;

	TokenEndpoint(DownstreamTokens.Settings settings, BoundedHttp http, Clock clock) {
		this.settings = settings;
		this.http = http;
		this.clock = clock;
	}

	/**
	 * Request a token for the service.
	 * @param subject the caller's token, or {@code null} if the grant needs none
	 * @param actor the token of this server, or {@code null} if the grant needs none
	 * @throws DownstreamException if none is issued, or one that must not be used
	 */
	IssuedToken request(@Nullable String subject, @Nullable IssuedToken actor) {
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		this.settings.parameters().forEach(form::set);
		form.set(OAuth2ParameterNames.GRANT_TYPE, this.settings.grant().type().getValue());
		switch (this.settings.grant()) {
			case TOKEN_EXCHANGE -> {
				form.set(OAuth2ParameterNames.SUBJECT_TOKEN, subject);
				form.set(OAuth2ParameterNames.SUBJECT_TOKEN_TYPE, ACCESS_TOKEN_TYPE);
				form.set(OAuth2ParameterNames.REQUESTED_TOKEN_TYPE, ACCESS_TOKEN_TYPE);
				if (actor != null) {
					form.set(OAuth2ParameterNames.ACTOR_TOKEN, actor.value());
					form.set(OAuth2ParameterNames.ACTOR_TOKEN_TYPE, ACCESS_TOKEN_TYPE);
				}
			}
			case JWT_BEARER -> form.set(OAuth2ParameterNames.ASSERTION, subject);
			case CLIENT_CREDENTIALS -> {
			}
		}
		if (this.settings.resource() != null) {
			form.set("resource", this.settings.resource());
		}
		if (this.settings.audience() != null) {
			form.set(OAuth2ParameterNames.AUDIENCE, this.settings.audience());
		}
		if (!this.settings.scopes().isEmpty()) {
			form.set(OAuth2ParameterNames.SCOPE, String.join(" ", this.settings.scopes()));
		}
		Map<String, Object> response = send(form);
		Object type = response.get(OAuth2ParameterNames.ISSUED_TOKEN_TYPE);
		if (this.settings.grant() == DownstreamTokens.Grant.TOKEN_EXCHANGE && !ACCESS_TOKEN_TYPE.equals(type)) {
			throw refused("token_type", "its issued_token_type is not that of an access token");
		}
		IssuedToken token = token(response);
		if (token.value().equals(subject)) {
			throw refused("token_subject", "it is the caller's own token");
		}
		check(token.scopes());
		JWTClaimsSet claims = claims(token.value());
		if (claims != null) {
			check(scopes(claims.getClaim("scope")));
			check(scopes(claims.getClaim("scp")));
			checkAudience(claims.getAudience());
		}
		return token;
	}

	/** Request a token that identifies this server, as the actor of an exchange. */
	IssuedToken requestActor() {
		MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
		form.set(OAuth2ParameterNames.GRANT_TYPE, AuthorizationGrantType.CLIENT_CREDENTIALS.getValue());
		return token(send(form));
	}

	private Map<String, Object> send(MultiValueMap<String, String> form) {
		HttpHeaders headers = new HttpHeaders();
		headers.setAccept(List.of(MediaType.APPLICATION_JSON));
		this.settings.authentication().authenticate(headers, form);
		Response response = post(headers, form);
		Map<String, Object> members = parse(response.body());
		if (response.status() != 200) {
			throw error(response.status(), (members != null) ? members.get("error") : null);
		}
		if (members == null) {
			throw refused(UNAVAILABLE, "the token endpoint's response is not a JSON object");
		}
		return members;
	}

	private Response post(HttpHeaders headers, MultiValueMap<String, String> form) {
		try {
			return this.http.send(HttpMethod.POST, this.settings.uri().get(), headers, form, RESPONSE_LIMIT);
		}
		catch (BoundedHttp.TooLargeException ex) {
			throw refused(UNAVAILABLE, "the token endpoint's response is " + ex.getMessage());
		}
		catch (IOException | UncheckedIOException ex) {
			throw refused(UNAVAILABLE, "the token endpoint does not respond");
		}
	}

	private static @Nullable Map<String, Object> parse(String body) {
		try {
			// Null where the document is the JSON null.
			return JSONObjectUtils.parse(body);
		}
		catch (ParseException ex) {
			return null;
		}
	}

	private DownstreamException error(int status, @Nullable Object error) {
		if (SCOPE_ERRORS.contains(String.valueOf(error))) {
			return refused("scope_refused", "the token endpoint responded with " + error);
		}
		String known = ERRORS.contains(String.valueOf(error)) ? " (" + error + ")" : "";
		boolean redirect = status >= 300 && status < 400;
		return refused((status < 500 && !redirect) ? "refused" : UNAVAILABLE, "the token endpoint responded with "
				+ status + known + (redirect ? ", and redirects are not followed" : ""));
	}

	/** The token in a response, as far as no more than its form is concerned. */
	private IssuedToken token(Map<String, Object> response) {
		if (!(response.get(OAuth2ParameterNames.TOKEN_TYPE) instanceof String type)
				|| !type.equalsIgnoreCase("Bearer")) {
			throw refused("token_type", "its token_type is not Bearer");
		}
		if (!(response.get(OAuth2ParameterNames.ACCESS_TOKEN) instanceof String value)
				|| !TOKEN.matcher(value).matches()) {
			throw refused("token_malformed", "it is missing or malformed");
		}
		JWTClaimsSet claims = claims(value);
		String id = (claims != null && claims.getJWTID() != null) ? claims.getJWTID()
				: Sha256.of(value).toString().substring(0, 32);
		return new IssuedToken(value, id, expiry(response.get(OAuth2ParameterNames.EXPIRES_IN), claims),
				scopes(response.get(OAuth2ParameterNames.SCOPE)));
	}

	/** The earlier of the times in the response and in the token. */
	private @Nullable Instant expiry(@Nullable Object expiresIn, @Nullable JWTClaimsSet claims) {
		Instant now = this.clock.instant();
		Instant latest = now.plus(this.settings.maxLifetime());
		Instant response = seconds(expiresIn, now);
		Instant token = (claims != null && claims.getExpirationTime() != null) ? claims.getExpirationTime().toInstant()
				: null;
		if (Stream.of(response, token).anyMatch((end) -> end != null && end.isAfter(latest))) {
			throw refused("token_lifetime", "it is valid for longer than " + this.settings.maxLifetime().toSeconds()
					+ " seconds, its max-lifetime");
		}
		Instant end = (response == null || (token != null && token.isBefore(response))) ? token : response;
		if (end != null && !end.isAfter(now)) {
			throw refused("token_lifetime", "it has expired");
		}
		return end;
	}

	private @Nullable Instant seconds(@Nullable Object expiresIn, Instant now) {
		if (expiresIn == null) {
			return null;
		}
		try {
			long seconds = Long.parseLong(expiresIn.toString());
			return (seconds > Duration.ofDays(36500).toSeconds()) ? Instant.MAX : now.plusSeconds(seconds);
		}
		catch (ArithmeticException | NumberFormatException | DateTimeException ex) {
			throw refused("token_lifetime", "its expires_in is not a number of seconds");
		}
	}

	private void check(List<String> granted) {
		if (!this.settings.scopes().isEmpty() && !Set.copyOf(this.settings.scopes()).containsAll(granted)) {
			throw refused("token_scope", "it has scopes that were not requested");
		}
	}

	private void checkAudience(List<String> audience) {
		List<String> expected = Stream.of(this.settings.audience(), this.settings.resource())
			.flatMap(Stream::ofNullable)
			.toList();
		if (!expected.isEmpty() && expected.stream().noneMatch(audience::contains)) {
			throw refused("token_audience", "it is for another audience");
		}
		if (audience.stream().anyMatch(this.settings.ownResources()::contains)) {
			throw refused("token_audience", "it is for this server as well, where the service could use it");
		}
	}

	private static List<String> scopes(@Nullable Object value) {
		if (value instanceof Collection<?> values) {
			return values.stream().map(String::valueOf).toList();
		}
		return (value instanceof String text && !text.isBlank()) ? List.of(text.trim().split("\\s+")) : List.of();
	}

	/** The claims of a token that is a JWT, which its receiver verifies. */
	private static @Nullable JWTClaimsSet claims(String token) {
		try {
			return JWTParser.parse(token).getJWTClaimsSet();
		}
		catch (ParseException | RuntimeException ex) {
			return null;
		}
	}

	private DownstreamException refused(String reason, String why) {
		return new DownstreamException(reason, "No access token for '" + this.settings.service() + "': " + why);
	}

}
