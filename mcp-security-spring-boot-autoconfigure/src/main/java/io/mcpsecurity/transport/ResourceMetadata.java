package io.mcpsecurity.transport;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.mcpsecurity.token.DpopProofs;
import tools.jackson.databind.json.JsonMapper;

/**
 * The metadata of a protected resource (RFC 9728 section 2).
 *
 * @param resource the protected resource
 * @param name the {@code resource_name}
 * @param authorizationServers issuer identifiers; omitted if empty
 * @param scopes the {@code scopes_supported}, which can change when tools are added or
 * removed at run time; omitted if empty
 * @param constraints which sender-constrained tokens are accepted
 */
public record ResourceMetadata(ProtectedResource resource, String name, List<String> authorizationServers,
		Supplier<List<String>> scopes, SenderConstraints constraints) {

	byte[] document() {
		Map<String, Object> document = new LinkedHashMap<>();
		document.put("resource", this.resource.identifier().toString());
		document.put("resource_name", this.name);
		if (!this.authorizationServers.isEmpty()) {
			document.put("authorization_servers", this.authorizationServers);
		}
		List<String> supported = this.scopes.get();
		if (!supported.isEmpty()) {
			document.put("scopes_supported", supported);
		}
		document.put("bearer_methods_supported", List.of("header"));
		if (this.constraints.dpop() != SenderConstraints.Mode.OFF) {
			document.put("dpop_signing_alg_values_supported", DpopProofs.ALGORITHMS);
			document.put("dpop_bound_access_tokens_required",
					this.constraints.dpop() == SenderConstraints.Mode.REQUIRED);
		}
		if (this.constraints.mutualTls() != SenderConstraints.Mode.OFF) {
			document.put("tls_client_certificate_bound_access_tokens", true);
		}
		return JsonMapper.shared().writeValueAsString(document).getBytes(StandardCharsets.UTF_8);
	}

}
