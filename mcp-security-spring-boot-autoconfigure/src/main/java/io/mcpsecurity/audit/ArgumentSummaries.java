package io.mcpsecurity.audit;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import javax.crypto.SecretKey;

import io.mcpsecurity.message.JsonText;
import io.mcpsecurity.message.McpTarget;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * What an event says about the arguments of a call: as much as the application wants to
 * be told, never the values that are sensitive, and never more than fits into an event.
 * docs/audit-arguments.md describes the form.
 * <p>
 * Instances are immutable and safe for use by several threads.
 */
public final class ArgumentSummaries {

	/** How many chars a summary has at most when it is written as JSON. */
	public static final int MAX_LENGTH = 8192;

	/** How many chars of a string are shown. */
	public static final int MAX_STRING = 256;

	/** How many chars of the name of a member are shown. */
	public static final int MAX_NAME = 128;

	/** How many members of an object or array are shown. */
	public static final int MAX_MEMBERS = 50;

	/** How deep objects and arrays are shown. */
	public static final int MAX_DEPTH = 8;

	/**
	 * What is kept of {@link #MAX_LENGTH} for saying that something was left out, which
	 * every object and array around that place does.
	 */
	private static final int RESERVE = 32 * (MAX_DEPTH + 1);

	/**
	 * How many bytes of arguments are read at most where nothing of the values is told: a
	 * summary of long ones must not take longer than everything else that is done about
	 * the call.
	 */
	static final int MAX_READ = 16 * 1024;

	/** Longer than this is no name of anything. */
	private static final int LONGEST_NAME = 64;

	private static final JsonFactory json = JsonFactory.builder()
		.streamReadConstraints(StreamReadConstraints.builder()
			// What the request was allowed to be has been decided.
			.maxNestingDepth(Integer.MAX_VALUE)
			.maxStringLength(Integer.MAX_VALUE)
			.maxNameLength(Integer.MAX_VALUE)
			.build())
		.build();

	private final Mode mode;

	private final @Nullable SecretKey digestKey;

	private final SensitiveNames names;

	private final Credentials credentials;

	private final Function<McpTarget, SensitiveParts> sensitive;

	/**
	 * Create summaries.
	 * @param mode what to tell
	 * @param digestKey the key of {@link Mode#DIGEST}, {@code null} in other modes
	 * @param names the names of sensitive values
	 * @param sensitive the sensitive parts of the arguments of a target
	 */
	public ArgumentSummaries(Mode mode, @Nullable SecretKey digestKey, SensitiveNames names,
			Function<McpTarget, SensitiveParts> sensitive) {
		if (mode == Mode.DIGEST && digestKey == null) {
			throw new IllegalArgumentException("Digests need a key");
		}
		this.mode = mode;
		this.digestKey = digestKey;
		this.names = names;
		this.credentials = new Credentials(names);
		this.sensitive = sensitive;
	}

	/**
	 * Summarize the arguments of a call.
	 * @param target what was called
	 * @param arguments {@link io.mcpsecurity.message.McpMessage#arguments() the
	 * arguments}
	 * @return strings, numbers, booleans, or lists and maps of these; {@code null} when
	 * there are no arguments, or nothing is to be told about them
	 */
	public @Nullable Object of(McpTarget target, @Nullable JsonText arguments) {
		if (this.mode == Mode.NONE || arguments == null) {
			return null;
		}
		boolean cut = this.mode == Mode.MASKED && arguments.length() > MAX_READ;
		try (JsonParser parser = arguments.parser(json, cut ? MAX_READ : arguments.length())) {
			JsonToken first = parser.nextToken();
			Object summary = (first != null) ? new Summary(parser, cut).value(first, this.sensitive.apply(target), 1)
					: null;
			return (summary != null) ? summary : EventText.MORE;
		}
		catch (JacksonException ex) {
			// A call has no arguments that are not JSON, and if it had, its event must
			// be written nevertheless.
			return EventText.MORE;
		}
	}

	/**
	 * What is told about values. The sensitive ones are masked always.
	 */
	public enum Mode {

		/** Nothing. */
		NONE,

		/** The names of arguments, and of what kind their values are. */
		MASKED,

		/** A digest of each value, so that equal values can be recognized. */
		DIGEST,

		/** The values. */
		FULL

	}

	/**
	 * One summary in the making.
	 */
	private final class Summary {

		private final JsonParser parser;

		private final boolean cut;

		private final @Nullable ValueDigest digest;

		private int room = MAX_LENGTH - RESERVE;

