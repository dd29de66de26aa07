package io.mcpsecurity.interop.conformance;

import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.spec.McpSchema;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/**
 * An MCP server that offers what the server scenarios of the MCP conformance suite ask
 * for.
 */
@SpringBootApplication
public class ConformanceServer {

	/**
	 * Stands for what makes a client of the suite, which has no token, one that has: adds
	 * the token to each request, in front of all else.
	 */
	@Bean
	FilterRegistrationBean<Filter> token(@Value("${conformance.token}") String token) {
		FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>((request, response, chain) -> chain
			.doFilter(new AuthorizedRequest((HttpServletRequest) request, token), response));
		registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
		registration.setAsyncSupported(true);
		return registration;
	}

	/**
	 * Without the starter nothing is protected, so that Spring Security does not protect
	 * it either.
	 */
	@Bean
	@ConditionalOnProperty(name = "mcp-security.enabled", havingValue = "false")
	SecurityFilterChain unsecured(HttpSecurity http) {
		return http.csrf((csrf) -> csrf.disable())
			.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
			.build();
	}

	/**
	 * Spring AI's auto-configuration says resources(false, ...) of every server, and has
	 * no property for it. The servers of the SDK that keep sessions can do subscriptions.
	 */
	@Bean
	@ConditionalOnProperty(name = "spring.ai.mcp.server.protocol", havingValue = "STREAMABLE", matchIfMissing = true)
	McpSchema.ServerCapabilities.Builder capabilitiesBuilder() {
		return new McpSchema.ServerCapabilities.Builder() {

			@Override
			public McpSchema.ServerCapabilities.Builder resources(Boolean subscribe, Boolean listChanged) {
				return super.resources(true, listChanged);
			}

		};
	}

	@Bean
	@ConditionalOnProperty(name = "spring.ai.mcp.server.protocol", havingValue = "STREAMABLE", matchIfMissing = true)
	List<McpServerFeatures.SyncToolSpecification> jsonSchemaTool() {
		return List.of(McpServerFeatures.SyncToolSpecification.builder()
			.tool(JsonSchemaTool.tool())
			.callHandler((exchange, request) -> JsonSchemaTool.call(request))
			.build());
	}

	@Bean
	@ConditionalOnProperty(name = "spring.ai.mcp.server.protocol", havingValue = "STATELESS")
	List<McpStatelessServerFeatures.SyncToolSpecification> statelessJsonSchemaTool() {
		return List.of(McpStatelessServerFeatures.SyncToolSpecification.builder()
			.tool(JsonSchemaTool.tool())
			.callHandler((context, request) -> JsonSchemaTool.call(request))
			.build());
	}

	/** A tool whose schema no Java signature makes. */
	static final class JsonSchemaTool {

		private JsonSchemaTool() {
		}

		static McpSchema.Tool tool() {
			Map<String, Object> string = Map.of("type", "string");
			Map<String, Object> schema = new LinkedHashMap<>();
			schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
			schema.put("type", "object");
			schema.put("$defs", Map.of("address", Map.of("$anchor", "addressDef", "type", "object", "properties",
					Map.of("street", string, "city", string))));
			schema.put("properties",
					Map.of("name", string, "address", Map.of("$ref", "#/$defs/address"), "contactMethod",
							Map.of("type", "string", "enum", List.of("phone", "email")), "phone", string, "email",
							string));
			schema.put("allOf", List.of(Map.of("anyOf",
					List.of(Map.of("required", List.of("phone")), Map.of("required", List.of("email"))))));
			schema.put("if", Map.of("properties", Map.of("contactMethod", Map.of("const", "phone")), "required",
					List.of("contactMethod")));
			schema.put("then", Map.of("required", List.of("phone")));
			schema.put("else", Map.of("required", List.of("email")));
			schema.put("additionalProperties", false);
			return McpSchema.Tool.builder("json_schema_2020_12_tool", schema)
				.description("Tool with JSON Schema 2020-12 features")
				.build();
		}

		static McpSchema.CallToolResult call(McpSchema.CallToolRequest request) {
			return McpSchema.CallToolResult.builder()
				.addTextContent("JSON Schema 2020-12 tool called with: " + request.arguments())
				.build();
		}

	}

	private static final class AuthorizedRequest extends HttpServletRequestWrapper {

		private final String token;

		AuthorizedRequest(HttpServletRequest request, String token) {
			super(request);
			this.token = token;
		}

		@Override
		public String getHeader(String name) {
			return "Authorization".equalsIgnoreCase(name) ? "Bearer " + this.token : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return "Authorization".equalsIgnoreCase(name) ? Collections.enumeration(List.of("Bearer " + this.token))
					: super.getHeaders(name);
		}

	}

}
