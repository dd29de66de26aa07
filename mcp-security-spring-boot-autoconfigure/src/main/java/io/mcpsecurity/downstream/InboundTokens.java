package io.mcpsecurity.downstream;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.mcpsecurity.exchange.DownstreamUse;
import io.mcpsecurity.exchange.Exchanges;
import io.mcpsecurity.exchange.InboundToken;
import io.mcpsecurity.exchange.McpExchange;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Refuses requests to other services that contain an access token which a client has sent
 * to this server, in any header or in the URI (MCP Authorization, "Access Token Privilege
 * Restriction": the server must not pass it through). Bodies are not searched.
 * <p>
 * The HTTP clients that Spring Boot builds are checked by it. An application calls
 * {@link #check}, or adds this as an interceptor, where it builds another client.
 */
public final class InboundTokens implements ClientHttpRequestInterceptor {

	/** No shorter part of a header is looked up. */
	private static final int SHORTEST_TOKEN = 16;

	/**
	 * What no token contains (RFC 6750 section 2.1), and the equals sign between a name
	 * and a value.
	 */
	private static final Pattern SEPARATORS = Pattern.compile("[^A-Za-z0-9._~+/=-]+|(?<=[^=])=(?=[^=])");

	/** Slashes as well, which are in few tokens and in every path. */
	private static final Pattern SEGMENTS = Pattern.compile("[^A-Za-z0-9._~+=-]+|(?<=[^=])=(?=[^=])");

	private final Supplier<Exchanges> exchanges;

	private volatile Predicate<String> known = (text) -> false;

	/**
	 * Create it.
	 * @param exchanges records refused requests
	 */
	public InboundTokens(Supplier<Exchanges> exchanges) {
		this.exchanges = exchanges;
	}

	/**
	 * Set what knows the tokens that were accepted recently. HTTP clients are created
	 * before it, and there are no tokens yet.
	 * @param known whether a text is such a token
	 */
	public void recognize(Predicate<String> known) {
		this.known = known;
	}

	/**
	 * Check a request before it is sent: for the token of the MCP request that the
	 * current thread serves, and for the tokens that were accepted recently.
	 * @param uri its URI
	 * @param headers its headers
	 * @throws DownstreamException if it contains such a token
	 */
	public void check(URI uri, HttpHeaders headers) {
		check(null, uri, headers, McpExchange.current());
	}

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		check(request.getURI(), request.getHeaders());
		return execution.execute(request, body);
	}

	void check(@Nullable String service, URI uri, HttpHeaders headers, @Nullable McpExchange exchange) {
		InboundToken current = (exchange != null) ? exchange.token() : null;
		String token = (current != null) ? current.text() : null;
		boolean found = contains(decoded(uri), token);
		for (List<String> values : headers.headerSet().stream().map((header) -> header.getValue()).toList()) {
			for (String value : values) {
				found |= contains(value, token);
			}
		}
		if (found) {
			throw refuse(service, uri, exchange, "inbound_token",
					"it contains the access token of an MCP client, which is for this server only");
		}
	}

	private boolean contains(String text, @Nullable String token) {
		if (text.length() < SHORTEST_TOKEN) {
			return false;
		}
		return (token != null && text.contains(token)) || Stream.of(SEPARATORS, SEGMENTS)
			.flatMap((pattern) -> pattern.splitAsStream(text))
			.anyMatch((part) -> part.length() >= SHORTEST_TOKEN && this.known.test(part));
	}

	private static String decoded(URI uri) {
		String text = uri.toString();
		try {
			return (text.indexOf('%') >= 0) ? URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8)
					: text;
		}
		catch (IllegalArgumentException ex) {
			return text;
		}
	}

	/** Record a refused request. */
	DownstreamException refuse(@Nullable String service, URI uri, @Nullable McpExchange exchange, String reason,
			String why) {
		String destination = uri.getHost() + ((uri.getPort() >= 0) ? ":" + uri.getPort() : "");
		this.exchanges.get()
			.used(new DownstreamUse(DownstreamUse.Kind.REFUSED, service, exchange, Instant.now(), Duration.ZERO, reason,
					List.of(), List.of(), null, destination));
		return new DownstreamException(reason, "A request to "
				+ ((service != null) ? "'" + service + "'" : "another service") + " was not sent: " + why);
	}

}
