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
 * What the application's MCP servers offer at the moment: filled when a server is built,
 * changed when tools, resources and prompts are added or removed at run time.
 * <p>
 * Safe for use by several threads.
 */
public final class OfferedTargets {

	private final Map<McpTarget, Offer> targets = new ConcurrentHashMap<>();

	private final Map<String, UriTemplate> templates = new ConcurrentHashMap<>();

	private final AtomicLong version = new AtomicLong();

	/**
	 * Note that a target is offered, by a server that is not known yet.
	 */
	public void add(McpTarget target, Hints hints) {
		add(this, target, hints);
	}

	/**
	 * Note that a server offers a target.
	 * @param server the server, or this object when it is not known yet
	 * @param target the target
	 * @param hints what the target says about itself
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

	/**
	 * Note that a server no longer offers a target; others may go on.
	 */
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
	 * Whether a server would find a handler for the target; a resource may be given by a
	 * URI that one of the templates stands for.
	 */
	public boolean contains(McpTarget target) {
		return !handlersOf(target).isEmpty();
	}

	/**
	 * What may serve a target: the target itself where a server offers it, and the
	 * resource templates that stand for a resource's URI at servers which do not offer
	 * that URI as such.
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

	/**
	 * Another number after every change.
	 */
	long version() {
		return this.version.get();
	}

	/**
	 * Whether a resource template stands for a resource's URI.
	 */
	boolean standsFor(McpTarget template, McpTarget target) {
		return template.kind() == Kind.RESOURCE && target.kind() == Kind.RESOURCE
				&& this.templates.computeIfAbsent(template.name(), UriTemplate::new).matches(target.name());
	}

	/**
	 * What a tool says about itself, or {@code null} when it is not offered. Where
	 * several servers offer a tool of that name, the most dangerous one counts.
	 */
	public @Nullable Hints hints(McpTarget target) {
		Offer offer = this.targets.get(target);
		return (offer != null) ? offer.hints : null;
	}

	/**
	 * The parameters of a tool that clients repeat in HTTP headers: the names of the
	 * headers, each with the path to its argument; those of all servers that offer a tool
	 * of that name.
	 */
	public Map<String, List<String>> parameterHeaders(McpTarget target) {
		Hints hints = hints(target);
		return (hints != null) ? hints.parameterHeaders() : Map.of();
	}

	/**
	 * What several servers offer under one name. A server's endpoint is not known, so the
	 * rules for such a name are those of each endpoint for all of them.
	 */
	public Collection<McpTarget> shared() {
		return this.targets.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().servers.size() > 1)
			.map(Map.Entry::getKey)
			.toList();
	}

	/**
	 * The targets that certain servers offer now.
	 */
	public List<McpTarget> offeredBy(Predicate<Object> server) {
		return this.targets.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().servers.keySet().stream().anyMatch(server))
			.map(Map.Entry::getKey)
			.toList();
	}

	/**
	 * All targets that are offered now.
	 */
	public Collection<McpTarget> all() {
		return this.targets.keySet();
	}

	/**
	 * Who offers a target.
	 *
	 * @param servers the servers, each with what the target says about itself there
	 * @param hints what counts of that
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
	 * What a tool says about itself: the annotations of the MCP specification that
	 * conventions look at, and its headers.
	 *
	 * @param readOnly {@code readOnlyHint}
	 * @param destructive {@code destructiveHint}
	 * @param parameterHeaders the parameters that clients repeat in HTTP headers: the
	 * names of the headers, each with the path to its argument
	 */
	public record Hints(boolean readOnly, boolean destructive, Map<String, List<String>> parameterHeaders) {

		/**
		 * Of anything that has none: the specification's defaults.
		 */
		public static final Hints DEFAULT = new Hints(false, true);

		public Hints {
			parameterHeaders = Map.copyOf(parameterHeaders);
		}

		/**
		 * Create hints of a tool without headers.
		 */
		public Hints(boolean readOnly, boolean destructive) {
			this(readOnly, destructive, Map.of());
		}

	}

}
