package io.mcpsecurity.transport;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.mcpsecurity.McpInput;
import io.mcpsecurity.exchange.McpExchange;
import io.mcpsecurity.hash.Sha256;
import io.mcpsecurity.message.JsonRpcErrorCode;
import io.mcpsecurity.message.McpMessage;
import io.mcpsecurity.message.McpMethod;
import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.ProtocolRevisions;
import io.mcpsecurity.message.SubscriptionFilter;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.StringUtils;

/**
 * Serves requests of MCP 2026-07-28 with the MCP server that also serves the legacy
 * revisions: the same handlers, with or without sessions. In this revision, each request
 * contains everything that is needed to serve it.
 */
public final class ModernRequests {

	private static final String PREFIX = "io.modelcontextprotocol/";

	private static final String CAPABILITIES = PREFIX + "clientCapabilities";

	private static final String CLIENT_INFO = PREFIX + "clientInfo";

	private final ProtocolRevisions revisions;

	private final JsonMapper json;

	private final Sessions sessions;

	private final RequestStates states;

	private final JsonMapper sorted;

	private final Map<McpDispatcher, Server> servers = new ConcurrentHashMap<>();

	/**
	 * Create.
	 * @param revisions the supported revisions
	 * @param json reads and writes messages
	 * @param sessions ends streams
	 * @param states encrypts the state of requests that need input of the client
	 */
	public ModernRequests(ProtocolRevisions revisions, JsonMapper json, Sessions sessions, RequestStates states) {
		this.revisions = revisions;
		this.json = json;
		this.sessions = sessions;
		this.states = states;
		this.sorted = json.rebuild().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
	}

	/**
	 * The supported revisions.
	 */
	ProtocolRevisions revisions() {
		return this.revisions;
	}

