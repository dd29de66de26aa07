package io.mcpsecurity.transport;

import java.util.Enumeration;
import java.util.List;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.token.DpopProofs;
import io.mcpsecurity.token.RefusedTokenException;
import io.mcpsecurity.token.TokenFailure;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Sender-constrained access tokens: a token that is bound to a key ({@code cnf}) is
 * accepted only if the request proves possession of that key, by a DPoP proof (RFC 9449
 * section 7.1) or by the client certificate of its TLS connection (RFC 8705 section 3).
 * This is checked with each request, after the token was verified or found in the cache,
 * and for every kind of authentication.
 *
 * @param dpop whether tokens with the scheme {@code DPoP} are accepted
 * @param proofs checks DPoP proofs
 * @param mutualTls whether tokens that are bound to a client certificate are accepted
 * @param certificates finds the client certificate of a request
 */
public record SenderConstraints(Mode dpop, DpopProofs proofs, Mode mutualTls, ClientCertificates certificates) {

	/** The authentication scheme of tokens that are bound to a DPoP key. */
	static final String DPOP = "DPoP";

	/** The header for the nonce of the next proof. */
	static final String NONCE = "DPoP-Nonce";

	/** The authentication scheme of other tokens. */
	static final String BEARER = "Bearer";

	/** The authentication schemes of the endpoints, the preferred one first. */
	public List<String> schemes() {
		return switch (this.dpop) {
			case OFF -> List.of(BEARER);
			case ALLOWED -> List.of(BEARER, DPOP);
			case REQUIRED -> List.of(DPOP);
		};
	}

	/**
	 * The authentication scheme in which the token of a request is read, and in which the
	 * request is challenged. If DPoP is off, a token with that scheme is not read.
	 */
	String scheme(HttpServletRequest request) {
		String header = request.getHeader(HttpHeaders.AUTHORIZATION);
		return (this.dpop != Mode.OFF && header != null && header.regionMatches(true, 0, DPOP, 0, DPOP.length())) ? DPOP
				: BEARER;
	}

	/**
	 * Add the nonce for the next proof to the response to a request with DPoP (RFC 9449
	 * section 8.2), whatever the outcome is.
	 */
	void supplyNonce(HttpServletRequest request, HttpServletResponse response) {
		String nonce = scheme(request).equals(DPOP) ? this.proofs.nonce() : null;
		if (nonce != null) {
			response.setHeader(NONCE, nonce);
		}
	}

	/**
	 * Check that the sender of a verified token proves what the token is bound to.
	 * @param request the request
	 * @param resource the endpoint
	 * @param token the token
	 * @param caller the caller that was read from it
	 * @throws RefusedTokenException if something is not proved
	 * @throws org.springframework.security.authentication.AuthenticationServiceException
	 * if it cannot be checked
	 */
	void check(HttpServletRequest request, ProtectedResource resource, String token, McpCaller caller) {
		Confirmation confirmation = Confirmation.of(caller);
		checkCertificate(request, confirmation.certificate());
		String key = confirmation.key();
		if (scheme(request).equals(DPOP)) {
			if (key == null) {
				throw new RefusedTokenException(TokenFailure.UNBOUND, "The token is not bound to a DPoP key");
			}
			this.proofs.check(proof(request), request.getMethod(), resource.targets(), token, key);
		}
		else if (key != null) {
			throw new RefusedTokenException(TokenFailure.BOUND, "The token is bound to a key and is no bearer token");
		}
		else if (this.dpop == Mode.REQUIRED) {
			throw new RefusedTokenException(TokenFailure.UNBOUND,
					"Only tokens that are bound to a DPoP key are accepted");
		}
	}

	private void checkCertificate(HttpServletRequest request, @Nullable String thumbprint) {
		if (thumbprint == null) {
			if (this.mutualTls == Mode.REQUIRED) {
				throw new RefusedTokenException(TokenFailure.UNBOUND,
						"Only tokens that are bound to a client certificate are accepted");
			}
		}
		else if (this.mutualTls == Mode.OFF) {
			throw new RefusedTokenException(TokenFailure.BOUND,
					"The token is bound to a key of a client certificate and is no bearer token");
		}
		else if (!thumbprint.equals(this.certificates.thumbprint(request))) {
			throw new RefusedTokenException(TokenFailure.CERTIFICATE,
					"The token is bound to a client certificate that the request does not have");
		}
	}

	private static String proof(HttpServletRequest request) {
		Enumeration<String> headers = request.getHeaders(DPOP);
		String proof = headers.hasMoreElements() ? headers.nextElement() : null;
		if (proof == null || headers.hasMoreElements()) {
			throw new RefusedTokenException(TokenFailure.DPOP_PROOF, "The request has not exactly one DPoP proof");
		}
		return proof;
	}

	/** Whether sender-constrained tokens of a kind are accepted. */
	public enum Mode {

		/** They are refused. */
		OFF,

		/** They are accepted, besides tokens that are not bound. */
		ALLOWED,

		/** Only they are accepted. */
		REQUIRED

	}

}
