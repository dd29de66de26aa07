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
 * What an event tells: values by name, in order, filled by {@link AuditEvents} alone and
 * never changed after. For the few names that there are it is a list of pairs: hash
 * tables took more memory than everything else that is done about a call.
 */
final class Facts extends AbstractMap<String, Object> implements Serializable {

	private static final long serialVersionUID = 1L;

	/** Names and values in turns. */
	private Object[] pairs;

	private int size;

	/**
	 * Create them without any.
	 * @param room for how many there is room at first
	 */
	Facts(int room) {
		this.pairs = new Object[2 * room];
	}

	/**
	 * Add a fact.
	 * @param name its name, which is none of those before
	 * @param value the value; what is not known is left out
	 */
	void add(String name, @Nullable Object value) {
		if (value == null) {
			return;
		}
		if (2 * this.size == this.pairs.length) {
			this.pairs = Arrays.copyOf(this.pairs, 2 * this.pairs.length);
		}
		this.pairs[2 * this.size] = name;
		this.pairs[2 * this.size + 1] = value;
		this.size++;
	}

	@Override
	public @Nullable Object get(Object name) {
		for (int i = 0; i < this.size; i++) {
			if (this.pairs[2 * i].equals(name)) {
				return this.pairs[2 * i + 1];
			}
		}
		return null;
	}

	@Override
	public boolean containsKey(Object name) {
		return get(name) != null;
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
				return Facts.this.size;
			}

		};
	}

	private final class Entries implements Iterator<Map.Entry<String, Object>> {

		private int next;

		@Override
		public boolean hasNext() {
			return this.next < Facts.this.size;
		}

		@Override
		public Map.Entry<String, Object> next() {
			if (!hasNext()) {
				throw new NoSuchElementException();
			}
			int pair = 2 * this.next++;
			return Map.entry((String) Facts.this.pairs[pair], Facts.this.pairs[pair + 1]);
		}

	}

}
