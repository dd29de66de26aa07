package io.mcpsecurity.test;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import org.assertj.core.api.AbstractAssert;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ListAssert;
import tools.jackson.databind.JsonNode;

/**
 * Assertions on the response to a request of an MCP client.
 */
public final class McpResponseAssert extends AbstractAssert<McpResponseAssert, McpResponse> {

	McpResponseAssert(McpResponse actual) {
		super(actual, McpResponseAssert.class);
	}

	/**
	 * The response contains a result, and not that of a tool that failed.
	 */
	public McpResponseAssert succeeded() {
		return check("a result", this.actual.status() == 200 && result().isObject() && !toolFailed());
	}

	/**
	 * The tool was run and failed: the result contains {@code isError}.
	 */
	public McpResponseAssert isToolError() {
		return check("the result of a tool that failed", this.actual.status() == 200 && toolFailed());
	}

	/**
	 * The request was refused because it has no valid token: 401 with a challenge (RFC
	 * 6750 section 3).
	 */
	public McpResponseAssert isUnauthorized() {
		return check("401 and a challenge", this.actual.status() == 401 && this.actual.isChallenged());
	}

	/**
	 * The request was refused because exactly these scopes are missing, and a client can
	 * request them: 403 with a challenge (RFC 6750 section 3.1). The challenge can
	 * contain the scopes of the request's token as well.
	 * @param scopes the missing scopes, as clients request them
	 */
	public McpResponseAssert isStepUpFor(String... scopes) {
		String challenged = this.actual.challenge("scope");
		Set<String> all = (challenged != null) ? Set.copyOf(List.of(challenged.split(" "))) : Set.of();
		Set<String> held = this.actual.held();
		List<String> missing = List.of(scopes);
		// Clients may request scopes with a prefix that tokens do not contain.
		boolean exact = all.containsAll(missing) && missing.stream().noneMatch(held::contains)
				&& all.stream()
					.filter((scope) -> !missing.contains(scope))
					.allMatch((scope) -> held.stream().anyMatch(scope::endsWith));
		return check("403 and a challenge with the missing scopes " + missing, this.actual.status() == 403
				&& "insufficient_scope".equals(this.actual.challenge("error")) && !missing.isEmpty() && exact);
	}

	/**
	 * The request was refused, and no scope would help: 403 without a challenge.
	 */
	public McpResponseAssert isDenied() {
		return check("403 without a challenge", this.actual.status() == 403 && this.actual.challenges().isEmpty());
	}

	/**
	 * The response contains a JSON-RPC error.
	 * @param code its code
	 */
	public McpResponseAssert isError(int code) {
		return check("the JSON-RPC error " + code, this.actual.json().at("/error/code").asInt(0) == code);
	}

	/**
	 * The {@code error_description} of the challenge contains a text.
	 */
	public McpResponseAssert hasReason(String text) {
		String description = this.actual.challenge("error_description");
		return check("a challenge with the reason '" + text + "'", description != null && description.contains(text));
	}

	/**
	 * The result has this {@linkplain McpResponse#text() text}.
	 */
	public McpResponseAssert hasText(String text) {
		return check("the text '" + text + "'", this.actual.text().equals(text));
	}

	/**
	 * The {@linkplain McpResponse#text() text} of the result contains another text.
	 */
	public McpResponseAssert containsText(String text) {
		return check("a text that contains '" + text + "'", this.actual.text().contains(text));
	}

	/**
	 * The listing contains exactly these names, URIs or URI templates, in any order.
	 */
	public McpResponseAssert lists(String... names) {
		return listing((listing) -> listing.containsExactlyInAnyOrder(names));
	}

	/**
	 * The listing contains none of these names, URIs or URI templates.
	 */
	public McpResponseAssert doesNotList(String... names) {
		return listing((listing) -> listing.doesNotContain(names));
	}

	private McpResponseAssert listing(Consumer<ListAssert<String>> assertion) {
		succeeded();
		assertion.accept(Assertions.assertThat(this.actual.names()));
		return this;
	}

	private JsonNode result() {
		return this.actual.json().path("result");
	}

	private boolean toolFailed() {
		return result().path("isError").asBoolean(false);
	}

	private McpResponseAssert check(String expected, boolean condition) {
		if (!condition) {
			throw failure("Expected %s, but the response is%n  %s", expected, this.actual);
		}
		return this;
	}

}
