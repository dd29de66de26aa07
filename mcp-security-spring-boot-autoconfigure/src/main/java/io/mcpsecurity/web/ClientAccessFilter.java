package io.mcpsecurity.web;

import java.io.IOException;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.client.ClientAccess.Verdict;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.token.McpAuthenticationToken;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * Refuses requests of clients that are kept out: 403 without a challenge. With 401 and
 * {@code invalid_token} a client may get another token and try again (RFC 6750 section
 * 3.1), with {@code insufficient_scope} one with more scopes; neither would help here,
 * and each try could bother a user. A plain 403 says not to repeat the request (RFC 9110
 * section 15.5.4).
 */
final class ClientAccessFilter extends EndpointFilter {

	private final ClientAccess clients;

	ClientAccessFilter(ClientAccess clients) {
		this.clients = clients;
	}

	@Override
	void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		McpCaller caller = McpCaller.current().orElse(null);
		Verdict verdict = (caller != null) ? this.clients.decide(caller) : Verdict.ACCEPTED;
		if (caller == null || verdict == Verdict.ACCEPTED) {
			chain.doFilter(request, response);
			return;
		}
		RequestRecord record = RequestRecordFilter.of(request);
		record.caller(caller);
		if (SecurityContextHolder.getContext().getAuthentication() instanceof McpAuthenticationToken token) {
			record.token(token::hash);
		}
		if (verdict == Verdict.DENIED) {
			new RefusedRequestException(HttpServletResponse.SC_FORBIDDEN, "client_denied", JsonRpcErrorCode.FORBIDDEN,
					"This client is not accepted here", null)
				.answer(response, record);
		}
		else {
			response.setHeader(HttpHeaders.RETRY_AFTER, "1");
			new RefusedRequestException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "clients_unavailable",
					JsonRpcErrorCode.UNAVAILABLE, "Clients cannot be checked at the moment", null)
				.answer(response, record);
		}
	}

}
