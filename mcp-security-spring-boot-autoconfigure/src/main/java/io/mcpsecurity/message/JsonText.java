package io.mcpsecurity.message;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A JSON value in UTF-8, to the letter, where it lies in the body of a message: large
 * ones are not copied. It can hold secrets, so {@link #toString()} does not tell it.
 */
public final class JsonText {

	private final byte[] bytes;

	private final int start;

	private final int end;

	JsonText(byte[] bytes, int start, int end) {
		this.bytes = bytes;
		this.start = start;
		this.end = end;
	}

	/**
	 * Create one of a text.
	 */
	public static JsonText of(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return new JsonText(bytes, 0, bytes.length);
	}

	/**
	 * The text.
	 */
	public String text() {
		return new String(this.bytes, this.start, length(), StandardCharsets.UTF_8);
	}

	/**
	 * How many bytes it has.
	 */
	public int length() {
		return this.end - this.start;
	}

	/**
	 * Create a parser of the text, or of its beginning.
	 * @param json creates parsers
	 * @param length how many bytes it is to read at most
	 */
	public JsonParser parser(JsonFactory json, int length) {
		return json.createParser(ObjectReadContext.empty(), this.bytes, this.start, Math.min(length, length()));
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof JsonText text
				&& Arrays.equals(this.bytes, this.start, this.end, text.bytes, text.start, text.end);
	}

	@Override
	public int hashCode() {
		return text().hashCode();
	}

	@Override
	public String toString() {
		return "JsonText[" + length() + " bytes]";
	}

}