	/**
	 * Serve a message whose revision and headers have been checked. The parameters are
	 * those of {@link McpDispatcher#post}.
	 */
	void post(McpExchange exchange, McpMessage message, HttpCall call, McpEndpoint endpoint)
			throws RefusedRequestException, IOException {
		String method = message.method();
		Object id = message.id();
		if (method == null) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
					"Invalid request: this revision has no responses of clients");
		}
		if (id == null) {
			// MCP 2026-07-28, Streamable HTTP: it defines no notifications of clients.
			StreamableTransport.accepted(call);
			return;
		}
		if (!McpMethod.of(method).isModern()) {
			throw methodNotFound(id);
		}
		Map<String, ?> meta = meta(message);
		checkClient(meta, id);
		McpDispatcher dispatcher = endpoint.dispatcher();
		Server server = server(dispatcher, exchange);
		if (McpMethod.of(method) == McpMethod.SUBSCRIPTIONS_LISTEN) {
			if (!call.acceptable().events()) {
				throw Acceptable.refusal("text/event-stream");
			}
			dispatcher.listen(exchange, id, honoured(message, server.description().capabilities()), call, endpoint);
			return;
		}
		JSONRPCRequest request = new JSONRPCRequest(method, id, message.params());
		Supplier<String> binding = () -> binding(exchange, message, endpoint);
		if (McpMethod.of(method).mayRequireInput()) {
			exchange.input(input(message, meta, binding));
		}
		ModernRequest conversation = new ModernRequest(exchange, McpMethod.of(method), meta.get(PREFIX + "logLevel"),
				server.info(), this.json, this.sessions, (state) -> this.states.seal(state, binding.get()));
		Reply reply = new Reply(exchange, request, call, endpoint, this.json, conversation);
		reply.serve((McpMethod.of(method) == McpMethod.SERVER_DISCOVER)
				? Mono.just(JSONRPCResponse.result(id, discovered(server.description())))
				: dispatcher.call(
						exchange, request, Initialization
							.modern((Map<?, ?>) Objects.requireNonNull(meta.get(CAPABILITIES)), meta.get(CLIENT_INFO)),
						reply));
	}

	@SuppressWarnings("unchecked")
	private static Map<String, ?> meta(McpMessage message) {
		// The message is of this revision because its metadata contains the revision.
		return (Map<String, ?>) Objects.requireNonNull(Objects.requireNonNull(message.params()).get("_meta"));
	}

	/**
	 * Check what each request contains about its client (MCP 2026-07-28, Overview,
	 * "_meta").
	 */
	private static void checkClient(Map<String, ?> meta, Object id) throws RefusedRequestException {
		if (!(meta.get(CAPABILITIES) instanceof Map)) {
			throw invalidParams("params._meta must contain " + CAPABILITIES, id);
		}
		boolean named = !meta.containsKey(CLIENT_INFO) || (meta.get(CLIENT_INFO) instanceof Map<?, ?> info
				&& info.get("name") instanceof String name && StringUtils.hasText(name)
				&& info.get("version") instanceof String version && StringUtils.hasText(version));
		if (!named) {
			throw invalidParams(CLIENT_INFO + " must have a name and a version", id);
		}
	}

	/**
	 * The input in a request that is repeated with responses of the client.
	 */
	private McpInput input(McpMessage message, Map<String, ?> meta, Supplier<String> binding)
			throws RefusedRequestException {
		Map<String, @Nullable Object> params = Objects.requireNonNull(message.params());
		Object responses = params.get("inputResponses");
		boolean valid = responses == null || (responses instanceof Map<?, ?> map
				&& map.values().stream().allMatch((response) -> response instanceof Map));
		if (!valid) {
			throw invalidParams("inputResponses must be an object of objects", message.id());
		}
		Object sealed = params.get("requestState");
		String state = (sealed instanceof String text) ? this.states.open(text, binding.get()) : null;
		if (sealed != null && state == null) {
			throw new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "request_state",
					JsonRpcErrorCode.INVALID_PARAMS, "Invalid params: requestState is not valid, or no longer",
					message.id());
		}
		return new ReceivedInput((responses instanceof Map<?, ?> map) ? map : Map.of(), state,
				(Map<?, ?>) Objects.requireNonNull(meta.get(CAPABILITIES)), this.json);
	}

	/**
	 * Identifies the caller and the request for which a state is valid: issuer, subject,
	 * client, key and resource, the method, the target and the arguments.
	 */
	private String binding(McpExchange exchange, McpMessage message, McpEndpoint endpoint) {
		McpMessage requested = Objects.requireNonNull(exchange.message());
		SessionOwner owner = endpoint.owner(exchange);
		return Sha256.ofAll(Arrays.asList(owner.value(), owner.binding(), message.method(),
				requested.targetIfAny().map(McpTarget::name).orElse(null),
				this.sorted.writeValueAsString(message.arguments())))
			.toString();
	}

	/**
	 * The refusal of a method that this revision or the server does not have.
	 */
	static RefusedRequestException methodNotFound(Object id) {
		return new RefusedRequestException(HttpServletResponse.SC_NOT_FOUND, "method_not_found",
				JsonRpcErrorCode.METHOD_NOT_FOUND, "Method not found", id);
	}

	/**
	 * The refusal of a request whose parameters are not those of this revision.
	 */
	static RefusedRequestException invalidParams(String reason, @Nullable Object id) {
		return new RefusedRequestException(HttpServletResponse.SC_BAD_REQUEST, "invalid_message",
				JsonRpcErrorCode.INVALID_PARAMS, "Invalid params: " + reason, id);
	}

	private Server server(McpDispatcher dispatcher, McpExchange exchange) throws RefusedRequestException {
		Server server = this.servers.get(dispatcher);
		if (server == null) {
			InitializeResult description = Objects.requireNonNull(dispatcher.describe(exchange).block());
			server = new Server(description, this.json.valueToTree(description.serverInfo()));
			this.servers.put(dispatcher, server);
		}
		return server;
	}

	/**
	 * What the server supports of the notifications that a client requests.
	 */
	private static SubscriptionFilter honoured(McpMessage message, ServerCapabilities server) {
		ServerCapabilities.ResourceCapabilities resources = server.resources();
		return SubscriptionFilter.of(message).only((change) -> switch (change) {
			case NOTIFICATIONS_TOOLS_LIST_CHANGED ->
				server.tools() != null && Boolean.TRUE.equals(server.tools().listChanged());
			case NOTIFICATIONS_PROMPTS_LIST_CHANGED ->
				server.prompts() != null && Boolean.TRUE.equals(server.prompts().listChanged());
			default -> resources != null && Boolean.TRUE.equals(resources.listChanged());
		}, (uri) -> resources != null && Boolean.TRUE.equals(resources.subscribe()));
	}

	private Map<String, Object> discovered(InitializeResult server) {
		Map<String, Object> discovered = new LinkedHashMap<>();
		discovered.put("supportedVersions", this.revisions.names());
		discovered.put("capabilities", server.capabilities());
		if (server.instructions() != null) {
			discovered.put("instructions", server.instructions());
		}
		return discovered;
	}

	/**
	 * An MCP server.
	 *
	 * @param description the server as it describes itself
	 * @param info its name and version
	 */
	private record Server(InitializeResult description, JsonNode info) {
	}

}
