package io.mcpsecurity.transport;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * The media types that a client accepts, by the rules of RFC 9110 section 12.5.1
 * (wildcards and weights; without a header all types are accepted).
 *
 * @param json whether a response may be JSON
 * @param events whether it may be a stream of events
 */
record Acceptable(boolean json, boolean events) {

	private static final Acceptable BOTH = new Acceptable(true, true);

	/** What most clients send. */
	private static final String USUAL = "application/json, text/event-stream";

	/**
	 * What the client of a request accepts.
	 * @throws RefusedRequestException if the header is malformed, or the client accepts
	 * neither
	 */
	static Acceptable of(HttpServletRequest request) throws RefusedRequestException {
		List<String> headers = Collections.list(request.getHeaders(HttpHeaders.ACCEPT));
		if (headers.isEmpty() || (headers.size() == 1 && headers.get(0).equals(USUAL))) {
			return BOTH;
		}
		List<MediaType> accepted;
		try {
			accepted = MediaType.parseMediaTypes(headers);
		}
		catch (InvalidMediaTypeException ex) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "not_acceptable",
					"The Accept header is malformed");
		}
		if (accepted.isEmpty()) {
			return BOTH;
		}
		Acceptable acceptable = new Acceptable(isAccepted(MediaType.APPLICATION_JSON, accepted),
				isAccepted(MediaType.TEXT_EVENT_STREAM, accepted));
		if (!acceptable.json && !acceptable.events) {
			throw refusal("application/json and text/event-stream");
		}
		return acceptable;
	}

	/** The most specific range that matches a type applies. */
	private static boolean isAccepted(MediaType type, List<MediaType> accepted) {
		return accepted.stream()
			.filter((range) -> range.includes(type))
			.max(Comparator.comparingInt(Acceptable::specificity).thenComparingDouble(MediaType::getQualityValue))
			.filter((range) -> range.getQualityValue() > 0)
			.isPresent();
	}

	private static int specificity(MediaType range) {
		return range.isWildcardType() ? 0 : range.isWildcardSubtype() ? 1 : 2;
	}

	/** The refusal of a client that accepts none of the possible types of a response. */
	static RefusedRequestException refusal(String types) {
		return new RefusedRequestException(HttpServletResponse.SC_NOT_ACCEPTABLE, "not_acceptable",
				"Accept must list " + types);
	}

}
