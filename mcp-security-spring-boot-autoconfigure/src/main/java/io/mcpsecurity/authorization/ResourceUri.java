package io.mcpsecurity.authorization;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.mcpsecurity.message.McpTarget;
import io.mcpsecurity.message.McpTarget.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The canonical form of a resource's URI: RFC 3986 section 6.2.2, and stricter where a
 * handler, a host or a file system would take two URIs for one resource. A server matches
 * URIs as text, so a rule for one of them would not hold for the other.
 */
public final class ResourceUri {

	/** The default ports of the schemes whose authority is known to be a host. */
	private static final Map<String, String> DEFAULT_PORTS = Map.of("http", "80", "https", "443", "ws", "80", "wss",
			"443", "ftp", "21");

	private static final Pattern SCHEME = Pattern.compile("([a-z][a-z0-9+.-]*+):(?=.)");

	private static final Pattern HOST = Pattern.compile("//[a-z0-9._-]*[a-z0-9_-](?::([1-9][0-9]*+))?+(?:[/?].*)?+");

	/** The possible flaws after the scheme, each with the pattern that detects it. */
	private static final List<Map.Entry<String, Pattern>> FLAWS = List.of(
			flaw("it has a character that a URI must not have as it is", "[^A-Za-z0-9._~!$&'()*,;=:@/?%-]"),
			flaw("it has percent-encoding that a URI must not have",
					"%(?!2[0-46-9A-C]|3[A-F]|40|5[BDE]|60|7[B-D]|[89A-F][0-9A-F])"),
			flaw("it has a dot segment", "(?:^|[/?])\\.\\.?(?:[/?]|$)"),
			flaw("it has an empty segment", "[^/]//|^////|^/(?!/)"), flaw("it has user information", "^//[^/?@]*+@"),
			flaw("it has an empty or a second query", "\\?(?:$|[^?]*+\\?)"));

	/** Encoded characters, except those that would end a segment or the path. */
	private static final Pattern ENCODED = Pattern.compile("(?:%(?!2[35f]|3f|5c|[01]|7f)[0-9a-f]{2})++",
			Pattern.CASE_INSENSITIVE);

	/** Characters that a rule may contain without percent-encoding. */
	private static final Pattern ENCODABLE = Pattern.compile("[^!-~]|[\"+<>\\[\\]^`{|}]");

	/** Candidates for the first wildcard of a pattern, to obtain a URI. */
	private static final List<String> BEGINNINGS = List.of("a", "a/a", "a:", "a:a");

	private ResourceUri() {
	}

	private static Map.Entry<String, Pattern> flaw(String description, String pattern) {
		return Map.entry(description, Pattern.compile(pattern));
	}

	/**
	 * The reason why a target's URI is not in canonical form, without any part of the
	 * URI, or {@code null} if it is in canonical form or the target is not a resource.
	 */
	public static @Nullable String flaw(McpTarget target) {
		return (target.kind() == Kind.RESOURCE) ? flaw(target.name()) : null;
	}

	private static @Nullable String flaw(String uri) {
		Matcher scheme = SCHEME.matcher(uri);
		if (!scheme.lookingAt()) {
			return "it has no scheme in lower case";
		}
		String rest = uri.substring(scheme.end());
		for (Map.Entry<String, Pattern> flaw : FLAWS) {
			if (flaw.getValue().matcher(rest).find()) {
				return flaw.getKey();
			}
		}
		if (decoded(rest).chars().anyMatch((c) -> c == '\uFFFD' || Character.isISOControl(c))) {
			return "what it encodes is not UTF-8, or a control character";
		}
		String port = DEFAULT_PORTS.get(scheme.group(1));
		Matcher host = HOST.matcher(rest);
		return (port == null || (host.matches() && !port.equals(host.group(1)))) ? null
				: "its host is not in lower case, ends with a dot, is an IPv6 address, or has its default port";
	}

	/**
	 * The form in which URIs and rules are compared: without the percent-encoding that
	 * some clients use and others do not.
	 * @param text a URI, or the text of a rule
	 */
	public static String decoded(String text) {
		return (text.indexOf('%') < 0) ? text
				: ENCODED.matcher(text)
					.replaceAll((run) -> Matcher.quoteReplacement(
							new String(HexFormat.of().withPrefix("%").parseHex(run.group()), StandardCharsets.UTF_8)));
	}

	/** Whether a URI in canonical form can exist that a rule's pattern matches. */
	static boolean canMatch(String pattern) {
		String text = ENCODABLE.matcher(decoded(pattern)).replaceAll("a");
		return BEGINNINGS.stream()
			.anyMatch((beginning) -> flaw(text.replaceFirst("\\*", beginning).replace('*', 'a')) == null);
	}

}
