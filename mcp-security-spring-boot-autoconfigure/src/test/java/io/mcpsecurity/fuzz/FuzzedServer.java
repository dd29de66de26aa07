package io.mcpsecurity.fuzz;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Objects;

import io.mcpsecurity.audit.RequestObserver;
import io.mcpsecurity.audit.RequestRecord;
import io.mcpsecurity.message.InvalidMessageException;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMessageReader;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.test.Protocol;
import io.mcpsecurity.test.SecuredServer;
import io.mcpsecurity.test.TestAuthorizationServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.ResourceReference;
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
import org.springframework.web.servlet.DispatcherServlet;

/**
 * A whole MCP server with this starter, to which requests are handed without a network:
 * they pass the filters, Spring AI's transport, and the SDK's deserializer and
 * dispatcher, as over HTTP. It tells what the gate read and which handler ran.
 */
final class FuzzedServer implements AutoCloseable {

	private final SecuredServer server;

	private final String token;

	private final @Nullable String session;

	private final Filter filters;

	private final DispatcherServlet servlet;

	private final McpMessageReader reader;

	private final Seen seen;

	FuzzedServer(Protocol protocol, TestAuthorizationServer authorizationServer) {
		this.server = SecuredServer.start(Application.class, authorizationServer,
				"spring.ai.mcp.server.protocol=" + protocol, "mcp.security.audit.enabled=false",
				"logging.level.root=off");
		// Good for as long as anybody fuzzes.
		this.token = this.server.token().claim("exp", Date.from(Instant.now().plus(Duration.ofDays(7)))).sign();
		// Over HTTP, which also initializes the servlet.
		this.session = (protocol == Protocol.STATELESS) ? null : this.server.initialize(this.token);
		this.server.callTool(this.token, "a", "{}");
		this.filters = this.server.context().getBean("springSecurityFilterChain", Filter.class);
		this.servlet = this.server.context().getBean(DispatcherServlet.class);
		this.reader = this.server.context().getBean(McpMessageReader.class);
		this.seen = this.server.context().getBean(Seen.class);
	}

	/**
	 * Hand a request over.
	 */
	Outcome post(byte[] body) {
		this.seen.clear();
		MockHttpServletRequest request = new MockHttpServletRequest("POST", "/mcp");
		request.setServerPort(URI.create(this.server.url()).getPort());
		request.addHeader("Authorization", "Bearer " + this.token);
		request.addHeader("Accept", "application/json, text/event-stream");
		request.setContentType("application/json");
		request.setContent(body);
		request.setAsyncSupported(true);
		if (this.session != null) {
			request.addHeader("Mcp-Session-Id", this.session);
		}
		MockHttpServletResponse response = new MockHttpServletResponse();
		try {
			this.filters.doFilter(request, response, this.servlet::service);
			return new Outcome(message(body), List.copyOf(this.seen.executed), response.getStatus(),
					response.getContentAsString());
		}
		catch (IOException | ServletException | InvalidMessageException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What the gate read. Records do not keep the arguments: so it is read once more, as
	 * the gate did it.
	 */
	private @Nullable McpMessage message(byte[] body) throws InvalidMessageException {
		if (this.seen.message == null) {
			return null;
		}
		McpMessage message = this.reader.read(body);
		if (!message.withoutArguments().equals(this.seen.message)) {
			throw new IllegalStateException("The gate read " + this.seen.message + " and then " + message);
		}
		return message;
	}

	@Override
	public void close() {
		this.server.close();
	}

	/**
	 * What came of a request.
	 *
	 * @param message what the gate read, or {@code null} if it refused the body
	 * @param executed the handlers that ran
	 * @param status the status of the answer
	 * @param body the body of the answer
	 */
	record Outcome(@Nullable McpMessage message, List<Executed> executed, int status, String body) {
	}

	/**
	 * A handler that ran.
	 *
	 * @param offered the name it is offered by
	 * @param asked the target that it was asked for, as the SDK read it
	 * @param arguments the arguments as the SDK read them
	 */
	record Executed(String offered, McpTarget asked, @Nullable Object arguments) {
	}

	/**
	 * What was seen of the request that is under way.
	 */
	static final class Seen implements RequestObserver {

		private final List<Executed> executed = new ArrayList<>();

		private @Nullable McpMessage message;

		@Override
		public void read(RequestRecord request) {
			this.message = request.message();
		}

		@Override
		public void ended(RequestRecord request) {
		}

		void ran(String offered, McpTarget asked, @Nullable Object arguments) {
			this.executed.add(new Executed(offered, asked, arguments));
		}

		void clear() {
			this.message = null;
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
	 * One of each, and two where one could be taken for the other.
	 */
	static final class Handlers {

		private final Seen seen;

		Handlers(Seen seen) {
			this.seen = seen;
		}

		@McpTool(name = "a")
		String a(CallToolRequest request) {
			return tool("a", request);
		}

		@McpTool(name = "b")
		String b(CallToolRequest request) {
			return tool("b", request);
		}

		private String tool(String offered, CallToolRequest request) {
			this.seen.ran(offered, McpTarget.tool(request.name()), request.arguments());
			return "called";
		}

		@McpResource(uri = "records://all", name = "all")
		ReadResourceResult all(ReadResourceRequest request) {
			this.seen.ran("records://all", McpTarget.resource(request.uri()), null);
			return ReadResourceResult.builder(List.of()).build();
		}

		@McpResource(uri = "records://{id}/details", name = "details")
		ReadResourceResult details(ReadResourceRequest request, String id) {
			this.seen.ran("records://{id}/details", McpTarget.resource(request.uri()), null);
			return ReadResourceResult.builder(List.of()).build();
		}

		@McpPrompt(name = "p")
		GetPromptResult prompt(GetPromptRequest request) {
			this.seen.ran("p", McpTarget.prompt(request.name()), request.arguments());
			return GetPromptResult.builder(List.of()).build();
		}

		@McpComplete(prompt = "p")
		List<String> completePrompt(CompleteRequest request) {
			return complete("p", request);
		}

		@McpComplete(uri = "records://{id}/details")
		List<String> completeResource(CompleteRequest request) {
			return complete("records://{id}/details", request);
		}

		private List<String> complete(String offered, CompleteRequest request) {
			McpTarget asked = (request.ref() instanceof ResourceReference reference)
					? McpTarget.resource(reference.uri())
					: McpTarget.prompt(((PromptReference) Objects.requireNonNull(request.ref())).name());
			this.seen.ran(offered, asked, null);
			return List.of();
		}

	}

}
