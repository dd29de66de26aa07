package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The targets that the application's MCP servers currently offer. They are added when a
 * server is built, and changed when tools, resources and prompts are added or removed at
 * run time.
 * <p>
 * Safe for use by several threads.
 */
public final class OfferedTargets {

	private final Map<McpTarget, Offer> targets = new ConcurrentHashMap<>();

	private final Map<String, UriTemplate> templates = new ConcurrentHashMap<>();

	private final AtomicLong version = new AtomicLong();

	/** Add a target of a server that is not known yet. */
	public void add(McpTarget target, Hints hints) {
		add(this, target, hints);
	}

	/**
	 * Add a target of a server.
	 * @param server the server, or this object if it is not known yet
	 * @param target the target
	 * @param hints the hints of the target
	 */
	public void add(Object server, McpTarget target, Hints hints) {
		this.targets.compute(target, (key, known) -> {
			Map<Object, Hints> servers = (known != null) ? new HashMap<>(known.servers) : new HashMap<>();
			servers.remove(this);
			servers.put(server, hints);
			return Offer.of(servers);
		});
		this.version.incrementAndGet();
	}

	/** Remove a target of a server. Other servers may still offer it. */
	public void remove(Object server, McpTarget target) {
		this.targets.computeIfPresent(target, (key, known) -> {
			Map<Object, Hints> servers = new HashMap<>(known.servers);
			servers.remove(this);
			servers.remove(server);
			return servers.isEmpty() ? null : Offer.of(servers);
		});
		this.templates.remove(target.name());
		this.version.incrementAndGet();
	}

	/**
	 * Whether a server has a handler for the target. A resource can be a URI that matches
	 * a resource template.
	 */
	public boolean contains(McpTarget target) {
		return !handlersOf(target).isEmpty();
	}

	/**
	 * The offered targets that can serve a target: the target itself, if a server offers
	 * it, and the resource templates that match a resource's URI, at servers that do not
	 * offer exactly that URI.
	 */
	public Collection<McpTarget> handlersOf(McpTarget target) {
		Offer itself = this.targets.get(target);
		if (target.kind() != Kind.RESOURCE) {
			return (itself != null) ? List.of(target) : List.of();
		}
		Set<Object> servers = (itself != null) ? itself.servers.keySet() : Set.of();
		List<McpTarget> handlers = new ArrayList<>((itself != null) ? List.of(target) : List.of());
		this.targets.forEach((template, offer) -> {
			if (!servers.containsAll(offer.servers.keySet()) && standsFor(template, target)) {
				handlers.add(template);
			}
		});
		return handlers;
	}

	/** A number that changes with every change of the targets. */
	long version() {
		return this.version.get();
	}

	/** Whether a resource template matches a resource's URI. */
	boolean standsFor(McpTarget template, McpTarget target) {
		return template.kind() == Kind.RESOURCE && target.kind() == Kind.RESOURCE
				&& this.templates.computeIfAbsent(template.name(), UriTemplate::new).matches(target.name());
	}

	/**
	 * The hints of a target, or {@code null} if it is not offered. If several servers
	 * offer a tool with the same name, the hints of the most dangerous one apply.
	 */
	public @Nullable Hints hints(McpTarget target) {
		Offer offer = this.targets.get(target);
		return (offer != null) ? offer.hints : null;
	}

	/**
	 * The parameters of a tool that clients repeat in HTTP headers, as names of headers,
	 * each with the path to its argument. Includes the headers of all servers that offer
	 * a tool with that name.
	 */
	public Map<String, List<String>> parameterHeaders(McpTarget target) {
		Hints hints = hints(target);
		return (hints != null) ? hints.parameterHeaders() : Map.of();
	}

	/**
	 * The targets that several servers offer under the same name. The endpoint of a
	 * server is not known, so each endpoint applies its rules for the name to all of
	 * them.
	 */
	public Collection<McpTarget> shared() {
		return this.targets.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().servers.size() > 1)
			.map(Map.Entry::getKey)
			.toList();
	}

	/** The targets that matching servers offer. */
	public List<McpTarget> offeredBy(Predicate<Object> server) {
		return this.targets.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().servers.keySet().stream().anyMatch(server))
			.map(Map.Entry::getKey)
			.toList();
	}

	/** All offered targets. */
	public Collection<McpTarget> all() {
		return this.targets.keySet();
	}

	/**
	 * The servers that offer a target.
	 *
	 * @param servers the servers, each with the hints of the target there
	 * @param hints the hints that apply
	 */
	private record Offer(Map<Object, Hints> servers, Hints hints) {

		static Offer of(Map<Object, Hints> servers) {
			Collection<Hints> hints = servers.values();
			return new Offer(Map.copyOf(servers), new Hints(hints.stream().allMatch(Hints::readOnly),
					hints.stream().anyMatch(Hints::destructive), parameterHeaders(hints)));
		}

		private static Map<String, List<String>> parameterHeaders(Collection<Hints> hints) {
			Map<String, List<String>> headers = new HashMap<>();
			hints.forEach((each) -> headers.putAll(each.parameterHeaders()));
			return headers;
		}

	}

	/**
	 * The hints of a tool: the annotations of the MCP specification that conventions use,
	 * and its headers.
	 *
	 * @param readOnly {@code readOnlyHint}
	 * @param destructive {@code destructiveHint}
	 * @param parameterHeaders the parameters that clients repeat in HTTP headers: the
	 * names of the headers, each with the path to its argument
	 */
	public record Hints(boolean readOnly, boolean destructive, Map<String, List<String>> parameterHeaders) {

		/** The defaults of the specification. */
		public static final Hints DEFAULT = new Hints(false, true);

		public Hints {
			parameterHeaders = Map.copyOf(parameterHeaders);
		}

		/** Create the hints of a tool without headers. */
		public Hints(boolean readOnly, boolean destructive) {
			this(readOnly, destructive, Map.of());
		}

	}

}
