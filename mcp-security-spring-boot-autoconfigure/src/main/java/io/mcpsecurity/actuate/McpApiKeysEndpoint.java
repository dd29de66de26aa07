package io.mcpsecurity.actuate;

import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

import io.mcpsecurity.apikey.ApiKey;
import io.mcpsecurity.apikey.ApiKeyAdministration;
import io.mcpsecurity.apikey.ApiKeyAdministration.NewKey;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.StringUtils;

/**
 * Actuator's endpoint {@code mcpapikeys}. It lists API keys, without their hashes, and
 * creates, rotates and revokes those that are not in the configuration. By default access
 * is read-only.
 */
@Endpoint(id = "mcpapikeys", defaultAccess = Access.READ_ONLY)
public final class McpApiKeysEndpoint {

	private static final Duration OVERLAP = Duration.ofDays(1);

	private final ApiKeyAdministration keys;

	public McpApiKeysEndpoint(ApiKeyAdministration keys) {
		this.keys = keys;
	}

	/** All keys, those of the configuration first. */
	@ReadOperation
	public List<Description> list() {
		return this.keys.all().stream().map(Description::of).toList();
	}

	/**
	 * Create a key.
	 * @param subject its subject
	 * @param client its client id
	 * @param scope its scopes, separated by spaces; none by default
	 * @param networks addresses and networks, separated by commas; all by default
	 * @param validity the time for which it is valid, such as {@code 30d}; the maximum by
	 * default
	 * @param context who creates it
	 * @return the key, which no other response contains
	 */
	@WriteOperation
	public Created create(String subject, String client, @Nullable String scope, @Nullable String networks,
			@Nullable Duration validity, SecurityContext context) {
		return Created.of(checked(() -> this.keys.create(subject, client,
				Set.of(StringUtils.tokenizeToStringArray((scope != null) ? scope : "", " ")),
				List.of(StringUtils.tokenizeToStringArray((networks != null) ? networks : "", ",")), validity,
				name(context))));
	}

	/**
	 * Create a key that replaces another one.
	 * @param id the id of the other one
	 * @param overlap the time for which the other one is still valid; a day by default
	 * @param validity as for a new key
	 * @param context who replaces it
	 * @return the new key, which no other response contains
	 */
	@WriteOperation
	public WebEndpointResponse<Created> rotate(@Selector String id, @Nullable Duration overlap,
			@Nullable Duration validity, SecurityContext context) {
		NewKey created = checked(
				() -> this.keys.rotate(id, (overlap != null) ? overlap : OVERLAP, validity, name(context)));
		return (created != null) ? new WebEndpointResponse<>(Created.of(created))
				: new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
	}

	/**
	 * Revoke a key.
	 * @param id its id
	 * @param context who revokes it
	 */
	@DeleteOperation
	public WebEndpointResponse<Void> revoke(@Selector String id, SecurityContext context) {
		return new WebEndpointResponse<>(checked(() -> this.keys.revoke(id, name(context)))
				? WebEndpointResponse.STATUS_NO_CONTENT : WebEndpointResponse.STATUS_NOT_FOUND);
	}

	private static @Nullable String name(SecurityContext context) {
		Principal principal = context.getPrincipal();
		return (principal != null) ? principal.getName() : null;
	}

	private static <T extends @Nullable Object> T checked(Supplier<T> change) {
		try {
			return change.get();
		}
		catch (IllegalArgumentException ex) {
			String reason = "Not possible: " + ex.getMessage();
			throw new InvalidEndpointRequestException(reason, reason);
		}
	}

	/**
	 * A key.
	 *
	 * @param id its id
	 * @param subject the subject of requests with it
	 * @param client their client id
	 * @param scopes their scopes
	 * @param expiresAt the time from which it is not accepted
	 * @param networks where it is accepted from; empty for all
	 */
	public record Description(String id, String subject, String client, List<String> scopes, Instant expiresAt,
			List<String> networks) {

		static Description of(ApiKey key) {
			return new Description(key.id(), key.subject(), key.client(), key.scopes().stream().sorted().toList(),
					key.expiresAt(), key.networks());
		}

	}

	/**
	 * A new key.
	 *
	 * @param key the key itself
	 * @param description what is kept of it
	 */
	public record Created(String key, Description description) {

		static Created of(NewKey created) {
			return new Created(created.text(), Description.of(created.key()));
		}

		/** Without the key. */
		@Override
		public String toString() {
			return this.description.toString();
		}

	}

}
