package io.mcpsecurity.actuate;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;

/**
 * Writes audit events as bytes, which {@link EventDecoder} reads. Not safe for use by
 * several threads.
 * <p>
 * Values are strings, integers, {@code double}s, booleans, {@code null}, and lists and
 * maps of them; these are all that events of MCP servers have. Of a value of another type
 * only the name of its class is kept, because its text could hold anything.
 */
final class EventEncoder {

	static final byte NULL = 0;

	static final byte FALSE = 1;

	static final byte TRUE = 2;

	static final byte INTEGER = 3;

	static final byte LONG = 4;

	static final byte DOUBLE = 5;

	static final byte STRING = 6;

	static final byte LIST = 7;

	static final byte MAP = 8;

	/** More than most events have. */
	private static final int USUAL = 4096;

	private byte[] bytes = new byte[USUAL];

	private int size;

	/**
	 * Encode an event.
	 * @param event the event
	 * @param array is filled if it fits, and may be {@code null}
	 * @return the array that holds the event, and perhaps more bytes behind it
	 */
	byte[] encode(AuditEvent event, byte @Nullable [] array) {
		this.size = 0;
		integer(event.getTimestamp().getEpochSecond());
		integer(event.getTimestamp().getNano());
		string(event.getType());
		string(event.getPrincipal());
		value(event.getData());
		byte[] encoded = fits(array) ? array : new byte[this.size + this.size / 4];
		System.arraycopy(this.bytes, 0, encoded, 0, this.size);
		if (this.bytes.length > 16 * USUAL) {
			this.bytes = new byte[USUAL];
		}
		return encoded;
	}

	/**
	 * Whether the event fits an array that is not much too large for it.
	 */
	private boolean fits(byte @Nullable [] array) {
		return array != null && array.length >= this.size && (array.length <= USUAL || array.length / 4 <= this.size);
	}

	private void value(@Nullable Object value) {
		if (value instanceof String text) {
			octet(STRING);
			string(text);
		}
		else if (value instanceof Integer number) {
			octet(INTEGER);
			integer(number);
		}
		else if (value instanceof Long number) {
			octet(LONG);
			integer(number);
		}
		else if (value instanceof Double number) {
			octet(DOUBLE);
			long bits = Double.doubleToRawLongBits(number);
			for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
				octet((int) (bits >>> shift));
			}
		}
		else if (value instanceof Boolean truth) {
			octet(truth ? TRUE : FALSE);
		}
		else if (value instanceof Map<?, ?> map) {
			octet(MAP);
			integer(map.size());
			map.forEach((name, member) -> {
				string(String.valueOf(name));
				value(member);
			});
		}
		else if (value instanceof Collection<?> elements) {
			octet(LIST);
			integer(elements.size());
			elements.forEach(this::value);
		}
		else if (value == null) {
			octet(NULL);
		}
		else {
			value("(" + value.getClass().getName() + ")");
		}
	}

	/**
	 * Write a string: its length, and each char as UTF-8 has it, so that halves of
	 * surrogate pairs remain what they are.
	 */
	private void string(String text) {
		int length = text.length();
		integer(length);
		reserve(3 * length);
		byte[] bytes = this.bytes;
		int at = this.size;
		for (int i = 0; i < length; i++) {
			char c = text.charAt(i);
			if (c < 0x80) {
				bytes[at++] = (byte) c;
			}
			else if (c < 0x800) {
				bytes[at++] = (byte) (0xC0 | (c >> 6));
				bytes[at++] = (byte) (0x80 | (c & 0x3F));
			}
			else {
				bytes[at++] = (byte) (0xE0 | (c >> 12));
				bytes[at++] = (byte) (0x80 | ((c >> 6) & 0x3F));
				bytes[at++] = (byte) (0x80 | (c & 0x3F));
			}
		}
		this.size = at;
	}

	/**
	 * Write an integer, in the fewer octets the nearer it is to zero.
	 */
	private void integer(long value) {
		long rest = (value << 1) ^ (value >> (Long.SIZE - 1));
		while ((rest & ~0x7FL) != 0) {
			octet((int) (rest & 0x7F) | 0x80);
			rest >>>= 7;
		}
		octet((int) rest);
	}

	private void octet(int value) {
		reserve(1);
		this.bytes[this.size++] = (byte) value;
	}

	private void reserve(int count) {
		int needed = Math.addExact(this.size, count);
		if (needed > this.bytes.length) {
			this.bytes = Arrays.copyOf(this.bytes, Math.max(needed, 2 * this.bytes.length));
		}
	}

}
