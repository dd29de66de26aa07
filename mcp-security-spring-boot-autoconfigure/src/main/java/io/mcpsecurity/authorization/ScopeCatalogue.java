package io.mcpsecurity.authorization;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * What the operator knows about scopes: what they let one do, in words for people, and
 * where a scope has other names than the one that rules use. (Microsoft Entra ID writes
 * {@code records.browse} into a token for what a client asks for as
 * {@code api://…/records.browse}.)
 */
public final class ScopeCatalogue {

	/**
	 * Nothing is known.
	 */
	public static final ScopeCatalogue EMPTY = new ScopeCatalogue(Map.of());

	/**
	 * The maximum length of the scopes of a challenge.
	 */
	private static final int MAX_CHALLENGE = 4096;

	/** OpenID Connect Core sections 5.4 and 11. */
	private static final Set<String> OPENID_SCOPES = Set.of("openid", "profile", "email", "address", "phone",
			"offline_access");

	private final Map<String, Entry> entries;

	private final String requestPrefix;

	private final Map<String, Set<String>> byGrantedName = new HashMap<>();

	/**
	 * Create a catalogue.
	 * @param entries what is known, by the scope's name in rules
	 */
	public ScopeCatalogue(Map<String, Entry> entries) {
		this(entries, "");
	}

	/**
	 * Create a catalogue.
	 * @param entries what is known, by the scope's name in rules
	 * @param requestPrefix what clients put before the name of a scope to ask for it,
	 * where nothing else is said
	 */
	public ScopeCatalogue(Map<String, Entry> entries, String requestPrefix) {
		this.requestPrefix = requestPrefix;
		this.entries = new LinkedHashMap<>(entries);
		entries.forEach((scope, entry) -> entry.grantedAs()
			.forEach((name) -> this.byGrantedName.computeIfAbsent(name, (key) -> new LinkedHashSet<>()).add(scope)));
	}

	/**
	 * The scopes that the names in a token stand for. A name stands for itself, unless it
	 * is said to stand for others, or others are said to stand for it.
	 */
	public Set<String> granted(Set<String> names) {
		if (this.byGrantedName.isEmpty()) {
			return names;
		}
		Set<String> scopes = new LinkedHashSet<>();
		for (String name : names) {
			Entry entry = this.entries.get(name);
			scopes.addAll(this.byGrantedName.getOrDefault(name,
					(entry == null || entry.grantedAs().isEmpty()) ? Set.of(name) : Set.of()));
		}
		return scopes;
	}

	/**
	 * The names by which a client asks for scopes.
	 */
	public List<String> requested(List<String> scopes) {
		return scopes.stream().map((scope) -> {
			Entry entry = this.entries.get(scope);
			return (entry != null && entry.requestedAs() != null) ? entry.requestedAs() : prefixed(scope);
		}).distinct().toList();
	}

	/**
	 * The names by which a client asks for the scopes of a challenge: of as many, in
	 * their order, as fit into a header. (Containers accept 8 KB of all headers together,
	 * and a response with more becomes another one, without the challenge.)
	 */
	public List<String> challenged(List<String> scopes) {
		List<String> names = new ArrayList<>();
		int length = 0;
		for (String name : requested(scopes)) {
			if (length + name.length() < MAX_CHALLENGE) {
				length += name.length() + 1;
				names.add(name);
			}
		}
		return names;
	}

	/**
	 * What OpenID Connect defines, and what is a full name already, gets no prefix.
	 */
	private String prefixed(String scope) {
		return (OPENID_SCOPES.contains(scope) || scope.contains("://")) ? scope : this.requestPrefix + scope;
	}

	/**
	 * What a scope lets one do, or {@code null} when nobody said.
	 */
	public @Nullable String description(String scope) {
		Entry entry = this.entries.get(scope);
		return (entry != null) ? entry.description() : null;
	}

	/**
	 * Everything that is known, by the scope's name in rules.
	 */
	public Map<String, Entry> entries() {
		return Collections.unmodifiableMap(this.entries);
	}

	/**
	 * What is known about one scope.
	 *
	 * @param description what it lets one do, for the person who consents, or
	 * {@code null}
	 * @param grantedAs the names that stand for it in a token, instead of its own
	 * @param requestedAs the name by which a client asks for it, or {@code null} for its
	 * own
	 */
	public record Entry(@Nullable String description, List<String> grantedAs, @Nullable String requestedAs) {
	}

}
