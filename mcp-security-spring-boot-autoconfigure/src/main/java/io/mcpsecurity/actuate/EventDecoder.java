package io.mcpsecurity.actuate;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;

/**
 * Reads an audit event that {@link EventEncoder} wrote.
 */
final class EventDecoder {

	private final byte[] bytes;

	private int at;

	private final Instant timestamp;

	private final String type;

	private final String principal;

	EventDecoder(byte[] bytes) {
		this.bytes = bytes;
		this.timestamp = Instant.ofEpochSecond(integer(), integer());
		this.type = string();
		this.principal = string();
	}

	/**
	 * Whether the event is one of those that are looked for.
	 */
	boolean matches(@Nullable String principal, @Nullable Instant after, @Nullable String type) {
		return (principal == null || this.principal.equals(principal))
				&& (after == null || this.timestamp.isAfter(after)) && (type == null || this.type.equals(type));
	}

	/**
	 * The event. Called once.
	 */
	@SuppressWarnings("unchecked")
	AuditEvent event() {
		return new AuditEvent(this.timestamp, this.principal, this.type, (Map<String, @Nullable Object>) value());
	}

	private @Nullable Object value() {
		byte type = this.bytes[this.at++];
		return switch (type) {
			case EventEncoder.NULL -> null;
			case EventEncoder.FALSE -> false;
			case EventEncoder.TRUE -> true;
			case EventEncoder.INTEGER -> (int) integer();
			case EventEncoder.LONG -> integer();
			case EventEncoder.DOUBLE -> decimal();
			case EventEncoder.STRING -> string();
			case EventEncoder.LIST -> list();
			case EventEncoder.MAP -> map();
			default -> throw new IllegalStateException("There is no type " + type);
		};
	}

	private List<@Nullable Object> list() {
		int size = (int) integer();
		List<@Nullable Object> list = new ArrayList<>(size);
		for (int i = 0; i < size; i++) {
			list.add(value());
		}
		return list;
	}

	private Map<String, @Nullable Object> map() {
		int size = (int) integer();
		Map<String, @Nullable Object> map = new LinkedHashMap<>();
		for (int i = 0; i < size; i++) {
			map.put(string(), value());
		}
		return map;
	}

	private double decimal() {
		long bits = 0;
		for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
			bits |= (this.bytes[this.at++] & 0xFFL) << shift;
		}
		return Double.longBitsToDouble(bits);
	}

	private String string() {
		char[] chars = new char[(int) integer()];
		for (int i = 0; i < chars.length; i++) {
			int first = this.bytes[this.at++];
			if (first >= 0) {
				chars[i] = (char) first;
			}
			else if ((first & 0x20) == 0) {
				chars[i] = (char) ((first & 0x1F) << 6 | following());
			}
			else {
				chars[i] = (char) ((first & 0x0F) << 12 | following() << 6 | following());
			}
		}
		return new String(chars);
	}

	private int following() {
		return this.bytes[this.at++] & 0x3F;
	}

	private long integer() {
		long value = 0;
		int shift = 0;
		byte octet;
		do {
			octet = this.bytes[this.at++];
			value |= (octet & 0x7FL) << shift;
			shift += 7;
		}
		while (octet < 0);
		return (value >>> 1) ^ -(value & 1);
	}

}
