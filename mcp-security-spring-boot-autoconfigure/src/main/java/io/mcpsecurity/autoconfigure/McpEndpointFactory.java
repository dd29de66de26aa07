package io.mcpsecurity.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.mcpsecurity.authorization.RuleBook;
import io.mcpsecurity.authorization.ScopeCatalogue;
import io.mcpsecurity.token.AccessTokenDecoders;
import io.mcpsecurity.token.AuthorizationServers;
import io.mcpsecurity.token.IssuerAuthenticationManager;
import io.mcpsecurity.token.McpCallerConverter;
import io.mcpsecurity.web.BearerChallenge;
import io.mcpsecurity.web.ProtectedResource;
import io.mcpsecurity.web.ResourceMetadata;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManagerResolver;
import org.springframework.security.oauth2.jwt.JwtDecoder;

/**
 * Makes the parts of an MCP endpoint that depend on its identity, in the same way for the
 * endpoint that Spring AI configures and for further ones.
 */
final class McpEndpointFactory {

	private final AuthorizationServers servers;

	private final ScopeCatalogue catalogue;

	private final CheckedProperties checked;

	private final McpSecurityProperties properties;

	McpEndpointFactory(AuthorizationServers servers, ScopeCatalogue catalogue, CheckedProperties checked,
			McpSecurityProperties properties) {
		this.servers = servers;
		this.catalogue = catalogue;
		this.checked = checked;
		this.properties = properties;
	}

	AuthenticationManagerResolver<HttpServletRequest> authentication(ProtectedResource resource) {
		String audience = resource.identifier().toString();
		Map<String, JwtDecoder> decoders = new LinkedHashMap<>();
		this.servers.keys()
			.forEach((keys) -> decoders.put(keys.issuer(),
					AccessTokenDecoders.create(keys, audience, this.properties.token().clockSkew())));
		IssuerAuthenticationManager manager = new IssuerAuthenticationManager(decoders,
				new McpCallerConverter(audience, this.checked.policy().moreScopeClaims(), this.catalogue::granted));
		return (request) -> manager;
	}

	BearerChallenge challenge(ProtectedResource resource, RuleBook rules, List<String> initial) {
		Supplier<List<String>> scopes = () -> initial;
		if (initial.equals(List.of("declared"))) {
			scopes = () -> advertised(rules.scopes());
		}
		else if (initial.equals(List.of("none"))) {
			scopes = List::of;
		}
		return new BearerChallenge(resource.metadataLocation(), scopes, this.catalogue::requested);
	}

	ResourceMetadata metadata(ProtectedResource resource, String name, RuleBook rules,
			@Nullable List<String> supported) {
		return new ResourceMetadata(resource, name, this.servers.issuers(),
				() -> this.catalogue.requested((supported != null) ? supported : advertised(rules.scopes())));
	}

	/**
	 * MCP 2026-07-28, Authorization: {@code offline_access} belongs neither into a
	 * challenge nor into {@code scopes_supported}.
	 */
	private static List<String> advertised(List<String> scopes) {
		return scopes.stream().filter((scope) -> !scope.equals("offline_access")).toList();
	}

}
