package io.mcpsecurity.sample.console;

import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;

import io.mcpsecurity.actuate.McpSecurityEndpoint;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Description;
import io.mcpsecurity.actuate.McpSecurityEndpoint.Rule;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.web.util.UriTemplate;

/**
 * Finds the offered target for the kind and name of a request. For the URI of a resource
 * this can be a resource template.
 *
 * @param policy describes what the server offers
 */
record OfferedNames(ObjectProvider<McpSecurityEndpoint> policy) implements BinaryOperator<String> {

	@Override
	public String apply(String kind, String name) {
		return this.policy.stream()
			.map(McpSecurityEndpoint::describe)
			.flatMap((offered) -> names(offered, kind, name))
			.findFirst()
			.orElse(Activity.NOT_OFFERED);
	}

	static Stream<String> names(Description offered, String kind, String name) {
		Map<String, Rule> rules = switch (kind) {
			case "tool" -> offered.tools();
			case "prompt" -> offered.prompts();
			default -> offered.resources();
		};
		Stream<String> templates = kind.equals("resource") ? offered.resourceTemplates().keySet().stream()
				: Stream.empty();
		return rules.containsKey(name) ? Stream.of(name)
				: templates.filter((template) -> new UriTemplate(template).matches(name));
	}

}