		/** Whether there is no more room. */
		private boolean full;

		/** Whether there is no more to read, although there is more of the arguments. */
		private boolean cutOff;

		/**
		 * Begin a summary.
		 * @param parser reads the arguments
		 * @param cut whether there is more of them than it can read
		 */
		Summary(JsonParser parser, boolean cut) {
			this.parser = parser;
			this.cut = cut;
			this.digest = (ArgumentSummaries.this.mode == Mode.DIGEST && ArgumentSummaries.this.digestKey != null)
					? new ValueDigest(ArgumentSummaries.this.digestKey) : null;
		}

		/**
		 * Summarize the value that the parser has come to.
		 * @return {@code null} when there is no room for it
		 */
		@Nullable Object value(JsonToken token, SensitiveParts sensitive, int depth) {
			if (sensitive.hidden()) {
				skip();
				return fitting(Credentials.MASK);
			}
			if (token.isStructStart()) {
				if (depth > MAX_DEPTH) {
					return fitting(EventText.MORE + ((token == JsonToken.START_ARRAY) ? "array(" : "object(")
							+ skipped() + ")");
				}
				return (token == JsonToken.START_ARRAY) ? array(sensitive, depth) : object(sensitive, depth);
			}
			if (token == JsonToken.VALUE_NULL) {
				return fitting("null");
			}
			// Spring AI takes a string for the object that it holds as JSON.
			return fitting(sensitive.hidesWithin() ? Credentials.MASK : scalar(token));
		}

		private @Nullable Object object(SensitiveParts sensitive, int depth) {
			if (!fits(2)) {
				return null;
			}
			Map<String, Object> members = new LinkedHashMap<>();
			List<String> values = new ArrayList<>();
			boolean sensitiveNameAsValue = false;
			int more = 0;
			while (!isOver() && next() != JsonToken.END_OBJECT && !isOver()) {
				String name = this.parser.currentName();
				JsonToken token = next();
				if (token == null) {
					break;
				}
				if (members.size() == MAX_MEMBERS) {
					more++;
					skip();
				}
				else {
					sensitiveNameAsValue |= isSensitiveName(token);
					String key = key(name, members);
					Object value = member(name, key, token, sensitive, depth);
					if (value != null) {
						members.put(key, value);
						if (name.equalsIgnoreCase("value") || name.equalsIgnoreCase("values")) {
							values.add(key);
						}
					}
				}
			}
			boolean complete = !isOver() && more == 0;
			if (sensitiveNameAsValue || !complete) {
				// {"name":"password","value":"..."}, or what could still become that.
				values.forEach((key) -> members.put(key, Credentials.MASK));
			}
			if (!complete) {
				members.put(EventText.MORE, more(more));
			}
			return members;
		}

		private @Nullable Object member(String name, String key, JsonToken token, SensitiveParts sensitive, int depth) {
			if (!fits(length(key) + 1)) {
				return null;
			}
			if (ArgumentSummaries.this.names.contains(name)) {
				skip();
				return fitting(Credentials.MASK);
			}
			return value(token, sensitive.member(name), depth + 1);
		}

		/**
		 * The name of a member as it is shown. Two names that become the same when they
		 * are cut or masked are told apart by a number.
		 */
		private String key(String name, Map<String, Object> taken) {
			String key = ArgumentSummaries.this.credentials.mask(name, MAX_NAME);
			String unique = key;
			for (int i = 2; taken.containsKey(unique) || unique.equals(EventText.MORE); i++) {
				unique = key + "#" + i;
			}
			return unique;
		}

		/**
		 * Whether the value that the parser has come to is the name of something
		 * sensitive.
		 */
		private boolean isSensitiveName(JsonToken token) {
			return token == JsonToken.VALUE_STRING && stringLength() <= LONGEST_NAME
					&& ArgumentSummaries.this.names.contains(this.parser.getString());
		}

		private @Nullable Object array(SensitiveParts sensitive, int depth) {
			int before = this.room;
			if (!fits(2)) {
				return null;
			}
			List<Object> elements = new ArrayList<>();
			boolean flat = true;
			int more = 0;
			for (JsonToken token = next(); token != null && token != JsonToken.END_ARRAY; token = next()) {
				flat &= token.isScalarValue();
				if (elements.size() == MAX_MEMBERS) {
					more++;
					skip();
				}
				else {
					Object value = value(token, sensitive.element(), depth + 1);
					if (value != null) {
						elements.add(value);
					}
				}
				if (isOver()) {
					break;
				}
			}
			if (flat && !isOver() && ArgumentSummaries.this.mode == Mode.MASKED) {
				this.room = before;
				return fitting("array(" + (elements.size() + more) + ")");
			}
			if (isOver() || more > 0) {
				elements.add(EventText.MORE + more(more));
			}
			return elements;
		}

