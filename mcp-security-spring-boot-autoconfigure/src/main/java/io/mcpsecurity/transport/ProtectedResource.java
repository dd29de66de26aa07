package io.mcpsecurity.transport;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * The identity of this server as an OAuth protected resource. It is configured and never
 * derived from a request, because with a chosen {@code Host} header a client could use
 * tokens for another server here.
 *
 * @param identifier the resource identifier (RFC 8707 section 2: an absolute URI without
 * fragment)
 * @param endpoint the path of the MCP endpoint within the application, starting with
 * {@code /}
 * @param contextPath the application's context path, or the empty string
 * @param metadataUrl the URL of the metadata, or {@code null} for the location that RFC
 * 9728 section 3.1 derives from the identifier
 */
public record ProtectedResource(URI identifier, String endpoint, String contextPath, @Nullable URI metadataUrl) {

	/** The well-known path of RFC 9728 section 3. */
	public static final String WELL_KNOWN = "/.well-known/oauth-protected-resource";

	private static final int HTTP = 80;

	private static final int HTTPS = 443;

	/**
	 * The URLs of the MCP endpoint: the identifier, and if that has no path, the endpoint
	 * at the same origin as well.
	 */
	Set<String> targets() {
		return path().isEmpty() ? Set.of(this.identifier.toString(), origin() + this.contextPath + this.endpoint)
				: Set.of(this.identifier.toString());
	}

	/**
	 * The URL for {@code resource_metadata}. The well-known part is between the host and
	 * the path or query (RFC 9728 section 3.1). If the application cannot serve that
	 * location because of a context path, the well-known part is after the context path.
	 */
	public String metadataLocation() {
		if (this.metadataUrl != null) {
			return this.metadataUrl.toString();
		}
		String path = path();
		String context = inContext(path) ? this.contextPath : "";
		String query = this.identifier.getRawQuery();
		return origin() + context + WELL_KNOWN + path.substring(context.length())
				+ ((query != null) ? "?" + query : "");
	}

	/**
	 * The paths within the application at which the metadata is served: the root, the
	 * path of the endpoint, and the path of the identifier for proxies that change the
	 * path.
	 */
	public Set<String> metadataPaths() {
		String path = path();
		Set<String> paths = new LinkedHashSet<>(List.of(WELL_KNOWN, WELL_KNOWN + this.endpoint, WELL_KNOWN + path));
		if (inContext(path)) {
			paths.add(WELL_KNOWN + path.substring(this.contextPath.length()));
		}
		return paths;
	}

	/**
	 * Select by the host and port that a request was sent to.
	 * @param candidates the candidates, of which the first is the default
	 * @param resource the resource of a candidate
	 * @param request the request
	 */
	public static <T> T called(List<T> candidates, Function<T, ProtectedResource> resource,
			HttpServletRequest request) {
		if (candidates.size() == 1) {
			return candidates.get(0);
		}
		return candidates.stream()
			.filter((candidate) -> isAt(resource.apply(candidate).identifier, request.getServerName(),
					request.getServerPort()))
			.findFirst()
			.orElse(candidates.get(0));
	}

	/**
	 * Whether two resource identifiers cannot be distinguished by the host and port that
	 * a request is sent to.
	 */
	public static boolean haveSameHost(URI one, URI other) {
		return isAt(one, other.getHost(), other.getPort());
	}

	private static boolean isAt(URI identifier, String host, int port) {
		return Objects.equals(Origin.host(identifier.getHost()), Origin.host(host))
				&& port(identifier.getPort()) == port(port);
	}

	/** Behind a proxy that terminates TLS, requests have the default port of http. */
	private static int port(int port) {
		return (port == -1 || port == HTTPS) ? HTTP : port;
	}

	private boolean inContext(String path) {
		return !this.contextPath.isEmpty() && (path + "/").startsWith(this.contextPath + "/");
	}

	private String origin() {
		return this.identifier.getScheme() + "://" + this.identifier.getRawAuthority();
	}

	private String path() {
		String path = this.identifier.getRawPath();
		return (path == null || path.equals("/")) ? "" : path;
	}

}
