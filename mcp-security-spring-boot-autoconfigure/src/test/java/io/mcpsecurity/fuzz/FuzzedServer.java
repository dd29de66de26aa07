package io.mcpsecurity.fuzz;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.mcpsecurity.RequiresScope;
import io.mcpsecurity.authorization.AccessDecision;
import io.mcpsecurity.authorization.AccessPolicies;
import io.mcpsecurity.authorization.AccessPolicy;
import io.mcpsecurity.exchange.ExchangeObserver;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.mcp.annotation.McpComplete;
import org.springframework.ai.mcp.annotation.McpPrompt;
import org.springframework.ai.mcp.annotation.McpResource;
import org.springframework.ai.mcp.annotation.McpTool;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static io.mcpsecurity.test.Callers.with;

/**
 * A whole MCP server with this starter, to which requests are handed without a network:
 * they pass the filters, the transport, and the SDK's dispatcher, as over HTTP. It tells
 * what was decided about, and what which handler received.
 */
final class FuzzedServer implements AutoCloseable {

	/** Whatever the rules require, but for what nobody is to reach. */
	private static final String[] SCOPES = { "a", "b", "all", "details", "p" };

	private final SecuredServer server;

	private final String token;

	private final @Nullable String session;

	private final Filter filters;

	private final AccessPolicy policy;

	private final Seen seen;

	FuzzedServer(Protocol protocol, TestAuthorizationServer authorizationServer) {
		this.server = SecuredServer.start(Application.class, authorizationServer,
				"spring.ai.mcp.server.protocol=" + protocol, "mcp-security.audit.enabled=false",
				"logging.level.root=off");
		// Good for as long as anybody fuzzes.
		this.token = this.server.token(SCOPES).claim("exp", Date.from(Instant.now().plus(Duration.ofDays(7)))).sign();
		this.session = (protocol == Protocol.STATELESS) ? null : this.server.initialize(this.token);
		this.filters = this.server.context().getBean("springSecurityFilterChain", Filter.class);
		this.policy = this.server.context().getBean(AccessPolicies.class).of(null);
		this.seen = this.server.context().getBean(Seen.class);
	}

	/**
	 * Hand a request of the legacy revisions over.
	 */
	Outcome post(byte[] body) {
		return post(body, (this.session != null) ? Map.of("Mcp-Session-Id", this.session) : Map.of());
	}

	/**
	 * Hand a request over.
	 * @param headers further headers, by name
	 */
	Outcome post(byte[] body, Map<String, String> headers) {
		this.seen.clear();
		MockHttpServletRequest request = new MockHttpServletRequest("POST", "/mcp");
		request.setServerPort(URI.create(this.server.url()).getPort());
		request.addHeader("Authorization", "Bearer " + this.token);
		request.addHeader("Accept", "application/json, text/event-stream");
		request.setContentType("application/json");
		request.setContent(body);
		request.setAsyncSupported(true);
		headers.forEach(request::addHeader);
		MockHttpServletResponse response = new MockHttpServletResponse();
		try {
			this.filters.doFilter(request, response, (passedOn, unused) -> {
				throw new IllegalStateException("The request got past the endpoint");
			});
			if (request.isAsyncStarted()) {
				throw new IllegalStateException("The response is not complete");
			}
			McpExchange exchange = Objects.requireNonNull(this.seen.exchange);
			return new Outcome(exchange.message(), exchange.decision(), decision(exchange.message()),
					List.copyOf(this.seen.executed), response.getStatus(), response.getContentAsString());
		}
		catch (IOException | ServletException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private @Nullable AccessDecision decision(@Nullable McpMessage message) {
		return (message != null) ? this.policy.decide(message, with(SCOPES)) : null;
	}

	@Override
	public void close() {
		this.server.close();
	}

	/**
	 * What came of a request.
	 *
	 * @param message what was read, or {@code null} if the body was refused
	 * @param decision the last decision about it, or {@code null} if there was none
	 * @param expected what the policy says about the message
	 * @param executed the handlers that ran
	 * @param status the status of the response
	 * @param body the body of the response
	 */
	record Outcome(@Nullable McpMessage message, @Nullable AccessDecision decision, @Nullable AccessDecision expected,
			List<Executed> executed, int status, String body) {
	}

	/**
	 * A handler that ran.
	 *
	 * @param offered the target of the rule for it
	 * @param request what it received
	 */
	record Executed(McpTarget offered, Object request) {
	}

	/**
	 * What was seen of the request that is under way.
	 */
	static final class Seen implements ExchangeObserver {

		private final List<Executed> executed = new ArrayList<>();

		private @Nullable McpExchange exchange;

		@Override
		public void ended(McpExchange request) {
			this.exchange = request;
		}

		void ran(McpTarget offered, Object request) {
			this.executed.add(new Executed(offered, request));
		}

		void clear() {
			this.exchange = null;
			this.executed.clear();
		}

	}

	/**
	 * The application.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Seen.class, Handlers.class })
	static class Application {

	}

	/**
	 * Some of each, where one could be taken for the other; the last of each kind is not
	 * to be reached.
	 */
	static final class Handlers {

		private static final String DETAILS = "records://{id}/details";

		private final Seen seen;

		Handlers(Seen seen) {
			this.seen = seen;
		}

		@McpTool(name = "a")
		@RequiresScope("a")
		String a(CallToolRequest request) {
			return tool("a", request);
		}

		@McpTool(name = "b")
		@RequiresScope("b")
		String b(CallToolRequest request) {
			return tool("b", request);
		}

		@McpTool(name = "c")
		@RequiresScope("none")
		String c(CallToolRequest request) {
			return tool("c", request);
		}

		private String tool(String offered, CallToolRequest request) {
			this.seen.ran(McpTarget.tool(offered), request);
			return "called";
		}

		@McpResource(uri = "records://all", name = "all")
		@RequiresScope("all")
		ReadResourceResult all(ReadResourceRequest request) {
			return resource("records://all", request);
		}

		@McpResource(uri = DETAILS, name = "details")
		@RequiresScope("details")
		ReadResourceResult details(ReadResourceRequest request, String id) {
			return resource(DETAILS, request);
		}

		@McpResource(uri = "records://none", name = "none")
		@RequiresScope("none")
		ReadResourceResult none(ReadResourceRequest request) {
			return resource("records://none", request);
		}

		private ReadResourceResult resource(String offered, ReadResourceRequest request) {
			this.seen.ran(McpTarget.resource(offered), request);
			return ReadResourceResult.builder(List.of()).build();
		}

		@McpPrompt(name = "p")
		@RequiresScope("p")
		GetPromptResult prompt(GetPromptRequest request) {
			return prompt("p", request);
		}

		@McpPrompt(name = "q")
		@RequiresScope("none")
		GetPromptResult other(GetPromptRequest request) {
			return prompt("q", request);
		}

		private GetPromptResult prompt(String offered, GetPromptRequest request) {
			this.seen.ran(McpTarget.prompt(offered), request);
			return GetPromptResult.builder(List.of()).build();
		}

		@McpComplete(prompt = "p")
		List<String> completePrompt(CompleteRequest request) {
			return complete(McpTarget.prompt("p"), request);
		}

		@McpComplete(prompt = "q")
		List<String> completeOther(CompleteRequest request) {
			return complete(McpTarget.prompt("q"), request);
		}

		@McpComplete(uri = DETAILS)
		List<String> completeResource(CompleteRequest request) {
			return complete(McpTarget.resource(DETAILS), request);
		}

		private List<String> complete(McpTarget offered, CompleteRequest request) {
			this.seen.ran(offered, request);
			return List.of();
		}

	}

}
