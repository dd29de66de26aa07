package io.mcpsecurity.authorization;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The ways to write one resource's URI. A server matches a URI as it stands, but a
 * handler may decode what it finds in it, and hosts and file systems have their own idea
 * of what is equal: so a rule for a URI must hold however that URI is written (RFC 3986
 * section 6.2), in whatever order a handler undoes the writing.
 */
final class ResourceUri {

	/**
	 * Stands for any characters in the text of a rule. It is no character, so that no
	 * decoding of what an operator would write can give it.
	 */
	static final char WILDCARD = '\uFFFF';

	/** How often a URI may be percent-encoded over and over before it is given up. */
	private static final int MAX_DECODINGS = 3;

	/** How many ways to write a URI are followed before it is given up. */
	private static final int MAX_SPELLINGS = 64;

	/** What can lead to another place than the URI seems to stand for. */
	private static final List<Operation> LEADING = List.of(UriText::withLowerCaseScheme, UriText::decoded,
			UriText::withSlashesForBackslashes, UriText::withoutEmptySegments,
			(uri) -> UriText.withoutDotSegments(uri, true, true), (uri) -> UriText.withoutDotSegments(uri, true, false),
			(uri) -> UriText.withoutDotSegments(uri, false, true),
			(uri) -> UriText.withoutDotSegments(uri, false, false));

	private static final List<Operation> EQUAL = with(LEADING,
			(uri) -> UriText.isOfHost(uri) ? UriText.withPlainHost(uri) : uri,
			(uri) -> UriText.isOfHost(uri) ? UriText.withoutRootDot(uri) : uri,
			(uri) -> UriText.isOfHost(uri) ? UriText.withoutUserInfo(uri) : uri);

	private static final List<Operation> POSSIBLE = with(LEADING, UriText::withPlainHost, UriText::withoutRootDot,
			UriText::withoutUserInfo, UriText::withSpacesForPluses, UriText::withoutTrailingSlash);

	private static final List<Operation> POSSIBLE_WITHOUT_QUERY = with(POSSIBLE, UriText::withoutQuery);

	/**
	 * What leaves nothing out that a wildcard could stand for, too: a rule must not come
	 * to say more than it does.
	 */
	private static final List<Operation> OF_RULE = List.of(UriText::withLowerCaseScheme, UriText::decoded,
			UriText::withSlashesForBackslashes, UriText::withPlainHost, UriText::withSpacesForPluses,
			(uri) -> uri.contains(WILDCARD + "//") ? uri : UriText.withoutEmptySegments(uri),
			(uri) -> uri.endsWith(WILDCARD + "/") ? uri : UriText.withoutTrailingSlash(uri));

	private ResourceUri() {
	}

	private static List<Operation> with(List<Operation> operations, Operation... more) {
		return Stream.concat(operations.stream(), Stream.of(more)).toList();
	}

	/**
	 * The ways to write a target, or {@code null} if it cannot be told what it means:
	 * when it is encoded over and over, leads above its own top, or can be read in too
	 * many ways. Nobody means that well.
	 * @param target the target; one that is no resource is written in one way
	 * @param handlers what may serve it
	 */
	static @Nullable Spellings spellings(McpTarget target, Collection<McpTarget> handlers) {
		String uri = target.name();
		if (target.kind() != Kind.RESOURCE || UriText.isPlain(uri)) {
			return new Spellings(Set.of(target), Set.of(target));
		}
		if (isEncodedOverAndOver(uri)) {
			return null;
		}
		Set<String> equal = closure(Set.of(uri), EQUAL);
		Set<String> possible = (equal != null)
				? closure(equal, handlers.stream().anyMatch(ResourceUri::hasQuery) ? POSSIBLE : POSSIBLE_WITHOUT_QUERY)
				: null;
		return (possible != null) ? new Spellings(targets(equal), targets(possible)) : null;
	}

	/**
	 * Where the template does not speak of a query, one is within its variables.
	 */
	private static boolean hasQuery(McpTarget handler) {
		return handler.name().indexOf('?') >= 0 || handler.name().indexOf('#') >= 0;
	}

	private static boolean isEncodedOverAndOver(String uri) {
		String decoded = uri;
		for (int i = 0; i < MAX_DECODINGS; i++) {
			decoded = UriText.decoded(decoded);
		}
		return !UriText.decoded(decoded).equals(decoded);
	}

	private static Set<McpTarget> targets(Set<String> uris) {
		return uris.stream().map(McpTarget::resource).collect(Collectors.toCollection(LinkedHashSet::new));
	}

	/**
	 * The ways to write the URI or pattern of a rule, in which {@link #WILDCARD} stands
	 * for any characters. It is only the one that is written if the others cannot be
	 * told.
	 */
	static Set<String> spellingsOfRule(String text) {
		Set<String> spellings = (UriText.isPlain(text) || isEncodedOverAndOver(text)) ? null
				: closure(Set.of(text), OF_RULE);
		return (spellings != null) ? spellings : Set.of(text);
	}

	/**
	 * What operations make of URIs, whichever comes first and however often, or
	 * {@code null} if that is too much.
	 */
	private static @Nullable Set<String> closure(Set<String> uris, List<Operation> operations) {
		Set<String> known = new LinkedHashSet<>(uris);
		Deque<String> open = new ArrayDeque<>(uris);
		while (!open.isEmpty()) {
			String uri = open.remove();
			for (Operation operation : operations) {
				String next = operation.apply(uri);
				if (next == null || known.size() > MAX_SPELLINGS) {
					return null;
				}
				if (known.add(next)) {
					open.add(next);
				}
			}
		}
		return known;
	}

	/**
	 * One way to read a URI; {@code null} if it leads nowhere.
	 */
	private interface Operation extends Function<String, @Nullable String> {

	}

	/**
	 * The ways to write a target.
	 *
	 * @param equal what the target is by the rules of URIs, hosts and file systems, and
	 * itself: to be for the target, a rule must be for all of them
	 * @param possible what only some handlers take for the same, and all that is equal: a
	 * rule for one of them closes the target as well, and opens nothing
	 */
	record Spellings(Set<McpTarget> equal, Set<McpTarget> possible) {
	}

}
