package io.mcpsecurity.sample.authorizationserver;

import java.util.Collection;
import java.util.List;
import java.util.Objects;

import io.mcpsecurity.autoconfigure.McpSecurityProperties;

/**
 * A scope with the description that is shown to users. It is taken from
 * {@code mcp-security.scopes}, so that the pages match the server's configuration.
 *
 * @param value the scope as used in requests and tokens
 * @param description what the scope allows, or the scope itself without a description
 */
record ScopePrompt(String value, String description) {

	static List<ScopePrompt> of(Collection<ResearchScope> scopes, List<McpSecurityProperties.Scope> configured) {
		return scopes.stream()
			.map((scope) -> new ScopePrompt(scope.value(),
					configured.stream()
						.filter((entry) -> scope.value().equals(entry.name()))
						.map(McpSecurityProperties.Scope::description)
						.filter(Objects::nonNull)
						.findFirst()
						.orElse(scope.value())))
			.toList();
	}

}
