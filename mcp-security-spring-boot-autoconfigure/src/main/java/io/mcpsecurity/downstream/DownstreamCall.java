package io.mcpsecurity.downstream;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.mcpsecurity.InsufficientScopeException;
import io.mcpsecurity.McpCaller;
import io.mcpsecurity.exchange.DownstreamUse;
import io.mcpsecurity.exchange.McpExchange;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * One request to a service: refused, or authorized, and its response.
 */
final class DownstreamCall {

	/** Would authenticate the request otherwise, or send it elsewhere. */
	private static final Set<String> REFUSED_HEADERS = Set.of(HttpHeaders.AUTHORIZATION, HttpHeaders.COOKIE, "DPoP",
			HttpHeaders.PROXY_AUTHORIZATION, HttpHeaders.HOST);

	/** RFC 6750 section 3. */
	private static final Pattern INSUFFICIENT = Pattern.compile("\\berror=\"?insufficient_scope\\b");

	private static final Pattern SCOPE = Pattern.compile("\\bscope=\"([^\"]*)\"");

	private final DownstreamService service;

	private final URI uri;

	private volatile @Nullable McpExchange exchange;

	private final Instant start = Instant.now();

	private final long nanos = System.nanoTime();

	private volatile @Nullable String tokenId;

	/**
	 * Begin a request.
	 * @param service the service
	 * @param uri the URI to which it would be sent
	 * @param attributes the attributes of the request, as far as they are known
	 * @param current the current exchange, or {@code null}
	 */
	DownstreamCall(DownstreamService service, URI uri, Map<String, Object> attributes, @Nullable McpExchange current) {
		this.service = service;
		this.uri = uri;
		this.exchange = DownstreamCaller.exchange(attributes, current);
	}

	/**
	 * Check where the request would be sent, before anything is.
	 * @throws DownstreamException if it must not be sent there
	 */
	void checkDestination() {
		if (!this.service.destination().contains(this.uri)) {
			throw refuse("destination", "its URI is not below the base-url of the service");
		}
	}

	/**
	 * Check the headers, and add the credentials.
	 * @param headers the headers that the application has set
	 * @param attributes the attributes of the request
	 * @throws DownstreamException if it must not be sent
	 * @throws InsufficientScopeException if the caller can request a token with which it
	 * could be sent
	 */
	void authorize(HttpHeaders headers, Map<String, Object> attributes) {
		this.exchange = DownstreamCaller.exchange(attributes, this.exchange);
		Stream.concat(REFUSED_HEADERS.stream(), Stream.of(this.service.credentials().header()))
			.filter(headers::containsHeader)
			.findFirst()
			.ifPresent((header) -> {
				throw refuse(header);
			});
		this.service.inbound().check(this.service.name(), this.uri, headers, this.exchange);
		try {
			this.tokenId = this.service.credentials().apply(headers, this.exchange);
		}
		catch (DownstreamException ex) {
			used(ex.getReason());
			if (ex.getReason().equals("scope_refused")) {
				stepUp(this.service.stepUp().keySet());
			}
			throw ex;
		}
	}

	/** Refuse a request because the application has set a header. */
	DownstreamException refuse(String header) {
		return refuse("header", "the application has set the header " + header);
	}

	private DownstreamException refuse(String reason, String why) {
		return this.service.inbound().refuse(this.service.name(), this.uri, this.exchange, reason, why);
	}

	/**
	 * Check the response.
	 * @param status its status
	 * @param headers its headers
	 * @throws DownstreamException if the application must not see it
	 * @throws InsufficientScopeException if the caller can request a token that the
	 * service may accept
	 */
	void responded(int status, HttpHeaders headers) {
		if (status >= 300 && status < 400 && headers.containsHeader(HttpHeaders.LOCATION)) {
			throw failed("redirect", "responded with a redirect (" + status + "), which is not followed");
		}
		if (status == 401) {
			this.service.credentials().rejected(this.exchange, this.tokenId);
			throw failed("unauthorized", "did not accept the credentials of this server (401)");
		}
		String challenge = String.join(",", headers.getOrEmpty(HttpHeaders.WWW_AUTHENTICATE));
		if (status == 403 && INSUFFICIENT.matcher(challenge).find()) {
			Matcher scope = SCOPE.matcher(challenge);
			used("insufficient_scope");
			stepUp(scope.find() ? List.of(scope.group(1).split(" ")) : List.of());
			throw error("insufficient_scope", "requires more scopes than its access token has (403)");
		}
		used((status >= 500) ? "server_error" : (status >= 400) ? "client_error" : DownstreamUse.SUCCESS);
	}

	/** Challenge the client, if it can obtain a scope that the service requires. */
	private void stepUp(Collection<String> required) {
		McpExchange exchange = this.exchange;
		McpCaller caller = (exchange != null) ? exchange.caller() : null;
		if (caller == null) {
			return;
		}
		List<String> scopes = required.stream()
			.map(this.service.stepUp()::get)
			.filter(Objects::nonNull)
			.filter((scope) -> !this.service.scopes().holds(caller, scope))
			.distinct()
			.toList();
		if (!scopes.isEmpty()) {
			throw new InsufficientScopeException(scopes.get(0),
					scopes.subList(1, scopes.size()).toArray(String[]::new));
		}
	}

	/** There is no response. */
	void unanswered() {
		used("unavailable");
	}

	private DownstreamException failed(String reason, String why) {
		used(reason);
		return error(reason, why);
	}

	private DownstreamException error(String reason, String why) {
		return new DownstreamException(reason, "The service '" + this.service.name() + "' " + why);
	}

	private void used(String outcome) {
		this.service.exchanges()
			.used(new DownstreamUse(DownstreamUse.Kind.REQUEST, this.service.name(), this.exchange, this.start,
					Duration.ofNanos(System.nanoTime() - this.nanos), outcome, List.of(), List.of(), this.tokenId,
					null));
	}

}
