package io.mcpsecurity.test;

import java.net.http.HttpResponse;
import java.text.ParseException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.nimbusds.jwt.JWTParser;
import org.assertj.core.api.AssertProvider;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The response to a request of an MCP client. AssertJ's {@code assertThat} makes
 * {@linkplain McpResponseAssert assertions} of it.
 */
public final class McpResponse implements AssertProvider<McpResponseAssert> {

	private static final Pattern PARAMETER = Pattern.compile("(\\w+)=\"([^\"]*)\"");

	private final HttpResponse<String> http;

	private final @Nullable String token;

	McpResponse(HttpResponse<String> http, @Nullable String token) {
		this.http = http;
		this.token = token;
	}

	/**
	 * Create from an HTTP response that another client received.
	 */
	public static McpResponse of(HttpResponse<String> http) {
		return new McpResponse(http, null);
	}

	/**
	 * The HTTP status.
	 */
	public int status() {
		return this.http.statusCode();
	}

	/**
	 * The HTTP response.
	 */
	public HttpResponse<String> http() {
		return this.http;
	}

	/**
	 * The JSON-RPC response, from JSON or from a stream of events.
	 * @throws IllegalStateException if there is none
	 */
	public JsonNode json() {
		if (this.http.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream")) {
			return this.http.body()
				.lines()
				.filter((line) -> line.startsWith("data:") && line.length() > "data: ".length())
				.map((line) -> JsonMapper.shared().readTree(line.substring("data:".length())))
				.filter((message) -> message.has("result") || message.has("error"))
				.findFirst()
				.orElseThrow(() -> new IllegalStateException("No response in the stream: " + this));
		}
		if (this.http.body().isBlank()) {
			throw new IllegalStateException("No JSON-RPC response: " + this);
		}
		return JsonMapper.shared().readTree(this.http.body());
	}

	/**
	 * The text of the result: of the contents of a tool or resource, or of the messages
	 * of a prompt. Several texts are separated by line breaks.
	 */
	public String text() {
		JsonNode result = json().path("result");
		return Stream
			.concat(Stream.of("content", "contents").flatMap((name) -> result.path(name).valueStream()),
					result.path("messages").valueStream().map((message) -> message.path("content")))
			.filter((content) -> content.has("text"))
			.map((content) -> content.path("text").asString())
			.collect(Collectors.joining("\n"));
	}

	/**
	 * The listed names of tools or prompts, URIs of resources, or URI templates.
	 */
	public List<String> names() {
		JsonNode result = json().path("result");
		return Stream
			.of(Map.entry("tools", "name"), Map.entry("prompts", "name"), Map.entry("resources", "uri"),
					Map.entry("resourceTemplates", "uriTemplate"))
			.flatMap((listing) -> result.path(listing.getKey())
				.valueStream()
				.map((entry) -> entry.path(listing.getValue()).asString()))
			.toList();
	}

	/**
	 * A parameter of the challenge (RFC 6750 section 3).
	 * @param parameter its name, for example {@code scope}
	 * @return its value in the first challenge, or {@code null} if there is no such
	 * parameter or no challenge for bearer or DPoP tokens
	 */
	public @Nullable String challenge(String parameter) {
		if (!isChallenged()) {
			return null;
		}
		Matcher matcher = PARAMETER.matcher(challenges().get(0));
		while (matcher.find()) {
			if (matcher.group(1).equals(parameter)) {
				return matcher.group(2);
			}
		}
		return null;
	}

	boolean isChallenged() {
		return !challenges().isEmpty() && challenges().get(0).matches("(Bearer|DPoP) .*");
	}

	List<String> challenges() {
		return this.http.headers().allValues("WWW-Authenticate");
	}

	/**
	 * The scopes in the token of the request.
	 */
	Set<String> held() {
		try {
			Map<String, Object> claims = (this.token != null)
					? JWTParser.parse(this.token).getJWTClaimsSet().getClaims() : Map.of();
			return Stream.of("scope", "scp")
				.map(claims::get)
				.flatMap((claim) -> (claim instanceof Collection<?> scopes) ? scopes.stream().map(String::valueOf)
						: (claim != null) ? Stream.of(String.valueOf(claim).split(" ")) : Stream.empty())
				.collect(Collectors.toSet());
		}
		catch (ParseException ex) {
			// An opaque token, of which the client knows nothing.
			return Set.of();
		}
	}

	@Override
	public McpResponseAssert assertThat() {
		return new McpResponseAssert(this);
	}

	@Override
	public String toString() {
		return "HTTP " + status() + " " + challenges() + " " + this.http.body();
	}

}
