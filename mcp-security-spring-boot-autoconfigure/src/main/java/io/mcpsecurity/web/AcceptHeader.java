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

	private AcceptHeader() {
	}

	/**
	 * The request as the transport is to see it.
	 * @param request the request
	 * @param needed the media types that an answer may have, all of which the client must
	 * accept (MCP 2025-11-25 and 2026-07-28, Streamable HTTP)
	 * @throws RefusedRequestException if it does not, or if the header is malformed
	 */
	static HttpServletRequest satisfied(HttpServletRequest request, List<MediaType> needed)
			throws RefusedRequestException {
		List<MediaType> accepted = accepted(request);
		if (!needed.stream().allMatch((type) -> isAccepted(type, accepted))) {
			throw new RefusedRequestException(406, "not_acceptable", "Accept must list "
					+ needed.stream().map(MediaType::toString).collect(Collectors.joining(" and ")));
		}
		return new Satisfied(request, needed.stream().map(MediaType::toString).collect(Collectors.joining(", ")));
	}

	private static List<MediaType> accepted(HttpServletRequest request) throws RefusedRequestException {
		try {
			return MediaType.parseMediaTypes(Collections.list(request.getHeaders(HttpHeaders.ACCEPT)));
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
