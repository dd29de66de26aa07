package io.mcpsecurity.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a client does behind the browser's back: registration and tokens, over real HTTP
 * and without any help of a library, so that nothing is put right on the way.
 */
public final class OAuthClient {

	private static final JsonMapper JSON = JsonMapper.shared();

	private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {
	};

	private final HttpClient http = HttpClient.newHttpClient();

	private final String issuer;

	private final String tokenEndpoint;

	private final String registrationEndpoint;

	/**
	 * Create a client of the sample's authorization server.
	 * @param issuer its issuer
	 */
	public OAuthClient(String issuer) {
		this(issuer, issuer + "/oauth2/token", issuer + "/oauth2/register");
	}

	/**
	 * Create a client of any authorization server.
	 * @param issuer its issuer
	 * @param tokenEndpoint the URL of its token endpoint
	 * @param registrationEndpoint the URL of its registration endpoint
	 */
	public OAuthClient(String issuer, String tokenEndpoint, String registrationEndpoint) {
		this.issuer = issuer;
		this.tokenEndpoint = tokenEndpoint;
		this.registrationEndpoint = registrationEndpoint;
	}

	/**
	 * Register as an MCP client does: public, with a scope.
	 * @param redirectUri where its answers go
	 * @param scope what it wishes for
	 * @return the client id
	 */
	public String register(String redirectUri, String scope) {
		Answer answer = register(Map.of("client_name", "Test client", "redirect_uris", List.of(redirectUri),
				"grant_types", List.of("authorization_code", "refresh_token"), "response_types", List.of("code"),
				"token_endpoint_auth_method", "none", "scope", scope));
		return answer.text("client_id");
	}

	/**
	 * Register with this client metadata (RFC 7591 section 2).
	 */
	public Answer register(Map<String, ?> metadata) {
		return send(HttpRequest.newBuilder(URI.create(this.registrationEndpoint))
			.header("Content-Type", "application/json")
			.POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(metadata))));
	}

	/**
	 * Redeem the code of a public client.
	 * @param request the request that the code answers
	 * @param code the code
	 * @param more further parameters, name after value
	 */
	public Answer redeem(AuthorizationRequest request, String code, String... more) {
		List<String> form = new ArrayList<>(
				List.of("grant_type", "authorization_code", "code", code, "client_id", request.parameter("client_id"),
						"redirect_uri", request.parameter("redirect_uri"), "code_verifier", request.verifier()));
		form.addAll(List.of(more));
		return token(null, form.toArray(String[]::new));
	}

	/**
	 * Ask for a token by client credentials.
	 * @param client the client and its secret, {@code client:secret}
	 * @param more further parameters, name after value
	 */
	public Answer clientCredentials(String client, String... more) {
		List<String> form = new ArrayList<>(List.of("grant_type", "client_credentials"));
		form.addAll(List.of(more));
		return token(client, form.toArray(String[]::new));
	}

	/**
	 * Send a request to the token endpoint.
	 * @param client the client and its secret, {@code client:secret}, or {@code null}
	 * @param form the parameters, name after value
	 */
	public Answer token(String client, String... form) {
		StringBuilder body = new StringBuilder();
		for (int i = 0; i < form.length; i += 2) {
			body.append((i > 0) ? "&" : "").append(form[i]).append('=');
			body.append(URLEncoder.encode(form[i + 1], StandardCharsets.UTF_8));
		}
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.tokenEndpoint))
			.header("Content-Type", "application/x-www-form-urlencoded")
			.POST(HttpRequest.BodyPublishers.ofString(body.toString()));
		if (client != null) {
			authorize(request, client);
		}
		return send(request);
	}

	private static void authorize(HttpRequest.Builder request, String credentials) {
		request.header("Authorization",
				"Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
	}

	/**
	 * Read JSON from a path of the server.
	 */
	public Answer get(String path) {
		return send(HttpRequest.newBuilder(URI.create(this.issuer + path)));
	}

	/**
	 * Read JSON from a path of the server as one of its users.
	 * @param user the user and the password, {@code user:password}
	 */
	public Answer getAs(String user, String path) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.issuer + path))
			.header("Accept", "application/json");
		authorize(request, user);
		return send(request);
	}

	/**
	 * The header of a JWT, not verified.
	 */
	public static Map<String, Object> header(String jwt) {
		return part(jwt, 0);
	}

	/**
	 * The claims of a JWT, not verified.
	 */
	public static Map<String, Object> claims(String jwt) {
		return part(jwt, 1);
	}

	private static Map<String, Object> part(String jwt, int index) {
		return JSON.readValue(Base64.getUrlDecoder().decode(jwt.split("\\.")[index]), OBJECT);
	}

	private Answer send(HttpRequest.Builder request) {
		try {
			HttpResponse<String> response = this.http.send(request.build(), BodyHandlers.ofString());
			boolean json = response.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
			return new Answer(response.statusCode(),
					json ? JSON.readValue(response.body(), OBJECT) : new LinkedHashMap<>());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * An answer of the server.
	 *
	 * @param status the HTTP status
	 * @param body the JSON object, empty where there is none
	 */
	public record Answer(int status, Map<String, Object> body) {

		/**
		 * A member of the body.
		 */
		public String text(String name) {
			return (String) this.body.get(name);
		}

		/**
		 * The access token that was issued.
		 */
		public String accessToken() {
			if (this.status != 200) {
				throw new IllegalStateException("No token, but " + this.status + " " + this.body.get("error"));
			}
			return text("access_token");
		}

		/**
		 * The claims of the access token that was issued.
		 */
		public Map<String, Object> claims() {
			return OAuthClient.claims(accessToken());
		}

		/**
		 * The audience of the access token that was issued.
		 */
		public List<String> audience() {
			Object audience = claims().get("aud");
			return (audience instanceof List<?> several) ? several.stream().map(String::valueOf).toList()
					: List.of(String.valueOf(audience));
		}

		/**
		 * The scopes of the access token that was issued.
		 */
		public List<String> scopes() {
			Object scope = claims().get("scope");
			return (scope != null) ? List.of(scope.toString().split(" ")) : List.of();
		}

	}

}
