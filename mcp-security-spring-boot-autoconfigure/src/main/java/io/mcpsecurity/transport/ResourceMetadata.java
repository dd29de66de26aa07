package io.mcpsecurity.transport;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import tools.jackson.databind.json.JsonMapper;

/**
 * The metadata of a protected resource (RFC 9728 section 2).
 *
 * @param resource the protected resource
 * @param name the {@code resource_name}
 * @param authorizationServers issuer identifiers; omitted if empty
 * @param scopes the {@code scopes_supported}, which can change when tools are added or
 * removed at run time; omitted if empty
 */
public record ResourceMetadata(ProtectedResource resource, String name, List<String> authorizationServers,
		Supplier<List<String>> scopes) {

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
		return JsonMapper.shared().writeValueAsString(document).getBytes(StandardCharsets.UTF_8);
	}

}
