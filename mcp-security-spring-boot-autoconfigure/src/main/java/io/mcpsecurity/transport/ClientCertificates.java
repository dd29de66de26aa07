package io.mcpsecurity.transport;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.X509CertUtils;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.web.util.matcher.IpAddressMatcher;
import org.springframework.web.util.UriUtils;

/**
 * The certificate with which a client has authenticated its TLS connection. The
 * connection ends in the container, or in a trusted proxy that passes the certificate on
 * in a header. That header is read only in requests from the addresses of such proxies,
 * and ignored in all others. In requests from a proxy, the certificate of the connection
 * is that of the proxy, and is ignored.
 * <p>
 * Possession of the key was proved in the TLS handshake. Neither the issuer of the
 * certificate nor its validity is checked, because the authorization server has bound the
 * token to exactly this certificate (RFC 8705 section 3).
 */
public final class ClientCertificates {

	private static final String CONNECTION = "jakarta.servlet.request.X509Certificate";

	/**
	 * Set by Tomcat if it has replaced the remote address by that of a forwarded header.
	 */
	private static final String FORWARDED = "org.apache.tomcat.request.forwarded";

	private static final String ENVOY = "X-Forwarded-Client-Cert";

	private static final Pattern QUOTED = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"");

	private static final Pattern ENVOY_HASH = Pattern.compile("(?:^|;)Hash=([0-9a-f]{64})(?=;|$)");

	private static final Pattern BYTE_SEQUENCE = Pattern.compile(":([A-Za-z0-9+/]+=*):");

	private final @Nullable String header;

	private final List<IpAddressMatcher> proxies;

	/**
	 * Create.
	 * @param header the header in which a trusted proxy passes the certificate on, or
	 * {@code null}
	 * @param proxies the addresses of trusted proxies, and networks in CIDR notation
	 * @throws IllegalArgumentException if one of the proxies is neither
	 */
	public ClientCertificates(@Nullable String header, List<String> proxies) {
		this.header = header;
		this.proxies = proxies.stream().map(IpAddressMatcher::new).toList();
	}

	/**
	 * The thumbprint of the client certificate of a request, or {@code null} if there is
	 * none, or it cannot be read.
	 */
	@Nullable String thumbprint(HttpServletRequest request) {
		// A wrapper may return an address from a forwarded header.
		ServletRequest connection = request;
		while (connection instanceof ServletRequestWrapper wrapper) {
			connection = wrapper.getRequest();
		}
		String address = connection.getRemoteAddr();
		if (this.header == null || this.proxies.stream().noneMatch((proxy) -> proxy.matches(address))) {
			return (connection.getAttribute(CONNECTION) instanceof X509Certificate[] chain && chain.length > 0)
					? thumbprint(chain[0]) : null;
		}
		Enumeration<String> values = request.getHeaders(this.header);
		String value = values.hasMoreElements() ? values.nextElement() : null;
		boolean one = value != null && !values.hasMoreElements() && connection.getAttribute(FORWARDED) == null;
		return !one ? null : ENVOY.equalsIgnoreCase(this.header) ? ofEnvoy(value) : of(value);
	}

	/**
	 * Of a certificate in the format of RFC 9440 section 2.1, a byte sequence, or in PEM
	 * with percent-encoding, which leaves a plus sign as it is.
	 */
	private static @Nullable String of(String value) {
		try {
			Matcher bytes = BYTE_SEQUENCE.matcher(value);
			X509Certificate certificate = bytes.matches()
					? X509CertUtils.parse(Base64.getDecoder().decode(bytes.group(1)))
					: X509CertUtils.parse(UriUtils.decode(value, StandardCharsets.US_ASCII));
			return (certificate != null) ? thumbprint(certificate) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/**
	 * Of the element that Envoy adds. Several elements are not accepted, because the
	 * others were received by Envoy. Quoted values contain names of the certificate,
	 * which must not be read as something else.
	 */
	private static @Nullable String ofEnvoy(String value) {
		String element = QUOTED.matcher(value).replaceAll("");
		List<String> hashes = ENVOY_HASH.matcher(element).results().map((hash) -> hash.group(1)).toList();
		boolean one = element.indexOf(',') < 0 && element.indexOf('"') < 0 && hashes.size() == 1;
		return one ? Base64URL.encode(HexFormat.of().parseHex(hashes.get(0))).toString() : null;
	}

	private static String thumbprint(X509Certificate certificate) {
		return X509CertUtils.computeSHA256Thumbprint(certificate).toString();
	}

}
