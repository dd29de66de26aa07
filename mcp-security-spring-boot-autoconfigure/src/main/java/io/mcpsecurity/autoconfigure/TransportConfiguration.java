package io.mcpsecurity.autoconfigure;

import java.util.Set;

import io.mcpsecurity.apikey.ApiKeys;
import io.mcpsecurity.client.ClientAccess;
import io.mcpsecurity.handler.EndpointContents;
import io.mcpsecurity.transport.Sessions;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import io.modelcontextprotocol.server.McpAsyncServer;
import io.modelcontextprotocol.server.McpStatelessAsyncServer;
import io.modelcontextprotocol.server.McpStatelessSyncServer;
import io.modelcontextprotocol.server.McpSyncServer;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.mcp.server.common.autoconfigure.McpServerAutoConfiguration;
import org.springframework.ai.mcp.server.common.autoconfigure.McpServerStatelessAutoConfiguration;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerProperties;
import org.springframework.ai.mcp.server.common.autoconfigure.properties.McpServerStreamableHttpProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/**
 * Sessions, the transports that replace Spring AI's, and the MCP servers of further
 * endpoints.
 */
@Configuration(proxyBeanMethods = false)
class TransportConfiguration {

	/**
	 * Created with {@code spring.main.lazy-initialization} too: no bean refers to them.
	 */
	private static final Set<Class<?>> NOT_LAZY = Set.of(McpSyncServer.class, McpAsyncServer.class,
			McpStatelessSyncServer.class, McpStatelessAsyncServer.class, SessionLifecycle.class);

	@Bean
	Sessions mcpSessions(ClientAccess clients, ObjectProvider<ApiKeys> keys, McpSecurityProperties properties) {
		ApiKeys apiKeys = keys.getIfAvailable();
		McpSecurityProperties.Sessions bounds = properties.sessions();
		int maxAnonymous = properties.policy().anonymousDiscovery() ? bounds.max() / 4 : 0;
		return new Sessions(
				new Sessions.Bounds(bounds.max(), maxAnonymous, bounds.maxPerCaller(), bounds.idleTimeout()),
				(caller) -> clients.decide(caller) == ClientAccess.Verdict.DENIED
						|| (apiKeys != null && apiKeys.isOver(caller)));
	}

	@Bean
	SessionLifecycle mcpSessionLifecycle(Sessions sessions, McpSecurityProperties properties,
			McpServerStreamableHttpProperties http) {
		return new SessionLifecycle(sessions, properties.sessions().checkInterval(), http.getKeepAliveInterval());
	}

	@Bean
	FurtherServers mcpFurtherServers(CheckedProperties checked, McpServerProperties properties,
			McpServerStreamableHttpProperties http, EndpointContents contents, Sessions sessions,
			@Qualifier("mcpServerJsonMapper") JsonMapper json) {
		return new FurtherServers(checked, properties, http, contents, sessions, json);
	}

	@Bean
	static LazyInitializationExcludeFilter mcpServersAreNotLazy() {
		return (name, definition, type) -> name.startsWith(FurtherServers.BEAN_PREFIX)
				|| NOT_LAZY.stream().anyMatch((each) -> each.isAssignableFrom(type));
	}

	/**
	 * The transport of a server with sessions. This is a class, because the conditions of
	 * Spring AI have no effect on bean methods.
	 */
	@Configuration(proxyBeanMethods = false)
	@Conditional(McpServerAutoConfiguration.EnabledStreamableServerCondition.class)
	static class StreamableConfiguration {

		@Bean
		@Primary
		StreamableTransport mcpStreamableTransport(@Qualifier("mcpServerJsonMapper") JsonMapper json, Sessions sessions,
				McpServerStreamableHttpProperties properties) {
			return new StreamableTransport(json, sessions, properties.isDisallowDelete());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Conditional(McpServerStatelessAutoConfiguration.EnabledStatelessServerCondition.class)
	static class StatelessConfiguration {

		@Bean
		@Primary
		StatelessTransport mcpStatelessTransport(@Qualifier("mcpServerJsonMapper") JsonMapper json) {
			return new StatelessTransport(json);
		}

	}

}
