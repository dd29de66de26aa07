package io.mcpsecurity.audit;

import java.io.Serializable;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The facts of an event: values by name, in order. Only {@link AuditEvents} adds facts,
 * and an event's facts never change afterwards. Names and values share one array, because
 * garbage collection copies the events that are kept in memory and takes longer the more
 * objects they consist of.
 */
final class Facts extends AbstractMap<String, Object> implements Serializable {

	private static final long serialVersionUID = 1L;

	/** Each name, followed by its value. */
	private Object[] facts;

	/** The number of elements that are in use. */
	private int end;

	Facts(int capacity) {
		this.facts = new Object[2 * capacity];
	}

	/**
	 * Add a fact.
	 * @param name its name, which is not present yet
	 * @param value the value; {@code null} adds nothing
	 */
	void add(String name, @Nullable Object value) {
		if (value != null) {
			if (this.end == this.facts.length) {
				this.facts = Arrays.copyOf(this.facts, 2 * this.end);
			}
			this.facts[this.end++] = name;
			this.facts[this.end++] = value;
		}
	}

	@Override
	public @Nullable Object get(@Nullable Object name) {
		for (int i = 0; i < this.end; i += 2) {
			if (this.facts[i].equals(name)) {
				return this.facts[i + 1];
			}
		}
		return null;
	}

	@Override
	public Set<Map.Entry<String, Object>> entrySet() {
		return new AbstractSet<>() {

			@Override
			public Iterator<Map.Entry<String, Object>> iterator() {
				return new Entries();
			}

			@Override
			public int size() {
				return Facts.this.end / 2;
			}

		};
	}

	private final class Entries implements Iterator<Map.Entry<String, Object>> {

		private int next;

		@Override
		public boolean hasNext() {
			return this.next < Facts.this.end;
		}

		@Override
		public Map.Entry<String, Object> next() {
			if (!hasNext()) {
				throw new NoSuchElementException();
			}
			this.next += 2;
			return Map.entry((String) Facts.this.facts[this.next - 2], Facts.this.facts[this.next - 1]);
		}

	}

}
