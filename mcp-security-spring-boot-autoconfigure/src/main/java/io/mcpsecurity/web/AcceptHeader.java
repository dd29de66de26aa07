package io.mcpsecurity.web;

import java.util.Collections;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Collectors;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * Reads what a client accepts by the rules of HTTP (RFC 9110 section 12.5.1: wildcards,
 * weights), and tells it to the MCP transport, which knows nothing of those, in the one
 * way that the transport understands.
 */
final class AcceptHeader {

	/** Of the answer to a message. */
	static final AcceptHeader MESSAGE = new AcceptHeader(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM);

	/** Of a stream that a client opens. */
	static final AcceptHeader STREAM = new AcceptHeader(MediaType.TEXT_EVENT_STREAM);

	private final List<MediaType> needed;

	/** What the header is in its simplest form, which most clients send. */
	private final String simplest;

	/**
	 * Create the header of a kind of requests.
	 * @param needed the media types that an answer may have, all of which the client must
	 * accept (MCP 2025-11-25 and 2026-07-28, Streamable HTTP)
	 */
	private AcceptHeader(MediaType... needed) {
		this.needed = List.of(needed);
		this.simplest = MediaType.toString(this.needed);
	}

	/**
	 * The request as the transport is to see it.
	 * @param request the request
	 * @throws RefusedRequestException if the client does not accept what an answer may
	 * be, or if the header is malformed
	 */
	HttpServletRequest satisfied(HttpServletRequest request) throws RefusedRequestException {
		List<String> headers = Collections.list(request.getHeaders(HttpHeaders.ACCEPT));
		if (headers.size() == 1 && headers.get(0).equals(this.simplest)) {
			return request;
		}
		List<MediaType> accepted = parse(headers);
		if (!this.needed.stream().allMatch((type) -> isAccepted(type, accepted))) {
			throw new RefusedRequestException(406, "not_acceptable", "Accept must list "
					+ this.needed.stream().map(MediaType::toString).collect(Collectors.joining(" and ")));
		}
		return new Satisfied(request, this.simplest);
	}

	private static List<MediaType> parse(List<String> headers) throws RefusedRequestException {
		try {
			return MediaType.parseMediaTypes(headers);
		}
		catch (InvalidMediaTypeException ex) {
			throw new RefusedRequestException(400, "not_acceptable", "The Accept header is malformed");
		}
	}

	/**
	 * The most specific range that a type falls into has the say.
	 */
	private static boolean isAccepted(MediaType type, List<MediaType> accepted) {
		return accepted.stream()
			.filter((range) -> range.includes(type))
			.max(Comparator.comparingInt(AcceptHeader::specificity).thenComparingDouble(MediaType::getQualityValue))
			.filter((range) -> range.getQualityValue() > 0)
			.isPresent();
	}

	private static int specificity(MediaType range) {
		return range.isWildcardType() ? 0 : range.isWildcardSubtype() ? 1 : 2;
	}

	/**
	 * A request that accepts just what an answer may have.
	 */
	private static final class Satisfied extends HttpServletRequestWrapper {

		private final String accept;

		Satisfied(HttpServletRequest request, String accept) {
			super(request);
			this.accept = accept;
		}

		@Override
		public String getHeader(String name) {
			return HttpHeaders.ACCEPT.equalsIgnoreCase(name) ? this.accept : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return HttpHeaders.ACCEPT.equalsIgnoreCase(name) ? Collections.enumeration(List.of(this.accept))
					: super.getHeaders(name);
		}

	}

}
