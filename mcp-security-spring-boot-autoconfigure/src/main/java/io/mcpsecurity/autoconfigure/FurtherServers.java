package io.mcpsecurity.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import io.mcpsecurity.authorization.TargetPattern;
import io.mcpsecurity.handler.AccessDeclarations;
import io.mcpsecurity.handler.EndpointContents;
import io.mcpsecurity.handler.Specifications;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import io.mcpsecurity.transport.McpDispatcher;
import io.mcpsecurity.transport.Sessions;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerStreamableHttpProperties;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * The MCP servers of further endpoints, each with its part of the application's
 * specifications.
 */
final class FurtherServers {

	/** Precedes the name of an endpoint in the bean name of its server. */
	static final String BEAN_PREFIX = "mcpServer-";

	private final Map<String, McpDispatcher> transports = new LinkedHashMap<>();

	private final Map<String, Object> servers = new LinkedHashMap<>();

	private final McpServerProperties properties;

	private final EndpointContents contents;

	private final CheckedProperties checked;

	/**
	 * Create the transports of the servers.
	 * @param checked what is configured
	 * @param properties Spring AI's properties, which hold for these servers as well
	 * @param http Spring AI's properties of Streamable HTTP
	 * @param contents what each endpoint offers
	 * @param sessions the sessions
	 * @param json reads and writes messages
	 */
	FurtherServers(CheckedProperties checked, McpServerProperties properties, McpServerStreamableHttpProperties http,
			EndpointContents contents, Sessions sessions, JsonMapper json) {
		this.checked = checked;
		this.properties = properties;
		this.contents = contents;
		checked.endpoints()
			.forEach((name, endpoint) -> this.transports.put(name, endpoint.stateless() ? new StatelessTransport(json)
					: new StreamableTransport(json, sessions, http.isDisallowDelete())));
	}

	/** The configured selection of each endpoint. */
	static EndpointContents contents(CheckedProperties checked, ConfigurableListableBeanFactory beans) {
		List<EndpointContents.Selection> selections = new ArrayList<>();
		checked.endpoints().forEach((name, endpoint) -> {
			McpSecurityProperties.Endpoint.Offers offers = endpoint.offers();
			Predicate<McpTarget> targets = matching(offers);
			for (String bean : offers.beans()) {
				if (!beans.containsBean(bean)) {
					throw CheckedProperties.invalid("mcp-security.endpoints." + name + ".offers.beans", bean,
							"'" + bean + "' is not the name of a bean.");
				}
				Set<McpTarget> declared = AccessDeclarations.targets(beans, bean);
				targets = targets.or(declared::contains);
			}
			selections.add(offers.isEmpty() ? new EndpointContents.Selection(name, (target) -> true, Set.of(), false)
					: new EndpointContents.Selection(name, targets, Set.copyOf(offers.beans()), offers.exclusive()));
		});
		return new EndpointContents(selections);
	}

	private static Predicate<McpTarget> matching(McpSecurityProperties.Endpoint.Offers offers) {
		return matching(Kind.TOOL, offers.tools()).or(matching(Kind.RESOURCE, offers.resources()))
			.or(matching(Kind.PROMPT, offers.prompts()));
	}

	private static Predicate<McpTarget> matching(Kind kind, List<String> patterns) {
		return patterns.stream()
			.map((pattern) -> new TargetPattern(kind, pattern).compile())
			.reduce((target) -> false, Predicate::or);
	}

	McpDispatcher dispatcher(String name) {
		return this.transports.get(name);
	}

	/**
	 * Build the server of an endpoint. It is an asynchronous one; synchronous handlers
	 * run on the threads of requests, as in Spring AI's servers.
	 */
	Object build(String name) {
		List<Record> specifications = this.contents.of(name);
		if (specifications.isEmpty()) {
			throw CheckedProperties.invalid("mcp-security.endpoints." + name + ".offers",
					this.checked.endpoints().get(name).offers(), "It selects nothing that this application offers.");
		}
		Implementation info = Implementation.builder(this.properties.getName(), this.properties.getVersion()).build();
		if (dispatcher(name) instanceof StatelessTransport transport) {
			McpServer.StatelessAsyncSpecification server = McpServer.async(transport)
				.serverInfo(info)
				.instructions(this.properties.getInstructions())
				.requestTimeout(this.properties.getRequestTimeout())
				.capabilities(capabilities(false));
			Specifications.add(specifications, server);
			return built(name, server.build());
		}
		McpServer.AsyncSpecification<?> server = McpServer.async((StreamableTransport) dispatcher(name))
			.serverInfo(info)
			.instructions(this.properties.getInstructions())
			.requestTimeout(this.properties.getRequestTimeout())
			.capabilities(capabilities(true));
		Specifications.add(specifications, server);
		return built(name, server.build());
	}

	private Object built(String name, Object server) {
		this.servers.put(name, server);
		return server;
	}

	/** The servers that were built, by the names of their endpoints. */
	Map<String, Object> servers() {
		return this.servers;
	}

	private ServerCapabilities capabilities(boolean listChanged) {
		McpServerProperties.Capabilities enabled = this.properties.getCapabilities();
		ServerCapabilities.Builder capabilities = ServerCapabilities.builder();
		if (enabled.isTool()) {
			capabilities.tools(listChanged);
		}
		if (enabled.isResource()) {
			capabilities.resources(false, listChanged);
		}
		if (enabled.isPrompt()) {
			capabilities.prompts(listChanged);
		}
		if (enabled.isCompletion()) {
			capabilities.completions();
		}
		return capabilities.build();
	}

}
