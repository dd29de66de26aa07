package io.mcpsecurity.handler;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.function.BiFunction;

import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.server.McpServer.AsyncSpecification;
import io.modelcontextprotocol.server.McpServer.StatelessAsyncSpecification;
import io.modelcontextprotocol.server.McpServerFeatures;
import io.modelcontextprotocol.server.McpStatelessServerFeatures;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.CompleteReference;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.MissingMcpTransportSession;
import reactor.core.publisher.Mono;

/**
 * Specifications of the MCP SDK, independent of the kind of server: each is a record of
 * what is offered and the function that handles it.
 */
public final class Specifications {

	private Specifications() {
	}

	static Object offered(Record specification) {
		return component(specification, 0);
	}

	@SuppressWarnings("unchecked")
	static BiFunction<Object, Object, Object> handler(Record specification) {
		return (BiFunction<Object, Object, Object>) component(specification, 1);
	}

	private static Object component(Record specification, int index) {
		RecordComponent[] components = specification.getClass().getRecordComponents();
		if (components.length != 2 || components[1].getType() != BiFunction.class) {
			throw new IllegalStateException("Cannot read " + specification.getClass().getName()
					+ ": this version of the MCP SDK is not supported");
		}
		try {
			return components[index].getAccessor().invoke(specification);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException("Cannot read " + specification.getClass().getName(), ex);
		}
	}

	/** Add specifications to a server with sessions. */
	public static void add(List<Record> specifications, AsyncSpecification<?> server) {
		for (Record specification : specifications) {
			Object offered = offered(specification);
			if (offered instanceof Tool tool) {
				server.tools(new McpServerFeatures.AsyncToolSpecification(tool, async(specification)));
			}
			else if (offered instanceof Resource resource) {
				server.resources(new McpServerFeatures.AsyncResourceSpecification(resource, async(specification)));
			}
			else if (offered instanceof ResourceTemplate template) {
				server.resourceTemplates(
						new McpServerFeatures.AsyncResourceTemplateSpecification(template, async(specification)));
			}
			else if (offered instanceof Prompt prompt) {
				server.prompts(new McpServerFeatures.AsyncPromptSpecification(prompt, async(specification)));
			}
			else if (offered instanceof CompleteReference reference) {
				server.completions(new McpServerFeatures.AsyncCompletionSpecification(reference, async(specification)));
			}
		}
	}

	/**
	 * Add specifications to a server without sessions. A handler fails there if it sends
	 * a request to the client.
	 */
	public static void add(List<Record> specifications, StatelessAsyncSpecification server) {
		for (Record specification : specifications) {
			Object offered = offered(specification);
			if (offered instanceof Tool tool) {
				server.tools(new McpStatelessServerFeatures.AsyncToolSpecification(tool, async(specification)));
			}
			else if (offered instanceof Resource resource) {
				server.resources(
						new McpStatelessServerFeatures.AsyncResourceSpecification(resource, async(specification)));
			}
			else if (offered instanceof ResourceTemplate template) {
				server.resourceTemplates(new McpStatelessServerFeatures.AsyncResourceTemplateSpecification(template,
						async(specification)));
			}
			else if (offered instanceof Prompt prompt) {
				server.prompts(new McpStatelessServerFeatures.AsyncPromptSpecification(prompt, async(specification)));
			}
			else if (offered instanceof CompleteReference reference) {
				server.completions(
						new McpStatelessServerFeatures.AsyncCompletionSpecification(reference, async(specification)));
			}
		}
	}

	/**
	 * The handler of a specification for an asynchronous server. A synchronous handler
	 * runs on the thread that subscribes, which is the request's.
	 */
	@SuppressWarnings("unchecked")
	private static <S, R, T> BiFunction<S, R, Mono<T>> async(Record specification) {
		BiFunction<Object, Object, Object> handler = handler(specification);
		boolean stateful = specification.getClass().getDeclaringClass() == McpServerFeatures.class;
		boolean async = specification.getClass().getSimpleName().startsWith("Async");
		return (source, request) -> {
			Object argument = !stateful ? context(source)
					: async ? exchange(source) : new McpSyncServerExchange(exchange(source));
			return async ? (Mono<T>) handler.apply(argument, request)
					: Mono.fromCallable(() -> (T) handler.apply(argument, request));
		};
	}

	static McpTransportContext context(Object source) {
		if (source instanceof McpSyncServerExchange exchange) {
			return exchange.transportContext();
		}
		return (source instanceof McpAsyncServerExchange exchange) ? exchange.transportContext()
				: (McpTransportContext) source;
	}

	private static McpAsyncServerExchange exchange(Object source) {
		return (source instanceof McpAsyncServerExchange exchange) ? exchange : new McpAsyncServerExchange("none",
				new MissingMcpTransportSession("none"), null, null, (McpTransportContext) source);
	}

}
