package io.mcpsecurity.authorization;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;

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

	private final Map<McpTarget, Hints> targets = new ConcurrentHashMap<>();

	private final Map<String, UriTemplate> templates = new ConcurrentHashMap<>();

	private final AtomicLong version = new AtomicLong();

	private final BiPredicate<String, String> templateMatches;

	/**
	 * Create an empty collection.
	 * @param templateMatches whether a URI template (first) stands for a URI (second): to
	 * be the server's own matching, so that gate and server cannot differ. Asked only
	 * about URIs that fit if each variable is at least one character and no slash.
	 */
	public OfferedTargets(BiPredicate<String, String> templateMatches) {
		this.templateMatches = templateMatches;
	}

	/**
	 * Note that a target is offered.
	 */
	public void add(McpTarget target, Hints hints) {
		this.targets.put(target, hints);
		this.version.incrementAndGet();
	}

	/**
	 * Note that a target is no longer offered.
	 */
	public void remove(McpTarget target) {
		this.targets.remove(target);
		this.templates.remove(target.name());
		this.version.incrementAndGet();
	}

	/**
	 * Whether a server would find a handler for the target; a resource may be given by a
	 * URI that one of the templates stands for.
	 */
	public boolean contains(McpTarget target) {
		return this.targets.containsKey(target) || !templatesOf(target).isEmpty();
	}

	/**
	 * The resource templates that stand for a resource's URI.
	 */
	public Collection<McpTarget> templatesOf(McpTarget target) {
		if (target.kind() != Kind.RESOURCE || this.targets.containsKey(target)) {
			return List.of();
		}
		return this.targets.keySet().stream().filter((offered) -> standsFor(offered, target)).toList();
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
				&& this.templates.computeIfAbsent(template.name(), UriTemplate::new).canStandFor(target.name())
				&& this.templateMatches.test(template.name(), target.name());
	}

	/**
	 * What a tool says about itself, or {@code null} when it is not offered.
	 */
	public @Nullable Hints hints(McpTarget target) {
		return this.targets.get(target);
	}

	/**
	 * All targets that are offered now.
	 */
	public Collection<McpTarget> all() {
		return this.targets.keySet();
	}

	/**
	 * The tool annotations of the MCP specification that conventions look at.
	 *
	 * @param readOnly {@code readOnlyHint}
	 * @param destructive {@code destructiveHint}
	 */
	public record Hints(boolean readOnly, boolean destructive) {

		/**
		 * Of anything that has none: the specification's defaults.
		 */
		public static final Hints DEFAULT = new Hints(false, true);

	}

}
