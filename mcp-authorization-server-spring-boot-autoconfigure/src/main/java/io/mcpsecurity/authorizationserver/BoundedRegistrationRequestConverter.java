package io.mcpsecurity.authorizationserver;

import java.io.ByteArrayInputStream;
import java.io.IOException;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.web.authentication.AuthenticationConverter;

/**
 * Reads a client registration with a size limit. The endpoint is open, and the converter
 * of Spring Security has no limit.
 */
final class BoundedRegistrationRequestConverter implements AuthenticationConverter {

	static final int MAX_SIZE = 16 * 1024;

	private final AuthenticationConverter delegate;

	BoundedRegistrationRequestConverter(AuthenticationConverter delegate) {
		this.delegate = delegate;
	}

	@Override
	public @Nullable Authentication convert(HttpServletRequest request) {
		byte[] body = read(request);
		return this.delegate.convert(new HttpServletRequestWrapper(request) {

			@Override
			public ServletInputStream getInputStream() {
				return new BodyInputStream(body);
			}

		});
	}

	private static byte[] read(HttpServletRequest request) {
		byte[] body;
		try {
			body = request.getInputStream().readNBytes(MAX_SIZE + 1);
		}
		catch (IOException ex) {
			throw invalidRequest("The request could not be read");
		}
		if (body.length > MAX_SIZE) {
			throw invalidRequest("The request is larger than " + MAX_SIZE + " bytes");
		}
		return body;
	}

	private static OAuth2AuthenticationException invalidRequest(String description) {
		return new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_REQUEST, description, null));
	}

	/**
	 * Provides the bytes that were read a second time.
	 */
	private static final class BodyInputStream extends ServletInputStream {

		private final ByteArrayInputStream body;

		private BodyInputStream(byte[] body) {
			this.body = new ByteArrayInputStream(body);
		}

		@Override
		public int read() {
			return this.body.read();
		}

		@Override
		public int read(byte[] bytes, int offset, int length) {
			return this.body.read(bytes, offset, length);
		}

		@Override
		public boolean isFinished() {
			return this.body.available() == 0;
		}

		@Override
		public boolean isReady() {
			return true;
		}

		@Override
		public void setReadListener(ReadListener listener) {
			throw new IllegalStateException("The body has been read already");
		}

	}

}
