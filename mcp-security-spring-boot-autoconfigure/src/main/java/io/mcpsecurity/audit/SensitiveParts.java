package io.mcpsecurity.audit;

/**
 * Which parts of a JSON value no event may tell, as the code declares it with
 * {@link io.mcpsecurity.Sensitive}. It can be without end, as types can contain
 * themselves.
 */
public interface SensitiveParts {

	/** Nothing is sensitive. */
	SensitiveParts NONE = new SensitiveParts() {

		@Override
		public boolean hidden() {
			return false;
		}

		@Override
		public boolean hidesWithin() {
			return false;
		}

		@Override
		public SensitiveParts member(String name) {
			return this;
		}

		@Override
		public SensitiveParts element() {
			return this;
		}

	};

	/** All of it is sensitive. */
	SensitiveParts ALL = new SensitiveParts() {

		@Override
		public boolean hidden() {
			return true;
		}

		@Override
		public boolean hidesWithin() {
			return true;
		}

		@Override
		public SensitiveParts member(String name) {
			return this;
		}

		@Override
		public SensitiveParts element() {
			return this;
		}

	};

	/**
	 * Whether the value itself is sensitive, with all that is in it.
	 */
	boolean hidden();

	/**
	 * Whether the value or something in it is sensitive.
	 */
	boolean hidesWithin();

	/**
	 * The sensitive parts of a member, when the value is an object.
	 * @param name the member's name
	 */
	SensitiveParts member(String name);

	/**
	 * The sensitive parts of each element, when the value is an array.
	 */
	SensitiveParts element();

	/**
	 * The parts that are sensitive by these or by others.
	 */
	default SensitiveParts or(SensitiveParts others) {
		if (!others.hidesWithin() || hidden()) {
			return this;
		}
		if (!hidesWithin() || others.hidden()) {
			return others;
		}
		SensitiveParts these = this;
		return new SensitiveParts() {

			@Override
			public boolean hidden() {
				return false;
			}

			@Override
			public boolean hidesWithin() {
				return true;
			}

			@Override
			public SensitiveParts member(String name) {
				return these.member(name).or(others.member(name));
			}

			@Override
			public SensitiveParts element() {
				return these.element().or(others.element());
			}

		};
	}

}
