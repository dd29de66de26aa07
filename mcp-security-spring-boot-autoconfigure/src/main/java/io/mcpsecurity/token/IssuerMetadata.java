package io.mcpsecurity.token;

import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import com.nimbusds.jose.util.JSONObjectUtils;
import io.mcpsecurity.token.BoundedHttp.Response;
import io.mcpsecurity.token.BoundedHttp.TooLargeException;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * The metadata of an authorization server (RFC 8414 section 3, OpenID Connect Discovery
 * section 4), whose {@code issuer} must be exactly the configured one (RFC 8414 section
 * 3.3).
 *
 * @param issuer the issuer identifier
 * @param http fetches it
 */
public record IssuerMetadata(String issuer, BoundedHttp http) {

	private static final int LIMIT = 512 * 1024;

	private static final int MAX_REDIRECTS = 5;

	private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

	private static final HttpHeaders ACCEPT = new HttpHeaders();

	static {
		// RFC 7517 section 8.5.2 has a type of its own for JWK sets; few servers send it.
		ACCEPT.set(HttpHeaders.ACCEPT, "application/jwk-set+json, application/json, */*;q=0.1");
	}

	/**
	 * Fetch the metadata.
	 * @param member the name of a member that is a URL
	 * @return its value, which is with TLS if the issuer is
	 * @throws IOException if there is no such metadata
	 */
	public String find(String member) throws IOException {
		List<String> tried = new ArrayList<>();
		for (String location : metadataLocations()) {
			try {
				// Null where the document is the JSON null.
				@Nullable Map<String, Object> metadata = JSONObjectUtils.parse(get(location));
				if (metadata == null || !this.issuer.equals(metadata.get("issuer"))) {
					tried.add(location + " names another issuer");
				}
				else if (metadata.get(member) instanceof String uri) {
					if (uri.startsWith("https:") || !this.issuer.startsWith("https:")) {
						return uri;
					}
					tried.add(location + " names a " + member + " without TLS");
				}
				else {
					tried.add(location + " has no " + member);
				}
			}
			catch (UnusableResponseException ex) {
				tried.add(location + ": " + ex.getMessage());
			}
			catch (ParseException ex) {
				tried.add(location + " is not a JSON object");
			}
			catch (IOException ex) {
				// The other locations are at the same server.
				tried.add(location + ": " + ex.getMessage());
				break;
			}
		}
		throw new IOException("No usable metadata of issuer " + this.issuer + " " + tried);
	}

	private List<String> metadataLocations() {
		URI uri = URI.create(this.issuer);
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		String origin = this.issuer.substring(0, this.issuer.length() - path.length());
		String inserted = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
		return Stream
			.of(origin + inserted + "/.well-known/openid-configuration",
					origin + "/.well-known/oauth-authorization-server" + inserted,
					origin + "/.well-known/openid-configuration" + inserted)
			.distinct()
			.toList();
	}

	/** Fetch a document, also from where the server redirects to. */
	String get(String location) throws IOException {
		try {
			URI uri = URI.create(location);
			Response response = this.http.send(HttpMethod.GET, uri, ACCEPT, null, LIMIT);
			for (int i = 0; i < MAX_REDIRECTS && response.location() != null
					&& REDIRECTS.contains(response.status()); i++) {
				URI target = uri.resolve(response.location());
				if ("https".equals(uri.getScheme()) && !"https".equals(target.getScheme())) {
					throw new UnusableResponseException("a redirect to a location without TLS");
				}
				uri = target;
				response = this.http.send(HttpMethod.GET, uri, ACCEPT, null, LIMIT);
			}
			if (response.status() != 200) {
				throw new UnusableResponseException("status " + response.status());
			}
			return response.body();
		}
		catch (TooLargeException ex) {
			throw new UnusableResponseException(String.valueOf(ex.getMessage()));
		}
		catch (IllegalArgumentException ex) {
			throw new IOException("not a URL", ex);
		}
	}

	/** There is a response, and it is of no use. */
	private static final class UnusableResponseException extends IOException {

		private static final long serialVersionUID = 1L;

		UnusableResponseException(String message) {
			super(message);
		}

	}

}
