package io.mcpsecurity.benchmarks.server;

import java.time.Duration;

import io.mcpsecurity.transport.BareTransport;
import io.mcpsecurity.transport.McpDispatcher;
import io.mcpsecurity.transport.Sessions;
import io.mcpsecurity.transport.StatelessTransport;
import io.mcpsecurity.transport.StreamableTransport;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;

/**
 * An MCP server of Spring AI with the transport of this library, without security.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({ LengthTool.class, ForbiddenTool.class, MoreTools.class })
public class DoorServer {

	private static final String PROTOCOL = "spring.ai.mcp.server.protocol";

	/**
	 * Start it.
	 * @param args properties, each {@code --name=value}
	 */
	public static void main(String[] args) {
		SpringApplication.run(DoorServer.class, args);
	}

	@Bean
	@Primary
	@ConditionalOnProperty(name = PROTOCOL, havingValue = "STATELESS")
	StatelessTransport statelessDoor(@Qualifier("mcpServerJsonMapper") JsonMapper json) {
		return new StatelessTransport(json);
	}

	@Bean
	@Primary
	@ConditionalOnProperty(name = PROTOCOL, havingValue = "STREAMABLE")
	StreamableTransport streamableDoor(@Qualifier("mcpServerJsonMapper") JsonMapper json) {
		return new StreamableTransport(json,
				new Sessions(new Sessions.Bounds(100_000, 0, 100_000, Duration.ofHours(1)), (caller) -> false), false);
	}

	@Bean
	FilterRegistrationBean<BareTransport> door(McpDispatcher dispatcher) {
		FilterRegistrationBean<BareTransport> door = new FilterRegistrationBean<>(new BareTransport(dispatcher));
		door.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
		return door;
	}

}
