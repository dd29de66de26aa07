package io.mcpsecurity.authorizationserver;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.authorization.OAuth2ClientRegistration;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/**
 * Public clients whose client id is the URL of a document with their metadata (OAuth
 * Client ID Metadata Document, draft-ietf-oauth-client-id-metadata-document; MCP
 * 2025-11-25, Authorization, "Client ID Metadata Documents").
 * <p>
 * Anonymous clients determine the URL, so a document is fetched with limits on time, size
 * and concurrency, without following redirects, and only from public addresses. It is
 * cached; one that cannot be fetched again is used for another day.
 */
final class ClientMetadataDocuments {

	private static final Log logger = LogFactory.getLog(ClientMetadataDocuments.class);

	private static final int MAX_URL = 512;

	/** The draft recommends 5 KB. */
	private static final int MAX_SIZE = 5 * 1024;

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	private static final int MAX_CACHED = 1000;

	private static final int MAX_CONCURRENT = 10;

	private static final Duration FRESH = Duration.ofMinutes(10);

	private static final Duration RETRY = Duration.ofSeconds(30);

	private static final Duration STALE = Duration.ofDays(1);

	private final List<String> hosts;

	private final boolean local;

	private final SelfRegistrationRules rules;

	private final SelfRegisteredClientConverter converter;

	private final Clock clock;

	private final RestClient http;

	private final Semaphore places = new Semaphore(MAX_CONCURRENT);

