package io.mcpsecurity.transport;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.StringUtils;

/**
 * Checks the content type, which must be JSON. JSON is UTF-8 (RFC 8259 section 8.1), so
 * no other charset parameter is accepted.
 */
final class ContentType {

	private ContentType() {
	}

	/**
	 * Check the content type of a request.
	 * @throws RefusedRequestException with 415 if it is not JSON, with 400 if it is JSON
	 * in another charset than UTF-8
	 */
	static void check(HttpServletRequest request) throws RefusedRequestException {
		List<String> types = Collections.list(request.getHeaders(HttpHeaders.CONTENT_TYPE));
		if (types.size() == 1 && types.get(0).equals(MediaType.APPLICATION_JSON_VALUE)) {
			return;
		}
		if (types.size() != 1 || !isJson(types.get(0))) {
			throw new RefusedRequestException(HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
					"The content type must be application/json");
		}
		if (!isUtf8(types.get(0))) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
					"The body must be in UTF-8");
		}
	}

	private static boolean isJson(String type) {
		int parameters = type.indexOf(';');
		return MediaType.APPLICATION_JSON_VALUE
			.equalsIgnoreCase(((parameters < 0) ? type : type.substring(0, parameters)).trim());
	}

	private static boolean isUtf8(String type) {
		if (StringUtils.countOccurrencesOf(type.toLowerCase(Locale.ROOT), "charset") > 1) {
			// Parsers may differ about which of them applies.
			return false;
		}
		try {
			Charset charset = MediaType.parseMediaType(type).getCharset();
			return charset == null || charset.equals(StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

}
