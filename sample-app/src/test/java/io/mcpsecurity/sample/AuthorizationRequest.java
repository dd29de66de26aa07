package io.mcpsecurity.sample;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * An authorization request with PKCE, as a client would build it: complete, so that a
 * test says only what is different about its own.
 */
public final class AuthorizationRequest {

	private final List<Map.Entry<String, String>> parameters = new ArrayList<>();

	private final String endpoint;

	private final String verifier = UUID.randomUUID() + "-" + UUID.randomUUID();

	/**
	 * Create the request of a client.
	 * @param issuer the issuer of the authorization server of the sample
	 * @param clientId the client
	 * @param redirectUri where it wants the answer
	 */
	public AuthorizationRequest(String issuer, String clientId, String redirectUri) {
		this(URI.create(issuer + "/oauth2/authorize"), clientId, redirectUri);
	}

	/**
	 * Create the request of a client to any authorization server.
	 * @param endpoint its authorization endpoint
	 * @param clientId the client
	 * @param redirectUri where it wants the answer
	 */
	public AuthorizationRequest(URI endpoint, String clientId, String redirectUri) {
		this.endpoint = endpoint.toString();
		with("response_type", "code").with("client_id", clientId)
			.with("redirect_uri", redirectUri)
			.with("state", UUID.randomUUID().toString())
			.with("code_challenge", challenge(this.verifier))
			.with("code_challenge_method", "S256");
	}

	/**
	 * Ask for scopes.
	 */
	public AuthorizationRequest scope(String... scopes) {
		return with("scope", String.join(" ", scopes));
	}

	/**
	 * Name a protected resource; may be repeated.
	 */
	public AuthorizationRequest resource(String resource) {
		return with("resource", resource);
	}

	/**
	 * Add a parameter.
	 */
	public AuthorizationRequest with(String name, String value) {
		this.parameters.add(Map.entry(name, value));
		return this;
	}

	/**
	 * Leave a parameter out.
	 */
	public AuthorizationRequest without(String name) {
		this.parameters.removeIf((parameter) -> parameter.getKey().equals(name));
		return this;
	}

	/**
	 * The value of a parameter, the first where there are several.
	 */
	public String parameter(String name) {
		return this.parameters.stream()
			.filter((parameter) -> parameter.getKey().equals(name))
			.findFirst()
			.orElseThrow()
			.getValue();
	}

	/**
	 * The secret behind the code challenge.
	 */
	public String verifier() {
		return this.verifier;
	}

	/**
	 * The address that the client sends the browser to.
	 */
	public String url() {
		return this.endpoint + "?"
				+ this.parameters.stream()
					.map((parameter) -> parameter.getKey() + "="
							+ URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
					.collect(Collectors.joining("&"));
	}

	private static String challenge(String verifier) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
			return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
