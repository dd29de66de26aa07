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
 * The configured descriptions of scopes, and their names outside of rules. (With
 * Microsoft Entra ID a client requests {@code api://…/records.browse}, and the token
 * contains {@code records.browse}.)
 */
public final class ScopeCatalogue {

	/** A catalogue without entries. */
	public static final ScopeCatalogue EMPTY = new ScopeCatalogue(Map.of());

	/** The maximum length of the scopes of a challenge. */
	private static final int MAX_CHALLENGE = 4096;

	/** OpenID Connect Core sections 5.4 and 11. */
	private static final Set<String> OPENID_SCOPES = Set.of("openid", "profile", "email", "address", "phone",
			"offline_access");

	private final Map<String, Entry> entries;

	private final String requestPrefix;

	private final Map<String, Set<String>> byGrantedName = new HashMap<>();

	public ScopeCatalogue(Map<String, Entry> entries) {
		this(entries, "");
	}

	/**
	 * Create a catalogue.
	 * @param entries the entries, by the scope's name in rules
	 * @param requestPrefix the prefix with which clients request a scope that has no
	 * other name
	 */
	public ScopeCatalogue(Map<String, Entry> entries, String requestPrefix) {
		this.requestPrefix = requestPrefix;
		this.entries = new LinkedHashMap<>(entries);
		entries.forEach((scope, entry) -> entry.grantedAs()
			.forEach((name) -> this.byGrantedName.computeIfAbsent(name, (key) -> new LinkedHashSet<>()).add(scope)));
	}

	/**
	 * The scopes for the names in a token. A name denotes the scope of the same name,
	 * unless it is configured as a name of other scopes, or the scope is configured with
	 * other names.
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

	/** The names by which a client requests scopes. */
	public List<String> requested(List<String> scopes) {
		return scopes.stream().map((scope) -> {
			Entry entry = this.entries.get(scope);
			return (entry != null && entry.requestedAs() != null) ? entry.requestedAs() : prefixed(scope);
		}).distinct().toList();
	}

	/**
	 * The names by which a client requests the scopes of a challenge, in order, limited
	 * to what fits into a header. (Containers limit all headers to 8 KB in total, and
	 * replace a larger response with one that has no challenge.)
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

	/** Scopes of OpenID Connect and names that are already complete get no prefix. */
	private String prefixed(String scope) {
		return (OPENID_SCOPES.contains(scope) || scope.contains("://")) ? scope : this.requestPrefix + scope;
	}

	/** The description of a scope, or {@code null} if there is none. */
	public @Nullable String description(String scope) {
		Entry entry = this.entries.get(scope);
		return (entry != null) ? entry.description() : null;
	}

	/** All entries, by the scope's name in rules. */
	public Map<String, Entry> entries() {
		return Collections.unmodifiableMap(this.entries);
	}

	/**
	 * The entry of one scope.
	 *
	 * @param description what the scope allows, for the user who consents, or
	 * {@code null}
	 * @param grantedAs the names that denote it in a token, instead of its own name
	 * @param requestedAs the name by which a client requests it, or {@code null} for its
	 * own name
	 */
	public record Entry(@Nullable String description, List<String> grantedAs, @Nullable String requestedAs) {
	}

}