		private String more(int count) {
			if (isOver()) {
				return "more";
			}
			String more = count + " more";
			this.room -= more.length() + 6;
			return more;
		}

		/**
		 * Skip an object or array that begins here.
		 * @return how many members it has
		 */
		private int skipped() {
			int members = 0;
			for (int depth = 1; depth > 0;) {
				JsonToken token = next();
				if (token == null) {
					return members;
				}
				if (token.isStructEnd()) {
					depth--;
				}
				else if (token != JsonToken.PROPERTY_NAME) {
					members += (depth == 1) ? 1 : 0;
					depth += token.isStructStart() ? 1 : 0;
				}
			}
			return members;
		}

		private Object scalar(JsonToken token) {
			if (this.digest != null) {
				return switch (token) {
					case VALUE_STRING -> this.digest.ofString(this.parser.getString());
					case VALUE_TRUE, VALUE_FALSE -> this.digest.ofBoolean(token == JsonToken.VALUE_TRUE);
					default -> this.digest.ofNumber(this.parser.getString());
				};
			}
			boolean masked = ArgumentSummaries.this.mode == Mode.MASKED;
			return switch (token) {
				case VALUE_STRING -> masked ? maskedString()
						: ArgumentSummaries.this.credentials.mask(this.parser.getString(), MAX_STRING);
				case VALUE_TRUE, VALUE_FALSE -> masked ? "boolean" : token == JsonToken.VALUE_TRUE;
				default -> masked ? "number" : number();
			};
		}

		private String maskedString() {
			int length = stringLength();
			return "string(" + (this.cutOff ? EventText.MORE : length) + ")";
		}

		/**
		 * How long the string is that the parser has come to, if it can be read to its
		 * end.
		 */
		private int stringLength() {
			try {
				return this.cutOff ? Integer.MAX_VALUE : this.parser.getStringLength();
			}
			catch (JacksonException ex) {
				cutOff(ex);
				return Integer.MAX_VALUE;
			}
		}

		/**
		 * The next token, or {@code null} when no more can be read.
		 */
		private @Nullable JsonToken next() {
			try {
				return this.parser.nextToken();
			}
			catch (JacksonException ex) {
				cutOff(ex);
				return null;
			}
		}

		private void skip() {
			try {
				this.parser.skipChildren();
			}
			catch (JacksonException ex) {
				cutOff(ex);
			}
		}

		private void cutOff(JacksonException reason) {
			if (!this.cut) {
				throw reason;
			}
			this.cutOff = true;
		}

		private boolean isOver() {
			return this.full || this.cutOff;
		}

		/**
		 * The number that the parser has come to, or its text when no {@code long} or
		 * {@code double} is exactly this number: what a reader of events would make of it
		 * is uncertain.
		 */
		private Object number() {
			String text = this.parser.getString();
			if (this.parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
				return (this.parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER)
						? (Object) this.parser.getLongValue() : EventText.of(text, MAX_STRING);
			}
			double nearest = Double.parseDouble(text);
			return isExactly(nearest, text) ? (Object) nearest : EventText.of(text, MAX_STRING);
		}

		private static boolean isExactly(double value, String text) {
			try {
				return Double.isFinite(value)
						&& new BigDecimal(Double.toString(value)).compareTo(new BigDecimal(text)) == 0;
			}
			catch (NumberFormatException ex) {
				// An exponent beyond 32 bits.
				return false;
			}
		}

		/**
		 * A string, number or boolean, if there is room for it.
		 */
		private @Nullable Object fitting(Object value) {
			return fits((value instanceof String text) ? length(text) : value.toString().length()) ? value : null;
		}

		/**
		 * Take room for so many chars and a comma.
		 */
		private boolean fits(int length) {
			if (this.full || this.room < length + 1) {
				this.full = true;
				return false;
			}
			this.room -= length + 1;
			return true;
		}

		/**
		 * How many chars a safe string has in JSON.
		 */
		private static int length(String text) {
			int length = text.length() + 2;
			for (int i = 0; i < text.length(); i++) {
				length += (text.charAt(i) == '"' || text.charAt(i) == '\\') ? 1 : 0;
			}
			return length;
		}

	}

}
