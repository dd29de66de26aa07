package io.mcpsecurity.downstream;

import io.mcpsecurity.exchange.McpExchange;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * What authenticates requests to a service.
 */
public interface DownstreamCredentials {

	/** The header that contains them. */
	String header();

	/**
	 * Set the header.
	 * @param headers the headers of the request
	 * @param exchange the exchange for whose caller the request is, or {@code null}
	 * @return the id of the token that is used, or {@code null} if it is not a token
	 * @throws DownstreamException if there are no credentials for the caller
	 */
	@Nullable String apply(HttpHeaders headers, @Nullable McpExchange exchange);

	/**
	 * The service has rejected them, so that they must not be used again.
	 * @param exchange the exchange for whose caller the request was, or {@code null}
	 * @param tokenId the id of the token that was used, or {@code null}
	 */
	void rejected(@Nullable McpExchange exchange, @Nullable String tokenId);

	/**
	 * A key that is the same for all callers.
	 *
	 * @param header the name of the header
	 * @param value its value
	 */
	record ApiKey(String header, String value) implements DownstreamCredentials {

		@Override
		public @Nullable String apply(HttpHeaders headers, @Nullable McpExchange exchange) {
			headers.set(this.header, this.value);
			return null;
		}

		@Override
		public void rejected(@Nullable McpExchange exchange, @Nullable String tokenId) {
			// There is no other one.
		}

		/** Without the key. */
		@Override
		public String toString() {
			return "ApiKey[header=" + this.header + "]";
		}

	}

}
