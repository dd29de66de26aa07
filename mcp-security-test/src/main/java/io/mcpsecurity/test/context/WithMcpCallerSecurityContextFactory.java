package io.mcpsecurity.test.context;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.McpCaller;
import io.mcpsecurity.token.McpCallerConverter;

import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.test.context.support.WithSecurityContextFactory;
import org.springframework.util.Assert;

/**
 * Creates the security context of {@link WithMcpCaller}. The library itself reads the
 * caller from the claims.
 */
final class WithMcpCallerSecurityContextFactory implements WithSecurityContextFactory<WithMcpCaller> {

	@Override
	public SecurityContext createSecurityContext(WithMcpCaller annotation) {
		Instant now = Instant.now();
		Jwt.Builder jwt = Jwt.withTokenValue("token")
			.header("typ", "at+jwt")
			.issuer(annotation.issuer())
			.subject(annotation.subject())
			.audience(List.of(annotation.resource()))
			.claim("client_id", annotation.clientId())
			.claim("scope", String.join(" ", annotation.scopes()))
			.issuedAt(now)
			.expiresAt(now.plus(Duration.ofMinutes(5)));
		for (String claim : annotation.claims()) {
			int separator = claim.indexOf('=');
			Assert.isTrue(separator > 0, () -> "Not of the form name=value: " + claim);
			jwt.claim(claim.substring(0, separator), claim.substring(separator + 1));
		}
		Jwt token = jwt.build();
		McpCaller caller = new McpCallerConverter(annotation.resource(), UnaryOperator.identity()).convert(token);
		List<GrantedAuthority> authorities = Stream.of(annotation.scopes())
			.<GrantedAuthority>map((scope) -> new SimpleGrantedAuthority("SCOPE_" + scope))
			.toList();
		JwtAuthenticationToken authentication = new JwtAuthenticationToken(token, authorities, caller.subject());
		authentication.setDetails(caller);
		SecurityContext context = SecurityContextHolder.createEmptyContext();
		context.setAuthentication(authentication);
		return context;
	}

}