	private final Map<String, Entry> cache = new LinkedHashMap<>(16, 0.75f, true) {

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Entry> eldest) {
			return size() > MAX_CACHED;
		}

	};

	/**
	 * Create them.
	 * @param hosts the only hosts from which documents are fetched; empty for all
	 */
	ClientMetadataDocuments(AuthorizationServerModel model, List<String> hosts, Clock clock) {
		this.hosts = hosts.stream().map((host) -> host.toLowerCase(Locale.ROOT)).toList();
		this.local = RedirectUris.isLoopback(URI.create(model.issuer()));
		this.rules = new SelfRegistrationRules(model.redirectUris());
		this.converter = new SelfRegisteredClientConverter(model);
		this.clock = clock;
		JdkClientHttpRequestFactory requests = new JdkClientHttpRequestFactory(HttpClient.newBuilder()
			.followRedirects(HttpClient.Redirect.NEVER)
			.connectTimeout(TIMEOUT)
			.proxy(HttpClient.Builder.NO_PROXY)
			.build());
		// Of the whole response, for this client.
		requests.setReadTimeout(TIMEOUT);
		this.http = RestClient.builder().requestFactory(requests).build();
	}

	/**
	 * The client with a client id.
	 * @return the client, or {@code null} if the id is no acceptable URL, or there is no
	 * valid document
	 */
	@Nullable RegisteredClient find(String clientId) {
		URI uri = url(clientId);
		if (uri == null) {
			return null;
		}
		Instant now = this.clock.instant();
		Entry known;
		synchronized (this.cache) {
			known = this.cache.get(clientId);
		}
		if (known != null && now.isBefore(known.next())) {
			return known.client();
		}
		// Not cached: other requests can occupy all places on purpose.
		if (!this.places.tryAcquire()) {
			logger.debug("Too many client metadata documents are being fetched");
			return (known != null) ? known.client() : null;
		}
		try {
			Entry entry = fetch(clientId, uri, known, now);
			synchronized (this.cache) {
				this.cache.put(clientId, entry);
			}
			return entry.client();
		}
		finally {
			this.places.release();
		}
	}

	/** The host of a client's document, or {@code null} if it has none. */
	static @Nullable String host(RegisteredClient client) {
		return (client.getId().equals(client.getClientId()) && ClientRegistry.isSelfRegistered(client))
				? URI.create(client.getClientId()).getRawAuthority() : null;
	}

	private Entry fetch(String clientId, URI uri, @Nullable Entry known, Instant now) {
		try {
			return new Entry(client(clientId, document(uri)), now, now.plus(FRESH));
		}
		catch (IOException | OAuth2AuthenticationException | IllegalArgumentException ex) {
			logger.debug("The client metadata document " + clientId + " is not usable: " + reason(ex));
			boolean usable = known != null && now.isBefore(known.fetched().plus(STALE));
			return new Entry(usable ? known.client() : null, usable ? known.fetched() : now, now.plus(RETRY));
		}
	}

	private static String reason(Exception ex) {
		return (ex instanceof OAuth2AuthenticationException refused)
				? String.valueOf(refused.getError().getDescription()) : String.valueOf(ex.getMessage());
	}

	/**
	 * The URL in a client id: with TLS, a path, and nothing that has several spellings.
	 */
	private @Nullable URI url(String clientId) {
		if (clientId.length() > MAX_URL || !clientId.startsWith("http")) {
			return null;
		}
		try {
			URI uri = new URI(clientId);
			boolean loopback = this.local && RedirectUris.isLoopback(uri);
			return (uri.getHost() != null && ("https".equals(uri.getScheme()) || loopback)
					&& uri.getRawPath().length() > 1 && uri.getRawUserInfo() == null && uri.getRawFragment() == null
					&& uri.normalize().equals(uri) && uri.toASCIIString().equals(clientId)
					&& (this.hosts.isEmpty() || this.hosts.contains(uri.getHost().toLowerCase(Locale.ROOT)))) ? uri
							: null;
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	private Map<String, Object> document(URI uri) throws IOException {
		try {
			checkAddresses(uri.getHost());
			byte[] body = this.http.get().uri(uri).accept(MediaType.APPLICATION_JSON).exchange((request, response) -> {
				if (response.getStatusCode().value() != HttpStatus.OK.value()) {
					throw new IOException("the status is " + response.getStatusCode().value());
				}
				return response.getBody().readNBytes(MAX_SIZE + 1);
			});
			if (body == null || body.length > MAX_SIZE) {
				throw new IOException("it is larger than " + MAX_SIZE + " bytes");
			}
			Map<String, Object> document = JsonMapper.shared()
				.readValue(body, new TypeReference<@Nullable Map<String, Object>>() {
				});
			if (document == null) {
				throw new IOException("it is not a JSON object");
			}
			return document;
		}
		catch (RestClientException ex) {
			throw new IOException("it cannot be fetched", ex);
		}
		catch (JacksonException ex) {
			throw new IOException("it is not a JSON object", ex);
		}
	}

	/**
	 * Refuse hosts inside the network of this server (draft, section "Server Side Request
	 * Forgery"). The addresses that are checked are those that are connected to, because
	 * the JVM caches them for longer than the timeout.
	 */
	private void checkAddresses(String host) throws IOException {
		InetAddress[] addresses = InetAddress.getAllByName(host);
		if (!Arrays.stream(addresses)
			.allMatch((address) -> isPublic(address) || (this.local && address.isLoopbackAddress()))) {
			throw new IOException("its host does not have a public address");
		}
	}

	/** Not an address of the IANA special-purpose registries (RFC 6890). */
	static boolean isPublic(InetAddress address) {
		if (address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isLinkLocalAddress()
				|| address.isSiteLocalAddress() || address.isMulticastAddress()) {
			return false;
		}
		byte[] bytes = address.getAddress();
		int first = bytes[0] & 0xff;
		int second = bytes[1] & 0xff;
		if (bytes.length == 4) {
			return first != 0 && first < 240 && !(first == 100 && (second & 0xc0) == 64)
					&& !(first == 192 && second == 0) && !(first == 198 && (second & 0xfe) == 18);
		}
		// Global unicast (2000::/3), without special purposes such as Teredo and 6to4,
		// whose addresses contain others.
		boolean ietf = first == 0x20 && second == 0x01 && ((bytes[2] & 0xfe) == 0 || bytes[2] == 0x0d);
		return (first & 0xe0) == 0x20 && !ietf && !(first == 0x20 && second == 0x02)
				&& !(first == 0x3f && second == 0xff);
	}

	private RegisteredClient client(String clientId, Map<String, Object> document) throws IOException {
		if (!clientId.equals(document.get("client_id"))) {
			throw new IOException("its client_id is another one");
		}
		Object method = document.get("token_endpoint_auth_method");
		if (document.containsKey("client_secret")
				|| (method != null && !ClientAuthenticationMethod.NONE.getValue().equals(method))) {
			throw new IOException("token_endpoint_auth_method must be none");
		}
		OAuth2ClientRegistration.Builder registration = OAuth2ClientRegistration.builder()
			.clientName((document.get("client_name") instanceof String name && !name.isBlank()) ? name
					: String.valueOf(URI.create(clientId).getHost()))
			.tokenEndpointAuthenticationMethod(ClientAuthenticationMethod.NONE.getValue())
			.grantType(AuthorizationGrantType.AUTHORIZATION_CODE.getValue())
			.grantType(AuthorizationGrantType.REFRESH_TOKEN.getValue());
		if (!(document.get("redirect_uris") instanceof List<?> uris)) {
			throw new IOException("redirect_uris is missing");
		}
		uris.forEach((uri) -> registration.redirectUri(String.valueOf(uri)));
		OAuth2ClientRegistration valid = registration.build();
		this.rules.check(valid);
		return RegisteredClient.from(this.converter.convert(valid)).id(clientId).clientId(clientId).build();
	}

	/**
	 * What is known of a client id.
	 *
	 * @param client the client, or {@code null} if there is no valid document
	 * @param fetched when the document was fetched
	 * @param next when it is fetched again
	 */
	private record Entry(@Nullable RegisteredClient client, Instant fetched, Instant next) {
	}

}
